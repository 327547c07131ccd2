"""Declaring tools: from a function to a definition, and what is refused when the file is loaded (M09)."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal, TypedDict

import pytest

from glmkit.agent import tool
from glmkit.agent.annotations import convert, parameters_of
from glmkit.agent.tool import Declared
from glmkit.chat.json_schema import mismatches
from glmkit.errors import ConfigError


class Place(TypedDict, total=False):
    name: str
    floor: int


def everything(
    a: str,
    b: int | None,
    c: Annotated[float, "how much"],
    d: list[int],
    e: dict[str, bool],
    f: Literal["x", "y"],
    g: tuple[int, str],
    h: Any,
    i: Place,
    j: tuple[int, ...] = (1, 2),
    k: list[str] | str = "z",
) -> None:
    """Do everything.

    Over two lines.

    Args:
        a: the first
            of all.
        b (int): the second.
        c: not this text.

    Returns:
        Nothing.
    """


def declared(function: Any) -> Declared:
    return function.glmkit_tool


def test_every_kind_of_annotation_becomes_a_schema() -> None:
    assert parameters_of(everything, "everything") == {
        "type": "object",
        "properties": {
            "a": {"type": "string", "description": "the first of all."},
            "b": {"type": ["integer", "null"], "description": "the second."},
            "c": {"type": "number", "description": "how much"},
            "d": {"type": "array", "items": {"type": "integer"}},
            "e": {"type": "object", "additionalProperties": {"type": "boolean"}},
            "f": {"type": "string", "enum": ["x", "y"]},
            "g": {
                "type": "array",
                "prefixItems": [{"type": "integer"}, {"type": "string"}],
                "minItems": 2,
                "maxItems": 2,
            },
            "h": {},
            "i": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "floor": {"type": "integer"}},
                "required": [],
            },
            "j": {"type": "array", "items": {"type": "integer"}, "default": [1, 2]},
            "k": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}], "default": "z"},
        },
        "required": ["a", "b", "c", "d", "e", "f", "g", "h", "i"],
    }


def test_a_decorated_function_is_unchanged_and_has_a_definition() -> None:
    @tool(name="add_up", dangerous=True, time_limit=3)
    def add(left: int, right: int = 0) -> int:
        """Add two numbers."""
        return left + right

    assert add(2, 3) == 5
    made = declared(add).tool
    assert (made.dangerous, made.time_limit) == (True, 3)
    assert made.definition() == {
        "name": "add_up",
        "description": "Add two numbers.",
        "parameters": {
            "type": "object",
            "properties": {"left": {"type": "integer"}, "right": {"type": "integer", "default": 0}},
            "required": ["left"],
        },
    }


def test_the_registry_of_the_original_is_accepted() -> None:
    @tool
    def random_number_generator(
        seed: Annotated[int, "The random seed used by the generator", True],
        range: Annotated[tuple[int, int], "The range of the generated numbers", False],
    ) -> int:
        """
        Generates a random number x, s.t. range[0] <= x < range[1]
        """
        return 0

    made = declared(random_number_generator).tool
    assert made.description == "Generates a random number x, s.t. range[0] <= x < range[1]"
    assert made.parameters["required"] == ["seed"]
    assert made.parameters["properties"]["seed"] == {
        "type": "integer",
        "description": "The random seed used by the generator",
    }
    assert not mismatches(made.parameters, {"seed": 1, "range": [1, 2]})
    assert convert(random_number_generator, {"seed": 1.0, "range": [1, 2]}) == {"seed": 1, "range": (1, 2)}
    assert convert(random_number_generator, {"seed": 1}) == {"seed": 1, "range": None}


def test_arguments_become_what_the_function_expects() -> None:
    def f(a: int, b: float, c: tuple[int, ...], d: int | float, e: tuple[float, str] | None = None) -> None: ...

    made = convert(f, {"a": 3.0, "b": 2, "c": [1.0], "d": 4, "e": [1, "x"]})
    assert made == {"a": 3, "b": 2.0, "c": (1,), "d": 4, "e": (1.0, "x")}
    assert [type(made[name]) for name in ("a", "b", "d")] == [int, float, int]
    with pytest.raises(ValueError, match="2 values expected, 1 given"):
        convert(f, {"e": [1]})


def no_docstring(a: int) -> int:
    return a


def no_annotation(a: int, b) -> int:  # type: ignore[no-untyped-def]
    """Add."""


def no_json_type(when: datetime.date) -> int:
    """Add."""


def no_json_inside(when: list[datetime.date]) -> int:
    """Add."""


def no_text_keys(when: dict[int, int]) -> int:
    """Add."""


def no_json_default(a: Any = {1, 2}) -> int:  # noqa: B006
    """Add."""


def nan_default(a: float = float("nan")) -> int:
    """Add."""


def many(*numbers: int) -> int:
    """Add."""


def by_position(a: int, /) -> int:
    """Add."""


def unknown_name(a: Nowhere) -> int:  # type: ignore[name-defined]  # noqa: F821
    """Add."""


def interpreter(code: str) -> str:
    """Run."""


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (no_docstring, "the tool 'no_docstring' has no docstring; it tells the model what the tool does"),
        (no_annotation, "the parameter 'b' of the tool 'no_annotation' has no type annotation"),
        (no_json_type, "the parameter 'when' of the tool 'no_json_type' is annotated datetime.date, which is no JSON"),
        (no_json_inside, "the parameter 'when' of the tool 'no_json_inside' is annotated datetime.date, which is no"),
        (no_text_keys, "the parameter 'when' of the tool 'no_text_keys' is annotated dict[int, int], which is no JSON"),
        (no_json_default, "the default {1, 2} of the parameter 'a' of the tool 'no_json_default' is no JSON value"),
        (nan_default, "the default nan of the parameter 'a' of the tool 'nan_default' is no JSON value"),
        (many, "the parameter 'numbers' of the tool 'many' cannot be given by name"),
        (by_position, "the parameter 'a' of the tool 'by_position' cannot be given by name"),
        (unknown_name, "the annotations of the tool 'unknown_name' cannot be read: NameError: name 'Nowhere'"),
        (interpreter, "'interpreter' is the code interpreter's name; give the tool another one"),
    ],
)
def test_a_wrong_declaration_is_refused_at_once(function: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        tool(function)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "a" * 65, "f()", "a.b"])
def test_a_name_that_no_api_takes_is_refused(name: str) -> None:
    def add(a: int) -> int:
        """Add."""

    if not name:
        add.__name__ = ""
    with pytest.raises(ConfigError, match="cannot be a tool's name: letters, digits, _ and - only, at most 64"):
        tool(name=name)(add)


def test_a_time_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="the time limit of the tool 'no_docstring' is 0"):
        no_docstring.__doc__ = "Add."
        try:
            tool(time_limit=0)(no_docstring)
        finally:
            no_docstring.__doc__ = None
