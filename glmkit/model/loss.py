"""The training losses: cross-entropy with labels, divergence from another model, without ever holding all logits.

In: hidden states of a row, the label of each token's successor or another model's hidden state, a weight per token.
Out: one float32 scalar. The training loop calls them once per row; evaluation reads the per-token losses.
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


def divergence(model: GLM, hidden: Tensor, taught: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum of KL(teacher || student) over tokens (Learning without Forgetting, 1606.09282).

    Both are read out by the output layer of ``model``; memory as in ``token_losses``.

    Args:
        model: its output layer turns hidden states into logits.
        hidden: [N, D] the student's, after the final norm.
        taught: [N, D] the teacher's; no gradient flows into it.
        weights: float32 [N].

    Returns:
        float32 scalar.
    """
    if len(hidden) == 0:
        return hidden.float().sum()
    total = torch.zeros((), device=hidden.device)
    chunk_rows = max(1, LOGITS_IN_CHUNK // model.config.vocab_size)
    for part, part_taught, part_weights in zip(
        *(torch.split(x, chunk_rows) for x in (hidden, taught, weights)), strict=True
    ):
        if len(hidden) > chunk_rows:
            found = checkpoint(_divergences, model, part, part_taught, use_reentrant=False, preserve_rng_state=False)
        else:
            found = _divergences(model, part, part_taught)
        total = total + (found * part_weights).sum()
    return total


def _divergences(model: GLM, hidden: Tensor, taught: Tensor) -> Tensor:
    with torch.no_grad():
        expected = F.log_softmax(model.logits_of(taught), dim=-1)  # [N, V]
    found = F.log_softmax(model.logits_of(hidden), dim=-1)
    return F.kl_div(found, expected, reduction="none", log_target=True).sum(dim=-1)
