"""Uvicorn's HTTP/1.1 protocol with two changes: a connection may not say nothing for long, and its 400s are JSON."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.limits import LIMITS


class PatientProtocol(H11Protocol):
    """Closes a connection that has not sent a whole request head within ``LIMITS.idle_s``."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes; those of a request head do not give more time for the rest of it."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._timer is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and close."""
        body = json.dumps(ApiError(400, "api-not-http", code="bad_request", reason=msg).body).encode()
        headers = [("content-type", "application/json"), ("content-length", str(len(body))), ("connection", "close")]
        with suppress(h11.LocalProtocolError):  # an answer is under way
            for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait(self) -> None:
        self._timer = self.loop.call_later(LIMITS.idle_s, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
