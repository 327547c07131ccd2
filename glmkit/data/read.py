"""A file in any known format -> Conversations, or every fault of every row with file:line.

In: a path and perhaps the format's name (detected from the rows otherwise). Out: what each row holds, one row at a
time (``walk``), or the conversations of a small file as a list (``read``). Called by encode, convert, check and show;
nothing else reads conversation files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from glmkit.chat.conversation import Conversation
from glmkit.chat.memo import Memo
from glmkit.chat.printable import printable, shown
from glmkit.chat.tools_layout import AS_IS, tool_problems
from glmkit.data.bad_rows import BadRows
from glmkit.data.capped import CappedList
from glmkit.data.remarks import Remarks, text_remarks
from glmkit.data.row import WHOLE, Choice, Row
from glmkit.data.rows import read_rows
from glmkit.data.sources import alpaca, conversations, openai, prompt_response, sharegpt, toolalpaca
from glmkit.data.sources.source import Example, Source
from glmkit.data.tool_checks import check_tools
from glmkit.errors import ConfigError, DataError, Problem, message, notice

SOURCES: Mapping[str, Source] = {
    source.NAME: source for source in (conversations, sharegpt, openai, toolalpaca, alpaca, prompt_response)
}


@dataclass(frozen=True, slots=True)
class Located:
    """A conversation, its ``source`` set, beside the row in the original's format that it was made from."""

    row: dict[str, Any]
    conversation: Conversation
    remarks: tuple[Problem, ...] = ()  # what is lawful in it and worth a look, with place and field


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part of a row that is left out and counted: an episode recorded only in part."""

    place: str
    reason: str


Item = Located | Skipped | Problem  # what a row holds: conversations, parts left out, faults

_layout_faults: Memo[list[Problem]] = Memo()


def read(
    path: str | Path, source_format: str | None = None, bad_rows: BadRows | None = None, tools_layout: str = AS_IS
) -> list[Conversation]:
    """Return all conversations of a small file, each with its ``source`` "file:line".

    Episodes that a ToolAlpaca file records only in part are left out with one line on stderr; remarks have another.
    Rows with faults go to ``bad_rows``, where that is given.

    Raises:
        DataError: the file cannot be read, or rows are wrong (all of them are named), or nothing is left.
        ConfigError: ``source_format`` is not the name of a format.
    """
    conversations: list[Conversation] = []
    problems: CappedList[Problem] = CappedList()
    skipped: CappedList[Skipped] = CappedList()
    remarks = Remarks()
    bad_rows = bad_rows or BadRows()
    bad_rows.begin_file()
    for row, items in walk(path, find_format(path, source_format), tools_layout=tools_layout):
        for item in bad_rows.sort_out(row, items):
            if isinstance(item, Located):
                conversations.append(item.conversation)
                remarks.add(item.remarks)
            elif isinstance(item, Skipped):
                skipped.add(item)
            else:
                problems.add(item)
    bad_rows.refuse_if_all(len(conversations))
    refuse_unusable(path, len(conversations), problems, skipped)
    notice_skipped(path, skipped)
    if remarks.counts:
        notice("data-remarks", path=path, count=remarks.counts.total(), kinds=remarks.by_kind())
    return conversations


def refuse_unusable(
    path: str | Path, num_conversations: int, problems: CappedList[Problem], skipped: CappedList[Skipped]
) -> None:
    """Refuse a file with faults, or without a conversation.

    Raises:
        DataError: with every fault that was kept, and their number; or nothing is left.
    """
    if problems:
        raise DataError(problems, num_problems=problems.total)
    if not num_conversations:
        raise DataError("data-nothing-left", where=str(path), count=skipped.total)


def notice_skipped(path: str | Path, skipped: CappedList[Skipped]) -> None:
    """Say how many parts of the file were left out, and the first of them."""
    if skipped:
        notice("data-skipped", path=path, count=skipped.total, place=skipped[0].place, reason=skipped[0].reason)


def find_format(path: str | Path, source_format: str | None = None) -> str:
    """Return ``source_format``, or the format of the first row that any format recognises; "" if no row can be read.

    The rows up to there are read for this, and nothing of them is kept.

    Raises:
        DataError: the file cannot be read, or no row is in a known format.
        ConfigError: ``source_format`` is not the name of a format.
    """
    check_format(source_format)
    if source_format:
        return source_format
    first: tuple[str, str] | None = None
    for row in read_rows(Path(path)):
        if not isinstance(row.value, dict):
            continue
        found = next((name for name, source in SOURCES.items() if source.recognises(row.value)), "")
        if found:
            return found
        first = first or (row.where, printable(", ".join(row.value)[:200]) or "-")
    if first:
        raise DataError("data-format-unknown", where=first[0], keys=first[1], choices=", ".join(SOURCES))
    return ""


def check_format(source_format: str | None) -> None:
    """Refuse what is not the name of a format; nothing means any. Raises ConfigError."""
    if source_format and source_format not in SOURCES:
        raise ConfigError("data-format-name", where="source_format", value=source_format, choices=", ".join(SOURCES))


def walk(
    path: str | Path, source_format: str, share: Choice = WHOLE, tools_layout: str = AS_IS
) -> Iterator[tuple[Row, list[Item]]]:
    """Yield each row of a file beside what it holds, in the order of the file; memory holds one row at a time.

    Args:
        path: the file.
        source_format: what ``find_format`` returned for it.
        share: the rows that are wanted.
        tools_layout: the layout that tools are to be written in; definitions that cannot be are faults.

    Raises:
        DataError: the file cannot be read; faults of rows are yielded, not raised.
    """
    for row in read_rows(Path(path), share):
        yield row, read_row(row, source_format, tools_layout)


def read_row(row: Row, source_format: str, tools_layout: str = AS_IS) -> list[Item]:
    """Return what a row holds."""
    if row.problems:
        return list(row.problems)
    if not isinstance(row.value, dict):
        return [Problem("data-row-not-object", row.where, {"value": shown(row.value)})]
    examples = SOURCES[source_format].examples(row.value)
    return [item for example in examples for item in _sorted_in(row.where, example, tools_layout)]


def _sorted_in(where: str, example: Example, tools_layout: str) -> list[Item]:
    """Return an example as what it is: a conversation, faults, or a part left out."""
    place = f"{where} {example.part}".rstrip()
    faults = example.faults
    if example.skip_reason:
        return [Skipped(place, example.skip_reason)]
    if not faults:
        try:
            conversation = Conversation.from_dict(example.row, source=place)
        except DataError as error:
            faults = tuple(replace(example.in_source_fields(problem), where="") for problem in error.problems)
        else:
            found = check_tools(example.row)
            wrong = found.faults or _layout_problems(conversation, tools_layout)
            faults = tuple(map(example.in_source_fields, wrong))
            if not faults:
                remarks = [*found.remarks, *text_remarks(example.row)]
                located = (replace(example.in_source_fields(remark), where=place) for remark in remarks)
                return [Located(example.row, conversation, tuple(located))]
    if example.part:  # a recorded episode: left out, as one that lacks a field
        return [Skipped(place, message("data-skip-form"))]
    return [replace(fault, where=f"{place}: {fault.where}" if fault.where else place) for fault in faults]


def _layout_problems(conversation: Conversation, layout: str) -> Iterator[Problem]:
    """Yield what keeps the tools of a conversation from being written in the layout."""
    for tools in [item.tools for item in conversation.messages if item.tools is not None and layout != AS_IS]:
        yield from _layout_faults.get((tools, layout), partial(tool_problems, tools, layout))
