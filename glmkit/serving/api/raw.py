"""The text of a reply as it was generated, so that a client's history encodes to the generated ids again.

``write_raw`` makes the field ``raw`` of a response's message; ``read_raw`` turns it back into messages. A message is
its text, header line included, or, where that text would be tokenized differently, its ids. No role token can come from
it: text is encoded as text, and ids must be ordinary ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glmkit.chat.conversation import Message
from glmkit.chat.protocol import ChatProtocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.serving.api.errors import ApiError

Part = str | list[int]


def write_raw(ids: Sequence[int], tokenizer: Tokenizer, protocol: ChatProtocol) -> str | list[Part]:
    """Return ``raw`` of a reply: a text, or a list with a text or ids for each of its messages."""
    parts: list[Part] = []
    for message in protocol.parse_reply(ids).messages:
        own = list(message.ids or ())
        text = _text(own, tokenizer)
        is_exact = _ids(_from_text(text, tokenizer), protocol) == own
        parts.append(text if is_exact or any(id in tokenizer.special_ids.values() for id in own) else own)
    return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else parts


def read_raw(raw: Any, tokenizer: Tokenizer, param: str) -> list[Message]:
    """Return the assistant's messages that ``raw`` stands for.

    Raises:
        ApiError: 400: it is neither text nor a list of texts and ordinary ids.
    """
    messages = []
    for part in raw if isinstance(raw, list) else [raw]:
        if isinstance(part, str):
            messages.append(_from_text(part, tokenizer))
        elif isinstance(part, list) and all(_is_ordinary(id, tokenizer) for id in part):
            messages.append(Message(role="assistant", ids=tuple(part)))
        else:
            raise ApiError(400, "api-raw", param=param)
    return messages


def _is_ordinary(id: Any, tokenizer: Tokenizer) -> bool:
    is_id = isinstance(id, int) and not isinstance(id, bool)
    return is_id and 0 <= id < tokenizer.vocab_size and id not in tokenizer.special_ids.values()


def _text(ids: Sequence[int], tokenizer: Tokenizer) -> str:
    """Decode header line and content apart, as they are encoded; a reply without a line break has no header."""
    end = next((i + 1 for i, id in enumerate(ids) if "\n" in tokenizer.decode([id])), len(ids))
    header = tokenizer.decode(ids[:end])
    return header + tokenizer.decode(ids[end:]) if header.endswith("\n") else tokenizer.decode(ids)


def _from_text(text: str, tokenizer: Tokenizer) -> Message:
    header, newline, content = text.partition("\n")
    if newline:
        return Message(role="assistant", metadata=header, content=content)
    return Message(role="assistant", ids=tuple(tokenizer.encode(text)))


def _ids(message: Message, protocol: ChatProtocol) -> list[int]:
    """Return the ids of a message behind its role token."""
    before = len(protocol.encode_prompt([]))  # the start, and one role token: the assistant's at the end
    return protocol.encode_prompt([message])[before:-1]
