"""The samples of a file, read from columns when they are asked for; and what is counted over all samples of a run.

In: the columns of ``sample_columns``, in memory or mapped from a file of any size. Out: a sequence of Samples, and
numbers of all of them without making one. The counting functions take any sequence of samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, overload

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.data.joined import JoinedSamples
from glmkit.data.sample_columns import LAYOUT_CODES
from glmkit.data.text_column import TextColumn

if TYPE_CHECKING:
    import numpy as np

LAYOUTS = list(LAYOUT_CODES)


class TokenStore(Sequence[Sample]):
    """Samples of one file; memory holds those that are in use.

    Args:
        path: of the file; with the place behind it, a sample's ``source``.
        columns: by the names of ``sample_columns.TYPES``.
        places: of the samples, without the path.
        chosen: int64, the samples that are meant, in order; None for all.
    """

    def __init__(
        self, path: str, columns: Mapping[str, np.ndarray], places: TextColumn, chosen: np.ndarray | None = None
    ) -> None:
        self._path, self._columns, self._places, self._chosen = path, columns, places, chosen

    def __len__(self) -> int:
        return len(self._columns["ends"] if self._chosen is None else self._chosen)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = range(len(self))[index]  # negative ones counted from the end; IndexError beyond
        ids, labels = self.arrays(number)
        number = number if self._chosen is None else int(self._chosen[number])
        columns = self._columns
        return Sample(
            ids.tolist(),
            labels.tolist(),
            self._path + self._places[number],
            int(columns["cut_tokens"][number]),
            int(columns["cut_labels"][number]),
            LAYOUTS[columns["layouts"][number]],
        )

    def arrays(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return ids and labels of a sample, int32 [T] each."""
        import numpy as np

        number = index if self._chosen is None else int(self._chosen[index])
        ends = self._columns["ends"]
        stored = self._columns["tokens"][ends[number - 1] if number else 0 : ends[number]]
        is_learned = stored < 0
        ids = np.where(is_learned, ~stored, stored)
        return ids, np.where(is_learned, ids, np.int32(IGNORE_INDEX))

    def column(self, name: str) -> np.ndarray:
        """Return a number of each sample: "lengths" int64, or a column of ``sample_columns`` that has one a sample."""
        import numpy as np

        found = self._columns["ends" if name == "lengths" else name]
        if name == "lengths":
            found = np.diff(found, prepend=0)
        return found if self._chosen is None else found[self._chosen]

    def layouts(self) -> list[str]:
        """Return the layout of each sample's tools, as ``Sample.tools_layout`` has it."""
        return [LAYOUTS[code] for code in self.column("layouts").tolist()]

    def tools_of(self, index: int) -> set[int]:
        """Return 64 bits of each tool of a sample."""
        number = index if self._chosen is None else int(self._chosen[index])
        ends = self._columns["tool_ends"]
        return set(self._columns["tools"][ends[number - 1] if number else 0 : ends[number]].tolist())

    def select(self, indices: np.ndarray) -> TokenStore:
        """Return some of the samples; ``indices`` int64, or bool for each."""
        import numpy as np

        everything = np.arange(len(self._columns["ends"])) if self._chosen is None else self._chosen
        return TokenStore(self._path, self._columns, self._places, everything[indices])


def stored_parts(samples: Sequence[Sample]) -> Iterator[TokenStore | Sequence[Sample]]:
    """Yield the parts a sequence of samples is joined from, or the sequence itself."""
    yield from samples.parts if isinstance(samples, JoinedSamples) else (samples,)


def lengths_of(samples: Sequence[Sample]) -> np.ndarray:
    """Return the number of tokens of each sample, int64."""
    return _numbers(samples, "lengths")


def labels_of(samples: Sequence[Sample]) -> np.ndarray:
    """Return the number of labels of each sample, int64."""
    return _numbers(samples, "num_labels")


def max_ids_of(samples: Sequence[Sample]) -> np.ndarray:
    """Return the largest id of each sample, int64."""
    return _numbers(samples, "max_ids")


def layouts_of(samples: Sequence[Sample]) -> set[str]:
    """Return the layouts of tools that occur."""
    found: set[str] = set()
    for part in stored_parts(samples):
        if isinstance(part, TokenStore):
            found |= set(part.layouts())
        else:
            found |= {sample.tools_layout for sample in part}
    return found


def arrays_of(samples: Sequence[Sample]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield ids and labels of each sample, int64 [T]."""
    import numpy as np

    for part in stored_parts(samples):
        if isinstance(part, TokenStore):
            for index in range(len(part)):
                ids, labels = part.arrays(index)
                yield ids.astype(np.int64), labels.astype(np.int64)
        else:
            for sample in part:
                yield np.array(sample.input_ids, dtype=np.int64), np.array(sample.labels, dtype=np.int64)


def _numbers(samples: Sequence[Sample], name: str) -> np.ndarray:
    import numpy as np

    of_ones: dict[str, Callable[[Sample], int]] = {
        "lengths": lambda sample: len(sample.input_ids),
        "num_labels": lambda sample: sample.num_labels,
        "max_ids": lambda sample: max(sample.input_ids),
    }
    of_one = of_ones[name]
    found = [
        part.column(name) if isinstance(part, TokenStore) else np.array([of_one(sample) for sample in part], np.int64)
        for part in stored_parts(samples)
    ]
    return np.concatenate(found).astype(np.int64)
