"""What the asyncio side holds of a request: its Ticket, an asynchronous stream of Tokens; and who watches them.

``EngineLoop`` fills tickets, routes read them, ``metrics`` observes. Everything here happens on the asyncio side.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from glmkit.serving.params import SamplingParams, TokenLogprob
from glmkit.serving.statistics import Statistics


class Token(NamedTuple):
    """A generated id, and how likely it was where that was asked for."""

    id: int
    logprob: TokenLogprob | None = None


@dataclass(slots=True)
class Observer:
    """Told what happens, for the metrics; every function is called on the asyncio side."""

    submitted: Callable[[Ticket], None] = lambda ticket: None
    tokens: Callable[[Ticket, int], None] = lambda ticket, count: None
    finished: Callable[[Ticket], None] = lambda ticket: None
    stepped: Callable[[Statistics], None] = lambda statistics: None
    died: Callable[[], None] = lambda: None
    unavailable: Callable[[Collection[str]], None] = lambda names: None
    rejected: Callable[[str], None] = lambda reason: None


@dataclass(eq=False, slots=True)
class Ticket:
    """One request on the asyncio side: iterate over it for lists of Tokens, then read how it ended.

    Attributes:
        id: its number on the way to the engine.
        stop: takes it out of the engine.
        model: its name, for the metrics.
        more: ``adapter`` and ``constraint`` where it has them.
        is_admitted: nothing about the request can be refused any more.
        submitted_at, started_at, first_token_at, last_token_at: ``time.monotonic()`` seconds.
        num_tokens: generated so far.
        num_cached: prompt tokens that had been computed for an earlier request.
        finish_reason: once ``done``: the engine's, or "stop" where the reader needed no more.
        stop_id: the stop token that came.
        error: what was raised once its tokens have been read.
    """

    id: int
    stop: Callable[[Ticket, str], None]
    model: str
    prompt_ids: list[int]
    params: SamplingParams
    more: dict[str, Any]
    is_admitted: bool = False
    submitted_at: float = field(default_factory=time.monotonic)
    started_at: float | None = None
    last_token_at: float | None = None
    first_token_at: float | None = None
    num_tokens: int = 0
    num_cached: int = 0
    finish_reason: str | None = None
    stop_id: int | None = None
    error: BaseException | None = None
    done: bool = False
    buffer: deque[Token] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.is_admitted = "constraint" not in self.more

    async def admitted(self) -> None:
        """Wait until the engine's side has compiled what the reply is held to. Raises what is wrong with it."""
        while not (self.is_admitted or self.buffer or self.done):
            self.wake.clear()
            await self.wake.wait()
        if self.error is not None and not self.buffer:
            raise self.error

    def __aiter__(self) -> Ticket:
        return self

    async def __anext__(self) -> list[Token]:
        while not self.buffer and not self.done:
            self.wake.clear()
            await self.wake.wait()
        if self.buffer:
            tokens = list(self.buffer)
            self.buffer.clear()
            return tokens
        if self.error is not None:
            raise self.error
        raise StopAsyncIteration

    def cancel(self, reason: str = "cancelled") -> None:
        """Stop generating, "stop" being a reason, too; nothing happens to a ticket that is done."""
        self.stop(self, reason)
