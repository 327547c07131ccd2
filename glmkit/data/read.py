"""A file in any known format -> Conversations, or every fault of every row with file:line.

In: a path and perhaps the format's name (detected from the rows otherwise). Out: what the file holds. Called by
training, by convert, check and show; nothing else reads conversation files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glmkit.chat.conversation import Conversation
from glmkit.data.rows import Row, read_rows
from glmkit.data.sources import alpaca, conversations, openai, prompt_response, sharegpt, toolalpaca
from glmkit.data.sources.source import Example, Source
from glmkit.data.strict_json import printable, shown
from glmkit.errors import ConfigError, DataError, Problem, message, notice

SOURCES: Mapping[str, Source] = {
    source.NAME: source for source in (conversations, sharegpt, openai, toolalpaca, alpaca, prompt_response)
}


@dataclass(frozen=True, slots=True)
class Located:
    """A conversation, its ``source`` set, beside the row in the original's format that it was made from."""

    row: dict[str, Any]
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything a file holds: good conversations, faults, and parts left out with the reason."""

    format: str  # "" when no row could be read
    conversations: list[Located]
    problems: list[Problem]
    skipped: list[tuple[str, str]]  # (place, reason)


def read(path: str | Path, source_format: str | None = None) -> list[Conversation]:
    """Return all conversations of a file, each with its ``source`` "file:line".

    Episodes that a ToolAlpaca file records only in part are left out with one line on stderr.

    Raises:
        DataError: the file cannot be read, or rows are wrong (all of them are named), or nothing is left.
        ConfigError: ``source_format`` is not the name of a format.
    """
    scan = scan_file(path, source_format)
    if scan.problems:
        raise DataError(scan.problems)
    if scan.skipped:
        notice("data-skipped", path=path, count=len(scan.skipped), place=scan.skipped[0][0], reason=scan.skipped[0][1])
    if not scan.conversations:
        raise DataError("data-nothing-left", where=str(path), count=len(scan.skipped))
    return [item.conversation for item in scan.conversations]


def scan_file(path: str | Path, source_format: str | None = None) -> Scan:
    """Read and check a whole file; faults of rows are collected, not raised.

    Raises:
        DataError: the file cannot be read, or no row is in a known format.
        ConfigError: ``source_format`` is not the name of a format.
    """
    if source_format and source_format not in SOURCES:
        raise ConfigError("data-format-name", where="source_format", value=source_format, choices=", ".join(SOURCES))
    path = Path(path)
    problems: list[Problem] = []
    rows: list[Row] = []
    for row in read_rows(path, problems):
        if isinstance(row.value, dict):
            rows.append(row)
        else:
            problems.append(Problem("data-row-not-object", row.where, {"value": shown(row.value)}))
    scan = Scan(source_format or _detect(rows), [], problems, [])
    if rows and not scan.format:
        keys = printable(", ".join(rows[0].value)[:200]) or "-"
        raise DataError("data-format-unknown", where=rows[0].where, keys=keys, choices=", ".join(SOURCES))
    for row in rows:
        for example in SOURCES[scan.format].examples(row.value):
            _sort_in(scan, row.where, example)
    problems.sort(key=lambda problem: _line_of(problem, len(str(path))))
    return scan


def _line_of(problem: Problem, path_length: int) -> int:
    match = re.match(r":(\d+)", problem.where[path_length:])
    return int(match[1]) if match else 0


def _detect(rows: list[Row]) -> str:
    """Return the format of the first row that any format recognises."""
    names = (name for row in rows for name, source in SOURCES.items() if source.recognises(row.value))
    return next(names, "")


def _sort_in(scan: Scan, where: str, example: Example) -> None:
    """Put an example where it belongs: among the conversations, the faults or the parts left out."""
    place = f"{where} {example.part}".rstrip()
    faults = example.faults
    if example.skip_reason:
        scan.skipped.append((place, example.skip_reason))
        return
    if not faults:
        try:
            conversation = Conversation.from_dict(example.row, source=place)
        except DataError as error:
            faults = tuple(replace(example.in_source_fields(problem), where="") for problem in error.problems)
        else:
            scan.conversations.append(Located(example.row, conversation))
            return
    if example.part:  # a recorded episode: left out, as one that lacks a field
        scan.skipped.append((place, message("data-skip-form")))
        return
    for fault in faults:
        scan.problems.append(replace(fault, where=f"{place}: {fault.where}" if fault.where else place))
