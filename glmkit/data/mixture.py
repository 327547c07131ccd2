"""How often each file's samples stand in each epoch: weights and the replay share, exact over any number of epochs.

In: how many samples each file has, its weight or its share. Out: the samples of epoch k, before they are shuffled.
Called by ``order``, which shuffles and cuts into steps; training makes one from its data files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

WALK_STREAM = 2**63  # above every epoch: the random numbers of a file's walk are never those of an epoch's order


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a mixture: how many samples it has, and how often an epoch takes each on average."""

    num_samples: int
    weight: Fraction

    @property
    def per_epoch(self) -> Fraction:
        """Samples an epoch takes from this file, on average over all epochs."""
        return self.num_samples * self.weight

    def drawn_before(self, epoch: int) -> tuple[int, int]:
        """Return how many samples epochs 0 .. ``epoch`` - 1 take: in whole passes, and beyond them."""
        whole = self.num_samples * floor(self.weight)
        return epoch * whole, floor(epoch * (self.per_epoch - whole) + Fraction(1, 2))


class Mixture:
    """Several files as one: the samples are numbered through, file after file, the replayed ones last.

    An epoch takes every sample of a file with weight w floor(w) or ceil(w) times; k epochs together take exactly
    k * w * n samples of its n (rounded once, half up, so nothing adds up). The whole passes of w are whole passes; for
    what is beyond them the epochs walk round and round through one permutation of the file:

        4 samples, weight 1.5:   epoch 0 | 0 1 2 3, 2 0 |   epoch 1 | 0 1 2 3, 3 1 |   epoch 2 | 0 1 2 3, 2 0 |

    Replay is such a file whose weight follows from its share: of all samples together, ``share`` are replayed ones.

    Args:
        parts: (number of samples, weight) of each file.
        replay: numbers of samples of the files that are replayed, which are numbered behind all others.
        share: theirs of all samples, in (0, 1).
    """

    def __init__(
        self, parts: Sequence[tuple[int, float]], replay: Sequence[int] = (), share: float | None = None
    ) -> None:
        self.parts = [Part(count, exact(weight)) for count, weight in parts]
        self.num_fresh_parts = len(parts)
        self.share = Fraction(0) if share is None else exact(share)
        if not parts or any(part.num_samples < 1 or part.weight <= 0 for part in self.parts):
            raise ValueError(f"every part needs samples and a positive weight: {list(parts)}")
        if replay:
            if not 0 < self.share < 1 or min(replay) < 1:
                raise ValueError(f"replay needs samples and a share between 0 and 1: {list(replay)}, {share}")
            fresh = sum(part.per_epoch for part in self.parts)
            weight = self.share / (1 - self.share) * fresh / sum(replay)
            self.parts += [Part(count, weight) for count in replay]
        self.num_samples = sum(part.num_samples for part in self.parts)
        self.first_replayed = sum(part.num_samples for part in self.parts[: self.num_fresh_parts])
        self.per_epoch = Fraction(sum(part.per_epoch for part in self.parts))

    def drawn_before(self, epoch: int) -> int:
        """Return how many samples epochs 0 .. ``epoch`` - 1 have together."""
        return sum(sum(part.drawn_before(epoch)) for part in self.parts)

    def epoch_at(self, draw: int) -> tuple[int, int]:
        """Return the epoch that holds sample ``draw`` of the endless stream of epochs, and its place in there."""
        # Rounding moves the end of an epoch by half a sample for each file, at most: begin just before, and look.
        low, high = 0, floor((draw + len(self.parts)) / self.per_epoch) + 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.drawn_before(middle) <= draw else (low, middle)
        return low, draw - self.drawn_before(low)

    def epoch(self, epoch: int, seed: int, shuffle: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the samples of an epoch, int64, in file order: fresh ones, and replayed ones."""
        import numpy as np

        drawn: list[np.ndarray] = []
        offset = 0
        for number, part in enumerate(self.parts):
            everything = np.arange(part.num_samples)
            drawn.append(np.tile(everything, floor(part.weight)) + offset)
            start, stop = part.drawn_before(epoch)[1], part.drawn_before(epoch + 1)[1]
            if stop > start:  # at most once around, so no sample comes twice
                walk = shuffled(part.num_samples, seed, WALK_STREAM + number) if shuffle else everything
                drawn.append(walk[np.arange(start, stop) % part.num_samples] + offset)
            else:
                drawn.append(everything[:0])
            offset += part.num_samples
        fresh, replayed = drawn[: 2 * self.num_fresh_parts], drawn[2 * self.num_fresh_parts :]
        return np.concatenate(fresh), np.concatenate([everything[:0], *replayed])


def exact(number: float) -> Fraction:
    """Return the fraction a user means by a decimal: 0.1 is a tenth, not the nearest binary number."""
    return Fraction(str(number))


def shuffled(count: int, seed: int, stream: int) -> np.ndarray:
    """Return a permutation of 0 .. ``count`` - 1 that depends on (count, seed, stream) alone."""
    import numpy as np

    return np.argsort(random_numbers(count, seed, stream), kind="stable")


def random_numbers(count: int, seed: int, stream: int) -> np.ndarray:
    """Return ``count`` random uint64.

    The raw output of a Philox counter generator keyed by (seed, stream): NumPy guarantees that raw stream between
    versions, and does not guarantee ``Generator.permutation``.
    """
    import numpy as np

    key = np.array([seed % 2**64, stream], dtype=np.uint64)
    return np.random.Philox(key=key).random_raw(count)
