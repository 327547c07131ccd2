"""OpenAI's routes. Each reads a body, prepares jobs in a worker thread, submits them, and writes what comes back.

``Api`` holds what they share; ``add_routes`` puts them into an app. All run behind ``guard``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glmkit.serving.api.choices import ChatReader, Delta, Reader, TextReader, read_choice
from glmkit.serving.api.constraints import Constraints
from glmkit.serving.api.engine_loop import EngineLoop
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.events import EventStream, until_left
from glmkit.serving.api.metrics import Metrics
from glmkit.serving.api.prompts import Job, prepare_chat, prepare_completion
from glmkit.serving.api.responses import ChatChoice, Head, TextChoice, usage
from glmkit.serving.api.served import Served, ServedModels
from glmkit.serving.api.tickets import Ticket
from glmkit.serving.api.types import ChatRequest, CompletionRequest, Sampled, read_body

IGNORED_HEADER = "X-Ignored-Fields"
MERGED_DELTAS = 64  # of all choices of a stream, waiting to be sent


@dataclass(frozen=True, slots=True)
class Api:
    """What the routes share."""

    loop: EngineLoop
    models: ServedModels
    constraints: Constraints
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice on its way: its request, who reads it, who writes it."""

    ticket: Ticket
    reader: Reader
    writer: ChatChoice | TextChoice


def add_routes(app: FastAPI, api: Api) -> None:
    """Add the routes that generate, and those that list models and tell the state."""

    async def chat(request: Request) -> Response:
        body = read_body(ChatRequest, await request.body())
        return await until_left(request, answer_chat(api, body))

    async def completions(request: Request) -> Response:
        body = read_body(CompletionRequest, await request.body())
        return await until_left(request, answer_completion(api, body))

    async def models(request: Request) -> Response:
        entries = [api.models.entry(api.models.get(name), api.loop.max_seq_len) for name in api.models.names]
        return JSONResponse({"object": "list", "data": entries})

    async def model(request: Request) -> Response:
        served = api.models.get(request.path_params["name"])
        return JSONResponse(api.models.entry(served, api.loop.max_seq_len))

    async def health(request: Request) -> Response:
        is_well = api.loop.state in ("starting", "ready") and not api.loop.draining
        return JSONResponse({"status": "ok" if is_well else "unavailable"}, 200 if is_well else 503)

    async def ready(request: Request) -> Response:
        is_ready = api.loop.state == "ready" and not api.loop.draining
        status = "draining" if api.loop.draining else api.loop.state
        return JSONResponse({"status": status}, 200 if is_ready else 503)

    async def metrics(request: Request) -> Response:
        return Response(api.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    app.add_route("/v1/chat/completions", chat, ["POST"])
    app.add_route("/v1/completions", completions, ["POST"])
    app.add_route("/v1/models", models, ["GET"])
    app.add_route("/v1/models/{name}", model, ["GET"])
    app.add_route("/health", health, ["GET"])
    app.add_route("/ready", ready, ["GET"])
    app.add_route("/metrics", metrics, ["GET"])


async def answer_chat(api: Api, body: ChatRequest) -> Response:
    """Answer a chat request. Raises ApiError, GlmkitError."""
    served = api.models.get(body.model)
    api.loop.check_ready(body.n or 1)
    max_seq_len = api.loop.max_seq_len
    prepared = await asyncio.to_thread(prepare_chat, body, served, api.models, api.constraints, max_seq_len)
    tickets = await submit(api, served, prepared.jobs)
    tokenizer, is_legacy = api.models.tokenizer, prepared.tools.is_legacy
    choices = [
        Choice(
            ticket,
            ChatReader(tokenizer, served.protocol, job.plan, body.stops),
            ChatChoice(i, tokenizer, is_legacy, bool(body.logprobs)),
        )
        for i, (ticket, job) in enumerate(zip(tickets, prepared.jobs, strict=True))
    ]
    return await answer(body, Head("chat.completion", served.name), choices, num_prompts=1)


async def answer_completion(api: Api, body: CompletionRequest) -> Response:
    """Answer a completion request. Raises ApiError, GlmkitError."""
    served = api.models.get(body.model)
    api.loop.check_ready(body.n or 1)
    prepared = await asyncio.to_thread(prepare_completion, body, served, api.models, api.loop.max_seq_len)
    jobs = [job for each in prepared for job in each]
    tickets = await submit(api, served, jobs)
    tokenizer = api.models.tokenizer
    choices = [
        Choice(
            ticket,
            TextReader(tokenizer, body.stops),
            TextChoice(i, tokenizer, job.echoed, body.logprobs is not None),
        )
        for i, (ticket, job) in enumerate(zip(tickets, jobs, strict=True))
    ]
    return await answer(body, Head("text_completion", served.name), choices, len(prepared))


async def submit(api: Api, served: Served, jobs: Sequence[Job]) -> list[Ticket]:
    """Submit all jobs of a request, or none; what they are held to has been compiled. Raises ApiError, GlmkitError."""
    api.loop.check_ready(len(jobs))
    tickets: list[Ticket] = []
    try:
        for job in jobs:
            more = {"adapter": served.adapter, "constraint": job.plan.constraint}
            tickets.append(api.loop.submit(served.name, job.prompt_ids, job.params, **more))
        for ticket in tickets:
            await ticket.admitted()
    except BaseException:  # refused, or the client has left
        cancel(tickets)
        raise
    return tickets


async def answer(body: Sampled, head: Head, choices: Sequence[Choice], num_prompts: int) -> Response:
    """Return the response of choices that are being generated: a stream, or everything once it is there."""
    tickets = [choice.ticket for choice in choices]
    headers = {IGNORED_HEADER: ", ".join(ignored)} if (ignored := body.ignored()) else {}
    if body.stream:
        return EventStream(stream(head, choices, body.includes_usage, num_prompts), lambda: cancel(tickets), headers)
    deltas = merged(choices)
    try:
        async for choice, delta in deltas:
            choice.writer.chunks(delta)
    finally:
        await deltas.aclose()
        cancel(tickets)
    whole = head.body([choice.writer.whole() for choice in choices])
    return JSONResponse({**whole, "usage": usage(tickets, num_prompts)}, headers=headers)


async def stream(
    head: Head, choices: Sequence[Choice], with_usage: bool, num_prompts: int
) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the chunks of a stream."""
    more: dict[str, Any] = {"usage": None} if with_usage else {}
    deltas = merged(choices)
    try:
        for choice in choices:
            if isinstance(choice.writer, ChatChoice):
                yield head.body([choice.writer.first_chunk()], chunk=True) | more
        async for choice, delta in deltas:
            for chunk in choice.writer.chunks(delta):
                yield head.body([chunk], chunk=True) | more
        if with_usage:
            tickets = [choice.ticket for choice in choices]
            yield head.body([], chunk=True) | {"usage": usage(tickets, num_prompts)}
    finally:
        await deltas.aclose()


def cancel(tickets: Sequence[Ticket]) -> None:
    """Stop whatever is still being generated."""
    for ticket in tickets:
        ticket.cancel()


async def merged(choices: Sequence[Choice]) -> AsyncGenerator[tuple[Choice, Delta], None]:
    """Yield the deltas of all choices as they come. Raises the first error of any."""
    if len(choices) == 1:
        deltas = read_choice(choices[0].ticket, choices[0].reader)
        try:
            async for delta in deltas:
                yield choices[0], delta
        finally:
            await _close(deltas)
        return
    arrived: asyncio.Queue[tuple[Choice, Delta | BaseException | None]] = asyncio.Queue(MERGED_DELTAS)
    tasks = [asyncio.create_task(_forward(choice, arrived)) for choice in choices]
    try:
        num_open = len(choices)
        while num_open:
            choice, item = await arrived.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                num_open -= 1
            else:
                yield choice, item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _forward(choice: Choice, arrived: asyncio.Queue[tuple[Choice, Delta | BaseException | None]]) -> None:
    deltas = read_choice(choice.ticket, choice.reader)
    try:
        async for delta in deltas:
            await arrived.put((choice, delta))
        await arrived.put((choice, None))
    except Exception as error:
        await arrived.put((choice, error))
    finally:
        await _close(deltas)


async def _close(deltas: AsyncIterator[Delta]) -> None:
    if isinstance(deltas, AsyncGenerator):
        await deltas.aclose()


def unknown_route(status: int) -> ApiError:
    """Return the error of a path or a method that does not exist."""
    if status == 405:
        return ApiError(405, "api-method", code="method_not_allowed")
    return ApiError(404, "api-path", code="not_found")
