"""The asyncio side of the engine: hands requests over, hands tokens out, and keeps an engine alive.

Routes call ``submit`` and get a Ticket, an asynchronous stream of tokens. The engine itself is elsewhere: in a process
of its own (``engine_process``, `glmkit serve`) or in a thread (``engine_thread``, inside a person's session). When it
ends, or makes no progress with something to do, all open tickets end with an error and another engine is started;
``state`` says "ready" in between only.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count, repeat
from pathlib import Path
from typing import Any, Literal, Protocol

from glmkit.errors import GlmkitError, notice
from glmkit.serving.api.engine_messages import (
    Cancel,
    Command,
    Compiled,
    EngineFailure,
    Failed,
    LoadAdapter,
    News,
    Ready,
    Report,
    Settled,
    Stepped,
    Submit,
    UnloadAdapter,
)
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.limits import LIMITS
from glmkit.serving.api.quarantine import Quarantine
from glmkit.serving.api.tickets import Observer, Ticket, Token
from glmkit.serving.params import SamplingParams

State = Literal["starting", "ready", "restarting", "stopped"]
RETRY_AFTER_S = 1
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.1, 10.0
MOST_FAILURES = 8  # in a row; then the server gives up
HEALTHY_S = 60.0  # an engine that has lived so long, or has answered a request, ends the row
LOOK_S, PAUSE_S = 0.25, 1.0  # between two looks at the engine's progress; so much later: this process was stopped
STARTS = 10  # another start may take so many times as long as the first one did


class EngineHost(Protocol):
    """Where engines live. All is called on the asyncio side; one engine at a time."""

    async def start(
        self,
        adapters: Mapping[str, Path],
        receive: Callable[[Report], None],
        ended: Callable[[str], None],
        may_lack_adapters: bool,
    ) -> None:
        """Begin to build an engine.

        Args:
            adapters: what it loads before it is ready.
            receive: called with all it says.
            ended: called once, after everything it said, with what ended it.
            may_lack_adapters: it comes up without those that cannot be loaded.
        """

    def send(self, message: Command) -> None:
        """Hand a message to an engine that is ready."""

    def kill(self) -> bool:
        """End the engine at once; return whether another one can be started."""

    async def stop(self, timeout_s: float) -> None:
        """End the engine for good, by force after ``timeout_s``."""


class EngineLoop:
    """Keeps an engine alive until ``stop``.

    Args:
        host: starts engines.
        max_waiting: most requests that may wait for the engine beside those it runs.
        watchdog_s: so long an engine may say nothing with something to do; 0: for ever.
        observer: for the metrics.

    Attributes:
        adapters: what every engine loads, by name.
        unavailable: those of them that the engine there is had to come up without, and why.
        given_up: why no engine is started any more.
        startup_s: how long it took to build the first engine.
    """

    def __init__(
        self, host: EngineHost, max_waiting: int = 1024, watchdog_s: float = 0, observer: Observer | None = None
    ) -> None:
        self.state: State = "starting"
        self.draining = False
        self.given_up: GlmkitError | None = None
        self.max_batch = self.max_seq_len = 0
        self.adapters: dict[str, Path] = {}
        self.unavailable: dict[str, Exception] = {}
        self.observer = observer or Observer()
        self._host = host
        self._max_waiting = max_waiting
        self._watchdog_s = watchdog_s
        self._open: dict[int, Ticket] = {}
        self._asked: dict[int, asyncio.Future[None]] = {}  # about adapters
        self._ids = count()
        self._quarantine = Quarantine()
        self._num_failures = 0  # in a row
        self._failure: Exception | None = None  # of the engine, once it is known what it was
        self._owes_since: float | None = None  # the time of the first message that it has not answered
        self._began = self._ready_at = self.startup_s = 0.0
        self._started: asyncio.Future[None] | None = None
        self._supervisor: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once the engine is ready, or ``abandon`` was called. Raises what building it raised."""
        if self.state == "stopped":
            return
        self._started = asyncio.get_running_loop().create_future()
        self._supervisor = asyncio.create_task(self._supervise())
        await self._started

    def abandon(self) -> None:
        """Wait no longer for the first engine."""
        self.state = "stopped"
        _settle(self._started, None)

    async def stop(self, timeout_s: float) -> None:
        """Fail what is open and end the engine."""
        self.fail_open(ApiError(503, "api-shutting-down", code="shutting_down"))
        self.state = "stopped"
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
        await self._host.stop(timeout_s)

    @property
    def _is_over(self) -> bool:
        return self.state == "stopped"

    @property
    def num_open(self) -> int:
        """Requests that have not ended."""
        return len(self._open)

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
            more: ``adapter`` and ``constraint``, a ConstraintSpec; None is left out.

        Raises:
            ApiError: 429 or 503: no more can be taken, or the engine has failed each time it ran this.
        """
        self.check_ready()
        given = {key: value for key, value in more.items() if value is not None}
        ticket = Ticket(next(self._ids), self.cancel, model, prompt_ids, params, given)
        self._quarantine.check(ticket)
        self._open[ticket.id] = ticket
        self.observer.submitted(ticket)
        self._send(Submit(ticket.id, prompt_ids, params, **given))
        return ticket

    def cancel(self, ticket: Ticket, reason: str = "cancelled") -> None:
        """Stop a request and free what it holds."""
        if not ticket.done:
            self._end(ticket, reason)
            if self.state == "ready":
                self._send(Cancel(ticket.id))

    async def load_adapter(self, name: str, folder: Path) -> None:
        """Load an adapter under ``name``; it is loaded again whenever another engine is started."""
        await self._ask(LoadAdapter(next(self._ids), name, str(folder)))
        self.adapters[name] = folder
        self._without({other: why for other, why in self.unavailable.items() if other != name})

    async def unload_adapter(self, name: str) -> None:
        """Unload an adapter."""
        self.adapters.pop(name, None)
        if name in self.unavailable:
            self._without({other: why for other, why in self.unavailable.items() if other != name})
        else:
            await self._ask(UnloadAdapter(next(self._ids), name))

    def fail_open(self, error: BaseException) -> None:
        """End every open request with ``error``."""
        for ticket in list(self._open.values()):
            ticket.error = error
            self.cancel(ticket)

    async def _ask(self, message: LoadAdapter | UnloadAdapter) -> None:
        self.check_ready(0)
        result = self._asked[message.id] = asyncio.get_running_loop().create_future()
        self._send(message)
        await result

    def _send(self, message: Command) -> None:
        if self._owes_since is None:
            self._owes_since = time.monotonic()
        self._host.send(message)

    # What the engine says.

    def _receive(self, report: Report) -> None:
        match report:
            case Compiled(id, error):
                self._compiled(id, error)
                return  # by a thread beside the engine: no sign that it lives
            case Ready(max_batch, max_seq_len, unavailable):
                for name, why in unavailable.items():
                    notice("api-engine-without-adapter", name=name, reason=why)
                self._without(unavailable)
                self._become_ready(max_batch, max_seq_len)
            case Stepped(news, statistics):
                self._deliver(news)
                self.observer.stepped(statistics)
            case Settled(id, error):
                _settle(self._asked.pop(id, None), error)
            case Failed(error):
                self._failure = error
        self._owes_since = time.monotonic() if self._open or self._asked else None

    def _become_ready(self, max_batch: int, max_seq_len: int) -> None:
        self.max_batch, self.max_seq_len = max_batch, max_seq_len
        self._ready_at = time.monotonic()
        self.startup_s = self.startup_s or self._ready_at - self._began
        if self.state != "stopped":
            self.state = "ready"
        _settle(self._started, None)

    def _without(self, unavailable: Mapping[str, Exception]) -> None:
        self.unavailable = dict(unavailable)
        self.observer.unavailable(self.unavailable)

    def _compiled(self, id: int, error: Exception | None) -> None:
        ticket = self._open.get(id)
        if ticket is None:
            return
        ticket.is_admitted = True
        ticket.wake.set()
        if error is not None:
            self._quarantine.ended_well(ticket)
            ticket.error = error
            self._end(ticket, "error")

    def _deliver(self, news: list[News]) -> None:
        now = time.monotonic()
        for item in news:
            ticket = self._open.get(item.id)
            if ticket is None:
                continue
            ticket.started_at = ticket.started_at or item.started_at
            ticket.num_cached = item.num_cached
            if item.ids:
                ticket.num_tokens += len(item.ids)
                ticket.first_token_at = ticket.first_token_at or now
                self.observer.tokens(ticket, len(item.ids))
                ticket.last_token_at = now
                ticket.buffer.extend(map(Token, item.ids, item.logprobs or repeat(None)))
                ticket.wake.set()
            if item.finish_reason is not None:
                self._quarantine.ended_well(ticket)
                self._num_failures = 0
                ticket.stop_id, ticket.error = item.stop_id, item.error
                self._end(ticket, item.finish_reason)
            elif len(ticket.buffer) > LIMITS.buffered_tokens:
                ticket.error = ApiError(408, "api-slow-reader", code="slow_reader", limit=LIMITS.buffered_tokens)
                self.cancel(ticket)

    def _end(self, ticket: Ticket, reason: str) -> None:
        ticket.finish_reason = "error" if ticket.error is not None else reason
        ticket.done = True
        ticket.wake.set()
        del self._open[ticket.id]
        self.observer.finished(ticket)

    # Its life.

    async def _supervise(self) -> None:
        """Start an engine, wait for its end, and start another one."""
        try:
            while not self._is_over:
                can_follow = await self._live()
                if not self._is_over:
                    await self._recover(can_follow)
        except Exception as error:  # a fault of ours: better no server than one without an engine
            self._give_up(EngineFailure(type(error).__name__, str(error)))

    async def _live(self) -> bool:
        """Return once an engine that was started has ended, and whether another one can follow."""
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._failure, self._owes_since, self._began = None, None, time.monotonic()
        try:
            # What was there when the server started may be gone by now: no reason to have no engine at all.
            is_first = self.state == "starting"
            await self._host.start(self.adapters, self._receive, ended.set_result, may_lack_adapters=not is_first)
        except OSError as error:  # no process or pipe to be had, as when the memory is used up
            self._failure = error
            return True
        while True:
            looked = time.monotonic()
            await asyncio.wait({ended}, timeout=LOOK_S)
            if ended.done():
                self._failure = self._failure or EngineFailure(ended.result())
                return True
            if self._owes_since is not None and time.monotonic() - looked > PAUSE_S:
                self._owes_since = time.monotonic()  # the engine may have been stopped as long as this process was
            if self._hangs() and self._failure is None:
                self._failure = EngineFailure(f"no progress for {self._watchdog_s:g} s")
                if not self._host.kill():
                    return False

    def _hangs(self) -> bool:
        if not self._watchdog_s:
            return False
        now = time.monotonic()
        if self.state == "restarting":
            return now - self._began > self._watchdog_s + STARTS * self.startup_s
        return self.state == "ready" and self._owes_since is not None and now - self._owes_since > self._watchdog_s

    async def _recover(self, can_follow: bool) -> None:
        """Tell everybody who waits that the engine has ended; return when it is time for another one."""
        assert self._failure is not None
        failure = self._failure
        if self.state == "starting":
            self.state = "stopped"
            _settle(self._started, failure)
            return
        if self.state == "ready":
            self._quarantine.failed(self._open.values())
            if time.monotonic() - self._ready_at > HEALTHY_S:
                self._num_failures = 0
        self.state = "restarting"
        self._num_failures += 1
        kind = failure.kind if isinstance(failure, EngineFailure) else type(failure).__name__
        error = ApiError(500, "api-engine-died", code="engine_died", kind=kind)
        self.fail_open(error)
        for result in self._asked.values():
            _settle(result, error)
        self._asked.clear()
        self.observer.died()
        if self._num_failures >= MOST_FAILURES or not can_follow:
            self._give_up(failure)
            return
        backoff_s = min(FIRST_BACKOFF_S * 2 ** (self._num_failures - 1), LONGEST_BACKOFF_S)
        notice("api-engine-restarts", reason=failure, seconds=f"{backoff_s:g}")
        await asyncio.sleep(backoff_s)

    def _give_up(self, failure: Exception) -> None:
        self.given_up = GlmkitError("api-engine-given-up", count=self._num_failures, reason=failure)
        self.state = "stopped"
        self.fail_open(ApiError(500, "api-engine-died", code="engine_died", kind=type(failure).__name__))
        _settle(self._started, self.given_up)


def _settle(result: asyncio.Future[None] | None, error: Exception | None) -> None:
    if result is None or result.done():
        return
    if error is not None:
        result.set_exception(error)
    else:
        result.set_result(None)
