"""Any known format -> the original's conversation format, or another one, written whole or not at all.

In: a source file, a target path and the format to write. Out: the target file, what was kept and what was lost. Public
as ``glmkit.convert``; called by `glmkit data convert`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from gzip import GzipFile
from pathlib import Path
from typing import Any

from glmkit.chat.tools_layout import AS_IS
from glmkit.data.bad_rows import bad_rows_file
from glmkit.data.capped import CappedList
from glmkit.data.read import Skipped, find_format, refuse_unusable, walk
from glmkit.data.remarks import Remarks
from glmkit.data.target import Loss, Target
from glmkit.data.whole_file import check_target, written_whole
from glmkit.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionCounts:
    """What a conversion kept and what it left out."""

    kept: int
    skipped: dict[str, int]  # reason -> how many
    histogram: dict[int, int]  # messages in a conversation -> how many; a tool call with its result is one message
    skipped_places: CappedList[Skipped]  # in file order; the first of them, when there are very many
    losses: dict[str, Loss]  # message code of what the target format cannot hold -> how many rows, and the first
    remarks: Remarks
    num_text_tools: int = 0  # rows that keep their tools as natural text in place of the layout asked for


def convert(
    source: str | Path,
    target: str | Path,
    source_format: str | None = None,
    target_format: str = "conversations",
    tools_layout: str = AS_IS,
    skip_bad: str | Path = "",
) -> ConversionCounts:
    """Write ``source`` in another format to ``target``, replacing an older file of that name.

    What the format cannot hold of a row is lost and counted; where nothing is counted, reading ``target`` gives the
    same conversations.

    Args:
        source: a .json, .jsonl or .csv file in a known format, gzip or not.
        target: the file to write; its folder must exist. JSON lines, or CSV when called so; called .gz it is packed.
        source_format: one of ``config.SOURCE_FORMATS``; detected from the rows when not given.
        target_format: one of them.
        tools_layout: how tool lists are written, one of ``tools_layout.LAYOUTS``.
        skip_bad: a file for the rows with faults (see bad_rows.py); without one, a fault stops everything.

    Raises:
        DataError: the source cannot be read, or rows are wrong or such that the format cannot hold them at all (all are
            named); nothing is written.
        StorageError: the target's folder is missing, closed or full; an older target is left as it was.
        ConfigError: a format or layout has no such name, the format does not fit into CSV, two of the files are the
            same, or ``skip_bad`` is a file of another kind.
    """
    source, target = Path(source), Path(target)
    check_target(target, source)
    tally = _Tally()
    writer = Target(target, target_format, tools_layout, tally.problems)
    rows = _rows(source, target, find_format(source, source_format), tools_layout, skip_bad, tally)
    write_lines(target, writer.lines(rows))
    return ConversionCounts(
        kept=sum(tally.lengths.values()),
        skipped=dict(tally.reasons),
        histogram=dict(sorted(tally.lengths.items())),
        skipped_places=tally.skipped,
        losses=writer.losses,
        num_text_tools=writer.num_text_tools,
        remarks=tally.remarks,
    )


@dataclass(slots=True)
class _Tally:
    """What has been met so far."""

    lengths: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    skipped: CappedList[Skipped] = field(default_factory=CappedList)
    problems: CappedList[Problem] = field(default_factory=CappedList)
    remarks: Remarks = field(default_factory=Remarks)


def _rows(
    source: Path, target: Path, source_format: str, tools_layout: str, skip_bad: str | Path, tally: _Tally
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows with their places and count; behind the last one, raise what makes the file unusable.

    The file of bad rows has its name before the target has: no row is ever in neither.
    """
    with bad_rows_file(skip_bad, source, target) as bad_rows:
        for row, items in walk(source, source_format, tools_layout=tools_layout):
            for item in bad_rows.sort_out(row, items):
                if isinstance(item, Problem):
                    tally.problems.add(item)
                elif isinstance(item, Skipped):
                    tally.skipped.add(item)
                    tally.reasons[item.reason] += 1
                else:
                    tally.lengths[len(item.row["conversations"])] += 1
                    tally.remarks.add(item.remarks)
                    yield item.conversation.source, item.row
        kept = sum(tally.lengths.values())
        bad_rows.refuse_if_all(kept)
        refuse_unusable(source, kept, tally.problems, tally.skipped)


def write_lines(target: Path, lines: Iterable[str]) -> None:
    """Write a UTF-8 text file whole or not at all.

    One called .gz is packed, without a time or a name in it: the same lines give the same bytes.

    Raises:
        StorageError: it could not be written; what stood at ``target`` is unchanged.
    """
    with written_whole(target) as file:
        packed = GzipFile("", "wb", fileobj=file, mtime=0) if target.suffix == ".gz" else file
        for line in lines:
            packed.write(f"{line}\n".encode())
        if packed is not file:
            packed.close()
