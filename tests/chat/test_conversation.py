"""Conversation, Message, ToolCall: reading rows, writing them back, refusing messages that cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmkit.chat.conversation import TOOL_SENTENCE, Conversation, Message, ToolCall, read_messages
from glmkit.errors import DataError

ROW: dict[str, Any] = {
    "tools": [{"name": "get_weather"}],
    "conversations": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "天气?"},
        {"role": "assistant", "content": "I look it up.", "loss": False},
        {"role": "tool", "name": "get_weather", "parameters": {"city": "北京"}, "observation": "12", "loss": True},
        {"role": "assistant", "metadata": "interpreter", "content": "```python\nprint(1)\n```"},
        {"role": "observation", "content": "1", "loss": True},
        {"role": "assistant", "content": "12 degrees"},
    ],
}


def test_a_row_becomes_messages_with_tools_first_and_a_tool_turn_as_call_and_result() -> None:
    conversation = Conversation.from_dict(ROW, source="train.jsonl:3")
    assert conversation.source == "train.jsonl:3"
    assert conversation.messages == (
        Message(role="system", content=TOOL_SENTENCE, tools=[{"name": "get_weather"}]),
        Message(role="system", content="Be brief."),
        Message(role="user", content="天气?"),
        Message(role="assistant", content="I look it up.", trained=False),
        Message(role="assistant", call=ToolCall(name="get_weather", arguments={"city": "北京"}), trained=True),
        Message(role="observation", content="12"),
        Message(role="assistant", metadata="interpreter", content="```python\nprint(1)\n```"),
        Message(role="observation", content="1", trained=True),
        Message(role="assistant", content="12 degrees"),
    )


def test_to_dict_writes_the_row_that_was_read() -> None:
    assert Conversation.from_dict(ROW).to_dict() == ROW


def test_every_golden_row_survives_reading_and_writing(shared: Path) -> None:
    for line in (shared / "golden/data/tokens_and_labels.jsonl").read_text("utf-8").splitlines():
        conversation = Conversation.from_dict(json.loads(line)["conversation"])
        assert Conversation.from_dict(conversation.to_dict()) == conversation


def test_an_observation_that_is_no_text_becomes_json() -> None:
    row = {"role": "tool", "name": "f", "parameters": {}}
    assert [read_messages([row | {"observation": value}])[1].content for value in ({"度": 1}, [1.5], None, "x")] == [
        '{"度": 1}',
        "[1.5]",
        "null",
        "x",
    ]


def test_a_call_without_result_is_written_in_the_spelling_of_the_original() -> None:
    call = Message(role="assistant", call=ToolCall(name="f", arguments={"a": 1}), ids=(7, 8))
    row = Conversation(messages=(Message(role="user", content="go"), call)).to_dict()
    assert row["conversations"][1] == {
        "role": "assistant",
        "metadata": "f",
        "content": "```python\ntool_call(a=1)\n```",
    }
    trained = Message(role="observation", content="1", trained=True)
    assert Conversation(messages=(call, trained)).to_dict()["conversations"][1] == {
        "role": "observation",
        "content": "1",
        "loss": True,
    }


def test_the_id_of_a_call_is_kept_in_the_row() -> None:
    call = Message(role="assistant", call=ToolCall(name="f", arguments={}, id="call_1"))
    messages = (Message(role="user", content="go"), call, Message(role="observation", content="1"))
    row = Conversation(messages=messages).to_dict()
    assert row["conversations"][1]["id"] == "call_1"
    assert tuple(read_messages(row["conversations"])) == messages


def test_a_system_message_with_tools_of_its_own_keeps_both() -> None:
    messages = (Message(role="system", content="Tools:", tools={"f": {}}), Message(role="user", content="go"))
    row = Conversation(messages=messages).to_dict()
    assert row["conversations"][0] == {"role": "system", "content": "Tools:", "tools": {"f": {}}}
    assert tuple(read_messages(row["conversations"])) == messages


def test_no_tools_and_null_tools_are_the_same() -> None:
    row = {"conversations": ROW["conversations"]}
    assert Conversation.from_dict(row) == Conversation.from_dict(row | {"tools": None})


def test_from_dict_refuses_a_row_with_every_fault_and_its_source() -> None:
    row = {"tools": "f", "conversations": [{"role": "user", "content": None}, {"role": "wizard", "content": ""}]}
    with pytest.raises(DataError) as caught:
        Conversation.from_dict(row, source="train.jsonl:7")
    assert str(caught.value).splitlines() == [
        "train.jsonl:7: tools must be list or object, not string",
        "train.jsonl:7: conversations[0].content must be string, not null",
        "train.jsonl:7: conversations[1].role is 'wizard'; the roles are system, user, assistant, observation, tool",
    ]


def test_read_messages_takes_message_objects_as_they_are_and_names_every_bad_dict() -> None:
    message = Message(role="user", content="hi", ids=(1, 2))
    assert read_messages([message, {"role": "assistant", "content": ""}]) == [message, Message(role="assistant")]
    with pytest.raises(DataError) as caught:
        read_messages([message, {"role": "user"}, "hi"])
    assert str(caught.value).splitlines() == [
        "messages[1].content is missing",
        "messages[2] must be object, not string",
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"role": "wizard"}, "role is 'wizard'; the roles are system, user, assistant, observation"),
        (
            {"role": "assistant", "metadata": "a\nb"},
            "metadata is 'a\\nb'; it becomes the header line of the message and must be one line",
        ),
        (
            {"role": "user", "call": ToolCall(name="f", arguments={})},
            "a message of role user carries a tool call; only the assistant calls tools",
        ),
        (
            {"role": "assistant", "content": "hm", "call": ToolCall(name="f", arguments={})},
            "the message that calls 'f' also has content or metadata; make the text a message of its own before it",
        ),
        (
            {"role": "user", "tools": []},
            "tools stands on a message of role user; only a system message lists tools",
        ),
    ],
)
def test_a_message_that_no_format_can_write_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        Message(**fields)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("name", ["", " f", "f\n", "a\nb"])
def test_a_tool_name_that_is_no_header_line_is_refused(name: str) -> None:
    with pytest.raises(DataError) as caught:
        ToolCall(name=name, arguments={})
    assert str(caught.value) == f"name is {name!r}; a tool's name must be one line, not empty, without blanks around it"


@pytest.mark.parametrize(
    ("role", "trained", "expected"),
    [
        ("assistant", None, True),
        ("assistant", False, False),
        ("observation", None, False),
        ("observation", True, True),
        ("user", True, False),
        ("system", True, False),
    ],
)
def test_which_messages_are_trained(role: Any, trained: bool | None, expected: bool) -> None:
    assert Message(role=role, trained=trained).is_trained is expected
