"""What a request may set (``SamplingParams``), and what it may be told of each of its tokens (``TokenLogprob``).

Plain data without torch: the server's process, which computes nothing, starts without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from glmkit.option import Checks

GREEDY_BELOW = 1e-5  # dividing by less than this leaves nothing but the likeliest token, or an overflow
MAX_SEED = 2**63 - 1
MAX_LOGPROBS = 20
MAX_STOPS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingParams:
    """How one request is continued.

    Attributes:
        max_tokens: Longest continuation, at least 1.
        min_tokens: So many tokens come before a stop token or a stop string may end it.
        temperature: 0 to 2; divides the logits. Up to 1e-5 means greedy: always the likeliest token.
        top_p: Above 0, up to 1; sample from the likeliest tokens that together reach this share (1904.09751).
        top_k: Sample from that many likeliest tokens; 0 means all.
        min_p: 0 to 1; leave out tokens less likely than this share of the likeliest one's probability (2407.01082).
        repetition_penalty: Above 0, up to 2; 1 is off. Logits of every token that stands in the prompt or the
            continuation are divided by it when positive, multiplied when negative (1909.05858, as Transformers does).
        presence_penalty: -2 to 2; subtracted from the logit of every token that the continuation holds.
        frequency_penalty: -2 to 2; subtracted once for every time the continuation holds the token.
        logit_bias: Token id to a number from -100 to 100 that is added to its logit.
        seed: Makes the continuation repeatable; None draws a fresh one.
        stop_ids: Tokens that end the continuation. None means those of the chat protocol, () means none.
        ignore_eos: Do not stop at the chat protocol's stop tokens; ``stop_ids`` still count.
        stop: Texts that end the continuation, at most 16, none empty; needs an engine with a tokenizer.
        logprobs: Report each token's log probability and those of that many likeliest ones, 0 to 20; None: no report.

    Raises:
        ConfigError: Values out of range, all of them named at once.
    """

    max_tokens: int = 1024
    min_tokens: int = 0
    temperature: float = 0.8
    top_p: float = 0.8
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    seed: int | None = None
    stop_ids: tuple[int, ...] | None = None
    ignore_eos: bool = False
    stop: tuple[str, ...] = ()
    logprobs: int | None = None

    def __post_init__(self) -> None:
        checks = Checks(self)
        checks.at_least("max_tokens", 1)
        checks.between("min_tokens", 0, self.max_tokens)
        checks.between("temperature", 0, 2)
        checks.above("top_p", 0)
        checks.between("top_p", 0, 1)
        checks.at_least("top_k", 0)
        checks.between("min_p", 0, 1)
        checks.above("repetition_penalty", 0)
        checks.between("repetition_penalty", 0, 2)
        checks.between("presence_penalty", -2, 2)
        checks.between("frequency_penalty", -2, 2)
        checks.between("seed", 0, MAX_SEED)
        checks.between("logprobs", 0, MAX_LOGPROBS)
        if any(not -100 <= bias <= 100 for bias in self.logit_bias.values()):
            checks.reject("serving-logit-bias", "logit_bias")
        if len(self.stop) > MAX_STOPS or "" in self.stop:
            checks.reject("serving-stop", "stop", most=MAX_STOPS)
        checks.done()

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self.temperature <= GREEDY_BELOW

    @property
    def penalises(self) -> bool:
        """Whether earlier tokens change later ones' logits."""
        return self.repetition_penalty != 1 or self.presence_penalty != 0 or self.frequency_penalty != 0


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """How likely a chosen token was, and which were likeliest: natural logarithms of the model's own distribution.

    That is the softmax of the logits as the model gives them, before temperature, penalties, biases and masks.

    Attributes:
        token: the chosen id.
        logprob: its log probability.
        top: the likeliest ids with theirs, likeliest first, as many as were asked for.
    """

    token: int
    logprob: float
    top: tuple[tuple[int, float], ...]
