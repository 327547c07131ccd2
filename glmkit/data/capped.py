"""What is found in a file of any size, kept up to a limit and counted beyond it. Called by read, check and convert."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

MAX_KEPT = 10_000  # a screen shows 20, a report hundreds; millions of faults must not fill the memory


class CappedList(list[T]):
    """The first ``MAX_KEPT`` items that were added, and in ``total`` how many there were."""

    def __init__(self, items: Iterable[T] = ()) -> None:
        super().__init__()
        self.total = 0
        for item in items:
            self.add(item)

    def add(self, item: T) -> None:
        """Count an item, and keep it while there is room."""
        self.total += 1
        if len(self) < MAX_KEPT:
            self.append(item)

    def add_all(self, other: CappedList[T]) -> None:
        """Add what another list kept and counted, which comes behind all that is here."""
        self.extend(other[: MAX_KEPT - len(self)])
        self.total += other.total
