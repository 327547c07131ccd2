"""A generation request from waiting to finished, and the completion left of it: ``Engine`` writes, callers read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from glmkit.chat.reply import Reply
from glmkit.errors import GlmkitError, RequestError
from glmkit.serving.adapters import Adapter
from glmkit.serving.constraint import Constraint
from glmkit.serving.params import SamplingParams, TokenLogprob
from glmkit.serving.stop_strings import StoppedText

FinishReason = Literal["stop", "length", "cancelled", "error"]


@dataclass(slots=True, eq=False, kw_only=True)
class Request:
    """A prompt and how far the engine has continued it.

    Attributes:
        adapter: What the request runs with; its ``name`` is None for the model as the engine was given it.
        constraint: Decides which tokens may come; None: all.
        seed: Of its draws: that of ``params``, or a fresh one.
        ids: The continuation; a stop token is not part of it. A stop string's tokens are.
        logprobs: One for each of ``ids`` where ``params.logprobs`` asks for them.
        state: "waiting" to run (again, after it gave up its pages to others), "running", or "finished".
        finish_reason: Once finished: "stop" (a stop token or string came), "length" (max_tokens or the context is used
            up), "cancelled", or "error".
        stop_id: The stop token that came: it tells a tool call (``<|observation|>``) from the end of a turn.
        error: What went wrong when ``finish_reason`` is "error".
        num_cached_prompt_tokens: How many of the prompt's first tokens had been computed for an earlier request.
        num_preemptions: How often it gave up its pages and was computed again.
        row: Its place in the tables of a running batch; -1 while it does not run.
        pages: Page numbers of its text, in order; the adapter's own come before them.
        page_keys: Content keys of its full pages, as far as they were needed.
        num_named: How many of its pages have gone into the prefix cache, or came from there.
        num_cached: How many of ``all_ids`` have their keys and values in the pages.
    """

    prompt_ids: list[int]
    params: SamplingParams
    stop_ids: frozenset[int]
    seed: int
    adapter: Adapter
    constraint: Constraint | None = None
    stopped_text: StoppedText | None = None
    ids: list[int] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    state: Literal["waiting", "running", "finished"] = "waiting"
    finish_reason: FinishReason | None = None
    stop_id: int | None = None
    error: GlmkitError | None = None
    num_cached_prompt_tokens: int = 0
    num_preemptions: int = 0
    row: int = -1
    pages: list[int] = field(default_factory=list)
    page_keys: list[bytes] = field(default_factory=list)
    num_named: int = 0
    num_cached: int = 0

    @property
    def all_ids(self) -> list[int]:
        """Prompt and continuation."""
        return self.prompt_ids + self.ids

    def next_ids(self, count: int) -> list[int]:
        """Return the first ``count`` of ``all_ids`` that are not computed yet."""
        begin = self.num_cached - len(self.prompt_ids)
        if begin >= 0:
            return self.ids[begin : begin + count]
        return self.all_ids[self.num_cached : self.num_cached + count]

    @property
    def ids_and_stop(self) -> list[int]:
        """The continuation with the stop token that ended it: what ``parse_reply`` of a chat protocol reads."""
        return self.ids if self.stop_id is None else [*self.ids, self.stop_id]

    @property
    def num_tokens(self) -> int:
        """Length of ``all_ids``."""
        return len(self.prompt_ids) + len(self.ids)

    @property
    def num_pending(self) -> int:
        """How many ids still have to go through the model before the next token can be sampled."""
        return self.num_tokens - self.num_cached

    @property
    def text(self) -> str | None:
        """What may be shown so far of a request with stop strings; None without them.

        Behind a chat prompt it is the text of the reply, otherwise the decoded continuation. It only grows, and ends
        before the stop string.
        """
        return None if self.stopped_text is None else self.stopped_text.text

    @property
    def stop_string(self) -> str | None:
        """The stop string that came."""
        return None if self.stopped_text is None else self.stopped_text.found


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What ``Engine.generate`` returns for a prompt; the fields that ``Request`` has are the request's.

    Attributes:
        reply: The ids read as a chat reply (messages, call, code); None when the engine has no tokenizer.
    """

    ids: list[int]
    finish_reason: FinishReason
    stop_id: int | None = None
    stop_string: str | None = None
    stopped_text: str | None = None
    logprobs: list[TokenLogprob] = field(default_factory=list)
    error: GlmkitError | None = None
    reply: Reply | None = None

    @property
    def text(self) -> str:
        """What a person should read: the reply without its header line, calls and blanks at the ends.

        With stop strings, the text before the one that came.
        """
        if self.stopped_text is not None:
            return self.stopped_text
        return "" if self.reply is None else self.reply.text


def check_request(
    prompt_ids: Sequence[int], params: SamplingParams, vocab_size: int, max_seq_len: int, has_tokenizer: bool
) -> None:
    """Raise RequestError unless an engine can serve the prompt as asked; see ``Engine.submit``."""
    if not prompt_ids:
        raise RequestError("serving-prompt-empty")
    if len(prompt_ids) >= max_seq_len:
        raise RequestError("serving-prompt-too-long", found=len(prompt_ids), limit=max_seq_len)
    for position, token in enumerate(prompt_ids):
        if not 0 <= token < vocab_size:
            raise RequestError("serving-unknown-id", id=token, position=position, last=vocab_size - 1)
    for token in params.logit_bias:
        if not 0 <= token < vocab_size:
            raise RequestError("serving-bias-id", id=token, last=vocab_size - 1)
    if params.stop and not has_tokenizer:
        raise RequestError("serving-stop-needs-tokenizer")
