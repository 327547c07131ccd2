"""Conversations about everyday tools: calls, questions back, failures, and requests for one that is not there.

Called by ``tool_episodes`` as one more kind of episode. Tools are English more often than their users are: most real
tools are described in English.
"""

from __future__ import annotations

import random
from dataclasses import replace

from glmkit.agent.shipped.weather import HOST
from glmkit.errors import GlmkitError, set_language_here
from scripts.glmkit_mini import answers
from scripts.glmkit_mini.episode_parts import Row, Source, assistant, call, make_row, tool_list, user
from scripts.glmkit_mini.everyday_tools import FAMILIES, NOUNS, Everyday, everyday_tool
from scripts.glmkit_mini.everyday_turns import FAMILIES as TURNS
from scripts.glmkit_mini.everyday_turns import Turn, by_name
from scripts.glmkit_mini.words import Language, Split

LAYOUT_WEIGHTS = (25, 10, 65)  # schema, params, openai: what the serving API writes
WRITTEN_ENGLISH = {"en": 0.94, "zh": 0.65}  # share of tools described in English
SECOND_SHARE = 0.2
MISSING_SHARE = 0.12
ERROR_SHARE = 0.08
ABSENT_SHARE = 0.06

# family -> (request that lacks something, roles it lacks, question back, reply with {v})
_LACKING: dict[str, dict[Language, tuple[tuple[str, str, str], ...]]] = {
    "weather": {
        "en": (
            ("What's the weather like?", "For which city?", "{city}"),
            ("How is the weather today?", "Which city do you mean?", "In {city}."),
            ("Please check the weather.", "Please tell me the city.", "{city}, please"),
            ("Is it cold outside?", "Where are you? Please tell me the city.", "I am in {city}."),
        ),
        "zh": (
            ("天气怎么样？", "请问是哪个城市？", "{city}"),
            ("今天冷不冷？", "请告诉我城市。", "我在{city}。"),
            ("帮我查一下天气。", "请问要查询哪个城市的天气？", "{city}吧"),
            ("今天会下雨吗？", "请问您在哪个城市？", "{city}"),
        ),
    },
    "sum": {
        "en": (
            ("Please calculate something for me.", "What shall I calculate?", "{expression}"),
            ("Can you do a sum?", "Yes. Which expression?", "{expression}, please"),
            ("I need the calculator.", "Please tell me the expression.", "It is {expression}."),
        ),
        "zh": (
            ("帮我算个数。", "请问要计算什么？", "{expression}"),
            ("我要用计算器。", "请告诉我要计算的算式。", "{expression}"),
            ("请计算一下。", "请问算式是什么？", "算式是{expression}。"),
        ),
    },
    "random": {
        "en": (
            ("Give me a random number.", "Between which two numbers?", "Between {low} and {high}."),
            ("Please generate a random number.", "What are the smallest and the largest number?", "{low} and {high}"),
            ("Pick a number.", "In which range?", "From {low} to {high}."),
        ),
        "zh": (
            ("给我一个随机数。", "请问在哪两个数之间？", "{low}到{high}之间。"),
            ("请生成随机数。", "请告诉我最小值和最大值。", "{low}和{high}"),
            ("随便抽一个数。", "请问范围是多少？", "从{low}到{high}"),
        ),
    },
    "unit": {
        "en": (
            ("Convert {value} {source}.", "To which unit?", "To {target}."),
            ("I have {value} {source}, please convert it.", "Which unit do you want?", "{target}"),
            ("Please convert something to {target}.", "What is the value, and in which unit?", "{value} {source}"),
        ),
        "zh": (
            ("换算一下{value}{source}。", "请问要换算成什么单位？", "换成{target}"),
            ("{value}{source}换算一下。", "请告诉我目标单位。", "{target}"),
            ("帮我换算成{target}。", "请问数值和原单位是什么？", "{value}{source}"),
        ),
    },
    "time": {
        "en": (("What time is it there?", "In which time zone?", "{zone}"),),
        "zh": (("那边几点了？", "请问是哪个时区？", "{zone}"),),
    },
}


def everyday(rng: random.Random, language: Language, split: Split, source: Source) -> Row:
    """A request for an everyday tool among other tools."""
    written: Language = "en" if rng.random() < WRITTEN_ENGLISH[language] else "zh"
    tool = everyday_tool(rng, language, split, written)
    chance = rng.random()
    if chance < ABSENT_SHARE:
        return _absent(rng, tool, language, split, source)
    tools = [tool, *_further(rng, tool, language, split, written)]
    kind = f"everyday {tool.family}"
    if chance < ABSENT_SHARE + MISSING_SHARE and tool.required:
        kind = "missing"
        items, quoted = _asked(rng, tool, language, split)
        if rng.random() < 0.25:  # once more with all it needs
            more, quoted = _turn(rng, tool, language, split)
            items = items + more
    elif chance < ABSENT_SHARE + MISSING_SHARE + ERROR_SHARE:
        items, quoted = _failed(rng, tool, language, split)
    else:
        items, quoted = _turn(rng, tool, language, split)
        if rng.random() < SECOND_SHARE:
            more, quoted = _turn(rng, rng.choice(tools), language, split)
            items = items + more
    listed = tool_list(rng, [one.tool for one in tools], split, _crossing(language, written), rng.choice((0, 0, 1, 2)))
    return make_row(rng, kind, listed, items, list(quoted), LAYOUT_WEIGHTS)


def _crossing(language: Language, written: Language) -> Source:
    return "any" if language == written else "crossed"


def _further(rng: random.Random, tool: Everyday, language: Language, split: Split, written: Language) -> list[Everyday]:
    """Return none to two tools of other families."""
    families = rng.sample([name for name in FAMILIES if name != tool.family], rng.choice((0, 0, 0, 1, 1, 2)))
    found = [everyday_tool(rng, language, split, written, family) for family in families]
    names = [tool.tool.name]
    kept = []
    for one in found:
        if one.tool.name not in names:
            names.append(one.tool.name)
            kept.append(one)
    return kept


def _turn(rng: random.Random, tool: Everyday, language: Language, split: Split) -> tuple[list[Row], tuple[str, ...]]:
    turn = TURNS[tool.family](rng, tool, language, split)
    return [user(turn.request), call(tool.tool, by_name(tool, turn), turn.result), assistant(turn.answer)], turn.quoted


def _asked(rng: random.Random, tool: Everyday, language: Language, split: Split) -> tuple[list[Row], tuple[str, ...]]:
    """A request that lacks something, the question back, the reply, the call and the answer."""
    named = replace(tool, roles={role: tool.roles[role] for role in tool.required})  # nothing that nobody says
    turn = TURNS[tool.family](rng, named, language, split)
    request, question, reply = rng.choice(_LACKING[tool.family][language])
    values = _spoken_values(turn)
    items = [
        user(request.format(**values)),
        assistant(question),
        user(reply.format(**values)),
        call(tool.tool, by_name(tool, turn), turn.result),
        assistant(turn.answer),
    ]
    return items, turn.quoted


def _spoken_values(turn: Turn) -> dict[str, str]:
    values = {role: str(value) for role, value in turn.arguments.items()}
    if "range" in turn.arguments:
        values["low"], values["high"] = map(str, turn.arguments["range"])
    return values


def _failed(rng: random.Random, tool: Everyday, language: Language, split: Split) -> tuple[list[Row], tuple[str, ...]]:
    """A call whose tool fails, and what the assistant says of it."""
    turn = TURNS[tool.family](rng, tool, language, split)
    reason = _reason(rng, tool.family, turn, language)
    text = reason if rng.random() < 0.7 else answers.error_observation(rng, reason)
    said = answers.explain_error(rng, tool.tool, reason)
    return [user(turn.request), call(tool.tool, by_name(tool, turn), text), assistant(said)], (reason,)


def _reason(rng: random.Random, family: str, turn: Turn, language: Language) -> str:
    """Return what glmkit's own tool says where it fails."""
    if family != "weather" or rng.random() < 0.3:
        return rng.choice(answers.TRANSIENT_ERRORS)
    network = ("timed out", "<urlopen error timed out>", "[Errno -3] Temporary failure in name resolution", "Not Found",
               "[Errno -2] Name or service not known", "[Errno 101] Network is unreachable",
               "[Errno 111] Connection refused")  # fmt: skip
    set_language_here(rng.choice(("en", language)))
    try:
        if rng.random() < 0.25:
            return str(GlmkitError("agent-weather-answer", city=turn.arguments["city"]))
        return str(GlmkitError("agent-weather-offline", host=HOST, reason=rng.choice(network)))
    finally:
        set_language_here(None)


def _absent(rng: random.Random, wanted: Everyday, language: Language, split: Split, source: Source) -> Row:
    """A request for an everyday tool that is not in the list."""
    turn = TURNS[wanted.family](rng, wanted, language, split)
    others = _further(rng, wanted, language, split, wanted.tool.written) or [
        everyday_tool(
            rng, language, split, wanted.tool.written, rng.choice([f for f in FAMILIES if f != wanted.family])
        )
    ]
    tools = tool_list(rng, [one.tool for one in others], split, _crossing(language, wanted.tool.written), 1)
    tools = [tool for tool in tools if tool.noun != NOUNS[wanted.family][language]]
    items = [user(turn.request), assistant(answers.decline(rng, wanted.tool, tools))]
    return make_row(rng, "no_tool", tools, items, [tool.name for tool in tools], LAYOUT_WEIGHTS)
