"""The ``pattern`` and ``format`` of a string, as regular expressions over its plain characters.

A pattern is searched for, so what is not anchored may have anything around it. llguidance matches by derivatives:
no pattern takes exponential time, and how much one may take is limited.
"""

from __future__ import annotations

import re

MAX_PATTERN = 1_000  # characters

# Look-around, boundaries and back references: no regular language, or none that the matcher knows.
_IRREGULAR = re.compile(r"\(\?(?:[=!]|<[=!])|\\[bBkGAZzQ1-9]")
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)

_LEAP = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DATE = (
    r"([0-9]{4}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    rf"|{_LEAP}-02-29)"
)
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_BYTE = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
FORMATS = {
    "date": _DATE,
    "time": _TIME,
    "date-time": f"{_DATE}T{_TIME}",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "ipv4": rf"{_BYTE}(\.{_BYTE}){{3}}",
    "email": r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+){0,8}@[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?(\.[A-Za-z]{2,12}){1,3}",  # noqa: E501
}


def whole(pattern: str) -> str | None:
    """Return the expression that a whole string matches when ``pattern`` is found in it.

    None for what cannot be held: look-around, back references, word boundaries, and anchors within an expression.
    """
    if _IRREGULAR.search(pattern):
        return None
    branches, depth = [""], 0
    for part in _PARTS.findall(pattern):
        depth += (part == "(") - (part == ")")
        if part == "|" and depth == 0:
            branches.append("")
        elif part == "$" and depth == 0:
            branches[-1] += "\0"  # a mark that no pattern holds
        elif part in "^$" and (depth or branches[-1]):
            return None
        else:
            branches[-1] += part
    written = []
    for branch in branches:
        start, end = branch.startswith("^"), branch.endswith("\0")
        inner = branch[1 if start else 0 : -1 if end else None]
        if "\0" in inner:
            return None
        written.append(f"{'' if start else '.*'}({inner}){'' if end else '.*'}")
    return "|".join(written)
