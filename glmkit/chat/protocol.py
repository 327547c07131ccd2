"""The one door between conversations and token ids, for training, chat, API and batch alike.

``ChatProtocol`` says what a chat format must do, ``PROTOCOLS`` names those there are; ``encode_conversation`` and
``encode_chat`` are the public functions on top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, Protocol

from glmkit.chat.chatglm3 import ChatGLM3
from glmkit.chat.conversation import Conversation, Message, read_messages
from glmkit.chat.reply import Reply
from glmkit.chat.sample import Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import AS_IS, LAYOUTS, written_layout
from glmkit.errors import ConfigError, DataError

__all__ = ["PROTOCOLS", "TRUNCATIONS", "ChatProtocol", "Reply", "encode_chat", "encode_conversation", "make_protocol"]


class ChatProtocol(Protocol):
    """A chat format bound to a tokenizer. Ids are plain lists of int; the formats are described in their classes."""

    name: str
    stop_ids: tuple[int, ...]

    def encode_conversation(self, conversation: Conversation) -> tuple[list[int], list[int]]:
        """Return (input_ids, labels): equally long, unshifted, IGNORE_INDEX where nothing is learned."""

    def message_lengths(self, messages: Sequence[Message]) -> list[int]:
        """Return how many ids each message is: what a conversation becomes shorter by without it."""

    def encode_prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return the ids after which the model writes the assistant's next message."""

    def parse_reply(self, ids: Sequence[int]) -> Reply:
        """Read generated ids, stop token included or not; total."""


# (tokenizer, layout of tools) -> the format
PROTOCOLS: dict[str, Callable[[Tokenizer, str], ChatProtocol]] = {ChatGLM3.name: ChatGLM3}


def make_protocol(tokenizer: Tokenizer, name: str = ChatGLM3.name, *, tools_layout: str = AS_IS) -> ChatProtocol:
    """Return the protocol called ``name`` for ``tokenizer``; it writes every tool list in ``tools_layout``.

    Raises:
        ConfigError: no protocol, or no layout, has this name.
    """
    if name not in PROTOCOLS:
        raise ConfigError("chat-unknown-protocol", value=repr(name), known=", ".join(PROTOCOLS))
    if tools_layout not in LAYOUTS:
        raise ConfigError("chat-tools-layout", value=repr(tools_layout), known=", ".join(LAYOUTS))
    return PROTOCOLS[name](tokenizer, tools_layout)


def _keep_history(protocol: ChatProtocol, messages: tuple[Message, ...], excess: int) -> tuple[Message, ...]:
    return messages


def _drop_history(protocol: ChatProtocol, messages: tuple[Message, ...], excess: int) -> tuple[Message, ...]:
    """Leave out the oldest turns until ``excess`` ids are gone; a turn goes from a user message to the next.

    What stands before the first turn (system prompt, tool list) stays, and so does the last turn that is trained on,
    even where that is still too long::

        messages   system  user assistant  user assistant observation assistant  user assistant
        turn               1............   2.................................   3............
        kept          x                                                          x     x
    """
    head = next((i for i, message in enumerate(messages) if message.role != "system"), len(messages))
    last_trained = max((i for i, message in enumerate(messages) if message.is_trained), default=len(messages) - 1)
    starts = [i for i in range(head, last_trained + 1) if messages[i].role == "user"] or [head]
    ends = [0, *accumulate(protocol.message_lengths(messages[: starts[-1]]))]
    first_kept = next((start for start in starts if ends[start] - ends[head] >= excess), starts[-1])
    return messages[:head] + messages[first_kept:]


# What a conversation that is too long loses before its end is cut: (protocol, messages, ids too many) -> messages kept.
# "right" loses nothing before, as the original.
TRUNCATIONS: dict[str, Callable[[ChatProtocol, tuple[Message, ...], int], tuple[Message, ...]]] = {
    "history": _drop_history,
    "right": _keep_history,
}


def encode_conversation(
    conversation: Conversation | Mapping[str, Any],
    tokenizer: Tokenizer,
    max_seq_len: int = 2048,
    truncate: str = "right",
    *,
    tools_layout: str = AS_IS,
    protocol: str = ChatGLM3.name,
) -> Sample:
    """Encode a conversation, or a row of the original's format, for training.

    Returns a Sample with ids and labels of the same length, at most ``max_seq_len``; what was cut is counted in
    ``cut_tokens``, and the labels gone with it in ``cut_labels``. What is labelled: see
    ``ChatGLM3.encode_conversation``.

    Args:
        conversation: messages, or a row.
        tokenizer: of the model.
        max_seq_len: most tokens of the sample.
        truncate: what a conversation that is too long loses. "right" cuts its end, as the original. "history" leaves
            out the oldest turns as if they had never been, keeps the system prompt, the tools and the last turn that is
            trained on, and cuts the end only where these alone are too long.
        tools_layout: how its tools are written (``tools_layout.LAYOUTS``); the sample tells how they came to be.
        protocol: name of the chat format.

    Raises:
        DataError: the row has faults (all are listed), or its text cannot be encoded, or its tools not in the layout.
        ConfigError: unknown ``truncate``, ``tools_layout`` or ``protocol``, or ``max_seq_len`` below 1.
    """
    if truncate not in TRUNCATIONS:
        raise ConfigError("chat-unknown-truncate", value=repr(truncate), known=", ".join(TRUNCATIONS))
    if max_seq_len < 1:
        raise ConfigError("chat-max-seq-len", value=max_seq_len)
    if not isinstance(conversation, Conversation):
        conversation = Conversation.from_dict(conversation)
    chat_format = make_protocol(tokenizer, protocol, tools_layout=tools_layout)
    try:
        input_ids, labels = chat_format.encode_conversation(conversation)
    except DataError as error:
        raise DataError(
            [replace(problem, where=problem.where or conversation.source) for problem in error.problems]
        ) from error
    given = (item.tools for item in conversation.messages if item.tools is not None)
    layout = next((written_layout(tools, tools_layout) for tools in given), "")
    whole = Sample(input_ids, labels, conversation.source, tools_layout=layout)
    excess = len(input_ids) - max_seq_len
    if excess <= 0:
        return whole
    kept = TRUNCATIONS[truncate](chat_format, conversation.messages, excess)
    if len(kept) < len(conversation.messages):
        input_ids, labels = chat_format.encode_conversation(replace(conversation, messages=kept))
    sample = replace(whole, input_ids=input_ids[:max_seq_len], labels=labels[:max_seq_len])
    return replace(
        sample,
        cut_tokens=len(whole.input_ids) - len(sample.input_ids),
        cut_labels=whole.num_labels - sample.num_labels,
    )


def encode_chat(
    messages: Sequence[Message | Mapping[str, Any]],
    tokenizer: Tokenizer,
    *,
    tools_layout: str = AS_IS,
    protocol: str = ChatGLM3.name,
) -> list[int]:
    """Return the prompt ids of a chat so far, ending in ``<|assistant|>``: what a model continues with its reply.

    Messages are Message objects or dicts with ``role``, ``content`` and, where wanted, ``metadata`` (header line) and
    ``tools`` (on a system message), which are written in ``tools_layout``: that of the model's training, which
    ``loading.tools_layout_of`` tells. A Message from a Reply keeps its generated ids.

    Raises:
        DataError: malformed dicts (all are listed), text that cannot be encoded, or tools not in the layout.
        ConfigError: unknown ``tools_layout`` or ``protocol``.
    """
    return make_protocol(tokenizer, protocol, tools_layout=tools_layout).encode_prompt(read_messages(messages))
