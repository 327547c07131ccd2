"""Interpreter tasks about lists of numbers: figures, sorting, filtering, counting.

A table of ``Kind``, as in ``interpreter_numbers``. Read by ``interpreter_episodes``.
"""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_kinds import Kind

NUMBERS = {"l": "list 4 8 1 999"}


def _of_list(code: str, what: str, chinese: str, *more: tuple[str, str]) -> Kind:
    """A figure of a list: "the mean", "平均数"; ``more`` are pairs of whole phrasings."""
    return Kind(
        NUMBERS,
        code,
        (
            *(pair[0] for pair in more),
            f"What is {what} of $l?",
            f"Calculate {what} of $l.",
            f"Find {what} of these numbers: $l",
            f"Here are some numbers: $l. What is {what}?",
        ),
        (
            *(pair[1] for pair in more),
            f"$l的{chinese}是多少？",
            f"计算$l的{chinese}。",
            f"求这些数的{chinese}：$l",
            f"有一组数：$l。{chinese}是多少？",
        ),
        (f"{what.capitalize()} is $result.", f"{chinese}是$result。"),
    )


LISTS = (
    _of_list(
        "print(sum($l))", "the sum", "总和", ("Add up $l.", "把这些数加起来：$l"), ("Sum the numbers $l.", "对$l求和。")
    ),
    _of_list(
        "numbers = $l\nprint(round(sum(numbers) / len(numbers), 2))",
        "the mean",
        "平均数",
        ("Average the numbers $l.", "$l的平均值是多少？"),
    ),
    _of_list("numbers = $l\nprint(round(sum(numbers) / len(numbers), 2))", "the average", "平均值"),
    _of_list("import statistics\nprint(statistics.median($l))", "the median", "中位数"),
    _of_list("import statistics\nprint(round(statistics.stdev($l), 2))", "the standard deviation", "标准差"),
    _of_list(
        "print(max($l))",
        "the maximum",
        "最大值",
        ("Which of these numbers is the largest: $l?", "这些数里哪个最大：$l？"),
    ),
    _of_list(
        "print(min($l))",
        "the minimum",
        "最小值",
        ("Which of these numbers is the smallest: $l?", "这些数里哪个最小：$l？"),
    ),
    _of_list("numbers = $l\nprint(max(numbers) - min(numbers))", "the range", "极差"),
    Kind(
        NUMBERS,
        "print(sorted($l))",
        (
            "Sort $l.",
            "Sort these numbers: $l",
            "Put $l in ascending order.",
            "Order the numbers $l from small to large.",
            "Arrange $l from the smallest to the largest.",
        ),
        ("把$l排序。", "给这些数排序：$l", "将$l按升序排列。", "把$l从小到大排列。", "按从小到大的顺序排好：$l"),
        ("Sorted: $result.", "排序后是$result。"),
    ),
    Kind(
        NUMBERS,
        "print(sorted($l, reverse=True))",
        (
            "Sort $l in descending order.",
            "Order the numbers $l from large to small.",
            "Sort these numbers from high to low: $l",
            "Arrange $l from the largest to the smallest.",
        ),
        ("把$l按降序排列。", "把$l从大到小排列。", "将这些数从高到低排序：$l", "按从大到小的顺序排好：$l"),
        ("Sorted: $result.", "排序后是$result。"),
    ),
    Kind(
        NUMBERS,
        "print([n for n in $l if n % 2 == 0])",
        (
            "Which of these numbers are even: $l?",
            "Keep only the even numbers of $l.",
            "Find the even numbers in $l.",
            "Filter $l for even numbers.",
        ),
        ("这些数中哪些是偶数：$l？", "只保留$l中的偶数。", "找出$l里的偶数。", "筛选$l中的偶数。"),
        ("The even numbers are $result.", "偶数有$result。"),
    ),
    Kind(
        NUMBERS,
        "print([n for n in $l if n % 2 == 1])",
        (
            "Which of these numbers are odd: $l?",
            "Keep only the odd numbers of $l.",
            "Find the odd numbers in $l.",
            "Filter $l for odd numbers.",
        ),
        ("这些数中哪些是奇数：$l？", "只保留$l中的奇数。", "找出$l里的奇数。", "筛选$l中的奇数。"),
        ("The odd numbers are $result.", "奇数有$result。"),
    ),
    Kind(
        {"l": "list 4 8 1 999", "a": "int 10 500"},
        "print([n for n in $l if n > $a])",
        (
            "Which numbers of $l are greater than $a?",
            "Keep the numbers above $a in $l.",
            "Find all numbers larger than $a in $l.",
            "Filter $l for values over $a.",
        ),
        ("$l中哪些数大于$a？", "保留$l中大于$a的数。", "找出$l里所有大于$a的数。", "筛选$l中超过$a的数。"),
        ("These numbers are $result.", "这些数是$result。"),
    ),
    Kind(
        {"l": "list 4 8 1 999", "a": "int 10 500"},
        "print([n for n in $l if n < $a])",
        (
            "Which numbers of $l are less than $a?",
            "Keep the numbers below $a in $l.",
            "Find all numbers smaller than $a in $l.",
            "Filter $l for values under $a.",
        ),
        ("$l中哪些数小于$a？", "保留$l中小于$a的数。", "找出$l里所有小于$a的数。", "筛选$l中低于$a的数。"),
        ("These numbers are $result.", "这些数是$result。"),
    ),
    Kind(
        {"l": "list 4 8 1 999", "a": "int 2 20"},
        "print([n * $a for n in $l])",
        (
            "Multiply each number of $l by $a.",
            "Multiply every element of $l by $a.",
            "Scale $l by $a.",
            "Take each of $l times $a.",
        ),
        ("把$l的每个数乘以$a。", "将$l中每个元素乘以$a。", "$l每个数都乘$a是多少？", "$l里的每个数都变成$a倍。"),
    ),
    Kind(
        {"l": "list 4 8 1 999", "a": "int 2 99"},
        "print([n + $a for n in $l])",
        (
            "Add $a to each number of $l.",
            "Increase every element of $l by $a.",
            "Add $a to all of $l.",
            "Raise each of $l by $a.",
        ),
        ("给$l的每个数加上$a。", "将$l中每个元素加$a。", "$l每个数都加$a是多少？", "$l里的每个数都增加$a。"),
    ),
    Kind(
        {"l": "list 5 8 1 6"},
        "print(sorted(set($l)))",
        (
            "Remove the duplicates from $l.",
            "Which different numbers are in $l?",
            "Show the unique values of $l.",
            "Drop repeated values from $l.",
        ),
        ("去掉$l中的重复数字。", "$l里有哪些不同的数？", "列出$l中不重复的值。", "给$l去重。"),
        ("The unique values are $result.", "不同的值有$result。"),
    ),
    Kind(
        {"l": "list 5 8 1 5", "a": "int 1 5"},
        "print($l.count($a))",
        (
            "How often does $a occur in $l?",
            "Count the number $a in $l.",
            "How many times is $a in $l?",
            "Count how often $a appears in $l.",
        ),
        ("$a在$l中出现几次？", "数一数$l里有几个$a。", "$l中有多少个$a？", "统计$a在$l里出现的次数。"),
        ("It occurs $result times.", "出现了$result次。"),
    ),
    Kind(
        NUMBERS,
        "print($l[::-1])",
        ("Reverse the list $l.", "Show $l in reverse order.", "Turn $l around.", "Put the list $l backwards."),
        ("把列表$l反转。", "倒序输出$l。", "将$l颠倒过来。", "把$l倒过来排。"),
    ),
    Kind(
        NUMBERS,
        "print(len($l))",
        (
            "How many numbers are in $l?",
            "Count the elements of $l.",
            "How long is the list $l?",
            "What is the length of $l?",
        ),
        ("$l中有几个数？", "数一数$l有多少个元素。", "列表$l有多长？", "$l的长度是多少？"),
        ("There are $result numbers.", "有$result个数。"),
    ),
)
