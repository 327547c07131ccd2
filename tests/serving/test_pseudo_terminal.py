"""`glmkit chat` as a process at a (pseudo-)terminal, once: keys arrive as signals and line ends, words as bytes."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path
from shutil import copy

import pytest

from glmkit.model.glm import GLM
from glmkit.model.weights import save_model_folder

pty = pytest.importorskip("pty", reason="pseudo-terminals are a POSIX thing")

# A process without a terminal gets the first one it opens as its own: then Ctrl-C reaches it.
START = "import os, sys; os.open(os.ttyname(0), os.O_RDWR); from glmkit.cli import main; sys.exit(main())"
TIMEOUT_S = 120  # a busy machine takes its time to import torch


class Keyboard:
    """Our side of the terminal."""

    def __init__(self, file: int) -> None:
        self.file = file
        self.unread = b""

    def press(self, keys: bytes) -> None:
        os.write(self.file, keys)

    def read_until(self, text: str, nudge: bytes = b"") -> str:
        """Return what the process writes up to ``text``, pressing ``nudge`` for every second it says nothing."""
        deadline = time.monotonic() + TIMEOUT_S
        while text.encode() not in self.unread:
            ready, _, _ = select.select([self.file], [], [], 1)
            assert time.monotonic() < deadline, f"waited {TIMEOUT_S} s for {text!r}, got {self.unread!r}"
            if ready:
                self.unread += os.read(self.file, 4096)
            else:
                self.press(nudge)
        seen, self.unread = self.unread.split(text.encode(), 1)
        return seen.decode()


@pytest.fixture
def model_folder(talking_glm: GLM, tokenizer_file: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "talking"
    save_model_folder(talking_glm, folder)
    copy(tokenizer_file, folder / "tokenizer.model")
    return folder


def test_a_conversation_at_a_terminal(model_folder: Path) -> None:
    ours, theirs = pty.openpty()
    arguments = ["chat", str(model_folder), "--temperature", "0", "--lang", "en"]
    process = subprocess.Popen(
        [sys.executable, "-c", START, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "TERM": "dumb", "CUDA_VISIBLE_DEVICES": ""},
        start_new_session=True,
    )
    os.close(theirs)
    keyboard = Keyboard(ours)
    try:
        assert "/help lists the commands" in keyboard.read_until("> ")
        keyboard.press(b"hello\n")
        assert "The quick 🙂 fox.\r\n" in keyboard.read_until("> ")
        keyboard.press(b"\x03")
        # Python sees a signal that comes just before it waits for a key only with that key: an empty line does no harm.
        keyboard.read_until("Press Ctrl-C again, Ctrl-D or type /exit to leave.", nudge=b"\n")
        keyboard.read_until("> ")
        keyboard.press(b"\x04")
        assert process.wait(TIMEOUT_S) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
