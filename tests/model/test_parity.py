"""The golden outputs of the original ChatGLM3 implementation, reproduced in float32."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from glmkit.model import (
    GLM,
    ModelConfig,
    PackedView,
    PagedView,
    PageMemory,
    load_adapter,
    load_model_folder,
    page_table_of,
    token_losses,
)
from glmkit.model.loss import IGNORE_INDEX

LOGITS_TOLERANCE = 1e-4  # float32 sums in another order; observed 2e-6
LOSS_TOLERANCE = 1e-5
MODELS = ["tiny-chatglm3", "tiny-chatglm3-32k-projection"]


@pytest.fixture(params=MODELS)
def folder(request: pytest.FixtureRequest, golden: Path) -> Path:
    return golden / request.param


@pytest.fixture
def expected(folder: Path) -> dict[str, Tensor]:
    return load_file(folder / "expected.safetensors")


@pytest.fixture
def model(folder: Path) -> GLM:
    return load_model_folder(folder)


def close(found: Tensor, wanted: Tensor, tolerance: float) -> None:
    torch.testing.assert_close(found, wanted, atol=tolerance, rtol=0)


def mean_loss(model: GLM, input_ids: Tensor, labels: Tensor) -> Tensor:
    """The training path: rows one after another, labels of the next token, weights 1 / number of labels."""
    rows, length = input_ids.shape
    targets = torch.cat([labels[:, 1:], torch.full((rows, 1), IGNORE_INDEX)], dim=1).flatten()
    prefix = None if model.prefix is None else model.prefix()
    view = PackedView([length] * rows, "cpu", prefix)
    hidden = model(input_ids.flatten(), torch.arange(length).repeat(rows), view)
    weights = torch.full((len(targets),), 1.0 / int((targets != IGNORE_INDEX).sum()))
    return token_losses(model, hidden, targets, weights)[0]


def greedy(model: GLM, ids: list[int], count: int) -> list[int]:
    for _ in range(count):
        ids = [*ids, int(model.logits(torch.tensor([ids]))[0, -1].argmax())]
    return ids


def greedy_cached(model: GLM, ids: list[int], count: int) -> list[int]:
    memory = PageMemory(model.config, num_pages=9, page_size=8)
    pages, prefix_len = [7, 2, 5, 0, 8, 3], 0
    if model.prefix is not None:
        memory.write_prefix(pages, model.prefix())
        prefix_len = model.prefix.prefix_len
    new, past = list(ids), 0
    for _ in range(count):
        view = PagedView(memory, page_table_of([pages]), [past], [len(new)], [prefix_len])
        hidden = model(torch.tensor(new), view.position_ids, view, rows=view.last_rows)
        past += len(new)
        new = model.logits_of(hidden).argmax(dim=-1).tolist()
        ids = ids + new
    return ids


@pytest.mark.parametrize("with_prefix", [False, True])
@torch.no_grad()
def test_logits_equal_the_originals(model: GLM, folder: Path, expected: dict[str, Tensor], with_prefix: bool) -> None:
    if with_prefix:
        load_adapter(folder / "pytorch_model.bin", model)
    wanted = expected["prefix.logits" if with_prefix else "full.logits"]
    close(model.logits(expected["full.input_ids"]), wanted, LOGITS_TOLERANCE)


@pytest.mark.parametrize("with_prefix", [False, True])
@torch.no_grad()
def test_logits_of_a_left_padded_batch_equal_the_originals(
    model: GLM, folder: Path, expected: dict[str, Tensor], with_prefix: bool
) -> None:
    if with_prefix:
        load_adapter(folder / "pytorch_model.bin", model)
    mask = expected["leftpad.attention_mask"]
    found = model.logits(expected["leftpad.input_ids"], mask, expected["leftpad.position_ids"])
    wanted = expected["prefix.leftpad.logits" if with_prefix else "leftpad.logits"]
    close(found[mask == 1], wanted[mask == 1], LOGITS_TOLERANCE)
    assert found[mask == 0].eq(0).all()
    close(model.logits(expected["leftpad.input_ids"], mask), found, 0)  # positions are counted when not given


@pytest.mark.parametrize("with_prefix", [False, True])
@pytest.mark.parametrize("generate", [greedy, greedy_cached])
@torch.no_grad()
def test_greedy_ids_equal_the_originals(
    model: GLM,
    folder: Path,
    expected: dict[str, Tensor],
    with_prefix: bool,
    generate: Callable[[GLM, list[int], int], list[int]],
) -> None:
    if with_prefix:
        load_adapter(folder / "pytorch_model.bin", model)
    wanted = expected["prefix.greedy.output_ids" if with_prefix else "greedy.output_ids"][0].tolist()
    prompt = expected["full.input_ids"][0].tolist()
    assert generate(model, prompt, len(wanted) - len(prompt)) == wanted


def test_loss_equals_the_originals(model: GLM, expected: dict[str, Tensor]) -> None:
    loss = mean_loss(model, expected["full.input_ids"], expected["loss.labels"])
    close(loss.detach(), expected["loss.value"], LOSS_TOLERANCE)


def test_prefix_loss_and_gradients_equal_the_originals(model: GLM, folder: Path, expected: dict[str, Tensor]) -> None:
    encoder = load_adapter(folder / "pytorch_model.bin", model)
    loss = mean_loss(model, expected["full.input_ids"], expected["loss.labels"])
    close(loss.detach(), expected["prefix.loss.value"], LOSS_TOLERANCE)
    loss.backward()
    names = {f"prefix.grad.{name}" for name, _ in encoder.named_parameters()}
    assert names == {name for name in expected if name.startswith("prefix.grad.")}
    for name, parameter in encoder.named_parameters():
        close(parameter.grad, expected[f"prefix.grad.{name}"], LOSS_TOLERANCE)


def test_both_forms_of_the_prefix_file_are_the_same(model: GLM, folder: Path) -> None:
    case = json.loads((folder / "case.json").read_text())
    from_bin = load_adapter(folder / "pytorch_model.bin", model)
    assert (from_bin.prefix_len, from_bin.projection) == (case["pre_seq_len"], case["prefix_projection"])
    from_safetensors = load_adapter(folder / "prefix.safetensors", model)
    for name, parameter in from_bin.state_dict().items():
        close(parameter, from_safetensors.state_dict()[name], 0)


def test_logits_equal_the_transformers_implementation() -> None:
    """Transformers' own GLM on random weights: split projections, its class's rotary."""
    transformers = pytest.importorskip("transformers")
    config = ModelConfig(
        num_layers=2, hidden_size=32, num_heads=4, num_kv_heads=2, head_dim=8, intermediate_size=48, vocab_size=64,
        rope_ratio=500, qkv_bias=True, rms_norm_eps=1.5625e-07,
    )  # fmt: skip
    model = GLM(config)
    model.init_weights(std=0.2, seed=3)
    theirs = transformers.GlmForCausalLM(
        transformers.GlmConfig(
            num_hidden_layers=2, hidden_size=32, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
            intermediate_size=48, vocab_size=64, rms_norm_eps=1.5625e-07, attention_bias=True, pad_token_id=0,
            rope_parameters={"rope_type": "default", "rope_theta": 10000.0 * 500, "partial_rotary_factor": 0.5},
        )
    ).eval()  # fmt: skip
    state = {}
    for name, tensor in model.state_dict().items():
        name = name if name.startswith("lm_head") else f"model.{name}"
        if "qkv_proj" in name:
            parts = torch.split(tensor, [32, 16, 16])
            state.update({name.replace("qkv_proj", f"{x}_proj"): part for x, part in zip("qkv", parts, strict=True)})
        else:
            state[name] = tensor
    theirs.load_state_dict(state)
    input_ids = torch.randint(0, 64, (2, 20), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        close(model.logits(input_ids), theirs(input_ids).logits, LOGITS_TOLERANCE)
