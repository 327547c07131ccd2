"""Which samples make up optimiser step k: a pure function of (seed, k), so a resumed run needs no saved position.

In: the number of samples, samples per step, seed. Out: sample indices. Called by the training loop.
"""

from __future__ import annotations

from collections.abc import Sequence


class SampleOrder:
    """An endless stream of epochs, each a permutation of all samples, cut into steps of equal size.

    Every sample stands exactly once in each epoch. A step that reaches the end of an epoch goes on into the next one,
    so all steps have ``samples_per_step`` samples:

        3 samples, 2 a step:   epoch 0 | 2 0 1 | epoch 1 | 0 1 2 |
                               step 0    2 0
                               step 1        1             0
                               step 2                        1 2
    """

    def __init__(self, num_samples: int, samples_per_step: int, seed: int = 0, shuffle: bool = True) -> None:
        if num_samples < 1 or samples_per_step < 1:
            raise ValueError(f"num_samples and samples_per_step must be positive: {num_samples}, {samples_per_step}")
        self.num_samples = num_samples
        self.samples_per_step = samples_per_step
        self.seed = seed
        self.shuffle = shuffle
        self._epoch = -1
        self._order: Sequence[int] = ()

    def step(self, step: int) -> list[int]:
        """Return the sample indices of optimiser step ``step`` (0-based), in order."""
        start = step * self.samples_per_step
        indices: list[int] = []
        while len(indices) < self.samples_per_step:
            epoch, offset = divmod(start + len(indices), self.num_samples)
            missing = self.samples_per_step - len(indices)
            indices.extend(self._permutation(epoch)[offset : offset + missing])
        return indices

    def epoch_of(self, step: int) -> float:
        """Return how many passes over the data are complete before ``step`` starts (2.5: half of the third is done)."""
        return step * self.samples_per_step / self.num_samples

    def _permutation(self, epoch: int) -> Sequence[int]:
        if not self.shuffle:
            return range(self.num_samples)
        if epoch != self._epoch:  # the last one used is kept: steps mostly come in order
            self._epoch, self._order = epoch, _shuffled(self.num_samples, self.seed, epoch)
        return self._order


def _shuffled(num_samples: int, seed: int, epoch: int) -> list[int]:
    """Return a permutation that depends on (num_samples, seed, epoch) alone.

    Sorting the raw output of a Philox counter generator keyed by (seed, epoch): NumPy guarantees that raw stream
    between versions, and does not guarantee ``Generator.permutation``.
    """
    import numpy as np

    key = np.array([seed % 2**64, epoch], dtype=np.uint64)
    raw = np.random.Philox(key=key).random_raw(num_samples)
    order: list[int] = np.argsort(raw, kind="stable").tolist()
    return order
