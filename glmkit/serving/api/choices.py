"""One choice of a response while it is generated: a Ticket's tokens in, Deltas out, for streams and whole responses.

Both routes and both forms of response read the same Deltas, so a stream adds up to the response without one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from glmkit.chat.protocol import ChatProtocol
from glmkit.chat.tokenizer import StreamDecoder, Tokenizer
from glmkit.serving.api.constraints import Plan
from glmkit.serving.api.raw import write_raw
from glmkit.serving.api.stop_text import StopText
from glmkit.serving.api.tickets import Ticket, Token
from glmkit.serving.reply_stream import CallPiece, Piece, ReplyStream


@dataclass(slots=True)
class Delta:
    """What came at once; the last one of a choice has ``finish_reason``, and ``raw`` where it is a chat reply."""

    text: str = ""
    calls: list[CallPiece] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    finish_reason: str | None = None
    raw: Any = None


class Reader(Protocol):
    """Turns ids into pieces; ``is_over`` once nothing behind is wanted."""

    @property
    def is_over(self) -> bool:
        """Whether the reply has ended before the engine knows."""

    @property
    def has_call(self) -> bool:
        """Whether the reply holds a call."""

    def push(self, token: int) -> list[Piece]:
        """Take an id."""

    def finish(self) -> list[Piece]:
        """Return what is held back."""

    def raw(self) -> Any:
        """Return what the pieces were made of."""


class ChatReader:
    """Reads a chat reply: text up to a stop string, and at most one call."""

    def __init__(self, tokenizer: Tokenizer, protocol: ChatProtocol, plan: Plan, stops: Sequence[str]) -> None:
        self._stream = ReplyStream(tokenizer, protocol, plan.call_names, plan.constraint is not None)
        self._stop = StopText(stops)
        self._tokenizer = tokenizer
        self._protocol = protocol
        self._next_message_id = tokenizer.special_ids["<|assistant|>"]
        self._ids: list[int] = []
        self._call_is_over = False
        for token in plan.begun:
            self.push(token)

    @property
    def is_over(self) -> bool:
        """A stop string has come, or a call is whole and another message begins."""
        return self._stop.stopped or self._call_is_over

    @property
    def has_call(self) -> bool:
        """Whether the reply holds a call."""
        return self._stream.num_calls > 0

    def push(self, token: int) -> list[Piece]:
        """Take an id."""
        if self.is_over:
            return []
        if token == self._next_message_id:
            pieces = self._limited(self._stream.last_pieces())
            self._call_is_over = self.has_call
            if self._call_is_over:
                return pieces
        else:
            pieces = self._limited(self._stream.pieces(token))
        self._ids.append(token)
        return pieces

    def finish(self) -> list[Piece]:
        """Return what is held back."""
        pieces = [] if self.is_over else self._limited(self._stream.last_pieces())
        return [*pieces, rest] if (rest := self._stop.finish()) else pieces

    def raw(self) -> Any:
        """Return the reply as it was generated."""
        return write_raw(self._ids, self._tokenizer, self._protocol)

    def _limited(self, pieces: list[Piece]) -> list[Piece]:
        limited: list[Piece] = []
        for piece in pieces:
            if self._stop.stopped:
                break
            if isinstance(piece, str):
                piece = self._stop.push(piece)
            elif held := self._stop.finish():  # a call follows: no stop string can become whole any more
                limited.append(held)
            limited.append(piece)
        return [piece for piece in limited if piece]


class TextReader:
    """Reads a completion as plain text; special tokens are not shown."""

    has_call = False

    def __init__(self, tokenizer: Tokenizer, stops: Sequence[str]) -> None:
        self._decoder = StreamDecoder(tokenizer)
        self._decoder.push(tokenizer.encode("a")[-1])  # decoded amid a text, or a first space would be lost
        self._stop = StopText(stops)
        self._special_ids = frozenset(tokenizer.special_ids.values())

    @property
    def is_over(self) -> bool:
        """A stop string has come."""
        return self._stop.stopped

    def push(self, token: int) -> list[Piece]:
        """Take an id."""
        text = "" if token in self._special_ids else self._stop.push(self._decoder.push(token))
        return [text] if text else []

    def finish(self) -> list[Piece]:
        """Return what is held back."""
        text = self._stop.push(self._decoder.finish()) + self._stop.finish()
        return [text] if text else []

    def raw(self) -> Any:
        """Completions are raw already."""
        return None


async def read_choice(ticket: Ticket, reader: Reader) -> AsyncIterator[Delta]:
    """Yield a choice piece by piece; leaving early cancels its request.

    Raises:
        ApiError, GlmkitError: the request failed.
    """
    try:
        async for tokens in ticket:
            delta = Delta()
            for token in tokens:
                _add(delta, reader.push(token.id))
                delta.tokens.append(token)
                if reader.is_over:
                    break
            if reader.is_over:
                ticket.cancel("stop")
                break
            if delta.text or delta.calls or delta.tokens:
                yield delta
        else:
            delta = Delta()
        _add(delta, reader.finish())
        delta.finish_reason = "stop" if reader.is_over else ticket.finish_reason
        if reader.has_call and delta.finish_reason == "stop":
            delta.finish_reason = "tool_calls"
        delta.raw = reader.raw()
        yield delta
    finally:
        ticket.cancel()


def _add(delta: Delta, pieces: list[Piece]) -> None:
    for piece in pieces:
        if isinstance(piece, str):
            delta.text += piece
        else:
            delta.calls.append(piece)
