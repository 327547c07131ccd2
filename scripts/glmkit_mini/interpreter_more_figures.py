"""What tasks of other tables than numbers are called in further words: see ``interpreter_phrasings``."""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_more_numbers import More
from scripts.glmkit_mini.interpreter_units import CONVERSIONS


def _of_list(english: tuple[str, ...], chinese: tuple[str, ...], deeds: str = "", deeds_zh: str = "") -> More:
    """A figure of a list by its names: "maximum", "最大值"."""
    asks = "Here are numbers: $l. Find the {0}.|My data: $l. Compute the {0}.|The values are $l. What is their {0}?"
    asks_zh = "数据：$l。求{0}。|数字有$l，求它们的{0}。|给出一组数：$l。求{0}。|已知$l，{0}是多少？"
    return More(
        "|".join(f"the {name} of {what}$l" for name in english for what in ("", "the list ", "the numbers ")),
        deeds,
        "|".join(f"{what}$l的{name}" for name in chinese for what in ("", "列表", "这组数")),
        deeds_zh,
        "|".join(asks.format(name) for name in english),
        "|".join(asks_zh.format(name) for name in chinese),
    )


def _unit(old: str, new: str, old_zh: str, new_zh: str) -> More:
    return More(
        f"$a {old} in {new}|the value of $a {old} in {new}|$a {old} as {new}",
        f"convert $a {old} into {new}|turn $a {old} into {new}|change $a {old} to {new}|write $a {old} in {new}",
        f"$a{old_zh}换算成{new_zh}的结果",
        f"把$a{old_zh}换成{new_zh}|将$a{old_zh}换算为{new_zh}|把$a{old_zh}转换成{new_zh}|用{new_zh}表示$a{old_zh}",
        f"How many {new} is $a {old}?|How many {new} are there in $a {old}?|$a {old} is how many {new}?"
        f"|What is $a {old} in {new}?|$a {old} to {new}",
        f"$a{old_zh}有多少{new_zh}？|$a{old_zh}是几{new_zh}？|$a{old_zh}换成{new_zh}是多少？|$a{old_zh}折合{new_zh}多少？",
    )


_SHAPES = {
    "What is the area of a rectangle with sides $a and $b?": More(
        "the area of a rectangle of $a by $b|the area of a $a by $b room|the area of a rectangle, $a long and $b wide",
        "compute the area of a rectangle with length $a and width $b",
        "长$a宽$b的矩形的面积|长为$a、宽为$b的长方形的面积",
        "求长$a、宽$b的长方形面积",
        "A rectangle has length $a and width $b. Find its area.|A room is $a by $b. How large is its area?"
        "|Length $a, width $b: what is the area of this rectangle?",
        "长方形长$a，宽$b，面积是多少？|房间长$a米，宽$b米，面积多大？|矩形的长$a、宽$b，求面积。",
    ),
    "What is the perimeter of a rectangle with sides $a and $b?": More(
        "the perimeter of a rectangle of $a by $b|the perimeter of a $a by $b room|the perimeter of a rectangle, $a long and $b wide",
        "compute the perimeter of a rectangle with length $a and width $b",
        "长$a宽$b的矩形的周长|长为$a、宽为$b的长方形的周长",
        "求长$a、宽$b的长方形周长",
        "A rectangle has length $a and width $b. Find its perimeter.|A garden is $a by $b. How long is a fence around it?"
        "|Length $a, width $b: what is the perimeter of this rectangle?",
        "长方形长$a，宽$b，周长是多少？|花园长$a米，宽$b米，围一圈多长？|矩形的长$a、宽$b，求周长。",
    ),
    "What is the area of a circle with radius $a?": More(
        "the area of a circle with r = $a|the area of the circle of radius $a|the circle area for a radius of $a|the area of a disc of radius $a",
        "compute the area of a circle whose radius is $a",
        "半径$a的圆面积|半径是$a的圆的面积|r = $a的圆的面积",
        "求半径为$a的圆的面积",
        "The radius of a circle is $a. Find the area.|r = $a. What is the area of the circle?|How large is a circle with radius $a?",
        "圆的半径为$a，求面积。|r = $a，圆的面积是多少？|圆半径$a，面积多大？|半径r = $a，求圆面积。",
    ),
    "What is the circumference of a circle with radius $a?": More(
        "the circumference of a circle with r = $a|the circumference of the circle of radius $a|the circle's circumference for a radius of $a",
        "compute the circumference of a circle whose radius is $a",
        "半径$a的圆周长|半径是$a的圆的周长|r = $a的圆的周长",
        "求半径为$a的圆的周长",
        "The radius of a circle is $a. Find the circumference.|r = $a. What is the circumference of the circle?"
        "|How long is the line around a circle with radius $a?",
        "圆的半径为$a，求周长。|r = $a，圆的周长是多少？|圆半径$a，一圈有多长？|半径r = $a，求圆周长。",
    ),
}
_PERCENTAGES = {
    "What is $p% of $a?": More(
        "$p% of $a|$p percent of $a|$p % of the number $a",
        "take $p% of $a|compute $p percent of $a",
        "$a的$p%|$a的百分之$p|$a乘以$p%",
        "算$a的$p%",
        "How much is $p% of $a?|$p percent of $a is how much?",
        "$a的$p%等于多少？|$a的$p%是几？|$a的百分之$p有多少？",
    ),
    "A coat costs $a. What is the price after a $p% discount?": More(
        "$a less $p%|$a reduced by $p percent|the price of $a after $p% off",
        "reduce $a by $p percent|take $p% off $a|subtract $p percent from $a|lower $a by $p%",
        "$a减去$p%之后的值|$a打折$p%后的价格|$a减少百分之$p的结果",
        "把$a降低$p%|从$a中减掉百分之$p",
        "Something costs $a and gets $p% cheaper. What does it cost now?|$a minus $p% = ?|How much is $a minus $p%?",
        "$a元降价百分之$p是多少元？|$a减少百分之$p是多少？|价格$a元，下降$p%，现价多少？",
    ),
    "Increase $a by $p%.": More(
        "$a increased by $p percent|$a plus $p%|$a with $p percent on top",
        "increase $a by $p percent|raise $a by $p%|add $p% to $a|raise $a by $p percent",
        "$a增加$p%后的值|$a加百分之$p的结果|$a上涨百分之$p的结果",
        "把$a提高$p%|给$a加上百分之$p|将$a上调$p%",
        "Something costs $a and gets $p% dearer. What does it cost now?|$a plus $p% = ?|How much is $a plus $p percent?",
        "$a元涨价百分之$p是多少元？|$a增加百分之$p是多少？|$a上升$p%等于多少？",
    ),
    "What percentage of $b is $a?": More(
        "the percentage of $a in $b|the share of $a in $b in percent|$a as a percentage of $b",
        "express $a as a percentage of $b",
        "$a占$b的百分比|$a与$b的百分比|$a在$b里所占的百分数",
        "算出$a占$b的百分比",
        "What percent of $b is $a?|$a of $b: how many percent?|How much of $b is $a, in percent?|How many percent is $a out of $b?",
        "$a在$b中占百分之几？|$a是$b的百分之几？|$a等于$b的百分之几？|$b里有$a，占百分之几？",
    ),
    "I save $a at $p% interest a year. How much is it after $y years?": More(
        "the value of $a after $y years at $p% a year",
        "compute what $a becomes in $y years with $p% interest",
        "$a元按年利率$p%存$y年后的总额|$a按每年$p%增长$y年后的值",
        "算出$a元以$p%的年利率存$y年的总额",
        "$a grows $p% a year. What is it after $y years?|Start with $a and add $p% every year. How much is it after $y years?",
        "$a元每年增长$p%，过$y年有多少？|每年涨$p%，$a过$y年变成多少？|一个数是$a，每年增加$p%，$y年后等于多少？",
    ),
    "By how many percent does $a change to become $b?": More(
        "the change from $a to $b in percent|the percentage change from $a to $b|the growth from $a to $b in percent",
        "compute the percent change between $a and $b",
        "从$a到$b的变化率|从$a到$b的增长百分比|$a到$b的增长率",
        "计算从$a到$b变化了百分之几",
        "It was $a and is now $b. By how many percent did it change?|$a became $b. What is the rate of change?",
        "$a变为$b，变化率是多少？|由$a变成$b，变化百分之几？|从$a增长到$b，增长率多少？",
    ),
}
_LISTS = {
    "Add up $l.": _of_list(
        ("sum", "total"), ("和", "总和"), "sum $l|add up all of $l|add the numbers $l", "把$l加起来|把$l相加"
    ),
    "Average the numbers $l.": _of_list(
        ("mean", "arithmetic mean"), ("平均数", "均值"), "average $l|compute the mean of $l"
    ),
    "What is the average of $l?": _of_list(("average", "average value"), ("平均值", "平均数")),
    "What is the median of $l?": _of_list(("median", "middle value"), ("中位数", "中值")),
    "What is the standard deviation of $l?": _of_list(("standard deviation",), ("标准差",)),
    "Which of these numbers is the largest: $l?": _of_list(
        ("maximum", "largest number", "biggest number"),
        ("最大值", "最大的数"),
        "find the largest of $l",
        "找出$l中最大的数",
    ),
    "Which of these numbers is the smallest: $l?": _of_list(
        ("minimum", "smallest number", "lowest number"),
        ("最小值", "最小的数"),
        "find the smallest of $l",
        "找出$l中最小的数",
    ),
    "What is the range of $l?": _of_list(("range", "spread"), ("极差",)),
    "Sort $l.": More(
        "$l in ascending order|$l from small to large|the numbers $l, sorted|the list $l from smallest to largest",
        "sort $l|sort the list $l|sort $l from small to large|order $l from the smallest to the largest|arrange $l in order"
        "|put $l in order|sort the numbers $l in ascending order|arrange the numbers $l from low to high",
        "$l按升序排列的结果|$l从小到大的排列",
        "把列表$l排序|将$l从小到大排序|把$l升序排列|给$l排序|把$l由小到大排|按升序排好$l|按从小到大排$l",
        "Here are some numbers: $l. Sort them.|Sort: $l",
        "排序：$l|有一组数：$l。从小到大排好。|$l从小到大怎么排？|按大小顺序排列：$l",
    ),
    "Sort $l in descending order.": More(
        "$l in descending order|$l from large to small|the numbers $l, largest first|the list $l from largest to smallest",
        "sort $l from large to small|sort the list $l in descending order|order $l from the largest to the smallest"
        "|arrange $l in descending order|put $l in order, largest first|arrange the numbers $l from high to low|sort $l backwards",
        "$l按降序排列的结果|$l从大到小的排列",
        "把列表$l降序排列|将$l从大到小排序|把$l由大到小排|按降序排好$l|按从大到小排$l|给$l从大到小排序",
        "Here are some numbers: $l. Sort them, largest first.|Sort from largest to smallest: $l",
        "降序排序：$l|有一组数：$l。从大到小排好。|$l从大到小怎么排？",
    ),
    "Which of these numbers are even: $l?": More(
        "the even numbers in $l|all even numbers of $l|the even values among $l",
        "keep the even numbers of $l|pick the even numbers from $l|filter out all odd numbers from $l|select the even ones of $l",
        "$l里的偶数|$l中所有的偶数",
        "从$l中选出偶数|挑出$l里的偶数|筛选出$l里的偶数",
        "Filter for even values: $l|Which numbers in $l can be divided by 2?",
        "$l中哪些数是偶数？|$l里有哪些偶数？",
    ),
    "Which of these numbers are odd: $l?": More(
        "the odd numbers in $l|all odd numbers of $l|the odd values among $l",
        "keep the odd numbers of $l|pick the odd numbers from $l|select the odd ones of $l",
        "$l里的奇数|$l中所有的奇数",
        "从$l中选出奇数|挑出$l里的奇数|筛选出$l里的奇数",
        "Filter for odd values: $l|Which numbers in $l cannot be divided by 2?",
        "$l中哪些数是奇数？|$l里有哪些奇数？",
    ),
    "Which numbers of $l are greater than $a?": More(
        "the numbers over $a in $l|all numbers of $l that are more than $a|the values above $a in $l",
        "keep only what is over $a in $l|pick the numbers larger than $a from $l|filter the numbers of $l that are greater than $a",
        "$l中超过$a的数|$l里比$a大的数|$l中高于$a的值",
        "从$l中选出大于$a的数|筛选$l中大于$a的数|找出$l里超过$a的数",
        "Which of $l are over $a?|Filter: $l, larger than $a",
        "$l中哪些数超过$a？|$l里哪些数比$a大？",
    ),
    "Which numbers of $l are less than $a?": More(
        "the numbers under $a in $l|all numbers of $l that are less than $a|the values below $a in $l",
        "keep only what is under $a in $l|pick the numbers smaller than $a from $l|filter the numbers of $l that are less than $a",
        "$l中低于$a的数|$l里比$a小的数|$l中小于$a的值",
        "从$l中选出小于$a的数|筛选$l中小于$a的数|找出$l里低于$a的数",
        "Which of $l are under $a?|Filter: $l, smaller than $a",
        "$l中哪些数低于$a？|$l里哪些数比$a小？",
    ),
    "Multiply each number of $l by $a.": More(
        "each of $l times $a|every number of $l multiplied by $a",
        "multiply all of $l by $a|take every number of $l times $a|multiply the numbers $l by $a",
        "$l每个数的$a倍|$l各数乘$a的结果",
        "把$l里的每个数乘$a|将$l逐个乘以$a|把$l中的数都变成原来的$a倍",
        "What do you get when you multiply each of $l by $a?",
        "$l里每个数的$a倍是多少？",
    ),
    "Add $a to each number of $l.": More(
        "each of $l plus $a|every number of $l increased by $a",
        "add $a to every number of $l|increase each of $l by $a|raise every number in $l by $a",
        "$l每个数加$a的结果",
        "把$l里的每个数加上$a|将$l逐个加$a|把$l中的数都增加$a",
        "What do you get when you add $a to each of $l?",
        "$l里每个数加$a后是多少？",
    ),
    "Remove the duplicates from $l.": More(
        "the different values of $l|the unique numbers in $l|$l without duplicates|$l without repeated values",
        "drop the duplicates from $l|remove repeated numbers from $l|delete duplicate values in $l",
        "$l去重后的结果|$l中不同的数",
        "把$l去重|对$l去重|删除$l中重复的数|去除$l里的重复值",
        "",
        "$l去重后是什么？",
    ),
    "How often does $a occur in $l?": More(
        "the number of times $a occurs in $l|the count of $a in $l",
        "count how many times $a is in $l|count $a in $l|count the occurrences of $a in $l",
        "$a在$l中出现的次数|$l里$a的个数",
        "统计$l中$a的个数|统计$a在$l中的次数",
        "How often is $a in $l?|How many times does $a appear in $l?|How often does $a appear in $l?",
        "$a在$l里出现了几次？|$l里$a有几个？",
    ),
    "Reverse the list $l.": More(
        "$l backwards|$l in reverse|$l from back to front|the list $l reversed",
        "reverse $l|reverse the order of $l|put $l in reverse order|write $l backwards|turn the list $l around",
        "$l倒序的结果|$l反转后的结果",
        "反转列表$l|把$l反过来排|将$l倒序排列|把$l逆序|倒过来写$l",
        "",
        "$l倒过来是什么？",
    ),
    "How many numbers are in $l?": More(
        "the length of the list $l|the number of elements in $l|the count of numbers in $l",
        "count the numbers in $l|count how many elements $l has",
        "$l的元素个数|列表$l的长度|$l中数的个数",
        "统计$l中有几个数|数出$l的个数|求列表$l的长度",
        "How many elements does $l have?|How long is $l?",
        "$l有几个元素？|$l一共几个数？|$l里有多少个数字？",
    ),
}
_UNITS = {f"Convert $a {old} to {new}.": _unit(old, new, old_zh, new_zh) for old, new, old_zh, new_zh, _ in CONVERSIONS}
MORE_FIGURES = _SHAPES | _PERCENTAGES | _LISTS | _UNITS
