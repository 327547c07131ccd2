"""Whether anybody has a session's page open: Streamlit knows which pages hold a connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from streamlit.runtime import Runtime

LOADING = 30.0  # seconds that a browser which has asked for the page may take to connect


def connected(page: str) -> bool:
    """Whether Streamlit's session of this id has a websocket now; without a server nobody can leave it."""
    return not Runtime.exists() or Runtime.instance().is_active_session(page)


class Presence:
    """The pages that show a session, and how long none has.

    Args:
        is_connected: whether the page of an id is open now.
    """

    def __init__(self, is_connected: Callable[[str], bool] = connected) -> None:
        self._is_connected = is_connected
        self._pages: set[str] = set()
        self._last = float("inf")  # when a page was last open, or may be at the latest; no page, nobody who left
        self._lock = threading.Lock()

    def enter(self, page: str) -> None:
        """A page shows the session."""
        with self._lock:
            self._pages.add(page)  # for good: a connection that breaks comes back under its id
            self._last = time.monotonic()

    def expect(self) -> None:
        """A browser loads the page, and will connect."""
        with self._lock:
            self._last = max(self._last, time.monotonic() + LOADING)

    def seconds_away(self) -> float:
        """Return for how long nobody has had it open; 0 while somebody has."""
        with self._lock:
            now = time.monotonic()
            if any(self._is_connected(page) for page in self._pages):
                self._last = now
            return max(0.0, now - self._last)
