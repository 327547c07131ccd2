"""The app: routes, error bodies for whatever goes wrong, and the guard around all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from glmkit.errors import GlmkitError
from glmkit.serving.api.errors import ApiError, as_api_error
from glmkit.serving.api.guard import Guard, error_response
from glmkit.serving.api.more_routes import add_adapter_routes, add_token_routes
from glmkit.serving.api.routes import Api, add_routes, unknown_route
from glmkit.serving.api.served import AdapterFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask for what.

    Attributes:
        key: needed on every route but health; None: none is.
        hosts: names the Host header may have; None: any.
        origins: web pages that may send requests.
        adapter_folder: from where adapters may be loaded; None: from nowhere.
        may_change_adapters: whether loading and unloading is on.
    """

    key: str | None = None
    hosts: Sequence[str] | None = None
    origins: Sequence[str] = ()
    adapter_folder: Path | None = None
    may_change_adapters: bool = False


def make_app(api: Api, access: Access, find_adapter: Callable[[Path], tuple[Path, str]]) -> ASGIApp:
    """Return the guarded app; whoever serves it starts and stops the engine's loop.

    Args:
        api: what routes share.
        access: who may ask for what.
        find_adapter: as for ``add_adapter_routes``.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    add_routes(app, api)
    add_token_routes(app, api)
    folder = AdapterFolder(access.adapter_folder)
    add_adapter_routes(app, api, folder, find_adapter, access.may_change_adapters)
    for kind in (ApiError, GlmkitError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer_error)
    return Guard(app, access.key, access.hosts, access.origins)


async def _answer_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return error_response(unknown_route(error.status_code))
    return error_response(as_api_error(error))
