"""The engine: prompts in as ids, continuations out as ids, many requests advancing together on one flat token stream.

Every ``step`` mixes what is due: one token of each running request, whole prompts, pieces of long ones, of the plain
model and of any adapter. ``scheduler`` decides who runs, ``pages`` which page is whose, ``model.paged`` attends,
``sampler`` chooses. The terminal and the API call ``submit``, ``step``, ``follow`` and ``cancel``; scripts call
``generate`` or ``stream``. One thread drives an engine, and the model must not change while the engine lives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import SystemRandom

import torch
from torch import Tensor

from glmkit.chat.protocol import make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import AS_IS
from glmkit.errors import ConfigError, GlmkitError, ModelError, NumericsError, OutOfMemory, RequestError
from glmkit.model.adapter import read_adapter
from glmkit.model.glm import GLM
from glmkit.model.paged import PagedView, page_table_of
from glmkit.model.prefix import PrefixEncoder
from glmkit.serving.adapters import AdapterTable, evaluated
from glmkit.serving.constraint import Constraint, MaskFiller, accept, as_request_error
from glmkit.serving.memory import PAGE_SIZE, ServingMemory
from glmkit.serving.params import MAX_SEED, SamplingParams
from glmkit.serving.reply_stream import text_stream
from glmkit.serving.request import Completion, FinishReason, Request, check_request
from glmkit.serving.sampler import Outcome, Sampler
from glmkit.serving.scheduler import Plan, Scheduler
from glmkit.serving.statistics import Statistics
from glmkit.serving.stop_strings import StoppedText


class Engine:
    """Continues prompts with one model and its adapters: up to ``max_batch`` at a time, the others wait in order.

    Args:
        model: A GLM. A prefix of its own stands before every request that names no adapter.
        tokenizer: Lets completions be read as chat replies, stops at the chat protocol's stop tokens, and finds stop
            strings; with None the engine works on ids alone.
        tools_layout: How the model was taught its tools (``loading.tools_layout_of``), for ``protocol``.
        max_batch: Most requests that run at once.
        max_seq_len: Most tokens of a prompt and its continuation together; None means the model's own limit.
        max_tokens_per_step: Most tokens computed in one step; longer prompts are taken in pieces.
        num_pages: Pages of 16 tokens for keys and values, made at once. None: as many as are needed, up to
            ``max_batch`` requests of full length or most of the memory that is free now.
        prefix_caching: Keep what was computed, and use it for later prompts that begin alike.

    Raises:
        ConfigError: A number out of range.
    """

    def __init__(
        self,
        model: GLM,
        tokenizer: Tokenizer | None = None,
        *,
        tools_layout: str = AS_IS,
        max_batch: int = 16,
        max_seq_len: int | None = None,
        max_tokens_per_step: int = 2048,
        num_pages: int | None = None,
        prefix_caching: bool = True,
    ) -> None:
        limit = model.config.max_seq_len
        for name, value in (("max_batch", max_batch), ("max_tokens_per_step", max_tokens_per_step)):
            if value < 1:
                raise ConfigError("cli-too-small", where=name, value=value, low=1)
        if max_seq_len is not None and not 2 <= max_seq_len <= limit:
            raise ConfigError("cli-out-of-range", where="max_seq_len", value=max_seq_len, low=2, high=limit)
        self.model = model
        self.tokenizer = tokenizer
        self.protocol = make_protocol(tokenizer, tools_layout=tools_layout) if tokenizer is not None else None
        self.max_batch = max_batch
        self.max_seq_len = max_seq_len or limit
        prefix = None if model.prefix is None else evaluated(model.prefix)
        memory = ServingMemory(
            model, 0 if prefix is None else prefix.shape[2], num_pages, max_batch, self.max_seq_len
        )  # fmt: skip
        self.memory, self.pool = memory, memory.pool
        self.scheduler = Scheduler(
            memory.pool, PAGE_SIZE, max_batch, max_tokens_per_step, prefix_caching=prefix_caching
        )  # fmt: skip
        self.sampler = Sampler(model.config.vocab_size, max_batch, model.device)
        self.masks = MaskFiller(model.config.vocab_size)
        self._table = AdapterTable(memory)
        self._table.load(None, prefix)
        self._finished: Counter[str] = Counter()
        self._num_prompt_tokens = self._num_generated = self._num_steps = 0

    @property
    def adapters(self) -> list[str]:
        """Names that ``submit`` takes, in the order of loading."""
        return self._table.names()

    @property
    def waiting(self) -> Sequence[Request]:
        """Requests in the queue, first come first."""
        return self.scheduler.waiting

    @property
    def running(self) -> Sequence[Request]:
        """Requests in the batch, in order of admission."""
        return self.scheduler.running

    def load_adapter(self, name: str, source: str | Path | PrefixEncoder) -> None:
        """Offer an adapter as ``name``, beside what is there; requests that run are not disturbed.

        Args:
            name: not taken.
            source: an adapter folder of ours, the original's checkpoint, or a prefix. It stands alone before the text:
                a prefix of the model's own does not count for its requests.

        Raises:
            RequestError: The name is taken, or the adapter leaves too few pages.
            ModelError: The adapter is missing, damaged, or made for another model.
        """
        encoder = source if isinstance(source, PrefixEncoder) else read_adapter(source, self.model)
        prefix = evaluated(encoder)
        config = self.model.config
        expected = (config.num_layers, 2, encoder.prefix_len, config.num_kv_heads, config.head_dim)
        if tuple(prefix.shape) != expected:
            raise ModelError("serving-adapter-shape", name=name, found=tuple(prefix.shape), expected=expected)
        self._table.load(name, prefix)

    def unload_adapter(self, name: str) -> None:
        """Stop offering an adapter: new requests are refused at once, its pages go with the last one that uses it.

        Raises:
            RequestError: There is no such adapter.
        """
        self._table.unload(name)

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        params: SamplingParams | Sequence[SamplingParams] | None = None,
        *,
        adapter: str | None = None,
    ) -> list[Completion]:
        """Continue every prompt and return the completions in the prompts' order.

        Args:
            prompts: Token ids of each prompt.
            params: One for all prompts, or one each; None means the defaults.
            adapter: Name of a loaded adapter; None means the model as the engine was given it.

        Raises:
            RequestError: As ``submit``; nothing is generated then.
        """
        each = [params] * len(prompts) if params is None or isinstance(params, SamplingParams) else params
        requests: list[Request] = []
        try:
            requests.extend(self.submit(ids, one, adapter) for ids, one in zip(prompts, each, strict=True))
            while any(request.state != "finished" for request in requests):
                self.step()
        finally:
            for request in requests:
                self.cancel(request)
        return [self._completion(request) for request in requests]

    def stream(
        self, prompt_ids: Sequence[int], params: SamplingParams | None = None, *, adapter: str | None = None
    ) -> Iterator[int]:
        """Yield the continuation of one prompt id by id; closing the iterator cancels the request.

        Raises:
            RequestError: As ``submit``.
            NumericsError: The model's logits are not finite.
        """
        return self.follow(self.submit(prompt_ids, params, adapter))

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

    def submit(
        self,
        prompt_ids: Sequence[int],
        params: SamplingParams | None = None,
        adapter: str | None = None,
        constraint: Constraint | None = None,
    ) -> Request:
        """Queue a prompt and return its request; ``step`` brings it forward.

        Args:
            prompt_ids: Token ids.
            params: How to continue it; None means the defaults.
            adapter: Name of a loaded adapter; None means the model as the engine was given it.
            constraint: Decides which tokens may come; of this request alone.

        Raises:
            RequestError: The prompt is empty, too long for the context, or holds an id the model does not have, as may
                a bias; there is no such adapter, or no tokenizer for stop texts.
        """
        params = params or SamplingParams()
        check_request(
            prompt_ids, params, self.model.config.vocab_size, self.max_seq_len, self.tokenizer is not None
        )  # fmt: skip
        stop_ids = params.stop_ids
        if stop_ids is None:
            stop_ids = self.protocol.stop_ids if self.protocol is not None and not params.ignore_eos else ()
        stopped_text = None
        if params.stop:
            assert self.tokenizer is not None and self.protocol is not None
            stopped_text = StoppedText(text_stream(self.tokenizer, self.protocol, prompt_ids), params.stop)
        request = Request(
            prompt_ids=list(prompt_ids),
            params=params,
            stop_ids=frozenset(id for id in stop_ids if 0 <= id < self.model.config.vocab_size),
            seed=SystemRandom().randrange(MAX_SEED) if params.seed is None else params.seed,
            adapter=self._table.acquire(adapter),
            constraint=constraint,
            stopped_text=stopped_text,
        )
        self.scheduler.add(request)
        return request

    def cancel(self, request: Request) -> None:
        """Take a request out and free its pages at once; a finished request stays as it is."""
        if request.state != "finished":
            self._finish(request, "cancelled")

    @torch.inference_mode()
    def step(self) -> list[Request]:
        """Advance the running requests and let waiting ones in; return those that got a token or finished."""
        plan = self.scheduler.schedule()
        try:
            return self._run(plan)
        except BaseException:  # Ctrl-C, a device's error: pages hold anything now
            self.scheduler.preempt_all()
            raise

    def statistics(self) -> Statistics:
        """Return the engine in numbers."""
        counters = self.scheduler.counters
        return Statistics(
            num_running=len(self.running),
            num_waiting=len(self.waiting),
            num_pages=self.pool.limit,
            num_pages_used=self.pool.num_used,
            num_pages_idle=self.pool.num_idle,
            preemptions=counters.preemptions,
            prefix_cache_queries=counters.prefix_cache_queries,
            prefix_cache_hits=counters.prefix_cache_hits,
            prompt_tokens=self._num_prompt_tokens,
            generation_tokens=self._num_generated,
            finished=dict(self._finished),
            steps=self._num_steps,
        )

    def _run(self, plan: Plan) -> list[Request]:
        """Carry out a plan: pages, masks beside the model, one token for each request that is due."""
        for request in plan.failed:
            self._fail(request, OutOfMemory("serving-no-pages", limit=self.pool.limit, size=PAGE_SIZE))
        due = [request for request, num_new in plan.parts if num_new == request.num_pending]
        chunks = [request for request, num_new in plan.parts if num_new < request.num_pending]
        self._prepare(plan)
        self.masks.start([request.constraint for request in due])
        logits = self._forward(plan)
        masked, masks, broken = self.masks.wait()
        outcomes = self.sampler.sample(logits, due, masked, masks) if due else []
        for request, outcome, error in zip(due, outcomes, map(broken.get, range(len(due))), strict=True):
            self._collect(request, outcome, error)
        return [*plan.failed, *self._check_chunks(chunks), *due]

    def _prepare(self, plan: Plan) -> None:
        """Make new pages and rows ready."""
        self.memory.tensors.clear(plan.new_pages)
        for source, target in plan.copies:
            self.memory.tensors.copy(source, target)
        for request in plan.admitted:
            self.sampler.place(request)

    def _forward(self, plan: Plan) -> Tensor:
        """Run one flat stream of T new ids; return float32 logits [N, V] of the N requests that are due."""
        if not plan.parts:
            return torch.empty(0)
        requests = [request for request, _ in plan.parts]
        new_ids = [token for request, num_new in plan.parts for token in request.next_ids(num_new)]
        input_ids = torch.tensor(new_ids, device=self.model.device)  # [T]
        view = PagedView(
            self.memory.tensors,
            page_table_of([request.adapter.pages + request.pages for request in requests]),
            past_lengths=[request.num_cached for request in requests],
            query_lengths=[num_new for _, num_new in plan.parts],
            prefix_lens=[request.adapter.prefix_len for request in requests],
        )
        is_due = torch.tensor([num_new == request.num_pending for request, num_new in plan.parts])
        rows = view.last_rows[is_due.to(self.model.device)]  # [N]
        hidden = self.model(input_ids, view.position_ids, view, rows=rows)  # [N, D]
        for request, num_new in plan.parts:
            request.num_cached += num_new
        self._num_steps += 1
        return self.model.logits_of(hidden)

    def _check_chunks(self, chunks: Sequence[Request]) -> list[Request]:
        """Name the pages of unfinished prompts, whose numbers no logits vouch for; return whose are not finite."""
        failed = []
        for request in chunks:
            pages = self.scheduler.full_pages(request)
            if pages and not self.memory.tensors.is_finite(pages):
                self._fail(request, NumericsError("serving-not-finite", tokens=request.num_cached))
                failed.append(request)
            else:
                self.scheduler.name_full_pages(request)
        return failed

    def _collect(self, request: Request, outcome: Outcome, error: Exception | None) -> None:
        """Give a request its next token, and finish it when that was the last."""
        num_tokens, token = request.num_tokens, outcome.token
        if not outcome.is_finite:
            self._fail(request, NumericsError("serving-not-finite", tokens=num_tokens))
            return
        self.scheduler.name_full_pages(request)
        if error is None and token is not None and request.constraint is not None:
            error = accept(request.constraint, token)
        if error is not None:
            self._fail(request, as_request_error(error, num_tokens))
        elif token is None:
            self._fail(request, RequestError("serving-nothing-allowed", tokens=num_tokens))
        else:
            self._append(request, token, outcome)

    def _append(self, request: Request, token: int, outcome: Outcome) -> None:
        self._num_generated += 1
        if not request.ids:
            self._num_prompt_tokens += len(request.prompt_ids)
        if token in request.stop_ids:
            request.stop_id = token
            self._finish(request, "stop")
            return
        request.ids.append(token)
        if outcome.logprob is not None:
            request.logprobs.append(outcome.logprob)
        text, params = request.stopped_text, request.params
        if text is not None and text.push(token, may_stop=len(request.ids) >= params.min_tokens):
            self._finish(request, "stop")
        elif len(request.ids) == params.max_tokens or request.num_tokens == self.max_seq_len:
            self._finish(request, "length")

    def _fail(self, request: Request, error: GlmkitError) -> None:
        request.error = error
        self._finish(request, "error")

    def _finish(self, request: Request, reason: FinishReason) -> None:
        self.scheduler.remove(request)
        self._table.release(request.adapter)
        if request.stopped_text is not None and request.stopped_text.finish() and reason == "length":
            reason = "stop"
        request.state = "finished"
        request.finish_reason = reason
        self._finished[reason] += 1

    def _completion(self, request: Request) -> Completion:
        assert request.finish_reason is not None
        return Completion(
            ids=request.ids,
            finish_reason=request.finish_reason,
            stop_id=request.stop_id,
            stop_string=request.stop_string,
            stopped_text=request.text,
            logprobs=request.logprobs,
            error=request.error,
            reply=self.protocol.parse_reply(request.ids_and_stop) if self.protocol is not None else None,
        )
