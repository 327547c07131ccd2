"""Errors as OpenAI's clients read them: a status and ``{"error": {message, type, param, code}}``.

Any room of the API raises ApiError; ``app`` turns it, and everything else that can be raised, into a response or, once
a stream has begun, into its last event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glmkit.errors import GlmkitError, NumericsError, OutOfMemory, message

INVALID, AUTHENTICATION, RATE_LIMIT, SERVER = (
    "invalid_request_error",
    "authentication_error",
    "rate_limit_error",
    "server_error",
)
TYPES = {401: AUTHENTICATION, 429: RATE_LIMIT}


class ApiError(Exception):
    """What one client is told.

    Args:
        status: HTTP status.
        sentence: code of the sentence in ``glmkit.messages``; ``values`` fill it.
        param: the field of the request that is wrong.
        code: what a program tests, such as "context_length_exceeded".
        headers: further response headers.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        self.status = status
        self.text = message(sentence, **{"param": param, **values})
        self.param = param
        self.code = code
        self.headers = dict(headers or {})
        super().__init__(self.text)

    @property
    def body(self) -> dict[str, Any]:
        """The response body."""
        kind = TYPES.get(self.status, SERVER if self.status >= 500 else INVALID)
        return {"error": {"message": self.text, "type": kind, "param": self.param, "code": self.code}}


def as_api_error(error: BaseException) -> ApiError:
    """Return what a client is told about any exception: our own sentences as they are, others not at all."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, NumericsError):
        return ApiError(500, "api-failed", code="numerics", reason=error)
    if isinstance(error, OutOfMemory):
        return ApiError(503, "api-failed", code="out_of_memory", headers={"Retry-After": "1"}, reason=error)
    if isinstance(error, GlmkitError):
        param = error.problems[0].values.get("field") or error.problems[0].where or None
        return ApiError(400, "api-refused", param=str(param) if param else None, reason=error)
    return ApiError(500, "api-unexpected", code="internal_error", kind=getattr(error, "kind", type(error).__name__))
