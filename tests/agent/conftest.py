"""A server that replays scripted answers of an OpenAI-compatible API over real HTTP, and a folder for tool files."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from glmkit.agent.api import Api
from glmkit.agent.python_tools import PythonTools


def text_chunks(text: str, finish: str = "stop", raw: Any = None, size: int = 3) -> list[Any]:
    """Return an answer in words, a few characters a chunk."""
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    end: dict[str, Any] = {"delta": {}, "finish_reason": finish}
    if raw is not None:
        end["delta"] = {"raw": raw}
    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": len(pieces), "total_tokens": 99}}
    return [*({"choices": [{"delta": {"content": piece}}]} for piece in pieces), {"choices": [end]}, usage]


def call_chunks(name: str, arguments: Any, text: str = "", call_id: str = "c1", size: int = 4) -> list[Any]:
    """Return an answer that makes one call; ``arguments`` that are a text are sent as they are."""
    written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    first = {"index": 0, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
    more = [{"index": 0, "function": {"arguments": written[i : i + size]}} for i in range(0, len(written), size)]
    said = [{"choices": [{"delta": {"content": text}}]}] if text else []
    calls = [{"choices": [{"delta": {"tool_calls": [call]}}]} for call in [first, *more]]
    return [*said, *calls, {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}]


class ScriptedServer:
    """Gives its answers in turn. An answer is a list of chunks (dict), lines (str), pauses (float); or (status, body).

    ``requests`` are the bodies it got, ``hang_ups`` counts streams that the client left before their end.
    """

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hang_ups = 0
        self.ends_properly = True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._send(self, (200, {"data": [{"id": "glmkit-mini"}, {"id": "other"}]}))

            def do_POST(self) -> None:
                outer.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                outer.headers.append(dict(self.headers))
                outer._send(self, outer.answers.pop(0) if outer.answers else (500, "no more answers"))

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def _send(self, handler: BaseHTTPRequestHandler, answer: Any) -> None:
        if isinstance(answer, tuple):
            status, body = answer
            content = (body if isinstance(body, str) else json.dumps(body)).encode()
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
        handler.end_headers()
        try:
            for part in answer:
                if isinstance(part, float):
                    time.sleep(part)
                    continue
                line = part if isinstance(part, str) else f"data: {json.dumps(part)}\n\n"
                handler.wfile.write(line.encode())
                handler.wfile.flush()
            if self.ends_properly:
                handler.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.hang_ups += 1

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def api(server: ScriptedServer) -> Iterator[Api]:
    made = Api(server.url, model="glmkit-mini")
    yield made
    made.close()


@pytest.fixture
def write_tools(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a file of tools."""

    def write(text: str, name: str = "tools.py") -> Path:
        path = tmp_path / name
        head = "from __future__ import annotations\nfrom typing import *\nfrom glmkit.agent import tool\n"
        path.write_text(head + text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def load(write_tools: Callable[[str], Path]) -> Iterator[Callable[..., PythonTools]]:
    """Return a function that loads tools from the text of a file; they are closed in the end."""
    loaded: list[PythonTools] = []

    def load_text(text: str, **settings: Any) -> PythonTools:
        loaded.append(PythonTools(write_tools(text), **settings))
        return loaded[-1]

    yield load_text
    for tools in loaded:
        tools.close()
