"""The readable text of a reply while it is being generated: ids go in one at a time, text comes out as soon as it can.

The terminal shows it. A reply begins with a header line: empty before an answer, a tool's name before a call. Nothing
can be shown before that line is over, and a call only when it is whole, by whoever reads the parsed reply.
"""

from __future__ import annotations

from collections.abc import Sequence

from glmkit.chat.protocol import ChatProtocol
from glmkit.chat.reply import Reply
from glmkit.chat.tokenizer import StreamDecoder, Tokenizer


def text_stream(tokenizer: Tokenizer, protocol: ChatProtocol, prompt_ids: Sequence[int]) -> StreamDecoder | ReplyStream:
    """Return what decodes the continuation of a prompt: a reply behind ``<|assistant|>``, plain text otherwise."""
    if prompt_ids[-1] == tokenizer.special_ids["<|assistant|>"]:
        return ReplyStream(tokenizer, protocol)
    return StreamDecoder(tokenizer)


class ReplyStream:
    """Turns generated ids into text. All pieces joined are ``protocol.parse_reply(ids).text``, whatever the ids."""

    def __init__(self, tokenizer: Tokenizer, protocol: ChatProtocol) -> None:
        self._tokenizer = tokenizer
        self._protocol = protocol
        self._newline_id = tokenizer.encode("\n")[-1]
        self._next_message_id = tokenizer.special_ids["<|assistant|>"]
        self._ids: list[int] = []  # of the current message
        self._content: StreamDecoder | None = None  # set once the current message's header line is over and was empty
        self._num_shown = 0  # messages
        self._begun = False  # something that is not blank has come out
        self._blanks = ""  # held back until something follows: the end of a reply is stripped

    def push(self, id: int) -> str:
        """Take the next id of the reply, which is no stop token; return the text that it sets free."""
        if id == self._next_message_id:
            return self.finish()
        self._ids.append(id)
        if self._content is not None:
            return self._emit(self._content.push(id))
        is_header = id == self._newline_id and self._newline_id not in self._ids[:-1]
        if is_header and not self._tokenizer.decode(self._ids).strip():
            self._content = StreamDecoder(self._tokenizer)
            return self._emit(self._separator())
        return ""

    def finish(self) -> str:
        """Return what the current message still holds back; called once more after the last id."""
        if self._content is not None:
            text = self._content.finish()
        else:
            (message,) = self._protocol.parse_reply(self._ids).messages
            alone = Reply(messages=(message,), finish="stop")
            is_text = alone.call is None and alone.code is None
            header = f"{message.metadata}\n" if message.metadata else ""
            text = f"{self._separator()}{header}{message.content}" if is_text else ""
        self._ids, self._content = [], None
        return self._emit(text)

    def _separator(self) -> str:
        self._num_shown += 1
        return "\n" if self._num_shown > 1 else ""

    def _emit(self, text: str) -> str:
        text = self._blanks + text
        kept = text.rstrip()
        self._blanks = text[len(kept) :]
        if not self._begun:
            kept = kept.lstrip()
        self._begun = self._begun or bool(kept)
        return kept
