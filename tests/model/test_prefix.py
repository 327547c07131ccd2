"""PrefixEncoder: its layout, its two beginnings, its dropout."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from glmkit.errors import ModelError
from glmkit.model import GLM, PackedView, PrefixEncoder


def test_a_column_of_the_table_is_layer_key_or_value_head_channel(make_glm: Callable[..., GLM]) -> None:
    """The original's order: ((2 * layer + kv) * heads + head) * width + channel; drawn with numbered columns."""
    config = make_glm().config
    encoder = PrefixEncoder(config, 3)
    width = encoder.embedding.weight.shape[1]
    with torch.no_grad():
        encoder.embedding.weight.copy_(torch.arange(width).float() + torch.tensor([[0.0], [1000.0], [2000.0]]))
    prefix = encoder()
    assert prefix.shape == (2, 2, 3, 2, 16) and prefix.dtype == torch.float32
    assert prefix[1, 0, 2, 1, 5].item() == 2000 + ((2 * 1 + 0) * 2 + 1) * 16 + 5


@pytest.mark.parametrize("projection", [False, True])
def test_starting_from_tokens_is_their_own_keys_and_values(make_glm: Callable[..., GLM], projection: bool) -> None:
    """Without rotary the first layer's keys and values do not know positions: they are the projection's own output."""
    model = make_glm()
    ids = torch.tensor([5, 9, 2, 7])
    encoder = PrefixEncoder(model.config, 4, projection)
    encoder.init_from_tokens(model, ids, torch.Generator().manual_seed(0))
    attention = model.layers[0].self_attn
    with torch.no_grad():
        qkv = attention.qkv_proj(model.layers[0].input_layernorm(model.embed_tokens(ids))).view(4, 8, 16)
        prefix = encoder()
    torch.testing.assert_close(prefix[0, 0], qkv[:, 4:6], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(prefix[0, 1], qkv[:, 6:8], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_deeper_layers_start_with_what_the_tokens_read(make_glm: Callable[..., GLM]) -> None:
    """The values of the second layer are those of a real forward pass over the tokens."""
    model = make_glm()
    ids = torch.tensor([5, 9, 2, 7])
    encoder = PrefixEncoder(model.config, 4)
    encoder.init_from_tokens(model, ids)
    seen: list[torch.Tensor] = []
    model.layers[1].self_attn.qkv_proj.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    model(ids, torch.arange(4), PackedView([4], "cpu"))
    torch.testing.assert_close(encoder()[1, 1], seen[0].view(4, 8, 16)[:, 6:8], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(encoder()[1, 0], seen[0].view(4, 8, 16)[:, 4:6], atol=1e-5, rtol=1e-5)


def test_another_number_of_tokens_is_refused(make_glm: Callable[..., GLM]) -> None:
    model = make_glm()
    with pytest.raises(ModelError, match="a prefix of 4 positions starts from 4 tokens, got 3"):
        PrefixEncoder(model.config, 4).init_from_tokens(model, torch.arange(3))


def test_starting_from_normal_is_seeded_and_finite(make_glm: Callable[..., GLM]) -> None:
    first, again = PrefixEncoder(make_glm().config, 64, True), PrefixEncoder(make_glm().config, 64, True)
    first.init_normal(0.02, torch.Generator().manual_seed(1))
    again.init_normal(0.02, torch.Generator().manual_seed(1))
    assert torch.equal(first(), again())
    assert first.embedding.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert first.trans[0].bias.eq(0).all()


def test_dropout_acts_in_training_only(make_glm: Callable[..., GLM]) -> None:
    encoder = PrefixEncoder(make_glm().config, 50, dropout=0.5)
    encoder.init_normal()
    assert encoder.train()().eq(0).float().mean().item() == pytest.approx(0.5, abs=0.05)
    assert encoder.eval()().eq(0).sum() == 0
