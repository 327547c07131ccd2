"""`glmkit web`: from its settings to a page in the browser, and everything ended when it ends."""

from __future__ import annotations

import getpass
import logging
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from glmkit.agent.sandbox import probe
from glmkit.errors import ConfigError, notice
from glmkit.web.api_process import ApiProcess
from glmkit.web.guard import Guard
from glmkit.web.service import Service, set_service
from glmkit.web_config import WebConfig

HOST = "127.0.0.1"
KEY_VARIABLE = "GLMKIT_API_KEY"
LAST_WORDS = 2  # seconds for what is being sent when the page's server stops
SCRIPT = Path(__file__).with_name("app.py")

# Streamlit's settings, stronger than a user's own file: nothing is sent to anyone, nothing is watched or offered that
# belongs to developing with Streamlit.
STREAMLIT: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "global.developmentMode": False,
    "logger.hideWelcomeMessage": True,
    "runner.fastReruns": True,
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": 64,  # MB, as a file of the sandbox
    "server.runOnSave": False,
    "theme.primaryColor": "#2563eb",
}


def run_web(config: WebConfig) -> int:
    """Show the page until a signal comes; return the exit code.

    Raises:
        ConfigError: settings that cannot work, a port in use, tools that cannot be loaded.
    """
    key = _key(config)
    if config.accept_unsandboxed and "none" in (config.sandbox, probe().level):
        notice("agent-chat-unsandboxed")
    with ExitStack() as stack:
        bound = stack.enter_context(_bind(config.port))
        if config.api:
            url = config.api
            if config.model:
                notice("web-model-ignored", model=config.model, url=url)
        else:
            process = stack.enter_context(ApiProcess(config))
            url = process.url
        service = Service(url, key, config.tools, config.mcp, config.sandbox, config.accept_unsandboxed)
        stack.callback(service.close)
        if not config.api:
            code = process.wait_until_ready(key)
            if code is not None:
                return code
        set_service(service)
        _Server(make_app(service.expect), lambda: _say_where(bound)).run(sockets=[bound])
    return 0


def make_app(expect: Callable[[str], None]) -> Guard:
    """Return the page as an ASGI app, ``expect`` as for ``Guard``.

    One in a process: Streamlit keeps its settings in its modules.
    """
    from streamlit.web import bootstrap
    from streamlit.web.server.starlette import App

    bootstrap.load_config_options(STREAMLIT)
    # Streamlit warns of every click that ends a script, and of uploads; what is wrong reaches the page instead.
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    return Guard(App(SCRIPT), expect)


class _Server(uvicorn.Server):
    """Uvicorn that says when it is ready and ends with exit code 0 on a signal."""

    def __init__(self, app: Guard, started: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",  # as the API: strict in what is one request
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=LAST_WORDS,
            )
        )
        self._say_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        self._say_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal: the first one ends in order, the second one at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _bind(port: int) -> socket.socket:
    """Return a bound socket, so that a port in use is known before any weight is loaded."""
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
    except OSError as error:
        bound.close()
        raise ConfigError("web-cannot-bind", where="port", port=port, reason=error.strerror or error) from error
    return bound


def _key(config: WebConfig) -> str:
    """Return the key for the API, of the file or of the environment, "" for none."""
    if not config.api_key_file:
        return os.environ.get(KEY_VARIABLE, "").strip()
    try:
        key = Path(config.api_key_file).expanduser().read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("web-key-file", where=config.api_key_file, reason=error) from error
    if not key or not key.isprintable():
        raise ConfigError("web-key-file", where=config.api_key_file, reason=f"{len(key)} characters")
    return key


def _say_where(bound: socket.socket) -> None:
    """Tell where the page is and how to reach it from elsewhere."""
    port = bound.getsockname()[1]
    user = "USER"
    with suppress(OSError, KeyError):  # a container's user may have no name
        user = getpass.getuser()
    notice("web-serving", url=f"http://{HOST}:{port}")
    notice("web-tunnel", command=f"ssh -L {port}:{HOST}:{port} {user}@{socket.gethostname()}")
