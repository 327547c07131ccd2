"""The engine: prompts in as ids, continuations out as ids, many requests advancing together on one flat token stream.

Every ``step`` mixes what is due: one token of each running request, whole prompts, pieces of long ones. The terminal,
and later the API, call ``submit``, ``step``, ``follow`` and ``cancel``; scripts call ``generate`` or ``stream``.
One thread drives an engine, and the model with its prefix must not change while the engine lives.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from random import Random

import torch
from torch import Tensor

from glmkit.chat.protocol import make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import ConfigError, NumericsError, RequestError
from glmkit.model.glm import GLM
from glmkit.serving.request import Completion, FinishReason, Request
from glmkit.serving.sampling import SamplingParams, sample
from glmkit.serving.slots import Slots


class Engine:
    """Continues prompts with one model: up to ``max_batch`` at a time, the others wait in order.

    Args:
        model: A GLM, with or without a prefix.
        tokenizer: Lets completions be read as chat replies, and stops at the chat protocol's stop tokens; with None
            the engine works on ids alone.
        max_batch: Most requests that run at once.
        max_seq_len: Most tokens of a prompt and its continuation together; None means the model's own limit.
        max_tokens_per_step: Most tokens computed in one step; longer prompts are taken in pieces.

    Raises:
        ConfigError: A number out of range.
    """

    def __init__(
        self,
        model: GLM,
        tokenizer: Tokenizer | None = None,
        *,
        max_batch: int = 16,
        max_seq_len: int | None = None,
        max_tokens_per_step: int = 2048,
    ) -> None:
        limit = model.config.max_seq_len
        for name, value in (("max_batch", max_batch), ("max_tokens_per_step", max_tokens_per_step)):
            if value < 1:
                raise ConfigError("cli-too-small", where=name, value=value, low=1)
        if max_seq_len is not None and not 2 <= max_seq_len <= limit:
            raise ConfigError("cli-out-of-range", where="max_seq_len", value=max_seq_len, low=2, high=limit)
        self.model = model
        self.protocol = make_protocol(tokenizer) if tokenizer is not None else None
        self.max_batch = max_batch
        self.max_seq_len = max_seq_len or limit
        self.max_tokens_per_step = max(max_tokens_per_step, max_batch)  # room for everyone's next token
        self.waiting: deque[Request] = deque()
        self.running: list[Request] = []
        self.slots = Slots(model, max_batch, self.max_seq_len)

    def generate(
        self, prompts: Sequence[Sequence[int]], params: SamplingParams | Sequence[SamplingParams] | None = None
    ) -> list[Completion]:
        """Continue every prompt and return the completions in the prompts' order.

        Args:
            prompts: Token ids of each prompt.
            params: One for all prompts, or one each; None means the defaults.

        Raises:
            RequestError: As ``submit``; nothing is generated then.
        """
        each = [params] * len(prompts) if params is None or isinstance(params, SamplingParams) else params
        requests: list[Request] = []
        try:
            requests.extend(self.submit(ids, one) for ids, one in zip(prompts, each, strict=True))
            while any(request.state != "finished" for request in requests):
                self.step()
        finally:
            for request in requests:
                self.cancel(request)
        return [self._completion(request) for request in requests]

    def stream(self, prompt_ids: Sequence[int], params: SamplingParams | None = None) -> Iterator[int]:
        """Yield the continuation of one prompt id by id; closing the iterator cancels the request.

        Raises:
            RequestError: As ``submit``.
            NumericsError: The model's logits are not finite.
        """
        return self.follow(self.submit(prompt_ids, params))

    def follow(self, request: Request) -> Iterator[int]:
        """Yield the ids of a submitted request as they come, stepping the engine whenever it has none to give.

        Leaving the iterator early cancels the request. Raises its error if it fails.
        """
        num_sent = 0
        try:
            while True:
                if num_sent < len(request.ids):
                    num_sent += 1
                    yield request.ids[num_sent - 1]
                elif request.state != "finished":
                    self.step()
                else:
                    break
        finally:
            self.cancel(request)
        if request.error is not None:
            raise request.error

    def submit(self, prompt_ids: Sequence[int], params: SamplingParams | None = None) -> Request:
        """Queue a prompt and return its request; ``step`` brings it forward.

        Raises:
            RequestError: The prompt is empty, too long for the context, or holds an id the model does not have.
        """
        self._check(prompt_ids)
        params = params or SamplingParams()
        stop_ids = params.stop_ids
        if stop_ids is None:
            stop_ids = self.protocol.stop_ids if self.protocol is not None else ()
        request = Request(
            prompt_ids=list(prompt_ids), params=params, stop_ids=frozenset(stop_ids), random=Random(params.seed)
        )
        self.waiting.append(request)
        return request

    def cancel(self, request: Request) -> None:
        """Take a request out and free its slot at once; a finished request stays as it is."""
        if request.state != "finished":
            self._finish(request, "cancelled")

    @torch.inference_mode()
    def step(self) -> list[Request]:
        """Advance the running requests and let waiting ones in; return those that got a token or finished."""
        batch = self._schedule()
        if not batch:
            return []
        logits = self._forward(batch)
        due = [request for request, _ in batch if request.num_pending == 0]
        tokens = sample(
            logits,
            [request.params for request in due],
            [request.all_ids for request in due],
            [request.random.random() for request in due],
        )
        for request, token in zip(due, tokens, strict=True):
            self._collect(request, token)
        return due

    def _schedule(self) -> list[tuple[Request, list[int]]]:
        """Let waiting requests into free slots; return who computes which ids in this step."""
        while self.waiting and len(self.running) < self.max_batch:
            request = self.waiting[0]
            busy = {other.slot for other in self.running}
            request.slot, request.num_cached = self.slots.choose(request.prompt_ids, busy)
            request.state = "running"
            self.running.append(request)
            self.waiting.popleft()
        batch = []
        budget = self.max_tokens_per_step
        # Who needs one more token goes first: a long prompt holds nobody up.
        for request in sorted(self.running, key=lambda request: request.num_pending > 1):
            new_ids = request.all_ids[request.num_cached :][:budget]
            if new_ids:
                batch.append((request, new_ids))
                budget -= len(new_ids)
        return batch

    def _forward(self, batch: Sequence[tuple[Request, list[int]]]) -> Tensor:
        """Run one flat stream of T new ids; return float32 logits [N, V] of the N requests with none left pending."""
        input_ids = torch.tensor([token for _, new_ids in batch for token in new_ids], device=self.model.device)  # [T]
        view = self.slots.view(
            [request.slot for request, _ in batch],
            past_lengths=[request.num_cached for request, _ in batch],
            query_lengths=[len(new_ids) for _, new_ids in batch],
        )
        is_due = torch.tensor([request.num_pending == len(new_ids) for request, new_ids in batch])
        rows = view.last_rows[is_due.to(self.model.device)]  # [N]
        hidden = self.model(input_ids, view.position_ids, view, rows=rows)  # [N, D]
        for request, new_ids in batch:  # only now: after Ctrl-C amid the layers, the slot holds what it held before
            request.num_cached += len(new_ids)
        return self.model.logits_of(hidden)

    def _collect(self, request: Request, token: int | None) -> None:
        """Give a request its next token, and finish it when that was the last."""
        if token is None:
            request.error = NumericsError("serving-not-finite", tokens=request.num_tokens)
            self._finish(request, "error")
        elif token in request.stop_ids:
            request.stop_id = token
            self._finish(request, "stop")
        else:
            request.ids.append(token)
            if len(request.ids) == request.params.max_tokens or request.num_tokens == self.max_seq_len:
                self._finish(request, "length")

    def _finish(self, request: Request, reason: FinishReason) -> None:
        if request in self.running:
            if reason == "error":
                self.slots.clear(request.slot)
            else:
                self.slots.release(request.slot, request.all_ids[: request.num_cached])
            self.running.remove(request)
        if request in self.waiting:
            self.waiting.remove(request)
        request.state = "finished"
        request.finish_reason = reason

    def _check(self, prompt_ids: Sequence[int]) -> None:
        if not prompt_ids:
            raise RequestError("serving-prompt-empty")
        if len(prompt_ids) >= self.max_seq_len:
            raise RequestError("serving-prompt-too-long", found=len(prompt_ids), limit=self.max_seq_len)
        vocab_size = self.model.config.vocab_size
        for position, token in enumerate(prompt_ids):
            if not 0 <= token < vocab_size:
                raise RequestError("serving-unknown-id", id=token, position=position, last=vocab_size - 1)

    def _completion(self, request: Request) -> Completion:
        assert request.finish_reason is not None
        return Completion(
            ids=request.ids,
            finish_reason=request.finish_reason,
            stop_id=request.stop_id,
            error=request.error,
            reply=self.protocol.parse_reply(request.ids_and_stop) if self.protocol is not None else None,
        )
