"""A quick yes to arguments that fit their schema, which is turned into functions once; ``json_schema`` walks it.

In: the schema of a tool. Out: a function of a call's arguments that says True only where ``json_schema.mismatches``
finds nothing, and False where it may find something or the schema is not of the plain kind. Called by tool_checks.py,
which asks the slow way after a False; nearly every call of a real file fits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glmkit.chat.json_schema import OTHER_PROPERTIES

MAX_SUBSCHEMAS = 300  # of a schema; together with the size of a row it bounds the work on one value

Fits = Callable[[Any], bool]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),  # 2.0 is one, too: left to the slow way
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_SLOW = ("$ref", "allOf", "prefixItems", "const")


def make_fits(schema: Any) -> Fits:
    """Return the function for a schema that ``json_schema.malformed`` finds nothing wrong with."""
    return _Compiler().fits(schema)


def _always(value: Any) -> bool:
    return True


def _never(value: Any) -> bool:
    return False


class _Compiler:
    """Turns one schema into a function; counts the subschemas."""

    def __init__(self) -> None:
        self._num_subschemas = 0

    def fits(self, schema: Any) -> Fits:
        self._num_subschemas += 1
        if not isinstance(schema, dict):
            return _always
        if self._num_subschemas > MAX_SUBSCHEMAS or any(word in schema for word in _SLOW):
            return _never
        types = _python_types(schema)
        choices = schema.get("enum")
        if isinstance(choices, list) and not all(isinstance(choice, str) for choice in choices):
            return _never
        parts: list[Fits] = []
        if isinstance(choices, list):
            texts = frozenset(choices)
            parts.append(lambda value: type(value) is str and value in texts)
        if types is None or dict in types:
            parts += self._object(schema)
        if types is None or list in types:
            parts += self._array(schema)
        for word in ("anyOf", "oneOf"):
            if branches := schema.get(word):
                parts.append(self._branches(branches))
        return _joined(types, parts, schema.get("nullable") is True)

    def _object(self, schema: dict[str, Any]) -> list[Fits]:
        properties = schema.get("properties") or {}
        required = schema.get("required")
        names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
        others = schema.get("additionalProperties")
        checks = {name: self.fits(inner) for name, inner in properties.items()}
        if isinstance(others, dict):
            other = self.fits(others)
        elif others is False:
            other = _always if "patternProperties" in schema else _never
        else:
            is_open = others is not None or not properties or OTHER_PROPERTIES & schema.keys()
            other = _always if is_open else _never
        if not names and not checks and other is _always:
            return []

        def fits_object(value: Any) -> bool:
            if type(value) is not dict:
                return True
            for name in names:
                if name not in value:
                    return False
            for name, item in value.items():  # noqa: SIM110 (twice as fast as all())
                if not checks.get(name, other)(item):
                    return False
            return True

        return [fits_object]

    def _array(self, schema: dict[str, Any]) -> list[Fits]:
        items = schema.get("items")
        if isinstance(items, list):
            return [_never]
        if not isinstance(items, dict):
            return []
        fits_item = self.fits(items)
        return [lambda value: type(value) is not list or all(map(fits_item, value))]

    def _branches(self, branches: list[Any]) -> Fits:
        ways = [self.fits(branch) for branch in branches if branch is not False]
        return lambda value: any(fits(value) for fits in ways)


def _python_types(schema: dict[str, Any]) -> frozenset[type] | None:
    """Return the types that a value may have; None for any."""
    names = schema.get("type")
    names = [names] if isinstance(names, str) else names
    if not names or any(name not in _TYPES for name in names):  # a type nobody knows forbids nothing
        return None
    return frozenset(kind for name in names for kind in _TYPES[name])


def _joined(types: frozenset[type] | None, parts: list[Fits], is_nullable: bool) -> Fits:
    if types is not None and not parts:
        allowed = types | {type(None)} if is_nullable else types
        return lambda value: type(value) in allowed
    if types is None and len(parts) <= 1 and not is_nullable:
        return parts[0] if parts else _always

    def fits_all(value: Any) -> bool:
        if value is None and is_nullable:
            return True
        if types is not None and type(value) not in types:
            return False
        for fits in parts:  # noqa: SIM110
            if not fits(value):
                return False
        return True

    return fits_all
