"""Fixtures of the model tests: tiny random models."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from glmkit.model import GLM, ModelConfig, PrefixEncoder

torch.set_num_threads(1)  # tiny tensors: a second thread only waits

TINY = ModelConfig(
    num_layers=2,
    hidden_size=48,
    num_heads=4,
    num_kv_heads=2,
    head_dim=16,
    intermediate_size=64,
    vocab_size=96,
    max_seq_len=64,
    qkv_bias=True,
    torch_dtype="float32",
)


def tiny_glm(seed: int = 0, prefix_len: int = 0, config: ModelConfig = TINY) -> GLM:
    """A random model; weights large enough that attention is far from uniform."""
    model = GLM(config)
    model.init_weights(std=0.2, seed=seed)
    generator = torch.Generator().manual_seed(seed + 1)
    for name, parameter in model.named_parameters():
        if name.endswith("bias") or "norm" in name:  # so that no bias is zero and no norm a no-op
            parameter.data += torch.empty(parameter.shape).normal_(0.0, 0.1, generator=generator)
    if prefix_len:
        model.prefix = PrefixEncoder(config, prefix_len)
        model.prefix.init_normal(1.0, generator)
    return model.eval()


@pytest.fixture(scope="session")
def make_glm() -> Callable[..., GLM]:
    """``make_glm(seed=0, prefix_len=0, config=TINY)``; for the whole session, so that hypothesis may use it."""
    return tiny_glm
