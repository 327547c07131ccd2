"""Conversations of files that were read before, as objects: evaluation generates answers to a few of thousands.

In: prepared files, the numbers of some of their conversations. Out: these, read when the first of them is asked for.
Called by training for what it holds out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from glmkit.chat.conversation import Conversation
from glmkit.data.prepare import Prepared
from glmkit.data.read import Located, walk
from glmkit.data.row import Numbered
from glmkit.errors import DataError


class ChosenConversations(Sequence[Conversation]):
    """Some conversations of some files.

    Args:
        chosen: each file, and the conversations meant in it, ascending, as its ``samples`` count them.
    """

    def __init__(self, chosen: Sequence[tuple[Prepared, Sequence[int]]]) -> None:
        self._chosen = chosen
        self._read: list[Conversation] | None = None

    def __len__(self) -> int:
        return sum(len(indices) for _, indices in self._chosen)

    @overload
    def __getitem__(self, index: int) -> Conversation: ...
    @overload
    def __getitem__(self, index: slice) -> list[Conversation]: ...
    def __getitem__(self, index: int | slice) -> Conversation | list[Conversation]:
        """Return one or several; the first time, the rows that hold them are read.

        Raises:
            DataError: a file is not what it was.
        """
        if self._read is None:
            self._read = [found for prepared, indices in self._chosen for found in _read_again(prepared, indices)]
        return self._read[index]


def _read_again(prepared: Prepared, indices: Sequence[int]) -> Iterator[Conversation]:
    settings, rows = prepared.settings, prepared.samples.column("rows")
    found: dict[int, list[Conversation]] = {int(rows[index]): [] for index in indices}
    for row, items in walk(settings.path, prepared.report.format, Numbered(found), settings.tools_layout):
        found[row.number] += [item.conversation for item in items if isinstance(item, Located)]
    for index in indices:
        row_number = int(rows[index])
        place = index - int(rows.searchsorted(row_number))  # a row may hold several conversations
        if place >= len(found[row_number]):
            raise DataError("data-changed-meanwhile", where=settings.path)
        yield found[row_number][place]
