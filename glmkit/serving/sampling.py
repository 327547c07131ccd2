"""From logits to the next token: how earlier tokens weigh on it (``penalise``) and how it is drawn (``draw``).

Pure functions on a batch of logits; rows never meet, so what a request gets depends on its own logits, ids and seed
alone. ``sampler`` holds the state of running requests and puts the parts together. Shapes: N requests, V vocabulary.

The order, that of OpenAI's documentation and vLLM: bias, penalties, what may not come at all (min_tokens, constraint),
temperature, min_p, top_k, top_p, the draw.
"""

from __future__ import annotations

from hashlib import blake2b

import torch
from torch import Tensor

LARGEST_LOGIT = 1e30  # so that no temperature or penalty in range can push a finite logit to infinity
SMALLEST_PENALTY = 1e-6
SMALLEST_EXPONENT, SMALLEST_WEIGHT = -87.0, 1.7e-38  # exp of less is no normal float32

# How many of the likeliest tokens are looked at. Most requests keep fewer than 64 of them; a sort of 65,024 logits
# takes 4 ms a row on two cores, the likeliest 64 take 0.03.
STAGES = (64, 1024)


def random_number(seed: int, position: int) -> float:
    """Return the draw in [0, 1) for a continuation's token at ``position``: the same whatever happened in between."""
    digest = blake2b(seed.to_bytes(8, "little") + position.to_bytes(8, "little"), digest_size=8).digest()
    return (int.from_bytes(digest, "little") >> 11) * 2.0**-53


def penalise(
    logits: Tensor, counts: Tensor, in_prompt: Tensor, *, repetition: Tensor, presence: Tensor, frequency: Tensor
) -> Tensor:
    """Return logits [N, V] with the tokens of prompt and continuation made less likely, or likelier.

    Args:
        logits: float32 [N, V]; not changed.
        counts: int32 [N, V], how often each token stands in the continuation.
        in_prompt: bool [N, V], whether it stands in the prompt.
        repetition: float32 [N, 1], as the settings of ``SamplingParams``; so are the others.
        presence: [N, 1].
        frequency: [N, 1].
    """
    repetition = repetition.clamp_min(SMALLEST_PENALTY)
    weaker = torch.where(logits > 0, logits / repetition, logits * repetition)
    logits = torch.where(in_prompt | (counts > 0), weaker, logits)
    return logits - frequency * counts - presence * (counts > 0)


def draw(logits: Tensor, *, temperature: Tensor, top_k: Tensor, top_p: Tensor, min_p: Tensor, draws: Tensor) -> Tensor:
    """Sample one token per row and return ids [N].

    Tokens stand in some order on the unit interval, each as wide as its probability; the draw points into the part that
    min_p, then top_k, then top_p keep. The order is that of the vocabulary where everything is kept, otherwise from the
    likeliest down, of which only as many are sorted as the row needs.

    Args:
        logits: [N, V], at least one of each row above minus infinity; not changed.
        temperature: float32 [N, 1], above 0.
        top_k: int64 [N, 1]; 0 means all.
        top_p: float64 [N, 1].
        min_p: float64 [N, 1].
        draws: float64 [N, 1], in [0, 1).
    """
    vocab_size = logits.shape[1]
    top_k = torch.where(top_k == 0, vocab_size, top_k).clamp_max(vocab_size)
    scaled = logits.clamp(-LARGEST_LOGIT, LARGEST_LOGIT) / temperature
    scaled -= scaled.amax(dim=-1, keepdim=True)  # [N, V], the likeliest at 0
    tokens = torch.zeros(len(logits), dtype=torch.long, device=logits.device)
    keeps_all = ((top_k == vocab_size) & (top_p >= 1) & (min_p <= 0)).squeeze(1)
    rows = keeps_all.nonzero().squeeze(1)
    if len(rows):
        tokens[rows] = _draw_from_all(scaled[rows], draws[rows])
    rows = (~keeps_all).nonzero().squeeze(1)
    if not len(rows):
        return tokens
    total = _weights(scaled[rows]).sum(dim=-1, keepdim=True, dtype=torch.float64)
    # No weight is above 1, so top_p keeps at least so many tokens: a flat row need not be tried with a few.
    fewest = torch.where((top_k[rows] == vocab_size) & (min_p[rows] <= 0), top_p[rows] * total, 0).squeeze(1)
    for size in (*(stage for stage in STAGES if stage < vocab_size), vocab_size):
        tried = (fewest < size).nonzero().squeeze(1)
        if not len(tried):
            continue
        now = rows[tried]
        chosen, is_exact = _draw_from_likeliest(
            scaled[now], size, total[tried], top_k=top_k[now], top_p=top_p[now], min_p=min_p[now], draws=draws[now]
        )
        tokens[now] = chosen
        left = torch.ones(len(rows), dtype=torch.bool, device=rows.device)
        left[tried] = ~is_exact
        rows, total, fewest = rows[left], total[left], fewest[left]
        if not len(rows):
            break
    return tokens


def _weights(scaled: Tensor) -> Tensor:
    """Return exp(scaled), and 0 for what is next to nothing, as tokens that a mask forbids are.

    A CPU takes 7 to 15 times as long for exponentials that underflow, 3 ms a step at 32 x 8,256: a tenth of a small
    model's step.
    """
    return torch.threshold_(scaled.clamp_min(SMALLEST_EXPONENT).exp_(), SMALLEST_WEIGHT, 0.0)


def _draw_from_all(scaled: Tensor, draws: Tensor) -> Tensor:
    """Return one token [N] per row of logits [N, V] whose maximum is 0; the vocabulary's order."""
    # float64: a float32 running sum over 65,024 tokens is off by more than the rarest of them weighs.
    reached = _weights(scaled).cumsum(dim=-1, dtype=torch.float64)  # [N, V]
    total = reached[:, -1:].contiguous()
    last = torch.searchsorted(reached, total)  # the last token with a weight
    return torch.searchsorted(reached, draws * total, right=True).minimum(last).squeeze(-1)


def _draw_from_likeliest(
    scaled: Tensor, size: int, total: Tensor, *, top_k: Tensor, top_p: Tensor, min_p: Tensor, draws: Tensor
) -> tuple[Tensor, Tensor]:
    """Draw from the ``size`` likeliest tokens; return ids [N] and whether these were enough to know, bool [N].

    Args:
        scaled: [N, V], maximum 0.
        size: how many are sorted.
        total: float64 [N, 1], the sum of all weights exp(scaled).
        top_k: and the others: as for ``draw``; top_k from 1 to V.
        top_p: share.
        min_p: share.
        draws: numbers.
    """
    vocab_size = scaled.shape[1]
    if size == vocab_size:
        scores, ids = scaled.sort(dim=-1, descending=True, stable=True)
    else:
        ids = scaled.topk(size, dim=-1).indices.sort(dim=-1).values  # of equals the first comes first, as for argmax
        scores, order = scaled.gather(-1, ids).sort(dim=-1, descending=True, stable=True)  # [N, size]
        ids = ids.gather(-1, order)
    weights = scores.double().exp()
    reached = weights.cumsum(dim=-1)
    rank = torch.arange(size, device=scaled.device)
    is_possible = (weights > 0) & (weights >= min_p) & (rank < top_k)  # a beginning of each row, the likeliest in it
    num_possible = is_possible.sum(dim=-1, keepdim=True)  # [N, 1]
    # What top_p is a share of: known where the last candidate is not possible, or the last possible one, or where
    # everything is possible.
    sees_all = (num_possible < size) | (top_k <= size) | (size == vocab_size)
    knows_mass = sees_all | ((top_k == vocab_size) & (min_p <= 0))
    mass = torch.where(sees_all, reached.gather(-1, num_possible - 1), total)
    is_kept = is_possible & (reached - weights < top_p * mass)
    last = is_kept.sum(dim=-1, keepdim=True) - 1  # [N, 1]
    chosen = torch.searchsorted(reached, draws * reached.gather(-1, last), right=True).minimum(last)
    return ids.gather(-1, chosen).squeeze(-1), (knows_mass & (sees_all | (last < size - 1))).squeeze(-1)
