"""What every request of the browser passes before Streamlit sees it: whom it is sent to, and by which page.

An ASGI layer around the whole app, so websockets are guarded as well. Every answer carries a content security policy:
whatever a model writes, the browser loads nothing from other hosts and runs no script that is not the page's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glmkit.web.service import SESSION_PARAMETER

HOSTS = ("127.0.0.1", "localhost", "[::1]")  # a page of another name that was pointed here by DNS has another Host

# Streamlit writes its styles into the page, and one line of script; its formulas' fonts and pictures are its own.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",  # the address holds the session's id
    b"cross-origin-resource-policy": b"same-origin",
}


class Guard:
    """Lets a request through to ``app``, or refuses it with 403.

    Args:
        app: what is guarded.
        expect: told the session in the address of a page that a browser asks for.
        hosts: names by which this server may be called.
    """

    def __init__(self, app: ASGIApp, expect: Callable[[str], None], hosts: Iterable[str] = HOSTS) -> None:
        self._app = app
        self._expect = expect
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif not self._is_welcome(scope):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the browser gets a 403
            else:
                await PlainTextResponse("forbidden", status_code=403)(scope, receive, send)
        else:
            if scope["type"] == "http" and scope["path"] == "/":
                for session_id in parse_qs(scope["query_string"].decode("latin-1")).get(SESSION_PARAMETER, []):
                    self._expect(session_id)
            await self._app(scope, receive, _with_headers(send))

    def _is_welcome(self, scope: Scope) -> bool:
        """Whether the request names this server as its host and comes from no other page than its own."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        if len(hosts) != 1 or _without_port(hosts[0]) not in self._hosts:
            return False
        return all(_netloc(origin) == hosts[0].lower() for origin in origins)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in HEADERS]
            message = {**message, "headers": [*kept, *HEADERS.items()]}
        await send(message)

    return sending


def _without_port(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None
