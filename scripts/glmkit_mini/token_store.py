"""Encoded training rows in three arrays on disk, and the sequence of samples that training reads from them.

In: (ids, labels) of rows. Out: ``ids.npy`` uint16 [tokens], ``learned.npy`` bool [tokens], ``ends.npy`` int64 [rows].
A sample's lists are made when it is asked for, so memory holds two or three bytes a token. Written by ``make_data``,
read by ``train``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from glmkit.chat.sample import IGNORE_INDEX, Sample

FILES = ("ids", "learned", "ends")
BLOCK_ROWS = 1000  # turned into lists at once when all samples are read in order


def to_arrays(samples: Sequence[Sample]) -> tuple[Any, Any, Any]:
    """Return the three arrays of some samples."""
    ids = np.concatenate([np.array(sample.input_ids, dtype=np.uint16) for sample in samples])
    labels = np.concatenate([np.array(sample.labels, dtype=np.int32) for sample in samples])
    ends = np.cumsum([len(sample.input_ids) for sample in samples], dtype=np.int64)
    return ids, labels != IGNORE_INDEX, ends


def write_store(folder: Path, chunks: Sequence[tuple[Any, Any, Any]]) -> None:
    """Write chunks of ``to_arrays`` one behind the other."""
    offset, ends = 0, []
    for _, _, chunk_ends in chunks:
        ends.append(chunk_ends + offset)
        offset += int(chunk_ends[-1])
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "ids.npy", np.concatenate([ids for ids, _, _ in chunks]))
    np.save(folder / "learned.npy", np.concatenate([learned for _, learned, _ in chunks]))
    np.save(folder / "ends.npy", np.concatenate(ends))


class TokenStore(Sequence[Sample]):
    """The samples of a folder that ``write_store`` wrote."""

    def __init__(self, folder: Path) -> None:
        self._ids, self._learned, self._ends = (np.load(folder / f"{name}.npy") for name in FILES)
        self.num_tokens = len(self._ids)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        start = int(self._ends[index - 1]) if index else 0
        ids = self._ids[start : int(self._ends[index])]
        labels = np.where(self._learned[start : start + len(ids)], ids.astype(np.int64), IGNORE_INDEX)
        return Sample(ids.tolist(), labels.tolist(), f"row {index}")

    def __iter__(self) -> Iterator[Sample]:
        """Yield the samples in order; a block of rows becomes lists at once, four times faster than one by one."""
        for first in range(0, len(self), BLOCK_ROWS):
            start = int(self._ends[first - 1]) if first else 0
            ends = (self._ends[first : first + BLOCK_ROWS] - start).tolist()
            block = self._ids[start : start + ends[-1]]
            labels = np.where(self._learned[start : start + ends[-1]], block.astype(np.int64), IGNORE_INDEX).tolist()
            ids = block.tolist()
            for index, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True), first):
                yield Sample(ids[begin:end], labels[begin:end], f"row {index}")
