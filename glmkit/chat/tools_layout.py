r"""How a list of tools is written for the model: three layouts, and reading the forms in which tools are given.

In: ``tools`` as a row or a request holds them. Out: the same tools in the layout chosen, or every fault with its field.
The protocol calls ``write_tools`` on every tool list it encodes, so training and serving cannot differ; data counts and
names faults with ``tool_problems``. One tool, "weather", in each layout::

    schema    [{"name": "weather", "description": "tells it", "parameters": {"type": "object",
                "properties": {"city": {"type": "string", "description": "where"}}, "required": ["city"]}}]
    original  {"weather": {"name": "weather", "description": "tells it",
                "params": [{"name": "city", "description": "where", "type": "str", "required": true}]}}
    natural   ["weather: tells it\nParameters: {\"city\": \"Required. string. where\"}"]

``schema`` is the form ChatGLM3 documents, ``original`` that of its composite demo, ``natural`` that of ToolAlpaca's
documentation. ``as_is`` leaves tools as they were given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glmkit.errors import ConfigError, DataError, Problem

AS_IS = "as_is"
LAYOUTS = (AS_IS, "schema", "original", "natural")

# JSON Schema's types and the names of Python's that the composite demo writes.
PYTHON_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
    "null": "None",
}
JSON_TYPES = {python: json_type for json_type, python in PYTHON_TYPES.items()} | {"tuple": "array"}
ANY = "Any"  # a parameter of no declared type
_GENERIC = re.compile(r"(list|tuple|dict)\[(.*)\]")


def write_tools(tools: Any, layout: str) -> Any:
    """Return a list of tools in ``layout``, a JSON value that stands behind the tool sentence.

    Known forms are the layouts themselves and OpenAI's ``{"type": "function", "function": {...}}``. Of a definition its
    name, description and parameters are kept, other keys (``strict``) are not.

    - schema: definitions without parameters get an empty object of them.
    - original: what ``params`` cannot say of a parameter (enum, nested properties, default) stands beside its type
      under "schema", and so do further keywords of the parameters object. Types have Python's names ("list[int]" for an
      array of integers, "Any" for none, "str | None" for several). Names in ``required`` without a property are left
      out.
    - natural: types, enums, nested properties and defaults are spelled out; other keywords are left out. Nothing is
      known of a tool's output, so no line tells of it.

    Text given in place of definitions cannot be turned back into them: such a list is returned as it is, in any layout.

    Raises:
        DataError: definitions are wrong, each fault with its field.
        ConfigError: there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ConfigError("chat-tools-layout", value=repr(layout), known=", ".join(LAYOUTS))
    if layout == AS_IS or is_text(tools):
        return tools
    reading = _Reading()
    functions = reading.functions(tools)
    if reading.problems:
        raise DataError(reading.problems)
    if layout == "original":
        return {function["name"]: _original(function) for function in functions}
    if layout == "natural":
        return ["\n".join(map(_natural, functions))] if functions else []
    return functions


def tool_problems(tools: Any, layout: str = "schema") -> list[Problem]:
    """Return what keeps ``tools`` from being written in ``layout``, each Problem with a ``field`` below "tools"."""
    if layout == AS_IS or is_text(tools):
        return []
    reading = _Reading()
    reading.functions(tools)
    return reading.problems


def is_text(tools: Any) -> bool:
    """Say whether tools are given as natural text, which can only be kept."""
    return isinstance(tools, list) and bool(tools) and all(isinstance(tool, str) for tool in tools)


def layout_of(tools: Any) -> str:
    """Return the layout that tools are in; "as_is" for any other form (OpenAI's, say), for mixed and for no tools."""
    if is_text(tools):
        return "natural"
    if not isinstance(tools, (list, Mapping)) or not tools:
        return AS_IS
    definitions = list(tools.values() if isinstance(tools, Mapping) else tools)
    if not all(isinstance(definition, Mapping) for definition in definitions):
        return AS_IS
    if isinstance(tools, Mapping):
        return "original" if all("params" in definition for definition in definitions) else AS_IS
    return "schema" if all("name" in definition and "params" not in definition for definition in definitions) else AS_IS


def written_layout(tools: Any, layout: str) -> str:
    """Return the layout of what ``write_tools`` writes, without writing it; tools that it would refuse are the
    caller's mistake."""
    if layout == AS_IS or is_text(tools) or not tools:
        return layout_of(tools)
    return layout


def common_layout(layouts: Iterable[str], otherwise: str) -> str:
    """Return the layout that all of ``layouts`` agree on, "" standing for no tools; ``otherwise`` where they do not."""
    found = {layout for layout in layouts if layout}
    return found.pop() if len(found) == 1 else otherwise


@dataclass(slots=True)
class _Reading:
    """Reads tools of any known form as definitions in the schema layout; ``problems`` holds what was wrong."""

    problems: list[Problem] = field(default_factory=list)

    def functions(self, tools: Any) -> list[dict[str, Any]]:
        """Return the definitions; of no use once there are problems."""
        if isinstance(tools, Mapping):
            entries = [(f"tools.{key}", definition, str(key)) for key, definition in tools.items()]
        elif isinstance(tools, list):
            entries = [(f"tools[{index}]", definition, "") for index, definition in enumerate(tools)]
        else:
            self._expect("tools", tools, list, "list or object")
            return []
        functions: list[dict[str, Any]] = []
        for place, definition, key in entries:
            function = self._function(place, definition, key)
            if any(function["name"] == other["name"] != "" for other in functions):
                self._fault("chat-tools-repeated", f"{place}.name", name=function["name"])
            functions.append(function)
        return functions

    def _function(self, place: str, definition: Any, key: str) -> dict[str, Any]:
        if isinstance(definition, Mapping) and isinstance(definition.get("function"), Mapping):
            place, definition = f"{place}.function", definition["function"]
        function: dict[str, Any] = {"name": "", "description": "", "parameters": {"type": "object", "properties": {}}}
        if not self._expect(place, definition, Mapping, "object"):
            return function
        function["name"] = self._name(place, {"name": key, **definition} if key else definition)
        if key and function["name"] not in ("", key):
            self._fault("chat-tools-key", f"{place}.name", name=function["name"], key=key)
        function["description"] = self._text(f"{place}.description", definition.get("description"))
        if "params" in definition:
            function["parameters"] = self._from_params(place, definition)
        elif definition.get("parameters") is not None:
            function["parameters"] = self._parameters(f"{place}.parameters", definition["parameters"])
        return function

    def _name(self, place: str, definition: Mapping[str, Any]) -> str:
        name = definition.get("name")
        if "name" not in definition:
            self._fault("chat-missing", f"{place}.name")
        elif self._expect(f"{place}.name", name, str, "string"):
            if name and name == name.strip() and "\n" not in name:
                return str(name)
            self._fault("chat-tool-name", f"{place}.name", value=repr(name))
        return ""

    def _text(self, place: str, value: Any) -> str:
        return value if value is not None and self._expect(place, value, str, "string") else ""

    def _parameters(self, place: str, given: Any) -> dict[str, Any]:
        """Check a JSON schema of parameters; what is right stays as it is, in its order."""
        if not self._expect(place, given, Mapping, "object"):
            return {}
        parameters = {"type": "object", **given}
        parameters.setdefault("properties", {})
        if parameters["type"] != "object":
            self._fault("chat-tools-parameters", f"{place}.type", value=repr(parameters["type"]))
        if self._expect(f"{place}.properties", parameters["properties"], Mapping, "object"):
            for name, value in parameters["properties"].items():
                self._property(f"{place}.properties.{name}", value)
        if self._expect(f"{place}.required", parameters.get("required", []), list, "list"):
            for index, name in enumerate(parameters.get("required", [])):
                self._expect(f"{place}.required[{index}]", name, str, "string")
        return parameters

    def _property(self, place: str, value: Any) -> None:
        if self._expect(place, value, Mapping, "object"):
            self._text(f"{place}.description", value.get("description"))
            types = value.get("type", [])
            for name in types if isinstance(types, list) else [types]:
                self._expect(f"{place}.type", name, str, "string")

    def _from_params(self, place: str, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Read the composite demo's list of parameters as a JSON schema."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        params = definition["params"]
        for index, item in enumerate(params if self._expect(f"{place}.params", params, list, "list") else []):
            where = f"{place}.params[{index}]"
            if not self._expect(where, item, Mapping, "object"):
                continue
            name = self._name(where, item)
            if name in properties:
                self._fault("chat-tools-repeated", f"{where}.name", name=name)
            rest = _without(self._rest(where, item), "type", "description")
            described = {"description": self._text(f"{where}.description", item.get("description"))}
            properties[name] = {**_json_type(self._text(f"{where}.type", item.get("type"))), **described, **rest}
            if self._expect(f"{where}.required", item.get("required", False), bool, "boolean") and item.get("required"):
                required.append(name)
        whole = {"type": "object", "properties": properties, **({"required": required} if required else {})}
        return whole | _without(self._rest(place, definition), "type", "properties", "required")

    def _rest(self, place: str, item: Mapping[str, Any]) -> dict[str, Any]:
        rest = item.get("schema", {})
        return dict(rest) if self._expect(f"{place}.schema", rest, Mapping, "object") else {}

    def _expect(self, place: str, value: Any, kind: Any, expected: str) -> bool:
        if not isinstance(value, kind):
            self._fault("chat-wrong-type", place, expected=expected, found=_kind_of(value))
        return isinstance(value, kind)

    def _fault(self, code: str, place: str, **values: Any) -> None:
        self.problems.append(Problem(code, values={"field": place, **values}))


def _kind_of(value: Any) -> str:
    names = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "list"}
    return "object" if isinstance(value, Mapping) else names.get(type(value), type(value).__name__)


def _without(value: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}


def _original(function: Mapping[str, Any]) -> dict[str, Any]:
    parameters = function["parameters"]
    params = []
    for name, value in parameters["properties"].items():
        python_type, rest = _python_type(_without(value, "description"))
        param = {"name": name, "description": value.get("description") or "", "type": python_type}
        param["required"] = name in parameters.get("required", [])
        params.append({**param, **({"schema": rest} if rest else {})})
    rest = _without(parameters, "type", "properties", "required")
    definition = {"name": function["name"], "description": function["description"], "params": params}
    return {**definition, **({"schema": rest} if rest else {})}


def _python_type(schema: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return Python's name for the type of a parameter, and what of its schema the name does not say."""
    rest = _without(schema, "type")
    given: Any = schema.get("type")
    if isinstance(given, list):
        return " | ".join(PYTHON_TYPES.get(str(name), str(name)) for name in given) or ANY, rest
    items = schema.get("items")
    if given == "array" and isinstance(items, Mapping) and list(items) == ["type"] and items["type"] in [*PYTHON_TYPES]:
        return f"list[{PYTHON_TYPES[items['type']]}]", _without(rest, "items")
    return PYTHON_TYPES.get(given, given) if given else ANY, rest


def _json_type(python_type: str) -> dict[str, Any]:
    """Return the schema keywords that a type in Python's words stands for."""
    if python_type in ("", ANY):
        return {}
    if generic := _GENERIC.fullmatch(python_type):
        items = {"items": {"type": JSON_TYPES[generic[2]]}} if generic[1] == "list" and generic[2] in JSON_TYPES else {}
        return {"type": JSON_TYPES[generic[1]], **items}
    names = [JSON_TYPES.get(name, name) for name in python_type.split(" | ")]
    return {"type": names[0] if len(names) == 1 else names}


def _natural(function: Mapping[str, Any]) -> str:
    parameters = function["parameters"]
    required = parameters.get("required", [])
    texts = {name: _natural_text(value, name in required) for name, value in parameters["properties"].items()}
    return f"{function['name']}: {_one_line(function['description'])}\nParameters: {_json(texts)}"


def _natural_text(schema: Mapping[str, Any], is_required: bool) -> str:
    """Return "Required. string. One of: [a, b]. Default: a. What it is." with the parts there are."""
    parts = ["Required."] if is_required else []
    if kind := _natural_type(schema):
        parts.append(f"{kind}.")
    if isinstance(schema.get("enum"), list):
        parts.append(
            f"One of: [{', '.join(value if isinstance(value, str) else _json(value) for value in schema['enum'])}]."
        )
    if "default" in schema:
        parts.append(f"Default: {_json(schema['default'])}.")
    return " ".join([*parts, _one_line(schema.get("description") or "")]).strip()


def _natural_type(schema: Any) -> str:
    given = schema.get("type") if isinstance(schema, Mapping) else None
    if given == "array":
        items = _natural_type(schema.get("items"))
        return f"Array[{items}]" if items else "Array"
    if given == "object":
        properties = schema.get("properties")
        fields = properties.items() if isinstance(properties, Mapping) else []
        inner = ", ".join(f"{name}: {kind}" if (kind := _natural_type(value)) else name for name, value in fields)
        return f"Object{{{inner}}}" if inner else "Object"
    return " | ".join(map(str, given)) if isinstance(given, list) else str(given or "")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
