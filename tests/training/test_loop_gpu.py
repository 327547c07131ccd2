"""The training loop on an NVIDIA card: the same run as on the CPU, in float32 and in bfloat16."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from glmkit.config import TrainConfig
from glmkit.training.loop import train
from tests.training.conftest import GOLDEN_MODELS, golden_samples

Make = Callable[..., TrainConfig]
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card"),
]


@pytest.mark.parametrize("name", GOLDEN_MODELS)
def test_the_original_training_run_is_reproduced_on_a_card(golden: Path, golden_config: Make, name: str) -> None:
    result = train(golden_config(name, device="cuda"), samples=golden_samples(golden / name))
    expected = load_file(golden / name / "expected.safetensors")
    assert result.losses == pytest.approx(expected["train.losses"].tolist(), rel=1e-4)


@pytest.mark.parametrize("method", ["ptuning", "full"])
def test_bfloat16_stays_near_float32_and_continues_where_it_stopped(small_config: Make, method: str) -> None:
    exact = train(small_config(method=method, device="cuda", name="exact"))
    settings = {"method": method, "device": "cuda", "dtype": "auto", "name": "half"}
    half = train(small_config(**settings))
    assert half.losses == pytest.approx(exact.losses, rel=2e-2)
    assert half.losses != exact.losses
    shutil.rmtree(half.folder / "step-000008")
    again = train(small_config(**settings))
    assert again.losses == pytest.approx(half.losses, rel=1e-3)  # the card's sums may take another order
