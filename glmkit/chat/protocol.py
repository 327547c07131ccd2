"""The one door between conversations and token ids, for training, chat, API and batch alike.

``ChatProtocol`` says what a chat format must do, ``PROTOCOLS`` names those there are; ``encode_conversation`` and
``encode_chat`` are the public functions on top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from glmkit.chat.chatglm3 import ChatGLM3
from glmkit.chat.conversation import Conversation, Message, read_messages
from glmkit.chat.reply import Reply
from glmkit.chat.sample import Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import ConfigError

__all__ = ["PROTOCOLS", "TRUNCATIONS", "ChatProtocol", "Reply", "encode_chat", "encode_conversation", "make_protocol"]


class ChatProtocol(Protocol):
    """A chat format bound to a tokenizer. Ids are plain lists of int; the formats are described in their classes."""

    name: str
    stop_ids: tuple[int, ...]

    def encode_conversation(self, conversation: Conversation) -> tuple[list[int], list[int]]:
        """Return (input_ids, labels): equally long, unshifted, IGNORE_INDEX where nothing is learned."""

    def encode_prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return the ids after which the model writes the assistant's next message."""

    def parse_reply(self, ids: Sequence[int]) -> Reply:
        """Read generated ids, stop token included or not; total."""


PROTOCOLS: dict[str, Callable[[Tokenizer], ChatProtocol]] = {ChatGLM3.name: ChatGLM3}


def make_protocol(tokenizer: Tokenizer, name: str = ChatGLM3.name) -> ChatProtocol:
    """Return the protocol called ``name`` for ``tokenizer``.

    Raises:
        ConfigError: no protocol has this name.
    """
    if name not in PROTOCOLS:
        raise ConfigError("chat-unknown-protocol", value=repr(name), known=", ".join(PROTOCOLS))
    return PROTOCOLS[name](tokenizer)


def _keep_start(length: int, limit: int) -> slice:
    return slice(0, limit)


# Which tokens of a conversation that is too long stay: (length, limit) -> slice. "right" cuts the end, as the original.
TRUNCATIONS: dict[str, Callable[[int, int], slice]] = {"right": _keep_start}


def encode_conversation(
    conversation: Conversation | Mapping[str, Any],
    tokenizer: Tokenizer,
    max_seq_len: int = 2048,
    truncate: str = "right",
    *,
    protocol: str = ChatGLM3.name,
) -> Sample:
    """Encode a conversation, or a row of the original's format, for training.

    Returns a Sample with ids and labels of the same length, at most ``max_seq_len``; what was cut is counted in
    ``cut_tokens``, and labels may be gone with it. What is labelled: see ``ChatGLM3.encode_conversation``.

    Raises:
        DataError: the row has faults (all are listed), or its text cannot be encoded.
        ConfigError: unknown ``truncate`` or ``protocol``, or ``max_seq_len`` below 1.
    """
    if truncate not in TRUNCATIONS:
        raise ConfigError("chat-unknown-truncate", value=repr(truncate), known=", ".join(TRUNCATIONS))
    if max_seq_len < 1:
        raise ConfigError("chat-max-seq-len", value=max_seq_len)
    if not isinstance(conversation, Conversation):
        conversation = Conversation.from_dict(conversation)
    input_ids, labels = make_protocol(tokenizer, protocol).encode_conversation(conversation)
    kept = TRUNCATIONS[truncate](len(input_ids), max_seq_len)
    return Sample(
        input_ids=input_ids[kept],
        labels=labels[kept],
        source=conversation.source,
        cut_tokens=max(0, len(input_ids) - max_seq_len),
    )


def encode_chat(
    messages: Sequence[Message | Mapping[str, Any]], tokenizer: Tokenizer, *, protocol: str = ChatGLM3.name
) -> list[int]:
    """Return the prompt ids of a chat so far, ending in ``<|assistant|>``: what a model continues with its reply.

    Messages are Message objects or dicts with ``role``, ``content`` and, where wanted, ``metadata`` (header line) and
    ``tools`` (on a system message). A Message from a Reply keeps its generated ids.

    Raises:
        DataError: malformed dicts (all are listed), or text that cannot be encoded.
        ConfigError: unknown ``protocol``.
    """
    return make_protocol(tokenizer, protocol).encode_prompt(read_messages(messages))
