"""OpenAI's fine-tuning format: {"messages": [...], "tools"?: [...]} with tool_calls, tool answers and weights.

Calls and answers are paired by id: a message with two calls becomes call, observation, call, observation, since a GLM
makes one call at a time. ``weight: 0`` becomes ``loss: false``, the developer role is the system's. A last message may
be a single call without an answer. Called through read.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from glmkit.chat.printable import shown
from glmkit.data.sources.fields import FieldReader, written_call
from glmkit.data.sources.source import Example
from glmkit.data.sources.written import (
    Row,
    Written,
    call_of,
    canonical,
    functions_and_system,
    has_other_fields,
    split_system,
    untrained,
)

NAME = "openai"
ROLES = ("system", "developer", "user", "assistant", "tool")


def recognises(row: Mapping[str, Any]) -> bool:
    """A row has its messages under "messages"."""
    return "messages" in row


def examples(row: dict[str, Any]) -> Iterator[Example]:
    """Yield the row's one conversation, or its faults."""
    translation = _Translation()
    tools = translation.tools(row.get("tools"))
    messages = row.get("messages")
    if isinstance(messages, list):
        for index, message in enumerate(messages):
            translation.add(index, message)
        translation.pair_calls(at_end=True)
    else:
        translation.fault(
            "messages", "data-not-a-list" if "messages" in row else "data-field-missing", value=shown(messages)
        )
    yield Example(
        row={**({"tools": tools} if tools else {}), "conversations": translation.messages},
        faults=tuple(translation.faults),
        messages_field="messages",
        message_fields=tuple(translation.message_fields),
    )


class _Translation(FieldReader):
    """The conversation made so far, the calls that wait for their answers, and the faults met."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self._calls: dict[str, tuple[int, dict[str, Any]]] = {}  # id -> index and tool message without observation

    def tools(self, tools: Any) -> list[Any]:
        """Return the functions without their {"type": "function"} wrapper, the form ChatGLM3 documents."""
        if tools is None:
            return []
        if not isinstance(tools, list):
            self.fault("tools", "data-not-a-list", value=shown(tools))
            return []
        functions = []
        for index, tool in enumerate(tools):
            function = tool.get("function") if isinstance(tool, dict) else None
            if isinstance(function, dict) and isinstance(function.get("name"), str):
                functions.append(function)
            else:
                self.fault(f"tools[{index}]", "data-openai-tool", value=shown(tool))
        return functions

    def add(self, index: int, message: Any) -> None:
        """Translate one message of the source."""
        field = f"messages[{index}]"
        if not isinstance(message, dict):
            self.fault(field, "data-not-an-object", value=shown(message))
            return
        role = message.get("role")
        if role == "tool":
            self._answer(field, message)
            return
        self.pair_calls()
        if role not in ROLES:
            self.fault(f"{field}.role", "data-role-unknown", value=shown(role), choices=", ".join(ROLES))
        elif role == "assistant":
            self._reply(index, field, message)
        elif self.is_text(f"{field}.content", message.get("content")):
            self._append(index, {"role": "user" if role == "user" else "system", "content": message["content"]})

    def pair_calls(self, at_end: bool = False) -> None:
        """Add the waiting calls, each with its answer, and name those that have none."""
        single = len(self._calls) == 1
        for call_id, (index, call) in self._calls.items():
            if "observation" in call:
                self._append(index, call)
            elif at_end and single:
                self._append(index, written_call(call))
            else:
                self.fault(f"messages[{index}].tool_calls", "data-openai-unanswered", id=call_id)
        self._calls = {}

    def _append(self, index: int, message: dict[str, Any]) -> None:
        self.messages.append(message)
        self.message_fields.append(f"messages[{index}]")

    def _reply(self, index: int, field: str, message: dict[str, Any]) -> None:
        loss = self.loss(field, message)
        calls = message.get("tool_calls") or []
        content = message.get("content")
        if not (calls and content in (None, "")) and self.is_text(f"{field}.content", content):
            self._append(index, {"role": "assistant", "content": content, **loss})
        if not isinstance(calls, list):
            self.fault(f"{field}.tool_calls", "data-not-a-list", value=shown(calls))
            return
        for number, call in enumerate(calls):
            self._call(index, f"{field}.tool_calls[{number}]", call, loss)

    def _call(self, index: int, field: str, call: Any, loss: dict[str, bool]) -> None:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            self.fault(field, "data-openai-call", value=shown(call))
            return
        call_id, name = call.get("id"), function.get("name")
        arguments = self.arguments(f"{field}.function.arguments", function.get("arguments"))
        if not isinstance(name, str) or not name:
            self.fault(f"{field}.function.name", "data-not-text", value=shown(name))
        if not isinstance(call_id, str) or not call_id:
            self.fault(f"{field}.id", "data-not-text", value=shown(call_id))
        elif call_id in self._calls:
            self.fault(f"{field}.id", "data-openai-id-repeated", id=call_id)
        else:
            self._calls[call_id] = (index, {"role": "tool", "name": name, "parameters": arguments, **loss})

    def _answer(self, field: str, message: dict[str, Any]) -> None:
        call_id = message.get("tool_call_id")
        _, call = self._calls.get(call_id, (0, None)) if isinstance(call_id, str) else (0, None)
        has_text = self.is_text(f"{field}.content", message.get("content"))
        if call is None:
            waiting = ", ".join(repr(waiting_id) for waiting_id in self._calls) or "-"
            self.fault(f"{field}.tool_call_id", "data-openai-answer", value=shown(call_id), waiting=waiting)
        elif "observation" in call:
            self.fault(f"{field}.tool_call_id", "data-openai-answered-twice", id=call_id)
        else:
            call["observation"] = message["content"] if has_text else ""


def write(row: Mapping[str, Any]) -> Written:
    """Return the row with calls in ``tool_calls``, each with an id and its answer behind it.

    A text before a call stands in the message that calls. Results without a call that can be read have no place.
    """
    row = canonical(row)
    losses = {"data-loss-fields"} if has_other_fields(row, "id") else set()
    functions, system = functions_and_system(row, losses)
    _, messages = split_system(row)
    written: list[Row] = [{"role": "system", "content": system}] if system is not None else []
    given = [str(message["id"]) for message in messages if message["role"] == "tool" and message.get("id")]
    new_ids = (name for number in count(1) if (name := f"call_{number}") not in given)
    for message in messages:
        call = message if message["role"] == "tool" else call_of(message) if message is messages[-1] else None
        if call is not None:
            _write_call(written, call, new_ids)
        elif message["role"] == "observation":
            losses.add("data-loss-observations")
        else:
            weight = {"weight": 0} if "loss" in message else {}
            written.append({"role": message["role"], "content": message["content"], **weight})
            losses.update(["data-loss-header"] if "metadata" in message else [])
    tools = [{"type": "function", "function": function} for function in functions]
    result = {"messages": written, **({"tools": tools} if tools else {})}
    return Written(row=result, losses=frozenset(losses), fault=untrained(NAME, messages))


def _write_call(written: list[Row], call: Row, new_ids: Iterator[str]) -> None:
    call_id = call.get("id")
    if not isinstance(call_id, str) or not call_id:
        call_id = next(new_ids)
    function = {"name": call["name"], "arguments": json.dumps(call["parameters"], ensure_ascii=False)}
    last = written[-1]
    weight = {"weight": 0} if "loss" in call else {}
    is_thought = last["role"] == "assistant" and last["content"] and "tool_calls" not in last
    if not is_thought or weight.keys() != last.keys() & {"weight"}:
        last = {"role": "assistant", "content": None, **weight}
        written.append(last)
    last["tool_calls"] = [{"id": call_id, "type": "function", "function": function}]
    if "observation" in call:
        written.append({"role": "tool", "tool_call_id": call_id, "content": call["observation"]})
