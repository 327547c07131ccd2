"""A row's tools and calls: what is declared twice or without a name, and calls that the declared tools do not allow.

In: a row in the original's format that ``chat.validation`` found no fault in. Out: faults and remarks, their fields in
that format. Called by read.py for every row, so a tool list is read once and remembered by its content.

Only a list of JSON objects declares tools in a form that can be checked. Documents in natural language (ToolAlpaca's)
and other layouts say nothing here, and a row without tools may call what it likes.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from glmkit.chat.calls import looks_like_call, parse_call
from glmkit.chat.json_schema import Kind, is_schema, malformed, mismatches
from glmkit.chat.memo import Memo
from glmkit.chat.printable import printable, shown
from glmkit.data.schema_fits import Fits, make_fits
from glmkit.errors import Problem

MAX_SHOWN_TOOLS = 8

CODES: Mapping[Kind, str] = {
    "missing": "data-call-missing",
    "unknown": "data-call-unknown",
    "type": "data-call-type",
    "enum": "data-call-enum",
    "form": "data-call-form",
    "extra": "data-remark-extra-argument",
}


@dataclass(slots=True)
class Findings:
    """What is wrong with a row, and what is merely worth saying about it."""

    faults: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Declared:
    """The tools of one list: schemas by name, and what is wrong with the list, its fields without the list's name."""

    schemas: Mapping[str, Any]  # None where a tool does not say what its arguments are
    fits: Mapping[str, Fits]  # by name, the quick check of arguments
    faults: tuple[Problem, ...]
    remarks: tuple[Problem, ...]


_remembered: Memo[_Declared | None] = Memo()


def check_tools(row: Mapping[str, Any]) -> Findings:
    """Check the declared tools, then every call against them."""
    findings = Findings()
    schemas: dict[str, Any] = {}
    fits: dict[str, Fits] = {}
    is_checkable = False
    for name, tools in _tool_lists(row):
        declared = _declared_by(tools)
        if declared is None:  # some of the tools are unknown, so no call can be called wrong
            schemas, is_checkable = {}, False
            break
        is_checkable = True
        schemas.update(declared.schemas)
        fits.update(declared.fits)
        findings.faults += (_inside(name, problem) for problem in declared.faults)
        findings.remarks += (_inside(name, problem) for problem in declared.remarks)
    if findings.faults:  # what a broken list allows is unknown
        return findings
    for place, tool, arguments in _calls(row, findings):
        for argument in arguments:
            if not argument.isidentifier() or keyword.iskeyword(argument):
                values = {"field": place, "tool": printable(tool), "argument": shown(argument)}
                findings.remarks.append(Problem("data-remark-argument-name", values=values))
        if is_checkable and not (tool in fits and fits[tool](arguments)):
            _check_call(findings, schemas, place, tool, arguments)
    return findings


def _check_call(
    findings: Findings, schemas: Mapping[str, Any], place: str, tool: str, arguments: Mapping[str, Any]
) -> None:
    values = {"field": place, "tool": printable(tool)}
    if tool not in schemas:
        known = ", ".join(map(printable, list(schemas)[:MAX_SHOWN_TOOLS]))
        known += ", …" if len(schemas) > MAX_SHOWN_TOOLS else ""
        findings.faults.append(Problem("data-call-undeclared", values={**values, "known": known}))
        return
    for mismatch in mismatches(schemas[tool], arguments):
        problem = Problem(CODES[mismatch.kind], values={**values, **mismatch.values})
        (findings.remarks if mismatch.kind == "extra" else findings.faults).append(problem)


def _calls(row: Mapping[str, Any], findings: Findings) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield (field, tool, arguments) of every call, whether it is a ``tool`` message or spelled out in the text."""
    for index, message in enumerate(row["conversations"]):
        place = f"conversations[{index}]"
        if message["role"] == "tool":
            yield place, message["name"], message["parameters"]
        elif message["role"] == "assistant" and message.get("metadata") and looks_like_call(message["content"]):
            arguments = parse_call(message["content"])
            if not isinstance(arguments, Problem):
                yield place, message["metadata"], arguments
            elif "tool_call(" in message["content"]:  # a fence alone is code, the interpreter's
                values = {"field": place, "tool": printable(message["metadata"]), "reason": arguments.text()}
                findings.remarks.append(Problem("data-remark-unreadable-call", values=values))


def _tool_lists(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if row.get("tools"):
        yield "tools", row["tools"]
    for index, message in enumerate(row["conversations"]):
        if message["role"] == "system" and message.get("tools"):
            yield f"conversations[{index}].tools", message["tools"]


def _declared_by(tools: Any) -> _Declared | None:
    """Return what a tool list declares, or None when it is not in a form that can be checked."""
    if not isinstance(tools, list) or any(isinstance(tool, str) for tool in tools):
        return None
    return _remembered.get(tools, lambda: _read_tools(tools))


def _read_tools(tools: list[Any]) -> _Declared | None:
    functions = [_unwrapped(tool) for tool in tools]
    if not any(
        isinstance(function, dict) and ("name" in function or is_schema(function.get("parameters")))
        for function in functions
    ):
        return None
    schemas: dict[str, Any] = {}
    faults: list[Problem] = []
    remarks: list[Problem] = []
    for index, function in enumerate(functions):
        place = f"[{index}]"
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str) or not name.strip():
            faults.append(Problem("data-tool-unnamed", values={"field": place, "value": shown(tools[index])}))
            continue
        if name in schemas:
            faults.append(Problem("data-tool-repeated", values={"field": place, "tool": printable(name)}))
        if not name.replace("-", "_").isidentifier():
            remarks.append(Problem("data-remark-tool-name", values={"field": place, "tool": shown(name)}))
        parameters = function.get("parameters")
        schemas[name] = parameters if is_schema(parameters) else None
        broken = list(malformed(parameters, "parameters")) if is_schema(parameters) else []
        if parameters is not None and not isinstance(parameters, dict):
            broken = [{"path": "parameters", "value": shown(parameters), "expected": "object"}]
        values = {"field": place, "tool": printable(name)}
        faults += (Problem("data-tool-schema", values={**values, **part}) for part in broken)
    fits = {} if faults else {name: make_fits(schema) for name, schema in schemas.items()}
    return _Declared(schemas, fits, tuple(faults), tuple(remarks))


def _unwrapped(tool: Any) -> Any:
    """Return the function of OpenAI's {"type": "function", "function": {...}}."""
    return tool["function"] if isinstance(tool, dict) and isinstance(tool.get("function"), dict) else tool


def _inside(name: str, problem: Problem) -> Problem:
    return Problem(problem.code, values={**problem.values, "field": f"{name}{problem.values['field']}"})
