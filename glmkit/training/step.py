"""One optimiser step: forward and backward each row, check, clip, update.

In: the model and the packed samples of the step. Out: the updated parameters, the loss and the gradient norm; or an
error that names the samples, raised before anything was updated. Called by the training loop.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.config import TrainConfig
from glmkit.data.pack import Batch
from glmkit.errors import NumericsError, OutOfMemory, is_out_of_memory
from glmkit.model.glm import GLM
from glmkit.model.loss import divergence, token_losses
from glmkit.model.views import PackedView
from glmkit.training.packed_steps import PackedStep

ROUND_ROWS_TO = {
    "cuda": 256,
    "cpu": 16,
}  # few row lengths suit compiled kernels; a CPU has none and computes the filler
NAMED_SAMPLES = 8
HELD_EVERY = 4  # tokens of replayed text, others in every step: a fourth of the logits, and as much is kept


@dataclass(frozen=True, slots=True)
class StepResult:
    """The loss of a step, its gradient norm before clipping, and the real tokens and labels it saw."""

    loss: float
    grad_norm: float
    num_tokens: int
    num_labels: int


def optimizer_step(
    model: GLM,
    optimizer: torch.optim.Optimizer,
    trained: Sequence[torch.nn.Parameter],
    packed: PackedStep,
    config: TrainConfig,
    step: int,
) -> StepResult:
    """Train on all that belongs to optimiser step ``step`` (0-based), with the learning rate already set.

    The loss is the sum of weights * token losses over all rows; pack_step made the weights sum to 1 over the step, so
    gradients simply add up, however the samples fell into rows.

    Raises:
        NumericsError: loss or gradient is not finite; no parameter has changed.
        OutOfMemory: a row does not fit.
    """
    rows = packed.rows
    limits = {"max_tokens_per_row": config.max_tokens_per_row, "max_seq_len": config.max_seq_len}
    with explained_memory("training-out-of-memory", tokens=max(len(row.input_ids) for row in rows), **limits):
        losses = []
        for number, row in enumerate(rows):
            loss = row_loss(model, row, config, step, number)
            torch.autograd.backward(loss)
            losses.append(loss.detach())
        grad_norm = torch.nn.utils.clip_grad_norm_(trained, config.max_grad_norm)
        row_losses = torch.stack(losses).tolist()  # the step's only wait for the device
        check_finite(row_losses, float(grad_norm), packed, step)
        optimizer.step()
        optimizer.zero_grad()
    return StepResult(
        loss=sum(row_losses),
        grad_norm=float(grad_norm),
        num_tokens=sum(row.num_tokens for row in rows),
        num_labels=sum(row.num_labels for row in rows),
    )


def row_loss(model: GLM, row: Batch, config: TrainConfig, step: int, number: int) -> Tensor:
    """Return the float32 scalar that row ``number`` of the step adds to the step's loss.

    Labels are learned everywhere but in replayed documents when ``replay.distill`` is above 0: there the model is held
    to what it says without its prefix, all over the text and not at the labels alone, which keeps far more of its
    skills.
    """
    device = model.device
    distill = 0.0 if config.replayed is None else config.replayed.distill
    own = replayed_tokens(row) if distill else torch.zeros(len(row.input_ids), dtype=torch.bool)  # [T], on the CPU
    held = own & ((row.position_ids + step) % HELD_EVERY == 0)
    use_autocast = config.method == "full" and config.dtype == "bfloat16"  # float32 masters, bfloat16 computation
    with torch.autocast(device.type, torch.bfloat16, enabled=use_autocast):
        prefix = None if model.prefix is None else dropped_prefix(model, config.seed, step, number)
        view = PackedView(row.document_lengths, device, prefix)
        labelled = ((row.targets != IGNORE_INDEX) & ~own).nonzero()[:, 0]  # int64 [N]; the CPU waits for nobody
        rows, targets, weights = (
            x.to(device)
            for x in (torch.cat([labelled, held.nonzero()[:, 0]]), row.targets[labelled], row.weights[labelled])
        )
        hidden = model(row.input_ids.to(device), row.position_ids.to(device), view, rows)  # [N + M, D]
        loss, _ = token_losses(model, hidden[: len(labelled)], targets, weights)
        if held.any():
            taught = untuned(model, row, own, held)  # [M, D]
            shares = spread_weights(row, held)[held].to(device)
            loss = loss + distill * divergence(model, hidden[len(labelled) :], taught, shares)
    return loss


def replayed_tokens(row: Batch) -> Tensor:
    """Return which tokens of the row belong to replayed documents, bool [T] on the CPU."""
    marks = torch.zeros(len(row.document_lengths), dtype=torch.bool)
    marks[row.replayed] = True
    return marks.repeat_interleave(torch.tensor(row.document_lengths))


def spread_weights(row: Batch, held: Tensor) -> Tensor:
    """Return what the labels of each document weigh, spread evenly over its tokens in ``held`` [T]: float32 [T]."""
    parts = zip(*(torch.split(x, row.document_lengths) for x in (row.weights, held)), strict=True)
    return torch.cat([(weights.sum() / marks.sum().clamp(min=1)).expand(len(marks)) for weights, marks in parts])


@torch.no_grad()
def untuned(model: GLM, row: Batch, own: Tensor, held: Tensor) -> Tensor:
    """Return the hidden states [M, D] at ``held`` [T] of the documents in ``own`` [T], as they are without a prefix."""
    device = model.device
    view = PackedView([row.document_lengths[place] for place in row.replayed], device)
    rows = held[own].nonzero()[:, 0].to(device)  # int64 [M]
    return model(row.input_ids[own].to(device), row.position_ids[own].to(device), view, rows)


def dropped_prefix(model: GLM, seed: int, step: int, number: int) -> Tensor:
    """Return the prefix [L, 2, P, K, d] with dropout that depends on (seed, step, row) alone.

    A resumed run drops what an uninterrupted one would have, without any stored random state.
    """
    assert model.prefix is not None
    digest = hashlib.blake2b(f"{seed} {step} {number}".encode(), digest_size=8).digest()
    with torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []):
        torch.manual_seed(int.from_bytes(digest, "little"))
        return model.prefix()


def check_finite(row_losses: Sequence[float], grad_norm: float, packed: PackedStep, step: int) -> None:
    """Stop before the update if a loss or the gradient is not a number; name the samples it came from."""
    bad_rows = [row for row, loss in zip(packed.rows, row_losses, strict=True) if not math.isfinite(loss)]
    if not bad_rows and math.isfinite(grad_norm):
        return
    sources = [source for row in bad_rows or packed.rows for source in sources_in(row, packed.samples)]
    named = ", ".join(sources[:NAMED_SAMPLES]) + (", ..." if len(sources) > NAMED_SAMPLES else "")
    raise NumericsError("training-not-finite", step=step + 1, loss=sum(row_losses), grad_norm=grad_norm, samples=named)


def sources_in(row: Batch, samples: Sequence[Sample]) -> list[str]:
    """Return where the samples of a row came from; rows do not carry their samples, so documents are compared."""
    documents = {tuple(document.tolist()) for document in torch.split(row.input_ids, row.document_lengths)}
    return [
        sample.source or f"samples[{index}]"
        for index, sample in enumerate(samples)
        if tuple(sample.input_ids) in documents
    ]


@contextmanager
def explained_memory(code: str, **values: Any) -> Iterator[None]:
    """Turn "out of memory" into a sentence with the numbers that decide how much is needed."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemory(code, **values) from error
