"""Argument values: for each kind of value, a JSON value and how a person says it in a request. Read by ``schemas``.

A kind is a word such as "city" or "date"; ``make_value(rng, kind, language, split)`` draws one. Values of the held-out
split come from words that training rows never have.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from scripts.glmkit_mini import words
from scripts.glmkit_mini.words import Language, Split, invented_word, part

# kind -> JSON type; "enum" and "list" are handled by the parameter itself.
TYPES = {
    "integer": {"count", "year", "integer", "small"},
    "number": {"amount", "decimal"},
    "boolean": {"flag"},
}
NUMBER_WORDS = {
    "en": "one two three four five six seven eight nine ten".split(),
    "zh": "一 两 三 四 五 六 七 八 九 十".split(),
}
INVENTED_SHARE = 0.3  # of nouns, names and places: invented ones, so that no list of them can be learned by heart
SPELLED_SHARE = 0.12  # of small counts: "three guests", "三位"

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"
DOMAINS = "com org net io cn edu".split()


def json_type(kind: str) -> str:
    """Return the JSON schema type of a value kind."""
    return next((name for name, kinds in TYPES.items() if kind in kinds), "string")


def make_value(rng: random.Random, kind: str, language: Language, split: Split) -> Any:
    """Return a JSON value of ``kind``.

    Raises:
        KeyError: unknown kind.
    """
    return _MAKERS[kind](rng, language, split)


def spoken(rng: random.Random, value: Any, kind: str, language: Language) -> str:
    """Return how a request says ``value``: as it stands, small counts sometimes in words."""
    if kind == "count" and isinstance(value, int) and 1 <= value <= 10 and rng.random() < SPELLED_SHARE:
        return NUMBER_WORDS[language][value - 1]
    if isinstance(value, list):
        return join_list([str(item) for item in value], language, rng)
    return str(value)


def join_list(items: list[str], language: Language, rng: random.Random) -> str:
    """Return the items as a spoken list: "a, b and c"."""
    if language == "zh":
        return rng.choice(("、", "，", "和")).join(items) if len(items) == 2 else "、".join(items)
    if rng.random() < 0.3 or len(items) == 1:
        return ", ".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _pick(rng: random.Random, pool: tuple[Any, ...], split: Split) -> Any:
    return rng.choice(part(pool, split))


def _noun(rng: random.Random, language: Language, split: Split) -> str:
    if rng.random() < INVENTED_SHARE:
        return invented_word(rng, language)
    return _pick(rng, words.ZH_NOUNS if language == "zh" else words.NOUNS, split)


def _adjective(rng: random.Random, language: Language, split: Split) -> str:
    if rng.random() < INVENTED_SHARE:
        return invented_word(rng, language)
    return _pick(rng, words.ZH_ADJECTIVES if language == "zh" else words.ADJECTIVES, split)


def _word(rng: random.Random, language: Language, split: Split) -> str:
    return invented_word(rng, language) if rng.random() < 0.4 else _noun(rng, language, split)


def _title(rng: random.Random, language: Language, split: Split) -> str:
    """A name of a thing, a shop, a song: two or three words."""
    if language == "zh":
        if rng.random() < 0.3:
            return invented_word(rng, "zh")
        return rng.choice(("{a}的{n}", "{a}{n}", "{n}与{m}", "{n}{m}")).format(
            a=_adjective(rng, "zh", split), n=_noun(rng, "zh", split), m=_noun(rng, "zh", split)
        )
    if rng.random() < 0.3:
        return " ".join(invented_word(rng).capitalize() for _ in range(rng.choice((1, 2))))
    pattern = rng.choice(("{a} {n}", "The {a} {n}", "{n} of {m}", "{n} {m}", "{a} {n} {m}"))
    return pattern.format(
        a=_adjective(rng, "en", split).capitalize(),
        n=_noun(rng, "en", split).capitalize(),
        m=_noun(rng, "en", split).capitalize(),
    )


def _text(rng: random.Random, language: Language, split: Split) -> str:
    """A short message or note."""
    n, m, a = _noun(rng, language, split), _noun(rng, language, split), _adjective(rng, language, split)
    person = _person(rng, language, split)
    if language == "zh":
        return rng.choice(
            (
                "记得买{n}和{m}",
                "{n}已经到了",
                "明天去{n}见{p}",
                "请把{n}交给{p}",
                "{a}的{n}在{m}旁边",
                "给{p}带{k}个{n}",
                "{n}会议改到{k}点",
            )
        ).format(n=n, m=m, a=a, p=person, k=rng.randint(2, 12))
    return rng.choice(
        (
            "buy {n} and {m}",
            "the {n} has arrived",
            "meet {p} at the {n}",
            "please bring the {n} to {p}",
            "the {a} {n} is next to the {m}",
            "{k} {n}s for {p}",
            "call {p} about the {n}",
        )
    ).format(n=n, m=m, a=a, p=person, k=rng.randint(2, 12))


def _person(rng: random.Random, language: Language, split: Split) -> str:
    if language == "zh":
        given = invented_word(rng, "zh")[:2] if rng.random() < INVENTED_SHARE else _pick(rng, words.ZH_GIVEN, split)
        return _pick(rng, words.ZH_SURNAMES, split) + given
    first = invented_word(rng).capitalize() if rng.random() < INVENTED_SHARE else _pick(rng, words.FIRST_NAMES, split)
    return first if rng.random() < 0.3 else f"{first} {_pick(rng, words.LAST_NAMES, split)}"


def _city(rng: random.Random, language: Language, split: Split) -> str:
    if rng.random() < INVENTED_SHARE:
        return invented_word(rng, language).capitalize()
    return _pick(rng, words.CITIES, split)[1 if language == "zh" else 0]


def _address(rng: random.Random, language: Language, split: Split) -> str:
    number = rng.randint(1, 399)
    if language == "zh":
        return f"{_pick(rng, words.ZH_STREETS, split)}路{number}号"
    street = rng.choice(("Street", "Road", "Lane", "Avenue", "Square"))
    return f"{number} {_noun(rng, 'en', split).capitalize()} {street}"


def _digits(rng: random.Random, low: int, high: int) -> str:
    return "".join(rng.choice(DIGITS) for _ in range(rng.randint(low, high)))


def _letters(rng: random.Random, low: int, high: int) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(low, high)))


def _code(rng: random.Random, language: Language, split: Split) -> str:
    """An identifier: letters and digits in one of the usual shapes."""
    shape = rng.randrange(6)
    if shape == 0:
        return f"{_letters(rng, 2, 3)}-{_digits(rng, 3, 5)}"
    if shape == 1:
        return _letters(rng, 1, 3) + _digits(rng, 3, 6)
    if shape == 2:
        return "".join(rng.choice("0123456789abcdef") for _ in range(rng.randint(6, 8)))
    if shape == 3:
        return _digits(rng, 5, 8)
    if shape == 4:
        return f"{_noun(rng, 'en', split)}-{rng.randint(1, 99)}"
    return f"{_letters(rng, 1, 2)}{_digits(rng, 2, 3)}-{_letters(rng, 1, 2)}{_digits(rng, 1, 2)}"


def _date(rng: random.Random, language: Language, split: Split) -> str:
    return f"{rng.randint(2019, 2032)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _time(rng: random.Random, language: Language, split: Split) -> str:
    return f"{rng.randint(0, 23):02}:{rng.choice((0, 0, 15, 30, 45, rng.randint(0, 59))):02}"


def _email(rng: random.Random, language: Language, split: Split) -> str:
    user = _pick(rng, words.FIRST_NAMES, split).lower()
    if rng.random() < 0.5:
        user += rng.choice((".", "_", "")) + rng.choice(
            (_pick(rng, words.LAST_NAMES, split).lower(), _digits(rng, 1, 3))
        )
    host = invented_word(rng) if rng.random() < 0.5 else _noun(rng, "en", split)
    return f"{user}@{host}.{rng.choice(DOMAINS)}"


def _phone(rng: random.Random, language: Language, split: Split) -> str:
    return (
        f"1{rng.choice('3578')}{_digits(rng, 9, 9)}"
        if language == "zh"
        else f"{_digits(rng, 3, 3)}-{_digits(rng, 4, 4)}"
    )


def _url(rng: random.Random, language: Language, split: Split) -> str:
    path = rng.choice(("", f"/{_noun(rng, 'en', split)}", f"/{_noun(rng, 'en', split)}/{rng.randint(1, 999)}"))
    return (
        f"https://{invented_word(rng) if rng.random() < 0.5 else _noun(rng, 'en', split)}.{rng.choice(DOMAINS)}{path}"
    )


def _file(rng: random.Random, language: Language, split: Split) -> str:
    stem = _noun(rng, "en", split) + rng.choice(("", f"_{_noun(rng, 'en', split)}", f"_{rng.randint(1, 2030)}"))
    return stem + rng.choice((".txt", ".csv", ".pdf", ".png", ".docx", ".json", ".mp3", ".md"))


def _number(rng: random.Random, low: int, high: int, places: int) -> float | int:
    value = round(rng.uniform(low, high), places)
    return int(value) if value == int(value) and rng.random() < 0.5 else value


def _expression(rng: random.Random, language: Language, split: Split) -> str:
    """Arithmetic, or a formula of letters, in one of the usual spellings."""
    blank = rng.choice((" ", " ", ""))
    signs = rng.choice(("+-*/", "+-*/", "+-×÷", "+-*"))

    def operand() -> str:
        if rng.random() < 0.1:
            return rng.choice("xyzabn")
        return str(rng.choice((rng.randint(2, 20), rng.randint(10, 999), round(rng.uniform(0, 50), 1))))

    def joined(count: int) -> str:
        parts = [operand()]
        for _ in range(count - 1):
            parts += [rng.choice(signs), operand()]
        return blank.join(parts)

    shape = rng.random()
    if shape < 0.5:
        return joined(rng.choice((2, 2, 3)))
    if shape < 0.75:
        return f"({joined(2)}){blank}{rng.choice(signs)}{blank}{operand()}"
    if shape < 0.85:
        return f"{operand()}{blank}{rng.choice(signs)}{blank}({joined(2)})"
    if shape < 0.93:
        return f"{rng.choice(('sqrt', 'log', 'abs', 'sin', 'cos', 'exp'))}({joined(rng.choice((1, 2)))})"
    return f"{operand()}{blank}{rng.choice(('**', '^'))}{blank}{rng.randint(2, 9)}"


_CURRENCIES = tuple("USD EUR GBP CNY JPY CHF AUD CAD KRW INR SGD HKD SEK NZD THB".split())
_LANGUAGES = {
    "en": tuple(
        "English Chinese French German Spanish Italian Japanese Korean Russian Arabic Dutch Greek Polish".split()
    ),
    "zh": tuple("英语 中文 法语 德语 西班牙语 意大利语 日语 韩语 俄语 阿拉伯语 荷兰语 希腊语 波兰语".split()),
}
_UNITS = tuple("kg lb km mile meter inch liter gallon gram ounce foot yard celsius fahrenheit kelvin".split())

_Maker = Callable[[random.Random, Language, Split], Any]
_MAKERS: dict[str, _Maker] = {
    "city": _city,
    "person": _person,
    "title": _title,
    "text": _text,
    "word": _word,
    "code": _code,
    "date": _date,
    "time": _time,
    "email": _email,
    "phone": _phone,
    "url": _url,
    "file": _file,
    "address": _address,
    "expression": _expression,
    "symbol": lambda rng, language, split: _letters(rng, 2, 5),
    "currency": lambda rng, language, split: rng.choice(_CURRENCIES),
    "language": lambda rng, language, split: rng.choice(_LANGUAGES[language]),
    "unit": lambda rng, language, split: rng.choice(_UNITS),
    "count": lambda rng, language, split: rng.randint(1, 12),
    "small": lambda rng, language, split: rng.randint(1, 5),
    "integer": lambda rng, language, split: rng.choice(
        (rng.randint(1, 99), rng.randint(10, 999), rng.randint(100, 99999))
    ),
    "year": lambda rng, language, split: rng.randint(1950, 2035),
    "amount": lambda rng, language, split: _number(rng, 1, rng.choice((10, 100, 1000, 20000)), rng.choice((0, 1, 2))),
    "decimal": lambda rng, language, split: _number(rng, rng.choice((-90, 0)), 180, rng.choice((1, 2, 3))),
    "flag": lambda rng, language, split: rng.random() < 0.5,
}
KINDS = tuple(_MAKERS)
