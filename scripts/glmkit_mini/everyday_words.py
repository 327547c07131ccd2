"""The words of everyday tools: units, time zones, cities of several words, phrasings of requests. Read by
``everyday_tools`` and ``everyday_turns``.

Phrasings are split as words are (``words.part``): every fifth is kept for held-out files. Units and zones are closed
lists that a model has to know, so they belong to both splits.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from scripts.glmkit_mini.values import make_value
from scripts.glmkit_mini.words import Language, Split, part

# One unit a line: its quantity, its English and its Chinese names; glmkit's convert_unit knows all of them.
_UNITS = """
length | km, kilometers | 公里, 千米
length | m, meters, meter | 米
length | cm, centimeters | 厘米
length | mm, millimeters | 毫米
length | miles, mile, mi | 英里
length | feet, foot, ft | 英尺
length | inches, inch, in | 英寸
length | yards, yard, yd | 码
length | nautical miles, nmi | 海里
mass | kg, kilograms | 公斤, 千克
mass | g, grams | 克
mass | mg, milligrams | 毫克
mass | pounds, lb, lbs | 磅
mass | ounces, oz | 盎司
mass | tonnes, t | 吨
mass | | 斤
temperature | celsius, Celsius | 摄氏度
temperature | fahrenheit, Fahrenheit | 华氏度
temperature | kelvin, Kelvin | 开尔文
volume | liters, l, litres | 升
volume | ml, milliliters | 毫升
volume | gallons, gal | 加仑
volume | cups, cup | 杯
volume | pints, pint | 品脱
volume | m3, cubic meters | 立方米
time | hours, h | 小时
time | minutes, min | 分钟
time | seconds, s | 秒
time | days, d | 天
time | weeks, week | 周
speed | km/h, kph | 公里每小时, 千米每小时
speed | mph, miles per hour | 英里每小时
speed | m/s | 米每秒
speed | knots, kn | 节
area | square meters, m2 | 平方米
area | hectares, ha | 公顷
area | acres, acre | 英亩
area | square kilometers, km2 | 平方公里
area | | 亩
data | kb, KB | kb, KB
data | mb, MB | mb, MB
data | gb, GB | gb, GB
data | tb, TB | tb, TB
data | bytes, byte | 字节
energy | kcal, kilocalories | 千卡, 大卡
energy | kj, kJ | 千焦
energy | joules, j | 焦耳
energy | kwh, kWh | 千瓦时
pressure | bar | 巴
pressure | psi | psi
pressure | kpa, kPa | 千帕
pressure | atm | 标准大气压
"""


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A unit's names in each language; a unit of China's own has none in English."""

    quantity: str
    names: dict[Language, tuple[str, ...]]


def _unit(line: str) -> Unit:
    quantity, en, zh = (cell.strip() for cell in line.split("|"))
    return Unit(quantity, {"en": tuple(en.split(", ")) if en else (), "zh": tuple(zh.split(", "))})


UNITS = tuple(_unit(line) for line in _UNITS.strip().splitlines())
QUANTITIES = tuple(dict.fromkeys(unit.quantity for unit in UNITS))

# A city's names, its zone, the zone's distance from UTC.
ZONES = tuple(
    tuple(line.split())
    for line in """
Shanghai 上海 Asia/Shanghai +0800
Beijing 北京 Asia/Shanghai +0800
Tokyo 东京 Asia/Tokyo +0900
Seoul 首尔 Asia/Seoul +0900
Singapore 新加坡 Asia/Singapore +0800
Dubai 迪拜 Asia/Dubai +0400
Delhi 德里 Asia/Kolkata +0530
Bangkok 曼谷 Asia/Bangkok +0700
London 伦敦 Europe/London +0000
Paris 巴黎 Europe/Paris +0100
Berlin 柏林 Europe/Berlin +0100
Madrid 马德里 Europe/Madrid +0100
Rome 罗马 Europe/Rome +0100
Moscow 莫斯科 Europe/Moscow +0300
Athens 雅典 Europe/Athens +0200
Cairo 开罗 Africa/Cairo +0200
Nairobi 内罗毕 Africa/Nairobi +0300
Sydney 悉尼 Australia/Sydney +1000
Auckland 奥克兰 Pacific/Auckland +1200
Chicago 芝加哥 America/Chicago -0600
Toronto 多伦多 America/Toronto -0500
Lima 利马 America/Lima -0500
Denver 丹佛 America/Denver -0700
Istanbul 伊斯坦布尔 Europe/Istanbul +0300
""".strip().splitlines()
)
MORE_ZONES = ["UTC", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Hong_Kong", "Asia/Jakarta"]
LOCAL_ZONES = (("UTC", "+0000"), ("CST", "+0800"), ("CET", "+0100"), ("EST", "-0500"), ("BST", "+0100"))
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ZH_WEEKDAYS = ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"]

LONG_CITIES = {
    "en": (
        "New York", "San Francisco", "Los Angeles", "Cape Town", "Rio de Janeiro", "Buenos Aires",
        "Mexico City", "Tel Aviv",
        "Hong Kong", "Kuala Lumpur", "Ho Chi Minh City", "Salt Lake City", "Las Vegas", "San Diego", "New Orleans",
        "St. Louis", "Abu Dhabi", "Addis Ababa", "Saint Petersburg", "Palo Alto", "São Paulo", "Xi'an", "Port Moresby",
    ),
    "zh": (
        "呼和浩特", "石家庄", "哈尔滨", "西安", "南昌", "银川", "香港", "澳门", "台北", "洛杉矶", "旧金山",
        "纽约", "墨西哥城",
        "里约热内卢", "吉隆坡", "开普敦", "布宜诺斯艾利斯", "佛山", "东莞", "无锡", "徐州", "温州", "大理",
        "丽江", "拉斯维加斯",
    ),
}  # fmt: skip
WEATHERS = (
    "Sunny", "Clear", "Partly cloudy", "Cloudy", "Overcast", "Mist", "Fog", "Light rain", "Moderate rain", "Heavy rain",
    "Patchy rain nearby", "Light drizzle", "Light snow", "Moderate snow", "Thunderstorm", "Haze", "Smoke",
    "Light rain shower",
    "Patchy light drizzle", "Blowing snow", "Thundery outbreaks possible",
)  # fmt: skip

# family or aspect -> phrasings. A line that begins with "+" is an order: it takes an opener such as "Please".
_PHRASES = {
    "weather": """What is the weather in {c}?|What's the weather like in {c}?|How is the weather in {c}?
        How's the weather in {c} today?
        What is the weather of {c}?|Is it raining in {c}?|How warm is it in {c}?
        What's the temperature in {c} right now?
        Is it cold in {c}?|Do I need an umbrella in {c}?|{c} weather|How hot is it in {c} now?
        What's it like outside in {c}?
        How is the weather today in {c}?|I'm going to {c}, how's the weather there?|weather in {c}
        Tell me about the weather in {c}.
        +get the weather for {c}|+check the weather in {c}|+look up the current weather of {c}
        +tell me the weather in {c}
        +show me the temperature in {c}|+give me a weather report for {c}|+find out how the weather is in {c}
        +get the weather in {c}
        +tell me how warm it is in {c}|+query the weather of {c}|+get the current weather in {c}""",
    "sum": """What is {e}?|What's {e}?|{e}|{e} = ?|{e}=?|How much is {e}?|What does {e} equal?|What do you get for {e}?
        What is the result of {e}?|What is the value of {e}?|What's the answer to {e}?|{e}, please.
        I need the result of {e}.
        +calculate {e}|+compute {e}|+work out {e}|+evaluate {e}|+solve {e}|+calculate the value of {e}
        +tell me what {e} is|+find {e}""",
    "random": """+generate a random number between {a} and {b}|+give me a random number from {a} to {b}
        +pick a number between {a} and {b}
        +choose a random integer from {a} to {b}|+draw a random number between {a} and {b}
        +get a random whole number between {a} and {b}
        +create a random number from {a} to {b}|I need a random number between {a} and {b}.
        A random number from {a} to {b}, please.
        Random number between {a} and {b}|+produce a random integer between {a} and {b}|+pick any number from {a} to {b}
        random {a}-{b}|+make a random number in the range {a} to {b}|+think of a number between {a} and {b}""",
    "dice": """+roll a die with {b} sides|+roll a {b}-sided die|+throw a die with {b} sides|+roll one {b}-sided dice
        A {b}-sided die, please.|+throw a {b}-sided die for me|Roll the {b}-sided die.""",
    "unit": """+convert {v} {x} to {y}|+convert {v} {x} into {y}|How many {y} are {v} {x}?
        What is {v} {x} in {y}?|How much is {v} {x} in {y}?
        {v} {x} to {y}|{v} {x} in {y}|+turn {v} {x} into {y}|+change {v} {x} to {y}|How many {y} is {v} {x}?
        What's {v} {x} in {y}?
        +express {v} {x} in {y}|+tell me how many {y} {v} {x} are|I have {v} {x}. What is that in {y}?
        +give me {v} {x} in {y}
        {v} {x} = ? {y}|+convert from {x} to {y}: {v}""",
    "time": """What time is it{n}?|What's the time{n}?|What is the time{n}?|What is the current time?
        Do you know what time it is{n}?
        What time do we have{n}?|time{n}?|How late is it{n}?|Can you tell me what time it is{n}?
        What's the current time?
        +tell me the time|+get the current time|+check the time|+show me the current time
        +tell me what time it is{n}|+look up the time""",
    "date": """What day is it today?|What's the date{n}?|What is today's date?|Which day is it today?
        What day of the week is it{n}?
        What's today's date?|What is the date today?|Which date is it{n}?|Is it the weekend{n}?
        +tell me today's date|+get the current date""",
    "zone": """What time is it in {z}?|What's the time in {z}{n}?|What is the current time in {z}?
        +get the current time for {z}
        +tell me the time in {z}|How late is it in {z}{n}?|+check the time in {z}
        +show me the current time in {z}|{z} time{n}?
        +find out what time it is in {z}|+get the time for {z}|What's the local time in {z}?|time in {z}""",
}  # fmt: skip
_ZH_PHRASES = {
    "weather": """{c}的天气怎么样？|{c}今天天气怎么样？|今天{c}的天气怎么样？|今天{c}天气如何？
        {c}现在多少度？|{c}冷不冷？|{c}下雨了吗？
        {c}今天热吗？|{c}的气温是多少？|{c}天气|{c}需要带伞吗？|{c}天气怎么样|{c}现在天气好吗？
        我要去{c}，那边天气如何？|现在{c}的天气怎么样？
        +查询{c}的天气|+查一下{c}的天气|+看看{c}现在的天气|+告诉我{c}的气温|+查查{c}今天的天气
        +获取{c}的天气情况|+播报{c}的天气
        +查询{c}天气|+看一下{c}天气怎么样|+查询一下今天{c}的天气|+说说{c}的天气""",
    "sum": """{e}等于多少？|{e}是多少？|{e}等于几？|{e}=？|{e}|{e}得多少？|{e}的结果是多少？
        {e}的值是多少？|算算{e}|{e}的答案是什么？
        +计算{e}|+算一下{e}|+算出{e}|+求{e}|+计算一下{e}|+算一算{e}|+求{e}的值|+计算{e}的结果|+计算：{e}
        +帮忙算{e}|+计算 {e}|+算一下 {e}""",
    "random": """+生成一个{a}到{b}之间的随机数|+生成{a}到{b}的随机数|+随机选一个{a}到{b}的数
        +给我一个{a}到{b}的随机数|+在{a}和{b}之间取一个随机数
        +从{a}到{b}里随机挑一个数|来个{a}到{b}的随机数。|要一个{a}到{b}之间的随机整数。
        +产生一个{a}~{b}的随机整数|+抽一个{a}到{b}的数字
        {a}到{b}随机一个数。|+生成一个介于{a}和{b}之间的随机数|+给一个{a}至{b}的随机数
        +随机生成{a}到{b}之间的一个整数""",
    "dice": """+掷一个{b}面的骰子|+掷一次{b}面骰子|+扔一个{b}面骰子|+掷{b}面骰子
        来掷一个{b}面的骰子。|+摇一个{b}面骰子|掷一下{b}面的骰子。""",
    "unit": """+把{v}{x}换算成{y}|{v}{x}等于多少{y}？|{v}{x}是多少{y}？|+将{v}{x}转换为{y}
        {v}{x}换成{y}是多少？|{v}{x}合多少{y}？|+把{v}{x}转成{y}
        {v}{x}有多少{y}？|{v}{x}相当于多少{y}？|+把{v}{x}换成{y}|+换算{v}{x}到{y}|{v}{x}=?{y}
        +将{v}{x}换算为{y}|+把 {v} {x} 换算成 {y}|{v}{x}转{y}
        +计算{v}{x}是多少{y}""",
    "time": """{n}几点了？|{n}几点？|{n}是几点？|{n}什么时间了？|{n}是什么时间？|几点了？|时间？
        请问{n}几点了？|{n}几点钟了？
        +查询当前时间|+查一下现在的时间|+告诉我现在几点|+看看时间|+获取当前时间|+报一下时间|+查一下当前时间
        +看看现在几点了|+告诉我当前时间""",
    "date": """今天星期几？|今天几号？|今天是几月几号？|今天是什么日子？|今天周几？|今天的日期是什么？
        +查询今天的日期|+告诉我今天星期几|+查一下今天几号
        今天是星期几？|+告诉我今天的日期""",
    "zone": """{z}{n}几点了？|{z}{n}几点？|{z}是几点？|+查询{z}的时间|+查一下{z}现在的时间
        +告诉我{z}现在几点|{z}的当前时间是多少？|+获取{z}的当前时间
        {z}时间|{n}{z}几点了？|+看看{z}几点了|{z}那边{n}几点？""",
}  # fmt: skip
PHRASES: dict[Language, dict[str, tuple[str, ...]]] = {
    language: {
        name: tuple(phrase.strip() for line in text.splitlines() for phrase in line.split("|")) for name,
        text in table.items()
    }
    for language, table in (("en", _PHRASES), ("zh", _ZH_PHRASES))
}  # fmt: skip
NOW = {
    "en": ("", "", " now", " right now", " at the moment", " please"),
    "zh": ("现在", "现在", "现在", "这会儿", "此刻", "目前"),
}
ORDERS = {
    "en": ("", "", "Please ", "Please ", "Can you ", "Could you ", "I want you to ", "Help me ", "Would you ",
    "Hi, please ", "Now "),
    "zh": ("", "请", "请", "请帮我", "帮我", "麻烦", "麻烦你", "我想让你", "能不能帮我", "你好，请", "给我",
    "请你", "可以帮我"),
}  # fmt: skip
GREETINGS = {
    "en": ("Hi! ", "Hello, ", "Hey, ", "Quick question: ", "Tell me: "),
    "zh": ("你好，", "请问", "请问", "嗨，", "问一下，"),
}

FOR_ME = ("tell me", "give me", "show me", "给", "告诉我")


def phrase(rng: random.Random, name: str, language: Language, split: Split, **values: object) -> str:
    """Return a request in one of the phrasings of ``name``: a question, or an order behind an opener."""
    pattern = rng.choice(part(PHRASES[language][name], split))
    text = pattern.removeprefix("+").format(n=rng.choice(NOW[language]), **values)
    is_zh = language == "zh"
    if pattern.startswith("+"):
        opener = rng.choice(ORDERS[language])
        if opener.lower().rstrip(" ").endswith(("me", "我", "麻烦")) and text.startswith(FOR_ME):
            opener = "Please " if language == "en" else "请"  # not "help me tell me"
        text = opener + text if is_zh or opener else text[0].upper() + text[1:]
        is_question = opener.startswith(("Can ", "Could ", "Would ", "能不能", "可以"))
        if opener == "可以帮我":
            text += "吗"
        return text + (
            ("？" if is_zh else "?") if is_question else rng.choice(("。", "。", "") if is_zh else (".", ".", ""))
        )
    if rng.random() < 0.12 and text[-1] in "?？" and not text.startswith("请问"):
        return rng.choice(GREETINGS[language]) + text
    return text.rstrip("?？.。") if rng.random() < 0.12 and not text.endswith("=?") else text


def city(rng: random.Random, language: Language, split: Split) -> str:
    """Return a city's name: of one word mostly, sometimes an invented one."""
    if rng.random() < 0.25:
        return rng.choice(part(LONG_CITIES[language], split))
    return str(make_value(rng, "city", language, split))
