"""A row of the original's format on its way into another format: what is common to the writers of all sources.

In: a row without faults. Out: ``canonical``, the same messages in one spelling, and the questions every writer asks of
it. What a format cannot hold is a loss, named by a message code; a row that it cannot hold at all has a fault. The
promise of every writer: reading what it wrote gives the canonical row again exactly where it names no loss.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glmkit.chat.calls import parse_call, write_call
from glmkit.chat.conversation import TOOL_SENTENCE
from glmkit.chat.tools_layout import is_text, tool_problems, write_tools
from glmkit.errors import Problem

Row = dict[str, Any]

_KEYS = {
    "system": {"role", "content", "metadata", "tools"},
    "user": {"role", "content", "metadata"},
    "assistant": {"role", "content", "metadata", "loss"},
    "observation": {"role", "content", "metadata", "loss"},
    "tool": {"role", "name", "parameters", "observation", "loss"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A row in another format and what of it was lost, or why there is no such row."""

    row: Row = field(default_factory=dict)
    losses: frozenset[str] = frozenset()  # message codes
    fault: Problem | None = None


def canonical(row: Mapping[str, Any]) -> Row:
    """Return the row with the same messages, tokens and labels in one spelling.

    Settings that change nothing are left out (``loss`` of a user's message, ``loss: true`` of an assistant's), results
    are text, and a call spelled out before its result is a message of the tool role.
    """
    messages: list[Row] = []
    for item in map(_canonical_message, row["conversations"]):
        call = call_of(messages[-1]) if messages and item.keys() == {"role", "content"} else None
        if call and item["role"] == "observation":
            messages[-1] = {**call, "observation": item["content"]}
        else:
            messages.append(item)
    rest = {key: value for key, value in row.items() if key not in ("tools", "conversations")}
    tools = row.get("tools")
    first = messages[0]
    if tools is None and first.get("tools") is not None and {**first, "tools": 0} == _tools_message(0):
        tools = messages.pop(0)["tools"]
    return {**({"tools": tools} if tools is not None else {}), "conversations": messages, **rest}


def _tools_message(tools: Any) -> Row:
    return {"role": "system", "content": TOOL_SENTENCE, "tools": tools}


def _canonical_message(item: Mapping[str, Any]) -> Row:
    role, message = item["role"], dict(item)
    if role == "tool":
        result = message.get("observation")
        message["observation"] = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    elif message.get("metadata") == "":
        del message["metadata"]
    if message.get("tools", ...) is None:
        del message["tools"]
    matters = {"assistant": False, "tool": False, "observation": True}  # the value that is not the default
    if "loss" in message and message["loss"] is not matters.get(role, ...):
        del message["loss"]
    return message


def call_of(message: Mapping[str, Any]) -> Row | None:
    """Return an assistant message that spells out a call as a tool message without its result; None for any other."""
    name = message.get("metadata", "")
    if message["role"] != "assistant" or not message.keys() <= _KEYS["assistant"] or not name or name != name.strip():
        return None
    arguments = parse_call(message["content"])
    if isinstance(arguments, Problem) or write_call(arguments) != message["content"]:
        return None
    if "\\u0000" in json.dumps(arguments):  # JSON files hold no NUL
        return None
    loss = {"loss": message["loss"]} if "loss" in message else {}
    return {"role": "tool", "name": name, "parameters": arguments, **loss}


def has_other_fields(row: Mapping[str, Any], *known: str) -> bool:
    """Say whether a canonical row has fields that no format but its own knows; ``known`` are keys of tool messages."""
    return not row.keys() <= {"tools", "conversations"} or any(
        not message.keys() <= _KEYS[message["role"]] | ({*known} if message["role"] == "tool" else set())
        for message in row["conversations"]
    )


def split_system(row: Mapping[str, Any]) -> tuple[Row | None, list[Row]]:
    """Return the system message, if there is one, and the messages behind it."""
    messages = row["conversations"]
    is_first = messages[0]["role"] == "system"
    return (messages[0], messages[1:]) if is_first else (None, messages)


def functions_and_system(row: Mapping[str, Any], losses: set[str]) -> tuple[list[Any], str | None]:
    """Return tools and system text for a format with functions: what is no list of functions becomes system text."""
    system, _ = split_system(row)
    text = None if system is None else system["content"]
    tools = row.get("tools")
    if system is not None and "metadata" in system:
        losses.add("data-loss-header")
    if system is not None and "tools" in system:
        losses.add("data-loss-system-tools")
        tools = system["tools"] if tools is None else tools
    if tools is None:
        return [], text
    if not tools:
        losses.add("data-loss-tools")
        return [], text
    if isinstance(tools, list) and all(isinstance(tool, dict) and isinstance(tool.get("name"), str) for tool in tools):
        return tools, text
    if not is_text(tools) and not tool_problems(tools):
        losses.add("data-loss-tools-form")
        return write_tools(tools, "schema"), text
    losses.add("data-loss-tools-text")
    written = f"{TOOL_SENTENCE}\n{json.dumps(tools, indent=4, ensure_ascii=False)}"
    return [], written if text is None else f"{written}\n\n{text}"


def turns_of(messages: Sequence[Row]) -> Iterator[tuple[Row, list[Row]]]:
    """Yield each user message with what follows it; nothing but a system message stands before the first."""
    start = 0
    for index in range(1, len(messages) + 1):
        if index == len(messages) or messages[index]["role"] == "user":
            yield messages[start], list(messages[start + 1 : index])
            start = index


def answer_of(replies: Sequence[Row]) -> str | None:
    """Return the text that ends a turn, or None where a call or its result does."""
    last = replies[-1]
    return last["content"] if last["role"] == "assistant" and "metadata" not in last else None


def flat(row: Mapping[str, Any], losses: set[str], has_history: bool) -> tuple[list[list[str]], str] | None:
    """Return the turns as [question, answer] and the system text, for formats of questions and answers.

    Without a history only the first turn is kept. None: the turn to learn from has no answer in words.
    """
    if has_other_fields(row):
        losses.add("data-loss-fields")
    system, messages = split_system(row)
    if row.get("tools") is not None or (system is not None and "tools" in system):
        losses.add("data-loss-tools")
    if system is not None and not system["content"]:
        losses.add("data-loss-system")
    if any("metadata" in message for message in row["conversations"] if message["role"] in ("system", "user")):
        losses.add("data-loss-header")
    turns = list(turns_of(messages))
    if not has_history and len(turns) > 1:
        losses.add("data-loss-turns")
        del turns[1:]
    pairs = []
    for user, replies in turns:
        losses.update(map(_loss_of_reply, replies[:-1]))
        answer = answer_of(replies)
        if answer is None:
            losses.add(_loss_of_reply(replies[-1]))
            losses.add("data-loss-turns")
            continue
        if "loss" in replies[-1]:
            losses.add("data-loss-flags")
        pairs.append([user["content"], answer])
    return (pairs, system["content"] if system else "") if answer is not None else None


def _loss_of_reply(message: Row) -> str:
    is_text = message["role"] == "assistant" and "metadata" not in message
    return "data-loss-texts" if is_text else "data-loss-calls"


def untrained(name: str, messages: Sequence[Row]) -> Problem | None:
    """Return the fault of a row whose only trained messages are results, which ``name`` cannot mark as trained."""
    if any(message["role"] in ("assistant", "tool") and "loss" not in message for message in messages):
        return None
    return Problem("data-hold-trained", values={"format": name})
