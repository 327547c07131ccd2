"""The process that runs Python tools: loads their files, then answers one call after the other until it is killed.

Started by python_tools.py, which may kill it at any moment. It speaks JSON in length-prefixed frames over two pipes of
its own, so that a tool may print and read as it likes. Out come only texts: values never leave this process.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from types import ModuleType
from typing import Any

from glmkit.agent.annotations import convert
from glmkit.agent.result import as_text, error_text
from glmkit.agent.tool import Declared, declared_in, refuse_repeated
from glmkit.errors import ConfigError, GlmkitError, Problem, set_language


def main(read_fd: int, write_fd: int) -> None:
    """Answer what comes in until the other end is closed.

    In, first: ``{"sources": [path or module], "language", "limit", "debug"}``. Out: ``{"tools": [...]}``, or
    ``{"problems": [[code, where, values]]}`` and the end. In, then: ``{"name", "arguments"}``. Out: ``{"text",
    "failed"}``.
    """
    for fd in (read_fd, write_fd):
        os.set_inheritable(fd, False)  # or a process that a tool starts would keep the pipes open
    requests = _requests(Connection(read_fd, writable=False))
    answers = Connection(write_fd, readable=False)
    setup = next(requests)
    set_language(setup["language"])
    if not setup["debug"]:
        _silence()
    try:
        declared = load(setup["sources"])
    except GlmkitError as error:
        _answer(answers, {"problems": [[p.code, p.where, _plain(p.values)] for p in error.problems]})
        return
    _answer(answers, {"tools": [asdict(item.tool) for item in declared]})
    by_name = {item.tool.name: item for item in declared}
    for request in requests:
        item = by_name.get(request["name"])
        text, failed = ("", True) if item is None else call(item, request["arguments"], setup["limit"], setup["debug"])
        _answer(answers, {"text": text, "failed": failed})


def load(sources: Sequence[str]) -> list[Declared]:
    """Return the tools of files (``*.py``) and modules, in order.

    Raises:
        ConfigError: a file is missing, broken, or declares no tool, or two tools have one name.
    """
    found: list[Declared] = []
    for source in sources:
        module = _load_file(Path(source)) if source.endswith(".py") else importlib.import_module(source)
        declared = declared_in(module)
        if not declared:
            raise ConfigError("agent-tools-none", where=source)
        found += [item for item in declared if item not in found]
        refuse_repeated([item.tool.name for item in found], where=source)
    return found


def call(declared: Declared, arguments: Mapping[str, Any], limit: int, debug: bool = False) -> tuple[str, bool]:
    """Return (text of the result, whether the tool failed); whatever the tool raises is an answer."""
    try:
        return as_text(declared.function(**convert(declared.function, arguments)), limit), False
    except GlmkitError as error:  # a sentence for the user
        return as_text(str(error), limit), True
    except BaseException as error:  # SystemExit and KeyboardInterrupt are a tool's failure as well
        if debug:
            traceback.print_exc()
        return error_text(error), True


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ConfigError("agent-tools-missing", where=str(path))
    sys.path.insert(0, str(path.parent.resolve()))  # as for a script: its neighbours can be imported
    name = f"glmkit_tools_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError("agent-tools-missing", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except GlmkitError as error:
        raise type(error)([*_placed(error, path)]) from error
    except BaseException as error:  # the file runs: anything may come of it
        line = error.lineno if isinstance(error, SyntaxError) else _line_in(path, error)
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError("agent-tools-broken", where=f"{path}:{line}" if line else str(path), reason=reason) from error
    return module


def _placed(error: GlmkitError, path: Path) -> Iterator[Problem]:
    line = _line_in(path, error)
    for problem in error.problems:
        yield problem if problem.where else replace(problem, where=f"{path}:{line}" if line else str(path))


def _line_in(path: Path, error: BaseException) -> int | None:
    lines = [number for frame, number in traceback.walk_tb(error.__traceback__) if _is_at(path, frame.f_code)]
    return lines[-1] if lines else None


def _is_at(path: Path, code: Any) -> bool:
    return Path(code.co_filename).resolve() == path.resolve()


def _requests(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield what comes in; once the other end is closed the process ends, even in the middle of a call."""
    queue: SimpleQueue[bytes] = SimpleQueue()

    def listen() -> None:
        while True:
            try:
                queue.put(connection.recv_bytes())
            except (EOFError, OSError):
                os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield json.loads(queue.get())


def _answer(connection: Connection, answer: dict[str, Any]) -> None:
    connection.send_bytes(json.dumps(answer).encode())


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, (int, float, str)) else str(value) for name, value in values.items()}


def _silence() -> None:
    """Let what tools print go nowhere: the terminal belongs to the conversation."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for fd in (1, 2):
        os.dup2(nowhere, fd)
    os.close(nowhere)
