"""From a request's body to what the engine is given: prompt ids, sampling parameters, a plan for each choice.

Called in a worker thread, since encoding and grammars take time. Faults are 400s that name the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glmkit.chat.conversation import Message
from glmkit.chat.tokenizer import Tokenizer
from glmkit.serving.api.constraints import Constraints, Plan
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.limits import LIMITS, check_json, within
from glmkit.serving.api.openai_messages import read_messages
from glmkit.serving.api.served import Served, ServedModels
from glmkit.serving.api.tool_requests import ToolRequest, read_tools
from glmkit.serving.api.types import ChatRequest, CompletionRequest, Sampled
from glmkit.serving.params import SamplingParams

# Fields of a request that are the engine's by the same name.
SAME = ("temperature", "top_p", "min_p", "presence_penalty", "frequency_penalty", "repetition_penalty", "min_tokens")


@dataclass(frozen=True, slots=True)
class Job:
    """One generation to be submitted: a choice."""

    prompt_ids: list[int]
    params: SamplingParams
    plan: Plan
    echoed: str = ""


@dataclass(frozen=True, slots=True)
class PreparedChat:
    """A chat request, ready for the engine."""

    jobs: list[Job]
    tools: ToolRequest


def prepare_chat(
    body: ChatRequest, served: Served, models: ServedModels, constraints: Constraints, max_seq_len: int
) -> PreparedChat:
    """Return the jobs of a chat request.

    Raises:
        ApiError, GlmkitError: the request cannot be served.
    """
    messages = read_messages(body.messages, models.tokenizer)
    tools = read_tools(body)
    messages = [*tools.system_message(), *messages]
    check_length(messages, models, max_seq_len)
    prompt_ids = served.protocol.encode_prompt(messages)
    plans = [constraints.plan(tools, body.response_format) for _ in range(body.n or 1)]
    if body.ignore_eos and plans[0].constraint is not None:
        raise ApiError(400, "api-held-reply", param="ignore_eos")
    prompt_ids = prompt_ids + plans[0].begun
    max_tokens = body.max_completion_tokens or body.max_tokens
    logprobs = (body.top_logprobs or 0) if body.logprobs else None
    if body.top_logprobs and not body.logprobs:
        raise ApiError(400, "api-top-logprobs", param="top_logprobs")
    params = [
        read_params(body, len(prompt_ids), max_tokens, max_seq_len, models.tokenizer, plan.stop_ids, i, logprobs)
        for i, plan in enumerate(plans)
    ]
    return PreparedChat([Job(prompt_ids, one, plan) for one, plan in zip(params, plans, strict=True)], tools)


def prepare_completion(
    body: CompletionRequest, served: Served, models: ServedModels, max_seq_len: int
) -> list[list[Job]]:
    """Return the jobs of each prompt of a completion request. Raises ApiError."""
    if body.suffix is not None:
        raise ApiError(400, "api-unsupported", param="suffix")
    if body.echo and body.logprobs is not None:
        raise ApiError(400, "api-unsupported", param="echo")
    prompts = read_prompts(body.prompt)
    n = body.n or 1
    within(len(prompts) * n, LIMITS.choices, "prompt")
    start = served.protocol.encode_prompt([])[:-1]
    stop_ids = served.protocol.stop_ids
    all_jobs = []
    for prompt in prompts:
        if isinstance(prompt, str):
            check_length([prompt], models, max_seq_len)
            prompt_ids = [*start, *models.tokenizer.encode(prompt)]
        else:
            prompt_ids = prompt
        echoed = ""
        if body.echo:
            echoed = prompt if isinstance(prompt, str) else models.tokenizer.decode(prompt_ids)
        jobs = []
        for i in range(n):
            length = len(prompt_ids)
            max_tokens = body.max_tokens or min(16, max(1, max_seq_len - length))
            params = read_params(body, length, max_tokens, max_seq_len, models.tokenizer, stop_ids, i, body.logprobs)
            jobs.append(Job(prompt_ids, params, Plan(stop_ids), echoed))
        all_jobs.append(jobs)
    return all_jobs


def read_prompts(prompt: Any) -> list[str | list[int]]:
    """Return each of the prompts given as text, ids, or a list of either. Raises ApiError."""
    if isinstance(prompt, str):
        return [prompt]
    if not prompt:
        raise ApiError(400, "api-empty-content", param="prompt")
    return [list(prompt)] if isinstance(prompt[0], int) else list(prompt)


def read_params(
    body: Sampled,
    prompt_len: int,
    max_tokens: int | None,
    max_seq_len: int,
    tokenizer: Tokenizer,
    stop_ids: tuple[int, ...],
    index: int,
    logprobs: int | None,
) -> SamplingParams:
    """Return the sampling parameters of choice ``index``; every one that is None is the engine's default.

    Raises:
        ApiError: 400: prompt and continuation do not fit the context, or a bias is for no token.
    """
    if prompt_len + (max_tokens or 1) > max_seq_len:
        raise _too_long(str(prompt_len), max_tokens, max_seq_len)
    values: dict[str, Any] = {name: getattr(body, name) for name in SAME}
    values["max_tokens"] = max_tokens or max_seq_len - prompt_len
    values["top_k"] = None if body.top_k is None else max(0, body.top_k)
    values["seed"] = None if body.seed is None else body.seed + index
    values["logprobs"] = logprobs
    values["logit_bias"] = _read_bias(body.logit_bias, tokenizer)
    given = {name: value for name, value in values.items() if value is not None}
    return SamplingParams(**given, stop_ids=() if body.ignore_eos else stop_ids)


def check_length(parts: Sequence[Message | str], models: ServedModels, max_seq_len: int) -> None:
    """Refuse text that cannot fit the context, whatever its tokens are, before it is encoded. Raises ApiError."""
    texts = [part if isinstance(part, str) else part.content + str(part.call or "") for part in parts]
    least = sum(len(text.encode("utf-8", "replace")) for text in texts) // models.longest_piece
    if least > max_seq_len:
        raise _too_long(f">= {least}", None, max_seq_len)


def _too_long(prompt_len: str, max_tokens: int | None, max_seq_len: int) -> ApiError:
    code = "context_length_exceeded"
    return ApiError(
        400, "api-too-long", param="messages", code=code, prompt=prompt_len, reply=max_tokens or 1, limit=max_seq_len
    )


def _read_bias(given: dict[str, float] | None, tokenizer: Tokenizer) -> dict[int, float] | None:
    if not given:
        return None
    check_json(given, "logit_bias", 2, LIMITS.body_bytes)
    for id in given:
        if not (id.isascii() and id.isdigit() and len(id) < 10 and int(id) < tokenizer.vocab_size):
            raise ApiError(400, "api-bias-id", param="logit_bias", value=repr(id[:40]), last=tokenizer.vocab_size - 1)
    return {int(id): bias for id, bias in given.items()}
