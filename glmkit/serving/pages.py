"""Which page belongs to whom: pages are handed out, shared, found again by content, and reused when nobody needs them.

Numbers only, no tensors; ``model.paged`` holds what stands in the pages. A page is in exactly one of four conditions:

    fresh   never handed out          used   referenced by one or more requests or adapters
    free    given back, no content    idle   referenced by nobody, but its content has a key: found again, or evicted

A full page is named by a key that chains the adapter and every id up to its end, so equal keys mean equal contents.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import blake2b

KEY_BYTES = 16
FIRST_PAGES = 32  # a growing pool begins with so many, and doubles


class PagePool:
    """Up to ``limit`` pages.

    Args:
        limit: most pages.
        grow: called with a number of pages when all present ones are in use; makes room and returns how many there are
            now. Fewer than asked for means that no more can be had: ``limit`` sinks to that. None: all are present.
    """

    def __init__(self, limit: int, grow: Callable[[int], int] | None = None) -> None:
        self.limit = limit
        self._grow = grow
        self.num_present = 0 if grow is not None else limit
        self._num_touched = 0  # pages from this number on are fresh
        self._free: list[int] = []
        self._idle: OrderedDict[int, None] = OrderedDict()  # least recently given back first
        self._num_users: dict[int, int] = {}  # of every used page
        self._key_of: dict[int, bytes] = {}
        self._page_of: dict[bytes, int] = {}

    @property
    def num_available(self) -> int:
        """How many pages could be handed out: fresh, free or idle."""
        return self.limit - self.num_used

    @property
    def num_used(self) -> int:
        """How many pages somebody references."""
        return len(self._num_users)

    @property
    def num_idle(self) -> int:
        """How many pages are kept for their content alone."""
        return len(self._idle)

    def is_idle(self, page: int) -> bool:
        """Tell whether ``page`` is kept for its content alone; sharing it makes one page less available."""
        return page in self._idle

    def allocate(self, count: int) -> list[int] | None:
        """Return ``count`` pages, each with one user and unknown content; None, and no change, when there are fewer."""
        room = len(self._free) + self.num_present - self._num_touched
        if count > room and self._grow is not None and self.num_present < self.limit:
            wanted = min(max(self.num_present + count - room, 2 * self.num_present, FIRST_PAGES), self.limit)
            self.num_present = self._grow(wanted)
            if self.num_present < wanted:
                self.limit = self.num_present
        if count > self.num_available:
            return None
        pages = [self._take() for _ in range(count)]
        self._num_users.update(dict.fromkeys(pages, 1))
        return pages

    def share(self, pages: Sequence[int]) -> None:
        """Add a user to pages that are used or idle."""
        for page in pages:
            self._idle.pop(page, None)
            self._num_users[page] = self._num_users.get(page, 0) + 1

    def release(self, pages: Sequence[int]) -> None:
        """Take a user from each page. The last of a sequence is given up first: a beginning serves more prompts."""
        for page in reversed(pages):
            self._num_users[page] -= 1
            if self._num_users[page] > 0:
                continue
            del self._num_users[page]
            if page in self._key_of:
                self._idle[page] = None
            else:
                self._free.append(page)

    def name(self, page: int, key: bytes) -> None:
        """Give a used page the key of its content; the first page with a key keeps it."""
        assert page in self._num_users and page not in self._key_of
        if key not in self._page_of:
            self._key_of[page] = key
            self._page_of[key] = page

    def find(self, keys: Sequence[bytes]) -> list[int]:
        """Return the pages of the longest beginning of ``keys`` that is known."""
        pages = []
        for key in keys:
            if key not in self._page_of:
                break
            pages.append(self._page_of[key])
        return pages

    def forget(self) -> None:
        """Give up every content that no request is using; no key is found afterwards."""
        self._free.extend(self._idle)
        self._idle.clear()
        self._key_of.clear()
        self._page_of.clear()

    def _take(self) -> int:
        if self._free:
            return self._free.pop()
        if self._num_touched < self.num_present:
            self._num_touched += 1
            return self._num_touched - 1
        page, _ = self._idle.popitem(last=False)
        del self._page_of[self._key_of.pop(page)]
        return page


def page_key(previous: bytes, ids: Sequence[int]) -> bytes:
    """Return the key of a page whose own ids are ``ids`` and that stands behind the page, or adapter, ``previous``.

    A 128-bit cryptographic digest: nobody can make two prompts share a page whose ids differ.
    """
    return blake2b(array("q", ids).tobytes(), key=previous, digest_size=KEY_BYTES).digest()
