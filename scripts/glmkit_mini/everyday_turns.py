"""Requests for everyday tools with the right call, its result and the answer: one function for each family.

Results are computed by glmkit's own tools and written as those write them, or, for variations, as a bare value or
other JSON. Read by ``everyday_episodes``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from glmkit.agent.result import as_text
from glmkit.agent.shipped import calculator, convert_unit
from glmkit.errors import GlmkitError
from scripts.glmkit_mini.everyday_tools import Everyday
from scripts.glmkit_mini.everyday_words import (
    LOCAL_ZONES,
    MORE_ZONES,
    QUANTITIES,
    UNITS,
    WEATHERS,
    WEEKDAYS,
    ZH_WEEKDAYS,
    ZONES,
    Unit,
    city,
    phrase,
)
from scripts.glmkit_mini.words import Language, Split

# Operators as people say them.
SPOKEN = {
    "en": {"+": "plus", "-": "minus", "*": "times", "/": "divided by"},
    "zh": {"+": "加", "-": "减", "*": "乘以", "/": "除以"},
}
SPOKEN_SHARE = 0.2  # of simple sums


@dataclass(frozen=True, slots=True)
class Turn:
    """A request, the right call's arguments by role, its result as the model reads it, the answer, what that quotes."""

    request: str
    arguments: dict[str, Any]
    result: str
    answer: str
    quoted: tuple[str, ...]


def weather(rng: random.Random, tool: Everyday, language: Language, split: Split) -> Turn:
    """The weather of any city."""
    spoken = language if rng.random() > 0.12 or language == "en" else "en"
    place = city(rng, spoken, split)
    request = phrase(rng, "weather", language, split, c=place)
    arguments: dict[str, Any] = {"city": place}
    tool_scale = _scale(rng, tool, language) if "scale" in tool.roles else None
    if tool_scale:
        arguments["scale"], said = tool_scale
        request = request.rstrip(".?。？") + said
    if "days" in tool.roles and rng.random() < 0.4:
        arguments["days"] = rng.randint(2, 14)
        request = request.rstrip(".?。？") + rng.choice(_DAYS[language]).format(d=arguments["days"])
    warm, felt, humidity = rng.randint(-15, 40), 0, rng.randint(10, 100)
    felt = warm + rng.randint(-5, 4)
    sky = rng.choice(WEATHERS)
    clock = f"{rng.randint(1, 12):02}:{rng.randint(0, 59):02} {rng.choice(('AM', 'PM'))}"
    values = {"temp_C": warm, "FeelsLikeC": felt, "humidity": humidity, "observation_time": clock, "weatherDesc": sky}
    is_fahrenheit = arguments.get("scale") in ("fahrenheit", "F", "imperial")
    form = "json" if is_fahrenheit else tool.form
    if form == "shipped":
        result = as_text({name: str(value) for name, value in values.items()})
    elif form == "bare":
        result = f"{sky}, {warm}°C"
    else:
        result = as_text({"temperature": warm, "condition": sky})
    if form != "shipped":
        answer = rng.choice(_ANSWERS["weather bare"][language]).format(c=place, t=warm, s=sky)
        answer = answer.replace("°C", "°F") if is_fahrenheit else answer
        return Turn(request, arguments, result, answer, (str(warm), sky))
    pattern = rng.choice(_ANSWERS["weather"][language])
    answer = pattern.format(c=place, t=warm, f=felt, h=humidity, s=sky)
    quoted = [
        str(value) for key, value in (("{t}", warm), ("{f}", felt), ("{h}", humidity), ("{s}", sky)) if key in pattern
    ]
    return Turn(request, arguments, result, answer, tuple(quoted))


def sum_(rng: random.Random, tool: Everyday, language: Language, split: Split) -> Turn:
    """Arithmetic: as it is written in the request, or in words."""
    while True:
        said, expression = _expression(rng, language)
        try:
            value = calculator(expression)
        except GlmkitError:
            continue
        if len(value) < (18 if rng.random() < 0.3 else 10):
            break
    arguments: dict[str, Any] = {"expression": expression}
    request = phrase(rng, "sum", language, split, e=said)
    if "digits" in tool.roles and rng.random() < 0.4:
        digits = rng.randint(0, 4)
        arguments["digits"] = digits
        request = request.rstrip(".?。？!") + rng.choice(_DIGITS[language]).format(d=digits)
        value = f"{float(value):.{digits}f}"
    result = value if tool.form != "json" else as_text({rng.choice(("result", "value", "answer")): _number(value)})
    shown = value if tool.form != "json" else str(_number(value))
    answer = rng.choice(_ANSWERS["sum"][language]).format(e=said, r=shown)
    return Turn(request, arguments, result, answer, (shown,))


def random_(rng: random.Random, tool: Everyday, language: Language, split: Split) -> Turn:
    """A random number between two numbers."""
    low = rng.choice((0, 1, 1, 1, rng.randint(-50, 50), rng.randint(2, 500)))
    high = low + rng.choice((rng.randint(1, 9), rng.randint(5, 99), rng.randint(10, 999)))
    if rng.random() < 0.3:
        low, high = rng.choice(((1, 6), (0, 1), (1, 100), (0, 9), (1, 10), (1, 1000)))
    request = phrase(rng, "random", language, split, a=low, b=high)
    if rng.random() < 0.06:
        low, high = 1, rng.choice((6, 6, 4, 8, 10, 12, 20))
        request = phrase(rng, "dice", language, split, b=high)
    arguments: dict[str, Any] = {"range": [low, high]} if "range" in tool.roles else {"low": low, "high": high}
    if "seed" in tool.roles and rng.random() < 0.15:
        arguments["seed"] = rng.randint(0, 999)
        request = request.rstrip(".?。？") + rng.choice(_SEEDS[language]).format(s=arguments["seed"])
    number = rng.randint(low, high)
    result = (
        str(number) if tool.form != "json" else as_text({rng.choice(("number", "result", "random_number")): number})
    )
    answer = rng.choice(_ANSWERS["random"][language]).format(r=number)
    return Turn(request, arguments, result, answer, (str(number),))


def unit(rng: random.Random, tool: Everyday, language: Language, split: Split) -> Turn:
    """A number with its unit, and the unit wanted."""
    quantity = tool.quantity or rng.choice(QUANTITIES)
    units = list(tool.units) or [
        one for one in UNITS if one.quantity == quantity and (one.names["en"] or language == "zh")
    ]
    while True:
        source, target = rng.sample(units, 2)
        said_source, said_target = (_said(rng, one, language, bool(tool.units)) for one in (source, target))
        if said_source.lower() != said_target.lower():
            break
    value = rng.choice(
        (rng.randint(1, 20), rng.randint(1, 999), round(rng.uniform(0.1, 100), 1), round(rng.uniform(1, 999), 2))
    )
    exact = convert_unit(value, said_source, said_target)["value"]
    written = (tool.units.get(source, said_source), tool.units.get(target, said_target))
    spoken = (
        f"degrees {said_source}"
        if quantity == "temperature" and language == "en" and rng.random() < 0.3
        else said_source
    )
    request = phrase(rng, "unit", language, split, v=value, x=spoken, y=said_target)
    if tool.form == "shipped":
        result = as_text({"value": exact, "unit": written[1]})
    elif tool.form == "bare":
        result = as_text(exact)
    else:
        result = as_text({rng.choice(("result", "converted", "value")): exact})
    answer = rng.choice(_ANSWERS["unit"][language]).format(v=value, x=said_source, y=said_target, r=exact)
    return Turn(request, {"value": value, "source": written[0], "target": written[1]}, result, answer, (str(exact),))


def time(rng: random.Random, tool: Everyday, language: Language, split: Split) -> Turn:
    """The time or the date of now: here, or in another time zone."""
    zone, offset = rng.choice(LOCAL_ZONES)
    arguments: dict[str, Any] = {}
    aspect = "time" if rng.random() < 0.72 else "date"
    if "zone" in tool.roles and ("zone" in tool.required or rng.random() < 0.45):
        aspect = "zone"
        *names, zone, offset = rng.choice(ZONES)
        place = names[0 if language == "en" else 1]
        if rng.random() < 0.5:
            place = zone = rng.choice((zone, *MORE_ZONES))
        arguments["zone"] = zone
        request = phrase(rng, "zone", language, split, z=place)
    else:
        request = phrase(rng, aspect, language, split)
    day = rng.randrange(7)
    date = f"{rng.randint(2023, 2034)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    clock = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
    values = {"date": date, "weekday": WEEKDAYS[day], "time": clock, "timezone": zone, "utc_offset": offset}
    if tool.form == "shipped":
        result = as_text(values)
    elif tool.form == "bare":
        result = f"{date} {clock} {WEEKDAYS[day]}"
    else:
        kept = ("date", "weekday", "time") if rng.random() < 0.5 else ("time", "date", "weekday")
        result = as_text({name: values[name] for name in kept})
    name = "date" if aspect == "date" else "time"
    if aspect == "zone":
        name = "zone"
    weekday = ZH_WEEKDAYS[day] if language == "zh" else WEEKDAYS[day]
    answer = rng.choice(_ANSWERS[name][language]).format(t=clock, d=date, w=weekday, z=arguments.get("zone", ""))
    return Turn(request, arguments, result, answer, (date if name == "date" else clock,))


FAMILIES: dict[str, Callable[[random.Random, Everyday, Language, Split], Turn]] = {
    "weather": weather,
    "sum": sum_,
    "random": random_,
    "unit": unit,
    "time": time,
}


def by_name(tool: Everyday, turn: Turn) -> dict[str, Any]:
    """Return the arguments of a turn by the names of the tool's parameters, in the order of its definition."""
    assert tool.tool.given is not None
    named = {tool.roles[role]: value for role, value in turn.arguments.items()}
    order = list(tool.tool.given["parameters"]["properties"])
    return {name: named[name] for name in sorted(named, key=order.index)}


def _number(text: str) -> Any:
    return json.loads(text)


def _scale(rng: random.Random, tool: Everyday, language: Language) -> tuple[str, str] | None:
    """Return a choice of the tool's temperature unit and the words for it, or None where nothing is said of it."""
    assert tool.tool.given is not None
    if rng.random() < 0.5:
        return None
    choice = rng.choice(tool.tool.given["parameters"]["properties"][tool.roles["scale"]]["enum"])
    return choice, rng.choice(_SCALES[language]).format(s=_SCALE_WORDS.get((choice, language), choice))


def _said(rng: random.Random, unit: Unit, language: Language, is_listed: bool) -> str:
    """Return a unit in the words of a request: Chinese ones also have Latin signs where nothing is to be translated."""
    if language == "zh" and not is_listed and unit.names["en"] and rng.random() < 0.2:
        return rng.choice(unit.names["en"])
    return rng.choice(unit.names[language])


def _expression(rng: random.Random, language: Language) -> tuple[str, str]:
    """Return arithmetic as a request says it, and as it is calculated."""

    def operand() -> str:
        return str(
            rng.choice((rng.randint(2, 20), rng.randint(2, 99), rng.randint(10, 999), round(rng.uniform(0, 99), 1)))
        )

    if rng.random() < SPOKEN_SHARE:
        a, b, sign = operand(), operand(), rng.choice("+-*/")
        word = SPOKEN[language][sign]
        said = f"{a}{word}{b}" if language == "zh" else f"{a} {word} {b}"
        return said, f"{a} {sign} {b}"
    blank = rng.choice((" ", " ", ""))
    signs = rng.choice(("+-*/", "+-*/", "+-*/", "+-×÷"))

    def joined(count: int) -> str:
        parts = [operand()]
        for _ in range(count - 1):
            parts += [rng.choice(signs), operand()]
        return blank.join(parts)

    shape = rng.random()
    if shape < 0.55:
        text = joined(rng.choice((2, 2, 2, 3, 4)))
    elif shape < 0.72:
        text = f"({joined(2)}){blank}{rng.choice(signs)}{blank}{operand()}"
    elif shape < 0.82:
        text = f"{operand()}{blank}{rng.choice(signs)}{blank}({joined(2)})"
    elif shape < 0.9:
        text = f"{rng.randint(2, 20)}{blank}{rng.choice(('**', '^'))}{blank}{rng.randint(2, 8)}"
    else:
        name = rng.choice(("sqrt", "sqrt", "abs", "log10", "floor"))
        text = f"{name}({rng.randint(2, 999)}){rng.choice(('', f'{blank}{rng.choice(signs[:2])}{blank}{operand()}'))}"
    return text, text


_DIGITS = {
    "en": (" with {d} decimals.", ", to {d} decimal places."),
    "zh": ("，保留{d}位小数。", "，精确到小数点后{d}位。"),
}
_DAYS = {"en": (" for {d} days?", ", the next {d} days."), "zh": ("，{d}天的。", "，要未来{d}天的。")}
_SCALES = {"en": (", in {s}.", " in {s}?"), "zh": ("，用{s}。", "，单位{s}。")}
_SCALE_WORDS = {
    ("celsius", "zh"): "摄氏度", ("fahrenheit", "zh"): "华氏度", ("C", "zh"): "摄氏度", ("F", "zh"): "华氏度",
    ("metric", "zh"): "公制", ("imperial", "zh"): "英制", ("C", "en"): "Celsius", ("F", "en"): "Fahrenheit",
    ("metric", "en"): "metric units", ("imperial", "en"): "imperial units",
}  # fmt: skip
_SEEDS = {"en": (" with seed {s}.", ", seed {s}."), "zh": ("，种子是{s}。", "，随机种子用{s}。")}
_ANSWERS: dict[str, dict[Language, tuple[str, ...]]] = {
    "weather": {
        "en": (
            "It is {t} °C in {c}, feels like {f} °C: {s}, humidity {h} %.",
            "The weather in {c}: {s}, {t} °C, humidity {h} %.",
            "In {c} it is {t} °C now ({s}). It feels like {f} °C.",
            "{c}: {s}, {t} °C.",
        ),
        "zh": (
            "{c}现在{t}°C，体感{f}°C，湿度{h}%，天气状况：{s}。",
            "{c}的天气：{s}，气温{t}°C，湿度{h}%。",
            "{c}当前气温是{t}°C（{s}），体感温度{f}°C。",
            "{c}：{s}，{t}°C。",
        ),
    },
    "weather bare": {
        "en": ("It is {t} °C in {c}: {s}.", "The weather in {c}: {s}, {t} °C."),
        "zh": ("{c}现在{t}°C，{s}。", "{c}的天气：{s}，气温{t}°C。"),
    },
    "sum": {
        "en": ("{e} = {r}", "The result is {r}.", "{e} is {r}.", "That makes {r}.", "The answer is {r}."),
        "zh": ("{e}={r}", "结果是{r}。", "{e}等于{r}。", "答案是{r}。", "计算结果为{r}。"),
    },
    "random": {
        "en": ("The random number is {r}.", "Your number is {r}.", "I got {r}.", "Here is one: {r}."),
        "zh": ("随机数是{r}。", "生成的随机数为{r}。", "抽到的数是{r}。", "结果是{r}。"),
    },
    "unit": {
        "en": ("{v} {x} is {r} {y}.", "{v} {x} = {r} {y}", "That is {r} {y}.", "The result is {r} {y}."),
        "zh": ("{v}{x}等于{r}{y}。", "{v}{x}是{r}{y}。", "换算结果是{r}{y}。", "{v}{x}={r}{y}"),
    },
    "time": {
        "en": ("It is {t}.", "It is {t} now.", "The current time is {t}.", "It is {t} on {w}, {d}."),
        "zh": ("现在是{t}。", "当前时间是{t}。", "现在时间为{t}。", "现在是{d}，{w}，{t}。"),
    },
    "date": {
        "en": ("Today is {w}, {d}.", "It is {w}, {d}.", "The date is {d}, a {w}."),
        "zh": ("今天是{d}，{w}。", "今天是{w}，日期{d}。"),
    },
    "zone": {
        "en": ("It is {t} in {z}.", "The time in {z} is {t}.", "It is {t} there."),
        "zh": ("{z}现在是{t}。", "{z}的时间是{t}。", "那边现在是{t}。"),
    },
}
