"""The words of the house: Message, ToolCall, Conversation.

Source files become conversations here and protocols turn them into ids. ``from_dict`` reads the original's row format
(``{"tools": ..., "conversations": [...]}``) after ``validation.validate`` found no fault; ``to_dict`` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from glmkit.chat.calls import write_call
from glmkit.chat.validation import message_problems, validate
from glmkit.errors import DataError, Problem

Role = Literal["system", "user", "assistant", "observation"]

# What the original puts before a tool list, in training rows and in its demos.
TOOL_SENTENCE = "Answer the following questions as best as you can. You have access to the following tools:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool's name and its arguments (JSON values by name); ``id`` is the caller's, no token carries it."""

    name: str
    arguments: dict[str, Any]
    id: str | None = None

    def __post_init__(self) -> None:
        if not self.name or self.name != self.name.strip() or "\n" in self.name:
            raise DataError("chat-tool-name", field="name", value=repr(self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation.

    Attributes:
        role: who speaks.
        content: the text after the header line.
        metadata: the header line: empty, "interpreter", or a tool's name.
        call: an assistant's tool call; the protocol writes it, so ``content`` and ``metadata`` stay empty.
        tools: a system message's tool list, any JSON value; the protocol writes it after ``content``.
        trained: whether the model learns to produce this message. None: assistant yes, observation no.
            System and user messages are never trained.
        ids: the ids behind the role token exactly as the model generated them; encoding then uses them as they are.

    Raises:
        DataError: unknown role, a header of several lines, a call beside text, a call or tools on another role.
    """

    role: Role
    content: str = ""
    metadata: str = ""
    call: ToolCall | None = None
    tools: Any = None
    trained: bool | None = None
    ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.role not in get_args(Role):
            raise DataError("chat-unknown-role", field="role", value=repr(self.role), known=", ".join(get_args(Role)))
        if "\n" in self.metadata:
            raise DataError("chat-header-line", field="metadata", value=repr(self.metadata))
        if self.call is not None and self.role != "assistant":
            raise DataError("chat-call-role", role=self.role)
        if self.call is not None and (self.content or self.metadata):
            raise DataError("chat-call-beside-text", name=self.call.name)
        if self.tools is not None and self.role != "system":
            raise DataError("chat-tools-role", field="tools", role=self.role)

    @property
    def is_trained(self) -> bool:
        """Whether predictions made from this message's tokens count in the loss."""
        if self.role in ("system", "user"):
            return False
        return self.role == "assistant" if self.trained is None else self.trained


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Messages in order; ``source`` is "file:line" where known and goes into every complaint about the row."""

    messages: tuple[Message, ...]
    source: str = ""

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], source: str = "") -> Conversation:
        """Read a row of the original's training format.

        A message is ``{"role", "content", "loss"?, "metadata"?}``, or ``{"role": "tool", "name", "parameters",
        "observation", "loss"?}``, which stands for a call and its result. ``tools`` (list or object; null is none)
        becomes a first system message behind the tool sentence; a system message of the row then comes second.

        Raises:
            DataError: with every fault of the row, each naming its field and carrying ``source``.
        """
        problems = validate(row)
        if problems:
            raise DataError([replace(problem, where=source) for problem in problems])
        messages = [message for item in row["conversations"] for message in _read_message(item)]
        if row.get("tools") is not None:
            messages.insert(0, _tools_message(row["tools"]))
        return cls(messages=tuple(messages), source=source)

    def to_dict(self) -> dict[str, Any]:
        """Write the row that ``from_dict`` reads: the same messages, hence the same ids and labels.

        Generated ``ids`` are left out, so that no file can smuggle control tokens into a prompt. A call without a plain
        result behind it becomes an assistant message in the original's spelling of calls.
        """
        messages = list(self.messages)
        row: dict[str, Any] = {}
        if messages and messages[0].tools is not None and messages[0] == _tools_message(messages[0].tools):
            row["tools"] = messages.pop(0).tools
        row["conversations"] = items = []
        while messages:
            message = messages.pop(0)
            if message.call is not None and messages and _is_plain_result(messages[0]):
                items.append(_write_tool(message, message.call, messages.pop(0).content))
            else:
                items.append(_write_message(message))
        return row


def read_messages(items: Sequence[Message | Mapping[str, Any]], field: str = "messages") -> list[Message]:
    """Return chat messages given as Message objects or as dicts in the forms of ``Conversation.from_dict``.

    Raises:
        DataError: with every malformed dict; the order of roles is not checked, for a prompt may end anywhere.
    """
    problems: list[Problem] = []
    messages: list[Message] = []
    for i, item in enumerate(items):
        if isinstance(item, Message):
            messages.append(item)
        elif faults := message_problems(item, f"{field}[{i}]"):
            problems += faults
        else:
            messages += _read_message(item)
    if problems:
        raise DataError(problems)
    return messages


def _read_message(item: Mapping[str, Any]) -> list[Message]:
    """One message, or the call and the result that a ``tool`` item stands for; ``item`` has no faults."""
    if item["role"] == "tool":
        call = ToolCall(name=item["name"], arguments=item["parameters"], id=item.get("id"))
        result = item.get("observation")
        text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
        return [
            Message(role="assistant", call=call, trained=item.get("loss")),
            Message(role="observation", content=text),
        ]
    message = Message(
        role=item["role"],
        content=item["content"],
        metadata=item.get("metadata", ""),
        tools=item.get("tools"),
        trained=item.get("loss"),
    )
    return [message]


def _tools_message(tools: Any) -> Message:
    return Message(role="system", content=TOOL_SENTENCE, tools=tools)


def _is_plain_result(message: Message) -> bool:
    return message == Message(role="observation", content=message.content)


def _write_tool(message: Message, call: ToolCall, result: str) -> dict[str, Any]:
    item: dict[str, Any] = {"role": "tool", "name": call.name, "parameters": call.arguments, "observation": result}
    if message.trained is not None:
        item["loss"] = message.trained
    if call.id is not None:
        item["id"] = call.id
    return item


def _write_message(message: Message) -> dict[str, Any]:
    call = message.call
    header, content = (call.name, write_call(call.arguments)) if call else (message.metadata, message.content)
    item: dict[str, Any] = {"role": message.role, "content": content}
    if header:
        item["metadata"] = header
    if message.tools is not None:
        item["tools"] = message.tools
    if message.trained is not None:
        item["loss"] = message.trained
    return item
