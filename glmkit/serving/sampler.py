"""The sampling state of the running batch, as tensors, and the step from its logits to one outcome per request.

Each running request has a row: its settings, and, where it uses them, counts of its tokens and its biases. The engine
places a request in its row when it is admitted and calls ``sample`` once a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from glmkit.serving.constraint import forbid
from glmkit.serving.params import TokenLogprob
from glmkit.serving.request import Request
from glmkit.serving.sampling import draw, penalise, random_number

# name of a setting -> its dtype in the table
SETTINGS = {
    "temperature": torch.float32,
    "top_k": torch.int64,
    "top_p": torch.float64,
    "min_p": torch.float64,
    "repetition_penalty": torch.float32,
    "presence_penalty": torch.float32,
    "frequency_penalty": torch.float32,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request's logits.

    Attributes:
        token: the chosen id; None when the logits are not finite or nothing is allowed.
        is_finite: whether all logits are finite numbers.
        logprob: of the chosen token, when asked for.
    """

    token: int | None
    is_finite: bool
    logprob: TokenLogprob | None = None


class Sampler:
    """Tables of ``max_batch`` rows over ``vocab_size`` tokens on ``device``."""

    def __init__(self, vocab_size: int, max_batch: int, device: torch.device) -> None:
        self.vocab_size, self.max_batch, self.device = vocab_size, max_batch, device
        self.settings = {
            name: torch.zeros(max_batch, 1, dtype=dtype, device=device) for name, dtype in SETTINGS.items()
        }
        # Made when the first request wants them: a third of a megabyte a row each at 65,024 tokens.
        self.counts: Tensor | None = None  # int32 [max_batch, V], tokens of the continuation
        self.in_prompt: Tensor | None = None  # bool [max_batch, V]
        self.bias: Tensor | None = None  # float32 [max_batch, V]

    def place(self, request: Request) -> None:
        """Write a request's settings, and what it holds already, into its row."""
        row, params = request.row, request.params
        for name, table in self.settings.items():
            table[row] = getattr(params, name)
        if params.penalises:
            if self.counts is None or self.in_prompt is None:
                self.counts = self._table(torch.int32)
                self.in_prompt = self._table(torch.bool)
            self.counts[row] = torch.bincount(self._ids(request.ids), minlength=self.vocab_size)
            self.in_prompt[row] = False
            self.in_prompt[row, self._ids(request.prompt_ids)] = True
        if params.logit_bias:
            if self.bias is None:
                self.bias = self._table(torch.float32)
            self.bias[row] = 0
            values = torch.tensor(list(params.logit_bias.values()), dtype=torch.float32, device=self.device)
            self.bias[row, self._ids(list(params.logit_bias))] = values

    def sample(
        self, logits: Tensor, requests: Sequence[Request], masked: Sequence[int], masks: Tensor
    ) -> list[Outcome]:
        """Choose the next token of N placed requests.

        Args:
            logits: float32 [N, V]; changed.
            requests: whose logits they are.
            masked: which of the N have a mask.
            masks: packed int32 [len(masked), ceil(V / 32)], see ``constraint``.
        """
        is_finite = logits.amax(dim=-1).isfinite() & logits.amin(dim=-1).isfinite()  # NaN makes both NaN
        wanting = [i for i, request in enumerate(requests) if request.params.logprobs is not None]
        raw = logits[wanting] if wanting else None
        self._adjust(logits, requests)
        forbid(logits, masked, masks)
        is_possible = is_finite & (logits.amax(dim=-1) > -torch.inf)
        tokens = logits.argmax(dim=-1)
        self._draw(logits, requests, is_possible, tokens)
        self._count(requests, tokens)
        logprobs = self._logprobs(raw, wanting, requests, tokens)
        found = torch.stack([tokens, is_finite.long(), is_possible.long()]).tolist()
        return [
            Outcome(token if possible else None, bool(finite), logprobs.get(i))
            for i, (token, finite, possible) in enumerate(zip(*found, strict=True))
        ]

    def _adjust(self, logits: Tensor, requests: Sequence[Request]) -> None:
        """Apply biases, penalties and min_tokens to ``logits``, in place."""
        biased = [i for i, request in enumerate(requests) if request.params.logit_bias]
        if biased:
            assert self.bias is not None
            logits[biased] += self.bias[[requests[i].row for i in biased]]
        penalised = [i for i, request in enumerate(requests) if request.params.penalises]
        if penalised:
            assert self.counts is not None and self.in_prompt is not None
            rows = [requests[i].row for i in penalised]
            logits[penalised] = penalise(
                logits[penalised],
                self.counts[rows],
                self.in_prompt[rows],
                repetition=self.settings["repetition_penalty"][rows],
                presence=self.settings["presence_penalty"][rows],
                frequency=self.settings["frequency_penalty"][rows],
            )
        for i, request in enumerate(requests):
            if len(request.ids) < request.params.min_tokens and request.stop_ids:
                logits[i, self._ids(list(request.stop_ids))] = -torch.inf

    def _draw(self, logits: Tensor, requests: Sequence[Request], is_possible: Tensor, tokens: Tensor) -> None:
        """Replace the likeliest token by a drawn one where a request is not greedy."""
        possible = is_possible.tolist()
        drawn = [i for i, request in enumerate(requests) if possible[i] and not request.params.greedy]
        if not drawn:
            return
        numbers = [[random_number(requests[i].seed, len(requests[i].ids))] for i in drawn]
        draws = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        rows = [requests[i].row for i in drawn]
        tokens[drawn] = draw(
            logits if len(drawn) == len(requests) else logits[drawn],
            temperature=self.settings["temperature"][rows],
            top_k=self.settings["top_k"][rows],
            top_p=self.settings["top_p"][rows],
            min_p=self.settings["min_p"][rows],
            draws=draws,
        )

    def _count(self, requests: Sequence[Request], tokens: Tensor) -> None:
        penalised = [i for i, request in enumerate(requests) if request.params.penalises]
        if penalised:
            assert self.counts is not None
            self.counts[[requests[i].row for i in penalised], tokens[penalised]] += 1

    def _logprobs(
        self, raw: Tensor | None, wanting: Sequence[int], requests: Sequence[Request], tokens: Tensor
    ) -> dict[int, TokenLogprob]:
        """Return by request what its untouched logits say about its token and the likeliest ones."""
        if raw is None:
            return {}
        logprobs = raw.log_softmax(dim=-1)
        chosen = tokens[wanting]
        own = logprobs.gather(-1, chosen[:, None]).squeeze(-1).tolist()
        most = min(max(requests[i].params.logprobs or 0 for i in wanting), self.vocab_size)
        values, ids = (x.tolist() for x in logprobs.topk(most, dim=-1))
        result = {}
        for i, token, logprob, top_values, top_ids in zip(wanting, chosen.tolist(), own, values, ids, strict=True):
            wanted = requests[i].params.logprobs
            result[i] = TokenLogprob(token, logprob, tuple(zip(top_ids[:wanted], top_values[:wanted], strict=True)))
        return result

    def _table(self, dtype: torch.dtype) -> Tensor:
        return torch.zeros(self.max_batch, self.vocab_size, dtype=dtype, device=self.device)

    def _ids(self, ids: Sequence[int]) -> Tensor:
        return torch.tensor(ids, dtype=torch.long, device=self.device)
