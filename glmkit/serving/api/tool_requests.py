"""What a request wants of tools: which there are, whether one must be called, and in which of OpenAI's two forms.

In: ``tools`` and ``tool_choice``, or the older ``functions`` and ``function_call``. Out: a ToolRequest. A function
named "interpreter" is the model's own code interpreter: it is known by its header line and never written as a tool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glmkit.chat.conversation import TOOL_SENTENCE, Message
from glmkit.chat.reply import INTERPRETER
from glmkit.chat.tools_layout import tool_problems
from glmkit.errors import Problem
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.limits import LIMITS, check_json, within
from glmkit.serving.api.types import ChatRequest, shown

CHOICES = ("none", "auto", "required")


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """Tools of a request.

    Attributes:
        tools: in OpenAI's form, ``{"type": "function", "function": {...}}``.
        choice: "none", "auto", "required", or a name with ``is_named``, which may be one of these words.
        is_named: one certain tool must be called.
        is_legacy: asked for by ``functions``; the reply then has ``function_call``.
    """

    tools: tuple[dict[str, Any], ...] = ()
    choice: str = "none"
    is_named: bool = False
    is_legacy: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Names a call may have."""
        if self.choice == "none" and not self.is_named:
            return frozenset()
        return frozenset(tool["function"]["name"] for tool in self.tools)

    @property
    def must_call(self) -> bool:
        """Whether the reply has to be a call."""
        return self.is_named or self.choice == "required"

    def system_message(self) -> list[Message]:
        """Return the message that tells the model of its tools; none without tools."""
        written = [tool for tool in self.tools if tool["function"]["name"] != INTERPRETER]
        return [Message(role="system", content=TOOL_SENTENCE, tools=written)] if written else []


def read_tools(request: ChatRequest) -> ToolRequest:
    """Return what a chat request wants of tools.

    Raises:
        ApiError: 400: a definition is malformed, a limit is passed, or the choice names nothing.
    """
    is_legacy = request.tools is None and request.functions is not None
    given, field = (request.functions, "functions") if is_legacy else (request.tools, "tools")
    choice = request.function_call if is_legacy else request.tool_choice
    tools = check_tools([{"type": "function", "function": item} for item in given or ()] if is_legacy else given)
    if not tools:
        if choice not in (None, "none", "auto"):
            param = "function_call" if is_legacy else "tool_choice"
            raise ApiError(400, "api-choice-without-tools", param=param, field=field)
        return ToolRequest()
    name = _named(choice)
    if name is None and choice is not None and choice not in CHOICES:
        raise ApiError(400, "api-tool-choice", param="tool_choice", value=shown(choice), known=", ".join(CHOICES))
    if name is not None and all(tool["function"]["name"] != name for tool in tools):
        raise ApiError(400, "api-unknown-tool", param="tool_choice", value=shown(name))
    return ToolRequest(tuple(tools), name or choice or "auto", name is not None, is_legacy)


def check_tools(given: Any) -> list[dict[str, Any]]:
    """Return tools in OpenAI's form after checking them. Raises ApiError (400)."""
    tools: list[dict[str, Any]] = []
    within(len(given or ()), LIMITS.tools, "tools")
    check_json(given or [], "tools", LIMITS.schema_depth, LIMITS.tools_bytes)
    for i, tool in enumerate(given or ()):
        if not isinstance(tool, Mapping) or tool.get("type", "function") != "function":
            raise ApiError(400, "api-tool-kind", param=f"tools[{i}].type", value=shown(tool))
        if not isinstance(tool.get("function"), Mapping):
            raise ApiError(400, "api-missing", param=f"tools[{i}].function")
        tools.append({"type": "function", "function": tool["function"]})
    # Every layout needs what "schema" needs, and a tool that is kept as it is must at least have a name.
    problems: list[Problem] = tool_problems(tools, "schema")
    if problems:
        place = str(problems[0].values.get("field") or "tools")
        raise ApiError(400, "api-refused", param=place, reason=problems[0].text())
    return tools


def _named(choice: Any) -> str | None:
    """Return the name in ``{"type": "function", "function": {"name": ...}}`` or ``{"name": ...}``."""
    if not isinstance(choice, Mapping):
        return None
    inner = choice.get("function", choice)
    name = inner.get("name") if isinstance(inner, Mapping) else None
    return name if isinstance(name, str) else None
