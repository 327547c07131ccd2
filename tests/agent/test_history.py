"""A conversation as training data and back: what `glmkit data` and `glmkit train` read, lossless where it can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.agent.code_runner import CODE_SYSTEM_PROMPT
from glmkit.agent.history import History
from glmkit.chat.conversation import Conversation, Message, ToolCall
from glmkit.chat.validation import validate
from glmkit.data.check import check
from glmkit.data.read import read
from glmkit.errors import DataError

TOOLS = [
    {
        "name": "add",
        "description": "Add.",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    }
]


def called(name: str, arguments: Any, call_id: str = "c1", content: str | None = None) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    calls = [{"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def answered(text: str, call_id: str = "c1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def said(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def asked(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_an_export_is_a_training_row_in_the_format_of_the_original(tmp_path: Path) -> None:
    history = History(
        system="Be short.",
        tools=TOOLS,
        messages=[
            asked("1 + 1?"),
            {**called("add", {"a": 1}, content="Let me see."), "raw": "x", "raw_source": "y"},
            answered("2"),
            said("It is 2."),
            asked("A plot?"),
            called("interpreter", {"code": "plot()"}),
            answered("[Image]"),
            said("Here."),
        ],
    )
    row = history.to_row()
    assert row == {
        "tools": TOOLS,
        "conversations": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": "1 + 1?"},
            {"role": "assistant", "content": "Let me see."},
            {"role": "tool", "name": "add", "parameters": {"a": 1}, "observation": "2"},
            {"role": "assistant", "content": "It is 2."},
            {"role": "user", "content": "A plot?"},
            {"role": "assistant", "content": "```python\nplot()\n```", "metadata": "interpreter"},
            {"role": "observation", "content": "[Image]"},
            {"role": "assistant", "content": "Here."},
        ],
    }
    file = tmp_path / "conversation.json"
    exported = history.to_json()
    assert exported is not None
    file.write_text(exported, encoding="utf-8")
    (conversation,) = read(file)
    assert conversation.to_dict() == row
    report = check(file)
    assert len(report.problems) == 0 and not report.remarks.counts
    (call,) = [message.call for message in conversation.messages if message.call]
    assert call == ToolCall(name="add", arguments={"a": 1})
    again = History.from_json(exported)
    assert again.to_row() == row and again.tools == TOOLS and again.system == "Be short."


def test_what_has_no_answer_is_no_training_data() -> None:
    assert History().to_row() is None
    assert History(messages=[asked("Hi")]).to_row() is None
    history = History(messages=[asked("a"), asked("b"), said("c"), asked("d")])
    assert history.to_row() == {"conversations": [asked("a\nb"), said("c")]}
    unfinished = History(messages=[asked("a"), said("b"), asked("c"), called("add", {"a": 1}), answered("stopped")])
    row = unfinished.to_row()
    assert row is not None and [item["role"] for item in row["conversations"]] == [
        "user",
        "assistant",
        "user",
        "assistant",
    ]
    assert validate(row) == []


def test_the_prompt_that_stood_in_is_exported() -> None:
    row = History(messages=[asked("a"), said("b")]).to_row(CODE_SYSTEM_PROMPT)
    assert row is not None and row["conversations"][0] == {"role": "system", "content": CODE_SYSTEM_PROMPT}


@pytest.mark.parametrize("arguments", ["{broken", "[1]", "9" * 5000])
def test_a_call_that_nobody_can_read_is_kept_as_text(arguments: str) -> None:
    row = History(messages=[asked("a"), called("add", arguments), answered("no JSON"), said("Sorry.")]).to_row()
    assert row is not None and validate(row) == []
    assert row["conversations"][1] == {"role": "assistant", "content": f"add\n{arguments}", "loss": False}


def test_what_breaks_off_is_not_learned() -> None:
    cut = {**said("It is 4 and"), "untrained": True}
    assert History(messages=[asked("a"), cut]).to_row() is None
    row = History(messages=[asked("a"), cut, asked("b"), said("c")]).to_row()
    assert row is not None and row["conversations"][1] == {"role": "assistant", "content": "It is 4 and", "loss": False}
    assert History.from_row(row).to_row() == row


def test_another_server_gets_nothing_it_may_not_know() -> None:
    history = History(
        messages=[
            asked("a"),
            {**called("add", "{broken"), "raw": "x", "raw_source": "here"},
            answered("no JSON"),
            {**said("Sor"), "untrained": True},
        ]
    )
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    sent = [asked("a"), {"role": "assistant", "content": None, "tool_calls": [call]}, answered("no JSON"), said("Sor")]
    assert history.request_messages("there") == sent
    assert history.request_messages("here")[1] == {**sent[1], "raw": "x"}
    assert history.messages[1]["tool_calls"][0]["function"]["arguments"] == "{broken"


def test_rows_of_other_shapes_are_read() -> None:
    original = {"add": {"name": "add", "description": "Add.", "params": []}}
    history = History.from_row(
        {
            "tools": original,
            "conversations": [
                asked("a"),
                {"role": "tool", "name": "add", "parameters": {}, "observation": {"sum": 2}},
                {"role": "assistant", "metadata": "add", "content": "```python\ntool_call(a=1)\n```"},
                {"role": "observation", "content": "3"},
                said("3"),
            ],
        }
    )
    assert history.tools == [{"name": "add", "description": "Add.", "parameters": {"type": "object", "properties": {}}}]
    assert history.messages[1]["tool_calls"][0]["function"] == {"name": "add", "arguments": "{}"}
    assert history.messages[2]["content"] == '{"sum": 2}'
    assert history.open_calls() == []
    natural = History.from_row({"tools": ["add: adds"], "conversations": [asked("a"), said("b")]})
    assert natural.tools is None and "add: adds" in natural.system
    row = natural.to_row()
    assert row is not None and validate(row) == []


def test_a_call_at_the_end_of_a_row_has_a_result() -> None:
    row = Conversation(
        messages=(
            Message(role="user", content="a"),
            Message(role="assistant", call=ToolCall(name="add", arguments={"a": 1})),
        )
    ).to_dict()
    history = History.from_row(row)
    assert history.open_calls() == []


def test_a_wrong_row_names_every_fault() -> None:
    with pytest.raises(DataError) as caught:
        History.from_row({"conversations": [{"role": "wizard"}, {"role": "user"}]})
    assert len(caught.value.problems) >= 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "this is no JSON: Expecting value"),
        ("{broken", "this is no JSON: "),
        ("[" * 200_000, "this is no JSON: "),
        ("[]", 'there is no conversation here: expected {"conversations": [...]}, alone or in a list'),
        ("[[]]", "there is no conversation here"),
        ("3", "there is no conversation here"),
        ("{}", "conversations is missing"),
        ('{"conversations": [{"role": "user", "content": "\\ud800"}]}', "holds half a character"),
    ],
)
def test_a_file_that_is_no_conversation_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        History.from_json(text)
    assert sentence in str(caught.value)


def test_the_first_conversation_of_any_file_is_read() -> None:
    row = {"conversations": [asked("a"), said("b")]}
    for text in (json.dumps(row), json.dumps([row, {}]), f"\ufeff\n{json.dumps(row)}\n{json.dumps(row)}\n"):
        assert History.from_json(text).messages == [asked("a"), said("b")]


texts = st.text(max_size=8).filter(lambda text: text.encode("utf-8", "ignore").decode() == text)
names = st.sampled_from(["add", "天气", "interpreter", "a-b"])
values = st.dictionaries(st.sampled_from(["a", "code", "b c"]), texts | st.integers() | st.none(), max_size=2)


@st.composite
def turns(draw: st.DrawFn) -> list[dict[str, Any]]:
    messages = []
    for number in range(draw(st.integers(1, 3))):
        messages.append(asked(draw(texts)))
        for step in range(draw(st.integers(0, 2))):
            name, arguments, call_id = draw(names), draw(values), f"c{number}-{step}"
            if name == "interpreter":
                arguments = {"code": draw(texts)}
            messages += [
                called(name, arguments, call_id, draw(st.none() | texts) or None),
                answered(draw(texts), call_id),
            ]
        messages.append(said(draw(texts)))
    return messages


@given(system=texts, tools=st.sampled_from([None, TOOLS]), messages=turns())
def test_a_round_trip_gives_the_same_row(system: str, tools: Any, messages: Any) -> None:
    row = History(system=system, tools=tools, messages=messages).to_row()
    assert row is not None and validate(row) == []
    json.dumps(row).encode()
    again = History.from_row(json.loads(json.dumps(row))).to_row()
    assert again == row
