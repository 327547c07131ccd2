"""The `glmkit` command as a process at a (pseudo-)terminal: keys arrive as signals and line ends, words as bytes."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="pseudo-terminals are a POSIX thing")

# A process without a terminal gets the first one it opens as its own: then Ctrl-C reaches it.
START = "import os, sys; os.open(os.ttyname(0), os.O_RDWR); from glmkit.cli import main; sys.exit(main())"
TIMEOUT_S = 120  # a busy machine takes its time to import torch
CTRL_C, CTRL_D = b"\x03", b"\x04"


class Keyboard:
    """Our side of the terminal."""

    def __init__(self, file: int, process: subprocess.Popen[bytes]) -> None:
        self.file = file
        self.process = process
        self.unread = b""

    def press(self, keys: bytes) -> None:
        os.write(self.file, keys)

    def type(self, line: str) -> None:
        self.press(f"{line}\n".encode())

    def read_until(self, text: str, nudge: bytes = b"") -> str:
        """Return what the process writes up to ``text``, pressing ``nudge`` for every second it says nothing."""
        deadline = time.monotonic() + TIMEOUT_S
        while text.encode() not in self.unread:
            ready, _, _ = select.select([self.file], [], [], 1)
            assert time.monotonic() < deadline, f"waited {TIMEOUT_S} s for {text!r}, got {self.unread!r}"
            if ready:
                try:
                    self.unread += os.read(self.file, 4096)
                except OSError:  # nobody writes there any more
                    pytest.fail(f"the process ended before {text!r}, after {self.unread!r}")
            else:
                self.press(nudge)
        seen, self.unread = self.unread.split(text.encode(), 1)
        return seen.decode()

    def wait(self) -> int:
        return self.process.wait(TIMEOUT_S)


@contextmanager
def at_a_terminal(arguments: list[str], folder: Path) -> Iterator[Keyboard]:
    """Run `glmkit` with ``arguments`` in ``folder``; it is killed in the end if it has not ended by itself."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env={
            **os.environ,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TERM": "dumb",
            "CUDA_VISIBLE_DEVICES": "",
        },
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Keyboard(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
