"""Interpreter tasks that join two operations, so that a model learns to join others (``COMBINED``, which it never saw).

A table of ``Kind``, as in ``interpreter_numbers``. Read by ``interpreter_episodes``.
"""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_kinds import Kind
from scripts.glmkit_mini.interpreter_lists import NUMBERS

LIMITED = {"l": "list 4 8 1 999", "a": "int 10 500"}
THREE = {"a": "int 2 99", "b": "int 2 99", "c": "int 2 99"}

COMPOSED = (
    Kind(
        {"w": "word latin"},
        "print($w[::-1].title())",
        ('Reverse the word "$w" and start it with a capital.', "Turn $w around and write it with a capital letter."),
        ("把“$w”倒过来写，再把首字母大写。", "将$w倒序，首字母大写。"),
    ),
    Kind(
        {"w": "word latin"},
        "print(len($w[::-1]))",
        ('Reverse the word "$w" and count its letters.', "Turn $w around, then say how long it is."),
        ("把“$w”倒过来写，再数字符数。", "将$w倒序，再求长度。"),
    ),
    Kind(
        {"w": "word latin", "a": "int 2 5"},
        "print($w.upper() * $a)",
        ('Write "$w" in upper case and repeat it $a times.', "Put $w in capitals, $a times in a row."),
        ("把“$w”变成大写，再重复$a遍。", "将$w大写后连写$a次。"),
    ),
    Kind(
        {"w": "word latin", "a": "int 2 5"},
        "print($w[::-1] * $a)",
        ('Reverse "$w" and repeat it $a times.', 'Write the word "$w" backwards, $a times in a row.'),
        ("把“$w”倒过来写，再重复$a遍。", "将$w倒序后连写$a次。"),
    ),
    Kind(
        {"w": "words 3 6"},
        "print([w.upper() for w in $w])",
        ("Write every word in upper case: $w", "Put each of these words in capitals: $w"),
        ("把每个词变成大写：$w", "将这些词逐个大写：$w"),
    ),
    Kind(
        {"w": "words 3 6"},
        "print([w[::-1] for w in $w])",
        ("Reverse each of these words: $w", "Spell every word backwards: $w"),
        ("把每个词倒过来写：$w", "将这些词逐个倒序：$w"),
    ),
    Kind(
        NUMBERS,
        "print(sum(n for n in $l if n % 2 == 1))",
        ("What is the sum of the odd numbers in $l?", "Add up the odd numbers of $l."),
        ("$l里奇数的总和是多少？", "把$l中的奇数加起来。"),
    ),
    Kind(
        NUMBERS,
        "print(len([n for n in $l if n % 2 == 0]))",
        ("How many numbers of $l are even?", "Count the even numbers in $l."),
        ("$l中有几个偶数？", "数一数$l里的偶数。"),
    ),
    Kind(
        NUMBERS,
        "print(len([n for n in $l if n % 2 == 1]))",
        ("How many numbers of $l are odd?", "Count the odd numbers in $l."),
        ("$l中有几个奇数？", "数一数$l里的奇数。"),
    ),
    Kind(
        NUMBERS,
        "print(max(n for n in $l if n % 2 == 0) if any(n % 2 == 0 for n in $l) else None)",
        ("What is the largest even number in $l?", "Find the greatest even number of $l."),
        ("$l里最大的偶数是多少？", "找出$l中最大的偶数。"),
    ),
    Kind(
        LIMITED,
        "print(len([n for n in $l if n < $a]))",
        ("How many numbers of $l are less than $a?", "Count the numbers below $a in $l."),
        ("$l中有几个数小于$a？", "数一数$l里比$a小的数。"),
    ),
    Kind(
        LIMITED,
        "print(sum(n for n in $l if n > $a))",
        ("What is the sum of the numbers in $l that are greater than $a?", "Add up the numbers of $l above $a."),
        ("$l里大于$a的数的总和是多少？", "把$l中比$a大的数加起来。"),
    ),
    Kind(
        LIMITED,
        "print(sum(n for n in $l if n < $a))",
        ("What is the sum of the numbers in $l that are less than $a?", "Add up the numbers of $l below $a."),
        ("$l里小于$a的数的总和是多少？", "把$l中比$a小的数加起来。"),
    ),
    Kind(
        THREE,
        "print($a + $b + $c)",
        ("Add $a, $b and $c.", "What is $a + $b + $c?", "Add $a to $b and to $c."),
        ("$a + $b + $c等于多少？", "计算$a加$b再加$c。"),
    ),
    Kind(
        THREE,
        "print($a * $b - $c)",
        ("Multiply $a by $b and subtract $c.", "What is $a * $b - $c?"),
        ("$a * $b - $c等于多少？", "计算$a乘以$b再减$c。"),
    ),
    Kind(
        THREE,
        "print(($a - $b) * $c)",
        ("Subtract $b from $a and multiply by $c.", "What is ($a - $b) * $c?"),
        ("($a - $b) * $c等于多少？", "计算$a减$b再乘以$c。"),
    ),
    Kind(
        THREE,
        "print($a - $b - $c)",
        ("What is $a - $b - $c?", "Subtract $b and $c from $a."),
        ("$a - $b - $c等于多少？", "计算$a减$b再减$c。"),
    ),
)
