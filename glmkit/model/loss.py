"""The training loss: weighted cross-entropy at the labelled tokens, without ever holding all logits.

In: hidden states of a row, the label of each token's successor, a weight per token. Out: one float32 scalar. The
training loop calls it once per row; evaluation reads the per-token losses.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from glmkit.model.glm import GLM

IGNORE_INDEX = -100

# Logits in a chunk: 266 MB in float32, 1,024 rows at GLM-3's vocabulary of 65,024 and more rows at a smaller one.
LOGITS_IN_CHUNK = 1024 * 65_024


def token_losses(model: GLM, hidden: Tensor, targets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weighted sum of token losses, and the losses themselves.

    Logits are made in float32 for labelled tokens only, a chunk at a time; when there are several chunks the backward
    pass makes them again, so memory does not grow with the number of labels. The gradient is exact.

    Args:
        model: its output layer turns hidden states into logits.
        hidden: [T, D] after the final norm.
        targets: int64 [T], the label of the next token of the same document, IGNORE_INDEX where there is none.
        weights: float32 [T].

    Returns:
        sum(weights * losses), float32 scalar; and float32 [T] losses, detached, 0 where there is no label.
    """
    rows = (targets != IGNORE_INDEX).nonzero()[:, 0]
    per_token = torch.zeros(len(targets), device=hidden.device)
    hidden, labels, weights = hidden[rows], targets[rows], weights[rows]
    if len(rows) == 0:
        return hidden.float().sum(), per_token  # 0, and still a scalar that backward accepts
    total, parts = torch.zeros((), device=hidden.device), []
    chunk_rows = max(1, LOGITS_IN_CHUNK // model.config.vocab_size)
    for part, part_labels, part_weights in zip(
        *(torch.split(x, chunk_rows) for x in (hidden, labels, weights)), strict=True
    ):
        if len(rows) > chunk_rows:
            losses = checkpoint(_losses, model, part, part_labels, use_reentrant=False, preserve_rng_state=False)
        else:
            losses = _losses(model, part, part_labels)
        total = total + (losses * part_weights).sum()
        parts.append(losses.detach())
    per_token[rows] = torch.cat(parts)
    return total, per_token


def _losses(model: GLM, hidden: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(model.logits_of(hidden), labels, reduction="none")
