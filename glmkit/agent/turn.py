"""Chunks of a streamed chat completion -> events, and in the end the assistant message that goes into the history.

The chunks come from a server that may be any: whatever in them is missing or of another type is passed over. Used by
loop.py for one request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from glmkit.agent.events import CallDelta, CallStarted, Event, TextDelta
from glmkit.chat.reply import INTERPRETER

MAX_ARGUMENT_CHARACTERS = 1_000_000  # C15: code of a megabyte is refused, not run
MAX_ARGUMENT_DEPTH = 64
MAX_STREAMED_CODE = 65_536  # characters of arguments; more of them is shown once it is whole

_numbers = count(1)
_CODE_BEGINS = re.compile(r'\s*\{\s*"code"\s*:\s*"')
_CODE_END = re.compile(r'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*')  # of a JSON string, as far as it is whole


@dataclass(slots=True)
class Call:
    """A call as far as it has come; ``arguments`` are JSON text."""

    id: str
    name: str
    arguments: str = ""
    num_shown: int = 0  # characters of its code that were yielded


def read_arguments(text: str) -> dict[str, Any] | None:
    """Return a call's arguments, or None when the text is no JSON object, too long, or nested too deep."""
    if len(text) > MAX_ARGUMENT_CHARACTERS:
        return None
    try:
        value = json.loads(text or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and not _is_too_deep(value) else None


class Turn:
    """What the model said in answer to one request."""

    def __init__(self) -> None:
        self.text = ""
        self.raw: Any = None  # text, or a list with the parts of it; the last one a server sends is whole
        self.finish_reason = ""
        self.usage: dict[str, int] | None = None
        self._calls: dict[int, Call] = {}

    @property
    def calls(self) -> list[Call]:
        """The calls, in order."""
        return [self._calls[index] for index in sorted(self._calls)]

    def feed(self, chunk: Mapping[str, Any]) -> Iterator[Event]:
        """Take a chunk in and yield what is new in it."""
        if isinstance(usage := chunk.get("usage"), dict):
            self.usage = {key: value for key, value in usage.items() if isinstance(value, int)}
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        delta: Mapping[str, Any] = choice["delta"] if isinstance(choice.get("delta"), dict) else {}
        self.finish_reason = _text(choice, "finish_reason") or self.finish_reason
        for place in (delta, choice):
            self.raw = place.get("raw") or self.raw
        if text := _text(delta, "content"):
            self.text += text
            yield TextDelta(text)
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            if isinstance(call, dict):
                yield from self._feed_call(call)

    def _feed_call(self, delta: Mapping[str, Any]) -> Iterator[Event]:
        index = delta.get("index")
        index = index if isinstance(index, int) else len(self._calls)
        function = delta.get("function")
        function = function if isinstance(function, dict) else {}
        if index not in self._calls:
            call = Call(id=_text(delta, "id") or f"call_{next(_numbers)}", name=_text(function, "name"))
            self._calls[index] = call
            yield CallStarted(call.id, call.name)
        call = self._calls[index]
        if more := _text(function, "arguments"):
            call.arguments += more
            if call.name == INTERPRETER and len(call.arguments) > MAX_STREAMED_CODE:
                more = ""
            elif call.name == INTERPRETER:
                more = _code_so_far(call.arguments)[call.num_shown :]
                call.num_shown += len(more)
            if more:
                yield CallDelta(call.id, more)

    def message(self, source: str, is_whole: bool, may_call: bool = True) -> dict[str, Any] | None:
        """Return the assistant message, None when nothing came.

        ``raw``, what the model generated, is kept with its ``source``. An answer that is not whole loses both ``raw``
        and its calls, the last of which may be unfinished; so does one that calls where it may not. ``untrained`` marks
        an answer that breaks off, from which nothing should be learned.
        """
        is_whole = is_whole and (may_call or not self.calls)
        calls = self.calls if is_whole else []
        if not calls and not self.text and not is_whole:
            return None
        message: dict[str, Any] = {"role": "assistant", "content": self.text or (None if calls else "")}
        if calls:
            message["tool_calls"] = [
                {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}} for c in calls
            ]
        if self.raw and is_whole:
            message |= {"raw": self.raw, "raw_source": source}
        if not is_whole or self.finish_reason == "length":
            message["untrained"] = True
        return message


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and infinities, which JSON does not have


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_ARGUMENT_DEPTH):
        level = [item for outer in level for item in _items(outer)]
        if not level:
            return False
    return True


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _code_so_far(arguments: str) -> str:
    """Return the text of ``{"code": "..."}`` as far as it has come; "" for arguments of another form."""
    begin = _CODE_BEGINS.match(arguments)
    whole = _CODE_END.match(arguments, begin.end()) if begin else None
    if whole is None:
        return ""
    try:
        code: str = json.loads(f'"{whole[0]}"', strict=False)
    except ValueError:
        return ""
    return code[:-1] if code[-1:] and "\ud800" <= code[-1] <= "\udbff" else code  # half a character
