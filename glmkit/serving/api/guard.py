"""What every request passes before any route sees it: host, origin, key, form and size of the body.

An ASGI layer around the whole app, so that a new route is guarded by being a route. Only health is open without a key.
"""

from __future__ import annotations

import asyncio
import hmac
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glmkit.serving.api.errors import ApiError, as_api_error
from glmkit.serving.api.limits import LIMITS

OPEN_PATHS = ("/health", "/ready")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
CLOSE = {"Connection": "close"}
CORS_METHODS, CORS_HEADERS = "GET, POST, OPTIONS", "Authorization, Content-Type"


class Guard:
    """Lets a request through to ``app``, or answers it.

    Args:
        app: what is guarded.
        key: requests must carry it as a bearer token; None: no key is needed.
        hosts: names the Host header may have; None: any (a key is needed then).
        origins: web pages that may send requests.
    """

    def __init__(self, app: ASGIApp, key: str | None, hosts: Sequence[str] | None, origins: Sequence[str] = ()) -> None:
        self._app = app
        self._key = key.encode() if key is not None else None
        self._hosts = None if hosts is None else frozenset(hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event of ASGI."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = _Headers(scope)
        answer = _Answer(send, self._cors(headers.one("origin")))
        try:
            _check_head(scope)
            self._check_host(headers)
            if self._check_origin(headers) and scope["method"] == "OPTIONS":
                await Response(status_code=204)(scope, receive, answer)
                return
            if scope["path"] not in OPEN_PATHS:
                self._check_key(headers)
            _check_form(scope, headers)
            await self._app(scope, _Body(receive), answer)
        except Exception as error:
            if answer.begun:
                raise
            await error_response(as_api_error(error))(scope, receive, answer)

    def _check_host(self, headers: _Headers) -> None:
        host = headers.one("host") or ""
        if self._hosts is not None and _without_port(host) not in self._hosts:
            raise ApiError(403, "api-host", code="host_not_allowed", value=repr(host[:80]))

    def _check_origin(self, headers: _Headers) -> bool:
        """Refuse pages of other sites; return whether the request comes from an allowed one."""
        origin = headers.one("origin")
        if origin is None:
            return False
        is_own = urlsplit(origin).netloc == headers.one("host")
        if origin not in self._origins and "*" not in self._origins and not is_own:
            raise ApiError(403, "api-origin", code="origin_not_allowed", value=repr(origin[:80]))
        return not is_own

    def _check_key(self, headers: _Headers) -> None:
        if self._key is None:
            return
        scheme, _, token = (headers.one("authorization") or "").partition(" ")
        given = token.strip().encode("latin-1", "replace")
        if not hmac.compare_digest(given, self._key) or scheme.lower() != "bearer":
            raise ApiError(401, "api-key", code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})

    def _cors(self, origin: str | None) -> dict[str, str]:
        if origin is None or not (origin in self._origins or "*" in self._origins):
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": CORS_METHODS,
            "Access-Control-Allow-Headers": CORS_HEADERS,
            "Vary": "Origin",
        }


def error_response(error: ApiError) -> JSONResponse:
    """Return an error as a response."""
    return JSONResponse(error.body, error.status, error.headers)


def _check_head(scope: Scope) -> None:
    if len(scope["raw_path"]) + len(scope["query_string"]) > LIMITS.url_bytes:
        raise ApiError(414, "api-long-url", code="url_too_long", limit=LIMITS.url_bytes)
    fields = scope["headers"]
    if len(fields) > LIMITS.headers or sum(len(name) + len(value) for name, value in fields) > LIMITS.header_bytes:
        limits = LIMITS.headers, LIMITS.header_bytes
        raise ApiError(431, "api-long-headers", code="headers_too_large", count=limits[0], limit=limits[1])


def _check_form(scope: Scope, headers: _Headers) -> None:
    """A body must be plain JSON of a bounded size; a request without a body needs none of that."""
    if scope["method"] != "POST":
        return
    kind = (headers.one("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "api-content-type", code="unsupported_media_type", value=repr(kind[:80]))
    if (headers.one("content-encoding") or "identity").lower() != "identity":
        raise ApiError(415, "api-content-encoding", code="unsupported_media_type")
    length = headers.one("content-length") or "0"
    if not length.isdigit() or int(length) > LIMITS.body_bytes:
        raise _body_too_large()


def _body_too_large() -> ApiError:
    # The connection stays open: what still comes of the body is dropped, so that its sender gets to read this.
    return ApiError(413, "api-body-too-large", code="body_too_large", limit=LIMITS.body_bytes)


class _Headers:
    """Header fields by lower-case name; a field that stands there twice has no value."""

    def __init__(self, scope: Scope) -> None:
        self._fields: dict[str, str | None] = {}
        for name, value in scope["headers"]:
            text = name.decode("latin-1").lower()
            self._fields[text] = None if text in self._fields else value.decode("latin-1")

    def one(self, name: str) -> str | None:
        """Return the value of the only field of that name."""
        return self._fields.get(name)


class _Body:
    """Receives a body piece by piece, but no more than the limit and no slower than allowed."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._size = 0
        self._is_over = False

    async def __call__(self) -> Message:
        """Return the next ASGI message."""
        if self._is_over:
            return await self._receive()  # waits for the client to leave, however long that takes
        try:
            message = await asyncio.wait_for(self._receive(), LIMITS.receive_s)
        except asyncio.TimeoutError:
            slow = ApiError(408, "api-slow-sender", code="request_timeout", headers=CLOSE, limit=LIMITS.receive_s)
            raise slow from None
        self._is_over = message["type"] != "http.request" or not message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if self._size > LIMITS.body_bytes:
            raise _body_too_large()
        return message


class _Answer:
    """Sends a response with the headers that all have."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self.begun = False
        self._send = send
        fields = {"X-Request-Id": uuid.uuid4().hex, "X-Content-Type-Options": "nosniff", **headers}
        self._headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in fields.items()]

    async def __call__(self, message: Message) -> None:
        """Send an ASGI message."""
        if message["type"] == "http.response.start":
            self.begun = True
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        await self._send(message)


def _without_port(host: str) -> str:
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
