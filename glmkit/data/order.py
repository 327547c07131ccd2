"""Which samples make up optimiser step k: a pure function of (seed, k), so a resumed run needs no saved position.

In: the number of samples or the mixture of files, samples per step, seed. Out: sample indices. Called by the training
loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glmkit.data.mixture import Mixture, random_numbers

if TYPE_CHECKING:
    import numpy as np


class SampleOrder:
    """An endless stream of epochs, each a permutation of its samples, cut into steps of equal size.

    Every sample stands exactly once in each epoch, or as often as its file's weight says (``Mixture``). A step that
    reaches the end of an epoch goes on into the next one, so all steps have ``samples_per_step`` samples:

        3 samples, 2 a step:   epoch 0 | 2 0 1 | epoch 1 | 0 1 2 |
                               step 0    2 0
                               step 1        1             0
                               step 2                        1 2

    Replayed samples stand at even distances among the others, so every step has its share of them.
    """

    def __init__(self, samples: int | Mixture, samples_per_step: int, seed: int = 0, shuffle: bool = True) -> None:
        if samples_per_step < 1 or (isinstance(samples, int) and samples < 1):
            raise ValueError(f"samples and samples_per_step must be positive: {samples}, {samples_per_step}")
        self.mixture = Mixture([(samples, 1)]) if isinstance(samples, int) else samples
        self.samples_per_step = samples_per_step
        self.seed = seed
        self.shuffle = shuffle
        self._epoch = -1
        self._order: np.ndarray

    def step(self, step: int) -> list[int]:
        """Return the sample indices of optimiser step ``step`` (0-based), in order."""
        indices: list[int] = []
        epoch, offset = self.mixture.epoch_at(step * self.samples_per_step)
        while len(indices) < self.samples_per_step:
            missing = self.samples_per_step - len(indices)
            indices.extend(self._order_of(epoch)[offset : offset + missing].tolist())
            epoch, offset = epoch + 1, 0
        return indices

    def epoch_of(self, step: int) -> float:
        """Return how many passes over the data are complete before ``step`` starts (2.5: half of the third is done)."""
        return float(step * self.samples_per_step / self.mixture.per_epoch)

    def _order_of(self, epoch: int) -> np.ndarray:
        if epoch != self._epoch:  # the last one used is kept: steps mostly come in order
            fresh, replayed = self.mixture.epoch(epoch, self.seed, self.shuffle)
            if self.shuffle:
                # One draw for both: the fresh samples keep their order whatever is replayed between them.
                numbers = random_numbers(len(fresh) + len(replayed), self.seed, epoch)
                fresh = fresh[numbers[: len(fresh)].argsort(kind="stable")]
                replayed = replayed[numbers[len(fresh) :].argsort(kind="stable")]
            self._epoch, self._order = epoch, spread(fresh, replayed)
        return self._order


def spread(fresh: np.ndarray, replayed: np.ndarray) -> np.ndarray:
    """Return both in their order, the replayed ones at even distances: any b neighbours hold their share of b, +- 1."""
    import numpy as np

    total = len(fresh) + len(replayed)
    places = ((2 * np.arange(len(replayed)) + 1) * total) // (2 * max(1, len(replayed)))
    joined = np.empty(total, dtype=np.int64)
    is_replayed = np.zeros(total, dtype=bool)
    is_replayed[places] = True
    joined[is_replayed], joined[~is_replayed] = replayed, fresh
    return joined
