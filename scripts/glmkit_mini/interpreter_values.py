"""Random values of code-interpreter tasks: how a person writes one, and how Python code writes it.

``draw(rng, spec, language, split)`` reads a spec such as "int 10 9999" or "list 3 8 1 99" and returns a Value.
Read by ``interpreter_kinds``. Words and large numbers are split: a held-out value is one no training row has.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scripts.glmkit_mini.words import FIRST_NAMES, NOUNS, ZH_GIVEN, ZH_NOUNS, ZH_SURNAMES, invented_word, part

Language = Literal["en", "zh"]
Split = Literal["train", "heldout"]

HELDOUT_SHARE = 6  # one word in six, and one number of three or more digits in six, is kept for held-out tasks
SMALLEST_SPLIT_NUMBER = 100  # below it every number occurs in both splits: a model must know them all
INVENTED_SHARE = 0.35  # of words: invented ones
ISO_SHARE = 0.7  # of dates written 2024-03-05; the others are written as people say them

# Forms that training alone draws, so that held-out tasks stay as they are.
NEW_LIST_SHARE = 0.3  # "3,1,2", "the list [3, 1, 2]", "3 1 2", "3, 1 and 2"
NEW_WORD_SHARE = 0.15  # Capitals, digits, "abc"
NEW_NAME_SHARE = 0.5
QUOTED_WORDS_SHARE = 0.25
SHORT_WORDS = (
    "abc",
    "xyz",
    "abcd",
    "hello",
    "aab",
    "abab",
    "test",
    "Hello",
    "ABC",
    "Python",
    "qwerty",
    "aaa",
    "noon",
    "hi",
)

FRACTIONS = ("1", "2", "25", "3", "4", "5", "6", "7", "75", "8", "9")


def listed(words: str) -> list[str]:
    """Return the words of a text."""
    return words.split()


ENGLISH_WORDS = listed("""
    apple river stone cloud tiger music garden window planet silver bridge candle forest monkey orange pencil
    rabbit school summer winter yellow butter camera dragon engine flower guitar hammer island jacket kitten
    ladder market needle ocean parrot queen rocket saddle table umbrella valley wallet yogurt zebra banana
    basket bottle carpet desert eagle finger ginger helmet insect jungle kettle lemon mirror napkin onion
    paper quilt ribbon spider tomato turtle violin wagon anchor beach castle doctor energy fabric galaxy
    honey level radar civic rotor kayak noon madam refer python model train layer token tensor matrix vector
    random number letter simple answer question mountain elephant computer keyboard language sandwich
    notebook universe birthday sunshine butterfly strawberry chocolate adventure telephone wonderful
    beautiful important different mississippi programming
""")
CHINESE_WORDS = listed("""
    苹果 河流 石头 白云 老虎 音乐 花园 窗户 星球 银色 大桥 蜡烛 森林 猴子 橙子 铅笔 兔子 学校 夏天 冬天 黄色
    黄油 相机 恐龙 引擎 花朵 吉他 锤子 海岛 外套 小猫 梯子 市场 海洋 鹦鹉 火箭 桌子 雨伞 山谷 钱包 酸奶 斑马
    香蕉 篮子 瓶子 地毯 沙漠 老鹰 手指 头盔 昆虫 丛林 水壶 柠檬 镜子 洋葱 丝带 蜘蛛 番茄 乌龟
    上海自来水来自海上 人工智能 机器学习 春夏秋冬 东南西北 天下第一 我爱学习 今天天气很好 山高水长 一心一意
    红黄蓝绿 明天会更好 春眠不觉晓 床前明月光
""")
ENGLISH_NAMES = listed("""
    Anna Ben Carla David Emma Frank Grace Henry Iris Jack Kate Leo Maria Noah Olga Paul Quinn Rosa Sam Tina
    Umar Vera Will Yuki Zoe Alice Bob Carol Dan Eva
""")
CHINESE_NAMES = listed("""
    小明 小红 小刚 小丽 小华 小芳 小军 小美 小强 小雪 小东 小雨 李雷 王芳 张伟 刘洋 陈静 赵敏 周杰 吴磊
""")
ENGLISH_THINGS = listed("""
    apples oranges books pencils eggs cookies stamps marbles tickets bottles cups candles flowers stickers
    cards toys lemons buttons coins balloons
""")
CHINESE_THINGS = listed("苹果 橘子 鸡蛋 桃子 气球 杯子 玩具 柠檬 纽扣 馒头 梨 西瓜 饺子 徽章 本子 盒子")
MONTHS = listed("""
    January February March April May June July August September October November December
""")


@dataclass(frozen=True, slots=True)
class Value:
    """``text`` stands in the request, ``code`` in the program."""

    text: str
    code: str


def belongs(key: str, split: Split) -> bool:
    """Say whether a word or number may occur in ``split``; the same on every machine."""
    mixed = 0
    for character in key:
        mixed = (mixed * 31 + ord(character)) % 1_000_003
    return (mixed * 7919 % 104_729 % HELDOUT_SHARE == 0) == (split == "heldout")


def choose(rng: random.Random, words: list[str], split: Split) -> str:
    """Draw a word of ``split``."""
    while True:
        word = rng.choice(words)
        if belongs(word, split):
            return word


def integer(rng: random.Random, low: int, high: int, split: Split) -> int:
    """Draw a number of ``split``; sizes are even in digits, so that small numbers are as frequent as large ones."""
    while True:
        top = high
        if high > 10 * max(abs(low), 1):
            top = min(high, 10 ** rng.randint(len(str(max(low, 1))), len(str(high))))
        number = rng.randint(low, top)
        if abs(number) < SMALLEST_SPLIT_NUMBER or belongs(str(number), split):
            return number


def _int(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    number = str(integer(rng, int(bounds[0]), int(bounds[1]), split))
    return Value(number, number)


def _thousands(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    number = f"{integer(rng, int(bounds[0]), int(bounds[1]), split):,}"
    return Value(number, number)


def _decimal(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    number = f"{integer(rng, int(bounds[0]), int(bounds[1]), split)}.{rng.choice(FRACTIONS)}"
    return Value(number, number)


def _list(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    shortest, longest, low, high = map(int, bounds)
    numbers = [str(integer(rng, low, high, split)) for _ in range(rng.randint(shortest, longest))]
    code = f"[{', '.join(numbers)}]"
    if split == "train" and rng.random() < NEW_LIST_SHARE:
        return Value(_new_list(rng, numbers, code, language), code)
    if rng.random() < 0.4:
        return Value(code, code)
    return Value(("、" if language == "zh" and rng.random() < 0.4 else ", ").join(numbers), code)


def _new_list(rng: random.Random, numbers: list[str], code: str, language: Language) -> str:
    """Write numbers in a further form."""
    form = rng.randrange(5)
    if form == 0:
        return code.replace(" ", "")
    if form == 1:
        return f"{'列表' if language == 'zh' else 'the list '}{code}"
    if form == 2:
        return " ".join(numbers)
    if form == 3:
        return ("，" if language == "zh" else ",").join(numbers)
    if language == "zh":
        return "、".join(numbers[:-1]) + "和" + numbers[-1]
    return ", ".join(numbers[:-1]) + " and " + numbers[-1]


def _new_word(rng: random.Random, word: str) -> str:
    """Change a word in a way that training alone sees."""
    form = rng.randrange(6)
    if form < 2:
        return rng.choice(SHORT_WORDS) if form else word.upper()
    if form == 2:
        return f"{word}{rng.randint(1, 99)}"
    return word.capitalize() if form < 5 else word[:2].upper() + word[2:]


def _any_word(rng: random.Random, known: list[str], language: Language, split: Split) -> str:
    return invented_word(rng, language) if rng.random() < INVENTED_SHARE else choose(rng, known, split)


def _words(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    pool = CHINESE_WORDS[:60] if language == "zh" and rng.random() < 0.3 else ENGLISH_WORDS
    drawn = "zh" if pool is not ENGLISH_WORDS else "en"
    words = [_any_word(rng, pool, drawn, split) for _ in range(rng.randint(int(bounds[0]), int(bounds[1])))]
    code = "[" + ", ".join(f'"{word}"' for word in words) + "]"
    if split == "train" and rng.random() < QUOTED_WORDS_SHARE:
        form = rng.choice((code.replace('"', "'"), code[1:-1], code[1:-1].replace('"', "'"), " ".join(words)))
        return Value(form, code)
    if rng.random() < 0.3:
        return Value(code, code)
    return Value(("、" if language == "zh" and rng.random() < 0.5 else ", ").join(words), code)


def _word(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    chinese = language == "zh" and bounds != ["latin"] and rng.random() < 0.4
    word = _any_word(rng, CHINESE_WORDS if chinese else ENGLISH_WORDS, "zh" if chinese else "en", split)
    if split == "train" and not chinese and rng.random() < NEW_WORD_SHARE:
        word = _new_word(rng, word)
    return Value(word, f'"{word}"')


def _sentence(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    text = " ".join(_any_word(rng, ENGLISH_WORDS, "en", split) for _ in range(rng.randint(3, 6)))
    return Value(text, f'"{text}"')


def _date(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    day = datetime.date(1990, 1, 1) + datetime.timedelta(rng.randrange(45 * 365))
    while not belongs(day.isoformat(), split):
        day += datetime.timedelta(1)
    text = day.isoformat()
    if rng.random() > ISO_SHARE:
        spoken = f"{MONTHS[day.month - 1]} {day.day}, {day.year}"
        text = f"{day.year}年{day.month}月{day.day}日" if language == "zh" else spoken
    return Value(text, f'"{day.isoformat()}"')


def _dictionary(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    names = rng.sample(CHINESE_NAMES if language == "zh" else ENGLISH_NAMES, rng.randint(3, 5))
    numbers = [integer(rng, 1, int(bounds[0]), split) for _ in names]
    pairs = list(zip(names, numbers, strict=True))
    colon, comma = ("：", "，") if language == "zh" else (": ", ", ")
    if rng.random() < 0.5:
        colon, comma = (" ", "、") if language == "zh" else (" ", ", ")
    code = "{" + ", ".join(f'"{name}": {number}' for name, number in pairs) + "}"
    return Value(comma.join(f"{name}{colon}{number}" for name, number in pairs), code)


def _name(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    if split == "train" and rng.random() < NEW_NAME_SHARE:
        name = rng.choice(ZH_SURNAMES) + rng.choice(ZH_GIVEN) if language == "zh" else rng.choice(FIRST_NAMES)
        return Value(name, f'"{name}"')
    name = choose(rng, CHINESE_NAMES if language == "zh" else ENGLISH_NAMES, split)
    return Value(name, f'"{name}"')


def _thing(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    if split == "train" and rng.random() < NEW_NAME_SHARE:
        thing = rng.choice(part(ZH_NOUNS, "train")) if language == "zh" else f"{rng.choice(part(NOUNS, 'train'))}s"
        return Value(thing, f'"{thing}"')
    thing = choose(rng, CHINESE_THINGS if language == "zh" else ENGLISH_THINGS, split)
    return Value(thing, f'"{thing}"')


def _letter(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    letter = rng.choice("aeioaeiotrnsl")
    return Value(letter, f'"{letter}"')


def _bits(rng: random.Random, bounds: list[str], language: Language, split: Split) -> Value:
    number = bin(rng.randint(2, 1023))[2:]
    return Value(number, number)


_DRAWS: dict[str, Callable[[random.Random, list[str], Language, Split], Value]] = {
    "int": _int,
    "thousands": _thousands,
    "dec": _decimal,
    "list": _list,
    "words": _words,
    "word": _word,
    "sentence": _sentence,
    "date": _date,
    "dict": _dictionary,
    "name": _name,
    "thing": _thing,
    "letter": _letter,
    "bits": _bits,
}


def draw(rng: random.Random, spec: str, language: Language, split: Split) -> Value:
    """Draw the value that ``spec`` describes: a word of the table above and its bounds, split by blanks."""
    kind, *bounds = spec.split()
    return _DRAWS[kind](rng, bounds, language, split)
