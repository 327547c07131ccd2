"""Arguments against a JSON Schema nobody vouches for: bounded work, no surprise for values of the declared types."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.json_schema import MAX_STEPS, malformed, mismatches


def bushy(depth: int) -> dict[str, Any]:
    """Return a schema that asks for 2 ** depth comparisons."""
    parts = {f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(depth)}
    return {"$ref": "#/$defs/d0", "$defs": {**parts, f"d{depth}": {"type": "string"}}}


@pytest.mark.parametrize(
    "schema",
    [
        bushy(40),
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}] * 9}}},
    ],
)
def test_a_schema_that_never_ends_is_given_up(schema: Any) -> None:
    start = time.perf_counter()
    assert mismatches(schema, {"a": [1] * 5}) == []
    assert time.perf_counter() - start < 5


def test_a_list_longer_than_the_steps_is_not_checked_in_part() -> None:
    schema = {"properties": {"a": {"type": "array", "items": {"type": "integer"}}}}
    assert len(mismatches(schema, {"a": ["x"] * 100})) == 100
    assert mismatches(schema, {"a": ["x"] * MAX_STEPS}) == []


scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["a", "object", "#", "#/$defs/a", "string"])
WORDS = """type properties required enum const items prefixItems anyOf oneOf allOf $ref $defs additionalProperties
nullable parameters function name a"""
words = st.sampled_from(re.split(r"\s+", WORDS))
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=20
)


@given(schema=json_values, arguments=st.dictionaries(words, json_values, max_size=3))
def test_any_schema_and_any_arguments_give_an_answer(schema: Any, arguments: dict[str, Any]) -> None:
    before = json.dumps([schema, arguments])
    for mismatch in mismatches(schema, arguments):
        assert mismatch.values["argument"] is not None
    list(malformed(schema, "parameters"))
    assert json.dumps([schema, arguments]) == before


@given(
    value=st.fixed_dictionaries(
        {"a": st.integers(), "b": st.lists(st.text(max_size=3), max_size=3), "c": st.none() | st.booleans()}
    )
)
def test_values_of_the_declared_types_never_fail(value: dict[str, Any]) -> None:
    by_name = {
        "a": {"type": "integer"},
        "b": {"type": "array", "items": {"type": "string"}},
        "c": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    }
    schema = {"type": "object", "properties": by_name, "required": list(by_name), "additionalProperties": False}
    assert mismatches(schema, value) == []
