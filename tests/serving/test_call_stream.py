"""Arguments as JSON while they are written: the pieces add up to what the whole call holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.chat.calls import fenced, parse_call, write_call
from glmkit.serving.call_stream import ArgumentsStream, CodeStream

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def split(text: str, cuts: list[int]) -> list[str]:
    places = sorted({cut % (len(text) + 1) for cut in cuts})
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


@settings(max_examples=200, deadline=None)
@given(arguments=st.dictionaries(texts, values, max_size=4), cuts=st.lists(st.integers(0, 999), max_size=12))
def test_the_pieces_add_up_to_the_arguments_however_they_are_cut(arguments: dict[str, Any], cuts: list[int]) -> None:
    call = write_call(arguments)
    if not isinstance(parse_call(call), dict):
        return  # a lone surrogate
    stream = ArgumentsStream()
    whole = "".join(stream.push(piece) for piece in split(call, cuts))
    assert whole == json.dumps(parse_call(call), ensure_ascii=False)


def test_text_comes_out_character_by_character_and_numbers_whole() -> None:
    stream = ArgumentsStream()
    assert [
        stream.push(piece)
        for piece in ["```py", "thon\ntool_call(ci", "ty=", "'北", "京\\", "n", "', da", "ys=1", "2", ")"]
    ] == [
        "",
        "",
        '{"city": ',
        "",
        '"北京',
        "\\n",
        '"',
        ', "days": ',
        "",
        "12}",
    ]


@pytest.mark.parametrize("text", ["x=__import__('os'))", "x='a' 'b')", "x=1 + 1)", "**3)", "x='\n')"])
def test_what_is_no_call_ends_the_arguments(text: str) -> None:
    stream = ArgumentsStream()
    first = stream.push(f"tool_call({text}")
    assert not first.endswith("}")
    assert stream.push("y=1)") == ""


FRAGMENTS = ["```", "```python\n", "\n", "``", "a", "print('x')", "\n\n", '"', "\\", "```\n"]


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(st.sampled_from(FRAGMENTS), max_size=8), cuts=st.lists(st.integers(0, 999), max_size=8))
def test_code_is_what_stands_between_the_first_and_the_last_fence(parts: list[str], cuts: list[int]) -> None:
    text = "```python\n" + "".join(parts)
    code = fenced(text)
    stream = CodeStream()
    whole = "".join([*(stream.push(piece) for piece in split(text, cuts)), stream.finish()])
    if code is not None and text == text.strip():
        assert json.loads(whole) == {"code": code}
    else:
        json.loads(whole)  # cut off, or blanks behind it: what there was, closed


def test_code_is_given_line_by_line() -> None:
    stream = CodeStream()
    pieces = ["```py", "thon\npri", "nt(1)\n", "``", "`", "\n"]
    assert [stream.push(piece) for piece in pieces] == ["", '{"code": "pri', "nt(1)", "", "", ""]
    assert stream.finish() == '"}'
