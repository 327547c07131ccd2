"""The training losses: cross-entropy with labels, divergence from another model, without ever holding all logits.

In: hidden states of a row, the label of each token's successor or another model's hidden state, a weight per token.
Out: one float32 scalar. The training loop calls them once per row; evaluation reads the per-token losses.
"""

from __future__ import annotations

from collections.abc import Callable

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
    losses = _by_chunks(_losses, model, hidden, labels)
    per_token[rows] = losses.detach()
    return (losses * weights).sum(), per_token


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
    return (_by_chunks(_divergences, model, hidden, taught) * weights).sum()


def _divergences(model: GLM, hidden: Tensor, taught: Tensor) -> Tensor:
    with torch.no_grad():
        expected = F.log_softmax(model.logits_of(taught), dim=-1)  # [N, V]
    found = F.log_softmax(model.logits_of(hidden), dim=-1)
    return F.kl_div(found, expected, reduction="none", log_target=True).sum(dim=-1)


def _by_chunks(of_chunk: Callable[[GLM, Tensor, Tensor], Tensor], model: GLM, hidden: Tensor, others: Tensor) -> Tensor:
    """Return ``of_chunk`` of all rows, float32 [N], so many at a time that LOGITS_IN_CHUNK logits exist at most."""
    chunk_rows = max(1, LOGITS_IN_CHUNK // model.config.vocab_size)
    if len(hidden) <= chunk_rows:
        return of_chunk(model, hidden, others)
    return torch.cat(
        [
            checkpoint(of_chunk, model, *parts, use_reentrant=False, preserve_rng_state=False)
            for parts in zip(torch.split(hidden, chunk_rows), torch.split(others, chunk_rows), strict=True)
        ]
    )
