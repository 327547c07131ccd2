"""The engine's side: builds an engine and drives it by messages, the same in a thread and in a process of its own.

``take`` may be called from any thread; ``run`` is the one that has the engine. Constraints are compiled in threads
beside it, so that no schema of one request holds up the tokens of the others.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from glmkit.errors import GlmkitError, OutOfMemory, is_out_of_memory
from glmkit.serving.api.engine_messages import (
    Cancel,
    Command,
    Compiled,
    ConstraintSpec,
    LoadAdapter,
    News,
    Ready,
    Report,
    Settled,
    Stepped,
    Submit,
    UnloadAdapter,
)
from glmkit.serving.constraint import Constraint
from glmkit.serving.engine import Engine
from glmkit.serving.grammar import GrammarCompiler
from glmkit.serving.request import Request

COMPILING_THREADS = 2


@dataclass(slots=True)
class _Live:
    """A request of the engine and how much of it has been sent."""

    id: int
    request: Request
    num_sent: int = 0
    started_at: float | None = None


class EngineWorker:
    """An engine that does what messages say.

    Args:
        build: returns a new engine.
        adapters: what it has loaded from the start, by name.
        send: takes what there is to tell, from any thread.
        may_lack_adapters: come up without those that cannot be loaded, and tell so, instead of raising.
    """

    def __init__(
        self,
        build: Callable[[], Engine],
        adapters: Mapping[str, Path],
        send: Callable[[Report], None],
        may_lack_adapters: bool = False,
    ) -> None:
        self.is_ready = False
        self._build = build
        self._adapters = dict(adapters)
        self._send = send
        self._may_lack_adapters = may_lack_adapters
        self._inbox: queue.SimpleQueue[tuple[Command, Constraint | None] | None] = queue.SimpleQueue()
        self._compiler: GrammarCompiler | None = None
        self._threads = ThreadPoolExecutor(COMPILING_THREADS, thread_name_prefix="glmkit-compile")
        self._compiling: set[int] = set()
        self._lock = Lock()  # of the set: a request that is cancelled while it compiles must not come in afterwards
        self._live: dict[int, _Live] = {}  # by id of the message
        self._of_request: dict[int, _Live] = {}  # by id() of the engine's request

    def take(self, message: Command | None) -> None:
        """Have something done between two steps; None ends ``run``."""
        if message is None:
            self._inbox.put(None)
        elif isinstance(message, Submit) and message.constraint is not None:
            with self._lock:
                self._compiling.add(message.id)
            self._threads.submit(self._compile, message, message.constraint)
        else:
            with self._lock:
                if isinstance(message, Cancel):
                    self._compiling.discard(message.id)
                self._inbox.put((message, None))

    def run(self) -> None:
        """Build an engine and drive it until told to end.

        Raises what building it or a step raises, OutOfMemory where that is the reason.
        """
        try:
            engine = self._build()
            assert engine.tokenizer is not None and engine.protocol is not None
            self._compiler = GrammarCompiler(engine.tokenizer, engine.protocol, engine.model.config.vocab_size)
            unavailable = self._load_adapters(engine)
            self.is_ready = True
            self._send(Ready(engine.max_batch, engine.max_seq_len, unavailable))
            while self._obey(engine):
                self._report(engine, engine.step() if self._live else [])
        except Exception as error:
            if is_out_of_memory(error):
                raise OutOfMemory("cli-out-of-memory", reason=error) from error
            raise
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _load_adapters(self, engine: Engine) -> dict[str, Exception]:
        """Load what the engine has from the start; return what it has to do without."""
        unavailable: dict[str, Exception] = {}
        for name, folder in self._adapters.items():
            try:
                engine.load_adapter(name, folder)
            except (GlmkitError, OSError) as error:  # its files' fault; whatever else is raised is the engine's
                if not self._may_lack_adapters:
                    raise
                unavailable[name] = error
        return unavailable

    def _compile(self, message: Submit, spec: ConstraintSpec) -> None:
        assert self._compiler is not None
        try:
            constraint = compile_constraint(self._compiler, spec)
        except Exception as error:
            with self._lock:
                self._compiling.discard(message.id)
            self._send(Compiled(message.id, error))
            return
        with self._lock:
            if message.id not in self._compiling:
                return
            self._compiling.remove(message.id)
            self._inbox.put((message, constraint))
        self._send(Compiled(message.id))

    def _obey(self, engine: Engine) -> bool:
        """Carry out what has been asked; wait for something when there is nothing to compute. False: end."""
        is_waiting = not self._live
        while True:
            try:
                item = self._inbox.get(block=is_waiting)
            except queue.Empty:
                return True
            if item is None:
                return False
            is_waiting = False
            self._carry_out(engine, *item)

    def _carry_out(self, engine: Engine, message: Command, constraint: Constraint | None) -> None:
        match message:
            case Submit():
                self._admit(engine, message, constraint)
            case Cancel(id):
                live = self._live.pop(id, None)
                if live is not None:
                    del self._of_request[_key(live.request)]
                    engine.cancel(live.request)
            case LoadAdapter(id, name, folder):
                self._settle(id, lambda: engine.load_adapter(name, folder))
            case UnloadAdapter(id, name):
                self._settle(id, lambda: engine.unload_adapter(name))

    def _settle(self, id: int, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            self._send(Settled(id, error))
        else:
            self._send(Settled(id))

    def _admit(self, engine: Engine, message: Submit, constraint: Constraint | None) -> None:
        try:
            request = engine.submit(message.prompt_ids, message.params, message.adapter, constraint)
        except GlmkitError as error:
            news = News(message.id, [], [], finish_reason="error", error=error)
            self._send(Stepped([news], engine.statistics()))
            return
        live = _Live(message.id, request)
        self._live[message.id] = self._of_request[_key(request)] = live

    def _report(self, engine: Engine, requests: Sequence[Request]) -> None:
        now = time.monotonic()
        for live in self._live.values():
            if live.started_at is None and live.request.state != "waiting":
                live.started_at = now
        news = []
        for request in requests:
            known = self._of_request.get(_key(request))
            if known is None:
                continue
            new, sent = slice(known.num_sent, None), len(request.ids)
            item = News(
                known.id, request.ids[new], request.logprobs[new], known.started_at, request.num_cached_prompt_tokens
            )
            known.num_sent = sent
            if request.state == "finished":
                item = item._replace(
                    finish_reason=request.finish_reason, stop_id=request.stop_id, error=request.error
                )  # fmt: skip
                del self._of_request[_key(request)], self._live[known.id]
            news.append(item)
        self._send(Stepped(news, engine.statistics()))


def compile_constraint(compiler: GrammarCompiler, spec: ConstraintSpec) -> Constraint:
    """Return what holds one reply to ``spec``. Raises RequestError: it cannot be kept."""
    if spec.choice is not None:
        return compiler.tool_calls(spec.value, spec.choice)
    return compiler.json_object() if spec.value is True else compiler.json_schema(spec.value)


def _key(request: Request) -> int:
    return id(request)
