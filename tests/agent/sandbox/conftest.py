"""Interpreters shared by the tests of a module, and things on the host worth attacking."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmkit.agent.sandbox import Event, Interpreter, Text, probe
from glmkit.agent.sandbox.inside.syscalls import NUMBERS

LEVELS = {"full": ("full", "restricted"), "restricted": ("restricted",), "none": ()}[probe().level]


def run(python: Interpreter, code: str) -> list[Event]:
    return list(python.run(code))


def printed(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


@pytest.fixture(scope="session", params=["full", "restricted"])
def level(request: pytest.FixtureRequest) -> str:
    if request.param not in LEVELS:
        reason = "; ".join(probe().lines())
        if os.environ.get("CI") == "true" and request.param == "restricted":
            pytest.fail(reason)
        pytest.skip(f"this machine cannot: {reason}")
    return str(request.param)


@pytest.fixture(scope="session")
def shared_python(level: str) -> Iterator[Interpreter]:
    """One interpreter a level for tests that leave it as usable as they found it."""
    with Interpreter(level=level) as python:  # type: ignore[arg-type]
        yield python


@pytest.fixture(scope="session")
def targets() -> Iterator[dict[str, Any]]:
    """Files anyone may read and write, listening sockets, our process id, another session's file."""
    folder = Path(tempfile.mkdtemp(prefix="glmkit-attack-"))
    folder.chmod(0o777)
    for name in ("secret", "victim", "movable"):
        (folder / name).write_text("canary")
        (folder / name).chmod(0o666)
    with contextlib.ExitStack() as stack:
        sockets = {}
        for name, family, kind, address in (
            ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0glmkit-attack-{os.getpid()}"),
            ("unix", socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket")),
            ("datagram", socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "datagram")),
        ):
            sockets[name] = stack.enter_context(socket.socket(family, kind))
            sockets[name].bind(address)
            if kind == socket.SOCK_STREAM:
                sockets[name].listen(64)
        for name in ("socket", "datagram"):
            (folder / name).chmod(0o777)
        neighbour = None
        if LEVELS:
            neighbour = stack.enter_context(Interpreter())
            neighbour.add_file("private.txt", b"canary")
        column = 1 if platform.machine() == "aarch64" else 0
        yield {
            **{name: str(folder / name) for name in ("secret", "victim", "movable", "datagram")},
            "folder": str(folder),
            "unix": str(folder / "socket"),
            "abstract": f"glmkit-attack-{os.getpid()}",
            "tcp": sockets["tcp"].getsockname()[1],
            "udp": sockets["udp"].getsockname()[1],
            "pid": os.getpid(),
            "neighbour": str(neighbour.folder / "private.txt") if neighbour else "",
            "syscalls": {name: numbers[column] or -1 for name, numbers in NUMBERS.items()},
        }
    shutil.rmtree(folder)
