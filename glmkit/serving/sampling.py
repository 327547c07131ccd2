"""From logits to the next token: ``SamplingParams`` says how, ``sample`` does it for all requests of one step.

The engine calls ``sample`` with a row of float32 logits and a number in [0, 1) per request. Rows never meet, so what
a request gets depends on its own logits, ids and seed alone. Shapes: N requests, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from glmkit.option import Checks

GREEDY_BELOW = 1e-5  # dividing by less than this leaves nothing but the likeliest token, or an overflow
LARGEST_LOGIT = 1e30  # so that no temperature or penalty in range can push a finite logit to infinity
MAX_SEED = 2**63 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingParams:
    """How one request is continued.

    Attributes:
        max_tokens: Longest continuation, at least 1.
        temperature: 0 to 2; divides the logits. Up to 1e-5 means greedy: always the likeliest token.
        top_p: Above 0, up to 1; sample from the likeliest tokens that together reach this share (1904.09751).
        top_k: Sample from that many likeliest tokens; 0 means all.
        repetition_penalty: Above 0, up to 2; 1 is off. Logits of every token that stands in the prompt or the
            continuation are divided by it when positive, multiplied when negative (1909.05858, as Transformers does).
        seed: Makes the continuation repeatable; None draws a fresh one.
        stop_ids: Tokens that end the continuation. None means those of the chat protocol, () means none.

    Raises:
        ConfigError: Values out of range, all of them named at once.
    """

    max_tokens: int = 1024
    temperature: float = 0.8
    top_p: float = 0.8
    top_k: int = 0
    repetition_penalty: float = 1.0
    seed: int | None = None
    stop_ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        checks = Checks(self)
        checks.at_least("max_tokens", 1)
        checks.between("temperature", 0, 2)
        checks.above("top_p", 0)
        checks.between("top_p", 0, 1)
        checks.at_least("top_k", 0)
        checks.above("repetition_penalty", 0)
        checks.between("repetition_penalty", 0, 2)
        if self.seed is not None:
            checks.between("seed", 0, MAX_SEED)
        checks.done()

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self.temperature <= GREEDY_BELOW


def sample(
    logits: Tensor, params: Sequence[SamplingParams], seen_ids: Sequence[Sequence[int]], draws: Sequence[float]
) -> list[int | None]:
    """Choose the next token of N requests.

    Args:
        logits: [N, V] float32; not changed.
        params: How each request is sampled.
        seen_ids: Prompt and continuation of each request so far, for its repetition penalty.
        draws: One number in [0, 1) per request; greedy requests ignore theirs.

    Returns:
        One token id per request; None where the request's logits are not all finite: no token can be right then.
    """
    finite = logits.isfinite().all(dim=-1).tolist()
    logits = logits.clone()
    for row, (one, ids) in enumerate(zip(params, seen_ids, strict=True)):
        if one.repetition_penalty != 1:
            logits[row] = penalise_repetition(logits[row], ids, one.repetition_penalty)
    tokens: list[int | None] = list(logits.argmax(dim=-1).tolist())
    drawn_rows = [row for row, one in enumerate(params) if finite[row] and not one.greedy]
    if drawn_rows:
        drawn = draw(
            logits[drawn_rows],
            temperature=column(logits, [params[row].temperature for row in drawn_rows]),
            top_k=column(logits, [params[row].top_k or logits.shape[-1] for row in drawn_rows]),
            top_p=column(logits, [params[row].top_p for row in drawn_rows]),
            draws=column(logits, [draws[row] for row in drawn_rows]),
        )
        for row, token in zip(drawn_rows, drawn.tolist(), strict=True):
            tokens[row] = token
    return [token if is_finite else None for token, is_finite in zip(tokens, finite, strict=True)]


def penalise_repetition(logits: Tensor, seen_ids: Sequence[int], penalty: float) -> Tensor:
    """Return logits [V] with every seen token made less likely (for ``penalty`` above 1)."""
    seen = torch.tensor(sorted(set(seen_ids)), dtype=torch.long, device=logits.device)
    scores = logits[seen]
    return logits.index_put((seen,), torch.where(scores > 0, scores / penalty, scores * penalty))


def draw(logits: Tensor, *, temperature: Tensor, top_k: Tensor, top_p: Tensor, draws: Tensor) -> Tensor:
    """Sample one token per row of logits [N, V] from the likeliest ones; return ids [N].

    The settings and ``draws`` are float64 columns [N, 1]. Tokens stand in order of probability on the unit interval,
    each as wide as its probability; ``draws`` points into the part that top-k and then top-p keep. One sort serves all.
    """
    logits = logits.clamp(-LARGEST_LOGIT, LARGEST_LOGIT) / temperature.float()
    scores, ids = logits.sort(dim=-1, descending=True, stable=True)  # [N, V]
    rank = torch.arange(logits.shape[-1], device=logits.device)
    probabilities = scores.masked_fill(rank >= top_k, -torch.inf).softmax(dim=-1)
    # float64: a float32 running sum over 65,024 tokens is off by more than the rarest of them weighs.
    reached = probabilities.cumsum(dim=-1, dtype=torch.float64)  # [N, V]
    kept = (reached - probabilities < top_p).logical_and(rank < top_k)  # the likeliest token always is
    last = kept.sum(dim=-1, keepdim=True) - 1  # [N, 1]
    chosen = torch.searchsorted(reached, draws * reached.gather(-1, last), right=True)
    return ids.gather(-1, chosen.minimum(last)).squeeze(-1)


def column(like: Tensor, values: Sequence[float]) -> Tensor:
    """Return ``values`` as a float64 column [N, 1] on the device of ``like``."""
    return torch.tensor(values, dtype=torch.float64, device=like.device).unsqueeze(-1)
