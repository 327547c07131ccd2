"""Further small tasks that people try a code interpreter with; for training alone, in the frames of requests.

A table of ``Kind`` as in ``interpreter_numbers``, whose phrasings are made as ``interpreter_phrasings`` makes them.
"""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_kinds import Kind
from scripts.glmkit_mini.interpreter_more_numbers import More
from scripts.glmkit_mini.interpreter_phrasings import framed

RESULT = ("The result is $result.|It is $result.|Result: $result.", "结果是$result。|答案是$result。")
VERDICT = ("$verdict, the check says $result.", "$verdict，检查结果是$result。")
W, S, L, A, WORDS = (
    {"w": "word latin"},
    {"w": "sentence"},
    {"l": "list 4 8 1 999"},
    {"a": "int 2 9999"},
    {"w": "words 3 6"},
)
TWO_LISTS = {"l": "list 3 6 1 20", "m": "list 3 6 1 20"}


def _kind(values: dict[str, str], code: str, more: More, say: tuple[str, str] = RESULT) -> Kind:
    return Kind(values, code, tuple(framed(more, "en")), tuple(framed(more, "zh")), say, trained=True)


def _is(values: dict[str, str], code: str, english: str, chinese: str) -> Kind:
    """A question of yes or no: "Is $a even?" is given as "$a|is|even"."""
    thing, verb, what = english.split("|")
    aux = {"is": "is ", "does": ""}[verb]
    asks = f"{verb} {thing} {what}?|{verb} {thing} {what} or not?|{thing}: {verb} it {what}?"
    deeds = "|".join(
        f"{check} {thing} {aux}{what if aux else what.replace(' ', 's ', 1)}"
        for check in ("check whether", "find out if", "test if")
    )
    thing_zh, what_zh, not_zh = chinese.split("|")
    deeds_zh = f"判断{thing_zh}是否{what_zh}|检查{thing_zh}{not_zh}|看看{thing_zh}{not_zh}"
    return _kind(
        values, code, More("", deeds, "", deeds_zh, asks, f"{thing_zh}{what_zh}吗？|{thing_zh}{not_zh}？"), VERDICT
    )


OF_WORDS = (
    _kind(W, 'print(sum(c in "aeiou" for c in $w.lower()))', More(
        'the number of vowels in "$w"|the number of vowels in the word "$w"|the vowel count of "$w"', 'count the vowels in "$w"|count the vowels of the word "$w"',
        "“$w”的元音个数|单词“$w”里元音字母的个数", "数一数“$w”里的元音|统计“$w”中元音字母的个数",
        'How many vowels are in "$w"?|How many vowels are in the word "$w"?|How many vowels does "$w" have?', "“$w”有几个元音？|单词“$w”里有多少个元音字母？|“$w”含几个元音？")),
    _kind(W, 'print(sum(c.isalpha() and c not in "aeiou" for c in $w.lower()))', More(
        'the number of consonants in "$w"', 'count the consonants in "$w"', "“$w”的辅音个数", "数一数“$w”里的辅音",
        'How many consonants are in "$w"?|How many consonants does "$w" have?', "“$w”有几个辅音？|“$w”里有多少个辅音字母？")),
    _kind(W, "print($w.upper())", More('"$w" in upper case|the word "$w" in capitals', 'write the word "$w" in capitals|put "$w" in capital letters|convert "$w" to upper case',
        "“$w”的大写", "把“$w”转成大写|将单词“$w”写成大写|把字符串“$w”变成大写")),
    _kind(W, "print($w.lower())", More('"$w" in lower case|the word "$w" in small letters', 'write "$w" in lower case|convert "$w" to lower case|make "$w" lower case',
        "“$w”的小写", "把“$w”变成小写|将“$w”转成小写|把字符串“$w”写成小写")),
    _kind(W, "print($w.title())", More("", 'write "$w" with a capital|start "$w" with a capital letter|capitalize "$w"', "", "把“$w”首字母大写|将单词“$w”的首字母变成大写")),
    _kind(W, "print(list($w))", More('the letters of "$w" as a list|a list of the letters of "$w"', 'split "$w" into letters|list the letters of "$w"',
        "“$w”的字母列表", "把“$w”拆成字母|列出“$w”的每个字母")),
    _kind(W, "print(sorted($w))", More('the letters of "$w" in alphabetical order', 'sort the letters of "$w"', "“$w”的字母按顺序的排列", "把“$w”的字母排序")),
    _kind(W, "print(len(set($w)))", More('the number of different letters in "$w"', 'count the different letters of "$w"', "“$w”里不同字母的个数", "数出“$w”有几个不同的字母")),
    _kind(W, "print(max(set($w), key=$w.count) if len(set($w)) < len($w) else $w[0])", More('the most frequent letter of "$w"', 'find the most common letter in "$w"', "“$w”中最常见的字母", "找出“$w”里出现最多的字母")),
    _kind(W | {"a": "int 0 1"}, "print($w[$a])", More('the character at index $a of "$w"', 'print the character with index $a of "$w"', "“$w”中下标为$a的字符", "输出“$w”下标$a处的字符")),
    _kind(W | {"a": "int 2 4"}, "print($w[-$a:])", More('the last $a letters of "$w"|the last $a characters of "$w"|the ending of "$w", $a letters', 'take the last $a letters of "$w"|print the last $a letters of "$w"',
        "“$w”的后$a个字符|“$w”最后$a个字", "取“$w”的最后$a个字符|截取“$w”的后$a个字")),
    _kind(W | {"x": "word latin"}, "print($w + $x)", More('"$w" and "$x" joined|the words "$w" and "$x" in one', 'join "$w" and "$x"|put "$x" behind "$w"|append "$x" to "$w"', "“$w”和“$x”连起来的结果", "把“$w”和“$x”拼接起来|在“$w”后面接上“$x”")),
    _kind(W | {"x": "letter"}, "print($w.index($x) if $x in $w else -1)", More('the index of "$x" in "$w"|the position of "$x" in "$w", from 0', 'find the index of "$x" in "$w"', "“$x”在“$w”里的下标", "找出“$x”在“$w”中的位置")),
    _is(W | {"x": "letter"}, "print($x in $w)", '"$w"|does|contain "$x"', "“$w”|包含“$x”|有没有“$x”"),
    _is(W | {"x": "letter"}, "print($w.startswith($x))", '"$w"|does|start with "$x"', "“$w”|以“$x”开头|是不是以“$x”开头"),
    _is({"w": "word latin", "x": "word latin"}, "print(len($w) > len($x))", '"$w"|is|longer than "$x"', "“$w”|比“$x”长|是不是比“$x”长"),
    _kind(S, "print($w[::-1])", More('"$w" backwards|the text "$w" in reverse', 'reverse "$w"|reverse the text "$w"|reverse the string "$w"', "“$w”的倒序", "把“$w”倒过来写|反转字符串“$w”|把句子“$w”反转")),
    _kind(S, 'print(" ".join($w.split()[::-1]))', More('the words of "$w" in reverse order', 'reverse the order of the words in "$w"|put the words of "$w" in reverse order', "“$w”按单词倒序的结果", "把“$w”的单词顺序倒过来|将“$w”按单词倒序")),
    _kind(S, "print(len($w))", More('the number of characters in "$w"|the length of the text "$w"', 'count the characters of "$w"|count all characters in the sentence "$w"', "“$w”的字符总数|句子“$w”的长度", "数一数“$w”有多少个字符")),
    _kind(S, "print(max($w.split(), key=len))", More('the longest word of "$w"|the longest word in the sentence "$w"', 'find the longest word in "$w"', "“$w”中最长的单词", "找出句子“$w”里最长的单词")),
    _kind(S, "print(min($w.split(), key=len))", More('the shortest word of "$w"|the shortest word in the sentence "$w"', 'find the shortest word in "$w"', "“$w”中最短的单词", "找出句子“$w”里最短的单词")),
    _kind(S, "print(sorted($w.split()))", More('the words of "$w" in order', 'sort the words of "$w"|sort the words in the sentence "$w"', "“$w”的单词排序结果", "把“$w”里的单词排序")),
    _kind(S, "print($w.split()[0])", More('the first word of "$w"', 'print the first word of "$w"', "“$w”的第一个单词", "取“$w”的第一个单词")),
    _kind(S, "print($w.split()[-1])", More('the last word of "$w"', 'print the last word of "$w"', "“$w”的最后一个单词", "取“$w”的最后一个单词")),
    _kind(S, 'print($w.replace(" ", ""))', More('"$w" without spaces', 'remove the spaces from "$w"|delete all blanks in "$w"', "“$w”去掉空格的结果", "去掉“$w”里的空格|删除“$w”中的空格")),
    _kind(S, 'print($w.replace(" ", "_"))', More("", 'put "_" for every space in "$w"|replace the spaces of "$w" with underscores', "", "把“$w”里的空格换成下划线")),
    _kind(WORDS, 'print(", ".join($w))', More("", "join the words $w with commas|connect $w with commas", "", "用逗号连接$w|把$w用逗号拼起来")),
    _kind(WORDS, 'print("".join($w))', More("the words $w in one", "join $w without spaces|join the words $w into one", "", "把$w直接连起来|将$w拼成一个词")),
    _kind(WORDS, "print(sorted($w, key=len))", More("the words $w by length", "sort $w by length|sort the words $w from short to long", "$w按长度的排列", "把$w按长度排序|将单词$w从短到长排列")),
    _kind(WORDS, "print(sorted($w, reverse=True))", More("the words $w from z to a", "sort $w from z to a|sort the words $w in reverse order", "", "把$w按字母倒序排列")),
    _kind(WORDS, "print($w[::-1])", More("the list of words $w in reverse order", "reverse the order of the words $w", "单词列表$w的倒序", "把单词列表$w的顺序倒过来")),
    _kind(WORDS, "print(len($w))", More("the number of words in the list $w", "count the words in the list $w", "单词列表$w的长度", "数数列表$w有几个单词", "How many words are these: $w?", "$w一共几个词？")),
    _kind(WORDS | {"a": "int 4 7"}, "print([w for w in $w if len(w) > $a])", More("the words longer than $a letters in $w", "keep the words of $w with more than $a letters", "$w中超过$a个字符的词", "找出$w里长度大于$a的词")),
    _kind(WORDS, "print([w[0] for w in $w])", More("the first letter of each of $w", "take the first letter of each word in $w", "$w每个词的首字母", "取$w每个词的第一个字母")),
)  # fmt: skip

OF_NUMBERS = (
    _is(A, "print($a % 2 == 0)", "$a|is|even", "$a|是偶数|是不是偶数"),
    _is(A, "print($a % 2 == 1)", "$a|is|odd", "$a|是奇数|是不是奇数"),
    _is(A | {"b": "int 2 20"}, "print($a % $b == 0)", "$a|is|divisible by $b", "$a|能被$b整除|能不能被$b整除"),
    _is(A | {"b": "int 2 9999"}, "print($a > $b)", "$a|is|larger than $b", "$a|比$b大|是不是比$b大"),
    _is({"a": "int 2 999"}, "n = $a\nprint(int(n ** 0.5) ** 2 == n)", "$a|is|a square number", "$a|是平方数|是不是平方数"),
    _kind({"a": "int 2 9999", "b": "int 2 9999"}, "print(max($a, $b))", More("the larger of $a and $b|the maximum of $a and $b", "find the larger of $a and $b", "$a和$b中较大的数", "找出$a和$b中较大的数", "Which is larger, $a or $b?|Which is more: $a or $b?", "$a和$b哪个大？|$a和$b谁更大？")),
    _kind({"a": "int 2 9999", "b": "int 2 9999"}, "print(min($a, $b))", More("the smaller of $a and $b|the minimum of $a and $b", "find the smaller of $a and $b", "$a和$b中较小的数", "找出$a和$b中较小的数", "Which is smaller, $a or $b?", "$a和$b哪个小？")),
    _kind({"a": "int 2 9999", "b": "int 2 9999"}, "print(($a + $b) / 2)", More("the average of $a and $b|the mean of $a and $b", "average $a and $b", "$a和$b的平均数", "求$a和$b的平均值")),
    _kind({"a": "int 2 9999", "b": "int 2 9999"}, "print(abs($a - $b))", More("the distance between $a and $b|the absolute difference of $a and $b", "compute how far $a is from $b", "$a和$b之差的绝对值", "求$a与$b相差多少", "How far apart are $a and $b?", "$a和$b相差多少？")),
    _kind({"a": "int 2 999"}, "print($a ** 3)", More("the cube of $a|$a cubed|$a to the power of 3", "cube $a|cube the number $a", "$a的立方|$a的三次方", "求$a的三次方|把$a立方")),
    _kind({"a": "int 2 9999"}, "print($a * 2)", More("the double of $a|twice $a", "double $a|double the number $a", "$a的两倍", "把$a翻倍")),
    _kind({"a": "int 2 9999"}, "print($a / 2)", More("half of $a", "halve $a|divide $a in half", "$a的一半", "求$a的一半", "How much is half of $a?")),
    _kind({"a": "int 2 9999"}, "import math\nprint(round(math.log10($a), 2))", More("the logarithm of $a to base 10|log10($a)", "compute log10($a)", "$a的常用对数|lg $a", "求$a以10为底的对数")),
    _kind({"a": "int 2 9999"}, "import math\nprint(round(math.log($a), 2))", More("the natural logarithm of $a|ln($a)", "compute ln($a)", "$a的自然对数|ln $a", "求$a的自然对数")),
    _kind({"a": "int 1 360"}, "import math\nprint(round(math.sin(math.radians($a)), 2))", More("the sine of $a degrees|sin($a°)", "compute the sine of $a degrees", "$a度的正弦值|sin $a°", "求$a度的正弦")),
    _kind({"a": "int 1 360"}, "import math\nprint(round(math.cos(math.radians($a)), 2))", More("the cosine of $a degrees|cos($a°)", "compute the cosine of $a degrees", "$a度的余弦值|cos $a°", "求$a度的余弦")),
    _kind({"a": "int 3 99", "b": "int 3 99"}, "import math\nprint(round(math.hypot($a, $b), 2))", More("the hypotenuse of a right triangle with legs $a and $b", "compute the hypotenuse for the legs $a and $b", "直角边为$a和$b的直角三角形的斜边", "求直角边$a和$b对应的斜边长")),
    _kind({"a": "int 2 99", "b": "int 2 99"}, "print($a * $b / 2)", More("the area of a triangle with base $a and height $b", "compute the area of a triangle, base $a, height $b", "底$a高$b的三角形面积", "求底为$a、高为$b的三角形的面积")),
    _kind({"a": "int 2 999"}, "print($a ** 2)", More("the area of a square with side $a", "compute the area of a square of side $a", "边长$a的正方形面积", "求边长为$a的正方形的面积")),
    _kind({"a": "int 2 999"}, "print(4 * $a)", More("the perimeter of a square with side $a", "compute the perimeter of a square of side $a", "边长$a的正方形周长", "求边长为$a的正方形的周长")),
    _kind({"a": "dec 1 999"}, "print(round($a))", More("$a rounded to a whole number", "round $a|round $a to a whole number", "$a四舍五入的结果", "把$a四舍五入到整数")),
    _kind({"a": "int 8 9999"}, "print(oct($a)[2:])", More("$a in octal|the octal form of $a|$a in base 8", "convert $a to octal|write $a in octal", "$a的八进制|$a的八进制表示", "把$a转换成八进制|将$a转为八进制")),
    _kind({"b": "bits"}, 'print(int("$b", 2))', More("the binary number $b in decimal|$b in decimal, read as binary|the decimal value of the binary number $b", "convert the binary number $b to decimal|convert $b from binary to decimal", "二进制数$b的十进制|二进制$b对应的十进制数", "把二进制$b转换成十进制|将二进制数$b转为十进制")),
    _kind({"a": "int 100 99999"}, "print(len(str($a)))", More("the number of digits of $a", "count the digits of $a", "$a的位数", "数一数$a有几位", "How many digits has $a?|How many digits are in $a?", "$a是几位数？|$a有几位数字？")),
    _kind({"a": "int 100 99999"}, "print(int(str($a)[::-1]))", More("$a with its digits reversed|the digits of $a backwards", "reverse the digits of $a|reverse the number $a", "$a各位倒过来的数", "把数字$a反转|把$a的各位数字倒过来")),
    _kind({"a": "int 100 99999"}, "print(max(int(d) for d in str($a)))", More("the largest digit of $a", "find the largest digit in $a", "$a中最大的数字", "找出$a各位中最大的数字")),
    _kind({"a": "int 10 200"}, "print(len([n for n in range(2, $a + 1) if all(n % i for i in range(2, n))]))", More("the number of primes up to $a", "count the primes up to $a", "$a以内质数的个数", "数一数$a以内有多少个质数", "How many primes are there up to $a?", "$a以内有几个质数？|$a以内有多少个素数？")),
    _kind({"a": "int 10 99"}, "print(sum(n for n in range(2, $a + 1) if all(n % i for i in range(2, n))))", More("the sum of the primes up to $a", "add up all primes up to $a", "$a以内所有质数的和", "求$a以内质数之和")),
    _kind({"a": "int 2 999"}, "print(len([i for i in range(1, $a + 1) if $a % i == 0]))", More("the number of divisors of $a", "count the divisors of $a", "$a的约数个数", "数一数$a有几个约数", "How many divisors does $a have?", "$a有几个因数？")),
    _kind({"a": "int 2 999"}, "n, factors = $a, []\nfor i in range(2, n + 1):\n    while n % i == 0:\n        factors.append(i)\n        n //= i\nprint(factors)", More("the prime factors of $a|the prime factorization of $a", "factor $a into primes|split $a into prime factors", "$a的质因数分解", "把$a分解质因数|对$a做质因数分解")),
    _kind({"a": "int 3 50", "b": "int 60 99"}, "print(sum(range($a, $b + 1)))", More("the sum of the numbers from $a to $b|the sum of all integers between $a and $b", "add up the numbers from $a to $b|sum $a to $b", "$a到$b的和|从$a加到$b的结果", "把$a到$b的整数加起来|计算$a到$b的和")),
    _kind({"a": "int 2 20"}, "print(sum(i ** 2 for i in range(1, $a + 1)))", More("the sum of the squares from 1 to $a", "add up the squares of 1 to $a", "1到$a的平方和", "求1到$a的平方之和")),
    _kind({"a": "int 3 20"}, "print(list(range(1, $a + 1)))", More("the numbers from 1 to $a|a list of the numbers 1 to $a", "list the numbers from 1 to $a|count from 1 to $a|print 1 to $a", "1到$a的列表", "列出1到$a|从1数到$a|生成1到$a的列表")),
    _kind({"a": "int 4 40"}, "print(list(range(2, $a + 1, 2)))", More("the even numbers up to $a", "list the even numbers up to $a", "$a以内的偶数列表", "列出$a以内的偶数")),
    _kind({"a": "int 2 12"}, "print([2 ** i for i in range(1, $a + 1)])", More("the first $a powers of 2", "list $a powers of 2", "2的前$a个幂", "列出2的1到$a次方")),
    _kind({"a": "int 100 9999"}, "print($a // 60, $a % 60)", More("$a minutes in hours and minutes", "split $a minutes into hours and minutes", "$a分钟对应的小时和分钟", "把$a分钟换算成几小时几分")),
    _kind({"a": "int 100 99999", "p": "int 1 9", "y": "int 2 9"}, "print(round($a * $p / 100 * $y, 2))", More("the simple interest on $a at $p% for $y years", "compute the simple interest for $a, $p%, $y years", "本金$a、年利率$p%、$y年的单利利息", "算$a元按年利率$p%存$y年的单利")),
    _kind({"a": "int 1950 2024", "b": "int 2025 2060"}, "print($b - $a)", More("the age in $b of somebody born in $a", "compute the age in $b for the birth year $a", "$a年出生的人在$b年的年龄", "算出$a年出生的人到$b年几岁", "I was born in $a. How old am I in $b?", "我$a年出生，$b年几岁？")),
    _kind({"l": "list 4 8 1 999"}, "print(sum(n ** 2 for n in $l))", More("the sum of the squares of $l", "add up the squares of $l", "$l的平方和", "求$l的平方之和")),
    _kind({"l": "list 4 8 1 99"}, "print([n ** 2 for n in $l])", More("the squares of $l", "square every number of $l", "$l各数的平方", "把$l的每个数平方")),
    _kind(L, "print(sorted($l)[-2])", More("the second largest number of $l", "find the second largest of $l", "$l中第二大的数", "找出$l里第二大的数")),
    _kind(L, "print(sorted($l)[1])", More("the second smallest number of $l", "find the second smallest of $l", "$l中第二小的数", "找出$l里第二小的数")),
    _kind(L, "print(sorted($l)[-3:])", More("the three largest numbers of $l", "find the three largest of $l", "$l中最大的三个数", "找出$l里最大的三个数")),
    _kind(L, "print(max($l), min($l))", More("the largest and the smallest number of $l", "find the maximum and minimum of $l", "$l的最大值和最小值", "求$l的最大值和最小值")),
    _kind(L, "numbers = $l\nprint(numbers.index(max(numbers)))", More("the index of the largest number in $l", "find the index of the maximum of $l", "$l中最大数的下标", "找出$l最大值的下标")),
    _kind(L, "print($l[0])", More("the first number of $l|the first element of $l", "print the first element of $l", "$l的第一个数|$l的第一个元素", "输出$l的第一个元素")),
    _kind(L, "print($l[-1])", More("the last number of $l|the last element of $l", "print the last element of $l", "$l的最后一个数|$l的最后一个元素", "输出$l的最后一个元素")),
    _kind(L | {"a": "int 2 3"}, "print($l[:$a])", More("the first $a numbers of $l", "take the first $a elements of $l", "$l的前$a个数", "取$l的前$a个元素")),
    _is(L | {"a": "int 1 99"}, "print($a in $l)", "the list $l|does|contain $a", "列表$l|包含$a|有没有$a"),
    _kind(L, "numbers = $l\nprint([sum(numbers[: i + 1]) for i in range(len(numbers))])", More("the running totals of $l|the cumulative sums of $l", "add up $l step by step", "$l的累加和", "求$l的逐项累加和")),
    _kind(L, "numbers = $l\nprint([b - a for a, b in zip(numbers, numbers[1:])])", More("the differences between neighbours in $l", "subtract each number of $l from the next", "$l相邻两数之差", "求$l相邻数的差")),
    _kind(TWO_LISTS, "print(sorted(set($l) & set($m)))", More("the common numbers of $l and $m", "find the numbers that are in both $l and $m", "$l和$m的交集", "找出$l和$m共有的数")),
    _kind(TWO_LISTS, "print(sorted(set($l) | set($m)))", More("the union of $l and $m", "find all numbers in $l or $m", "$l和$m的并集", "求$l与$m的并集")),
    _kind(TWO_LISTS, "print($l + $m)", More("the lists $l and $m in one", "join the lists $l and $m|append $m to $l", "列表$l和$m合并的结果", "把列表$l和$m合并|将$m接在$l后面")),
    _kind({"d": "dict 99"}, "scores = $d\nprint(max(scores.values()))", More("the highest score of $d", "find the highest score: $d", "$d里的最高分", "找出最高分：$d", "Scores: $d. What is the highest score?", "成绩：$d。最高分是多少？")),
    _kind({"d": "dict 99"}, "scores = $d\nprint(len(scores))", More("the number of people in $d", "count the names: $d", "", "数一数有几个人：$d", "Scores: $d. How many people are there?", "成绩：$d。一共几个人？")),
    _kind({"d": "dict 99", "a": "int 20 80"}, "scores = $d\nprint([name for name in scores if scores[name] > $a])", More("", "find who has more than $a: $d", "", "找出超过$a分的人：$d", "Scores: $d. Who has more than $a?", "成绩：$d。谁超过$a分？")),
    _kind({"d": "dict 99"}, "scores = $d\nprint(round(sum(scores.values()) / len(scores), 2))", More("the average of the scores $d", "average the points $d", "分数$d的平均值", "求平均分：$d", "Scores: $d. What is the average score?", "成绩：$d。平均分多少？")),
    _kind({"d": "dict 99"}, "scores = $d\nprint(max(scores.values()) - min(scores.values()))", More("the difference between the best and the worst of $d", "", "", "求最高分与最低分的差：$d", "Scores: $d. How far apart are the best and the worst?", "成绩：$d。最高分比最低分高多少？")),
    _kind({"a": "date"}, "from datetime import date\nprint(date.fromisoformat($a).year)", More("the year of $a", "print the year of $a", "$a的年份", "取出$a的年份")),
    _kind({"a": "date", "n": "int 1 20"}, "from datetime import date, timedelta\nprint(date.fromisoformat($a) + timedelta(weeks=$n))", More("the date $n weeks after $a|the day $n weeks later than $a", "go $n weeks forward from $a", "$a之后$n周的日期", "给$a加上$n周", "Which date is $n weeks after $a?", "$a过$n周是哪天？")),
)  # fmt: skip
EVERYDAY = OF_WORDS + OF_NUMBERS
