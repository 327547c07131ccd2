"""The quick check never says yes where the slow one finds something, and says yes to what real calls hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.json_schema import malformed, mismatches
from glmkit.data.schema_fits import MAX_SUBSCHEMAS, make_fits
from tests.data.defects import PARAMETERS

NAMES = st.sampled_from("abc")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | st.sampled_from(["a", "b", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null", "dict"])


def words(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return schemas with some of the words that are checked, around ``inner`` ones."""
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, max_size=2),
            "enum": st.lists(VALUES, max_size=3),
            "const": VALUES,
            "nullable": st.booleans(),
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "required": st.lists(NAMES, max_size=2) | st.booleans(),
            "additionalProperties": st.booleans() | inner,
            "patternProperties": st.just({}),
            "items": inner | st.lists(inner, max_size=2),
            "prefixItems": st.lists(inner, max_size=2),
            "anyOf": st.lists(inner, max_size=2),
            "oneOf": st.lists(inner, max_size=2),
            "allOf": st.lists(inner, max_size=2),
            "$ref": st.sampled_from(["#", "#/properties/a"]),
        },
    )


SCHEMAS = st.recursive(st.booleans() | words(st.booleans()), words, max_leaves=6)


@given(schema=SCHEMAS, arguments=st.dictionaries(NAMES, VALUES, max_size=3))
def test_yes_means_that_there_is_nothing_to_find(schema: Any, arguments: dict[str, Any]) -> None:
    if not list(malformed(schema, "parameters")) and make_fits(schema)(arguments):
        assert mismatches(schema, arguments) == []


PLAIN = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "where"},
        "days": {"type": ["integer", "null"]},
        "price": {"type": "number"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        "hour": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "stops": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
        "quick": {"type": "boolean", "nullable": True},
        "rest": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "required": ["city"],
}
GOOD = {
    "city": "北京",
    "days": 3,
    "price": 1.5,
    "unit": "celsius",
    "hour": None,
    "stops": [{"name": "a"}, {}],
    "quick": None,
    "rest": {"x": 1},
}


@pytest.mark.parametrize("name", GOOD)
def test_a_plain_schema_is_answered_quickly(name: str) -> None:
    fits = make_fits(PLAIN)
    assert fits(GOOD)
    assert fits({"city": "Rome"})
    assert fits({**GOOD, "price": 2})
    assert not fits({**GOOD, name: {"x": "y"}})
    assert mismatches(PLAIN, {**GOOD, name: {"x": "y"}})


def test_what_is_not_plain_is_left_to_the_slow_way() -> None:
    for schema in (PARAMETERS, {"properties": {"a": {"$ref": "#"}}}, {"allOf": [{}]}, {"enum": [1]}):
        assert not make_fits(schema)({"a": {}, "stops": []})
    wide = {"properties": {f"p{number}": {"type": "string"} for number in range(MAX_SUBSCHEMAS + 1)}}
    assert not make_fits(wide)({f"p{MAX_SUBSCHEMAS}": "a"})
    assert mismatches(wide, {f"p{MAX_SUBSCHEMAS}": "a"}) == []
