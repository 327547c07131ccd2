"""A Python function's signature -> the JSON Schema of its arguments, and JSON arguments -> what the function expects.

In: a function with typed parameters. Out: ``parameters_of``, a schema; ``convert``, the arguments of one call. What
cannot become a schema is refused when the tool is declared, never when it is called. Called by tool.py.
"""

from __future__ import annotations

import inspect
import json
import re
import textwrap
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from glmkit.errors import ConfigError

_SIMPLE: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    list: {"type": "array"},
    tuple: {"type": "array"},
    dict: {"type": "object"},
    type(None): {"type": "null"},
    Any: {},
}
KNOWN_TYPES = "str, int, float, bool, list, tuple, dict, None, Any, Literal, X | Y, TypedDict, Annotated[X, 'text']"

# "Args:" of a docstring and the other headings that end it.
_HEADING = re.compile(
    r"^(Args|Arguments|Parameters|Returns|Raises|Yields|Example|Examples|Note|Notes):\s*$", re.MULTILINE
)
_ARGUMENT = re.compile(r"(\w+)(?: \([^)]*\))?: *(.*)")


class _NoSchema(Exception):
    """An annotation that no JSON Schema stands for."""


def describe(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Return a docstring as (what the tool does, texts of its arguments); its further sections are left out."""
    text = inspect.getdoc(function) or ""
    pieces = _HEADING.split(text)
    sections = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    arguments = next((sections[name] for name in ("Args", "Arguments", "Parameters") if name in sections), "")
    texts: dict[str, str] = {}
    name = ""
    for line in textwrap.dedent(arguments).strip().splitlines():
        if found := _ARGUMENT.match(line):  # not indented within its section: a new argument
            name, text = found.groups()
            texts[name] = text
        elif name:
            texts[name] = f"{texts[name]} {line.strip()}".strip()
    return pieces[0].strip(), texts


def parameters_of(function: Callable[..., Any], name: str) -> dict[str, Any]:
    """Return the schema of ``function``'s arguments: an object, its properties in the order of the parameters.

    ``Annotated[type, "description"]`` describes a parameter, and so does an ``Args:`` section of the docstring. The
    original registry's ``Annotated[type, "description", required]`` is accepted; without the third part a parameter is
    required when it has no default.

    Raises:
        ConfigError: with the first parameter that has no annotation, one that is no JSON type, a default that is no
            JSON value, or that cannot be given by name.
    """
    hints = _hints(function, name)
    texts = describe(function)[1]
    properties: dict[str, Any] = {}
    required: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        values: dict[str, Any] = {"tool": name, "parameter": parameter.name}
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ConfigError("agent-tool-by-name", **values)
        if parameter.name not in hints:
            raise ConfigError("agent-tool-annotation", **values)
        annotation = hints[parameter.name]
        try:
            schema = schema_of(annotation)
        except _NoSchema as error:
            raise ConfigError("agent-tool-type", annotation=error, known=KNOWN_TYPES, **values) from error
        if texts.get(parameter.name):
            schema.setdefault("description", texts[parameter.name])
        if parameter.default is not parameter.empty:
            schema["default"] = _json_default(parameter.default, values)
        properties[parameter.name] = schema
        if _is_required(annotation, parameter):
            required.append(parameter.name)
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def schema_of(annotation: Any) -> dict[str, Any]:
    """Return the JSON Schema of a type annotation; raises _NoSchema for one that has none."""
    if annotation in _SIMPLE:
        return dict(_SIMPLE[annotation])
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        schema = schema_of(args[0])
        text = next((part for part in args[1:] if isinstance(part, str)), "")
        return {**schema, "description": text} if text else schema
    if origin is Literal:
        return _choice(args)
    if origin in (Union, types.UnionType):
        return _union([schema_of(arg) for arg in args])
    if origin in (list, Sequence):
        return {"type": "array", "items": schema_of(args[0])}
    if origin is tuple:
        if len(args) == 2 and args[1] is ...:
            return {"type": "array", "items": schema_of(args[0])}
        return {"type": "array", "prefixItems": [*map(schema_of, args)], "minItems": len(args), "maxItems": len(args)}
    if origin in (dict, Mapping) and args[0] is str:
        return {"type": "object", "additionalProperties": schema_of(args[1])}
    if typing.is_typeddict(annotation):
        hints = typing.get_type_hints(annotation, include_extras=True)
        required = [key for key in hints if key in annotation.__required_keys__]
        return {"type": "object", "properties": {k: schema_of(v) for k, v in hints.items()}, "required": required}
    raise _NoSchema(inspect.formatannotation(annotation))


def convert(function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON arguments as ``function`` expects them: tuples for lists, 3 for 3.0, None where nothing was given.

    Raises:
        ValueError: a tuple of another length.
    """
    hints = typing.get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    converted = {name: _converted(hints.get(name), value) for name, value in arguments.items()}
    missing = {p.name: None for p in parameters if p.name not in arguments and p.default is p.empty}
    return converted | missing


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception as error:  # an annotation is evaluated here: anything may come of it
        raise ConfigError("agent-tool-hints", tool=name, reason=f"{type(error).__name__}: {error}") from error


def _is_required(annotation: Any, parameter: inspect.Parameter) -> bool:
    if get_origin(annotation) is Annotated:
        for part in get_args(annotation)[1:]:
            if isinstance(part, bool):
                return part
    return parameter.default is parameter.empty


def _json_default(default: Any, values: Mapping[str, Any]) -> Any:
    try:
        return json.loads(json.dumps(default, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError("agent-tool-default", default=repr(default)[:60], **values) from error


def _choice(values: Sequence[Any]) -> dict[str, Any]:
    if not all(value is None or isinstance(value, (str, int, bool)) for value in values):
        raise _NoSchema(f"Literal[{', '.join(map(repr, values))}]")
    kinds = {_SIMPLE[type(value)]["type"] for value in values}
    return {**({"type": kinds.pop()} if len(kinds) == 1 else {}), "enum": list(values)}


def _union(schemas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if all(list(schema) == ["type"] for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": list(schemas)}


def _converted(annotation: Any, value: Any) -> Any:
    for kind in _alternatives(annotation):
        origin = get_origin(kind) or kind
        if origin is tuple and isinstance(value, list):
            return _tuple(get_args(kind), value)
        if origin is int and isinstance(value, float) and value.is_integer():
            return int(value)
        if origin is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
    return value


def _alternatives(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for arg in get_args(annotation) for kind in _alternatives(arg)]
        yield from (kind for kind in kinds if not (kind is float and int in kinds))  # an int is as good as it is
    else:
        yield annotation


def _tuple(kinds: Sequence[Any], value: list[Any]) -> tuple[Any, ...]:
    if not kinds or kinds[-1] is ...:
        return tuple(_converted(kinds[0] if kinds else Any, item) for item in value)
    if len(kinds) != len(value):
        raise ValueError(f"{len(kinds)} values expected, {len(value)} given")
    return tuple(_converted(kind, item) for kind, item in zip(kinds, value, strict=True))
