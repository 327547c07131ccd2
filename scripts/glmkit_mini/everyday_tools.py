"""Everyday tools: the five that come with glmkit, as they define themselves, and variations of their kind.

A variation has another name, other words, other parameters: so what is learned is to read a definition, not to know
these five. Out: an ``Everyday``, whose ``roles`` tell which parameter is for what. Read by ``everyday_turns``, which
asks for them, and by ``episode_parts``, which puts them among others.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from glmkit.agent import shipped
from glmkit.agent.tool import declared_in
from scripts.glmkit_mini.everyday_words import UNITS, Unit, city
from scripts.glmkit_mini.schemas import Tool, join_name
from scripts.glmkit_mini.values import make_value
from scripts.glmkit_mini.words import Language, Split, part

SHIPPED_SHARE = 0.4
SHIPPED = {
    "weather": ("get_weather", {"city": "city_name"}),
    "sum": ("calculator", {"expression": "expression"}),
    "random": ("random_number_generator", {"range": "range", "seed": "seed"}),
    "unit": ("convert_unit", {"value": "value", "source": "from_unit", "target": "to_unit"}),
    "time": ("get_current_time", {"zone": "timezone_name"}),
}
FAMILIES = tuple(SHIPPED)
NOUNS = {
    "weather": {"en": "weather", "zh": "天气"},
    "sum": {"en": "calculation", "zh": "计算"},
    "random": {"en": "random number", "zh": "随机数"},
    "unit": {"en": "unit conversion", "zh": "单位换算"},
    "time": {"en": "time", "zh": "时间"},
}
# Words in the names of catalogue tools beside which an everyday tool would be a second right choice.
CLASHES = ("weather", "random", "unit", "time", "currency", "rate", "calc", "comput", "average", "convert", "number")

_NAMES = {
    "weather":
        "get_current_weather weather query_weather fetch_weather city_weather weather_lookup "
        "current_weather check_weather "
    "weather_report show_weather weather_now search_weather",
    "sum":
        "calculate calc compute evaluate_expression math_eval solve do_math arithmetic eval_math "
        "simple_calculator evaluate "
    "run_calculation",
    "random": "random_number generate_random_number rand_int get_random pick_number random_integer draw_number roll "
    "randint number_picker random_int make_random_number",
    "unit": "unit_converter convert_units unit_convert convert measure_convert conversion change_units units_convert "
    "convert_measurement translate_units to_unit converter",
    "time": "get_time current_time now time_now clock get_datetime what_time local_time get_date_time query_time today "
    "world_clock",
}  # fmt: skip
_DESCRIPTIONS: dict[str, dict[Language, str]] = {
    "weather": {
        "en": "Get the weather.|Look up the current weather of a city.|Query the weather|"
        "Returns temperature and conditions of a place."
        "|Weather of today for a given city.|Get the current weather in a given location|Check how the weather is.",
        "zh": "查询天气|获取指定城市的当前天气|根据城市名查询天气情况|返回某地的气温和天气状况|"
        "查询某个城市今天的天气|天气查询工具|查天气",
    },
    "sum": {
        "en": "Evaluate a mathematical expression.|Calculate the result of an expression|Does arithmetic.|"
        "A calculator for sums."
        "|Compute a formula and return the value.|Perform a calculation|Work out a sum.",
        "zh": "计算数学表达式|计算器|计算算式的结果|执行数学运算|求表达式的值|做四则运算|用于计算",
    },
    "random": {
        "en": "Generate a random number.|Get a random integer within a range|"
        "Returns a random number between two limits."
        "|Pick a number by chance.|Draw a random whole number|Random numbers.|Produces a random integer.",
        "zh": "生成随机数|在给定范围内生成一个随机整数|返回两个数之间的随机数|随机取一个数|随机数生成器|"
        "产生随机整数|抽取一个数字",
    },
    "unit": {
        "en": "Convert units.|Convert a value between units of measure|Unit conversion.|"
        "Changes a quantity from one unit into another."
        "|Convert measurements|Express an amount in another unit.|Converts length, weight, temperature and more.",
        "zh": "单位换算|把数值从一种单位换算成另一种单位|换算计量单位|单位转换工具|将数量换成另一单位|"
        "计量单位转换|换算长度、重量、温度等",
    },
    "time": {
        "en": "Get the current time.|Returns the date and time of now|Tells the time.|The current date and time."
        "|Look up what time it is|Get the local time.|Current time and date.",
        "zh": "获取当前时间|返回当前日期和时间|查询现在的时间|报时工具|查询当前的日期、星期和时间|获取系统时间|"
        "当前时间",
    },
}
# role -> names, English and Chinese descriptions
_ROLES: dict[str, tuple[str, str, str]] = {
    "city": (
        "city location place town city_name location_name q address region_name where",
        "the city|City name|name of the city|The city to look up|Location|The place|city or town",
        "城市|城市名称|城市名|要查询的城市|地点|所在城市|城市的名字",
    ),
    "days": ("days num_days forecast_days", "number of days|how many days", "天数|预报天数"),
    "scale": ("unit units temperature_unit scale", "unit of temperature|The temperature unit", "温度单位|气温的单位"),
    "expression": (
        "expression expr formula input equation query sum calculation text term",
        "the expression|Mathematical expression|The formula to evaluate|what to calculate|"
        "Expression to compute|the arithmetic",
        "表达式|数学表达式|要计算的算式|算式|要求值的公式|计算内容",
    ),
    "digits": ("precision digits decimals", "decimal places|number of decimals", "小数位数|保留几位小数"),
    "low": (
        "min low start minimum lower from_number a",
        "the smallest number|Lower limit|minimum|Start of the range",
        "最小值|下限|起始数|最小的数",
    ),
    "high": (
        "max high end maximum upper to_number b",
        "the largest number|Upper limit|maximum|End of the range",
        "最大值|上限|结束数|最大的数",
    ),
    "range": (
        "range limits bounds interval between",
        "smallest and largest number|The range|lower and upper limit",
        "范围|最小值和最大值|取值范围",
    ),
    "seed": ("seed random_seed", "seed of the generator|the seed", "随机种子|种子"),
    "value": (
        "value amount number quantity x val",
        "the value|Number to convert|amount|The quantity to convert",
        "数值|要换算的数值|数量|待转换的值",
    ),
    "source": (
        "from_unit source_unit from unit_from source",
        "unit of the value|The original unit|source unit|convert from",
        "原单位|源单位|原来的单位|换算前的单位",
    ),
    "target": (
        "to_unit target_unit to unit_to target",
        "unit wanted|The unit to convert to|target unit|convert to",
        "目标单位|要换成的单位|换算后的单位",
    ),
    "zone": (
        "timezone tz time_zone zone timezone_name",
        "the time zone|Time zone name|IANA time zone",
        "时区|时区名称|要查询的时区",
    ),
}


@dataclass(frozen=True, slots=True)
class Everyday:
    """A tool of a family, with the parameter of each role.

    ``form`` is the form of its results: as the shipped tool's ("shipped"), a "bare" value, other "json".
    ``units`` are a converter's choices, where it has a list of them.
    """

    family: str
    tool: Tool
    roles: dict[str, str]
    required: frozenset[str]
    form: str
    quantity: str = ""
    units: dict[Unit, str] = field(default_factory=dict)


@cache
def shipped_definitions() -> dict[str, dict[str, Any]]:
    """Return the definitions of the tools that come with glmkit, by name."""
    return {declared.tool.name: declared.tool.definition() for declared in declared_in(shipped)}


def everyday_tool(
    rng: random.Random, language: Language, split: Split, written: Language, family: str = ""
) -> Everyday:
    """Return one that comes with glmkit, or a variation of it described in the language ``written``."""
    family = family or rng.choice(FAMILIES)
    if rng.random() < SHIPPED_SHARE:
        name, roles = SHIPPED[family]
        definition = shipped_definitions()[name]
        required = frozenset(definition["parameters"].get("required", ()))
        needed = frozenset(role for role, parameter in roles.items() if parameter in required)
        return Everyday(family, _tool(family, language, "en", definition), dict(roles), needed, "shipped")
    quantity, units = "", dict[Unit, str]()
    wanted = _VARIATIONS[family](rng)
    if family == "unit" and rng.random() < 0.3:
        quantity = rng.choice(("length", "mass", "temperature", "volume", "time"))
        units = _unit_choices(rng, quantity, written)
    roles = _names_of(rng, [role for role, _ in wanted], split)
    properties = {roles[role]: _schema(rng, role, units, written, split) for role, _ in wanted}
    required = frozenset(role for role, is_required in wanted if is_required)
    if rng.random() < 0.3:
        shuffled = list(properties)
        rng.shuffle(shuffled)
        properties = {name: properties[name] for name in shuffled}
    name = rng.choice(part(tuple(_NAMES[family].split()), split))
    if quantity and rng.random() < 0.6:
        name = rng.choice((f"convert_{quantity}", f"{quantity}_converter", f"{quantity}_convert"))
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    needed = [name for role, name in roles.items() if role in required]
    needed.sort(key=list(properties).index)
    if needed or rng.random() < 0.4:
        parameters["required"] = needed
    text = rng.choice(part(tuple(_DESCRIPTIONS[family][written].split("|")), split))
    definition = {"name": join_name(rng, name.split("_"), of_tool=True), "description": text, "parameters": parameters}
    form = rng.choice(("shipped", "bare", "json", "json"))
    return Everyday(family, _tool(family, language, written, definition), roles, required, form, quantity, units)


def _tool(family: str, language: Language, written: Language, definition: dict[str, Any]) -> Tool:
    noun = NOUNS[family][language]
    return Tool(
        name=definition["name"], description=definition["description"], parameters=(), verb="get", verb_phrases=(),
        noun=noun, results=(), language=language, written=written, given=definition,
    )  # fmt: skip


def _names_of(rng: random.Random, roles: list[str], split: Split) -> dict[str, str]:
    names: dict[str, str] = {}
    for role in roles:
        known = tuple(_ROLES[role][0].split())
        known = part(known, split) or known
        names[role] = next(name for name in [*rng.sample(known, len(known)), role] if name not in names.values())
    if "low" in names and rng.random() < 0.7:  # what belongs together: min and max
        pairs = tuple(zip(_ROLES["low"][0].split(), _ROLES["high"][0].split(), strict=True))
        names["low"], names["high"] = rng.choice(part(pairs, split))
    if "source" in names and rng.random() < 0.7:
        pairs = tuple(zip(_ROLES["source"][0].split(), _ROLES["target"][0].split(), strict=True))
        names["source"], names["target"] = rng.choice(part(pairs, split))
    return names


def _schema(rng: random.Random, role: str, units: dict[Unit, str], written: Language, split: Split) -> dict[str, Any]:
    text = rng.choice(_ROLES[role][1 if written == "en" else 2].split("|"))
    form: dict[str, Any] = {"type": "string"}
    if role in ("days", "digits", "low", "high", "seed"):
        form = {"type": "integer"}
    elif role == "value":
        form = {"type": "number"}
    elif role == "range":
        item = {"type": "integer"}
        form = (
            {"type": "array", "prefixItems": [item, item]} if rng.random() < 0.6 else {"type": "array", "items": item}
        )
        form |= {"minItems": 2, "maxItems": 2}
    elif role == "scale":
        form = {"type": "string", "enum": rng.choice((["celsius", "fahrenheit"], ["C", "F"], ["metric", "imperial"]))}
    elif role in ("source", "target") and units:
        form = {"type": "string", "enum": list(units.values())}
    examples = _examples(rng, role, written, split)
    if examples and rng.random() < 0.4:
        joint = " or " if written == "en" else "或"
        text += (rng.choice((", such as ", ", e.g. ")) if written == "en" else "，如") + joint.join(examples)
    if role == "seed" and rng.random() < 0.5:
        form = {"type": ["integer", "null"]}
    return {**form, "description": text} if rng.random() < 0.6 else {"description": text, **form}


def _examples(rng: random.Random, role: str, written: Language, split: Split) -> list[str]:
    if role == "city":
        return [city(rng, written, split) for _ in range(rng.choice((1, 2, 2)))]
    if role == "expression":
        return [str(make_value(rng, "expression", written, split)) for _ in range(rng.choice((1, 2)))]
    if role == "zone":
        return rng.sample(("UTC", "Asia/Shanghai", "Europe/London", "America/New_York"), 2)
    if role in ("source", "target"):
        return rng.sample([unit.names["en"][0] for unit in UNITS if unit.names["en"]], 2)
    return []


def _unit_choices(rng: random.Random, quantity: str, written: Language) -> dict[Unit, str]:
    """Return a list of units as an enumeration, each in one of its names."""
    units = [unit for unit in UNITS if unit.quantity == quantity and unit.names["en"]]
    kept = rng.sample(range(len(units)), rng.randint(min(3, len(units)), len(units)))
    style = rng.randrange(3)
    names = [(units[i], units[i].names[written]) for i in sorted(kept)]
    return {unit: known[min(style, len(known) - 1)] for unit, known in names}


def _weather(rng: random.Random) -> list[tuple[str, bool]]:
    return [
        ("city", True),
        *([("days", False)] if rng.random() < 0.2 else []),
        *([("scale", False)] if rng.random() < 0.3 else []),
    ]


def _sum(rng: random.Random) -> list[tuple[str, bool]]:
    return [("expression", True), *([("digits", False)] if rng.random() < 0.2 else [])]


def _random(rng: random.Random) -> list[tuple[str, bool]]:
    bounds = [("range", True)] if rng.random() < 0.4 else [("low", True), ("high", True)]
    return [*bounds, *([("seed", False)] if rng.random() < 0.4 else [])]


def _unit(rng: random.Random) -> list[tuple[str, bool]]:
    return [("value", True), ("source", True), ("target", True)]


def _time(rng: random.Random) -> list[tuple[str, bool]]:
    return [] if rng.random() < 0.45 else [("zone", rng.random() < 0.2)]


_VARIATIONS = {"weather": _weather, "sum": _sum, "random": _random, "unit": _unit, "time": _time}
