"""A conversation -> questions: every turn the model was to learn, with what stood before it.

In: a Conversation and its protocol. Out: prompt ids and the wanted reply, read by the same parser as the model's.
Called by ``evaluate_model``; the answers are judged in ``answers``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from glmkit.chat.conversation import Conversation, Message
from glmkit.chat.protocol import ChatProtocol
from glmkit.chat.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One turn to be generated.

    Attributes:
        source: "file:line" of the conversation.
        turn: index of the turn's first message in the conversation.
        prompt_ids: everything before it, ending in the assistant's role token.
        wanted: the turn as recorded.
        tools: names that may be called; None where the tools are described in a way that names cannot be read from.
    """

    source: str
    turn: int
    prompt_ids: list[int]
    wanted: Reply
    tools: frozenset[str] | None


def questions_of(conversation: Conversation, protocol: ChatProtocol) -> Iterator[Question]:
    """Yield a question for each run of trained assistant messages: a thought and the call behind it are one turn.

    The recorded history stands before each, not what the model said earlier.
    """
    messages = conversation.messages
    for start, end in trained_turns(messages):
        prompt_ids = protocol.encode_prompt(messages[:start])
        with_turn = protocol.encode_prompt(messages[:end])
        yield Question(
            source=conversation.source,
            turn=start,
            prompt_ids=prompt_ids,
            wanted=protocol.parse_reply(with_turn[len(prompt_ids) : -1]),  # between the two role tokens
            tools=callable_tools(messages[:start]),
        )


def trained_turns(messages: Sequence[Message]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each run of trained assistant messages."""
    start = None
    for index, message in enumerate(messages):
        is_asked = message.role == "assistant" and message.is_trained
        if is_asked and start is None:
            start = index
        elif not is_asked and start is not None:
            yield start, index
            start = None
    if start is not None:
        yield start, len(messages)


def callable_tools(messages: Sequence[Message]) -> frozenset[str] | None:
    """Return the names of all tools declared in the messages, or None if there are none or some cannot be read."""
    lists = [message.tools for message in messages if message.tools is not None]
    names = [declared_names(tools) for tools in lists]
    if not names or None in names:
        return None
    return frozenset().union(*(found for found in names if found is not None))


def declared_names(tools: Any) -> frozenset[str] | None:
    """Return the names in a tool list: of schemas, of OpenAI's wrappers around them, or a table by name.

    None for anything else, such as ToolAlpaca's documents in prose.
    """
    if isinstance(tools, dict):
        tools = [tools] if isinstance(tools.get("name"), str) else [{"name": name} for name in tools]
    if not isinstance(tools, list):
        return None
    names = []
    for tool in tools:
        inner = tool.get("function", tool) if isinstance(tool, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            return None
        names.append(inner["name"])
    return frozenset(names)
