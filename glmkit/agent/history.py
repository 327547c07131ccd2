"""A conversation as the agent holds it: messages in OpenAI's form, and the same as a training row, both ways.

The loop appends; the page and the terminal show. ``to_row`` writes the original's conversation format, which
``glmkit train`` reads; ``from_row`` reads any row of that format. What a server generated for a message (``raw``) is
kept beside it and sent back to that server only, so that it goes on from exactly what it wrote.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, takewhile, zip_longest
from typing import Any

from glmkit.agent.turn import read_arguments
from glmkit.chat.calls import fenced
from glmkit.chat.conversation import TOOL_SENTENCE, Conversation, Message, ToolCall
from glmkit.chat.reply import INTERPRETER
from glmkit.chat.tools_layout import is_text, write_tools
from glmkit.errors import DataError

Item = dict[str, Any]  # a message in OpenAI's form

_OURS = ("raw", "raw_source", "untrained")  # keys beside OpenAI's


@dataclass(slots=True, kw_only=True)
class History:
    """One conversation.

    Attributes:
        system: the system prompt, "" for none.
        tools: definitions of the tools it has been offered; None before the first reply fixes them.
        messages: user, assistant and tool messages in OpenAI's form; JSON values. Assistant messages may carry ``raw``
            and ``raw_source``, and ``untrained``: nothing is learned from it.
    """

    system: str = ""
    tools: list[Item] | None = None
    messages: list[Item] = field(default_factory=list)

    def add_user(self, text: str) -> None:
        """Append what the user says."""
        self.messages.append({"role": "user", "content": text})

    def add_result(self, call_id: str, text: str) -> None:
        """Append the result of a call."""
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": text})

    def take_back(self) -> str | None:
        """Remove the last question and everything behind it and return its text; None where there is none."""
        for index in range(len(self.messages) - 1, -1, -1):
            if self.messages[index]["role"] == "user":
                text: str = self.messages[index]["content"]
                del self.messages[index:]
                return text
        return None

    def open_calls(self) -> list[str]:
        """Return the ids of the last assistant message's calls that have no result."""
        answered: list[str] = []
        for message in reversed(self.messages):
            if message["role"] != "tool":
                return [call["id"] for call in message.get("tool_calls", [])][len(answered) :]
            answered.append(message["tool_call_id"])
        return []

    def request_messages(self, source: str, system: str = "") -> list[Item]:
        """Return the messages to send to the server ``source``; ``system`` stands in where there is no prompt."""
        prompt = self.system or system
        sent = [{"role": "system", "content": prompt}] if prompt else []
        for message in self.messages:
            own = {key: value for key, value in message.items() if key not in _OURS}
            if "tool_calls" in own:
                own["tool_calls"] = [_readable(call) for call in own["tool_calls"]]
            if message.get("raw_source") == source:
                own["raw"] = message["raw"]
            sent.append(own)
        return sent

    def to_row(self, system: str = "") -> dict[str, Any] | None:
        """Return the conversation as a training row, or None while there is nothing to learn from.

        Every message of the model is learned, but those that break off and calls that cannot be read. Questions without
        an answer stand with the next question; what is behind the model's last message is left out. Calls and their
        results are messages of role ``tool``; code for the interpreter is a message with the header ``interpreter``.
        ``system`` stands in where there is no prompt.
        """
        messages = [*self._spoken()]
        while messages and messages[-1].role != "assistant":
            messages.pop()
        if not any(message.is_trained for message in messages):
            return None
        if prompt := self.system or system:
            messages.insert(0, Message(role="system", content=prompt))
        if self.tools:
            messages.insert(0, Message(role="system", content=TOOL_SENTENCE, tools=self.tools))
        return Conversation(messages=tuple(messages)).to_dict()

    def _spoken(self) -> Iterator[Message]:
        asked: list[str] = []
        for index, item in enumerate(self.messages):
            if item["role"] == "user":
                asked.append(item["content"])
            elif item["role"] == "assistant":
                if asked:
                    yield Message(role="user", content="\n".join(asked))
                    asked = []
                calls = item.get("tool_calls", [])
                trained = False if item.get("untrained") else None
                if item["content"] or not calls:
                    yield Message(role="assistant", content=item["content"] or "", trained=trained)
                results = takewhile(lambda message: message["role"] == "tool", self.messages[index + 1 :])
                for call, result in zip_longest(calls, results):  # by their order: some servers repeat ids
                    if call is not None:
                        yield _call_message(call["function"]["name"], call["function"]["arguments"], trained)
                        yield Message(role="observation", content=result["content"] if result else "")

    def to_json(self, system: str = "") -> str | None:
        """Return ``to_row`` as the text of a file for `glmkit train`: a list of one conversation."""
        row = self.to_row(system)
        return None if row is None else json.dumps([row], ensure_ascii=False, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> History:
        """Read what ``to_json`` wrote, or the first conversation of any such file (an object, a list, JSON lines).

        Raises:
            DataError: it is no JSON, holds no conversation, or the conversation has faults (all are named).
        """
        text = text.removeprefix("\ufeff").lstrip()
        try:
            value, _ = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError) as error:
            raise DataError("agent-import-json", reason=error) from error
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, Mapping):
            raise DataError("agent-import-none")
        return cls.from_row(value)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> History:
        """Read a row of the original's conversation format.

        Tools that are natural text, and further system prompts, become part of the system prompt.

        Raises:
            DataError: with every fault of the row.
        """
        conversation = Conversation.from_dict(row)
        history = cls()
        numbers = count(1)
        for message in conversation.messages:
            if message.role == "system":
                history._read_system(message)
            elif message.role == "user":
                history.add_user(_with_header(message))
            elif message.role == "observation":
                waiting = history.open_calls()
                if waiting:
                    history.add_result(waiting[0], message.content)
                else:
                    history.add_user(message.content)  # a result of no call that anyone can name
            else:
                history._read_reply(message, f"call_{next(numbers)}")
        for call_id in history.open_calls():
            history.add_result(call_id, "")
        return history

    def _read_system(self, message: Message) -> None:
        parts = [self.system, message.content]
        if message.tools is not None and (is_text(message.tools) or not message.tools):
            parts.append(json.dumps(message.tools, ensure_ascii=False, indent=4))
        elif message.tools is not None:
            self.tools = [*(self.tools or []), *write_tools(message.tools, "schema")]
            parts = [self.system, message.content if message.content != TOOL_SENTENCE else ""]
        self.system = "\n\n".join(part for part in parts if part)

    def _read_reply(self, message: Message, call_id: str) -> None:
        call = message.call
        code = fenced(message.content) if message.metadata == INTERPRETER else None
        if code is not None:
            call = ToolCall(name=INTERPRETER, arguments={"code": code})
        untrained = {"untrained": True} if message.trained is False else {}
        if call is None:
            self.messages.append({"role": "assistant", "content": _with_header(message), **untrained})
            return
        function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
        calls = [{"id": call_id, "type": "function", "function": function}]
        self.messages.append({"role": "assistant", "content": None, "tool_calls": calls, **untrained})


def _call_message(name: str, text: str, trained: bool | None) -> Message:
    arguments = read_arguments(text)
    if name == INTERPRETER and arguments is not None and isinstance(arguments.get("code"), str):
        code = f"```python\n{arguments['code']}\n```"
        return Message(role="assistant", metadata=INTERPRETER, content=code, trained=trained)
    if arguments is not None:
        with suppress(DataError):  # a name that no header line can hold
            return Message(role="assistant", call=ToolCall(name=name, arguments=arguments), trained=trained)
    return Message(role="assistant", content=f"{name}\n{text}", trained=False)


def _readable(call: Item) -> Item:
    """Return a call that any server can read: some refuse a history with arguments that are no JSON object."""
    function = call["function"]
    return (
        call
        if read_arguments(function["arguments"]) is not None
        else {**call, "function": {**function, "arguments": "{}"}}
    )


def _with_header(message: Message) -> str:
    return f"{message.metadata}\n{message.content}" if message.metadata else message.content
