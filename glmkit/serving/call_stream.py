"""The arguments of a call as JSON while the model is still writing them in Python.

In: what stands behind the header line with a tool's name, piece by piece. Out: pieces of the JSON object that
``parse_call`` would read from the whole: strings character by character, other values when they are over.
``reply_stream`` calls it where a grammar keeps the call well-formed; nothing here evaluates text.
"""

from __future__ import annotations

import json
import re
from typing import Any

from glmkit.chat.calls import FENCE, parse_call
from glmkit.errors import Problem

_OPENING = re.compile(rf"\s*(?:{FENCE}[^\n]*\n\s*)?tool_call\(")

# Whole characters and escapes of a string literal; what is left at the end may go on.
_WHOLE = re.compile(
    r"(?:[^\\]|\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[0-7]{3}|[0-7]{1,2}(?=[^0-7])|[^xuUN0-7]))*",
    re.DOTALL,
)


class ArgumentsStream:
    """Turns ``tool_call(city='北京', days=3)`` into ``{"city": "北京", "days": 3}``; silent behind what is no call."""

    def __init__(self) -> None:
        self._text = ""  # read, not yet turned into JSON
        self._state = "opening"  # then "name", "value" or "string", "behind", and so on; "done" or "broken" at last
        self._quote = ""
        self._num_arguments = 0
        self._value_end = _ValueEnd()

    def push(self, text: str) -> str:
        """Take more of the call; return the JSON that it sets free."""
        self._text += text
        out = ""
        while True:
            state, length = self._state, len(self._text)
            out += getattr(self, f"_read_{state}")()
            if (state, length) == (self._state, len(self._text)):
                return out

    def _read_opening(self) -> str:
        opening = _OPENING.match(self._text)
        if opening is not None:
            self._text, self._state = self._text[opening.end() :], "name"
        return ""

    def _read_name(self) -> str:
        self._text = self._text.lstrip(" \n,")
        if self._text.startswith(")"):
            self._state = "done"
            return "}" if self._num_arguments else "{}"
        if self._text.startswith("**"):
            return self._read_named()
        name, equals, rest = self._text.partition("=")
        if not equals:
            return ""
        self._text, self._state = rest, "value"
        return self._key(name.strip())

    def _read_named(self) -> str:
        end = self._value_end.find(self._text)
        if end is None:
            return ""
        arguments = self._parsed(self._text[:end])
        self._text, self._state = self._text[end:], "behind" if self._state != "broken" else "broken"
        return "".join(self._key(name) + _json(value) for name, value in arguments.items())

    def _read_value(self) -> str:
        self._text = self._text.lstrip(" \n")
        quote = self._text[:1]
        if quote in ("'", '"') and quote:
            if len(self._text) < 3:
                return ""
            if not self._text.startswith(quote * 3):
                self._text, self._quote, self._state = self._text[1:], quote, "string"
                return '"'
        end = self._value_end.find(self._text)
        if end is None:
            return ""
        value = self._parsed(f"x={self._text[:end]}").get("x")
        if self._state == "broken":
            return ""
        self._text, self._state = self._text[end:], "behind"
        return _json(value)

    def _read_string(self) -> str:
        match = re.match(rf"(?:[^\\{self._quote}]|\\.)*", self._text, re.DOTALL)
        assert match is not None
        is_over = match.end() < len(self._text) and self._text[match.end()] == self._quote
        whole = _WHOLE.match(self._text, 0, match.end())
        assert whole is not None
        inner = self._text[: match.end() if is_over else whole.end()]
        if not is_over and not inner:
            return ""
        value = self._parsed(f"x={self._quote}{inner}{self._quote}").get("x", "")
        self._text = self._text[len(inner) + is_over :]
        if self._state != "broken" and is_over:
            self._state = "behind"
        return _json(value)[1:] if is_over else _json(value)[1:-1]

    def _read_behind(self) -> str:
        self._text = self._text.lstrip(" \n")
        if self._text:
            self._state = "name" if self._text[0] in ",)" else "broken"
        return ""

    def _read_done(self) -> str:
        return ""

    _read_broken = _read_done

    def _key(self, name: str) -> str:
        self._num_arguments += 1
        return f"{'{' if self._num_arguments == 1 else ', '}{_json(name)}: "

    def _parsed(self, argument: str) -> dict[str, Any]:
        arguments = parse_call(f"tool_call({argument})")
        if isinstance(arguments, Problem):
            self._state = "broken"
            return {}
        return arguments


class CodeStream:
    r"""Turns what stands behind ``interpreter\n`` into ``{"code": "..."}``: what is between the outer fences."""

    def __init__(self) -> None:
        self._state = "before"
        self._text = ""  # held: the current line while it may be a fence, or all behind a fence that may be the last
        self._num_lines = 0

    def push(self, text: str) -> str:
        """Take more of the message; return the JSON that it sets free."""
        self._text += text
        out = ""
        if self._state == "before":
            fence = re.search(rf"(?:\A\s*|^){FENCE}[^\n]*\n", self._text, re.MULTILINE)
            if fence is None:
                return ""
            self._text, self._state = self._text[fence.end() :], "line start"
            out = '{"code": "'
        while True:
            if self._state == "line start":
                if len(self._text) < len(FENCE) and FENCE.startswith(self._text) and "\n" not in self._text:
                    return out
                if self._text.startswith(FENCE):
                    again = self._text.find(f"\n{FENCE}", 1)
                    if again < 0:
                        return out
                    out += self._lines(self._text[:again])
                    self._text = self._text[again + 1 :]
                    continue
                out += self._lines("")
                self._state = "in line"
            line, newline, rest = self._text.partition("\n")
            out += _json(line)[1:-1]
            self._text = rest
            if not newline:
                return out
            self._state = "line start"

    def finish(self) -> str:
        """Return the end: what was held when no fence closed the code, and the closing of the object."""
        if self._state == "before":
            return ""
        if self._state == "line start" and not self._text.startswith(FENCE):
            return (self._lines(self._text) if self._text else "") + '"}'
        return '"}'

    def _lines(self, text: str) -> str:
        self._num_lines += 1
        return _json("\n" + text if self._num_lines > 1 else text)[1:-1]


class _ValueEnd:
    """Finds the first comma or bracket at the level of the arguments; goes on where it stopped in a text that grows."""

    def __init__(self) -> None:
        self._position = self._depth = 0
        self._quote = ""

    def find(self, text: str) -> int | None:
        """Return where the value that ``text`` begins with ends; None while there is no end."""
        while self._position < len(text):
            character = text[self._position]
            if self._quote and character == "\\":
                if self._position + 1 == len(text):
                    return None
                self._position += 1
            elif self._quote:
                self._quote = "" if character == self._quote else self._quote
            elif character in "'\"":
                self._quote = character
            elif self._depth == 0 and character in ",)":
                end, self._position = self._position, 0
                return end
            else:
                self._depth += (character in "([{") - (character in ")]}")
            self._position += 1
        return None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
