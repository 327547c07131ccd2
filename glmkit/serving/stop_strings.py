"""Stop strings: the text of a request as it grows, and the moment at which it must end.

Ids go in, text comes out; what could still become a stop string is held back, so text once given is never taken away.
``Engine`` makes one ``StoppedText`` for each request with stop strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TextStream(Protocol):
    """Decodes ids one at a time: ``StreamDecoder`` (plain text) or ``ReplyStream`` (what a chat reply shows)."""

    def push(self, id: int) -> str:
        """Take the next id; return the text that it sets free."""

    def finish(self) -> str:
        """Return what is left at the end."""


class StoppedText:
    """Text up to the first stop string.

    Attributes:
        text: what may be shown; it only grows, and holds no part of the stop string that ends it.
        found: the stop string that came, None so far. Of several the one that is complete first counts.
    """

    def __init__(self, stream: TextStream, stops: Sequence[str]) -> None:
        self._stream = stream
        self._stops = tuple(stops)
        self._held = ""  # decoded, but the beginning of a stop string may be in it
        self.text = ""
        self.found: str | None = None

    def push(self, id: int, *, may_stop: bool = True) -> bool:
        """Take the next id; return whether a stop string is complete. Without ``may_stop`` none is looked for."""
        self._take(self._stream.push(id), may_stop)
        return self.found is not None

    def finish(self) -> bool:
        """Give out everything held back, unless a stop string is in it; called once after the last id."""
        if self.found is None:
            self._take(self._stream.finish(), may_stop=True)
            if self.found is None:
                self.text += self._held
                self._held = ""
        return self.found is not None

    def _take(self, piece: str, may_stop: bool) -> None:
        self._held += piece
        if not may_stop:  # too early to stop: what has come can be no part of a later stop string either
            self.text += self._held
            self._held = ""
            return
        places = [(place, stop) for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if places:
            place, self.found = min(places, key=lambda item: (item[0] + len(item[1]), item[0]))
            self.text += self._held[:place]
            self._held = ""
            return
        kept = max(map(self._beginning, self._stops))
        self.text += self._held[: len(self._held) - kept]
        self._held = self._held[len(self._held) - kept :]

    def _beginning(self, stop: str) -> int:
        """Return how long the longest end of the held text is that is a beginning of ``stop``."""
        longest = min(len(stop) - 1, len(self._held))
        return next((n for n in range(longest, 0, -1) if self._held.endswith(stop[:n])), 0)
