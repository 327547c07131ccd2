"""``@tool``: a typed Python function that a model may call.

    @tool
    def get_weather(city: Annotated[str, "name of the city"], days: int = 1) -> dict[str, Any]:
        "Get the weather of a city."

Name, docstring and annotations become the definition that the model reads; the function itself is returned unchanged.
What a definition lacks is refused when the file is loaded. ``declared_in`` finds the tools of a loaded file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ParamSpec, TypeVar, overload

from glmkit.agent.annotations import describe, parameters_of
from glmkit.chat.reply import INTERPRETER
from glmkit.errors import ConfigError

TIME_LIMIT = 10.0  # seconds of one call
MAX_NAME = 64  # of OpenAI's API

_NAME = re.compile(r"[\w-]+")
_ATTRIBUTE = "glmkit_tool"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """What is known of a tool before it is called.

    Attributes:
        parameters: the JSON Schema of its arguments, an object.
        dangerous: the user is asked before every call.
        time_limit: seconds that one call may take.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    dangerous: bool = False
    time_limit: float = TIME_LIMIT

    def __post_init__(self) -> None:
        if len(self.name) > MAX_NAME or not _NAME.fullmatch(self.name):
            raise ConfigError("agent-tool-name", tool=repr(self.name), limit=MAX_NAME)
        if self.name == INTERPRETER:
            raise ConfigError("agent-tool-reserved", tool=self.name)
        if not self.time_limit > 0:
            raise ConfigError("agent-tool-time", tool=self.name, value=self.time_limit)

    def definition(self) -> dict[str, Any]:
        """Return ``{"name", "description", "parameters"}``, the form that ChatGLM3 documents."""
        return {"name": self.name, "description": self.description, "parameters": self.parameters}


@dataclass(frozen=True, slots=True)
class Declared:
    """A tool and the function behind it."""

    tool: Tool
    function: Callable[..., Any]


_declared: list[Declared] = []  # of this process, in the order of declaration


@overload
def tool(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def tool(
    *, name: str = "", dangerous: bool = False, time_limit: float = TIME_LIMIT
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str = "",
    dangerous: bool = False,
    time_limit: float = TIME_LIMIT,
) -> Any:
    """Declare a function as a tool, as ``@tool`` or ``@tool(dangerous=True)``.

    Args:
        function: typed in every parameter and with a docstring.
        name: its name for the model; the function's own by default.
        dangerous: ask the user before every call.
        time_limit: seconds of one call; what takes longer is killed.

    Raises:
        ConfigError: the docstring or an annotation is missing, or something in them cannot be told to a model.
    """
    if function is None:
        return lambda inner: _declare(inner, name, dangerous, time_limit)
    return _declare(function, name, dangerous, time_limit)


def _declare(function: Callable[P, R], name: str, dangerous: bool, time_limit: float) -> Callable[P, R]:
    name = name or function.__name__
    description = describe(function)[0]
    if not description:
        raise ConfigError("agent-tool-docstring", tool=name)
    declared = Declared(
        Tool(
            name=name,
            description=description,
            parameters=parameters_of(function, name),
            dangerous=dangerous,
            time_limit=time_limit,
        ),
        function,
    )
    setattr(function, _ATTRIBUTE, declared)
    _declared.append(declared)
    return function


def declared_in(module: ModuleType) -> list[Declared]:
    """Return the tools of a loaded module: those declared in it, then those it imported."""
    own = [declared for declared in _declared if declared.function.__module__ == module.__name__]
    named = [getattr(value, _ATTRIBUTE, None) for value in vars(module).values()]
    imported = [declared for declared in named if isinstance(declared, Declared) and declared not in own]
    return own + imported


def refuse_repeated(names: list[str], where: str = "") -> None:
    """Raise ConfigError for a name that two tools have."""
    for name in names:
        if names.count(name) > 1:
            raise ConfigError("agent-tool-repeated", where=where, tool=name)
