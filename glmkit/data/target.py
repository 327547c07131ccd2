"""The writer that a target format and a file's name choose: rows of the original's format -> the lines of the file.

In: rows with their places. Out: lines, and what was lost on the way by kind. Called by convert.py.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmkit.chat.tools_layout import AS_IS, layout_of, write_tools
from glmkit.data.capped import CappedList
from glmkit.data.csv_rows import is_csv
from glmkit.data.encode import keeps_text
from glmkit.data.read import SOURCES
from glmkit.data.sources import alpaca, prompt_response, toolalpaca
from glmkit.data.sources.written import Written
from glmkit.errors import ConfigError, Problem

FLAT = {source.NAME: source for source in (alpaca, prompt_response)}  # what a CSV file can hold


@dataclass(frozen=True, slots=True)
class Loss:
    """How many rows lost a thing of one kind, and the place of the first."""

    count: int
    first_place: str


class Target:
    """Writes rows as lines of one format and counts what it cannot hold.

    Args:
        path: the file; called .csv or .csv.gz it is written as CSV.
        target_format: name of the format.
        tools_layout: how tool lists are written; that they can be has been checked.
        problems: where rows that the format cannot hold are named; once there is one, nothing more is written.

    Raises:
        ConfigError: there is no such format, or it does not fit into CSV.
    """

    def __init__(self, path: Path, target_format: str, tools_layout: str, problems: CappedList[Problem]) -> None:
        if target_format not in SOURCES:
            choices = ", ".join(SOURCES)
            raise ConfigError("data-format-name", where="target_format", value=target_format, choices=choices)
        self._is_csv = is_csv(path)
        if self._is_csv and target_format not in FLAT:
            raise ConfigError("data-target-csv", where=str(path), format=target_format, choices=", ".join(FLAT))
        self._format = target_format
        self._tools_layout = tools_layout
        self._problems = problems
        self.losses: dict[str, Loss] = {}  # message code -> rows
        self.num_text_tools = 0  # rows that keep natural text in place of the layout wanted

    def lines(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
        """Yield the lines of the file, without line ends, for rows given with their places."""
        if self._is_csv:
            columns = FLAT[self._format].COLUMNS
            yield _record(columns)
            for row in self._rows(rows):
                yield _record([row[column] for column in columns])
        else:
            written = self._rows(rows)
            for row in toolalpaca.grouped(written) if self._format == toolalpaca.NAME else written:
                yield json.dumps(row, ensure_ascii=False)

    def _rows(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
        write = FLAT[self._format].write_cells if self._is_csv else SOURCES[self._format].write
        for place, row in rows:
            written = write(self._laid_out(row))
            fault = written.fault or (_cell_fault(written) if self._is_csv else None)
            if fault is not None:
                self._problems.add(Problem(fault.code, place, fault.values))
                continue
            for code in sorted(written.losses):
                earlier = self.losses.get(code, Loss(0, place))
                self.losses[code] = Loss(earlier.count + 1, earlier.first_place)
            if not self._problems:
                yield written.row

    def _laid_out(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the row with its tools in the layout asked for."""
        if self._tools_layout == AS_IS:
            return row
        lists = [holder.get("tools") for holder in (row, *row["conversations"])]
        self.num_text_tools += any(keeps_text(layout_of(tools), self._tools_layout) for tools in lists)
        messages = [
            _with_tools(message, self._tools_layout) if message["role"] == "system" else message
            for message in row["conversations"]
        ]
        return _with_tools({**row, "conversations": messages}, self._tools_layout)


def _with_tools(holder: Mapping[str, Any], layout: str) -> dict[str, Any]:
    tools = holder.get("tools")
    return {**holder, **({} if tools is None else {"tools": write_tools(tools, layout)})}


def _record(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)  # its own line end, "\r\n", makes it quote cells that hold either half
    return text.getvalue().removesuffix("\r\n")


def _cell_fault(written: Written) -> Problem | None:
    """Return why a row would not be read back from CSV."""
    longest, limit = max(map(len, written.row.values())), csv.field_size_limit()
    if longest > limit:
        return Problem("data-hold-cell", values={"length": longest, "limit": limit})
    return None if any(cell.strip() for cell in written.row.values()) else Problem("data-hold-blank")
