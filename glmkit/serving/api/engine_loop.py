"""The one thread that drives the engine, and the asyncio side of it: the only file of the API that touches an engine.

Routes call ``submit`` and get a Ticket, an asynchronous stream of tokens; whatever they ask of the engine travels to
its thread through a queue, and every step's tokens travel back in one call. When a step raises, all open tickets end
with an error, and a new engine is built; ``state`` says "ready" in between only.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from glmkit.errors import GlmkitError
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.limits import LIMITS
from glmkit.serving.api.quarantine import Quarantine
from glmkit.serving.api.tickets import Observer, Ticket, Token
from glmkit.serving.engine import Engine
from glmkit.serving.request import Request
from glmkit.serving.sampling import SamplingParams
from glmkit.serving.statistics import Statistics

log = logging.getLogger("glmkit.serving")

State = Literal["starting", "ready", "restarting", "stopped"]
RETRY_AFTER_S = 1
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.1, 10.0
HANGING_S = 300.0  # a step that takes longer is taken for one that never ends


@dataclass(slots=True)
class _News:
    """What a step brought to one ticket."""

    ticket: Ticket
    tokens: list[Token]
    started_at: float | None = None
    num_cached: int = 0
    finish_reason: str | None = None
    stop_id: int | None = None
    error: BaseException | None = None


@dataclass(slots=True)
class _Live:
    """A submitted request in the engine's thread and how much of it has been sent."""

    request: Request
    ticket: Ticket
    num_sent: int = 0
    started_at: float | None = None


class EngineLoop:
    """Builds an engine in its own thread and keeps one alive until ``stop``.

    Args:
        build: returns a new engine; called again after a failure.
        max_waiting: most requests that may wait for the engine beside those it runs.
        observer: for the metrics.
    """

    def __init__(self, build: Callable[[], Engine], max_waiting: int = 1024, observer: Observer | None = None) -> None:
        self.state: State = "starting"
        self.draining = False
        self.max_batch = self.max_seq_len = 0
        self.adapters: dict[str, Path] = {}
        self.observer = observer or Observer()
        self._build = build
        self._max_waiting = max_waiting
        self._open: set[Ticket] = set()
        self._quarantine = Quarantine()
        self._commands: queue.SimpleQueue[Callable[[Engine], None] | None] = queue.SimpleQueue()
        self._live: dict[int, _Live] = {}  # by id of the ticket; the engine's thread only
        self._step_began: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started: asyncio.Future[None] | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    # The asyncio side.

    async def start(self) -> None:
        """Start the thread; returns once the engine is ready. Raises what building it raised."""
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.create_future()
        self._thread.start()
        await self._started

    async def stop(self, timeout_s: float) -> None:
        """Fail what is open and end the thread."""
        self.fail_open(ApiError(503, "api-shutting-down", code="shutting_down"))
        self.state = "stopped"
        self._commands.put(None)
        await asyncio.to_thread(self._thread.join, timeout_s)

    @property
    def num_open(self) -> int:
        """Requests that have not ended."""
        return len(self._open)

    @property
    def is_hanging(self) -> bool:
        """Whether a step has taken longer than any step should."""
        began = self._step_began
        return began is not None and time.monotonic() - began > HANGING_S

    def check_ready(self, num_requests: int = 1) -> None:
        """Raise ApiError (429 or 503 with Retry-After) unless ``num_requests`` more can be taken."""
        retry = {"Retry-After": str(RETRY_AFTER_S)}
        if self.draining or self.state == "stopped":
            self.observer.rejected("draining")
            raise ApiError(503, "api-shutting-down", code="shutting_down", headers=retry)
        if self.state != "ready":
            self.observer.rejected("not_ready")
            raise ApiError(503, "api-not-ready", code="engine_not_ready", headers=retry)
        limit = self.max_batch + self._max_waiting
        if len(self._open) + num_requests > limit:
            self.observer.rejected("queue_full")
            raise ApiError(429, "api-queue-full", code="queue_full", headers=retry, limit=limit)

    def submit(self, model: str, prompt_ids: list[int], params: SamplingParams, **more: Any) -> Ticket:
        """Hand a request to the engine.

        Args:
            model: its name, for the metrics.
            prompt_ids: not empty, within the context and the vocabulary.
            params: how to continue it.
            more: ``adapter`` and ``constraint``; None is left out.

        Raises:
            ApiError: 429 or 503: no more can be taken, or the engine has failed each time it ran this.
        """
        self.check_ready()
        ticket = Ticket(self.cancel, model, prompt_ids, params, {key: value for key, value in more.items() if value})
        self._quarantine.check(ticket)
        self._open.add(ticket)
        self.observer.submitted(ticket)
        self._commands.put(lambda engine: self._admit(engine, ticket))
        return ticket

    def cancel(self, ticket: Ticket, reason: str = "cancelled") -> None:
        """Stop a request and free what it holds."""
        if not ticket.done:
            self._end(ticket, reason)
            self._commands.put(lambda engine: self._drop(engine, ticket))

    async def call(self, function: Callable[[Engine], Any]) -> Any:
        """Return ``function(engine)``, run in the engine's thread between two steps."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Any] = loop.create_future()

        def run(engine: Engine) -> None:
            try:
                value = function(engine)
            except Exception as error:
                loop.call_soon_threadsafe(_settle, result, None, error)
            else:
                loop.call_soon_threadsafe(_settle, result, value, None)

        self._commands.put(run)
        return await result

    async def load_adapter(self, name: str, folder: Path) -> None:
        """Load an adapter under ``name``; it is loaded again whenever the engine is built anew."""
        await self.call(lambda engine: engine.load_adapter(name, folder))
        self.adapters[name] = folder

    async def unload_adapter(self, name: str) -> None:
        """Unload an adapter."""
        self.adapters.pop(name, None)
        await self.call(lambda engine: engine.unload_adapter(name))

    def fail_open(self, error: BaseException) -> None:
        """End every open request with ``error``."""
        for ticket in list(self._open):
            ticket.error = error
            self.cancel(ticket)

    def _end(self, ticket: Ticket, reason: str) -> None:
        ticket.finish_reason = "error" if ticket.error is not None else reason
        ticket.done = True
        ticket.wake.set()
        self._open.discard(ticket)
        self.observer.finished(ticket)

    def _deliver(self, news: Sequence[_News], statistics: Statistics | None) -> None:
        now = time.monotonic()
        for item in news:
            ticket = item.ticket
            if ticket.done:
                continue
            ticket.started_at = ticket.started_at or item.started_at
            ticket.num_cached = item.num_cached
            if item.tokens:
                ticket.num_tokens += len(item.tokens)
                ticket.first_token_at = ticket.first_token_at or now
                self.observer.tokens(ticket, len(item.tokens))
                ticket.last_token_at = now
                ticket.buffer.extend(item.tokens)
                ticket.wake.set()
            if item.finish_reason is not None:
                self._quarantine.ended_well(ticket)
                ticket.stop_id, ticket.error = item.stop_id, item.error
                self._end(ticket, item.finish_reason)
            elif len(ticket.buffer) > LIMITS.buffered_tokens:
                ticket.error = ApiError(408, "api-slow-reader", code="slow_reader", limit=LIMITS.buffered_tokens)
                self.cancel(ticket)
        if statistics is not None:
            self.observer.stepped(statistics)

    def _fail(self, error: Exception) -> None:
        if self.state == "starting":
            self.state = "stopped"
            _settle(self._started, None, error)
        elif self.state == "ready":
            self.state = "restarting"
            self._quarantine.failed(self._open)
        for ticket in list(self._open):
            ticket.error = ApiError(500, "api-engine-died", code="engine_died", kind=type(error).__name__)
            self.cancel(ticket, "error")  # the next engine may have admitted it already

    def _become_ready(self) -> None:
        if self.state != "stopped":
            self.state = "ready"
        _settle(self._started, None, None)

    # The engine's thread.

    def _run(self) -> None:
        backoff_s = 0.0
        while True:
            began = time.monotonic()
            try:
                self._drive()
                return
            except Exception as error:
                is_first = self.max_batch == 0
                if not is_first:
                    log.exception("the engine died")
                self._live.clear()
                self._step_began = None
                self._post(self._fail, error)
                if is_first or self.state == "stopped":
                    return
            # A failure after a long healthy time begins the waits anew.
            healthy = time.monotonic() - began > LONGEST_BACKOFF_S
            backoff_s = FIRST_BACKOFF_S if healthy or not backoff_s else min(2 * backoff_s, LONGEST_BACKOFF_S)
            time.sleep(backoff_s)

    def _drive(self) -> None:
        """Build an engine and drive it until ``stop``; it is gone with this function, before another one is built."""
        engine = self._build()
        for name, folder in self.adapters.items():
            engine.load_adapter(name, folder)
        self.max_batch, self.max_seq_len = engine.max_batch, engine.max_seq_len
        self._post(self._become_ready)
        while True:
            if not self._obey(engine):
                return
            if self._live:
                self._step_began = time.monotonic()
                requests = engine.step()
                self._step_began = None
                self._report(engine, requests)

    def _obey(self, engine: Engine) -> bool:
        """Carry out what has been asked; wait for something when there is nothing to compute. False: stop."""
        command: Callable[[Engine], None] | None
        if not self._live:
            command = self._commands.get()
            if command is None:
                return False
            command(engine)
        while True:
            try:
                command = self._commands.get_nowait()
            except queue.Empty:
                return True
            if command is None:
                return False
            command(engine)

    def _admit(self, engine: Engine, ticket: Ticket) -> None:
        if ticket.done:  # cancelled, or failed with an earlier engine
            return
        try:
            request = engine.submit(ticket.prompt_ids, ticket.params, **ticket.more)
        except GlmkitError as error:
            self._post(self._deliver, [_News(ticket, [], finish_reason="error", error=error)], None)
            return
        self._live[id(request)] = _Live(request, ticket)

    def _drop(self, engine: Engine, ticket: Ticket) -> None:
        live = next((live for live in self._live.values() if live.ticket is ticket), None)
        if live is not None:
            del self._live[id(live.request)]
            engine.cancel(live.request)

    def _report(self, engine: Engine, requests: Sequence[Request]) -> None:
        now = time.monotonic()
        for live in self._live.values():
            if live.started_at is None and live.request.state != "waiting":
                live.started_at = now
        news = []
        for request in requests:
            known = self._live.get(id(request))
            if known is None:
                continue
            item = _News(known.ticket, _new_tokens(request, known.num_sent), started_at=known.started_at)
            item.num_cached = request.num_cached_prompt_tokens
            known.num_sent = len(request.ids)
            if request.state == "finished":
                item.finish_reason, item.stop_id, item.error = request.finish_reason, request.stop_id, request.error
                del self._live[id(request)]
            news.append(item)
        self._post(self._deliver, news, engine.statistics())

    def _post(self, function: Callable[..., None], *arguments: Any) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the asyncio side has ended
            self._commands.put(None)


def _new_tokens(request: Request, num_sent: int) -> list[Token]:
    logprobs = request.logprobs
    return [
        Token(token, logprobs[i] if i < len(logprobs) else None)
        for i, token in enumerate(request.ids[num_sent:], num_sent)
    ]


def _settle(result: asyncio.Future[Any] | None, value: Any, error: Exception | None) -> None:
    if result is None or result.done():
        return
    if error is not None:
        result.set_exception(error)
    else:
        result.set_result(value)
