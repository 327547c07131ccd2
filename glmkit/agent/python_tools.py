"""Python tools, seen from the process that uses them: every call runs in a worker that can be killed.

In: files and modules with ``@tool`` functions. They are loaded in the workers only (worker.py), so neither a slow
import nor a crash of theirs reaches this process. A worker answers one call at a time; calls of several conversations
have workers of their own, kept for the next call. A worker that was killed is replaced by a fresh one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from glmkit.agent.cancellation import Cancellation
from glmkit.agent.result import CUT, RESULT_LIMIT, ToolResult, clean
from glmkit.agent.tool import Tool
from glmkit.errors import ConfigError, Problem, current_language, message

LOAD_LIMIT = 60.0  # seconds to import the tools' files
SHIPPED = "glmkit.agent.shipped"

# sys.path is handed over, as the files may import what this process can.
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[3]); from glmkit.agent.worker import main; "
_BOOT += "main(int(sys.argv[1]), int(sys.argv[2]))"


class PythonTools:
    """The ``@tool`` functions of some files (paths ending in .py) and modules (dotted names).

    Args:
        sources: files and modules; ``SHIPPED`` are the tools that come with glmkit.
        result_limit: characters of a result.
        debug: what tools print, and the traceback of what they raise, goes to stderr.

    Raises:
        ConfigError: a file cannot be loaded, or a tool's declaration is wrong.
    """

    def __init__(self, *sources: str | Path, result_limit: int = RESULT_LIMIT, debug: bool = False) -> None:
        self._setup = {
            "sources": [str(source) for source in sources],
            "language": current_language(),
            "limit": result_limit,
            "debug": debug,
        }
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._is_closed = False
        worker = _Worker(self._setup)
        self._idle.append(worker)
        self._tools = worker.tools

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools, in the order of their files."""
        return self._tools

    def call(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> ToolResult:
        """Run a call and return its result; a call that fails, crashes or takes too long has a text as well.

        Raises:
            Cancelled: the worker has been killed.
        """
        tool = next(tool for tool in self._tools if tool.name == name)
        cancellation.check()
        try:
            worker = self._take()
        except ConfigError as error:  # the file has changed since it was loaded
            return ToolResult(text=clean(str(error)), failed=True)
        is_whole = False
        try:
            with cancellation.calling(worker.kill):
                answer = worker.ask({"name": name, "arguments": dict(arguments)}, tool.time_limit)
            is_whole = True
            return ToolResult(text=answer["text"], failed=answer["failed"])
        except TimeoutError:
            text = message("agent-call-timeout", tool=name, seconds=f"{tool.time_limit:g}")
            return ToolResult(text=text, failed=True)
        except (EOFError, OSError):
            cancellation.check()
            return ToolResult(text=message("agent-call-crashed", tool=name), failed=True)
        finally:
            self._put_back(worker, is_whole and not cancellation.is_cancelled)

    def close(self) -> None:
        """End the workers; one that answers a call ends with it."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def _put_back(self, worker: _Worker, is_usable: bool) -> None:
        with self._lock:
            if is_usable and not self._is_closed:
                self._idle.append(worker)
                return
        worker.close()

    def _take(self) -> _Worker:
        while True:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return _Worker(self._setup)
            if worker.is_alive:
                return worker
            worker.close()


class _Worker:
    """A worker process and the pipes to it."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        their_read, our_write = os.pipe()
        our_read, their_write = os.pipe()
        command = [sys.executable, "-c", _BOOT, str(their_read), str(their_write), json.dumps(sys.path)]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, pass_fds=(their_read, their_write), start_new_session=True
            )
        finally:
            os.close(their_read)
            os.close(their_write)
        self._requests = Connection(our_write, readable=False)
        self._answers = Connection(our_read, writable=False)
        self._max_bytes = 16 * (setup["limit"] + len(CUT)) + 2**20
        self.tools: tuple[Tool, ...] = ()
        try:
            answer = self.ask(setup, LOAD_LIMIT)
        except (TimeoutError, EOFError, OSError) as error:
            self.close()
            sources = ", ".join(setup["sources"])
            code = "agent-tools-slow" if isinstance(error, TimeoutError) else "agent-tools-crashed"
            raise ConfigError(code, sources=sources, seconds=f"{LOAD_LIMIT:g}") from error
        except BaseException:
            self.close()
            raise
        if "problems" in answer:
            self.close()
            raise ConfigError([Problem(code, where, values) for code, where, values in answer["problems"]])
        self.tools = tuple(Tool(**item) for item in answer["tools"])

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and return the answer; raises TimeoutError, and EOFError or OSError once it is dead."""
        self._requests.send_bytes(json.dumps(request).encode())
        if not self._answers.poll(seconds):
            raise TimeoutError
        answer: dict[str, Any] = json.loads(self._answers.recv_bytes(self._max_bytes))
        return answer

    def kill(self) -> None:
        """Kill it and what it started; its group is its own. May be called from another thread than ``ask``."""
        if self._process.returncode is None:  # not reaped yet, so the number is still its own
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill it and free what belongs to it."""
        self.kill()
        self._process.wait()
        self._requests.close()
        self._answers.close()
