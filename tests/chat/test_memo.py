"""Results are found again by content, and only by content."""

from __future__ import annotations

import json
from collections import OrderedDict
from types import MappingProxyType
from typing import Any

import pytest

from glmkit.chat.conversation import Conversation
from glmkit.chat.memo import Memo
from glmkit.chat.protocol import encode_conversation
from glmkit.chat.tokenizer import Tokenizer

VALUES: list[Any] = [1, True, 1.0, "1", None, [1], [True], {"a": 1}, {"a": 1, "b": 2}, {"b": 2, "a": 1}, [], {}]


def test_values_that_json_tells_apart_are_told_apart() -> None:
    memo: Memo[str] = Memo()
    assert [memo.get((value,), lambda value=value: json.dumps(value)) for value in VALUES] == list(
        map(json.dumps, VALUES)
    )
    assert [memo.get((value,), lambda: "new") for value in VALUES] == list(map(json.dumps, VALUES))


def test_what_is_too_large_or_of_another_kind_is_made_anew() -> None:
    memo: Memo[int] = Memo(max_bytes=50)
    for value in ("x" * 60, MappingProxyType({}), OrderedDict(a=1)):
        assert [memo.get(value, lambda: 1), memo.get(value, lambda: 2)] == [1, 2], value


def test_it_never_holds_more_than_it_may() -> None:
    memo: Memo[int] = Memo(max_entries=3)
    for number in range(10):
        assert memo.get(number, lambda number=number: number) == number
        assert len(memo._results) <= 3
    assert memo.get(9, lambda: -1) == 9


def test_an_error_is_not_remembered() -> None:
    memo: Memo[int] = Memo()
    with pytest.raises(ZeroDivisionError):
        memo.get("a", lambda: 1 // 0)
    assert memo.get("a", lambda: 5) == 5


@pytest.mark.parametrize("layout", ["as_is", "schema", "original", "natural"])
def test_tools_met_before_are_encoded_as_the_first_time(tokenizer_file: Any, layout: str) -> None:
    tools = [{"name": "add", "description": "adds", "parameters": {"type": "object", "properties": {"a": {}}}}]
    talk = [{"role": "user", "content": "2 + 3?"}, {"role": "assistant", "content": "5"}]
    tokenizer = Tokenizer.from_file(tokenizer_file)
    for given in (tools, [{**tools[0], "name": "sub"}], tools):
        conversation = Conversation.from_dict({"tools": given, "conversations": talk})
        fresh = encode_conversation(conversation, Tokenizer.from_file(tokenizer_file), tools_layout=layout)
        again = [encode_conversation(conversation, tokenizer, tools_layout=layout) for _ in range(2)]
        assert again == [fresh, fresh]
        again[0].input_ids.clear()  # what was remembered is nobody's to change
