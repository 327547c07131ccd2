"""Server-sent events that notice when nobody reads them: the response class of every stream.

A client that leaves ends the work at once, one that reads nothing for ``LIMITS.send_s`` is dropped, and what the source
raises becomes the last event.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from glmkit.serving.api.errors import as_api_error
from glmkit.serving.api.limits import LIMITS

CLIENT_LEFT = 499
DONE = b"data: [DONE]\n\n"
LOOK_S = 1.0  # between two looks at a reader


class EventStream(Response):
    """Sends the JSON objects of ``source`` as events, then [DONE]; ``close`` is called however it ends."""

    media_type = "text/event-stream"

    def __init__(
        self, source: AsyncGenerator[Any, None], close: Callable[[], None], headers: Mapping[str, str] | None = None
    ) -> None:
        quiet = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(headers={**quiet, **(headers or {})})
        del self.headers["content-length"]
        self._source = source
        self._close = close
        self._sending_since: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        writer = asyncio.create_task(self._write(send))
        leaver = asyncio.create_task(_left(receive))
        try:
            while not writer.done() and not leaver.done():
                await asyncio.wait({writer, leaver}, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                since = self._sending_since
                if since is not None and time.monotonic() - since > LIMITS.send_s:
                    break
        finally:
            for task in (writer, leaver):
                task.cancel()
                with suppress(asyncio.CancelledError, OSError):
                    await task
            await self._source.aclose()
            self._close()  # a source that was never begun has no end of its own

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for item in self._source:
                await self._send(send, event(item))
        except Exception as error:
            if isinstance(error, OSError):
                raise
            await self._send(send, event(as_api_error(error).body))
        await self._send(send, DONE, more=False)

    async def _send(self, send: Send, body: bytes, more: bool = True) -> None:
        self._sending_since = time.monotonic()
        await send({"type": "http.response.body", "body": body, "more_body": more})
        self._sending_since = None


def event(item: Any) -> bytes:
    """Return one event; no character in it is a line break to anyone (JSON leaves three of them as they are)."""
    text = json.dumps(item, ensure_ascii=False)
    for character in ("\x85", "\u2028", "\u2029"):
        text = text.replace(character, f"\\u{ord(character):04x}")
    return b"data: " + text.encode("utf-8", "replace") + b"\n\n"


async def until_left(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """Return the response that ``work`` makes; cancel it when the client leaves, whom any response suits then."""
    worker = asyncio.create_task(work)
    leaver = asyncio.create_task(_left(request.receive))
    try:
        await asyncio.wait({worker, leaver}, return_when=asyncio.FIRST_COMPLETED)
        return await worker if worker.done() else Response(status_code=CLIENT_LEFT)
    finally:
        for task in (worker, leaver):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task


async def _left(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
