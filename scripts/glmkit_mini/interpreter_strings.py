"""Interpreter tasks about words and sentences; ``COMBINED`` joins operations that training shows apart.

A table of ``Kind``, as in ``interpreter_numbers``. Read by ``interpreter_episodes``.
"""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_kinds import Kind
from scripts.glmkit_mini.interpreter_lists import NUMBERS

WORDS = {"w": "words 3 6"}

STRINGS = (
    Kind(
        {"w": "word"},
        "print($w[::-1])",
        (
            'Reverse the word "$w".',
            "Spell $w backwards.",
            'Write "$w" in reverse.',
            "Turn the word $w around.",
            "What is $w backwards?",
        ),
        ("把“$w”倒过来写。", "反转字符串“$w”。", "将$w倒序输出。", "把$w反过来写。", "“$w”倒过来是什么？"),
        ("Reversed: $result.", "倒过来是$result。"),
    ),
    Kind(
        {"w": "word"},
        "print(len($w))",
        (
            'How many letters are in "$w"?',
            "How long is the word $w?",
            'Count the characters of "$w".',
            'What is the length of "$w"?',
        ),
        ("“$w”有几个字符？", "字符串“$w”有多长？", "数一数“$w”的字符数。", "“$w”的长度是多少？"),
        ('"$w" has $result characters.', "“$w”有$result个字符。"),
    ),
    Kind(
        {"w": "word latin", "c": "letter"},
        "print($w.count($c))",
        (
            'How many times does "$c" occur in "$w"?',
            "Count the letter $c in $w.",
            "How many $c are in $w?",
            'How often is the letter "$c" in the word "$w"?',
        ),
        ("“$w”里有几个“$c”？", "数一数$w中字母$c的个数。", "字母$c在$w中出现几次？", "统计“$w”里“$c”的次数。"),
        ("It occurs $result times.", "出现了$result次。"),
    ),
    Kind(
        {"w": "sentence"},
        "print($w.upper())",
        ('Write "$w" in upper case.', 'Convert "$w" to capital letters.', "Upper-case this: $w", 'Make "$w" all caps.'),
        ("把“$w”变成大写。", "将“$w”转换为大写字母。", "用大写写出：$w", "把“$w”全部大写。"),
    ),
    Kind(
        {"w": "sentence"},
        "print($w.title())",
        (
            'Capitalize each word of "$w".',
            'Write "$w" as a title.',
            "Put this in title case: $w",
            'Let every word of "$w" start with a capital.',
        ),
        ("把“$w”每个单词首字母大写。", "将“$w”写成标题格式。", "单词首字母大写：$w", "让“$w”的每个词首字母大写。"),
    ),
    Kind(
        {"w": "word"},
        "print($w == $w[::-1])",
        (
            'Is "$w" a palindrome?',
            "Check whether $w is a palindrome.",
            'Does "$w" read the same backwards?',
            "Tell me if $w is a palindrome.",
        ),
        ("“$w”是回文吗？", "判断$w是不是回文。", "“$w”倒着读一样吗？", "检查“$w”是否为回文。"),
        ("$verdict, the check says $result.", "$verdict，检查结果是$result。"),
    ),
    Kind(
        {"w": "sentence"},
        "print(len($w.split()))",
        (
            'How many words are in "$w"?',
            "Count the words: $w",
            'What is the number of words in "$w"?',
            'How many words has "$w"?',
        ),
        ("“$w”有几个单词？", "数一数单词数：$w", "“$w”里有多少个单词？", "统计“$w”的单词数。"),
        ("There are $result words.", "有$result个单词。"),
    ),
    Kind(
        {"w": "sentence"},
        "print($w.split())",
        (
            'Split "$w" into words.',
            'Make a list of the words in "$w".',
            "Split this text at the blanks: $w",
            'Cut "$w" into its words.',
        ),
        ("把“$w”拆成单词。", "将“$w”中的单词列成列表。", "按空格拆分：$w", "把“$w”按词切开。"),
        ("The words are $result.", "单词有$result。"),
    ),
    Kind(
        WORDS,
        'print("-".join($w))',
        (
            "Join $w with hyphens.",
            "Connect the words $w with a hyphen.",
            'Join these words with "-": $w',
            "Put hyphens between the words $w.",
        ),
        ("用连字符连接$w。", "用“-”把$w连起来。", "把这些词用“-”拼接：$w", "在$w之间加上连字符。"),
    ),
    Kind(
        WORDS,
        'print(" ".join($w))',
        ("Join the words $w with spaces.", "Make one line of the words $w.", "Join these words with blanks: $w"),
        ("用空格连接$w。", "把$w用空格拼成一行。", "将这些词用空格连起来：$w"),
    ),
    Kind(
        WORDS,
        "print(sorted($w))",
        (
            "Sort the words $w alphabetically.",
            "Put these words in alphabetical order: $w",
            "Sort the words $w.",
            "Arrange the words $w from a to z.",
        ),
        ("把单词$w按字母顺序排列。", "给这些词排序：$w", "按字典序排列$w。", "将词语$w排好序。"),
        ("Sorted: $result.", "排序后是$result。"),
    ),
    Kind(
        WORDS,
        "print(max($w, key=len))",
        (
            "Which is the longest word: $w?",
            "Find the longest of these words: $w",
            "Which of the words $w is longest?",
            "Show the longest word in $w.",
        ),
        ("哪个词最长：$w？", "找出这些词中最长的：$w", "$w中最长的词是哪个？", "给出$w里最长的词。"),
        ("The longest word is $result.", "最长的词是$result。"),
    ),
    Kind(
        WORDS,
        "print(min($w, key=len))",
        (
            "Which is the shortest word: $w?",
            "Find the shortest of these words: $w",
            "Which of the words $w is shortest?",
            "Show the shortest word in $w.",
        ),
        ("哪个词最短：$w？", "找出这些词中最短的：$w", "$w中最短的词是哪个？", "给出$w里最短的词。"),
        ("The shortest word is $result.", "最短的词是$result。"),
    ),
    Kind(
        WORDS,
        "print([len(w) for w in $w])",
        (
            "How long is each of the words $w?",
            "Give the length of each word: $w",
            "List the lengths of the words $w.",
            "Count the letters of each word in $w.",
        ),
        ("$w每个词有多长？", "给出每个词的长度：$w", "列出$w各词的长度。", "数一数$w中每个词的字数。"),
        ("The lengths are $result.", "长度是$result。"),
    ),
    Kind(
        {"w": "word latin", "x": "letter", "y": "letter"},
        "print($w.replace($x, $y))",
        (
            'Replace "$x" by "$y" in "$w".',
            "Change every $x in $w to $y.",
            'In the word "$w", replace $x with $y.',
            'Swap each "$x" in "$w" for "$y".',
        ),
        ("把“$w”里的“$x”换成“$y”。", "将$w中的$x替换为$y。", "在单词“$w”中，用$y代替$x。", "“$w”里的“$x”都改成“$y”。"),
    ),
    Kind(
        {"w": "word", "a": "int 2 6"},
        "print($w * $a)",
        (
            'Repeat "$w" $a times.',
            "Write the word $w $a times in a row.",
            'Print "$w" $a times on one line.',
            'Put "$w" together $a times.',
        ),
        ("把“$w”重复$a次。", "连续写$a遍“$w”。", "在一行里输出$a次“$w”。", "将“$w”拼接$a次。"),
    ),
    Kind(
        {"w": "word"},
        "print($w[0], $w[-1])",
        (
            'What are the first and last letters of "$w"?',
            "Show the first and the last character of $w.",
            "First and last letter of $w?",
        ),
        ("“$w”的第一个和最后一个字符是什么？", "输出$w的首尾字符。", "$w的首字和尾字是什么？"),
        ("They are $result.", "分别是$result。"),
    ),
    Kind(
        {"w": "word", "a": "int 2 4"},
        "print($w[:$a])",
        (
            'What are the first $a letters of "$w"?',
            "Show the first $a characters of $w.",
            'Cut "$w" after $a characters.',
            'Give me the leading $a letters of "$w".',
        ),
        ("“$w”的前$a个字符是什么？", "输出$w的前$a个字符。", "截取“$w”的前$a个字。", "取“$w”开头的$a个字符。"),
    ),
)

# Kept for held-out tasks: each joins operations that training shows apart.
COMBINED = (
    Kind(
        {"w": "word latin"},
        "print($w[::-1].upper())",
        ('Reverse the word "$w" and write it in upper case.',),
        ("把“$w”倒过来写，再变成大写。",),
        heldout=True,
    ),
    Kind(
        NUMBERS,
        "print(sum(n for n in $l if n % 2 == 0))",
        ("What is the sum of the even numbers in $l?",),
        ("$l里偶数的总和是多少？",),
        heldout=True,
    ),
    Kind(
        {"a": "int 2 99", "b": "int 2 99", "c": "int 2 99"},
        "print($a * $b * $c)",
        ("Multiply $a by $b and by $c.", "What is $a * $b * $c?"),
        ("$a * $b * $c等于多少？", "计算$a乘以$b再乘以$c。"),
        heldout=True,
    ),
    Kind(
        {"l": "list 4 8 1 999", "a": "int 10 500"},
        "print(len([n for n in $l if n > $a]))",
        ("How many numbers of $l are greater than $a?",),
        ("$l中有几个数大于$a？",),
        heldout=True,
    ),
)
