"""Right and wrong calls, code and texts, from the ids a model would have generated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.conversation import Conversation
from glmkit.chat.protocol import make_protocol
from glmkit.chat.reply import Reply
from glmkit.chat.tokenizer import Tokenizer
from glmkit.evaluation.answers import Answer, KeyCounts, judge, same_value, spelled
from glmkit.evaluation.questions import Question, declared_names, questions_of
from tests.evaluation.conftest import ROWS, TOOLS, assistant, call, user

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_a_value_is_the_same_as_its_copy_through_json_with_keys_in_any_order(value: Any) -> None:
    assert same_value(value, json.loads(json.dumps(value)))
    assert same_value(json.loads(json.dumps(value, sort_keys=True)), value)


@given(JSON, JSON)
def test_sameness_is_symmetric_and_is_that_of_the_canonical_spelling(left: Any, right: Any) -> None:
    def canonical(value: Any) -> Any:
        if isinstance(value, dict):
            return {"dict": sorted((key, repr(canonical(item))) for key, item in value.items())}
        if isinstance(value, list):
            return [canonical(item) for item in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    assert same_value(left, right) == same_value(right, left)
    assert same_value(left, right) == (repr(canonical(left)) == repr(canonical(right)))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1.0, True),
        (0.0, -0.0, True),
        (1, True, False),
        (0, False, False),
        (1, "1", False),
        ("Paris", "paris", False),
        ("Paris", "Paris ", False),
        ([1, 2], [2, 1], False),
        ([1, 2], (1, 2.0), True),
        ({"a": 1, "b": [True]}, {"b": [True], "a": 1.0}, True),
        ({"a": None}, {}, False),
        (None, False, False),
        ("", None, False),
        (10**30, 1e30, False),  # 1e30 is not 10**30: compared exactly
    ],
)
def test_what_counts_as_the_same_value(left: Any, right: Any, expected: bool) -> None:
    assert same_value(left, right) is expected


@pytest.fixture
def question(small_tokenizer: Tokenizer) -> Question:
    """Ask for get_weather(city="北京", days=3)."""
    conversation = Conversation.from_dict(ROWS[0], source="rows.jsonl:1")
    return next(questions_of(conversation, make_protocol(small_tokenizer)))


def reply_of(tokenizer: Tokenizer, *messages: tuple[str, str], ends: bool = True) -> Reply:
    """Parse assistant messages (header, content) from ids, as if a model had generated them."""
    assistant_id, stop_id = (tokenizer.special_ids[f"<|{role}|>"] for role in ("assistant", "observation"))
    ids: list[int] = []
    for header, content in messages:
        ids += [*([assistant_id] if ids else []), *tokenizer.encode(f"{header}\n"), *tokenizer.encode(content)]
    return make_protocol(tokenizer).parse_reply([*ids, stop_id] if ends else ids)


def fenced(text: str) -> str:
    return f"```python\n{text}\n```"


def test_every_trained_turn_is_a_question_behind_the_recorded_history(small_tokenizer: Tokenizer) -> None:
    protocol = make_protocol(small_tokenizer)
    conversation = Conversation.from_dict(ROWS[0], source="rows.jsonl:1")
    first, second = questions_of(conversation, protocol)
    assert (first.source, first.turn, second.turn) == ("rows.jsonl:1", 2, 5)
    assert first.prompt_ids == protocol.encode_prompt(conversation.messages[:2])
    assert second.prompt_ids == protocol.encode_prompt(conversation.messages[:5])
    assert spelled(first.wanted) == 'I look.\nget_weather({"city": "北京", "days": 3})'
    assert spelled(second.wanted) == "It is 21.5"
    assert first.tools == {"get_weather", "add"}


def test_an_untrained_turn_is_no_question(small_tokenizer: Tokenizer) -> None:
    untrained = {"role": "assistant", "content": "hello", "loss": False}
    row = {
        "conversations": [user("hello"), untrained, user("again"), untrained, assistant("ok"), user("more"), untrained]
    }
    (only,) = questions_of(Conversation.from_dict(row), make_protocol(small_tokenizer))
    assert (only.turn, only.wanted.text, only.tools) == (4, "ok", None)


@pytest.mark.parametrize(
    ("content", "header", "verdict", "keys"),
    [
        # (made, valid, name, exact)
        (fenced("tool_call(city='北京', days=3)"), "get_weather", (True, True, True, True), (2, 2, 2)),
        (fenced("tool_call(days=3.0, city='北京')"), "get_weather", (True, True, True, True), (2, 2, 2)),
        (fenced("tool_call(city='上海', days=3)"), "get_weather", (True, True, True, False), (2, 2, 1)),
        (fenced("tool_call(city='北京')"), "get_weather", (True, True, True, False), (2, 1, 1)),
        (fenced("tool_call(city='北京', days=3, unit='C')"), "get_weather", (True, True, True, False), (2, 3, 2)),
        (fenced("tool_call(city='北京', days=3)"), "add", (True, True, False, False), (2, 2, 0)),
        (fenced("tool_call(city='北京', days=3)"), "weather", (True, False, False, False), (2, 2, 0)),
        (fenced("tool_call(city='北京', days=now())"), "get_weather", (False, False, False, False), (2, 0, 0)),
        ("```python\ntool_call(city='北京', days=3", "get_weather", (False, False, False, False), (2, 0, 0)),
        ("It is cold.", "", (False, False, False, False), (2, 0, 0)),
        ("", "", (False, False, False, False), (2, 0, 0)),
    ],
)
def test_a_call_is_compared_by_its_parsed_values(
    small_tokenizer: Tokenizer,
    question: Question,
    content: str,
    header: str,
    verdict: tuple[bool, ...],
    keys: tuple[int, int, int],
) -> None:
    answer = judge(question, reply_of(small_tokenizer, (header, content)))
    assert answer.kind == "call"
    assert (answer.is_made, answer.is_valid, answer.is_name_right, answer.is_exact) == verdict
    assert answer.keys == KeyCounts(*keys)
    assert answer.is_failure is not verdict[-1]


def test_a_thought_before_the_call_is_part_of_the_turn(small_tokenizer: Tokenizer, question: Question) -> None:
    thought, right = ("", "Let me see."), ("get_weather", fenced("tool_call(city='北京', days=3)"))
    assert judge(question, reply_of(small_tokenizer, thought, right)).is_exact
    assert not judge(question, reply_of(small_tokenizer, right, right)).is_exact  # twice is not once


def answer_to(tokenizer: Tokenizer, row: dict[str, Any], reply: Reply) -> Answer:
    question = next(questions_of(Conversation.from_dict(row), make_protocol(tokenizer)))
    return judge(question, reply)


def test_code_is_compared_as_text(small_tokenizer: Tokenizer) -> None:
    row = ROWS[2]
    same = answer_to(small_tokenizer, row, reply_of(small_tokenizer, ("interpreter", fenced("print('hello')"))))
    other = answer_to(small_tokenizer, row, reply_of(small_tokenizer, ("interpreter", fenced("print('you')"))))
    words = answer_to(small_tokenizer, row, reply_of(small_tokenizer, ("", "hello")))
    assert [(a.kind, a.is_made, a.is_exact) for a in (same, other, words)] == [
        ("code", True, True),
        ("code", True, False),
        ("code", False, False),
    ]


def test_text_is_compared_by_rouge_l_and_a_call_in_its_place_is_a_failure(small_tokenizer: Tokenizer) -> None:
    row = {"tools": TOOLS, "conversations": [user("今天"), assistant("今天天气很好。")]}
    near = answer_to(small_tokenizer, row, reply_of(small_tokenizer, ("", "天气很好")))
    assert (near.kind, near.is_made, near.is_exact, near.is_failure) == ("text", True, False, False)
    assert near.rouge_l == pytest.approx(2 * 4 / 10)
    called = answer_to(small_tokenizer, row, reply_of(small_tokenizer, ("add", fenced("tool_call(a=1)"))))
    assert (called.is_made, called.is_failure, called.rouge_l) == (False, True, 0)
    empty = answer_to(small_tokenizer, row, reply_of(small_tokenizer, ("", "")))
    assert (empty.is_made, empty.is_failure, empty.rouge_l) == (True, True, 0)
    endless = answer_to(small_tokenizer, row, reply_of(small_tokenizer, ("", "今天天气很好。"), ends=False))
    assert (endless.is_exact, endless.is_failure) == (True, True)


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        (TOOLS, {"get_weather", "add"}),
        ([{"type": "function", "function": {"name": "add", "parameters": {}}}], {"add"}),
        ({"add": {"name": "add", "params": []}, "sub": {}}, {"add", "sub"}),
        ({"name": "add", "parameters": {}}, {"add"}),
        ([], set()),
        (["getWeather: returns the weather"], None),
        ([{"name": "add"}, "prose"], None),
        ("prose", None),
    ],
)
def test_names_are_read_from_every_layout_of_a_tool_list(tools: Any, expected: set[str] | None) -> None:
    assert declared_names(tools) == expected


def test_with_tools_in_prose_any_name_is_valid(small_tokenizer: Tokenizer) -> None:
    row = {"tools": ["add: adds"], "conversations": [user("add"), call("add", {"a": 2}, "2"), assistant("2")]}
    answer = answer_to(small_tokenizer, row, reply_of(small_tokenizer, ("minus", fenced("tool_call(a=2)"))))
    assert (answer.is_valid, answer.is_name_right) == (True, False)
