"""The network: its size, its dtypes, its padded door, its initialisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from glmkit.model import GLM, PackedView, PrefixEncoder, chatglm3_6b


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_chatglm3_6b_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        assert count(GLM(chatglm3_6b())) == 6_243_584_000


@pytest.mark.parametrize(("projection", "expected"), [(False, 1_835_008), (True, 119_293_952)])
def test_a_prefix_of_128_has_the_originals_number_of_parameters(projection: bool, expected: int) -> None:
    with torch.device("meta"):
        assert count(PrefixEncoder(chatglm3_6b(), 128, projection)) == expected


def test_one_seed_gives_one_model(make_glm: Callable[..., GLM]) -> None:
    config = make_glm().config
    first, again, other = GLM(config), GLM(config), GLM(config)
    first.init_weights(seed=7)
    again.init_weights(seed=7)
    other.init_weights(seed=8)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.lm_head.weight, other.lm_head.weight)
    assert first.norm.weight.eq(1).all() and first.layers[0].self_attn.qkv_proj.bias.eq(0).all()
    assert first.embed_tokens.weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert first.layers[0].mlp.down_proj.weight.std().item() == pytest.approx(0.01, rel=0.1)  # 0.02 / sqrt(2 * 2)


@torch.no_grad()
def test_rows_gives_those_rows_of_the_whole(make_glm: Callable[..., GLM]) -> None:
    model = make_glm()
    input_ids, positions = torch.arange(10), torch.arange(10)
    whole = model(input_ids, positions, PackedView([10], "cpu"))
    rows = torch.tensor([3, 9])
    torch.testing.assert_close(model(input_ids, positions, PackedView([10], "cpu"), rows), whole[rows])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@torch.no_grad()
def test_half_types_stay_near_float32_and_logits_are_float32(make_glm: Callable[..., GLM], dtype: torch.dtype) -> None:
    model = make_glm(prefix_len=3)
    input_ids = torch.arange(40)[None]
    wanted = model.logits(input_ids)
    model.to(dtype)
    model.prefix.float()
    found = model.logits(input_ids)
    assert found.dtype == torch.float32
    assert (found - wanted).norm() / wanted.norm() < 0.03  # bfloat16 keeps 8 bits; observed 0.01


@torch.no_grad()
def test_padding_on_either_side_changes_nothing(make_glm: Callable[..., GLM]) -> None:
    model = make_glm(prefix_len=2)
    ids = torch.arange(1, 7)[None]
    wanted = model.logits(ids)
    for left, right in ((3, 0), (0, 2), (2, 2)):
        padded = torch.nn.functional.pad(ids, (left, right))
        found = model.logits(padded, (padded > 0).long())
        torch.testing.assert_close(found[:, left : left + 6], wanted)


@torch.no_grad()
def test_a_row_of_nothing_but_padding_gives_zeros(make_glm: Callable[..., GLM]) -> None:
    mask = torch.tensor([[0, 0, 0], [0, 1, 1]])
    logits = make_glm().logits(torch.ones(2, 3, dtype=torch.long), mask)
    assert logits[0].eq(0).all() and logits[1, 1:].ne(0).any()


@pytest.mark.parametrize(
    ("setting", "value"), [("rope_ratio", 50), ("rms_norm_eps", 0.1), ("num_kv_heads", 1), ("qkv_bias", False)]
)
@torch.no_grad()
def test_every_constant_of_the_config_moves_the_logits(
    make_glm: Callable[..., GLM], setting: str, value: float
) -> None:
    config = make_glm().config
    changed = make_glm(config=replace(config, **{setting: value}))
    input_ids = torch.arange(30)[None]
    assert not torch.allclose(make_glm().logits(input_ids), changed.logits(input_ids), atol=1e-3)
