"""Samples of one optimiser step -> as few flat rows as possible, without padding inside and with exact loss weights.

In: encoded samples, and over how many ranks they go. Out: Batches of torch tensors that
``glm(input_ids, position_ids, PackedView(document_lengths))`` reads as they are. Called by the training loop; the only
file of this room that imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
import torch

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.data.encode import count_targets
from glmkit.data.plan import ROUND_TO, plan_ranks
from glmkit.errors import DataError

LossAverage = Literal["token", "sample"]
FILLER_ID = 0  # the token of the tail document; no label and no other document ever sees it


@dataclass(frozen=True, slots=True)
class Batch:
    """One row of T tokens: documents side by side, then perhaps an unlabelled tail document that rounds T up."""

    input_ids: torch.Tensor  # [T] int64
    position_ids: torch.Tensor  # [T] int64, from 0 in every document
    targets: torch.Tensor  # [T] int64, label of the next token of the same document, IGNORE_INDEX where there is none
    weights: torch.Tensor  # [T] float32, the step's loss is sum(weights * token_loss) over all its batches
    document_lengths: list[int]  # sum == T, tail document included
    num_tokens: int  # real ones, without the tail
    num_labels: int
    replayed: list[int]  # places in document_lengths of the documents that are replayed


def pack_step(
    samples: Sequence[Sample],
    max_tokens_per_row: int,
    loss_average: LossAverage = "token",
    round_to: int = ROUND_TO,
    is_replayed: Sequence[bool] = (),
) -> list[Batch]:
    """Pack the samples of one optimiser step; the same samples always give the same rows.

    Targets are shifted inside each document: the target at a token is the label of the next one, the last token has
    none, the first token's label is never used. A toy row, from a sample of four tokens with three labels and one of
    three tokens with one label, rounded to 8:

        input_ids            5    6    7    8 |    9   10   11 |    0
        position_ids         0    1    2    3 |    0    1    2 |    0
        targets              6    7    8 -100 | -100   11 -100 | -100
        weights "token"    1/4  1/4  1/4    0 |    0  1/4    0 |    0
        weights "sample"   1/6  1/6  1/6    0 |    0  1/2    0 |    0
        document_lengths     4                     3                1

    Which samples share a row is decided by ``plan.plan_ranks``.

    Args:
        samples: the whole step, since the weights are normalised over it. Samples without a target are left out.
        max_tokens_per_row: room for real tokens in a row; a longer sample gets a row of its own.
        loss_average: "token" weighs every target of the step alike; "sample" every sample, then its targets alike
            (what the original does with one sample per micro-batch).
        round_to: row lengths are rounded up to a multiple of it by the tail document; 1 for none.
        is_replayed: of each sample; empty for none.

    Raises:
        DataError: no sample of the step has a target.
    """
    (rows,) = pack_ranks(samples, 1, max_tokens_per_row, loss_average, round_to, is_replayed)
    return rows


def pack_ranks(
    samples: Sequence[Sample],
    num_ranks: int,
    max_tokens_per_row: int,
    loss_average: LossAverage = "token",
    round_to: int = ROUND_TO,
    is_replayed: Sequence[bool] = (),
) -> list[list[Batch]]:
    """Deal the samples of one step to ranks and pack each rank's; every rank gets the same number of rows.

    Ranks hold as equal numbers of tokens as can be, and never differ by more than the longest sample. Weights are
    normalised over all ranks: their losses and gradients add up to the step's. A rank that needs fewer rows than
    another has some split in two; one with fewer samples than rows is filled up with rows that hold the tail document
    alone, no token and no label.

    Args:
        samples: those of all ranks, see ``pack_step`` for these and the rest.
        num_ranks: number of ranks; rank r computes the r-th list returned.

    Raises:
        DataError: no sample of the step has a target.
    """
    targets = [count_targets(sample) for sample in samples]
    kept = [(sample, num_targets) for sample, num_targets in zip(samples, targets, strict=True) if num_targets]
    replayed = [
        mark for mark, num_targets in zip(is_replayed or [False] * len(samples), targets, strict=True) if num_targets
    ]
    if not kept:
        raise DataError("data-step-without-label", where=samples[0].source if samples else "", count=len(samples))
    num_labels = sum(num_targets for _, num_targets in kept)
    weights = {
        "token": [1 / num_labels] * len(kept),
        "sample": [1 / (len(kept) * num_targets) for _, num_targets in kept],
    }[loss_average]
    documents = [sample for sample, _ in kept]
    lengths = [len(sample.input_ids) for sample in documents]
    return [
        [_lay_row([(documents[i], weights[i], replayed[i]) for i in row], round_to) for row in rows]
        for rows in plan_ranks(lengths, max_tokens_per_row, num_ranks)
    ]


def _lay_row(parts: Sequence[tuple[Sample, float, bool]], round_to: int) -> Batch:
    """Lay (document, weight, is it replayed) side by side."""
    documents = [document for document, _, _ in parts]
    document_weights = [weight for _, weight, _ in parts]
    lengths = [len(document.input_ids) for document in documents]
    num_tokens = sum(lengths)
    tail = -num_tokens % round_to if documents else round_to
    input_ids = [*chain.from_iterable(document.input_ids for document in documents), *[FILLER_ID] * tail]
    shifted = chain.from_iterable([*document.labels[1:], IGNORE_INDEX] for document in documents)
    targets = _int_tensor([*shifted, *[IGNORE_INDEX] * tail])  # [T]
    if tail:
        lengths = [*lengths, tail]
        document_weights = [*document_weights, 0.0]
    labelled = targets != IGNORE_INDEX
    weights = torch.tensor(document_weights).repeat_interleave(torch.tensor(lengths)) * labelled  # [T]
    return Batch(
        input_ids=_int_tensor(input_ids),
        position_ids=torch.cat([torch.arange(length) for length in lengths]),  # [T]
        targets=targets,
        weights=weights,
        document_lengths=lengths,
        num_tokens=num_tokens,
        num_labels=int(labelled.sum()),
        replayed=[place for place, (_, _, is_replayed) in enumerate(parts) if is_replayed],
    )


def _int_tensor(values: list[int]) -> torch.Tensor:
    return torch.from_numpy(np.array(values, dtype=np.int64))  # several times faster than torch.tensor(list)
