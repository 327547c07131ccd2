"""Interpreter tasks about dates, and about dictionaries of scores.

A table of ``Kind``, as in ``interpreter_numbers``. Read by ``interpreter_episodes``.
"""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_kinds import Kind

DATES = (
    Kind(
        {"a": "date", "b": "date"},
        "from datetime import date\nprint(abs(date.fromisoformat($b) - date.fromisoformat($a)).days)",
        (
            "How many days are between $a and $b?",
            "Count the days from $a to $b.",
            "How many days is it from $a to $b?",
            "What is the number of days between $a and $b?",
        ),
        ("$a到$b有多少天？", "计算从$a到$b的天数。", "$a和$b相差多少天？", "从$a到$b一共几天？"),
        ("It is $result days.", "相差$result天。"),
    ),
    Kind(
        {"a": "date"},
        'from datetime import date\nprint(date.fromisoformat($a).strftime("%A"))',
        (
            "What weekday is $a?",
            "On which day of the week is $a?",
            "Which weekday was $a?",
            "Tell me the day of the week for $a.",
        ),
        ("$a是星期几？", "$a是周几？", "查一下$a是星期几。", "$a那天是星期几？"),
        ("$a is a $result.", "$a是$result。"),
    ),
    Kind(
        {"a": "date", "n": "int 2 400"},
        "from datetime import date, timedelta\nprint(date.fromisoformat($a) + timedelta(days=$n))",
        (
            "What date is $n days after $a?",
            "Add $n days to $a.",
            "Which day comes $n days after $a?",
            "Give the date $n days later than $a.",
        ),
        ("$a之后$n天是哪一天？", "$a加$n天是几号？", "$a过$n天是什么日期？", "从$a往后数$n天是哪天？"),
        ("The date is $result.", "日期是$result。"),
    ),
    Kind(
        {"a": "date", "n": "int 2 400"},
        "from datetime import date, timedelta\nprint(date.fromisoformat($a) - timedelta(days=$n))",
        (
            "What date is $n days before $a?",
            "Subtract $n days from $a.",
            "Which day comes $n days before $a?",
            "Give the date $n days earlier than $a.",
        ),
        ("$a之前$n天是哪一天？", "$a减$n天是几号？", "$a的$n天前是什么日期？", "从$a往前数$n天是哪天？"),
        ("The date is $result.", "日期是$result。"),
    ),
    Kind(
        {"y": "int 1900 2100"},
        "import calendar\nprint(calendar.isleap($y))",
        ("Is $y a leap year?", "Check whether $y is a leap year.", "Was or will $y be a leap year?"),
        ("$y年是闰年吗？", "判断$y年是不是闰年。", "$y年是否为闰年？"),
        ("$verdict, the check says $result.", "$verdict，检查结果是$result。"),
    ),
    Kind(
        {"a": "date"},
        "from datetime import date\nprint(date.fromisoformat($a).timetuple().tm_yday)",
        ("Which day of the year is $a?", "What is the day number of $a in its year?", "Count $a as a day of the year."),
        ("$a是一年中的第几天？", "$a是当年的第几天？", "算出$a是全年的第几天。"),
        ("It is day $result of the year.", "是一年中的第$result天。"),
    ),
)

DICTIONARIES = (
    Kind(
        {"d": "dict 99"},
        "scores = $d\nprint(sum(scores.values()))",
        (
            "The scores are $d. What is the total?",
            "Sum these scores: $d",
            "Points: $d. How many points together?",
            "Add up the points: $d",
        ),
        ("分数是：$d。总分是多少？", "把这些分数加起来：$d", "得分：$d。一共多少分？", "求这些分数的总和：$d"),
        ("The total is $result.", "总分是$result。"),
    ),
    Kind(
        {"d": "dict 99"},
        "scores = $d\nprint(max(scores, key=scores.get))",
        (
            "The scores are $d. Who has the highest score?",
            "Who is best: $d?",
            "Points: $d. Who leads?",
            "Who has the most points: $d?",
        ),
        ("分数是：$d。谁的分数最高？", "谁最好：$d？", "得分：$d。谁领先？", "谁的分最多：$d？"),
        ("$result has the highest score.", "$result的分数最高。"),
    ),
    Kind(
        {"d": "dict 99"},
        "scores = $d\nprint(min(scores, key=scores.get))",
        ("The scores are $d. Who has the lowest score?", "Who has the fewest points: $d?", "Points: $d. Who is last?"),
        ("分数是：$d。谁的分数最低？", "谁的分最少：$d？", "得分：$d。谁是最后一名？"),
        ("$result has the lowest score.", "$result的分数最低。"),
    ),
    Kind(
        {"d": "dict 99"},
        "scores = $d\nprint(round(sum(scores.values()) / len(scores), 2))",
        ("The scores are $d. What is the average?", "Average these scores: $d", "Points: $d. What is the mean score?"),
        ("分数是：$d。平均分是多少？", "求这些分数的平均值：$d", "得分：$d。平均多少分？"),
        ("The average is $result.", "平均分是$result。"),
    ),
    Kind(
        {"d": "dict 99"},
        "scores = $d\nprint(sorted(scores, key=scores.get, reverse=True))",
        (
            "The scores are $d. Rank the names.",
            "Sort the names by score, best first: $d",
            "Points: $d. Who is first, second, third?",
        ),
        ("分数是：$d。按分数排名。", "按分数从高到低排列名字：$d", "得分：$d。给出名次。"),
        ("The ranking is $result.", "排名是$result。"),
    ),
)
