"""Whether a call's arguments fit the JSON Schema of their tool, for schemas nobody vouches for.

In: a schema and a value, both JSON. Out: what does not fit, by kind. The check of data and the agent call it.

Checked are type, enum, const, required, properties, additionalProperties, items, prefixItems, anyOf, oneOf (as anyOf),
allOf, nullable and $ref inside the schema; unknown words and unknown types ("dict") say nothing and forbid nothing.
Not checked: bounds, lengths, formats, conditions, and ``pattern``, since a regular expression of a stranger may run for
hours. Nothing is fetched. The work on one value is bounded (MAX_STEPS); a schema that asks for more is not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from glmkit.chat.printable import printable, shown

MAX_STEPS = 10_000  # subschemas visited for one value; a real call needs tens
MAX_DEPTH = 60  # references and subschemas inside each other, far below Python's own limit
MAX_SHOWN_CHOICES = 8

Kind = Literal["missing", "unknown", "type", "enum", "form", "extra"]

# Words beside ``properties`` that may allow a property ``properties`` does not name.
OTHER_PROPERTIES = frozenset(("patternProperties", "$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas"))
_BRANCHES = ("anyOf", "oneOf")
_COMPOUND = frozenset((*_BRANCHES, "allOf", "$ref"))


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing in a value that its schema does not allow, or, for kind "extra", does not know.

    ``values`` hold the ``argument`` by its path, such as ``stops[2].city``, and, by kind:

    - missing: nothing else
    - unknown, extra: ``known`` (names)
    - type, form (fits none of anyOf): ``value``, ``expected``
    - enum: ``value``, ``choices``
    """

    kind: Kind
    values: Mapping[str, Any]


class _TooMuch(Exception):
    """The schema asks for more work than a tool's would."""


def mismatches(schema: Any, arguments: Mapping[str, Any]) -> list[Mismatch]:
    """Return what does not fit; nothing where the schema asks for more work than MAX_STEPS."""
    try:
        return list(_Walk(schema).visit(schema, arguments, "", 0))
    except _TooMuch:
        return []


def malformed(schema: Any, path: str) -> Iterator[dict[str, Any]]:
    """Yield the parts of a schema that have no meaning, as ``path``, ``value`` and ``expected`` (a JSON type).

    A null is an absent part: tables that data sets are kept in fill up every row with them.
    """
    if not isinstance(schema, dict):
        if schema is not None and not isinstance(schema, bool):
            yield {"path": path, "value": shown(schema), "expected": "object"}
        return
    for word, expected, is_fine in _SHAPES:
        if schema.get(word) is not None and not is_fine(schema[word]):
            yield {"path": f"{path}.{word}", "value": shown(schema[word]), "expected": expected}
    for inner_path, inner in _subschemas(schema, path):
        yield from malformed(inner, inner_path)


def is_schema(parameters: Any) -> bool:
    """Say whether ``parameters`` is meant as a JSON Schema; some data sets list arguments by name instead."""
    return isinstance(parameters, dict) and (
        "properties" in parameters or isinstance(parameters.get("type"), (str, list))
    )


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_SHAPES: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("type", "string", lambda value: isinstance(value, str) or _is_names(value)),
    ("properties", "object", lambda value: isinstance(value, dict)),
    ("required", "array of strings", lambda value: isinstance(value, bool) or _is_names(value)),  # draft 3: a boolean
    ("enum", "array", lambda value: isinstance(value, list)),
    ("items", "object", lambda value: isinstance(value, (dict, bool, list))),
    ("anyOf", "array", lambda value: isinstance(value, list)),
    ("oneOf", "array", lambda value: isinstance(value, list)),
    ("allOf", "array", lambda value: isinstance(value, list)),
    ("additionalProperties", "boolean or object", lambda value: isinstance(value, (bool, dict))),
)


def _subschemas(schema: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, inner in properties.items():
            yield f"{path}.properties.{printable(name)}", inner
    for word in (*_BRANCHES, "allOf", "items"):
        inner = schema.get(word)
        if isinstance(inner, list):
            yield from ((f"{path}.{word}[{index}]", item) for index, item in enumerate(inner))
        elif word == "items" and isinstance(inner, dict):
            yield f"{path}.items", inner


class _Walk:
    """One walk through a value beside its schema; counts the steps."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps = 0

    def visit(self, schema: Any, value: Any, path: str, depth: int) -> Iterator[Mismatch]:
        self._steps += 1
        if self._steps > MAX_STEPS or depth > MAX_DEPTH:
            raise _TooMuch
        if not isinstance(schema, dict) or (value is None and schema.get("nullable") is True):
            return
        if (mismatch := _own_mismatch(schema, value, path)) is not None:
            yield mismatch
            return
        if isinstance(value, dict):
            yield from self._object(schema, value, path, depth)
        elif isinstance(value, list):
            yield from self._array(schema, value, path, depth)
        if _COMPOUND.isdisjoint(schema):
            return
        for inner in _listed(schema, "allOf"):
            yield from self.visit(inner, value, path, depth + 1)
        for word in _BRANCHES:
            branches = _listed(schema, word)
            if branches and not any(self._fits(branch, value, depth + 1) for branch in branches):
                expected = " | ".join(dict.fromkeys(_named(branch) for branch in branches[:MAX_SHOWN_CHOICES]))
                yield Mismatch("form", {"argument": path, "value": shown(value), "expected": expected})
        if isinstance(reference := schema.get("$ref"), str):
            yield from self.visit(self._resolved(reference), value, path, depth + 1)

    def _fits(self, schema: Any, value: Any, depth: int) -> bool:
        return schema is not False and all(found.kind == "extra" for found in self.visit(schema, value, "", depth))

    def _object(self, schema: dict[str, Any], value: dict[str, Any], path: str, depth: int) -> Iterator[Mismatch]:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        for name in _listed(schema, "required"):
            if isinstance(name, str) and name not in value:
                yield Mismatch("missing", {"argument": _inside(path, name)})
        others = schema.get("additionalProperties")
        for name, item in value.items():
            inner = _inside(path, name)
            if name in properties:
                yield from self.visit(properties[name], item, inner, depth + 1)
            elif others is False and "patternProperties" not in schema:
                yield Mismatch("unknown", {"argument": inner, "known": _choices(list(properties))})
            elif isinstance(others, dict):
                yield from self.visit(others, item, inner, depth + 1)
            elif properties and others is None and not OTHER_PROPERTIES & schema.keys():
                yield Mismatch("extra", {"argument": inner, "known": _choices(list(properties))})

    def _array(self, schema: dict[str, Any], value: list[Any], path: str, depth: int) -> Iterator[Mismatch]:
        items = schema.get("items")
        first = items if isinstance(items, list) else _listed(schema, "prefixItems")
        for index, item in enumerate(value):
            inner = first[index] if index < len(first) else items
            if isinstance(inner, dict):
                yield from self.visit(inner, item, f"{path}[{index}]", depth + 1)

    def _resolved(self, reference: str) -> Any:
        """Return what a reference into this very schema points to; True, which allows everything, for any other."""
        if not reference.startswith("#"):
            return True
        target = self._root
        for part in reference[1:].split("/")[1:]:
            target = target.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
        return target


def _own_mismatch(schema: dict[str, Any], value: Any, path: str) -> Mismatch | None:
    """Compare the value itself, not what is inside it."""
    types = schema.get("type")
    if types == "string" and isinstance(value, str) and "enum" not in schema and "const" not in schema:
        return None  # what most arguments are
    types = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    if types and not any(_is_of_type(value, name) for name in types):
        expected = " | ".join(map(str, types))
        return Mismatch("type", {"argument": path, "value": shown(value), "expected": expected})
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(choices, list) and not any(_is_equal(value, choice) for choice in choices):
        return Mismatch("enum", {"argument": path, "value": shown(value), "choices": _choices(choices)})
    return None


def _is_of_type(value: Any, name: Any) -> bool:
    if name == "integer":
        return not isinstance(value, bool) and (
            isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        )
    if name == "number":
        return not isinstance(value, bool) and isinstance(value, (int, float))
    known = {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}
    return not isinstance(name, str) or name not in known or isinstance(value, known[name])


def _is_equal(value: Any, choice: Any) -> bool:
    return value == choice and isinstance(value, bool) == isinstance(choice, bool)  # to Python, 1 equals True


def _listed(schema: dict[str, Any], word: str) -> list[Any]:
    value = schema.get(word)
    return value if isinstance(value, list) else []


def _inside(path: str, name: str) -> str:
    return f"{path}.{printable(name)}" if path else printable(name)


def _named(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "any"
    name = schema.get("type") or schema.get("$ref") or ("enum" if "enum" in schema else "…")
    return " | ".join(map(str, name)) if isinstance(name, list) else str(name)


def _choices(values: list[Any]) -> str:
    texts = [printable(value) if isinstance(value, str) else shown(value) for value in values[:MAX_SHOWN_CHOICES]]
    return ", ".join(texts) + (", …" if len(values) > MAX_SHOWN_CHOICES else "") or "-"
