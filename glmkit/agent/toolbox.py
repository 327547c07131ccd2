"""All tools of a conversation, wherever they run: one list of definitions, one door for every call.

In: sources (Python files, MCP servers, a person). A call is checked here against its tool's schema before anything
runs; whatever goes wrong becomes a ``ToolResult`` that the model can read. Called by loop.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from glmkit.agent.cancellation import Cancellation
from glmkit.agent.result import ToolResult, clean
from glmkit.agent.tool import Tool, refuse_repeated
from glmkit.chat.json_schema import Kind, Mismatch, mismatches
from glmkit.chat.printable import printable
from glmkit.errors import message

MAX_SHOWN_TOOLS = 16

_CODES: Mapping[Kind, str] = {
    "missing": "agent-argument-missing",
    "unknown": "agent-argument-unknown",
    "extra": "agent-argument-unknown",
    "type": "agent-argument-type",
    "enum": "agent-argument-enum",
    "form": "agent-argument-type",
}


class ToolSource(Protocol):
    """Where tools come from and run."""

    @property
    def tools(self) -> Sequence[Tool]:
        """The tools, in order."""

    def call(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> ToolResult:
        """Run a call whose arguments fit its schema; raises Cancelled, everything else is a result."""

    def close(self) -> None:
        """End processes and connections."""


class Toolbox:
    """The tools of several sources.

    Raises:
        ConfigError: two tools have the same name.
    """

    def __init__(self, sources: Sequence[ToolSource]) -> None:
        self._sources = tuple(sources)
        refuse_repeated([tool.name for source in sources for tool in source.tools])
        self._by_name = {tool.name: (tool, source) for source in sources for tool in source.tools}

    @property
    def tools(self) -> list[Tool]:
        """Every tool, source by source."""
        return [tool for tool, _ in self._by_name.values()]

    def is_dangerous(self, name: str) -> bool:
        """Whether the user must agree to every call of this tool."""
        return name in self._by_name and self._by_name[name][0].dangerous

    def refusal(self, name: str, arguments: Mapping[str, Any], offered: Sequence[str]) -> str | None:
        """Return why a call cannot be made, as the model should read it, or None for one that can.

        ``offered`` are the tools that the model was told of: others do not exist for it.
        """
        if name not in offered or name not in self._by_name:
            return unknown_tool(name, [tool for tool in offered if tool in self._by_name])
        schema = self._by_name[name][0].parameters
        found = mismatches(schema, arguments)
        if not found:
            return None
        known = ", ".join(schema.get("properties", {})) or "-"
        faults = "; ".join(_sentence(mismatch) for mismatch in found[:MAX_SHOWN_TOOLS])
        return clean(message("agent-call-refused", tool=name, faults=faults, known=known))

    def call(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> ToolResult:
        """Run a call that ``refusal`` has nothing against; raises Cancelled."""
        return self._by_name[name][1].call(name, arguments, cancellation)

    def close(self) -> None:
        """End processes and connections of every source."""
        for source in self._sources:
            source.close()


@dataclass(frozen=True, slots=True)
class ManualTools:
    """Tools that a person answers for, as in the original's manual mode.

    Attributes:
        tools: what the model is told.
        answer: gives the result of a call from its name and arguments; blocks until the person has answered, and may
            raise Cancelled.
    """

    tools: Sequence[Tool]
    answer: Callable[[str, Mapping[str, Any], Cancellation], str]

    def call(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> ToolResult:
        """Return what the person answers."""
        return ToolResult(text=clean(self.answer(name, arguments, cancellation)))

    def close(self) -> None:
        """Do nothing; a person has no process."""


def unknown_tool(name: str, offered: Sequence[str]) -> str:
    """Return what a model reads that called a tool nobody offered."""
    known = ", ".join(offered[:MAX_SHOWN_TOOLS]) + (", …" if len(offered) > MAX_SHOWN_TOOLS else "")
    return clean(message("agent-call-unknown", tool=printable(name[:64]), known=known or "-"))


def _sentence(mismatch: Mismatch) -> str:
    return message(_CODES[mismatch.kind], **mismatch.values)
