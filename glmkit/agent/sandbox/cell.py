"""One cell on its way: read frames, check them, keep time and disk in bounds, and turn everything into events."""

from __future__ import annotations

import base64
import binascii
import json
import queue
import re
import secrets
import select
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

from glmkit.agent.sandbox.events import Done, Error, Event, Image, Result, Status, Text
from glmkit.agent.sandbox.limits import Limits
from glmkit.agent.sandbox.process import Worker
from glmkit.agent.sandbox.workspace import Workspace
from glmkit.errors import StorageError, message

POLL_SECONDS = 0.1
DISK_SECONDS = 0.25
MAX_NAME = 200
MIN_TEXT = 32  # what a piece of printed text counts at least, so that their number is bounded too
MAX_ERROR = 20_000
MAX_RESULT = 65_536
MAX_FORMAT = 262_144
FORMATS = ("text/plain", "text/html", "text/markdown", "text/latex", "application/json")
PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
# Terminal codes: CSI, OSC up to its end, other escapes; then control characters but tab and line break.
TERMINAL_CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Cell:
    """A cell that runs. Its own thread reads what comes, so that a slow consumer neither blocks nor times it out."""

    def __init__(self, worker: Worker, workspace: Workspace, limits: Limits) -> None:
        self.nonce = secrets.token_hex(16)
        self.state_lost = False
        self._worker = worker
        self._workspace = workspace
        self._limits = limits
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stop_at: float | None = None  # when an interrupt that is not heeded becomes a kill
        self._stop_lock = threading.Lock()
        self._reason: Status | None = None
        self._failed = False
        self._characters = limits.max_characters
        self._images = limits.max_images
        self._results = limits.max_results
        self._result_characters = limits.max_characters * 4
        self._thread = threading.Thread(target=self._serve, name="sandbox-cell", daemon=True)

    def start(self, code: str) -> None:
        """Send the code and read what comes."""
        self._before = {file.name: file for file in self._workspace.files()}
        usage = self._workspace.usage()
        # A workspace that is over its limit may shrink, or files in it could never be removed.
        self._max_bytes = max(self._limits.workspace_bytes, usage.num_bytes)
        self._max_files = max(self._limits.workspace_files, usage.num_files)
        self._began = time.monotonic()
        self._worker.send({"nonce": self.nonce, "code": code})
        self._thread.start()

    def events(self) -> Iterator[Event]:
        """Yield events as they come, Done last. Leaving early interrupts the cell."""
        event: Event | None = None
        try:
            while not isinstance(event, Done):
                event = self._events.get()
                yield event
        finally:
            if not isinstance(event, Done):
                self.interrupt("interrupted")

    def interrupt(self, reason: Status) -> None:
        """Raise KeyboardInterrupt in the cell; its process is killed where that has not ended it soon."""
        with self._stop_lock:
            if self._stop_at is not None or not self._thread.is_alive():
                return
            self._reason = reason
            self._stop_at = time.monotonic() + self._limits.grace
        self._worker.send({"interrupt": self.nonce})

    def wait(self) -> None:
        """Wait until the cell has ended."""
        self._thread.join()

    def _serve(self) -> None:
        try:
            self._watch()
        except BaseException:
            self._worker.kill()
            raise
        finally:  # whoever waits for events waits for Done
            self._finish()

    def _watch(self) -> None:
        ended = False
        look_at_disk = self._began + DISK_SECONDS
        while not ended:
            select.select([self._worker.events], [], [], POLL_SECONDS)
            lines = self._worker.read()
            if lines is None:  # it ended, or the cell shut the pipe
                self._worker.kill()
                break
            for line in lines:
                ended = self._take(line) or ended
            now = time.monotonic()
            if not ended and now >= look_at_disk:
                self._check_disk()
                look_at_disk = time.monotonic() + DISK_SECONDS
            if not ended and now - self._began > self._limits.seconds:
                self.interrupt("timeout")
            if not ended and self._stop_at is not None and now > self._stop_at:
                self._worker.kill()
        self._check_disk()

    def _check_disk(self) -> None:
        """Kill the worker at once where its files grow beyond bounds: a second more writes gigabytes."""
        try:
            usage = self._workspace.usage(self._max_bytes, self._max_files)
            free = self._workspace.free_bytes()
        except StorageError:
            return
        too_much = usage.num_bytes > self._max_bytes or usage.num_files > self._max_files
        if too_much or free < self._limits.free_disk_bytes:
            self._reason = "quota"
            self._worker.kill()

    def _finish(self) -> None:
        seconds = time.monotonic() - self._began
        limits = self._limits
        self.state_lost = not self._worker.alive()
        status: Status = self._reason or ("died" if self.state_lost else "error" if self._failed else "ok")
        lost = message("sandbox-state-lost" if self.state_lost else "sandbox-state-kept")
        if status == "timeout":
            self._events.put(Error("TimeoutError", message("sandbox-timeout", seconds=limits.seconds, state=lost)))
        elif status == "quota":
            values = {"megabytes": limits.workspace_bytes >> 20, "files": limits.workspace_files, "state": lost}
            self._events.put(Error("DiskQuotaError", message("sandbox-quota", **values)))
        elif status == "interrupted" and self.state_lost:
            self._events.put(Error("KeyboardInterrupt", message("sandbox-killed", state=lost)))
        elif status == "died":
            self._events.put(Error("ProcessDied", message("sandbox-died", state=lost)))
        self._events.put(Done(status, seconds, self.state_lost, self._changed()))

    def _changed(self) -> tuple[str, ...]:
        try:
            return tuple(file.name for file in self._workspace.files() if self._before.get(file.name) != file)
        except StorageError:  # someone removed the folder
            return ()

    def _take(self, line: bytes) -> bool:
        """Turn one frame into an event; True for the last. What is no frame of this cell is passed over."""
        nonce, _, body = line.partition(b" ")
        if nonce != self.nonce.encode():
            return False
        try:
            frame = json.loads(body)
            kind = frame["kind"]
            if kind == "done":
                return True
            take = {
                "text": self._take_text,
                "result": self._take_result,
                "image": self._take_image,
                "error": self._take_error,
            }.get(kind)
            if take is not None:
                take(frame)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass  # forged by the cell; nothing of ours looks like that
        return False

    def _take_text(self, frame: dict[str, Any]) -> None:
        if self._characters < 0:
            return
        text = str(frame["text"])
        kept = clean(text[: self._characters])
        self._characters -= max(len(text), MIN_TEXT)
        stream = "stderr" if frame["stream"] == "stderr" else "stdout"
        if kept:
            self._events.put(Text(kept, stream))  # type: ignore[arg-type]
        if self._characters < 0:
            self._events.put(Text("\n" + message("sandbox-output-cut", count=self._limits.max_characters) + "\n"))

    def _take_result(self, frame: dict[str, Any]) -> None:
        if self._results < 0:
            return
        formats = {name: clean(str(frame["formats"][name])) for name in FORMATS if name in frame["formats"]}
        self._results -= 1
        self._result_characters -= sum(map(len, formats.values()))
        if self._results < 0 or self._result_characters < 0:
            self._results = -1
            self._events.put(Text(message("sandbox-results-cut") + "\n"))
            return
        plain = formats.get("text/plain", "")
        if len(plain) > MAX_RESULT:
            formats["text/plain"] = plain = plain[:MAX_RESULT] + "\n" + message("sandbox-result-cut", count=MAX_RESULT)
        # Half a table or formula is none: one that is too long is left out, and the plain text stands for it.
        formats = {name: text for name, text in formats.items() if name == "text/plain" or len(text) <= MAX_FORMAT}
        self._events.put(Result(plain, formats))

    def _take_image(self, frame: dict[str, Any]) -> None:
        self._images -= 1
        if self._images == -1:
            self._events.put(Text(message("sandbox-images-cut", count=self._limits.max_images) + "\n"))
        if self._images < 0:
            return
        try:
            png = base64.b64decode(frame["png"])
        except binascii.Error:
            return
        if not png.startswith(PNG_START) or len(png) < 33:
            return
        width, height = struct.unpack(">II", png[16:24])
        if len(png) > self._limits.image_bytes or width * height > self._limits.image_pixels * 1.01:
            self._events.put(Text(message("sandbox-image-large", width=width, height=height) + "\n"))
            return
        self._events.put(Image(png, width, height))

    def _take_error(self, frame: dict[str, Any]) -> None:
        if self._failed:
            return  # a cell ends with one
        self._failed = True
        name, said, shown = (clean(str(frame[key]))[:MAX_ERROR] for key in ("name", "message", "traceback"))
        self._events.put(Error(name[:MAX_NAME], said, shown))


def clean(text: str) -> str:
    """Return text without terminal codes and control characters; what "\\r" overwrites is gone, as on a terminal."""
    text = TERMINAL_CODES.sub("", text.encode("utf-8", "replace").decode("utf-8"))
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return CONTROLS.sub("", text)
