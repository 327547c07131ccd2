"""One row of a data file as it was read, and which rows of a file are wanted: all, one worker's, or some by number.

In: what the readers of lines, arrays and CSV records found. Out: Rows, which ``read.py`` turns into conversations.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from glmkit.errors import Problem

KEPT_OF_LONG_ROW = 1_000  # bytes or characters of a row too long to hold that are kept to know it by
BLOCK_ROWS = 128  # what a worker takes at a time: half a megabyte of text, some tens of milliseconds of work


@dataclass(frozen=True, slots=True)
class Row:
    """A JSON value of the file, or, where ``problems`` is not empty, why there is none."""

    number: int  # 0-based; every row of the file counts, blank lines do not
    where: str  # the place where it starts, "file:line"
    value: Any = None
    problems: tuple[Problem, ...] = ()
    text: str | None = None  # what stands in the file where it gives no value; bytes that are not UTF-8 as \x escapes
    is_last: bool = False  # what is behind it in the file cannot be told apart


@dataclass(frozen=True, slots=True)
class Share:
    """Every ``count``-th block of rows, from block ``index`` on; the default is the whole file."""

    index: int = 0
    count: int = 1

    def holds(self, number: int) -> bool:
        """Say whether row ``number`` belongs to this share."""
        return number // BLOCK_ROWS % self.count == self.index


@dataclass(frozen=True, slots=True)
class Numbered:
    """The rows with these numbers: what is looked at again when the file has been read."""

    numbers: Container[int]

    def holds(self, number: int) -> bool:
        """Say whether row ``number`` is one of them."""
        return number in self.numbers


Choice = Share | Numbered
WHOLE = Share()
