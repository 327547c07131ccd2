"""OpenAI's messages -> glmkit's: roles, text parts, tool calls and their results, ``raw``.

In: ``messages`` of a request as parsed JSON. Out: Messages in the order the model sees them; a thought and its call,
one message there, are two here, and every call is followed by its result. Faults become 400s that name the field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from glmkit.chat.conversation import Message, ToolCall
from glmkit.chat.reply import INTERPRETER
from glmkit.chat.tokenizer import Tokenizer
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.limits import LIMITS, check_json, within
from glmkit.serving.api.raw import read_raw
from glmkit.serving.api.types import shown

ROLES = ("system", "developer", "user", "assistant", "tool", "function", "observation")
RESULTS = ("tool", "function", "observation")
TEXT_PARTS = ("text", "input_text", "refusal")


def read_messages(items: list[Any], tokenizer: Tokenizer) -> list[Message]:
    """Return the messages of a chat request.

    Raises:
        ApiError: 400: there are none or too many, one is malformed, or the last one is the assistant's.
    """
    if not items:
        raise ApiError(400, "api-no-messages", param="messages")
    within(len(items), LIMITS.messages, "messages")
    for i, item in enumerate(items):
        _check(item, f"messages[{i}]")
    if items[-1]["role"] == "assistant":
        raise ApiError(400, "api-last-assistant", param=f"messages[{len(items) - 1}].role")
    messages: list[Message] = []
    i = 0
    while i < len(items):
        place, role = f"messages[{i}]", items[i]["role"]
        i += 1
        if role == "assistant":
            results = []
            while i < len(items) and items[i]["role"] in RESULTS:
                results.append((f"messages[{i}]", items[i]))
                i += 1
            messages += _turn(items[i - len(results) - 1], place, results, tokenizer)
        elif role in RESULTS:
            raise ApiError(400, "api-result-without-call", param=f"{place}.role", role=role)
        else:
            content = read_text(items[i - 1].get("content"), f"{place}.content")
            if role == "user" and not content:
                raise ApiError(400, "api-empty-content", param=f"{place}.content")
            messages.append(Message(role="user" if role == "user" else "system", content=content))
    return messages


def read_text(content: Any, param: str) -> str:
    """Return text given as a string or as text parts; null is no text."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise ApiError(400, "api-content", param=param, value=shown(content))
    within(len(content), LIMITS.content_parts, param)
    texts = []
    for i, part in enumerate(content):
        kind = part.get("type") if isinstance(part, Mapping) else None
        text = part.get("refusal" if kind == "refusal" else "text") if isinstance(part, Mapping) else None
        if kind not in TEXT_PARTS or not isinstance(text, str):
            raise ApiError(400, "api-content-part", param=f"{param}[{i}]", value=shown(kind))
        texts.append(text)
    return "\n".join(texts)


def _check(item: Any, place: str) -> None:
    if not isinstance(item, Mapping):
        raise ApiError(400, "api-invalid", param=place, reason="should be an object", value=shown(item))
    if "role" not in item:
        raise ApiError(400, "api-missing", param=f"{place}.role")
    if item["role"] not in ROLES:
        raise ApiError(400, "api-role", param=f"{place}.role", value=shown(item["role"]), known=", ".join(ROLES))


def _turn(
    item: Mapping[str, Any], place: str, results: list[tuple[str, Mapping[str, Any]]], tokenizer: Tokenizer
) -> list[Message]:
    """One assistant message with the results behind it: thought, then each call and its result."""
    observations = [(where, result, _observation(result, where)) for where, result in results]
    if item.get("raw") is not None:
        messages = read_raw(item["raw"], tokenizer, f"{place}.raw")
        return messages + [message for *_, message in observations]
    text = read_text(item.get("content"), f"{place}.content")
    calls = _calls(item, place)
    messages = [Message(role="assistant", content=text)] if text or not calls else []
    for id, message in calls:
        messages.append(message)
        match = next((entry for entry in observations if entry[1].get("tool_call_id") == id is not None), None)
        if match is None and observations and observations[0][1].get("tool_call_id") is None:
            match = observations[0]
        if match is not None:
            observations.remove(match)
            messages.append(match[2])
    for where, result, message in observations:
        if result["role"] == "tool":
            value = shown(result.get("tool_call_id"))
            raise ApiError(400, "api-result-unknown-call", param=f"{where}.tool_call_id", value=value)
        messages.append(message)
    return messages


def _observation(item: Mapping[str, Any], place: str) -> Message:
    return Message(role="observation", content=read_text(item.get("content"), f"{place}.content"))


def _calls(item: Mapping[str, Any], place: str) -> list[tuple[str | None, Message]]:
    """Return (id, message) of every call; the older ``function_call`` has no id."""
    given = item.get("tool_calls")
    if given is not None and not isinstance(given, list):
        raise ApiError(400, "api-invalid", param=f"{place}.tool_calls", reason="should be a list", value=shown(given))
    within(len(given or ()), LIMITS.tools, f"{place}.tool_calls")
    calls: list[tuple[str | None, Message]] = []
    for i, call in enumerate(given or ()):
        where = f"{place}.tool_calls[{i}]"
        function = call.get("function") if isinstance(call, Mapping) else None
        id = call.get("id") if isinstance(call, Mapping) else None
        calls.append((id if isinstance(id, str) else None, _call(function, f"{where}.function")))
    if item.get("function_call") is not None:
        calls.append((None, _call(item["function_call"], f"{place}.function_call")))
    return calls


def _call(function: Any, place: str) -> Message:
    if not isinstance(function, Mapping):
        raise ApiError(400, "api-invalid", param=place, reason="should be an object", value=shown(function))
    name, text = function.get("name"), function.get("arguments")
    if not isinstance(name, str) or not name or name != name.strip() or "\n" in name:
        raise ApiError(400, "api-tool-name", param=f"{place}.name", value=shown(name))
    try:
        arguments = json.loads(text) if isinstance(text, str) and text.strip() else {} if text in (None, "") else text
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise ApiError(400, "api-arguments", param=f"{place}.arguments", value=shown(text))
    check_json(arguments, f"{place}.arguments", LIMITS.schema_depth, LIMITS.body_bytes)
    if name == INTERPRETER and list(arguments) == ["code"] and isinstance(arguments["code"], str):
        return Message(role="assistant", metadata=INTERPRETER, content=f"```python\n{arguments['code']}\n```")
    return Message(role="assistant", call=ToolCall(name=name, arguments=arguments))
