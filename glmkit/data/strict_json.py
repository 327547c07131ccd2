"""JSON as the standard has it: what Python's ``json`` lets pass in silence becomes a named fault.

In: text and a position. Out: the value, where it ends, its faults. Called by rows.py for every row of a file and by
the sources for JSON that stands inside a string (tool arguments).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from glmkit.chat.printable import printable

MAX_DEPTH = 100  # brackets inside brackets
SHOWN_TEXT = 80  # of a line that is not JSON

# Escapes that can hide what text must not hold; only then are the strings of a value looked through.
_SUSPICIOUS = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(slots=True)
class Decoded:
    """A decoded value; faults are (message code, values) in the order they were met."""

    value: Any = None
    end: int = -1  # position behind the value; -1 when it is so wrong that its end is unknown
    faults: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def decode(text: str, start: int = 0) -> Decoded:
    """Decode the JSON value that starts at ``start``.

    Doubled keys, NaN, infinities, NUL characters, half surrogates, too deep nesting and numbers of thousands of digits
    are faults of the result.

    Raises:
        json.JSONDecodeError: the text is not JSON.
    """
    result = Decoded()

    def build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) < len(pairs):
            keys = [key for key, _ in pairs]
            repeated = [key for key in built if keys.count(key) > 1]
            result.faults.extend(("data-duplicate-key", {"key": key, "count": keys.count(key)}) for key in repeated)
        return built

    def read_constant(name: str) -> float:
        result.faults.append(("data-not-a-number", {"value": name}))
        return 0.0

    def read_float(digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            result.faults.append(("data-not-a-number", {"value": digits}))
        return value

    decoder = json.JSONDecoder(object_pairs_hook=build_object, parse_constant=read_constant, parse_float=read_float)
    try:
        result.value, result.end = decoder.raw_decode(text, start)
        brackets = text.count("{", start, result.end) + text.count("[", start, result.end)
        if brackets > MAX_DEPTH and _is_too_deep(result.value):
            result.faults.append(("data-too-deep", {"limit": MAX_DEPTH}))
        elif _SUSPICIOUS.search(text, start, result.end):
            result.faults.extend(_string_faults(result.value, ""))
    except RecursionError:
        result.faults.append(("data-too-deep", {"limit": MAX_DEPTH}))
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python refuses integers of more than 4,300 digits
        result.faults.append(("data-number-too-long", {}))
    return result


def decode_all(text: str) -> Decoded:
    """Decode a text that is one JSON value and nothing else; raises json.JSONDecodeError as ``decode`` does."""
    result = decode(text, skip_space(text, 0))
    if result.end >= 0 and (behind := skip_space(text, result.end)) != len(text):
        raise json.JSONDecodeError("Extra data", text, behind)
    return result


def skip_space(text: str, position: int) -> int:
    """Return the position of the first character at or behind ``position`` that is not JSON white space."""
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [item for outer in level for item in _items(outer)]
        if not level:
            return False
    return True


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _string_faults(value: Any, path: str) -> Iterable[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        for key, item in value.items():
            inner = f"{path}.{printable(key)}" if path else printable(key)
            yield from _string_faults(key, inner)
            yield from _string_faults(item, inner)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _string_faults(item, f"{path}[{index}]")
    elif isinstance(value, str):
        if "\0" in value:
            yield "data-nul", {"path": path}
        half = next((c for c in value if "\ud800" <= c <= "\udfff"), None)
        if half is not None:
            yield "data-surrogate", {"path": path, "half": f"\\u{ord(half):04x}"}
