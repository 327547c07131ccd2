"""Interpreter tasks told as little stories: word problems, percentages, money, speed, units of measurement.

A table of ``Kind``, as in ``interpreter_numbers``; ``UNITS`` becomes one kind for each conversion.
"""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_kinds import Kind
from scripts.glmkit_mini.interpreter_units import CONVERSIONS

PROBLEMS = (
    Kind(
        {"n": "name", "t": "thing", "a": "int 2 99", "b": "int 2 99"},
        "print($a * $b)",
        (
            "$n buys $a boxes with $b $t each. How many $t are there?",
            "There are $a bags with $b $t in each bag. How many $t are there in total?",
            "Each box holds $b $t. How many $t are in $a boxes?",
            "$n packs $a boxes, and each one holds $b $t. What is the total number of $t?",
        ),
        (
            "$n买了$a箱$t，每箱$b个。一共有多少个$t？",
            "有$a个袋子，每个袋子里有$b个$t，一共有多少个$t？",
            "每箱装$b个$t，$a箱有多少个$t？",
            "$n装了$a箱$t，每箱$b个，总共多少个$t？",
        ),
        ("There are $result $t.", "一共有$result个$t。"),
    ),
    Kind(
        {"n": "name", "t": "thing", "a": "int 50 999", "b": "int 2 49"},
        "print($a - $b)",
        (
            "$n has $a $t and gives away $b. How many $t are left?",
            "There are $a $t. $n takes $b of them. How many remain?",
            "$n had $a $t and lost $b. How many does $n have now?",
            "From $a $t, $n sells $b. How many $t are left?",
        ),
        (
            "$n有$a个$t，送出了$b个，还剩多少个？",
            "一共有$a个$t，$n拿走了$b个，还剩几个？",
            "$n原来有$a个$t，丢了$b个，现在有多少个？",
            "$n有$a个$t，卖掉$b个，还剩多少？",
        ),
        ("$result $t are left.", "还剩$result个$t。"),
    ),
    Kind(
        {"n": "name", "t": "thing", "a": "int 2 499", "b": "int 2 499"},
        "print($a + $b)",
        (
            "$n has $a $t and buys $b more. How many $t does $n have now?",
            "$n found $a $t in the morning and $b in the evening. How many $t in all?",
            "There are $a $t on the table and $b $t in the box. How many are there together?",
            "$n collects $a $t today and $b tomorrow. What is the total?",
        ),
        (
            "$n有$a个$t，又买了$b个，现在一共有多少个？",
            "$n上午得到$a个$t，下午得到$b个，一共多少个？",
            "桌上有$a个$t，盒子里有$b个$t，合起来有多少个？",
            "$n今天收集$a个$t，明天收集$b个，总共多少？",
        ),
        ("There are $result $t in total.", "一共有$result个$t。"),
    ),
    Kind(
        {"n": "name", "t": "thing", "a": "int 5 40", "b": "int 5 40", "c": "int 2 20"},
        "print($a * $b - $c)",
        (
            "$n buys $a boxes with $b $t each and eats $c. How many $t are left?",
            "$a bags hold $b $t each. $c $t are broken. How many good $t are there?",
            "$n packs $a boxes of $b $t and gives $c $t to a friend. How many $t remain?",
            "$n gets $a packs with $b $t each and loses $c of the $t. How many are left?",
        ),
        (
            "$n买了$a箱$t，每箱$b个，用掉了$c个，还剩多少个？",
            "有$a袋$t，每袋$b个，其中$c个坏了，好的有多少个？",
            "$n装了$a箱$t，每箱$b个，又送给朋友$c个，还剩几个？",
            "$n得到$a包$t，每包$b个，后来丢了$c个，还剩多少？",
        ),
        ("$result $t are left.", "还剩$result个$t。"),
    ),
    Kind(
        {"n": "name", "t": "thing", "a": "int 10 999", "b": "int 2 12"},
        "print($a // $b, $a % $b)",
        (
            "$n shares $a $t among $b children. How many $t does each get, and how many are left?",
            "Divide $a $t among $b people: how many for each, and what remains?",
            "$b friends share $a $t. How many $t for each one and how many left over?",
            "Split $a $t evenly among $b groups. How many for each, and how many remain?",
        ),
        (
            "$n把$a个$t平均分给$b个孩子，每人几个，还剩几个？",
            "$a个$t分给$b个人，每人得几个，余几个？",
            "$b个朋友平分$a个$t，每人多少个，剩下多少个？",
            "把$a个$t平均分成$b组，每组几个，剩几个？",
        ),
        ("Each share and the rest: $result.", "每份和余数：$result。"),
    ),
    Kind(
        {"t": "thing", "a": "dec 1 20", "b": "int 2 50"},
        "print(round($a * $b, 2))",
        (
            "One of the $t costs $a euros. What do $b cost?",
            "$t cost $a dollars each. How much are $b $t?",
            "The price of $t is $a each. What is the price of $b?",
            "How much must I pay for $b $t at $a each?",
        ),
        (
            "一个$t$a元，$b个多少钱？",
            "$t每个$a元，买$b个要花多少钱？",
            "$t的单价是$a元，$b个一共多少元？",
            "每个$t卖$a元，我买$b个要付多少？",
        ),
        ("The price is $result.", "一共$result元。"),
    ),
    Kind(
        {"n": "name", "a": "int 20 120", "b": "int 2 12"},
        "print($a * $b)",
        (
            "A car drives at $a km/h for $b hours. How far does it go?",
            "$n drives $b hours at $a km/h. What is the distance?",
            "How many kilometres does a train cover in $b hours at $a km/h?",
            "At a speed of $a km/h, how far does $n get in $b hours?",
        ),
        (
            "一辆车以每小时$a公里的速度行驶$b小时，走了多远？",
            "$n以$a公里/小时开了$b小时，路程是多少？",
            "火车时速$a公里，$b小时行驶多少公里？",
            "速度是每小时$a公里，$n走$b小时能走多远？",
        ),
        ("The distance is $result km.", "路程是$result公里。"),
    ),
    Kind(
        {"a": "int 50 990", "b": "int 2 12"},
        "print(round($a / $b, 2))",
        (
            "A train covers $a km in $b hours. What is its average speed?",
            "If I drive $a km in $b hours, what is my speed?",
            "What is the average speed for $a km in $b hours?",
            "$a kilometres took $b hours. Find the speed.",
        ),
        (
            "火车$b小时行驶$a公里，平均速度是多少？",
            "我$b小时开了$a公里，速度是多少？",
            "$a公里用了$b小时，平均时速是多少？",
            "走完$a公里花了$b小时，求速度。",
        ),
        ("The average speed is $result km/h.", "平均速度是每小时$result公里。"),
    ),
    Kind(
        {"a": "int 2 999", "b": "int 2 999"},
        "print($a * $b)",
        (
            "What is the area of a rectangle with sides $a and $b?",
            "A field is $a m long and $b m wide. What is its area?",
            "Find the area of a $a by $b rectangle.",
            "Calculate the area for length $a and width $b.",
        ),
        (
            "长$a宽$b的长方形面积是多少？",
            "一块地长$a米，宽$b米，面积是多少？",
            "求长为$a、宽为$b的矩形面积。",
            "长方形的长是$a，宽是$b，计算面积。",
        ),
        ("The area is $result.", "面积是$result。"),
    ),
    Kind(
        {"a": "int 2 999", "b": "int 2 999"},
        "print(2 * ($a + $b))",
        (
            "What is the perimeter of a rectangle with sides $a and $b?",
            "A field is $a m long and $b m wide. What is its perimeter?",
            "Find the perimeter of a $a by $b rectangle.",
            "Calculate the perimeter for length $a and width $b.",
        ),
        (
            "长$a宽$b的长方形周长是多少？",
            "一块地长$a米，宽$b米，周长是多少？",
            "求长为$a、宽为$b的矩形周长。",
            "长方形的长是$a，宽是$b，计算周长。",
        ),
        ("The perimeter is $result.", "周长是$result。"),
    ),
    Kind(
        {"a": "int 1 99"},
        "import math\nprint(round(math.pi * $a ** 2, 2))",
        (
            "What is the area of a circle with radius $a?",
            "Find the area of a circle of radius $a.",
            "A circle has radius $a. What is its area?",
            "Calculate the circle area for r = $a.",
        ),
        ("半径为$a的圆面积是多少？", "求半径$a的圆的面积。", "一个圆的半径是$a，面积是多少？", "计算r = $a的圆面积。"),
        ("The area is $result.", "面积是$result。"),
    ),
    Kind(
        {"a": "int 1 99"},
        "import math\nprint(round(2 * math.pi * $a, 2))",
        (
            "What is the circumference of a circle with radius $a?",
            "Find the circumference of a circle of radius $a.",
            "A circle has radius $a. What is its circumference?",
            "Calculate the circumference for r = $a.",
        ),
        ("半径为$a的圆周长是多少？", "求半径$a的圆的周长。", "一个圆的半径是$a，周长是多少？", "计算r = $a的圆周长。"),
        ("The circumference is $result.", "周长是$result。"),
    ),
)

PERCENTAGES = (
    Kind(
        {"p": "int 1 99", "a": "int 10 9999"},
        "print(round($a * $p / 100, 2))",
        (
            "What is $p% of $a?",
            "Calculate $p percent of $a.",
            "Find $p% of $a.",
            "How much is $p percent of $a?",
            "$p% of $a = ?",
        ),
        ("$a的$p%是多少？", "计算$a的百分之$p。", "求$a的$p%。", "$a的百分之$p等于多少？"),
        ("$p% of $a is $result.", "$a的$p%是$result。"),
    ),
    Kind(
        {"p": "int 1 90", "a": "int 10 9999"},
        "print(round($a * (1 - $p / 100), 2))",
        (
            "A coat costs $a. What is the price after a $p% discount?",
            "Reduce $a by $p%.",
            "The price is $a with $p% off. What do I pay?",
            "What is $a minus $p percent?",
        ),
        ("原价$a元，降价$p%后是多少？", "把$a减少$p%。", "$a元的东西便宜$p%，要付多少钱？", "$a降低百分之$p是多少？"),
        ("The new value is $result.", "结果是$result。"),
    ),
    Kind(
        {"p": "int 1 90", "a": "int 10 9999"},
        "print(round($a * (1 + $p / 100), 2))",
        (
            "Increase $a by $p%.",
            "The rent was $a and rises by $p%. What is the new rent?",
            "What is $a plus $p% tax?",
            "Add $p percent to $a.",
        ),
        ("把$a增加$p%。", "房租是$a元，上涨$p%后是多少？", "$a加上$p%的税是多少？", "$a提高百分之$p是多少？"),
        ("The new value is $result.", "结果是$result。"),
    ),
    Kind(
        {"a": "int 1 999", "b": "int 10 9999"},
        "print(round($a / $b * 100, 2))",
        (
            "What percentage of $b is $a?",
            "$a is what percent of $b?",
            "Express $a out of $b as a percentage.",
            "How many percent of $b is $a?",
        ),
        ("$a占$b的百分之几？", "$a是$b的百分之多少？", "求$a在$b中的百分比。", "$a相当于$b的百分之几？"),
        ("It is $result%.", "是$result%。"),
    ),
    Kind(
        {"a": "int 100 99999", "p": "int 1 9", "y": "int 2 20"},
        "print(round($a * (1 + $p / 100) ** $y, 2))",
        (
            "I save $a at $p% interest a year. How much is it after $y years?",
            "What does $a grow to in $y years at $p% interest?",
            "Compute compound interest: start $a, rate $p%, $y years.",
            "If $a grows by $p% each year, how much is there after $y years?",
        ),
        (
            "存入$a元，年利率$p%，$y年后有多少钱？",
            "本金$a元，年利率$p%，复利$y年后是多少？",
            "计算复利：本金$a，利率$p%，$y年。",
            "$a每年增长$p%，$y年后是多少？",
        ),
        ("The final amount is $result.", "最终金额是$result。"),
    ),
    Kind(
        {"a": "int 10 999", "b": "int 10 999"},
        "print(round(($b - $a) / $a * 100, 2))",
        (
            "By how many percent does $a change to become $b?",
            "A value goes from $a to $b. What is the change in percent?",
            "Find the percent change from $a to $b.",
            "What is the growth rate from $a to $b?",
        ),
        (
            "从$a变到$b，变化了百分之几？",
            "数值从$a变为$b，变化率是多少？",
            "求从$a到$b的百分比变化。",
            "$a变成$b，增长率是多少？",
        ),
        ("The change is $result%.", "变化了$result%。"),
    ),
)

UNITS = tuple(
    Kind(
        {"a": "int 1 9999"},
        f"print(round({expression}, 2))",
        (
            f"Convert $a {old} to {new}.",
            f"How many {new} are $a {old}?",
            f"What are $a {old} in {new}?",
            f"$a {old} in {new}, please.",
            f"Express $a {old} in {new}.",
        ),
        (
            f"把$a{old_zh}换算成{new_zh}。",
            f"$a{old_zh}等于多少{new_zh}？",
            f"$a{old_zh}是多少{new_zh}？",
            f"将$a{old_zh}转换为{new_zh}。",
            f"$a{old_zh}合多少{new_zh}？",
        ),
        (f"$a {old} are $result {new}.", f"$a{old_zh}等于$result{new_zh}。"),
    )
    for old, new, old_zh, new_zh, expression in CONVERSIONS
)
