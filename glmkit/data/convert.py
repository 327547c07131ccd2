"""Any known format -> the original's conversation format, one row a line, written whole or not at all.

In: a source file and a target path. Out: the target file and what was kept. Public as ``glmkit.convert``; called by
`glmkit data convert`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from glmkit.data.read import scan_file
from glmkit.errors import ConfigError, DataError, StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionCounts:
    """What a conversion kept and what it left out."""

    kept: int
    skipped: dict[str, int]  # reason -> how many
    histogram: dict[int, int]  # messages in a conversation -> how many; a tool call with its result is one message
    skipped_places: list[tuple[str, str]]  # (place, reason), in file order


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
    _check_target(source, target)
    scan = scan_file(source, source_format)
    if scan.problems:
        raise DataError(scan.problems)
    if not scan.conversations:
        raise DataError("data-nothing-left", where=str(source), count=len(scan.skipped))
    write_lines(target, (json.dumps(item.row, ensure_ascii=False) for item in scan.conversations))
    lengths = Counter(len(item.row["conversations"]) for item in scan.conversations)
    return ConversionCounts(
        kept=len(scan.conversations),
        skipped=dict(Counter(reason for _, reason in scan.skipped)),
        histogram=dict(sorted(lengths.items())),
        skipped_places=scan.skipped,
    )


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


def _check_target(source: Path, target: Path) -> None:
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
