"""How a list of tools stands in a system message: the layouts ChatGLM3 meets, and the habits of schemas.

In: tools of ``schemas``, or any JSON definition (``Tool.given``). Out: the JSON value of a row's ``tools``. The layout
"openai" is what the serving API writes for a request of OpenAI's form. Read by ``episode_parts``.
"""

from __future__ import annotations

import random
from typing import Any, Literal

from glmkit.chat import tools_layout
from scripts.glmkit_mini.schemas import Parameter, Tool
from scripts.glmkit_mini.values import json_type

Layout = Literal["schema", "params", "openai"]
LAYOUTS: tuple[Layout, ...] = ("schema", "params", "openai")
LAYOUT_WEIGHTS = (45, 15, 40)

PYTHON_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list"}
NULLABLE_SHARE = 0.15  # of optional parameters
TITLED_SHARE = 0.04  # of tools: as pydantic writes them
CLOSED_SHARE = 0.06  # of tools: no other arguments


def write_tools(tools: list[Tool], layout: Layout, rng: random.Random) -> Any:
    """Return the tool list as a system message carries it."""
    if layout == "params":
        return {tool.name: _params_form(tool) for tool in tools}
    functions = [schema_form(tool, rng) for tool in tools]
    if layout == "openai":
        return [{"type": "function", "function": function} for function in functions]
    return functions


def schema_form(tool: Tool, rng: random.Random) -> dict[str, Any]:
    """Return a tool as ``{"name", "description", "parameters"}``, in one of the spellings of JSON Schema."""
    if tool.given is not None:
        return tool.given
    order = rng.choice(("first", "behind the type") if tool.is_plain else ("first", "behind the type", "last"))
    is_titled = not tool.is_plain and rng.random() < TITLED_SHARE
    properties = {}
    for parameter in tool.parameters:
        form = _typed(parameter, tool.is_plain, rng)
        described = {"description": parameter.description}
        begin = {"type": form.pop("type")} if order == "behind the type" and "type" in form else {}
        form = {**form, **described} if order == "last" else {**begin, **described, **form}
        if parameter.default is not None or (_is_nullable(form) and rng.random() < 0.6):
            form["default"] = parameter.default
        if is_titled:
            form = {"title": parameter.name.replace("_", " ").title(), **form}
        properties[parameter.name] = form
    required = [parameter.name for parameter in tool.parameters if parameter.required]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required or tool.is_plain or rng.random() < 0.4:
        schema["required"] = required
    if is_titled:
        schema["title"] = f"{tool.name}Arguments"
    if not tool.is_plain and rng.random() < CLOSED_SHARE:
        schema["additionalProperties"] = False
    return {"name": tool.name, "description": tool.description, "parameters": schema}


def _typed(parameter: Parameter, is_plain: bool, rng: random.Random) -> dict[str, Any]:
    form: dict[str, Any] = {"type": parameter.type}
    if parameter.kind == "enum":
        form["enum"] = list(parameter.choices)
    item = {"type": json_type(parameter.item_kind)}
    if parameter.kind.startswith("list:"):
        form["items"] = item
        if not is_plain and rng.random() < 0.15:
            form["minItems"] = 1
    if parameter.kind.startswith("pair:"):
        form |= {"prefixItems": [item, item]} if rng.random() < 0.7 else {"items": item}
        form |= {"minItems": 2, "maxItems": 2}
    if is_plain or parameter.required or parameter.default is not None:
        return form
    if rng.random() < NULLABLE_SHARE:
        if len(form) > 1 or rng.random() < 0.3:
            return {"anyOf": [form, {"type": "null"}]}
        form["type"] = [parameter.type, "null"]
    return form


def _is_nullable(form: dict[str, Any]) -> bool:
    return "anyOf" in form or isinstance(form.get("type"), list)


def _params_form(tool: Tool) -> dict[str, Any]:
    if tool.given is not None:
        form: dict[str, Any] = tools_layout.write_tools([tool.given], "original")[tool.name]
        return form
    params = []
    for parameter in tool.parameters:
        description = parameter.description
        if parameter.kind == "enum":
            joined = "、".join(parameter.choices) if tool.written == "zh" else ", ".join(parameter.choices)
            description += f"：{joined}" if tool.written == "zh" else f": {joined}"
        params.append(
            {
                "name": parameter.name,
                "description": description,
                "type": PYTHON_TYPES[parameter.type],
                "required": parameter.required,
            }
        )
    return {"name": tool.name, "description": tool.description, "params": params}
