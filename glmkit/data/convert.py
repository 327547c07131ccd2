"""Any known format -> the original's conversation format, one row a line, written whole or not at all.

In: a source file and a target path. Out: the target file and what was kept. Public as ``glmkit.convert``; called by
`glmkit data convert`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from glmkit.data.capped import CappedList
from glmkit.data.read import Skipped, find_format, refuse_unusable, walk
from glmkit.errors import ConfigError, Problem, StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionCounts:
    """What a conversion kept and what it left out."""

    kept: int
    skipped: dict[str, int]  # reason -> how many
    histogram: dict[int, int]  # messages in a conversation -> how many; a tool call with its result is one message
    skipped_places: CappedList[Skipped]  # in file order; the first of them, when there are very many


def convert(source: str | Path, target: str | Path, source_format: str | None = None) -> ConversionCounts:
    """Write ``source`` in the original's conversation format to ``target``, replacing an older file of that name.

    Args:
        source: a .json, .jsonl or .csv file in a known format, gzip or not.
        target: the .jsonl file to write; its folder must exist.
        source_format: one of ``config.SOURCE_FORMATS``; detected from the rows when not given.

    Raises:
        DataError: the source cannot be read or rows are wrong (all are named); nothing is written.
        StorageError: the target's folder is missing, closed or full; an older target is left as it was.
        ConfigError: the format has no such name, or source and target are the same file.
    """
    source, target = Path(source), Path(target)
    check_target(source, target)
    tally = _Tally()
    write_lines(target, _lines(source, find_format(source, source_format), tally))
    return ConversionCounts(
        kept=sum(tally.lengths.values()),
        skipped=dict(tally.reasons),
        histogram=dict(sorted(tally.lengths.items())),
        skipped_places=tally.skipped,
    )


@dataclass(slots=True)
class _Tally:
    """What has been met so far."""

    lengths: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    skipped: CappedList[Skipped] = field(default_factory=CappedList)
    problems: CappedList[Problem] = field(default_factory=CappedList)


def _lines(source: Path, source_format: str, tally: _Tally) -> Iterator[str]:
    """Yield the conversations as lines and count; behind the last row, raise what makes the file unusable."""
    for _, items in walk(source, source_format):
        for item in items:
            if isinstance(item, Problem):
                tally.problems.add(item)
            elif isinstance(item, Skipped):
                tally.skipped.add(item)
                tally.reasons[item.reason] += 1
            elif not tally.problems:  # nothing will be kept: the rest is only read for its faults
                tally.lengths[len(item.row["conversations"])] += 1
                yield json.dumps(item.row, ensure_ascii=False)
    refuse_unusable(source, sum(tally.lengths.values()), tally.problems, tally.skipped)


def write_lines(target: Path, lines: Iterable[str]) -> None:
    """Write a UTF-8 text file under a temporary name, flush it to disk, then rename it into place.

    Raises:
        StorageError: it could not be written; what stood at ``target`` is unchanged.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with open(temporary, "x", encoding="utf-8", newline="\n") as file:
            try:
                file.writelines(f"{line}\n" for line in lines)
                file.flush()
                os.fsync(file.fileno())
                os.replace(temporary, target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        _flush_folder(target.parent)
    except OSError as error:
        raise StorageError("data-write-failed", where=str(target), reason=error.strerror) from error


def check_target(source: Path, target: Path) -> None:
    """Refuse a target that cannot work before the source is read."""
    if not target.parent.is_dir():
        raise StorageError("data-target-folder-missing", where=str(target), folder=target.parent)
    if target.is_dir():
        raise StorageError("data-target-is-folder", where=str(target))
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise StorageError("data-target-closed", where=str(target), folder=target.parent)
    if target.exists() and source.exists() and target.samefile(source):
        raise ConfigError("data-same-file", where=str(target))


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
