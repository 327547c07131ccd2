"""Interpreter tasks that join any two or three operations, by a grammar, so that joining is what a model learns.

For training alone. The pairs of ``COMBINED`` (``interpreter_strings``), which only held-out tasks join, never come
together here, in whichever order. Read by ``interpreter_episodes``.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from scripts.glmkit_mini.interpreter_kinds import Kind, Task, make_task
from scripts.glmkit_mini.interpreter_phrasings import DEED_FRAMES, NAME_FRAMES
from scripts.glmkit_mini.interpreter_values import Language

QUOTED = {"en": '"$w"', "zh": "“$w”"}


@dataclass(frozen=True, slots=True)
class WordDeed:
    """Something done to a word. ``code`` holds the word before it as ``{}``; texts are split by "|"."""

    name: str
    code: str
    first: str
    then: str
    first_zh: str
    then_zh: str
    values: tuple[tuple[str, str], ...] = ()
    is_last: bool = False  # what comes out is no word


WORD_DEEDS = (
    WordDeed(
        "reverse", "{}[::-1]",
        "reverse the word {}|reverse {}|turn the word {} around|write {} backwards|spell {} backwards|turn {} around",
        "reverse it|turn it around|write it backwards|spell it backwards|write the result backwards",
        "把{}倒过来写|将{}倒序|反转{}|把{}反过来写|把{}反转", "倒过来写|反转|倒序|反过来写",
    ),
    WordDeed(
        "upper", "{}.upper()",
        "write {} in upper case|put the word {} in capitals|make {} upper case|write the word {} in capitals",
        "write it in upper case|put it in capitals|make it upper case|write the result in upper case|write it in capitals",
        "把{}变成大写|将{}转为大写|把{}改成大写|把{}写成大写", "变成大写|转为大写|改成大写|写成大写",
    ),
    WordDeed(
        "lower", "{}.lower()",
        "write {} in lower case|put the word {} in small letters|make {} lower case",
        "write it in lower case|put it in small letters|make it lower case|write the result in lower case",
        "把{}变成小写|将{}转为小写|把{}改成小写|把{}写成小写", "变成小写|转为小写|改成小写|写成小写",
    ),
    WordDeed(
        "title", "{}.title()",
        "start {} with a capital|write {} with a capital letter|capitalize {}",
        "start it with a capital|write it with a capital letter|capitalize it",
        "把{}首字母大写|将{}的首字母变成大写", "首字母大写|把首字母大写|把首字母变成大写",
    ),
    WordDeed(
        "swap", "{}.swapcase()",
        "swap the case of {}|change the case of each letter in {}", "swap its case|change the case of each letter",
        "把{}大小写互换|将{}的大小写对调", "大小写互换|把大小写对调",
    ),
    WordDeed(
        "repeat", "({} * $a)",
        "repeat {} $a times|write the word {} $a times in a row|repeat the word {} $a times",
        "repeat it $a times|write it $a times in a row|write it $a times",
        "把{}重复$a次|将{}连写$a遍|把{}重复$a遍", "重复$a遍|连写$a次|重复$a次", (("a", "int 2 5"),),
    ),
    WordDeed(
        "head", "{}[:$n]",
        "take the first $n letters of {}|cut {} after $n letters|keep the first $n letters of the word {}",
        "take its first $n letters|keep the first $n letters|cut it after $n letters",
        "取{}的前$n个字符|截取{}的前$n个字|保留{}开头的$n个字符", "取前$n个字符|截取前$n个字|保留开头的$n个字符", (("n", "int 2 4"),),
    ),
    WordDeed(
        "tail", "{}[-$n:]",
        "take the last $n letters of {}|keep the last $n letters of the word {}",
        "take its last $n letters|keep the last $n letters",
        "取{}的后$n个字符|截取{}的最后$n个字", "取后$n个字符|截取最后$n个字", (("n", "int 2 4"),),
    ),
    WordDeed(
        "replace", "{}.replace($x, $y)",
        'replace "$x" by "$y" in {}|change every $x in {} to $y|put $y for each $x in the word {}',
        'replace "$x" by "$y" in it|change every $x to $y|put $y for each $x',
        "把{}里的“$x”换成“$y”|将{}中的$x替换为$y", "把“$x”换成“$y”|将其中的$x替换为$y", (("x", "letter"), ("y", "letter")),
    ),
    WordDeed(
        "count", "len({})", "", "count its letters|say how long it is|count the letters|give its length",
        "", "数字符数|求长度|数一数有几个字符", is_last=True,
    ),
    WordDeed(
        "find", "{}.count($x)", "", 'count the letter "$x" in it|count each $x in it|count how often $x is in it',
        "", "数一数有几个“$x”|统计字母$x的个数", (("x", "letter"),), is_last=True,
    ),
)  # fmt: skip
FIRST_DEEDS = tuple(deed for deed in WORD_DEEDS if not deed.is_last)
JOINTS = {
    "en": ("{} and {}", "{} and {}", "{}, then {}", "{} and then {}", "first {}, then {}"),
    "zh": ("{}，再{}", "{}，再{}", "{}，然后{}", "先{}，再{}", "{}并{}"),
}


def of_words(rng: random.Random) -> Kind:
    """Do two or three things to a word, one after the other."""
    while True:
        deeds = [rng.choice(FIRST_DEEDS)]
        for _ in range(1 if rng.random() < 0.8 else 2):
            deeds.append(rng.choice(WORD_DEEDS if len(deeds) == 1 or not deeds[-1].is_last else FIRST_DEEDS))
        names = {deed.name for deed in deeds}
        if len(names) == len(deeds) and not names >= {"reverse", "upper"} and not any(d.is_last for d in deeds[:-1]):
            break
    code = "$w"
    for deed in deeds:
        code = deed.code.format(code)
    if deeds[-1].name == "repeat":
        code = code[1:-1]
    asked = {}
    for language in ("en", "zh"):
        chinese = language == "zh"
        said = rng.choice((deeds[0].first_zh if chinese else deeds[0].first).split("|")).replace("{}", QUOTED[language])
        for deed in deeds[1:]:
            then = rng.choice((deed.then_zh if chinese else deed.then).split("|"))
            said = rng.choice(JOINTS[language] if len(deeds) == 2 else JOINTS[language][:1]).format(said, then)
        asked[language] = sentence(rng.choice(DEED_FRAMES[language]).format(said))
    values = {"w": "word latin"} | {name: spec for deed in deeds for name, spec in deed.values}
    return Kind(values, f"print({code})", (asked["en"],), (asked["zh"],), trained=True)


def sentence(text: str) -> str:
    """Begin with a capital."""
    return text[0].upper() + text[1:]


# Which numbers: (name, condition, before and behind "numbers in $l", in Chinese, values)
FILTERS = (
    ("even", "n % 2 == 0", "even ", "are even", "偶数", {}),
    ("odd", "n % 2 == 1", "odd ", "are odd", "奇数", {}),
    ("greater", "n > $a", "", "are greater than $a|are above $a|are more than $a", "大于$a的数|比$a大的数", {"a": "int 10 500"}),
    ("less", "n < $a", "", "are less than $a|are below $a|are smaller than $a", "小于$a的数|比$a小的数", {"a": "int 10 500"}),
    ("least", "n >= $a", "", "are at least $a|are not below $a", "不小于$a的数|至少是$a的数", {"a": "int 10 500"}),
    ("most", "n <= $a", "", "are at most $a|are not above $a", "不大于$a的数|至多是$a的数", {"a": "int 10 500"}),
    ("multiple", "n % $k == 0", "", "are divisible by $k|are multiples of $k", "能被$k整除的数|$k的倍数", {"k": "int 3 9"}),
    ("digits", "n > 9", "", "have two or more digits", "两位以上的数", {}),
)  # fmt: skip
# What of them: (name, code, asked of "the even numbers in $l", asked of "$l里的偶数")
FIGURES = (
    (
        "sum", "print(sum(n for n in $l if {}))",
        "what is the sum of {}?|add up {}.|find the sum of {}.|sum {}.|what is the total of {}?",
        "{}的总和是多少？|把{}加起来。|求{}的和。|{}加起来是多少？",
    ),
    (
        "count", "print(len([n for n in $l if {}]))",
        "count {}.|how many are {}?|find the number of {}.|tell me how many there are of {}.",
        "数一数{}有几个。|{}有几个？|求{}的个数。|统计{}的个数。",
    ),
    (
        "maximum", "print(max((n for n in $l if {}), default=None))",
        "what is the largest of {}?|find the maximum of {}.|which is the greatest of {}?",
        "{}中最大的是多少？|求{}的最大值。|找出{}里最大的一个。",
    ),
    (
        "minimum", "print(min((n for n in $l if {}), default=None))",
        "what is the smallest of {}?|find the minimum of {}.|which is the least of {}?",
        "{}中最小的是多少？|求{}的最小值。|找出{}里最小的一个。",
    ),
    (
        "mean", "numbers = [n for n in $l if {}]\nprint(round(sum(numbers) / len(numbers), 2) if numbers else None)",
        "what is the mean of {}?|average {}.|find the average of {}.", "{}的平均数是多少？|求{}的平均值。",
    ),
    (
        "order", "print(sorted(n for n in $l if {}))",
        "sort {}.|put {} in ascending order.|sort {} from small to large.", "把{}从小到大排列。|将{}排序。|给{}排序。",
    ),
    ("squares", "print([n ** 2 for n in $l if {}])", "square {}.|what are the squares of {}?", "求{}的平方。|{}的平方是多少？"),
    ("double", "print([n * 2 for n in $l if {}])", "double {}.|multiply {} by 2.", "把{}都乘以2。|将{}翻倍。"),
)  # fmt: skip
KEPT_APART = {("even", "sum"), ("greater", "count"), ("least", "count"), ("digits", "count")}


def of_lists(rng: random.Random) -> Kind:
    """Take some of the numbers of a list, and a figure of those."""
    while True:
        name, condition, before, behind, chinese, values = rng.choice(FILTERS)
        figure, code, asked, asked_zh = rng.choice(FIGURES)
        if (name, figure) not in KEPT_APART:
            break
    behind = rng.choice(behind.split("|"))
    where = rng.choice(("in", "of"))
    which = f"the {before}numbers {where} $l" if before else f"the numbers {where} $l that {behind}"
    question = sentence(rng.choice(asked.split("|")).format(which))
    if figure == "count" and rng.random() < 0.6:
        question = rng.choice((f"How many numbers {where} $l {behind}?", f"How many of $l {behind}?"))
    which_zh = rng.choice(("$l里{}", "$l中{}", "$l里的{}", "$l中的{}")).format(rng.choice(chinese.split("|")))
    question_zh = rng.choice(asked_zh.split("|")).format(which_zh)
    if figure == "count" and rng.random() < 0.6:
        question_zh = rng.choice(("$l中有几个{}？", "$l里有多少个{}？")).format(rng.choice(chinese.split("|")))
        question_zh = question_zh.replace("个大于$a的数", "个数大于$a") if rng.random() < 0.5 else question_zh
        question_zh = question_zh.replace("个小于$a的数", "个数小于$a") if rng.random() < 0.5 else question_zh
    program = code.format(condition)
    return Kind({"l": "list 4 8 1 999"} | values, program, (question,), (question_zh,), trained=True)


# Sign: (first deed, next deed, the same again, in Chinese between numbers)
SIGNS = {
    "+": ("add $b to $a|add $a and $b", "add {}", "加|加上"),
    "-": ("subtract $b from $a|take $b from $a", "subtract {}|take away {}", "减|减去"),
    "*": ("multiply $a by $b|multiply $a and $b", "multiply by {}|multiply the result by {}", "乘以|乘"),
    "/": ("divide $a by $b", "divide by {}|divide the result by {}", "除以"),
}


def of_numbers(rng: random.Random) -> Kind:
    """Join two or three signs; two products in a row are kept for held-out tasks."""
    while True:
        signs = [rng.choice("++--**/") for _ in range(2 if rng.random() < 0.75 else 3)]
        if "**" not in "".join(signs):
            break
    names = "$a $b $c $d".split()[: len(signs) + 1]
    values = {name[1:]: "int 2 999" if "*" not in signs else "int 2 99" for name in names}
    if rng.random() < 0.5:
        return _written(rng, signs, names, values)
    code, first = f"$a {signs[0]} $b", rng.choice(SIGNS[signs[0]][0].split("|"))
    said, said_zh = first, f"$a{rng.choice(SIGNS[signs[0]][2].split('|'))}$b"
    for sign, name in zip(signs[1:], names[2:], strict=True):
        code = f"({code}) {sign} {name}" if sign in "*/" else f"{code} {sign} {name}"
        joint = rng.choice(("{} and {}", "{}, then {}", "{} and then {}") if name == "$c" else ("{} and {}",))
        said = joint.format(said, rng.choice(SIGNS[sign][1].split("|")).format(name))
        said_zh += f"{rng.choice(('再', '再', '，再', '，然后'))}{rng.choice(SIGNS[sign][2].split('|'))}{name}"
    if len(set(signs)) == 1 and len(signs) == 2 and rng.random() < 0.7:
        said = {"+": "add $b and $c to $a", "-": "subtract $b and $c from $a", "/": "divide $a by $b and by $c"}[
            signs[0]
        ]
        said = rng.choice(
            (said, {"+": "add $a to $b and to $c", "-": said, "/": "divide $a by $b and then by $c"}[signs[0]])
        )
    asked = sentence(rng.choice(DEED_FRAMES["en"]).format(said))
    asked_zh = rng.choice(
        ("计算{}。", "{}等于多少？", "{}是多少？", "求{}的结果。", "先算{}。", "{}得几？", "请算{}。")
    ).format(said_zh)
    return Kind(values, _rounded(code), (asked,), (asked_zh,), trained=True)


def _written(rng: random.Random, signs: list[str], names: list[str], values: dict[str, str]) -> Kind:
    """A formula, sometimes with brackets around its first or last pair."""
    parts = [names[0]]
    for sign, name in zip(signs, names[1:], strict=True):
        parts += [sign, name]
    if rng.random() < 0.4:
        at = 0 if "/" in signs else rng.choice((0, len(parts) - 3))  # no divisor may come out as nothing
        parts[at], parts[at + 2] = f"({parts[at]}", f"{parts[at + 2]})"
    code = " ".join(parts)
    text = code if rng.random() < 0.6 else code.replace(" ", "")
    text_zh = text.replace("*", "×").replace("/", "÷") if rng.random() < 0.3 else text
    asked = rng.choice(NAME_FRAMES["en"]).format(text)
    asked_zh = rng.choice(NAME_FRAMES["zh"]).format(text_zh)
    return Kind(values, _rounded(code), (sentence(asked),), (asked_zh,), trained=True)


def _rounded(code: str) -> str:
    return f"print(round({code}, 2))" if "/" in code else f"print({code})"


GRAMMARS = (of_words, of_lists, of_numbers)


def composition(rng: random.Random, language: Language) -> Task:
    """Draw a training task that joins operations."""
    return make_task(rng, rng.choice(GRAMMARS)(rng), language, "train")
