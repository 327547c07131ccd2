"""The peer of the training benchmark computes what the original computes, so that the comparison is fair."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file

REPOSITORY = Path(__file__).parents[2]
GOLDEN = REPOSITORY / "tests" / "golden" / "tiny-chatglm3"

# PEFT and Transformers call each other under names that will go one day.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


@pytest.fixture(scope="module")
def peer() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "peer_transformers", REPOSITORY / "benchmarks" / "peer_transformers.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def expected() -> dict[str, torch.Tensor]:
    return load_file(GOLDEN / "expected.safetensors")


def golden_prefix() -> torch.Tensor:
    sizes = json.loads((GOLDEN / "config.json").read_text())
    (flat,) = load_file(GOLDEN / "prefix.safetensors").values()
    shape = (len(flat), sizes["num_layers"], 2, sizes["multi_query_group_num"], sizes["kv_channels"])
    return flat.view(shape).permute(1, 2, 0, 3, 4)  # [L, 2, P, K, d]


@torch.no_grad()
def test_converted_weights_give_the_originals_logits(peer: ModuleType, expected: dict[str, torch.Tensor]) -> None:
    logits = peer.load_peer(GOLDEN).eval()(expected["full.input_ids"]).logits
    torch.testing.assert_close(logits, expected["full.logits"], atol=1e-4, rtol=0)


@torch.no_grad()
def test_a_rotated_prefix_in_peft_gives_the_originals_prefix_logits(
    peer: ModuleType, expected: dict[str, torch.Tensor]
) -> None:
    model = peer.add_prefix(peer.load_peer(GOLDEN), golden_prefix()).eval()
    logits = model(input_ids=expected["full.input_ids"]).logits
    torch.testing.assert_close(logits, expected["prefix.logits"], atol=1e-4, rtol=0)


def test_trainer_and_bare_loop_report_the_same_losses_whatever_the_padding(peer: ModuleType) -> None:
    generator = torch.Generator().manual_seed(0)
    ids = [torch.randint(3, 300, (length,), generator=generator).tolist() for length in (9, 21, 14, 5, 11, 30, 8, 17)]
    examples = [peer.Example(row, [-100, -100, *row[2:]]) for row in ids]
    losses = []
    for loop, batch_size, pad_to in (
        (peer.train_with_trainer, 2, None),
        (peer.train_with_trainer, 2, 40),
        (peer.train_bare, 1, None),
        (peer.train_bare, 4, 40),
    ):
        model = peer.add_prefix(peer.load_peer(GOLDEN), golden_prefix())
        recipe = peer.Recipe("", loop, batch_size, pad_to)
        steps = loop(model, examples, recipe, steps=2, samples_per_step=4, lr=2e-2)
        losses.append([step.loss for step in steps])
    torch.testing.assert_close(torch.tensor(losses[1:]), torch.tensor(losses[:1] * 3), atol=1e-4, rtol=0)
