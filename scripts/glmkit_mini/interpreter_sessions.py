"""Interpreter conversations whose cells build on one another: data kept, used, filtered, drawn; a mistake put right.

``session`` returns the messages behind the system prompt, as the functions of ``interpreter_dialogues`` do.
"""

from __future__ import annotations

import random
from typing import Any

from scripts.glmkit_mini.interpreter_cells import Message, answer, cell, failed_cell, user
from scripts.glmkit_mini.interpreter_kinds import fill, run
from scripts.glmkit_mini.interpreter_values import Language, Split, draw, integer, listed

LISTS = listed("data numbers values scores prices sales temps ages heights weights counts points visits orders times")
NUMBERS = listed("x y n a b k total price count score amount budget result size width speed income")
TEXTS = listed("s text word name title line msg")
TABLES = listed("scores points ages grades results marks")
PLOTS = (
    ("plt.plot({})", "a line chart", "折线图"),
    ("plt.bar(range(len({0})), {0})", "a bar chart", "柱状图"),
    ("plt.hist({})", "a histogram", "直方图"),
    ("plt.scatter(range(len({0})), {0})", "a scatter plot", "散点图"),
)
DEFINED = {
    "en": (
        "Let {x} = {v}.", "Save {v} as {x}.", "Set {x} to {v}.", "Store {v} in {x}.", "Define {x} = {v}.", "Call this {x}: {v}",
        "Make a variable {x} with {v}.", "My {x}: {v}", "Put {v} into the variable {x}.", "{x} = {v}", "Here are my {x}: {v}. Keep them.",
        "Remember {x} = {v}.", "Assign {v} to {x}.", "Please keep {v} in a variable named {x}.",
    ),
    "zh": (
        "令{x} = {v}。", "把{v}保存为{x}。", "设{x}为{v}。", "把{v}存到{x}里。", "定义{x} = {v}。", "变量{x}的值是{v}。", "新建变量{x}，内容是{v}。",
        "我的{x}：{v}", "{x} = {v}", "记住{x} = {v}。", "将{v}赋值给{x}。", "请把{v}放进变量{x}。", "有一组数据{x}：{v}，先存起来。",
    ),
}  # fmt: skip
KEPT = {
    "en": ("{x} is now {r}.", "{x} holds {r}.", "Saved: {x} = {r}.", "Done, {x} is {r}."),
    "zh": ("{x}现在是{r}。", "已保存，{x}是{r}。", "{x}的值是{r}。"),
}
SAID = {
    "en": ("The result is {r}.", "It is {r}.", "Result: {r}."),
    "zh": ("结果是{r}。", "答案是{r}。"),
}
DRAWN = {
    "en": ("Plot {x} as {c}.", "Draw {c} of {x}.", "Show {x} in {c}.", "Now make {c} of it.", "Can you draw it as {c}?", "Please plot {x} with {c}.",
           "Draw {c} of this data.", "Turn {x} into {c}."),
    "zh": ("把{x}画成{c}。", "画出{x}的{c}。", "用{c}显示{x}。", "把它画成{c}。", "用这些数据画一个{c}。", "请给{x}画{c}。", "再画一个{c}。"),
}  # fmt: skip
SHOWN = {"en": ("Here is {c} of {x}.", "I drew {c}.", "This is {c} of {x}."), "zh": ("这是{x}的{c}。", "{c}画好了。")}
# What can be asked of a list: (program, in English, in Chinese); alternatives split by "|".
OF_LIST = (
    ("print(sum($x))", "What is the sum of $x?|Add up $x.|Now the sum of it.|What is their sum?|What is the total of $x?", "$x的总和是多少？|把$x加起来。|求它们的和。|总和是多少？"),
    ("print(max($x))", "What is the maximum of $x?|Which is the largest?|Find the largest value in $x.", "$x的最大值是多少？|最大的是多少？|找出$x的最大值。"),
    ("print(min($x))", "What is the minimum of $x?|Which is the smallest?|Find the smallest value in $x.", "$x的最小值是多少？|最小的是多少？|找出$x的最小值。"),
    ("print(sorted($x))", "Sort $x.|Sort it.|Put $x in ascending order.|Show $x sorted.", "把$x排序。|从小到大排一下。|把$x从小到大排列。"),
    ("print(len($x))", "How many elements has $x?|How many are there?|How long is $x?|Count $x.", "$x有几个元素？|一共有几个？|$x有多长？"),
    ("print(round(sum($x) / len($x), 2))", "What is the average of $x?|And the mean?|Average $x.|What is the mean of $x?", "$x的平均值是多少？|平均值呢？|求$x的平均数。"),
    ("$x.append($b)\nprint($x)", "Append $b to $x.|Add $b to the end of $x.|Add $b to $x.", "在$x末尾加上$b。|把$b加到$x里。|给$x添加$b。"),
    ("print($x[0])", "What is the first element of $x?|And the first one?|Show the first of $x.", "$x的第一个元素是什么？|第一个是什么？"),
    ("print($x[-1])", "What is the last element of $x?|And the last one?|Show the last of $x.", "$x的最后一个元素是什么？|最后一个是什么？"),
    ("print([n for n in $x if n > $b])", "Which of $x are greater than $b?|Show the values in $x above $b.", "$x里哪些大于$b？|找出$x中大于$b的数。"),
    ("$x = sorted($x)\nprint($x)", "Sort $x and keep it that way.|Sort $x in place.", "把$x排好序并保存。|将$x重新存为排序后的样子。"),
    ("$x = [n * $b for n in $x]\nprint($x)", "Multiply every value in $x by $b and keep that.|Scale $x by $b and save it.", "把$x每个数乘以$b并保存。|将$x都变成$b倍后存回去。"),
    ("big = [n for n in $x if n > $b]\nprint(big)", "Save the values of $x above $b as big.|Keep those of $x greater than $b in big.", "把$x中大于$b的数存为big。|将$x里大于$b的数保存到big。"),
    ("total = sum($x)\nprint(total)", "Save the sum of $x as total.|Compute the sum of $x and call it total.", "把$x的和存为total。|求$x的和，保存为total。"),
)  # fmt: skip
OF_NUMBER = (
    ("print($x * $b)", "What is $x times $b?|Multiply $x by $b.|And times $b?", "$x乘以$b是多少？|再乘以$b是多少？"),
    ("print($x + $b)", "What is $x plus $b?|Add $b to $x.|And plus $b?", "$x加$b是多少？|给$x加上$b是多少？"),
    ("print($x - $b)", "What is $x minus $b?|Subtract $b from $x.|And minus $b?", "$x减$b是多少？|从$x里减去$b是多少？"),
    ("print(round($x / $b, 2))", "Divide $x by $b.|What is $x divided by $b?", "$x除以$b是多少？"),
    ("print($x ** 2)", "What is the square of $x?|Square $x.|What is $x squared?", "$x的平方是多少？|求$x的平方。"),
    ("print($x % $b)", "What is the remainder of $x divided by $b?|What is $x mod $b?", "$x除以$b的余数是多少？"),
    ("print($x)", "What is $x?|Show $x.|Print $x.|What is the value of $x now?", "$x是多少？|显示$x。|输出$x的值。|$x现在是多少？"),
    ("$x = $x + $b\nprint($x)", "Increase $x by $b.|Add $b to $x and keep it.", "把$x增加$b。|给$x加上$b并保存。"),
    ("$x = $x - $b\nprint($x)", "Decrease $x by $b.|Lower $x by $b.", "把$x减少$b。"),
    ("$x = $x * 2\nprint($x)", "Double $x.|Make $x twice as large.", "把$x翻倍。|让$x变成两倍。"),
    ("y2 = $x * $b\nprint(y2)", "Save $x times $b as y2.|Let y2 be $x times $b.", "把$x乘$b的结果存为y2。|令y2为$x的$b倍。"),
)  # fmt: skip
OF_TEXT = (
    ("print($x[::-1])", "Reverse $x.|What is $x backwards?|Write it backwards.", "把$x倒过来。|反转$x。|倒过来写。"),
    ("print(len($x))", "How long is $x?|How many letters has $x?|Count its letters.", "$x有多长？|$x有几个字符？|数一数字符数。"),
    ("print($x.upper())", "Write $x in upper case.|Put $x in capitals.", "把$x变成大写。|将$x转成大写。"),
    ("print($x.title())", "Write $x with a capital.|Capitalize $x.", "把$x首字母大写。"),
    ("print($x * 2)", "Repeat $x twice.|Write $x twice.", "把$x重复两遍。"),
    ("print($x[0])", "What is the first letter of $x?|And its first letter?", "$x的第一个字符是什么？"),
    ("$x = $x + \"!\"\nprint($x)", 'Add "!" to $x and keep it.|Append "!" to $x.', "给$x末尾加上“!”。"),
)  # fmt: skip
OF_TABLE = (
    ("print(sum($x.values()))", "What is the total of $x?|Add up $x.|What is their total?", "$x的总分是多少？|总分是多少？"),
    ("print(max($x, key=$x.get))", "Who has the highest score?|Who is best in $x?|Who leads?", "谁最高？|$x里谁的分最高？|谁领先？"),
    ("print(min($x, key=$x.get))", "Who has the lowest score?|Who is last in $x?", "谁最低？|$x里谁的分最低？"),
    ("print(round(sum($x.values()) / len($x), 2))", "What is the average of $x?|And the average?", "$x的平均分是多少？|平均分呢？"),
    ("print(len($x))", "How many people are in $x?|How many names are there?", "$x里有几个人？|一共几个人？"),
    ("print(sorted($x))", "List the names in $x in order.|Sort the names of $x.", "把$x里的名字排序。"),
)  # fmt: skip
# Programs that fail in a session, with what to write instead, by what is kept.
MISTAKES = {
    "list": (("print($x.mean())", 5), ("print($x.sum())", 0), ("print($x.max())", 1), ("print(mean($x))", 5)),
    "number": (("print($X * $b)", 0), ("print(str($x) + $b)", 1), ("print($x.square())", 4)),
    "text": (("print($x.reverse())", 0), ("print($x.length())", 1), ("print($x.capitals())", 2)),
    "table": (("print($x.sum())", 0), ("print($x.max())", 1), ("print(sum($x.values) / len($x))", 3)),
}
KINDS = {
    "list": (LISTS, "list 4 8 1 999", OF_LIST),
    "number": (NUMBERS, "int 2 9999", OF_NUMBER),
    "text": (TEXTS, "word latin", OF_TEXT),
    "table": (TABLES, "dict 99", OF_TABLE),
}
KIND_WEIGHTS = (45, 25, 12, 18)
PLOT_SHARE, MISTAKE_SHARE, SILENT_SHARE = 0.4, 0.2, 0.15


def session(rng: random.Random, language: Language, split: Split) -> list[Message]:
    """Keep something in one turn, use it in the next ones: ask, change, draw; once in a while a first attempt fails."""
    kind = rng.choices(tuple(KINDS), KIND_WEIGHTS)[0]
    names, spec, uses = KINDS[kind]
    name, state = rng.choice(names), {}
    messages = _define(rng, language, name, draw(rng, spec, language, split), state)
    other = ""  # a name that an earlier use defined
    for _ in range(rng.choice((1, 2, 2, 3))):
        if kind == "list" and rng.random() < PLOT_SHARE:
            messages += _draw(rng, language, "big" if other == "big" and rng.random() < 0.5 else name)
            continue
        if other and rng.random() < 0.6:
            messages += _use(rng, language, other, OF_LIST if other == "big" else OF_NUMBER, state, split)
            continue
        wrong = rng.choice(MISTAKES[kind]) if rng.random() < MISTAKE_SHARE else None
        used = _use(rng, language, name, uses, state, split, wrong)
        messages += used
        other = next(
            (word for word in ("big", "total", "y2") if word in state and state[word] not in ([], None)), other
        )
    return messages


def _define(rng: random.Random, language: Language, name: str, value: Any, state: dict[str, Any]) -> list[Message]:
    shows = rng.random() > SILENT_SHARE
    code = f"{name} = {value.code}\nprint({name})" if shows else f"{name} = {value.code}"
    text = value.code if rng.random() < 0.5 else value.text
    shown = run(code, state)
    said = rng.choice(KEPT[language]) if shows else ("{x}已保存。" if language == "zh" else "{x} is saved.")
    asked = rng.choice(DEFINED[language]).format(x=name, v=text)
    return [user(asked), *cell(code, shown), answer(said.format(x=name, r=shown))]


def _use(
    rng: random.Random, language: Language, name: str, uses: tuple[tuple[str, str, str], ...], state: dict[str, Any],
    split: Split, wrong: tuple[str, int] | None = None,
) -> list[Message]:  # fmt: skip
    code, english, chinese = rng.choice(uses) if wrong is None else uses[wrong[1]]
    values = {"x": name, "X": name.upper(), "b": str(integer(rng, 2, 99, split))}
    question = fill(rng.choice((chinese if language == "zh" else english).split("|")), values)
    cells: list[Message] = []
    if wrong is not None:
        failing = wrong[0].replace("$X", name.upper() + "_")
        failed = run(fill(failing, values), state)
        if "Error" in failed:
            cells += failed_cell(rng, fill(failing, values), failed)
    code = fill(code, values)
    result = run(code, state)
    return [user(question), *cells, *cell(code, result), answer(rng.choice(SAID[language]).format(r=result))]


def _draw(rng: random.Random, language: Language, name: str) -> list[Message]:
    command, english, chinese = rng.choice(PLOTS)
    words = {"x": name, "c": chinese if language == "zh" else english}
    code = f"import matplotlib.pyplot as plt\n{command.format(name)}\nplt.show()"
    asked, said = rng.choice(DRAWN[language]).format(**words), rng.choice(SHOWN[language]).format(**words)
    return [user(asked), *cell(code, "[Image]"), answer(said)]
