"""``replay.distill``: on replayed data a tuned prefix is held to what the base model says without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.config import Replay, TrainConfig
from glmkit.data.pack import pack_step
from glmkit.errors import ConfigError
from glmkit.loading import load_model
from glmkit.model import loss as loss_room
from glmkit.model.glm import GLM
from glmkit.model.views import PackedView
from glmkit.training.loop import train
from glmkit.training.step import HELD_EVERY, row_loss
from tests.training.conftest import GOLDEN_MODELS, golden_samples
from tests.training.test_data import files, mixed  # noqa: F401  # fixtures

Make = Callable[..., TrainConfig]


def config_with(distill: float) -> TrainConfig:
    return TrainConfig(model="m", replay=Replay(path="general.jsonl", share=0.5, distill=distill), seed=1)


@pytest.fixture(params=GOLDEN_MODELS)
def folder(golden: Path, request: pytest.FixtureRequest) -> Path:
    return golden / request.param


@pytest.fixture
def model(folder: Path) -> GLM:
    return load_model(folder, adapter=str(folder), dtype=torch.float32).eval()


@pytest.fixture
def samples(folder: Path) -> list[Sample]:
    lengths = (21, 9, 14)
    cut = [sample.input_ids[:length] for sample, length in zip(golden_samples(folder), lengths, strict=False)]
    return [Sample(ids, ids) for ids in cut]


def logits_of(model: GLM, sample: Sample, with_prefix: bool) -> torch.Tensor:
    assert model.prefix is not None
    ids = torch.tensor(sample.input_ids)
    view = PackedView([len(ids)], "cpu", model.prefix() if with_prefix else None)
    return model.logits_of(model(ids, torch.arange(len(ids)), view))


@pytest.mark.parametrize("num_in_chunk", [10**9, 2], ids=["whole", "chunks"])
@pytest.mark.parametrize(("step", "first"), [(0, 0), (1, 3), (6, 2)])
def test_loss_and_gradient_are_those_of_the_definition(
    model: GLM, samples: list[Sample], monkeypatch: pytest.MonkeyPatch, num_in_chunk: int, step: int, first: int
) -> None:
    monkeypatch.setattr(loss_room, "LOGITS_IN_CHUNK", num_in_chunk * model.config.vocab_size)
    assert model.prefix is not None
    model.requires_grad_(False)
    model.prefix.requires_grad_(True)
    (row,) = pack_step(samples, 1000, "token", 16, [False, True, True])
    found = row_loss(model, row, config_with(0.7), step, 0)
    gradient = torch.autograd.grad(found, list(model.prefix.parameters()))

    labels = sum(len(sample.labels) - 1 for sample in samples)
    fresh = F.cross_entropy(
        logits_of(model, samples[0], True)[:-1], torch.tensor(samples[0].labels[1:]), reduction="sum"
    )
    expected = fresh / labels
    for sample in samples[1:]:  # at every fourth token; these weigh what the labels weigh
        teacher = logits_of(model, sample, False).detach().softmax(-1)
        student = logits_of(model, sample, True).log_softmax(-1)
        divergences = (teacher * (teacher.log() - student)).sum(-1)[first::HELD_EVERY]
        expected = expected + 0.7 * divergences.mean() * (len(sample.labels) - 1) / labels
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    for mine, its in zip(gradient, torch.autograd.grad(expected, list(model.prefix.parameters())), strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-4, atol=1e-7)


def test_without_it_replayed_labels_are_learned(model: GLM, samples: list[Sample]) -> None:
    (marked,) = pack_step(samples, 1000, "token", 16, [False, True, True])
    (plain,) = pack_step(samples, 1000, "token", 16)
    with torch.no_grad():
        assert row_loss(model, marked, config_with(0.0), 0, 0) == row_loss(model, plain, config_with(0.0), 0, 0)
        assert row_loss(model, marked, config_with(1.0), 0, 0) != row_loss(model, plain, config_with(0.0), 0, 0)


def test_a_row_of_replayed_documents_alone_has_no_labels_to_learn(model: GLM, samples: list[Sample]) -> None:
    (row,) = pack_step(samples, 1000, "token", 16, [True] * 3)
    loss = row_loss(model, row, config_with(1.0), 0, 0)
    assert loss > 0 and row.targets.ne(IGNORE_INDEX).sum() == row.num_labels
    model.prefix = None
    with torch.no_grad():  # nothing to be held to but itself
        assert row_loss(model, row, config_with(1.0), 0, 0).abs() < 1e-6


def test_a_run_goes_on_with_the_same_weight_only(mixed: Make) -> None:  # noqa: F811
    def config(distill: float, **changes: Any) -> TrainConfig:
        made = mixed(method="ptuning", prefix_len=4, **changes)
        assert made.replayed is not None
        return replace(made, replay=replace(made.replayed, distill=distill))

    result = train(config(1.0, steps=3, name="held"))
    assert len(result.losses) == 3
    with pytest.raises(ConfigError, match=r"replay\.distill"):
        train(config(0.5, steps=3, name="held"))


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_weights_that_cannot_be(value: float) -> None:
    with pytest.raises(ConfigError, match=r"replay\.distill: must be at least 0"):
        config_with(value)


def test_full_training_has_no_base_model_to_keep_to() -> None:
    with pytest.raises(ConfigError, match="needs method: ptuning"):
        TrainConfig(model="m", method="full", replay={"path": "x", "share": 0.5, "distill": 1.0})
