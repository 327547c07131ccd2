"""Packing changes no number: a sample's loss in a row is its loss alone, and nothing of one reaches another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.data.pack import Batch, pack_ranks, pack_step
from glmkit.loading import load_model
from glmkit.model.glm import GLM
from glmkit.model.loss import token_losses
from glmkit.model.views import PackedView
from tests.training.conftest import GOLDEN_MODELS, golden_samples

LENGTHS = (24, 7, 24, 13, 2, 19)  # cut to these, so that documents of one length and of many stand side by side


@pytest.fixture(params=GOLDEN_MODELS)
def folder(golden: Path, request: pytest.FixtureRequest) -> Path:
    return golden / request.param


def model_of(folder: Path, with_prefix: bool) -> GLM:
    return load_model(folder, adapter=str(folder) if with_prefix else None, dtype=torch.float32).eval()


def samples_of(folder: Path) -> list[Sample]:
    """Golden samples of many lengths, a label in each."""
    found = []
    for sample, length in zip(golden_samples(folder), LENGTHS, strict=False):
        labels = sample.labels[: length - 1] + sample.input_ids[length - 1 : length]
        found.append(Sample(sample.input_ids[:length], labels))
    return found


def losses_of(model: GLM, row: Batch) -> Tensor:
    """Return the loss of each token of a row, float32 [T], as training computes it."""
    prefix = None if model.prefix is None else model.prefix()
    hidden = model(row.input_ids, row.position_ids, PackedView(row.document_lengths, "cpu", prefix))
    return token_losses(model, hidden, row.targets, row.weights)[1]


def sample_losses(model: GLM, rows: Sequence[Batch]) -> dict[tuple[int, ...], float]:
    """Return the mean token loss of each sample, found by its ids."""
    found = {}
    for row in rows:
        split = [torch.split(x, row.document_lengths) for x in (row.input_ids, row.targets, losses_of(model, row))]
        for ids, targets, losses in zip(*split, strict=True):
            if (targets != IGNORE_INDEX).any():
                found[tuple(ids.tolist())] = losses[targets != IGNORE_INDEX].double().mean().item()
    return found


@pytest.mark.parametrize("with_prefix", [False, True], ids=["plain", "prefix"])
@torch.no_grad()
def test_the_packed_loss_of_each_sample_is_its_loss_alone(folder: Path, with_prefix: bool) -> None:
    model, samples = model_of(folder, with_prefix), samples_of(folder)
    packed = sample_losses(model, pack_step(samples, max_tokens_per_row=64, round_to=16))
    ranks = [sample_losses(model, rows) for rows in pack_ranks(samples, 3, max_tokens_per_row=64, round_to=16)]
    assert len(packed) == len(samples) == sum(len(rank) for rank in ranks)
    on_ranks = {key: loss for rank in ranks for key, loss in rank.items()}
    exact = model.double()
    for sample in samples:
        key = tuple(sample.input_ids)
        (alone,) = sample_losses(model_of(folder, with_prefix), pack_step([sample], 64, round_to=1)).values()
        # written out by another way: padded logits in float64, shifted here
        logits = exact.logits(torch.tensor([sample.input_ids]))[0, :-1]
        written_out = F.cross_entropy(logits.double(), torch.tensor(sample.labels[1:])).item()
        assert packed[key] == pytest.approx(alone, abs=1e-5)
        assert on_ranks[key] == pytest.approx(alone, abs=1e-5)
        assert alone == pytest.approx(written_out, abs=1e-5)


@pytest.mark.parametrize("loss_average", ["token", "sample"])
def test_the_losses_and_gradients_of_the_ranks_add_up_to_the_steps(folder: Path, loss_average: str) -> None:
    samples = samples_of(folder)

    def loss_and_gradient(rows: Sequence[Batch]) -> tuple[float, Tensor]:
        model = model_of(folder, with_prefix=True)
        assert model.prefix is not None
        total = torch.zeros(())
        for row in rows:
            view = PackedView(row.document_lengths, "cpu", model.prefix())
            labelled = (row.targets != IGNORE_INDEX).nonzero()[:, 0]
            hidden = model(row.input_ids, row.position_ids, view, labelled)
            total = total + token_losses(model, hidden, row.targets[labelled], row.weights[labelled])[0]
        gradients = torch.autograd.grad(total, list(model.prefix.parameters()))
        return total.item(), torch.cat([gradient.flatten() for gradient in gradients])

    loss, gradient = loss_and_gradient(pack_step(samples, 64, loss_average, 16))  # type: ignore[arg-type]
    ranks = pack_ranks(samples, 8, 64, loss_average, 16)  # type: ignore[arg-type]  # two ranks hold filler alone
    parts = [loss_and_gradient(rows) for rows in ranks]
    assert [part[0] for part in parts].count(0.0) == 2
    assert sum(part[0] for part in parts) == pytest.approx(loss, abs=1e-5)
    torch.testing.assert_close(torch.stack([part[1] for part in parts]).sum(0), gradient, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("with_prefix", [False, True], ids=["plain", "prefix"])
def test_no_token_attends_across_conversations(folder: Path, with_prefix: bool) -> None:
    """Outputs and gradients of one conversation do not move by a bit, whatever the others in its row say."""
    model = model_of(folder, with_prefix)
    model.requires_grad_(True)
    own = samples_of(folder)[1]
    vocabulary = model.config.vocab_size
    others = [token for token in range(1, vocabulary) if token not in own.input_ids]
    unlabelled = [IGNORE_INDEX] * 9

    def loss_and_gradients(before: list[int], after: list[int]) -> tuple[Tensor, list[Tensor]]:
        row = lay(Sample(before, unlabelled), own, Sample(after, unlabelled))
        prefix = None if model.prefix is None else model.prefix()
        hidden = model(row.input_ids, row.position_ids, PackedView(row.document_lengths, "cpu", prefix))
        loss = token_losses(model, hidden, row.targets, row.weights)[0]
        gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
        names = [name for name, _ in model.named_parameters()]
        found = dict(zip(names, gradients, strict=True))
        embedding = found["embed_tokens.weight"]
        assert embedding is not None
        assert embedding[own.input_ids].abs().sum() > 0
        assert torch.equal(embedding[others], torch.zeros_like(embedding[others]))  # nothing at all, not a little
        return hidden[9 : 9 + len(own.input_ids)].detach(), [g for g in gradients if g is not None]

    hidden, gradients = loss_and_gradients(others[:9], others[9:18])
    changed, changed_gradients = loss_and_gradients(others[20:29], others[30:39])
    assert torch.equal(changed, hidden)
    for gradient, changed_gradient in zip(gradients, changed_gradients, strict=True):
        torch.testing.assert_close(changed_gradient, gradient, atol=1e-7, rtol=1e-6)


def lay(*documents: Sample) -> Batch:
    """Lay documents side by side as they come; pack_step would sort them and leave unlabelled ones out."""
    lengths = [len(document.input_ids) for document in documents]
    targets = [label for document in documents for label in [*document.labels[1:], IGNORE_INDEX]]
    ids = torch.tensor([token for document in documents for token in document.input_ids])
    positions = torch.cat([torch.arange(length) for length in lengths])
    tensor = torch.tensor(targets)
    weights = (tensor != IGNORE_INDEX).float()
    return Batch(ids, positions, tensor, weights, lengths, len(ids), int(weights.sum()), [])


def test_the_golden_losses_are_those_of_packed_rows(folder: Path) -> None:
    """The original's first step, packed into one row: its mean over the micro-batches."""
    model = load_model(folder, adapter=str(folder), dtype=torch.float32).eval()
    expected = load_file(folder / "expected.safetensors")["train.losses"]
    num_samples = len(golden_samples(folder)) // len(expected)
    with torch.no_grad():
        losses = sample_losses(model, pack_step(golden_samples(folder)[:num_samples], 10_000, "sample", 16))
    assert sum(losses.values()) / num_samples == pytest.approx(expected[0].item(), abs=1e-5)
