"""Stopping a reply from another thread: whatever it waits for ends at once.

The thread that works enters ``calling(action)`` around every wait; ``cancel`` runs the action of the wait that is going
on (close the stream, kill the worker, interrupt the program) and of every later one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class Cancelled(Exception):
    """The user stopped the reply."""


class Cancellation:
    """One reply's stop button; may be pressed from any thread, any number of times, before or after the reply."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._actions: list[Callable[[], None]] = []
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """Whether ``cancel`` has been called."""
        return self._is_cancelled

    def cancel(self) -> None:
        """End the wait that is going on and every later one."""
        with self._lock:
            self._is_cancelled = True
            actions = list(self._actions)
        for action in actions:
            action()

    def check(self) -> None:
        """Raise Cancelled after ``cancel``."""
        if self._is_cancelled:
            raise Cancelled

    @contextmanager
    def calling(self, action: Callable[[], None]) -> Iterator[None]:
        """Call ``action`` when cancelled inside this block, at once when that has happened before it."""
        with self._lock:
            self._actions.append(action)
            is_cancelled = self._is_cancelled
        try:
            if is_cancelled:
                action()
            yield
        finally:
            with self._lock:
                self._actions.remove(action)
