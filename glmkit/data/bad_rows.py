r"""Rows with faults moved aside: with ``skip_bad`` they go to a file, and the others go on.

In: the rows of a walk and what each holds. Out: the same without the faulty rows, and a file of JSON lines
{"place": "file:line", "reasons": [...], "row": ...}; where there is no row, "text" has what stands in the file, a byte
that is not UTF-8 as \x escape (of a row too long to hold, its start). Called by read.py, check.py and convert.py.

A fault behind which the rows cannot be told apart (an array broken off, a quote of a CSV file that never closes) is not
one of a row, and is left in the walk. The file is written whole or not at all, empty when no row was bad, and takes
the place of an older one only if that was written here too: anything else of that name is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from glmkit.data.capped import CappedList
from glmkit.data.row import Row
from glmkit.data.whole_file import check_target, written_whole
from glmkit.errors import ConfigError, DataError, Problem, notice

if TYPE_CHECKING:
    from glmkit.data.read import Item

LONGEST_FIRST_LINE = 64 * 2**20  # of an older file, read to see whose it is; a record of a 16 MiB row is shorter
_KEYS = ({"place", "reasons", "row"}, {"place", "reasons", "text"})


class BadRows:
    """The rows moved aside so far: written to the file, and counted. Without a file, none is."""

    def __init__(self, path: str | Path = "", file: BinaryIO | None = None) -> None:
        self.path = path
        self.num_rows = 0
        self.counts: Counter[str] = Counter()  # code of a fault -> how often
        self.problems: CappedList[Problem] = CappedList()  # of the file being read
        self._first: dict[str, Problem] = {}
        self._file = file

    @property
    def is_open(self) -> bool:
        """Whether rows are moved at all."""
        return self._file is not None

    def sort_out(self, row: Row, items: list[Item]) -> list[Item]:
        """Return the items of a row, or nothing where it is moved aside."""
        faults = [item for item in items if isinstance(item, Problem)]
        if self._file is None or not faults or row.is_last:
            return items
        self.num_rows += 1
        for fault in faults:
            self.counts[fault.code] += 1
            self.problems.add(fault)
            self._first.setdefault(fault.code, fault)
        content = {"row": row.value} if row.text is None else {"text": row.text}
        record = {"place": row.where, "reasons": [fault.text() for fault in faults], **content}
        self._file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        return []

    def begin_file(self) -> None:
        """Begin another file whose bad rows go to the same list."""
        self.problems = CappedList()

    def refuse_if_all(self, num_good: int) -> None:
        """Refuse a file of which nothing would be left.

        Raises:
            DataError: every row is bad; with their faults.
        """
        if self.problems and not num_good:
            raise DataError(self.problems, num_problems=self.problems.total)

    def tell(self) -> None:
        """Say on stderr how many rows were moved, and the first of each kind of fault."""
        if not self.num_rows:
            return
        notice("data-bad-rows", count=self.num_rows, path=self.path)
        for code, count in self.counts.most_common():
            notice("data-bad-kind", count=count, first=self._first[code].text())


@contextmanager
def bad_rows_file(path: str | Path, *others: str | Path) -> Iterator[BadRows]:
    """Open the file of bad rows; with no path no row is moved.

    It takes its name when nothing went wrong inside, and its counts are said.

    Raises:
        ConfigError: the path is one of ``others``, or a file that was not written here.
        StorageError: it cannot be written.
    """
    if not path:
        yield BadRows()
        return
    path = Path(path)
    check_target(path, *others)
    if path.exists() and not _is_ours(path):
        raise ConfigError("data-bad-rows-other", where=str(path))
    with written_whole(path) as file:
        bad_rows = BadRows(path, file)
        yield bad_rows
    bad_rows.tell()


def _is_ours(path: Path) -> bool:
    """Say whether a file is empty or begins with a record of a bad row."""
    try:
        with open(path, "rb") as file:
            first = file.readline(LONGEST_FIRST_LINE)
        record = json.loads(first) if first else {"place": "", "reasons": [], "row": None}
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(record, dict) and set(record) in _KEYS and isinstance(record["reasons"], list)
