"""How often glmkit-mini succeeds through the agent's own loop: 20 requests with the shipped tools, 20 programs.

The floors hold what the bundled weights do today; `pytest -rP` shows every request with what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from glmkit.agent.api import Api, Sampling
from glmkit.agent.events import CallReady, CallResult, Done, TextDelta
from glmkit.agent.history import History
from glmkit.agent.loop import Agent
from glmkit.agent.python_tools import SHIPPED, PythonTools
from glmkit.agent.sandbox import Interpreter
from glmkit.agent.toolbox import Toolbox
from glmkit.chat.reply import INTERPRETER
from glmkit.loading import load_model, load_tokenizer, tools_layout_of
from glmkit.serving.api.local import local_api

pytestmark = pytest.mark.slow

# Of 20; the bundled weights answer and solve all of them.
FLOOR_OF_REQUESTS = 17
FLOOR_OF_PROGRAMS = 17

WEATHER, RANDOM, SUM = "get_weather", "random_number_generator", "calculator"
TIME, UNIT = "get_current_time", "convert_unit"

# What is asked, the tools that are switched on, the arguments of the wanted call, which is one of the first tool.
REQUESTS: list[tuple[str, list[str], dict[str, Any]]] = [
    ("What is the weather in Paris?", [WEATHER], {"city_name": "Paris"}),
    ("Please get the weather for Berlin.", [WEATHER, SUM], {"city_name": "Berlin"}),
    ("今天北京的天气怎么样？", [WEATHER], {"city_name": "北京"}),
    ("请查询上海的天气。", [WEATHER, TIME], {"city_name": "上海"}),
    ("Generate a random number between 1 and 6.", [RANDOM], {"range": [1, 6]}),
    ("Give me a random number from 10 to 20.", [RANDOM, SUM], {"range": [10, 20]}),
    ("请生成一个1到100之间的随机数。", [RANDOM], {"range": [1, 100]}),
    ("请给我一个5到9的随机数。", [RANDOM, WEATHER], {"range": [5, 9]}),
    ("What is 12 * 34?", [SUM], {"expression": "12 * 34"}),
    ("Calculate (3 + 4) * 2.", [SUM, UNIT], {"expression": "(3 + 4) * 2"}),
    ("请计算 15 + 27。", [SUM], {"expression": "15 + 27"}),
    ("帮我算一下 128 / 4。", [SUM, WEATHER], {"expression": "128 / 4"}),
    ("What time is it now?", [TIME], {}),
    ("Please get the current time for Asia/Shanghai.", [TIME], {"timezone_name": "Asia/Shanghai"}),
    ("现在几点了？", [TIME], {}),
    ("请查询当前时间。", [TIME, SUM], {}),
    ("Convert 5 km to miles.", [UNIT], {"value": 5, "from_unit": "km", "to_unit": "miles"}),
    (
        "Please convert 100 celsius to fahrenheit.",
        [UNIT, SUM],
        {"value": 100, "from_unit": "celsius", "to_unit": "fahrenheit"},
    ),
    ("请把3公里换算成米。", [UNIT], {"value": 3, "from_unit": "公里", "to_unit": "米"}),
    ("请把10斤换算成千克。", [UNIT, WEATHER], {"value": 10, "from_unit": "斤", "to_unit": "千克"}),
]

# A task for the interpreter, and what the program must print.
PROGRAMS = [
    ("What is the sum of the numbers from 1 to 100?", "5050"),
    ("Compute 23 * 47.", "1081"),
    ("What is the factorial of 6?", "720"),
    ("Reverse the string 'hello'.", "olleh"),
    ("Sort the list [5, 2, 9, 1].", "[1, 2, 5, 9]"),
    ("How many vowels are in the word 'education'?", "5"),
    ("What is the largest number in [3, 18, 7, 11]?", "18"),
    ("Is 97 a prime number?", "True"),
    ("What is 2 to the power of 10?", "1024"),
    ("There are 12 boxes with 8 apples each. How many apples are there?", "96"),
    ("计算1到50的和。", "1275"),
    ("请计算 36 * 25。", "900"),
    ("7的阶乘是多少？", "5040"),
    ("把字符串'abc'反转。", "cba"),
    ("把列表[8, 3, 6, 1]从小到大排序。", "[1, 3, 6, 8]"),
    ("列表[4, 9, 2, 7]的平均值是多少？", "5.5"),
    ("有6个袋子，每个袋子里有15个苹果，一共有多少个苹果？", "90"),
    ("小明有80个苹果，送出了35个，还剩多少个？", "45"),
    ("把255转换成二进制。", "11111111"),
    ("24和36的最大公约数是多少？", "12"),
]


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    model, tokenizer = load_model("glmkit-mini"), load_tokenizer("glmkit-mini")
    with local_api(model, tokenizer, tools_layout_of("glmkit-mini")) as local:
        made = Api(local.base_url, key=local.key)
        yield made
        made.close()


@dataclass
class Outcome:
    """What came of a request: calls with their arguments, their results, the words, whether the model ended itself."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    results: list[CallResult] = field(default_factory=list)
    words: str = ""
    ended: bool = False


def ask(agent: Agent, history: History, text: str) -> Outcome:
    outcome = Outcome()
    for event in agent.reply(history, text):
        if isinstance(event, CallReady):
            outcome.calls.append((event.name, event.arguments))
        elif isinstance(event, CallResult):
            outcome.results.append(event)
        elif isinstance(event, TextDelta):
            outcome.words += event.text
        elif isinstance(event, Done):
            outcome.ended = event.reason == "stop"
    return outcome


def is_solved(outcome: Outcome, name: str, arguments: dict[str, Any]) -> bool:
    """The wanted call and no other, and an answer that quotes its result; without a network there is no weather."""
    if outcome.calls != [(name, arguments)] or not outcome.ended:
        return False
    (result,) = outcome.results
    if name == WEATHER:
        return bool(outcome.words)
    values = [value.strip(' "{}').rpartition('": ')[2].strip('"') for value in result.text.split(", ")]
    return not result.failed and any(value in outcome.words for value in values if value)


def say(is_right: bool, text: str, outcome: Outcome) -> None:
    print("ok  " if is_right else "    ", text, outcome.calls, [r.text for r in outcome.results], outcome.words)


def test_twenty_requests_with_the_shipped_tools(api: Api) -> None:
    toolbox = Toolbox([PythonTools(SHIPPED)])
    agent = Agent(api, tools=toolbox, sampling=Sampling(temperature=0, max_tokens=256))
    definitions = {tool.name: tool.definition() for tool in toolbox.tools}
    num_solved = 0
    try:
        for text, names, arguments in REQUESTS:
            outcome = ask(agent, History(tools=[definitions[name] for name in names]), text)
            is_right = is_solved(outcome, names[0], arguments)
            num_solved += is_right
            say(is_right, text, outcome)
    finally:
        toolbox.close()
    print(f"{num_solved} of {len(REQUESTS)} requests")
    assert num_solved >= FLOOR_OF_REQUESTS


def test_twenty_programs_in_the_sandbox(api: Api) -> None:
    num_solved = 0
    with Interpreter() as interpreter:
        agent = Agent(api, interpreter=interpreter, sampling=Sampling(temperature=0, max_tokens=256))
        for text, wanted in PROGRAMS:
            outcome = ask(agent, History(), text)
            printed = [result.text for result in outcome.results if not result.failed]
            made = [name for name, _ in outcome.calls]
            is_right = made == [INTERPRETER] and printed == [wanted] and wanted in outcome.words and outcome.ended
            num_solved += is_right
            say(is_right, text, outcome)
    print(f"{num_solved} of {len(PROGRAMS)} programs")
    assert num_solved >= FLOOR_OF_PROGRAMS
