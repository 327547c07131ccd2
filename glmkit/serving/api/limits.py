"""How much a client may ask for: one table, and the one function that answers what goes beyond it.

Every number a request can carry has its bound here; ``types``, ``openai_messages`` and ``guard`` read it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from glmkit.serving.api.errors import ApiError


@dataclass(frozen=True, slots=True)
class Limits:
    """The table. Counts unless the name says bytes, characters or seconds (``_s``)."""

    body_bytes: int = 4 * 2**20
    header_bytes: int = 32 * 2**10
    headers: int = 100
    url_bytes: int = 8 * 2**10
    messages: int = 2048
    content_parts: int = 1024
    tools: int = 128
    tools_bytes: int = 256 * 2**10
    schema_depth: int = 32
    choices: int = 64  # prompts of a completion times n
    n: int = 16
    top_logprobs: int = 20
    stop: int = 16
    stop_characters: int = 256
    logit_bias: int = 1024
    ids: int = 2**20  # of a prompt, or of /detokenize
    buffered_tokens: int = 1024  # generated, but not yet taken by a reader
    receive_s: float = 30  # between two pieces of a body
    send_s: float = 30  # a reader takes nothing
    idle_s: float = 30  # a connection says nothing


LIMITS = Limits()


def within(found: int, limit: int, param: str) -> None:
    """Raise a 400 that names ``param`` when ``found`` is above ``limit``."""
    if found > limit:
        raise ApiError(400, "api-too-many", param=param, found=found, limit=limit)


def check_json(value: Any, param: str, max_depth: int, max_bytes: int) -> None:
    """Refuse a JSON value that is too deep, too large or holds a number that JSON has no form for; never recurses."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > max_depth:
            raise ApiError(400, "api-too-deep", param=param, limit=max_depth)
        if any(isinstance(item, float) and not math.isfinite(item) for item in level):
            raise ApiError(400, "api-not-finite", param=param)
        level = [inner for item in level for inner in _inner(item)]
    within(len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")), max_bytes, param)


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
