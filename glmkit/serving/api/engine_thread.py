"""An engine in a thread of this process: it starts at once and needs no copy of the model.

Used where the server lives for one person's session (``local``): what ends the engine's process would end the session
anyway. A thread cannot be ended from outside, so an engine that hangs is given up with its server.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from glmkit.serving.api.engine_messages import Command, Failed, Report
from glmkit.serving.api.engine_worker import EngineWorker
from glmkit.serving.engine import Engine

log = logging.getLogger("glmkit.serving")


class EngineThread:
    """See ``engine_loop.EngineHost``.

    Args:
        build: returns a new engine; called again after a failure.
    """

    def __init__(self, build: Callable[[], Engine]) -> None:
        self._build = build
        self._worker: EngineWorker | None = None
        self._thread: threading.Thread | None = None

    async def start(
        self,
        adapters: Mapping[str, Path],
        receive: Callable[[Report], None],
        ended: Callable[[str], None],
        may_lack_adapters: bool,
    ) -> None:
        """Begin to build an engine."""
        loop = asyncio.get_running_loop()

        def post(function: Callable[..., None], *arguments: Any) -> None:
            with suppress(RuntimeError):  # the asyncio side has ended
                loop.call_soon_threadsafe(function, *arguments)

        worker = EngineWorker(self._build, adapters, lambda report: post(receive, report), may_lack_adapters)

        def run() -> None:
            try:
                worker.run()
            except Exception as error:
                if worker.is_ready:
                    log.exception("the engine died")
                    error = error.with_traceback(None)  # it holds the old engine, and there will be a new one
                post(receive, Failed(error))
            post(ended, "stopped")

        self._worker = worker
        self._thread = threading.Thread(target=run, name="engine", daemon=True)
        self._thread.start()

    def send(self, message: Command) -> None:
        """Hand a message to the engine."""
        assert self._worker is not None
        self._worker.take(message)

    def kill(self) -> bool:
        """Ask the engine to end; a thread that hangs does not, so there can be no other."""
        assert self._worker is not None
        self._worker.take(None)
        return False

    async def stop(self, timeout_s: float) -> None:
        """End the thread."""
        if self._thread is not None and self._worker is not None:
            self._worker.take(None)
            await asyncio.to_thread(self._thread.join, timeout_s)
