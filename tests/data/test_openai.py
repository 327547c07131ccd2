"""OpenAI's fine-tuning messages: what they mean in the original's format, and every fault by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmkit.chat.conversation import ToolCall
from glmkit.data.read import Located, find_format, read, walk
from glmkit.errors import DataError

USER = {"role": "user", "content": "Weather in Rome and 巴黎?"}
ASSISTANT = {"role": "assistant", "content": "Sunny."}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


def call(call_id: str, arguments: str = "{}", name: str = "weather") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(*calls: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **fields}


def answer(call_id: Any, content: Any = "21 C") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def write(folder: Path, row: dict[str, Any]) -> Path:
    path = folder / "openai.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    return path


def translated(folder: Path, **row: Any) -> dict[str, Any]:
    path = write(folder, row)
    ((_, (item,)),) = walk(path, find_format(path))
    assert find_format(path) == "openai"
    assert isinstance(item, Located)
    return item.row


def faults(folder: Path, **row: Any) -> list[str]:
    path = write(folder, row)
    with pytest.raises(DataError) as caught:
        read(path)
    return [line.removeprefix(f"{path}:1: ") for line in str(caught.value).split("\n")]


def test_two_calls_in_one_message_are_paired_with_their_answers_by_id(tmp_path: Path) -> None:
    first, second = call("a", '{"city": "Rome"}'), call("b", '{"city": "巴黎"}')
    messages = [USER, calling(first, second, content="Both."), answer("b", "雨"), answer("a", "sun"), ASSISTANT]
    assert translated(tmp_path, messages=messages, tools=[TOOL]) == {
        "tools": [TOOL["function"]],
        "conversations": [
            USER,
            {"role": "assistant", "content": "Both."},
            {"role": "tool", "name": "weather", "parameters": {"city": "Rome"}, "observation": "sun"},
            {"role": "tool", "name": "weather", "parameters": {"city": "巴黎"}, "observation": "雨"},
            ASSISTANT,
        ],
    }


def test_developer_is_system_and_weight_zero_is_not_trained(tmp_path: Path) -> None:
    messages = [
        {"role": "developer", "content": "Be brief."},
        USER,
        calling(call("a"), weight=0),
        answer("a"),
        {**ASSISTANT, "weight": 0},
        USER,
        {**ASSISTANT, "weight": 1},
    ]
    assert translated(tmp_path, messages=messages)["conversations"] == [
        {"role": "system", "content": "Be brief."},
        USER,
        {"role": "tool", "name": "weather", "parameters": {}, "observation": "21 C", "loss": False},
        {**ASSISTANT, "loss": False},
        USER,
        ASSISTANT,
    ]


def test_a_last_call_without_an_answer_is_kept_as_the_last_message(tmp_path: Path) -> None:
    row = translated(tmp_path, messages=[USER, calling(call("a", '{"city": "Rome"}'))])
    content = "```python\ntool_call(city='Rome')\n```"
    assert row["conversations"][1] == {"role": "assistant", "metadata": "weather", "content": content}


def test_arguments_may_be_an_object_already(tmp_path: Path) -> None:
    function = {"id": "a", "function": {"name": "weather", "arguments": {"days": 2}}}
    (conversation,) = read(write(tmp_path, {"messages": [USER, calling(function), answer("a"), ASSISTANT]}))
    assert conversation.messages[1].call == ToolCall(name="weather", arguments={"days": 2})


@pytest.mark.parametrize(
    ("messages", "fault"),
    [
        (None, "messages is null; it must be a list"),
        ([], "messages is empty; a row needs at least one message"),
        (["hi"], 'messages[0] is "hi"; it must be a JSON object'),
        (
            [{"role": "function", "content": ""}],
            'messages[0].role is "function"; the roles are system, developer, user, assistant, tool',
        ),
        ([USER, {"role": "assistant", "content": None}], "messages[1].content is null; it must be text"),
        ([{"role": "user", "content": [1]}, ASSISTANT], "messages[0].content is [1]; it must be text"),
        ([USER, {**ASSISTANT, "weight": 0.5}], "messages[1].weight is 0.5; a weight is 0 or 1"),
        ([USER, {**ASSISTANT, "tool_calls": {"a": 1}}], 'messages[1].tool_calls is {"a": 1}; it must be a list'),
        (
            [USER, calling({"id": "a"})],
            'messages[1].tool_calls[0] is {"id": "a"}; '
            'a call is {"id": ..., "function": {"name": ..., "arguments": "{...}"}}',
        ),
        ([USER, calling(call("a", name=""))], 'messages[1].tool_calls[0].function.name is ""; it must be text'),
        ([USER, calling(call(""))], 'messages[1].tool_calls[0].id is ""; it must be text'),
        (
            [USER, calling(call("a", "{city}")), answer("a"), ASSISTANT],
            'messages[1].tool_calls[0].function.arguments is "{city}", which is not JSON '
            "(Expecting property name enclosed in double quotes, column 2); it must be a JSON object as text",
        ),
        (
            [USER, calling(call("a", "[1]")), answer("a"), ASSISTANT],
            "messages[1].tool_calls[0].function.arguments is [1]; it must be a JSON object",
        ),
        (
            [USER, calling(call("a", '{"x": 1, "x": 2}')), answer("a"), ASSISTANT],
            "messages[1].tool_calls[0].function.arguments: key 'x' stands 2 times in one object; once is right",
        ),
        (
            [USER, calling(call("a"), call("a")), answer("a"), ASSISTANT],
            "messages[1].tool_calls[1].id is 'a', which another call of this message has; ids must differ",
        ),
        (
            [USER, calling(call("a")), ASSISTANT],
            "messages[1].tool_calls: call 'a' has no answer; a tool message with this tool_call_id must follow",
        ),
        (
            [USER, calling(call("a")), answer("b"), answer("a"), ASSISTANT],
            "messages[2].tool_call_id is \"b\", which no call waits for; the waiting calls are 'a'",
        ),
        ([USER, answer(7)], "messages[1].tool_call_id is 7, which no call waits for; the waiting calls are -"),
        (
            [USER, calling(call("a")), answer("a"), answer("a"), ASSISTANT],
            "messages[3].tool_call_id: call 'a' is answered twice; once is right",
        ),
        ([USER, calling(call("a")), answer("a", None), ASSISTANT], "messages[2].content is null; it must be text"),
        (
            [USER, calling(call("a")), answer("a"), USER, USER, ASSISTANT],
            "messages[4] has role user right after another user message; the assistant must answer in between",
        ),
        (
            [USER, calling(call("a")), answer("a")],
            "messages[1] ends the conversation with role tool; the last message must be the assistant's",
        ),
    ],
)
def test_every_fault_names_its_field_in_openais_words(tmp_path: Path, messages: Any, fault: str) -> None:
    assert faults(tmp_path, messages=messages) == [fault]


def test_faults_of_tools_are_named(tmp_path: Path) -> None:
    assert faults(tmp_path, messages=[USER, ASSISTANT], tools="all") == ['tools is "all"; it must be a list']
    assert faults(tmp_path, messages=[USER, ASSISTANT], tools=[TOOL, {"name": "x"}]) == [
        'tools[1] is {"name": "x"}; a tool is {"type": "function", "function": {"name": ..., "parameters": ...}}'
    ]


def test_two_unanswered_calls_at_the_end_are_faults_since_a_glm_makes_one_at_a_time(tmp_path: Path) -> None:
    assert [
        fault.split(" has no")[0] for fault in faults(tmp_path, messages=[USER, calling(call("a"), call("b"))])
    ] == [
        "messages[1].tool_calls: call 'a'",
        "messages[1].tool_calls: call 'b'",
    ]


def test_a_long_value_is_cut_and_cannot_reach_the_terminal_raw(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, messages=[USER, {"role": "\x1b" + "x" * 100, "content": ""}])
    assert fault.startswith('messages[1].role is "\\x1b' + "x" * 57 + "…; the roles are")
