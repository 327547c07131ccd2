"""Tool calls: one spelling, read back exactly, and nothing a model writes can raise, run or hang."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glmkit.chat.calls import MAX_CALL_CHARACTERS, MAX_CALL_DEPTH, fenced, parse_call, write_call
from glmkit.errors import Problem

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=3) | st.tuples(inner, inner)


VALUES = st.recursive(SCALARS, _nested, max_leaves=6)
NAMES = TEXT | st.sampled_from(
    ["city", "from", "class", "start-date", "$ref", "__debug__", "ﬁ", "a b", "x=y", "", "**k"]
)
ARGUMENTS = st.dictionaries(NAMES, VALUES, max_size=4)


def call(inside: str) -> str:
    return f"```python\ntool_call({inside})\n```"


def reason(body: str) -> str:
    problem = parse_call(body)
    assert isinstance(problem, Problem)
    return problem.text()


def test_a_call_is_spelled_as_the_original_spells_it() -> None:
    arguments = {"city": "北京", "days": 3, "detail": True, "ratio": 0.5, "unit": None, "quote": 'it\'s "ok"\nnew line'}
    assert write_call(arguments) == call(
        """city='北京', days=3, detail=True, ratio=0.5, unit=None, quote='it\\'s "ok"\\nnew line'"""
    )
    assert write_call({}) == call("")


def test_names_that_python_refuses_are_spelled_as_the_original_spells_them_and_read_back() -> None:
    arguments = {"from": "EUR", "start-date": "2024-01-17", "$ref": "#/a", "class": [1], "two words": None}
    assert write_call(arguments) == call("from='EUR', start-date='2024-01-17', $ref='#/a', class=[1], two words=None")
    assert parse_call(write_call(arguments)) == arguments


def test_names_that_cannot_be_read_back_go_into_a_dict_in_their_place() -> None:
    arguments = {"a": 1, "b,c": 2, "d=": 3, "e": 4, "": 5}
    assert write_call(arguments) == call("a=1, **{'b,c': 2, 'd=': 3}, e=4, **{'': 5}")
    read = parse_call(write_call(arguments))
    assert read == arguments and list(read) == list(arguments)


@given(arguments=ARGUMENTS)
@example(
    arguments={"x": [{"a": (1, -2.5e-7)}, [], {}, ""], "y": -0.0, "z": 10**30, "名": "```\n```", "ก็": "\\d\x00\u2028"}
)
def test_what_was_written_is_read_back(arguments: dict[str, Any]) -> None:
    read = parse_call(write_call(arguments))
    assert read == arguments
    assert write_call(read) == write_call(arguments)


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ("tool_call(city='Paris')", {"city": "Paris"}),
        ("  tool_call()  ", {}),
        ("```python\ntool_call(a=1,)\n```\n", {"a": 1}),
        ("```\ntool_call( a = 1 ,\n  b = [1, 2,\n 3] )\n```", {"a": 1, "b": [1, 2, 3]}),
        (call('''a="it's", b=\'\'\'two\nlines "x"\'\'\', c="""'"""'''), {"a": "it's", "b": 'two\nlines "x"', "c": "'"}),
        (call("a='x' 'y', b=-1.5e-7, c=+2, d=1e5, e=0xff, f=1_000"), {"a": "xy", "b": -1.5e-7, "c": 2, "d": 1e5}),
        (call(r"path='C:\dir', pattern='\d+\\n'"), {"path": "C:\\dir", "pattern": "\\d+\\n"}),
        (call("a=(1, 2), b={'c': (True, None)}"), {"a": (1, 2), "b": {"c": (True, None)}}),
    ],
)
def test_spellings_that_are_not_canonical_are_read(body: str, arguments: dict[str, Any]) -> None:
    read = parse_call(body)
    assert isinstance(read, dict)
    assert {name: read[name] for name in arguments} == arguments


@pytest.mark.parametrize(
    "body", ["```python\ntool_call(a=1", "```python\ntool_call(a=1)\n", "tool_call(a='x)", "tool_call("]
)
def test_a_call_cut_off_is_unfinished(body: str) -> None:
    assert reason(body) == "the call ends in the middle"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (call("a=1)\nprint(2"), "'print(2)'"),
        ("```python\nprint(1)\n```", "'print(1)'"),
        ("tool_call()()", "'()'"),
        ("```python\nos.system('ls')\n```", "\"os.system('ls')\""),
        ("", "''"),
    ],
)
def test_anything_but_one_call_is_named(body: str, found: str) -> None:
    assert reason(body) == f"expected tool_call(...) and nothing else, found {found}"


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        ("1", "no argument name in '1'"),
        ("='x'", "no argument name in \"='x'\""),
        ("a=1, , b=2", "no argument name in ''"),
        ("a=1, a=2", "'a' is given twice"),
        ("a=1, **{'a': 2}", "'a' is given twice"),
        ("**[1]", "** needs a dict with text keys"),
        ("**{1: 2}", "** needs a dict with text keys"),
        ("a=__import__('os')", "\"_('os')\""),
        ("a=lambda: 1", "'lambda: 1'"),
        ("a=[x for x in y]", "'x for x in y'"),
        ("a=1 if b else 2", "'1 if b else 2'"),
        ("a=(1)+(2)", "')+(2)'"),
        ("a=f'{x}'", "\"f'{x}'\""),
        ("a=1 # note", "'1 # note'"),
    ],
)
def test_arguments_that_are_no_plain_values_are_refused_with_the_reason(inside: str, why: str) -> None:
    assert reason(call(inside)) == f"the arguments of the call are not plain values: {why}"


@pytest.mark.parametrize(
    "value", ["name", "b.c", "{1, 2}", "1e999", "-1e999", "2j", "...", "{(1,): 2}", r"'\ud800'", "[1}", "''\n'"]
)
def test_values_that_json_cannot_hold_are_refused(value: str) -> None:
    problem = parse_call(call(f"a={value}"))
    assert isinstance(problem, Problem)
    assert problem.code in ("chat-call-not-literal", "chat-call-unfinished")


def test_size_and_depth_are_capped() -> None:
    size = MAX_CALL_CHARACTERS + 1
    assert reason("x" * size) == f"the call has {size} characters; at most {MAX_CALL_CHARACTERS} are read"
    depth = MAX_CALL_DEPTH - 1
    assert isinstance(parse_call(call("a=" + "[" * depth + "]" * depth)), dict)
    text = reason(call("a=" + "[" * (depth + 1) + "]" * (depth + 1)))
    assert text == f"the call nests brackets more than {MAX_CALL_DEPTH} deep; that is not read"


BRACKETS = ["(", "[", "{", "-", "a(", "()", "[0]", "(1)+", "f'{"]
OPERATORS = ["not ", "lambda:", "lambda x:", "1+", "1**", "(1)if(1)else", "a.", "**", "=", ",", "a="]
QUOTES = ["'", '"', "'\\", "\\'", '"""', "'''", "'' ", "\\", " ", "\n", "```\n", "0"]


@pytest.mark.parametrize("unit", [*BRACKETS, *OPERATORS, *QUOTES])
def test_endless_input_of_any_kind_is_answered_at_once(unit: str) -> None:
    count = MAX_CALL_CHARACTERS // len(unit) - 10
    start = time.perf_counter()
    for body in (
        unit * count,
        f"tool_call({unit * count}",
        f"tool_call(a={unit * count}1)",
        f"tool_call(a='{unit * count})",
    ):
        parse_call(body)
    assert time.perf_counter() - start < 4  # 0.1 s here; quadratic behaviour would take minutes


@given(body=st.text(st.sampled_from("tool_call(){}[],:='\"\\\n`*-+.1aé ")) | TEXT)
def test_reading_never_raises(body: str) -> None:
    for text in (body, f"tool_call({body})", call(body), f"tool_call(a={body})"):
        assert isinstance(parse_call(text), dict | Problem)


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        ("```python\nprint(1)\n```", "print(1)"),
        ("text\n```\na\n\nb\n```\nmore", "a\n\nb"),
        ("```python\n```", ""),
        ("```python\nprint(1)", None),
        ("print(1)", None),
    ],
)
def test_the_text_inside_the_fence(body: str, inner: str | None) -> None:
    assert fenced(body) == inner


def test_what_is_said_of_a_call_is_the_same_every_time() -> None:
    problem = parse_call("tool_call(city=Rome)")
    assert isinstance(problem, Problem)
    assert problem.values["reason"] == "malformed node or string on line 1: <ast.Name>"
