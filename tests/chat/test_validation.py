"""validate: every fault of a row, each with its field, in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.conversation import Conversation
from glmkit.chat.validation import order_problems, validate
from glmkit.errors import set_language

SYSTEM = {"role": "system", "content": "s"}
USER = {"role": "user", "content": "u"}
ASSISTANT = {"role": "assistant", "content": "a"}
OBSERVATION = {"role": "observation", "content": "o"}
TOOL = {"role": "tool", "name": "f", "parameters": {}, "observation": "o"}


def sentences(*messages: Any, **row: Any) -> list[str]:
    return [problem.text() for problem in validate({"conversations": list(messages)} | row)]


@pytest.mark.parametrize(
    "messages",
    [
        [USER, ASSISTANT],
        [SYSTEM, USER, ASSISTANT, USER, ASSISTANT],
        [USER, ASSISTANT, ASSISTANT],  # a thought, then a call
        [USER, ASSISTANT, TOOL, TOOL, ASSISTANT],
        [USER, ASSISTANT, OBSERVATION, ASSISTANT],
        [USER, TOOL, USER, ASSISTANT],
        [USER, ASSISTANT | {"loss": False}, OBSERVATION | {"loss": True}, ASSISTANT | {"loss": False}],
        [USER, ASSISTANT | {"loss": None, "metadata": "interpreter"}],
        [USER, {"role": "tool", "name": "工具 2", "parameters": {"a": [None]}, "observation": {"x": 1}}, ASSISTANT],
        [{"role": "user", "content": ""}, {"role": "assistant", "content": "\x00😀"}],
    ],
)
@pytest.mark.parametrize("tools", [None, [], {}, ["text"], [{"name": "f"}]])
def test_sound_rows_have_no_fault(messages: list[Any], tools: Any) -> None:
    assert sentences(*messages, tools=tools) == []


def test_every_golden_row_is_sound(shared: Path) -> None:
    for name in ("tokens_and_labels.jsonl", "toolalpaca_formatted.jsonl"):
        for line in (shared / "golden/data" / name).read_text("utf-8").splitlines():
            row = json.loads(line)
            assert validate(row.get("conversation", row)) == []


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([], "row must be object, not list"),
        ("x", "row must be object, not string"),
        ({}, "conversations is missing"),
        ({"conversations": None}, "conversations must be list, not null"),
        ({"conversations": {}}, "conversations must be list, not object"),
        ({"conversations": []}, "conversations is empty; a row needs at least one message"),
        ({"tools": 1, "conversations": [USER, ASSISTANT]}, "tools must be list or object, not number"),
        (
            {"tools": [float("nan")], "conversations": [USER, ASSISTANT]},
            "tools holds something that is no JSON value: ",
        ),
    ],
)
def test_the_shape_of_a_row(row: Any, sentence: str) -> None:
    [problem] = validate(row)
    assert problem.text().startswith(sentence)


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("hi", "conversations[1] must be object, not string"),
        ({"from": "gpt"}, "conversations[1].role is missing"),
        (
            {"role": "wizard", "content": ""},
            "conversations[1].role is 'wizard'; the roles are system, user, assistant, observation, tool",
        ),
        (
            {"role": ["x" * 80]},
            f"conversations[1].role is ['{'x' * 55}...; the roles are system, user, assistant, observation, tool",
        ),
        ({"role": "assistant"}, "conversations[1].content is missing"),
        (ASSISTANT | {"content": None}, "conversations[1].content must be string, not null"),
        (ASSISTANT | {"content": 5}, "conversations[1].content must be string, not number"),
        (ASSISTANT | {"content": ["a"]}, "conversations[1].content must be string, not list"),
        (
            ASSISTANT | {"content": "ab\udc00"},
            "conversations[1].content holds half a character (U+DC00, a lone surrogate) at position 2; "
            "it cannot be encoded",
        ),
        (ASSISTANT | {"loss": 1}, "conversations[1].loss must be boolean, not number"),
        (ASSISTANT | {"metadata": None}, "conversations[1].metadata must be string, not null"),
        (
            ASSISTANT | {"metadata": "a\nb"},
            "conversations[1].metadata is 'a\\nb'; it becomes the header line of the message and must be one line",
        ),
        (
            ASSISTANT | {"tools": []},
            "conversations[1].tools stands on a message of role assistant; only a system message lists tools",
        ),
    ],
)
def test_the_shape_of_a_message(message: Any, sentence: str) -> None:
    assert sentences(USER, message, ASSISTANT) == [sentence]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": None}, "conversations[1].name must be string, not null"),
        (
            {"name": ""},
            "conversations[1].name is ''; a tool's name must be one line, not empty, without blanks around it",
        ),
        ({"parameters": "{}"}, "conversations[1].parameters must be object, not string"),
        ({"parameters": {"a": float("inf")}}, "conversations[1].parameters holds something that is no JSON value: "),
        ({"observation": {1, 2}}, "conversations[1].observation holds something that is no JSON value: "),
        ({"observation": "\ud800"}, "conversations[1].observation holds half a character (U+D800, a lone surrogate)"),
    ],
)
def test_the_shape_of_a_tool_turn(change: dict[str, Any], sentence: str) -> None:
    [found] = sentences(USER, TOOL | change, ASSISTANT)
    assert found.startswith(sentence)


def test_missing_parts_of_a_tool_turn_are_all_named() -> None:
    assert sentences(USER, {"role": "tool"}, ASSISTANT) == [
        "conversations[1].name is missing",
        "conversations[1].parameters is missing",
    ]


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        (
            [USER, SYSTEM, ASSISTANT],
            "conversations[1] has role system after other messages; a system message comes first",
        ),
        (
            [SYSTEM, SYSTEM, USER, ASSISTANT],
            "conversations[1] is a second system message; a conversation has at most one",
        ),
        (
            [USER, USER, ASSISTANT],
            "conversations[1] has role user right after another user message; the assistant must answer in between",
        ),
        (
            [ASSISTANT],
            "conversations[0] has role assistant before any user message; the assistant answers, it does not begin",
        ),
        (
            [USER, OBSERVATION, ASSISTANT],
            "conversations[1] has role observation without an assistant message right before it; it must follow a call",
        ),
        (
            [USER, TOOL, OBSERVATION, ASSISTANT],
            "conversations[2] has role observation without an assistant message right before it; it must follow a call",
        ),
        (
            [USER, ASSISTANT, USER],
            "conversations[2] ends the conversation with role user; the last message must be the assistant's",
        ),
        (
            [USER, TOOL],
            "conversations[1] ends the conversation with role tool; the last message must be the assistant's",
        ),
        ([USER, ASSISTANT | {"loss": False}], "conversations has no assistant message to learn from"),
    ],
)
def test_the_order_of_roles(messages: list[Any], sentence: str) -> None:
    assert sentences(*messages) == [sentence]


def test_a_row_of_questions_alone_breaks_two_rules() -> None:
    assert [problem.code for problem in validate({"conversations": [SYSTEM]})] == [
        "chat-last-not-assistant",
        "chat-nothing-trained",
    ]
    assert validate({"conversations": [SYSTEM]})[-1].hint() == 'every one of them is absent or has "loss": false'


def test_faults_come_in_the_order_of_the_row_with_field_and_without_place() -> None:
    problems = validate({"tools": 1, "conversations": [USER, {"role": "user"}, ASSISTANT | {"content": 1}, USER]})
    assert [(problem.code, problem.where, problem.values["field"]) for problem in problems] == [
        ("chat-wrong-type", "", "tools"),
        ("chat-missing", "", "conversations[1].content"),
        ("chat-wrong-type", "", "conversations[2].content"),
        ("chat-user-after-user", "", "conversations[1]"),
        ("chat-last-not-assistant", "", "conversations[3]"),
    ]


def test_an_unknown_role_does_not_drag_its_neighbours_into_complaints() -> None:
    assert [
        problem.code for problem in validate({"conversations": [USER, {"role": "gpt"}, USER, {"role": "gpt"}]})
    ] == [
        "chat-unknown-role",
        "chat-unknown-role",
    ]


def test_order_alone_can_be_asked_for() -> None:
    [problem] = order_problems([("messages[0]", "user"), ("messages[1]", "user"), ("messages[2]", "assistant")])
    assert (problem.code, dict(problem.values)) == ("chat-user-after-user", {"field": "messages[1]", "role": "user"})


def test_faults_can_be_told_in_chinese() -> None:
    set_language("zh")  # the english fixture resets it
    assert sentences(USER, ASSISTANT | {"content": None}) == ["conversations[1].content 应为 string，现在是 null"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["user", "tool", "assistant"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*USER, *TOOL, "conversations", "tools", "loss", "metadata"]), inner)
    ),
    max_leaves=6,
)


@given(row=JSON | st.fixed_dictionaries({"conversations": st.lists(JSON, max_size=3)}))
def test_any_json_gives_faults_with_sentences_or_a_conversation(row: Any) -> None:
    problems = validate(row)
    assert all(problem.text() for problem in problems)
    if not problems:
        Conversation.from_dict(row)
