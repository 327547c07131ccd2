"""ShareGPT's format: {"conversations": [{"from", "value"}, ...], "system"?: text, "tools"?: list or JSON text}.

A function_call, {"name", "arguments"} as JSON text, and the observation behind it become one message of the tool role;
a last message may be a call without an observation. Text of a gpt message is taken as it is. ``loss: false`` and
``weight: 0`` leave a message untrained; otherwise every gpt and function_call message is trained. Called through
read.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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

NAME = "sharegpt"
ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "system": "system",
    "function_call": "tool",
    "observation": "observation",
    "tool": "observation",
}
SPEAKERS = {"user": "human", "assistant": "gpt", "observation": "observation"}


def recognises(row: Mapping[str, Any]) -> bool:
    """A row has messages under "conversations" that say "from" or "value", where the original says "role"."""
    messages = row.get("conversations")
    return isinstance(messages, list) and any(
        isinstance(message, dict) and "role" not in message and ("from" in message or "value" in message)
        for message in messages
    )


def examples(row: dict[str, Any]) -> Iterator[Example]:
    """Yield the row's one conversation, or its faults."""
    translation = _Translation()
    tools = translation.tools(row.get("tools"))
    messages = row.get("conversations")
    if isinstance(messages, list):
        if messages:  # an empty conversation is named as one, whatever its system text
            translation.system(row.get("system"))
        for index, message in enumerate(messages):
            translation.add(index, message)
        translation.end()
    else:
        code = "data-not-a-list" if "conversations" in row else "data-field-missing"
        translation.fault("conversations", code, value=shown(messages))
    yield Example(
        row={**({"tools": tools} if tools else {}), "conversations": translation.messages},
        faults=tuple(translation.faults),
        message_fields=tuple(translation.message_fields),
    )


class _Translation(FieldReader):
    """The conversation made so far, the call that waits for its observation, and the faults met."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self._call: tuple[str, dict[str, Any]] | None = None

    def tools(self, tools: Any) -> list[Any]:
        """Return the functions without a {"type": "function"} wrapper, the form ChatGLM3 documents."""
        num_faults = len(self.faults)
        if isinstance(tools, str):
            tools = self.decoded("tools", tools, "data-sharegpt-tools") if tools.strip() else None
        if tools is None or len(self.faults) > num_faults:
            return []
        if not isinstance(tools, list):
            self.fault("tools", "data-not-a-list", value=shown(tools))
            return []
        for index, tool in enumerate(tools):
            if not isinstance(tool, dict):
                self.fault(f"tools[{index}]", "data-not-an-object", value=shown(tool))
        functions = [tool.get("function") if isinstance(tool, dict) else None for tool in tools]
        return [
            function if isinstance(function, dict) else tool for function, tool in zip(functions, tools, strict=True)
        ]

    def system(self, text: Any) -> None:
        """Put the row's own system text first."""
        if text not in (None, "") and self.is_text("system", text):
            self._append("system", {"role": "system", "content": text})

    def add(self, index: int, message: Any) -> None:
        """Translate one message of the source."""
        field = f"conversations[{index}]"
        if not isinstance(message, dict):
            self.fault(field, "data-not-an-object", value=shown(message))
            return
        speaker, value = message.get("from"), message.get("value")
        role = ROLES.get(speaker) if isinstance(speaker, str) else None
        if role is None:
            self.fault(f"{field}.from", "data-role-unknown", value=shown(speaker), choices=", ".join(ROLES))
            return
        loss = {"loss": message["loss"]} if "loss" in message else self.loss(field, message)
        if role == "observation" and self._call is not None:
            call_field, call = self._call
            self._call = None
            if self.is_text(f"{field}.value", value):
                self._append(call_field, {**call, "observation": value})
            return
        self._name_unanswered()
        if role == "tool":
            waiting = self._read_call(f"{field}.value", value)
            self._call = (field, {**waiting, **loss}) if waiting else None
        elif self.is_text(f"{field}.value", value):
            self._append(field, {"role": role, "content": value, **(loss if role == "assistant" else {})})

    def end(self) -> None:
        """Add a last call that nothing answers."""
        if self._call is not None:
            field, call = self._call
            self._append(field, written_call(call))

    def _append(self, field: str, message: dict[str, Any]) -> None:
        self.messages.append(message)
        self.message_fields.append(field)

    def _name_unanswered(self) -> None:
        if self._call is not None:
            field, call = self._call
            self.fault(field, "data-sharegpt-unanswered", name=call["name"])
            self._call = None

    def _read_call(self, field: str, value: Any) -> dict[str, Any] | None:
        """Return the call as a tool message without its observation, or None after a fault."""
        num_faults = len(self.faults)
        if isinstance(value, str):
            value = self.decoded(field, value, "data-sharegpt-broken-call")
            if len(self.faults) > num_faults:
                return None
        if isinstance(value, list) and len(value) > 1:
            self.fault(field, "data-sharegpt-calls", count=len(value))
            return None
        call = value[0] if isinstance(value, list) and value else value
        if not isinstance(call, dict) or "name" not in call or "arguments" not in call:
            self.fault(field, "data-sharegpt-call", value=shown(value))
            return None
        arguments = self.arguments(f"{field}.arguments", call["arguments"])
        if not isinstance(call["name"], str) or not call["name"]:
            self.fault(f"{field}.name", "data-not-text", value=shown(call["name"]))
        is_good = len(self.faults) == num_faults
        return {"role": "tool", "name": call["name"], "parameters": arguments} if is_good else None


def write(row: Mapping[str, Any]) -> Written:
    """Return the row with calls as function_call and observation, ``loss: false`` kept, tools as JSON text."""
    row = canonical(row)
    losses = {"data-loss-fields"} if has_other_fields(row) else set()
    functions, system = functions_and_system(row, losses)
    _, messages = split_system(row)
    written: list[Row] = [{"from": "system", "value": ""}] if system == "" else []
    for message in messages:
        role = message["role"]
        call = message if role == "tool" else call_of(message) if message is messages[-1] else None
        loss = {"loss": False} if "loss" in message and role != "observation" else {}
        if call is not None:
            value = json.dumps({"name": call["name"], "arguments": call["parameters"]}, ensure_ascii=False)
            written.append({"from": "function_call", "value": value, **loss})
            if "observation" in call:
                written.append({"from": "observation", "value": call["observation"]})
            continue
        written.append({"from": SPEAKERS[role], "value": message["content"], **loss})
        losses.update(["data-loss-header"] if "metadata" in message else [])
        losses.update(["data-loss-flags"] if role == "observation" and "loss" in message else [])
    # A definition with a "function" of its own would be taken for a wrapper.
    tools = [{"type": "function", "function": tool} if "function" in tool else tool for tool in functions]
    result = {
        "conversations": written,
        **({"system": system} if system else {}),
        **({"tools": json.dumps(tools, ensure_ascii=False)} if tools else {}),
    }
    return Written(row=result, losses=frozenset(losses), fault=untrained(NAME, messages))
