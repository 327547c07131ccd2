"""JSON Schemas of strangers: bounded, their references followed, their combinations written out as plain alternatives.

In: the schema of a tool's parameters. Out: ``alternatives``, each a dict without $ref, allOf, anyOf and oneOf. Nothing
is fetched. What the grammar cannot hold is left to whoever checks the finished call: not, if, dependent*, contains,
uniqueItems, patternProperties, propertyNames, min/maxProperties, multipleOf, and that only one of oneOf fits.
"""

from __future__ import annotations

import json
import math
from typing import Any

from glmkit.errors import RequestError

MAX_NODES = 20_000  # values in the JSON of a schema
MAX_STEPS = 10_000  # subschemas visited
MAX_NESTING = 64  # of that JSON, two levels for each property inside another
MAX_CHOICES = 1_000  # values of one enum
MAX_ALTERNATIVES = 64  # that one value may have
MAX_REFERENCES = 64  # followed one after the other without a property or an item between

_COMBINING = ("allOf", "anyOf", "oneOf", "$ref")
_LARGEST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_SMALLEST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_NUMERIC = (*_LARGEST, *_SMALLEST)

Schema = dict[str, Any]


def check_size(value: Any, field: str) -> None:
    """Walk a JSON value level by level, so that none is too deep for it.

    Raises:
        RequestError: too many values, nested too deeply, half a character, or a number that is not finite.
    """
    level, nodes = [value], 0
    for _ in range(MAX_NESTING + 1):
        nodes += len(level)
        if nodes > MAX_NODES:
            raise RequestError("serving-schema-large", field=field, limit=MAX_NODES)
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += item
                inner += item.values()
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and any("\ud800" <= c <= "\udfff" for c in item):
                raise RequestError("serving-schema-value", field=field, value=ascii(item[:40]))
            elif isinstance(item, float) and not math.isfinite(item):
                raise RequestError("serving-schema-value", field=field, value=item)
        if not inner:
            return
        level = inner
    raise RequestError("serving-schema-deep", field=field, limit=MAX_NESTING)


class SchemaReader:
    """Reads one schema; ``root`` is what its references point into."""

    def __init__(self, root: Any, field: str) -> None:
        check_size(root, field)
        self._root = root
        self._field = field
        self._steps = 0

    def alternatives(self, schema: Any, field: str, seen: tuple[str, ...] = ()) -> list[Schema]:
        """Return plain schemas of which a value must fit one; none when no value can.

        Raises:
            RequestError: a part that has no meaning, an unknown or endless reference, too many combinations; each
                names its field.
        """
        self._steps += 1
        if self._steps > MAX_STEPS:  # references that double the work at each level
            raise RequestError("serving-schema-large", field=self._field, limit=MAX_STEPS)
        if schema is True or schema is None:
            return [{}]
        if schema is False:
            return []
        if not isinstance(schema, dict):
            raise RequestError("serving-schema-shape", field=field, expected="object")
        _check_words(schema, field)
        found = [{word: value for word, value in schema.items() if word not in _COMBINING}]
        for index, part in enumerate(schema.get("allOf") or []):
            found = self._combined(found, self.alternatives(part, f"{field}.allOf[{index}]", seen), field)
        for word in ("anyOf", "oneOf"):
            if schema.get(word):
                branches = [
                    item
                    for index, part in enumerate(schema[word])
                    for item in self.alternatives(part, f"{field}.{word}[{index}]", seen)
                ]
                found = self._combined(found, branches, field)
        if schema.get("$ref") is not None:
            found = self._combined(found, self._referred(schema["$ref"], field, seen), field)
        return found

    def _combined(self, left: list[Schema], right: list[Schema], field: str) -> list[Schema]:
        if len(left) * len(right) > MAX_ALTERNATIVES:
            raise RequestError("serving-schema-alternatives", field=field, limit=MAX_ALTERNATIVES)
        return [both for one in left for other in right if (both := _both(one, other)) is not None]

    def _referred(self, reference: Any, field: str, seen: tuple[str, ...]) -> list[Schema]:
        if reference in seen or len(seen) > MAX_REFERENCES:
            raise RequestError("serving-schema-loop", field=f"{field}.$ref", value=repr(reference)[:80])
        target = self._root
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise RequestError("serving-schema-reference", field=f"{field}.$ref", value=repr(reference)[:80])
        for part in reference.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(target, list) and key.isdecimal() and int(key) < len(target):
                target = target[int(key)]
            elif isinstance(target, dict) and key in target:
                target = target[key]
            else:
                raise RequestError("serving-schema-reference", field=f"{field}.$ref", value=repr(reference)[:80])
        return self.alternatives(target, field, (*seen, reference))


_SHAPES = (
    (("properties",), dict, "object"),
    (("required", "enum", "prefixItems", "allOf", "anyOf", "oneOf"), list, "array"),
    (("pattern", "format"), str, "string"),
)


def _check_words(schema: Schema, field: str) -> None:
    for words, kind, expected in _SHAPES:
        for word in words:
            if schema.get(word) is not None and not isinstance(schema[word], kind):
                if word == "required" and isinstance(schema[word], bool):  # draft 3: about the property itself
                    continue
                raise RequestError("serving-schema-shape", field=f"{field}.{word}", expected=expected)
    for word in _NUMERIC:
        if schema.get(word) is not None and not isinstance(schema[word], (int, float)):
            raise RequestError("serving-schema-shape", field=f"{field}.{word}", expected="number")
    if len(schema.get("enum") or []) > MAX_CHOICES:
        raise RequestError(
            "serving-schema-choices", field=f"{field}.enum", found=len(schema["enum"]), limit=MAX_CHOICES
        )


def types_of(schema: Schema) -> list[str]:
    """Return the JSON types a value may have; unknown words for a type ("dict", "any") forbid nothing."""
    every = ["string", "integer", "number", "boolean", "null", "array", "object"]
    given = schema.get("type")
    names = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    if not names or not all(name in every for name in names):
        return every
    return [*names, "null"] if schema.get("nullable") is True and "null" not in names else names


def choices_of(schema: Schema) -> list[Any] | None:
    """Return the values that ``enum`` and ``const`` leave, of the right type; None when there is neither."""
    if "const" in schema:
        values = [schema["const"]]
    elif schema.get("enum") is not None:
        values = list(schema["enum"])
    else:
        return None
    return [value for value in values if any(_is_of_type(value, name) for name in types_of(schema))]


def _is_of_type(value: Any, name: str) -> bool:
    if name in ("integer", "number"):
        return not isinstance(value, bool) and (
            isinstance(value, int) or (isinstance(value, float) and (name == "number" or value.is_integer()))
        )
    known = {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}
    return isinstance(value, known[name])


def _both(one: Schema, other: Schema) -> Schema | None:
    """Return the schema of what fits both; None when their types or choices have nothing in common."""
    both: Schema = {**one, **other}
    if "type" in one and "type" in other:
        both["type"] = _common_types(types_of(one), types_of(other))
        both.pop("nullable", None)
        if not both["type"]:
            return None
    left, right = choices_of(one), choices_of(other)
    if left is not None and right is not None:
        same = {json.dumps(value, sort_keys=True) for value in right}
        both["enum"] = [value for value in left if json.dumps(value, sort_keys=True) in same]
        both.pop("const", None)
        if not both["enum"]:
            return None
    for words, choose in ((_LARGEST, max), (_SMALLEST, min)):
        both.update({word: choose(one[word], other[word]) for word in words if word in one and word in other})
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        both["required"] = [*one["required"], *other["required"]]
    if "items" in one and "items" in other:
        both["items"] = {"allOf": [one["items"], other["items"]]}
    properties = {**(one.get("properties") or {})}
    for name, value in (other.get("properties") or {}).items():
        properties[name] = {"allOf": [properties[name], value]} if name in properties else value
    for closed in (one, other):
        if closed.get("additionalProperties") is False:
            properties = {name: value for name, value in properties.items() if name in (closed.get("properties") or {})}
            both["additionalProperties"] = False
    if "properties" in both:
        both["properties"] = properties
    return both


def _common_types(left: list[str], right: list[str]) -> list[str]:
    wide = [name for name in left if name in right]
    wide += ["integer" for a, b in ((left, right), (right, left)) if "integer" in a and "number" in b]
    return list(dict.fromkeys(wide))
