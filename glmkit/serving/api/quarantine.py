"""Requests that kill the engine: one that was running at failure after failure, as no other was, has to wait.

``EngineLoop`` tells who was running when the engine failed and who ended well, and asks before it takes a request.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Iterable

from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.tickets import Ticket

FAILURES = 2  # of the engine, with the same request running, before it is suspected alone
HELD_S = 600.0  # then it may be tried again: it may have been innocent
MAX_HELD = 256


class Quarantine:
    """Remembers suspects by what they ask for, not by who asks."""

    def __init__(self) -> None:
        self._suspects: dict[str, int] = {}  # who was running at each of the last failures, and at how many
        self._held: OrderedDict[str, tuple[int, float]] = OrderedDict()  # failures, and until when

    def check(self, ticket: Ticket) -> None:
        """Raise ApiError (503) for a request that is held."""
        if not self._held:
            return
        times, until = self._held.get(_key(ticket), (0, 0.0))
        left = until - time.monotonic()
        if left > 0:
            retry = {"Retry-After": str(int(left) + 1)}
            raise ApiError(503, "api-quarantined", code="request_quarantined", headers=retry, times=times)

    def failed(self, running: Iterable[Ticket]) -> None:
        """The engine has failed with these requests running; one that alone was there each time is held."""
        keys = {_key(ticket) for ticket in running}
        again = {key: times + 1 for key, times in self._suspects.items() if key in keys}
        self._suspects = again or dict.fromkeys(keys, 1)
        if len(again) == 1:
            ((key, times),) = again.items()
            if times >= FAILURES:
                self._held[key] = (times, time.monotonic() + HELD_S)
                while len(self._held) > MAX_HELD:
                    self._held.popitem(last=False)

    def ended_well(self, ticket: Ticket) -> None:
        """A request has ended: it kills nothing."""
        if self._suspects:
            self._suspects.pop(_key(ticket), None)


def _key(ticket: Ticket) -> str:
    asked = [ticket.model, ticket.prompt_ids, repr(ticket.params), ticket.more.get("constraint")]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
