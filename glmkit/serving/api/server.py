"""The process around the app: the socket, signals that drain before they end, and uvicorn between them.

SIGTERM or Ctrl-C: no new requests, open ones may finish within the time given, then they end with an error event; the
exit code is 0. A second signal ends everything at once.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from glmkit.errors import ConfigError, notice
from glmkit.serving.api.engine_loop import EngineLoop
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.limits import LIMITS
from glmkit.serving.api.protocol import PatientProtocol

BACKLOG = 2048
LAST_WORDS_S = 2.0  # for the error events of streams that are cut
ENGINE_S, FORCED_S = 10.0, 1.0  # for the engine's last step


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket, so that a port in use is known before any weight is loaded. Raises ConfigError."""
    bound = None
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        if bound is not None:
            bound.close()
        raise ConfigError("api-cannot-bind", host=host, port=port, reason=error.strerror or error) from error
    return bound


class Server(uvicorn.Server):
    """Uvicorn, with a drain before its shutdown.

    Args:
        app: what is served.
        loop: of the engine; it is started and stopped with the server.
        drain_s: how long open requests may take to finish.
        started: called once requests are taken.
    """

    def __init__(
        self, app: ASGIApp, loop: EngineLoop, drain_s: float, started: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=PatientProtocol,
                ws="none",
                lifespan="off",
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=int(LIMITS.idle_s),
                timeout_graceful_shutdown=int(LAST_WORDS_S),
            )
        )
        self._engine_loop = loop
        self._drain_s = drain_s
        self._say_started = started
        self._drain: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, unless a signal comes first. Raises what building the engine raised."""
        try:
            await self._engine_loop.start()
        finally:
            if self._engine_loop.state != "ready":
                await self._engine_loop.stop(0)
        if self.should_exit:
            return
        await super().startup(sockets)
        self._say_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is open, and the engine."""
        await super().shutdown(sockets)
        await self._engine_loop.stop(FORCED_S if self.force_exit else ENGINE_S)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal: the first one drains, the second one ends at once, as does any while the engine is built."""
        if self._engine_loop.state == "starting":
            self.should_exit = True
            asyncio.get_running_loop().call_soon_threadsafe(self._engine_loop.abandon)
            return
        if self._engine_loop.draining:
            self.should_exit = self.force_exit = True
            return
        self._engine_loop.draining = True
        notice("api-draining", count=self._engine_loop.num_open, seconds=self._drain_s)

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second by uvicorn: start the drain that a signal has asked for, end without an engine."""
        if self._engine_loop.given_up is not None:
            self.should_exit = True
        if self._engine_loop.draining and self._drain is None:
            self._drain = asyncio.create_task(self._drain_open())
        return await super().on_tick(counter)

    async def _drain_open(self) -> None:
        end = asyncio.get_running_loop().time() + self._drain_s
        while self._engine_loop.num_open and asyncio.get_running_loop().time() < end and not self.should_exit:
            await asyncio.sleep(0.05)
        self._engine_loop.fail_open(ApiError(503, "api-shutting-down", code="shutting_down"))
        await asyncio.sleep(0.1)  # for answers that are being written
        self.should_exit = True
