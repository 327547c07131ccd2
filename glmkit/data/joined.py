"""The samples of several files as one sequence. In: one sequence a file. Out: all samples, numbered through."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import overload

from glmkit.chat.sample import Sample


class JoinedSamples(Sequence[Sample]):
    """Sample i of all files, without copying any: file after file, in the numbers that ``Mixture`` uses."""

    def __init__(self, parts: Sequence[Sequence[Sample]]) -> None:
        self.parts = parts
        self._starts = [0, *accumulate(len(part) for part in parts)]

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = range(len(self))[index]  # negative ones counted from the end; IndexError beyond
        part = bisect_right(self._starts, number) - 1
        return self.parts[part][number - self._starts[part]]
