"""What a cell shows, as lines on a private pipe, in the order it was made: ``nonce {json}``, one frame a line.

A line break before each frame ends whatever a cell may have scribbled on the pipe, so that only the scribble is lost.
The nonce is new for each cell: a thread left over from an earlier one cannot speak in the name of the next.
"""

from __future__ import annotations

import io
import json
import os
import select
import threading
from collections.abc import Mapping
from typing import Any

FLUSH_SECONDS = 0.05
FLUSH_CHARACTERS = 8192
READ_BYTES = 1 << 16


class Channel:
    """The pipe to the owner, and the buffer of printed text before it."""

    def __init__(self, descriptor: int, max_characters: int) -> None:
        self.nonce = "start"
        self._descriptor = descriptor
        self._max_characters = max_characters
        self._left = max_characters
        self._lock = threading.RLock()
        self._stream = ""
        self._parts: list[str] = []
        self._waiting = 0
        self._raw: dict[int, str] = {}
        self._poll = select.poll()

    def begin(self, nonce: str) -> None:
        """Open a cell: frames carry its nonce from here on, and it has the whole of the cap."""
        with self._lock:
            self.flush()
            self.nonce = nonce
            self._left = self._max_characters

    def send(self, kind: str, **values: Any) -> None:
        """Send one frame, after all text printed before it."""
        with self._lock:
            self.flush()
            self._write(kind, values)

    def text(self, stream: str, text: str) -> None:
        """Take printed text; sent when it has grown, when a frame follows it, or a moment later."""
        if self._left < 0:
            return  # the owner has been told that the rest is cut
        with self._lock:
            self._drain()
            self._add(stream, text)

    def flush(self) -> None:
        """Send all text taken so far."""
        with self._lock:
            self._drain()
            self._send_text()

    def capture(self) -> None:
        """Read file descriptors 1 and 2 as well, which libraries in C write to, and flush every moment from now on."""
        for number, stream in ((1, "stdout"), (2, "stderr")):
            reader, writer = os.pipe()
            os.dup2(writer, number)
            os.close(writer)
            self._raw[reader] = stream
            self._poll.register(reader, select.POLLIN)
        threading.Thread(target=self._keep_flushing, name="output", daemon=True).start()

    def _keep_flushing(self) -> None:
        try:
            while True:
                select.select(list(self._raw), [], [], FLUSH_SECONDS)
                self.flush()
        except (OSError, ValueError):
            return  # the cell has closed a pipe

    def _drain(self) -> None:
        while ready := self._poll.poll(0):
            for descriptor, _ in ready:
                block = os.read(descriptor, READ_BYTES)
                if self._left >= 0:
                    self._add(self._raw[descriptor], block.decode("utf-8", "replace"))

    def _add(self, stream: str, text: str) -> None:
        if stream != self._stream:
            self._send_text()
            self._stream = stream
        kept = text[: self._left + 1]
        self._left -= len(kept)
        self._parts.append(kept)
        self._waiting += len(kept)
        if self._waiting >= FLUSH_CHARACTERS:
            self._send_text()

    def _send_text(self) -> None:
        if self._parts:
            text, self._parts, self._waiting = "".join(self._parts), [], 0
            self._write("text", {"stream": self._stream, "text": text})

    def _write(self, kind: str, values: Mapping[str, Any]) -> None:
        frame = json.dumps({"kind": kind, **values})  # ASCII: a lone surrogate travels too
        line = f"\n{self.nonce} {frame}\n".encode()
        while line:
            line = line[os.write(self._descriptor, line) :]


class Printed(io.TextIOBase):
    """sys.stdout or sys.stderr of a cell."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, channel: Channel, stream: str, descriptor: int) -> None:
        self._channel = channel
        self._name = stream
        self._number = descriptor
        self.buffer = open(descriptor, "wb", buffering=0, closefd=False)  # noqa: SIM115  (open as long as the process)

    def write(self, text: str) -> int:
        """Take text; anything else is the caller's TypeError, as with any text stream."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._channel.text(self._name, text)
        return len(text)

    def flush(self) -> None:
        """Send what has been printed."""
        self._channel.flush()

    def fileno(self) -> int:
        """Return the descriptor that libraries in C print to."""
        return self._number

    def writable(self) -> bool:
        """Return True."""
        return True
