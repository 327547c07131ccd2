"""Ctrl-C, SIGTERM, a closed terminal: the first asks for a stop after the step, a second one stops at once.

Used by the training loop as ``with StopRequest() as stop: ... if stop.requested: save and leave``.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from glmkit.errors import message

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SHOW_CURSOR = "\x1b[?25h"  # a progress bar hides it, and a second signal leaves no time to show it again


class StopRequest:
    """Listens while its ``with`` block runs; in a thread other than the main one it hears nothing."""

    def __init__(self) -> None:
        self.requested = False
        self._earlier: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            # What is ignored stays so: nohup and background jobs rely on it.
            heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
            self._earlier = {number: signal.signal(number, self._hear) for number in heard}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop_listening()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        self._stop_listening()  # the second signal does what it would have done without us
        text = message("training-stopping") + "\n"
        # os.write: print may be in the middle of a line when the signal comes, and is not made to be entered twice
        with suppress(OSError):  # the terminal may be what has gone
            os.write(2, ((SHOW_CURSOR if sys.stderr.isatty() else "") + text).encode())

    def _stop_listening(self) -> None:
        for number, earlier in self._earlier.items():
            signal.signal(number, earlier)
        self._earlier = {}
