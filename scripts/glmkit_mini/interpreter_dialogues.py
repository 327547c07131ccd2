"""Interpreter conversations of more than one cell: a plot, an uploaded file, an error repaired, a name kept for later.

Each function returns the messages behind the system prompt. Read by ``interpreter_episodes``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from scripts.glmkit_mini.interpreter_cells import Message, answer, cell, failed_cell, user
from scripts.glmkit_mini.interpreter_kinds import fill, run
from scripts.glmkit_mini.interpreter_sessions import session
from scripts.glmkit_mini.interpreter_values import Language, Split, choose, draw, integer, listed

FILE_WORDS = listed("sales scores prices report data notes orders visits budget weights heights temperatures")
COLUMNS = listed("price amount score age weight count total sales height visits")
NAMES = listed("x y n total price count value score amount numbers")
PLOTS = {
    "plt.plot($l)": ("a line chart", "折线图"),
    "plt.bar(range(len($l)), $l)": ("a bar chart", "柱状图"),
    "plt.hist($l)": ("a histogram", "直方图"),
    "plt.pie($l)": ("a pie chart", "饼图"),
    "plt.scatter(range(len($l)), $l)": ("a scatter plot", "散点图"),
}


def plot(rng: random.Random, language: Language, split: Split) -> list[Message]:
    """Draw a list of numbers; the observation of a picture is "[Image]"."""
    if rng.random() < 0.25:
        return _plot_function(rng, language, split)
    numbers = draw(rng, "list 4 8 1 999", language, split)
    command, (english, chinese) = rng.choice(list(PLOTS.items()))
    code = f"import matplotlib.pyplot as plt\n{fill(command, {'l': numbers.code})}\nplt.show()"
    asked = {
        "en": ("Draw $c of $l.", "Plot $l as $c.", "Show $l in $c.", "Make $c from these numbers: $l"),
        "zh": ("用$l画一个$c。", "把$l画成$c。", "画出$l的$c。", "用这些数做一个$c：$l"),
    }[language]
    said = {"en": ("Here is $c.", "I drew $c of the numbers."), "zh": ("这是$c。", "$c画好了。")}[language]
    names = {"c": chinese if language == "zh" else english, "l": numbers.text}
    return [user(fill(rng.choice(asked), names)), *cell(code, "[Image]"), answer(fill(rng.choice(said), names))]


def _plot_function(rng: random.Random, language: Language, split: Split) -> list[Message]:
    low, high, power = -rng.randint(2, 20), rng.randint(2, 20), rng.randint(2, 4)
    lines = f"xs = range({low}, {high} + 1)\nplt.plot(xs, [x ** {power} for x in xs])"
    code = f"import matplotlib.pyplot as plt\n{lines}\nplt.show()"
    asked = {
        "en": (
            f"Plot x^{power} from {low} to {high}.",
            f"Draw the curve y = x^{power} for x between {low} and {high}.",
        ),
        "zh": (f"画出x^{power}在{low}到{high}之间的图像。", f"画函数y = x^{power}的曲线，x从{low}到{high}。"),
    }[language]
    said = f"这是x^{power}的曲线。" if language == "zh" else f"Here is the curve of x^{power}."
    return [user(rng.choice(asked)), *cell(code, "[Image]"), answer(said)]


def uploaded_file(rng: random.Random, language: Language, split: Split) -> list[Message]:
    """Read a file that the user put under /mnt/data."""
    messages, code, files, said = _file_request(rng, language, split)
    result = run(code, files=files)
    return [*messages, *cell(code, result), answer(fill(said, {"result": result}))]


def _file_request(
    rng: random.Random, language: Language, split: Split
) -> tuple[list[Message], str, dict[str, str], str]:
    name = f"{choose(rng, FILE_WORDS, 'train')}{rng.choice(['', '', '_' + str(rng.randint(2000, 2030))])}"
    column = rng.choice(COLUMNS)
    numbers = [integer(rng, 1, 999, split) for _ in range(rng.randint(3, 8))]
    use = rng.choice(("lines", "sum", "column", "maximum", "words"))
    path = f"/mnt/data/{name}.{'csv' if use in ('column', 'maximum') else 'txt'}"
    text = "".join(f"{number}\n" for number in numbers)
    if use in ("column", "maximum"):
        names = rng.sample(listed("Ann Bob Eva Tom Mia Leo Kim Zoe Max Ida"), len(numbers))
        text = f"name,{column}\n" + "".join(f"{who},{n}\n" for who, n in zip(names, numbers, strict=True))
    if use == "words":
        text = "".join(draw(rng, "sentence", language, split).text + "\n" for _ in range(rng.randint(1, 4)))
    rows = f'import csv\nrows = list(csv.DictReader(open("{path}")))\n'
    total, most = (f'print({name}(int(row["{column}"]) for row in rows))' for name in ("sum", "max"))
    code, english, chinese = {
        "lines": (
            f'print(len(open("{path}").read().splitlines()))',
            "How many lines are in the file?",
            "这个文件有多少行？",
        ),
        "sum": (
            f'print(sum(int(line) for line in open("{path}")))',
            "What is the sum of the numbers in the file?",
            "文件里数字的总和是多少？",
        ),
        "words": (
            f'print(len(open("{path}").read().split()))',
            "How many words are in the file?",
            "文件里有多少个单词？",
        ),
        "column": (
            rows + total,
            f"What is the sum of the column {column}?",
            f"{column}这一列的总和是多少？",
        ),
        "maximum": (
            rows + most,
            f"What is the largest value of the column {column}?",
            f"{column}这一列的最大值是多少？",
        ),
    }[use]
    question = chinese if language == "zh" else english
    said = "文件的结果是$result。" if language == "zh" else "The result for the file is $result."
    if rng.random() < 0.5:
        upload = f"#File: {path.rpartition('/')[2]}\n#Size: {len(text)} B\n#File uploaded\n{question}"
    else:
        upload = f"我上传了{path}。{question}" if language == "zh" else f"I uploaded {path}. {question}"
    return [user(upload)], code, {path: text}, said


def repaired_error(rng: random.Random, language: Language, split: Split) -> list[Message]:
    """Let a first program fail as such programs do; its message is not trained, the repair is."""
    wrong, right, english, chinese, specs = rng.choice(MISTAKES)
    values = {name: draw(rng, spec, language, split) for name, spec in specs.items()}
    codes = {name: value.code for name, value in values.items()}
    wrong, right = fill(wrong, codes), fill(right, codes)
    question = fill(chinese if language == "zh" else english, {name: value.text for name, value in values.items()})
    result = run(right)
    said = (
        f"修改代码后，结果是{result}。"
        if language == "zh"
        else f"After a correction of the code, the result is {result}."
    )
    return [user(question), *failed_cell(rng, wrong, run(wrong)), *cell(right, result), answer(said)]


def impossible(rng: random.Random, language: Language, split: Split) -> list[Message]:
    """Explain an error that no other program would avoid."""
    code, english, chinese, says, says_chinese = rng.choice(IMPOSSIBLE)
    values = {"a": str(integer(rng, 2, 9999, split)), "f": f"/mnt/data/{rng.choice(FILE_WORDS)}.txt"}
    failed = run(fill(code, values))
    said = f"{says_chinese}：{failed}。" if language == "zh" else f"{says}: {failed}."
    question = fill(chinese if language == "zh" else english, values)
    return [user(question), *cell(fill(code, values), failed), answer(said)]


# (program that fails, program that works, request in English, in Chinese, values)
MISTAKES: tuple[tuple[str, str, str, str, dict[str, str]], ...] = (
    (
        "print(math.sqrt($a))",
        "import math\nprint(round(math.sqrt($a), 2))",
        "What is the square root of $a?",
        "$a的平方根是多少？",
        {"a": "int 2 9999"},
    ),
    (
        "print(factorial($a))",
        "import math\nprint(math.factorial($a))",
        "Compute $a factorial.",
        "求$a的阶乘。",
        {"a": "int 3 20"},
    ),
    (
        'print(int("$a") * 2)',
        'print(int("$a".replace(",", "")) * 2)',
        "Double the number $a.",
        "把$a乘以2。",
        {"a": "thousands 1000 999999"},
    ),
    (
        "print($w + $a)",
        "print($w + str($a))",
        "Put $a behind the word $w.",
        "在“$w”后面接上$a。",
        {"w": "word", "a": "int 2 9999"},
    ),
    (
        "print(median($l))",
        "import statistics\nprint(statistics.median($l))",
        "What is the median of $l?",
        "$l的中位数是多少？",
        {"l": "list 4 8 1 999"},
    ),
    (
        "print($l.sum())",
        "print(sum($l))",
        "What is the sum of $l?",
        "$l的总和是多少？",
        {"l": "list 4 8 1 999"},
    ),
    (
        "scores = $d\nprint(scores.total())",
        "scores = $d\nprint(sum(scores.values()))",
        "The scores are $d. What is the total?",
        "分数是：$d。总分是多少？",
        {"d": "dict 99"},
    ),
    (
        "print($w.reverse())",
        "print($w[::-1])",
        'Reverse the word "$w".',
        "把“$w”倒过来写。",
        {"w": "word"},
    ),
    (
        "numbers = $l\nprint(numbers[len(numbers)])",
        "numbers = $l\nprint(numbers[-1])",
        "What is the last number of $l?",
        "$l的最后一个数是多少？",
        {"l": "list 4 8 1 999"},
    ),
    (
        "print(gcd($a, $b))",
        "import math\nprint(math.gcd($a, $b))",
        "Find the gcd of $a and $b.",
        "求$a和$b的最大公约数。",
        {"a": "int 4 9999", "b": "int 4 9999"},
    ),
)
# (program, request in English, in Chinese, what to say before the error in English, in Chinese)
IMPOSSIBLE = (
    ("print($a / 0)", "What is $a / 0?", "$a / 0等于多少？", "Division by zero has no result", "不能除以零"),
    (
        'print(len(open("$f").read()))',
        "How many characters are in $f?",
        "$f里有多少个字符？",
        "I cannot find the file",
        "找不到这个文件",
    ),
)


def kept_name(rng: random.Random, language: Language, split: Split) -> list[Message]:
    """Define a name in one turn and use it in the next."""
    name = rng.choice(NAMES)
    chinese = language == "zh"
    state: dict[str, Any] = {}
    is_list = name == "numbers" or rng.random() < 0.3
    value = draw(rng, "list 4 7 1 999" if is_list else "int 2 9999", language, split)
    first = f"{name} = {value.code}\nprint({name})"
    asked = rng.choice(
        (f"令{name} = {value.text}。", f"把{value.text}保存为{name}。", f"设{name}为{value.text}。")
        if chinese
        else (f"Let {name} = {value.text}.", f"Save {value.text} as {name}.", f"Set {name} to {value.text}.")
    )
    shown = run(first, state)
    said = f"{name}现在是{shown}。" if chinese else f"{name} is now {shown}."
    messages = [user(asked), *cell(first, shown), answer(said)]
    for _ in range(rng.randint(1, 2)):
        b = str(integer(rng, 2, 99, split))
        code, english, translated = rng.choice(_USES_OF_LIST if is_list else _USES_OF_NUMBER)
        code, question = (fill(text, {"x": name, "b": b}) for text in (code, translated if chinese else english))
        result = run(code, state)
        said = f"结果是{result}。" if chinese else f"The result is {result}."
        messages += [user(question), *cell(code, result), answer(said)]
    return messages


_USES_OF_LIST = (
    ("print(sum($x))", "What is the sum of $x?", "$x的总和是多少？"),
    ("print(max($x))", "What is the maximum of $x?", "$x的最大值是多少？"),
    ("print(min($x))", "What is the minimum of $x?", "$x的最小值是多少？"),
    ("print(sorted($x))", "Sort $x.", "把$x排序。"),
    ("print(len($x))", "How many elements has $x?", "$x有几个元素？"),
    ("$x.append($b)\nprint($x)", "Append $b to $x.", "在$x末尾加上$b。"),
    ("print($x[0])", "What is the first element of $x?", "$x的第一个元素是什么？"),
    ("print($x[-1])", "What is the last element of $x?", "$x的最后一个元素是什么？"),
)
_USES_OF_NUMBER = (
    ("print($x * $b)", "What is $x times $b?", "$x乘以$b是多少？"),
    ("print($x + $b)", "What is $x plus $b?", "$x加$b是多少？"),
    ("print($x - $b)", "What is $x minus $b?", "$x减$b是多少？"),
    ("print(round($x / $b, 2))", "Divide $x by $b.", "$x除以$b是多少？"),
    ("print($x ** 2)", "What is the square of $x?", "$x的平方是多少？"),
    ("$x = $x + $b\nprint($x)", "Increase $x by $b.", "把$x增加$b。"),
    ("$x = $x * 2\nprint($x)", "Double $x.", "把$x翻倍。"),
    ("print($x % $b)", "What is the remainder of $x divided by $b?", "$x除以$b的余数是多少？"),
)

DIALOGUES: tuple[tuple[Callable[[random.Random, Language, Split], list[Message]], int], ...] = (
    (plot, 5),
    (uploaded_file, 4),
    (repaired_error, 4),
    (impossible, 1),
    (kept_name, 3),
    (session, 9),
)
