"""Stop strings in text that arrives in pieces: what may still become one is held back, nothing of one gets out."""

from __future__ import annotations

from collections.abc import Sequence


class StopText:
    """Passes text on up to the first of ``stops``; of several the one that is complete first counts."""

    def __init__(self, stops: Sequence[str]) -> None:
        self.stopped = False
        self._stops = tuple(stops)
        self._held = ""

    def push(self, text: str) -> str:
        """Take more text; return what is sure to stand before any stop string."""
        if self.stopped:
            return ""
        self._held += text
        found = [(place + len(stop), place) for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            kept, self._held = self._held[: min(found)[1]], ""
            return kept
        keep = max(map(self._beginning, self._stops), default=0)
        kept, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return kept

    def finish(self) -> str:
        """Return what was held back for nothing."""
        kept, self._held = self._held, ""
        return kept

    def _beginning(self, stop: str) -> int:
        """Return the length of the longest end of the held text that is a beginning of ``stop``."""
        longest = min(len(stop) - 1, len(self._held))
        return next((length for length in range(longest, 0, -1) if self._held.endswith(stop[:length])), 0)
