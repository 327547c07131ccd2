"""ShareGPT's from/value messages: what they mean in the original's format, and every fault by field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glmkit.data.read import find_format, read

Converted = Callable[..., dict[str, Any]]
Faults = Callable[..., list[str]]


def says(speaker: Any, value: Any, **fields: Any) -> dict[str, Any]:
    return {"from": speaker, "value": value, **fields}


def call(name: Any = "weather", arguments: Any = None) -> str:
    return json.dumps({"name": name, "arguments": {} if arguments is None else arguments}, ensure_ascii=False)


HUMAN, GPT = says("human", "北京有雨吗?"), says("gpt", "No.")
USER, ASSISTANT = {"role": "user", "content": "北京有雨吗?"}, {"role": "assistant", "content": "No."}
TOOL = {"name": "weather", "description": "tells it", "parameters": {"type": "object", "properties": {}}}


def test_a_call_and_its_observation_become_one_tool_message(converted: Converted) -> None:
    arguments = {"city": "北京", "days": 2}
    row = {
        "conversations": [
            HUMAN,
            says("gpt", "I look it up."),
            says("function_call", call(arguments=arguments)),
            says("observation", '{"rain": 0}'),
            GPT,
            says("user", "Thanks"),
            says("assistant", "Welcome"),
        ],
        "system": "Be brief.",
        "tools": json.dumps([TOOL]),
    }
    assert converted("sharegpt", row) == {
        "tools": [TOOL],
        "conversations": [
            {"role": "system", "content": "Be brief."},
            USER,
            {"role": "assistant", "content": "I look it up."},
            {"role": "tool", "name": "weather", "parameters": arguments, "observation": '{"rain": 0}'},
            ASSISTANT,
            {"role": "user", "content": "Thanks"},
            {"role": "assistant", "content": "Welcome"},
        ],
    }


def test_tools_may_be_a_list_with_or_without_openais_wrapper(converted: Converted) -> None:
    row = {"conversations": [HUMAN, GPT], "tools": [TOOL, {"type": "function", "function": {**TOOL, "name": "alarm"}}]}
    assert converted("sharegpt", row)["tools"] == [TOOL, {**TOOL, "name": "alarm"}]


@pytest.mark.parametrize("nothing", [None, "", "  ", [], "[]", "null"])
def test_no_tools_and_no_system_text_leave_nothing(converted: Converted, nothing: Any) -> None:
    row = {"conversations": [HUMAN, GPT], "tools": nothing, "system": "" if nothing else None}
    assert converted("sharegpt", row) == {"conversations": [USER, ASSISTANT]}


def test_a_call_may_be_an_object_or_a_list_of_one_with_arguments_as_text(converted: Converted) -> None:
    calls = [{"name": "f", "arguments": '{"a": 1}'}, [{"name": "f", "arguments": {"a": 1}}]]
    for value in (*calls, *map(json.dumps, calls)):
        row = {"conversations": [HUMAN, says("function_call", value), says("tool", "1"), GPT]}
        assert converted("sharegpt", row)["conversations"][1] == {
            "role": "tool",
            "name": "f",
            "parameters": {"a": 1},
            "observation": "1",
        }


def test_a_last_call_without_an_observation_is_kept_as_the_last_message(converted: Converted) -> None:
    row = converted("sharegpt", {"conversations": [HUMAN, says("function_call", call(arguments={"city": "Rome"}))]})
    content = "```python\ntool_call(city='Rome')\n```"
    assert row["conversations"][1] == {"role": "assistant", "metadata": "weather", "content": content}


def test_an_observation_behind_plain_text_stays_an_observation(converted: Converted) -> None:
    row = converted("sharegpt", {"conversations": [HUMAN, GPT, says("observation", "1"), GPT]})
    assert row["conversations"][2] == {"role": "observation", "content": "1"}


def test_loss_false_and_weight_zero_are_not_trained(converted: Converted) -> None:
    row = {
        "conversations": [
            HUMAN,
            {**GPT, "loss": False},
            {**HUMAN, "weight": 0},
            says("function_call", call(), weight=0),
            says("observation", "1"),
            {**GPT, "weight": 1},
        ]
    }
    assert [message.get("loss") for message in converted("sharegpt", row)["conversations"]] == [
        None,
        False,
        None,
        False,
        None,
    ]


def test_a_row_of_the_original_is_not_taken_for_sharegpt_nor_the_other_way_round(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    for messages, source_format in (
        ([USER, ASSISTANT], "conversations"),
        ([{**USER, "from": "x"}, {**ASSISTANT, "value": "y"}], "conversations"),
        ([HUMAN, GPT], "sharegpt"),
        ([7, {"value": "x"}], "sharegpt"),
        ([], "conversations"),
        ("x", "conversations"),
    ):
        path.write_text(json.dumps({"conversations": messages}))
        assert find_format(path) == source_format


CHOICES = "human, user, gpt, assistant, system, function_call, observation, tool"


@pytest.mark.parametrize(
    ("conversations", "fault"),
    [
        ({"a": 1}, 'conversations is {"a": 1}; it must be a list'),
        ([], "conversations is empty; a row needs at least one message"),
        (["hi"], 'conversations[0] is "hi"; it must be a JSON object'),
        ([HUMAN, says("bing", "x")], f'conversations[1].from is "bing"; the roles are {CHOICES}'),
        ([HUMAN, {"value": "x"}], f"conversations[1].from is null; the roles are {CHOICES}"),
        ([HUMAN, says(["gpt"], "x")], f'conversations[1].from is ["gpt"]; the roles are {CHOICES}'),
        ([HUMAN, says("gpt", None)], "conversations[1].value is null; it must be text"),
        ([HUMAN, {"from": "gpt"}], "conversations[1].value is null; it must be text"),
        (
            [HUMAN, says("function_call", call()), says("tool", 3), GPT],
            "conversations[2].value is 3; it must be text",
        ),
        (
            [HUMAN, says("function_call", "weather()"), says("tool", "1"), GPT],
            'conversations[1].value is "weather()", which is not JSON (Expecting value, column 1); '
            'a call is {"name": ..., "arguments": {...}} as text',
        ),
        (
            [HUMAN, says("function_call", '{"name": "f", "arguments": {"x": 1, "x": 2}}'), says("tool", "1"), GPT],
            "conversations[1].value: key 'x' stands 2 times in one object; once is right",
        ),
        (
            [HUMAN, says("function_call", '{"name": "f"}'), says("tool", "1"), GPT],
            'conversations[1].value is {"name": "f"}; a call is {"name": ..., "arguments": {...}}',
        ),
        (
            [HUMAN, says("function_call", "[]"), says("tool", "1"), GPT],
            'conversations[1].value is []; a call is {"name": ..., "arguments": {...}}',
        ),
        (
            [HUMAN, says("function_call", f"[{call()}, {call()}]"), says("tool", "1"), GPT],
            "conversations[1].value holds 2 calls; one call, followed by its observation, is right",
        ),
        (
            [HUMAN, says("function_call", call(name=7)), says("tool", "1"), GPT],
            "conversations[1].value.name is 7; it must be text",
        ),
        (
            [HUMAN, says("function_call", call(arguments=[1])), says("tool", "1"), GPT],
            "conversations[1].value.arguments is [1]; it must be a JSON object",
        ),
        (
            [HUMAN, says("function_call", call(arguments="{x}")), says("tool", "1"), GPT],
            'conversations[1].value.arguments is "{x}", which is not JSON '
            "(Expecting property name enclosed in double quotes, column 2); it must be a JSON object as text",
        ),
        (
            [HUMAN, says("function_call", call()), GPT],
            "conversations[1] calls 'weather' without an answer; an observation must follow",
        ),
        ([HUMAN, {**GPT, "weight": 0.5}], "conversations[1].weight is 0.5; a weight is 0 or 1"),
        ([HUMAN, {**GPT, "loss": 0}], "conversations[1].loss must be boolean, not number"),
        (
            [HUMAN, says("function_call", call()), says("tool", "1"), HUMAN, HUMAN, GPT],
            "conversations[4] has role user right after another user message; the assistant must answer in between",
        ),
        (
            [HUMAN, says("function_call", call()), says("tool", "1")],
            "conversations[1] ends the conversation with role tool; the last message must be the assistant's",
        ),
    ],
)
def test_every_fault_names_its_field_in_sharegpts_words(faults: Faults, conversations: Any, fault: str) -> None:
    named = faults("sharegpt", {"conversations": conversations})
    assert [line for line in named if "without an assistant message" not in line] == [fault]


def test_faults_of_the_other_fields_are_named(faults: Faults) -> None:
    conversations = [HUMAN, GPT]
    assert faults("sharegpt", {}) == ["conversations is missing"]
    assert faults("sharegpt", {"conversations": conversations, "system": 7}) == ["system is 7; it must be text"]
    assert faults("sharegpt", {"conversations": [says("system", "a"), *conversations], "system": "b"}) == [
        "conversations[0] is a second system message; a conversation has at most one"
    ]
    for tools, fault in (
        ({"a": 1}, 'tools is {"a": 1}; it must be a list'),
        ('{"a": 1}', 'tools is {"a": 1}; it must be a list'),
        ('"x"', 'tools is "x"; it must be a list'),
        ([TOOL, "x"], 'tools[1] is "x"; it must be a JSON object'),
        (
            "weather",
            'tools is "weather", which is not JSON (Expecting value, column 1); '
            "it must be a list of tools, or that list as text",
        ),
        ("[NaN]", "tools: NaN is not a JSON number; use a finite number or null"),
    ):
        assert faults("sharegpt", {"conversations": conversations, "tools": tools})[0] == fault


def test_a_sharegpt_row_in_a_file_of_the_original_is_a_fault_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"conversations": [HUMAN, GPT]}) + "\n" + json.dumps({"conversations": [USER]}) + "\n")
    with pytest.raises(Exception, match=r"rows\.jsonl:2: conversations\[0\]\.from is null; the roles are human"):
        read(path)
