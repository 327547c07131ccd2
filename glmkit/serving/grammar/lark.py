r"""Spelling of llguidance's Lark dialect: quoted text, regular expressions, and the terminals every grammar shares.

A Python literal that a grammar admits reads back as one JSON value (``glmkit.chat.calls.parse_call``)::

    STRING    'text' or "text", control characters only as escapes, no escape that makes half a character
    INTEGER   at most 40 digits (Python reads no more than 4,300)
    NUMBER    an INTEGER or a float as repr writes it, below 1e308 (beyond, it would read as infinity)
"""

from __future__ import annotations

import json
import math

# What may stand in a literal as it is: everything but quotes, backslash and control characters.
PLAIN = r"[^'\"\\\x00-\x1f\x7f]"
SINGLE = r"[^'\\\x00-\x1f\x7f]"
DOUBLE = r"[^\"\\\x00-\x1f\x7f]"
ESCAPE = r"\\[\\'\"nrt]|\\x[0-9a-f]{2}|\\u([0-9a-ce-f][0-9a-f]{3}|d[0-7][0-9a-f]{2})|\\U00(0[1-9a-f]|10)[0-9a-f]{4}"

MAX_DIGITS = 40
_LARGEST = 10**MAX_DIGITS - 1

TERMINALS = rf"""
STRING: /'({SINGLE}|{ESCAPE})*'|"({DOUBLE}|{ESCAPE})*"/
INTEGER: /-?(0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})/
NUMBER: INTEGER | /-?(0|[1-9][0-9]{{0,{MAX_DIGITS - 1}}})\.[0-9]{{1,{MAX_DIGITS}}}/ | /-?[1-9](\.[0-9]{{1,{MAX_DIGITS}}})?e(-[0-9]{{1,3}}|\+?([0-9]|[1-9][0-9]|[12][0-9][0-9]|30[0-7]))/
"""  # noqa: E501

# Python's str.strip takes these away; a regular expression's \s names fewer.
SPACES = (
    r"\t-\r\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"  # in a class
)


def quoted(text: str) -> str:
    """Return the Lark string that matches exactly ``text``."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def escaped(text: str) -> str:
    """Return the regular expression that matches exactly ``text``, to stand between slashes."""
    return "".join(
        f"\\{c}" if c in r".^$*+?{}[]\|()/&~-" else c if c.isprintable() else f"\\x{{{ord(c):x}}}" for c in text
    )


def integers(low: float, high: float) -> str | None:
    """Return the regular expression of the integers from ``low`` to ``high``; None when there are none."""
    first = math.ceil(low) if low > -_LARGEST else -_LARGEST
    last = math.floor(high) if high < _LARGEST else _LARGEST
    parts = []
    if first < 0 and first <= last:
        parts += [f"-({part})" for part in _natural(max(1, -last), -first)]
    if last >= 0 and first <= last:
        parts += _natural(max(0, first), last)
    return "|".join(parts) if parts else None


def _natural(first: int, last: int) -> list[str]:
    """Split the numbers ``first`` to ``last`` into runs that each are fixed digits, one range, then any digits."""
    parts = []
    while first <= last:
        free = 0  # how many of the last digits may be anything
        while first % 10 ** (free + 1) == 0 and first > 0 and first + 10 ** (free + 1) - 1 <= last:
            free += 1
        step = 10**free
        head, digit = divmod(first // step, 10)
        end = min(9, digit + (last - first + 1) // step - 1)
        many = f"[0-9]{{{free}}}" if free else ""
        parts.append(f"{head or ''}[{digit}-{end}]{many}")
        first += (end - digit + 1) * step
    return parts
