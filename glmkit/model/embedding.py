"""Embeddings whose numbers come from a file: made on the meta device at no cost."""

from __future__ import annotations

import torch
from torch import nn


def new_embedding(num_embeddings: int, dim: int, dtype: torch.dtype | None = None) -> nn.Embedding:
    """Return ``nn.Embedding(num_embeddings, dim, dtype=dtype)`` with its random numbers, the same ones for a seed.

    On the meta device there are none; PyTorch would import its compiler to draw them there: 800 modules, two seconds of
    every process that loads a model.
    """
    weight = torch.empty(num_embeddings, dim, dtype=dtype)
    if not weight.is_meta:
        nn.init.normal_(weight)
    return nn.Embedding.from_pretrained(weight, freeze=False)  # type: ignore[no-untyped-call]
