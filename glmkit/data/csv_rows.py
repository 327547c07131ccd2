"""The lines of a .csv file -> one dict of texts a record, by the names in the header; nothing is guessed.

In: lines of text. Out: Records, those that cannot be read with what is wrong. Called by rows.py; which columns mean
what is the sources' business.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmkit.errors import DataError, Problem


@dataclass(frozen=True, slots=True)
class Record:
    """Cells by column, or, where there are problems, the cells as they stand."""

    line: int  # where it starts
    cells: Any = None
    problems: tuple[Problem, ...] = ()
    is_last: bool = False  # where the next record starts is unknown


def is_csv(path: Path) -> bool:
    """Say whether the file is called .csv or .csv.gz; the content of a CSV file does not tell."""
    return path.name.lower().removesuffix(".gz").endswith(".csv")


def read_records(path: Path, lines: Iterable[str]) -> Iterator[Record]:
    """Yield the records behind the header, or what is wrong with one; blank lines are skipped. Cells are text always.

    Raises:
        DataError: a column has no name, or the name of another one.
    """
    columns: list[str] = []
    for line, cells in _cells(path, lines):
        where = f"{path}:{line}"
        if isinstance(cells, Problem):
            yield Record(line, problems=(cells,), is_last=True)
        elif not columns:
            columns = _header(where, cells)
        elif len(cells) != len(columns):
            values = {"found": len(cells), "expected": len(columns)}
            yield Record(line, cells, (Problem("data-csv-cells", where, values),))
        elif nul := [column for column, cell in zip(columns, cells, strict=True) if "\0" in cell]:
            yield Record(line, cells, tuple(Problem("data-nul", where, {"path": column}) for column in nul))
        else:
            yield Record(line, dict(zip(columns, cells, strict=True)))


def _cells(path: Path, lines: Iterable[str]) -> Iterator[tuple[int, list[str] | Problem]]:
    reader = csv.reader(lines, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # where the next record starts is unknown after a quote that does not close
            yield line, Problem("data-csv-broken", f"{path}:{line}", {"reason": str(error)})
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _header(where: str, cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    faults = []
    for index, column in enumerate(columns):
        if not column:
            faults.append(Problem("data-csv-unnamed", where, {"number": index + 1}))
        elif column in columns[:index]:
            faults.append(Problem("data-csv-repeated", where, {"column": column}))
    if faults:
        raise DataError(faults)
    return columns
