"""A reply while it is being generated: ids go in one at a time, readable text and calls come out as soon as they can.

The terminal takes the text (``push``, ``finish``), the API text and calls (``pieces``, ``last_pieces``). A reply begins
with a header line: empty before an answer, a tool's name before a call; base models write none.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from glmkit.chat.calls import FENCE, looks_like_call
from glmkit.chat.protocol import ChatProtocol
from glmkit.chat.reply import INTERPRETER, Reply
from glmkit.chat.tokenizer import StreamDecoder, Tokenizer
from glmkit.serving.call_stream import ArgumentsStream, CodeStream


@dataclass(frozen=True, slots=True)
class CallPiece:
    """Part of a call: its name, which comes first and once, or more of its arguments as JSON."""

    name: str = ""
    arguments: str = ""


Piece = str | CallPiece


def text_stream(tokenizer: Tokenizer, protocol: ChatProtocol, prompt_ids: Sequence[int]) -> StreamDecoder | ReplyStream:
    """Return what decodes the continuation of a prompt: a reply behind ``<|assistant|>``, plain text otherwise."""
    if prompt_ids[-1] == tokenizer.special_ids["<|assistant|>"]:
        return ReplyStream(tokenizer, protocol)
    return StreamDecoder(tokenizer)


class ReplyStream:
    """Turns generated ids into text and calls.

    Args:
        tokenizer: of the model.
        protocol: of the model.
        call_names: names a call may have; a message under any other header is text. None: any name, and then all text
            joined is ``protocol.parse_reply(ids).text``, whatever the ids.
        is_well_formed: whether a grammar keeps calls well-formed, so that their arguments can be given away while they
            are written. Otherwise a call comes when it is whole, and as text when it cannot be read.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        protocol: ChatProtocol,
        call_names: Collection[str] | None = None,
        is_well_formed: bool = False,
    ) -> None:
        self.num_calls = 0
        self._tokenizer = tokenizer
        self._protocol = protocol
        self._call_names = call_names
        self._is_well_formed = is_well_formed
        self._next_message_id = tokenizer.special_ids["<|assistant|>"]
        self._num_shown = 0  # messages
        self._begun = False  # something that is not blank has come out
        self._blanks = ""  # held back until something follows: the end of a reply is stripped
        self._begin_message()

    def push(self, id: int) -> str:
        """Take the next id of the reply, which is no stop token; return the text that it sets free."""
        return "".join(piece for piece in self.pieces(id) if isinstance(piece, str))

    def finish(self) -> str:
        """Return what the current message still holds back; called once more after the last id."""
        return "".join(piece for piece in self.last_pieces() if isinstance(piece, str))

    def pieces(self, id: int) -> list[Piece]:
        """Take the next id of the reply, which is no stop token; return what it sets free."""
        if id == self._next_message_id:
            return self.last_pieces()
        self._ids.append(id)
        return [piece for piece in self._read(self._decoder.push(id)) if piece]

    def last_pieces(self) -> list[Piece]:
        """Return what the current message still holds back; called once more after the last id."""
        pieces = self._read(self._decoder.finish())
        if self._state == "header":
            pieces.append(self._emit(self._separator() + self._held))
        elif self._state == "body":
            pieces += self._whole_message()
        elif isinstance(self._call, CodeStream):
            pieces.append(CallPiece(arguments=self._call.finish()))
        self._begin_message()
        return [piece for piece in pieces if piece and piece != CallPiece()]

    def _begin_message(self) -> None:
        self._ids: list[int] = []
        self._decoder = StreamDecoder(self._tokenizer)
        self._state = (
            "header"  # then "open header", a first line that is text; "text"; "body", perhaps of a call; "call"
        )
        self._header = ""
        self._held = ""
        self._call: ArgumentsStream | CodeStream | None = None

    def _read(self, text: str) -> list[Piece]:
        if self._state in ("header", "open header"):
            return self._read_header(text)
        if self._state == "text":
            return [self._emit(text)]
        if self._state == "body":
            return self._read_body(text)
        assert self._call is not None
        return [CallPiece(arguments=arguments)] if (arguments := self._call.push(text)) else []

    def _read_header(self, text: str) -> list[Piece]:
        line, newline, rest = text.partition("\n")
        if not newline:
            return self._read_open_line(line)
        if not rest:
            self._decoder = StreamDecoder(self._tokenizer)  # content is encoded apart
        if self._state == "open header":
            self._state = "text"
            pieces = [self._emit(line)]
            self._blanks = ""
            return [*pieces, self._emit("\n" + rest)]
        self._header, self._held = (self._held + line).strip(), ""
        if self._header and (self._call_names is None or self._header in self._call_names):
            return self._begin_call(rest) if self._is_well_formed else self._read_body(rest)
        self._state = "text"
        return [self._emit(f"{self._separator()}{self._header}\n{rest}" if self._header else self._separator() + rest)]

    def _read_open_line(self, text: str) -> list[Piece]:
        if self._state == "open header":
            return [self._emit(text)]
        self._held += text
        begun = self._held.lstrip()
        if self._call_names is None or not begun or any(name.startswith(begun.rstrip()) for name in self._call_names):
            return []
        self._state = "open header"
        return [self._emit(self._separator() + begun)]

    def _read_body(self, text: str) -> list[Piece]:
        self._state = "body"
        self._held += text
        is_open = self._call_names is None or self._header == INTERPRETER or _may_be_call(self._held.lstrip())
        if is_open:
            return []
        self._state = "text"
        return [self._emit(f"{self._separator()}{self._header}\n{self._held}")]

    def _begin_call(self, text: str) -> list[Piece]:
        self._state = "call"
        self.num_calls += 1
        self._call = CodeStream() if self._header == INTERPRETER else ArgumentsStream()
        return [CallPiece(name=self._header), *self._read(text)]

    def _whole_message(self) -> list[Piece]:
        (message,) = self._protocol.parse_reply(self._ids).messages
        alone = Reply(messages=(message,), finish="stop")
        arguments = {"code": alone.code} if alone.code is not None else alone.call and alone.call.arguments
        if arguments is None:
            header = f"{message.metadata}\n" if message.metadata else ""
            return [self._emit(f"{self._separator()}{header}{message.content}")]
        self.num_calls += 1
        return [CallPiece(name=self._header), CallPiece(arguments=json.dumps(arguments, ensure_ascii=False))]

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


def _may_be_call(begun: str) -> bool:
    """Whether text that goes on after ``begun`` can look like a call."""
    return looks_like_call(begun) or any(opening.startswith(begun) for opening in (FENCE, "tool_call("))
