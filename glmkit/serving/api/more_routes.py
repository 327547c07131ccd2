"""Routes beside OpenAI's: ids of a text, text of ids, and the adapters of a running server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.openai_messages import read_messages
from glmkit.serving.api.prompts import check_length
from glmkit.serving.api.routes import Api
from glmkit.serving.api.served import AdapterFolder
from glmkit.serving.api.tool_requests import ToolRequest, check_tools
from glmkit.serving.api.types import AdapterRequest, DetokenizeRequest, TokenizeRequest, read_body


def add_token_routes(app: FastAPI, api: Api) -> None:
    """Add /tokenize and /detokenize, with vLLM's bodies."""

    async def tokenize(request: Request) -> Response:
        body = read_body(TokenizeRequest, await request.body())
        return JSONResponse(await asyncio.to_thread(_tokenize, api, body))

    async def detokenize(request: Request) -> Response:
        body = read_body(DetokenizeRequest, await request.body())
        api.models.get(body.model)
        return JSONResponse({"prompt": await asyncio.to_thread(api.models.tokenizer.decode, body.tokens)})

    app.add_route("/tokenize", tokenize, ["POST"])
    app.add_route("/detokenize", detokenize, ["POST"])


def _tokenize(api: Api, body: TokenizeRequest) -> dict[str, Any]:
    served, tokenizer, limit = api.models.get(body.model), api.models.tokenizer, api.loop.max_seq_len
    if (body.prompt is None) == (body.messages is None):
        raise ApiError(400, "api-prompt-or-messages", param="prompt")
    if body.messages is not None:
        tools = ToolRequest(tuple(check_tools(body.tools)))
        messages = [*tools.system_message(), *read_messages(body.messages, tokenizer)]
        check_length(messages, api.models, limit)
        ids = served.protocol.encode_prompt(messages)
    else:
        check_length([body.prompt or ""], api.models, limit)
        start = served.protocol.encode_prompt([])[:-1] if body.add_special_tokens else []
        ids = [*start, *tokenizer.encode(body.prompt or "")]
    pieces = {"token_strs": [tokenizer.piece(id) for id in ids]} if body.return_token_strs else {}
    return {"count": len(ids), "max_model_len": limit, "tokens": ids, **pieces}


def add_adapter_routes(
    app: FastAPI, api: Api, folder: AdapterFolder, find: Callable[[Path], tuple[Path, str]], is_allowed: bool
) -> None:
    """Add /v1/adapters, and loading and unloading where that is allowed.

    Args:
        app: gets the routes.
        api: what routes share.
        folder: from where adapters may be loaded.
        find: returns the files and the tools layout of an adapter; raises GlmkitError for what is none.
        is_allowed: whether adapters may change at all.
    """
    changing = asyncio.Lock()

    async def listing(request: Request) -> Response:
        names = await asyncio.to_thread(folder.names)
        wanted = api.loop.adapters
        loaded = {*wanted} - {*api.loop.unavailable}
        entries = [{"id": name, "object": "adapter", "loaded": name in loaded} for name in sorted({*names, *wanted})]
        return JSONResponse({"object": "list", "data": entries})

    async def load(request: Request) -> Response:
        name = (await _allowed(request)).name
        async with changing:
            if name in api.models.names:
                raise ApiError(409, "api-adapter-loaded", param="name", code="adapter_loaded", name=name)
            path, layout = await asyncio.to_thread(lambda: find(folder.path(name)))
            await api.loop.load_adapter(name, path)
            served = api.models.add(name, name, layout)
        return JSONResponse(api.models.entry(served, api.loop.max_seq_len))

    async def unload(request: Request) -> Response:
        name = (await _allowed(request)).name
        async with changing:
            if name not in api.loop.adapters:
                raise ApiError(404, "api-unknown-adapter", param="name", code="adapter_not_found", name=repr(name))
            if api.models.names == [name]:
                raise ApiError(409, "api-last-model", param="name", name=name)
            api.models.remove(name)
            await api.loop.unload_adapter(name)
        return JSONResponse({"id": name, "object": "adapter", "loaded": False})

    async def _allowed(request: Request) -> AdapterRequest:
        if not is_allowed:
            raise ApiError(403, "api-adapters-fixed", code="adapter_changes_off")
        api.loop.check_ready(0)
        return read_body(AdapterRequest, await request.body())

    app.add_route("/v1/adapters", listing, ["GET"])
    app.add_route("/v1/adapters/load", load, ["POST"])
    app.add_route("/v1/adapters/unload", unload, ["POST"])
