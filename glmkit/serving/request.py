"""A generation request from waiting to finished, and the completion left of it: ``Engine`` writes, callers read."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from glmkit.chat.reply import Reply
from glmkit.errors import GlmkitError
from glmkit.serving.sampling import SamplingParams

FinishReason = Literal["stop", "length", "cancelled", "error"]


@dataclass(slots=True, eq=False, kw_only=True)
class Request:
    """A prompt and how far the engine has continued it.

    Attributes:
        ids: The continuation; a stop token is not part of it.
        state: "waiting" for a slot, "running" in one, or "finished".
        finish_reason: Once finished: "stop" (a stop token came), "length" (max_tokens or the context is used up),
            "cancelled", or "error".
        stop_id: The stop token that came: it tells a tool call (``<|observation|>``) from the end of a turn.
        error: What went wrong when ``finish_reason`` is "error".
        slot: Slot of the cache that a running request uses.
        num_cached: How many of ``all_ids`` have their keys and values in the slot.
    """

    prompt_ids: list[int]
    params: SamplingParams
    stop_ids: frozenset[int]
    random: Random
    ids: list[int] = field(default_factory=list)
    state: Literal["waiting", "running", "finished"] = "waiting"
    finish_reason: FinishReason | None = None
    stop_id: int | None = None
    error: GlmkitError | None = None
    slot: int = -1
    num_cached: int = 0

    @property
    def all_ids(self) -> list[int]:
        """Prompt and continuation."""
        return self.prompt_ids + self.ids

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What ``Engine.generate`` returns for a prompt; ids, finish_reason, stop_id and error are those of ``Request``.

    Attributes:
        reply: The ids read as a chat reply (messages, call, code); None when the engine has no tokenizer.
    """

    ids: list[int]
    finish_reason: FinishReason
    stop_id: int | None = None
    error: GlmkitError | None = None
    reply: Reply | None = None

    @property
    def text(self) -> str:
        """What a person should read: the reply without its header line, calls and blanks at the ends."""
        return "" if self.reply is None else self.reply.text
