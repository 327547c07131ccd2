"""What a chat request's tools and format mean for its generation.

Out: a Plan, which holds what the prompt ends with, what may be generated behind it, and how to read it. Its constraint
is compiled where the engine is (``engine_worker``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glmkit.chat.protocol import ChatProtocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.serving.api.engine_messages import ConstraintSpec
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.limits import LIMITS, check_json
from glmkit.serving.api.tool_requests import CHOICES, ToolRequest
from glmkit.serving.api.types import shown

FORMATS = ("text", "json_object", "json_schema")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one chat request is generated.

    Attributes:
        begun: ids that stand behind the prompt and are already part of the reply.
        constraint: keeps the reply well-formed.
        call_names: names a call may have.
        stop_ids: tokens that end the reply.
    """

    stop_ids: tuple[int, ...]
    begun: list[int] = field(default_factory=list)
    constraint: ConstraintSpec | None = None
    call_names: frozenset[str] = frozenset()


class Constraints:
    """Makes Plans for one model.

    Args:
        tokenizer: of the model.
        protocol: of the model.
    """

    def __init__(self, tokenizer: Tokenizer, protocol: ChatProtocol) -> None:
        self._tokenizer = tokenizer
        self._protocol = protocol

    def plan(self, tools: ToolRequest, response_format: Any) -> Plan:
        """Return the plan of a request.

        Raises:
            ApiError: 400: a format that is malformed, or tools and a format that exclude each other.
        """
        schema = read_format(response_format)
        stop_ids = self._protocol.stop_ids
        if schema is not None:
            if tools.must_call:
                raise ApiError(400, "api-format-and-tools", param="response_format")
            return Plan(stop_ids, constraint=ConstraintSpec(schema))
        if not tools.names:
            if not tools.tools:
                return Plan(stop_ids)
            # "none": the header line of an answer is given, and no other message may follow.
            next_message_id = self._tokenizer.special_ids["<|assistant|>"]
            return Plan((*stop_ids, next_message_id), begun=self._tokenizer.encode("\n"))
        offered, choice = list(tools.tools), tools.choice
        if tools.is_named and choice in CHOICES:  # a tool that is called as one of the words: the only one there is
            offered, choice = [tool for tool in offered if tool["function"]["name"] == choice], "required"
        return Plan(stop_ids, constraint=ConstraintSpec(offered, choice), call_names=tools.names)


def read_format(given: Any) -> Any:
    """Return the JSON schema that ``response_format`` asks for, True for any object, None for text.

    Raises:
        ApiError: 400: an unknown format, or a schema that is missing or passes a limit.
    """
    if given is None:
        return None
    kind = given.get("type") if isinstance(given, Mapping) else None
    if kind not in FORMATS:
        known = ", ".join(FORMATS)
        raise ApiError(400, "api-format", param="response_format", value=shown(given), known=known)
    if kind == "text":
        return None
    if kind == "json_object":
        return True
    wrapper = given.get("json_schema")
    schema = wrapper.get("schema") if isinstance(wrapper, Mapping) else None
    if not isinstance(schema, Mapping):
        raise ApiError(400, "api-missing", param="response_format.json_schema.schema")
    check_json(schema, "response_format.json_schema.schema", LIMITS.schema_depth, LIMITS.tools_bytes)
    return dict(schema)
