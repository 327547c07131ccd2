"""The samples of every optimiser step as packed rows, made one step ahead while the device computes.

In: samples and their order. Out: PackedSteps, in the order of the steps. Called by the training loop.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from glmkit.chat.sample import Sample
from glmkit.config import TrainConfig
from glmkit.data.order import SampleOrder
from glmkit.data.pack import Batch, pack_step


@dataclass(frozen=True, slots=True)
class PackedStep:
    """One optimiser step's samples, and the rows that hold them."""

    samples: list[Sample]
    rows: list[Batch]


def packed_steps(
    samples: Sequence[Sample], order: SampleOrder, config: TrainConfig, round_to: int, first_step: int, total_steps: int
) -> Generator[PackedStep, None, None]:
    """Yield steps ``first_step`` to ``total_steps - 1``; closing the iterator ends its thread.

    A thread packs the next step meanwhile, so that a fast card does not stand still while rows are laid out.

    Raises:
        DataError: no sample of a step has a target; when that step's turn comes.
    """

    def pack(step: int) -> PackedStep:
        indices = order.step(step)
        chosen = [samples[index] for index in indices]
        is_replayed = [index >= order.mixture.first_replayed for index in indices]
        rows = pack_step(chosen, config.max_tokens_per_row, config.loss_average, round_to, is_replayed)
        return PackedStep(chosen, rows)

    if first_step >= total_steps:
        return
    with ThreadPoolExecutor(1, thread_name_prefix="pack") as thread:
        ahead = thread.submit(pack, first_step)
        for step in range(first_step + 1, total_steps):
            packed = ahead.result()
            ahead = thread.submit(pack, step)
            yield packed
        yield ahead.result()
