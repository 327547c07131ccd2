"""What a client may send: OpenAI's request bodies as pydantic models, and reading one from bytes.

Types are strict ("1" is no number); ranges stand here and in ``limits``; messages, tools and formats, whose shape
depends on their content, are read by ``openai_messages`` and ``tool_requests``. Unknown fields are kept to be named.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.limits import LIMITS
from glmkit.serving.params import MAX_SEED

Body = TypeVar("Body", bound=BaseModel)

Penalty = Annotated[float, Field(ge=-2, le=2)]
StopText = Annotated[str, Field(min_length=1, max_length=LIMITS.stop_characters)]
Ids = Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=LIMITS.ids)]
SHOWN_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Strict(BaseModel):
    """A body whose values must have their JSON types; fields it does not know are kept in ``model_extra``."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False, protected_namespaces=())

    def ignored(self) -> list[str]:
        """Names of the fields that have no effect, as far as a header can hold them."""
        return [name for name in self.model_extra or {} if SHOWN_NAME.fullmatch(name)][:20]


class StreamOptions(Strict):
    """``stream_options``."""

    include_usage: bool | None = None


class Sampled(Strict):
    """What chat and completion requests have in common; None means the model's default."""

    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1, le=LIMITS.n)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=-1, le=2**31)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=2)] | None = None
    logit_bias: Annotated[dict[str, Annotated[float, Field(ge=-100, le=100)]], Field(max_length=LIMITS.logit_bias)] | (
        None
    ) = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED - LIMITS.choices)] | None = None
    stop: StopText | Annotated[list[StopText], Field(max_length=LIMITS.stop)] | None = None
    ignore_eos: bool | None = None
    min_tokens: Annotated[int, Field(ge=0)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    user: Any = None

    @property
    def stops(self) -> list[str]:
        """``stop`` as a list."""
        return [self.stop] if isinstance(self.stop, str) else list(self.stop or ())

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with its usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


class ChatRequest(Sampled):
    """`POST /v1/chat/completions`."""

    messages: list[Any]
    tools: list[Any] | None = None
    tool_choice: Any = None
    functions: list[Any] | None = None
    function_call: Any = None
    parallel_tool_calls: bool | None = None
    response_format: Any = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=LIMITS.top_logprobs)] | None = None


class CompletionRequest(Sampled):
    """`POST /v1/completions`."""

    prompt: str | Annotated[list[str], Field(max_length=LIMITS.choices)] | Ids | list[Ids]
    logprobs: Annotated[int, Field(ge=0, le=LIMITS.top_logprobs)] | None = None
    echo: bool | None = None
    suffix: Any = None


class TokenizeRequest(Strict):
    """`POST /tokenize`: ``prompt``, or ``messages`` with ``tools`` as a chat request has them."""

    model: str | None = None
    prompt: str | None = None
    messages: list[Any] | None = None
    tools: list[Any] | None = None
    add_special_tokens: bool = True
    return_token_strs: bool | None = None


class DetokenizeRequest(Strict):
    """`POST /detokenize`."""

    model: str | None = None
    tokens: Ids


class AdapterRequest(Strict):
    """`POST /v1/adapters/load` and `/v1/adapters/unload`."""

    name: Annotated[str, Field(min_length=1, max_length=128)]


def read_body(body_class: type[Body], body: bytes) -> Body:
    """Return a body read from JSON.

    Raises:
        ApiError: 400: no JSON, or the first field that is missing, of the wrong type or out of range.
    """
    try:
        return body_class.model_validate_json(body)
    except ValidationError as error:
        raise _first_fault(error) from None


def _first_fault(error: ValidationError) -> ApiError:
    faults = error.errors(include_url=False, include_context=False)
    fault = faults[0]
    if fault["type"] == "json_invalid":
        return ApiError(400, "api-not-json", reason=fault["msg"])
    field = str(fault["loc"][0]) if fault["loc"] else None
    if fault["type"] == "missing":
        return ApiError(400, "api-missing", param=field)
    # A field of several types has a fault for each of them; its name and all that would be right tell enough.
    same = [other for other in faults if other["loc"][:1] == fault["loc"][:1]]
    places = [str(part) for part in fault["loc"] if isinstance(part, int)] if len(same) == 1 else []
    param = ".".join([field or "body", *places])
    reason = "; ".join(dict.fromkeys(other["msg"] for other in same[:3]))
    return ApiError(400, "api-invalid", param=param, reason=reason, value=shown(fault["input"]))


def shown(value: Any) -> str:
    """Return a value as a message can carry it: one line, cut."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
