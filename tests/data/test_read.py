"""Rows of every format become conversations, or faults that name file, line, field and value."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glmkit.chat.conversation import Message
from glmkit.config import SOURCE_FORMATS
from glmkit.data import capped
from glmkit.data.check import check, render_report
from glmkit.data.read import SOURCES, read
from glmkit.errors import ConfigError, DataError

Write = Callable[..., Path]

HELLO = [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "Hi."}]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_rows(*rows: Any, name: str = "chats.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return write_rows


def faults(path: str | Path, source_format: str | None = None) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(path, source_format)
    assert caught.value.exit_code == 3
    return str(caught.value).replace(str(path), Path(path).name).split("\n")


def test_rows_of_the_original_format_become_conversations_with_file_and_line(write: Write) -> None:
    path = write({"conversations": HELLO}, {"conversations": HELLO, "id": "extra keys are fine"})
    first, second = read(path)
    assert first.messages == (Message(role="user", content="你好"), Message(role="assistant", content="Hi."))
    assert (first.source, second.source) == (f"{path}:1", f"{path}:2")


def test_an_array_gives_the_same_conversations_as_lines(write: Write, tmp_path: Path) -> None:
    lines = write({"conversations": HELLO}, {"conversations": HELLO[:1] * 1 + HELLO[1:]})
    array = tmp_path / "chats.json"
    array.write_text(json.dumps([json.loads(line) for line in lines.read_text().splitlines()], indent=1))
    assert [c.messages for c in read(array)] == [c.messages for c in read(lines)]
    assert [c.source for c in read(array)] == [f"{array}:2", f"{array}:14"]


USER, ASSISTANT = HELLO


@pytest.mark.parametrize(
    ("conversations", "fault"),
    [
        ([], "conversations is empty; a row needs at least one message"),
        ([USER], "conversations[0] ends the conversation with role user; the last message must be the assistant's"),
        (
            [{"role": "system", "content": "x"}],
            "conversations[0] ends the conversation with role system; the last message must be the assistant's",
        ),
        (
            [{"role": "wizard", "content": "x"}],
            "conversations[0].role is 'wizard'; the roles are system, user, assistant, observation, tool",
        ),
        (
            [{"role": "system", "content": "a"}, {"role": "system", "content": "b"}, *HELLO],
            "conversations[1] is a second system message; a conversation has at most one",
        ),
        (
            [*HELLO, {"role": "system", "content": "a"}, *HELLO],
            "conversations[2] has role system after other messages; a system message comes first",
        ),
        (
            [USER, *HELLO],
            "conversations[1] has role user right after another user message; the assistant must answer in between",
        ),
        (
            [USER, {"role": "observation", "content": "1"}, ASSISTANT],
            "conversations[1] has role observation without an assistant message right before it; it must follow a call",
        ),
        ([USER, {"role": "assistant", "content": None}], "conversations[1].content must be string, not null"),
        ([USER, {"role": "assistant", "content": 3}], "conversations[1].content must be string, not number"),
        ([USER, {"role": "assistant", "content": ["a"]}], "conversations[1].content must be string, not list"),
        ([USER, {"role": "assistant"}], "conversations[1].content is missing"),
        (
            [USER, {"role": "tool", "parameters": {}, "observation": ""}, ASSISTANT],
            "conversations[1].name is missing",
        ),
        ([USER, {**ASSISTANT, "loss": False}], "conversations has no assistant message to learn from"),
    ],
)
def test_a_row_that_breaks_a_rule_is_named(write: Write, conversations: list[Any], fault: str) -> None:
    path = write({"conversations": HELLO}, {"conversations": conversations})
    assert faults(path)[0] == f"chats.jsonl:2: {fault}"


def test_tools_must_be_a_list_or_an_object(write: Write) -> None:
    path = write({"conversations": HELLO, "tools": "search"})
    assert faults(path) == ["chats.jsonl:1: tools must be list or object, not string"]


def test_all_faults_of_all_rows_come_at_once_in_the_order_of_the_file(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write({"conversations": [*HELLO, USER]}, 7, {"conversations": HELLO}, {"messages": HELLO}, name="bad.jsonl")
    with path.open("a") as file:
        file.write("{oops\n")
    assert faults("./bad.jsonl") == [
        "bad.jsonl:1: conversations[2] ends the conversation with role user; the last message must be the assistant's",
        "bad.jsonl:2: the row is 7; it must be a JSON object",
        "bad.jsonl:4: conversations is missing",
        "bad.jsonl:5:2: not JSON (Expecting property name enclosed in double quotes): {oops",
    ]


def test_many_faults_are_cut_to_twenty_lines_and_a_count(write: Write) -> None:
    lines = faults(write({"conversations": HELLO}, *[{}] * 30))
    assert len(lines) == 21
    assert lines[19:] == ["chats.jsonl:21: conversations is missing", "and 10 more"]


def test_a_format_nobody_knows_is_named_with_its_keys(write: Write) -> None:
    path = write({"frage": "a", "antwort": "b"})
    assert faults(path) == [
        "chats.jsonl:1: no row is in a known format; this one has the keys frage, antwort, "
        f"the known formats are {SOURCE_FORMATS}"
    ]
    with pytest.raises(DataError) as caught:
        read(path)
    assert caught.value.hints() == ['a conversation is {"conversations": [{"role": "user", "content": "..."}, ...]}']


def test_the_format_can_be_forced_and_a_wrong_name_lists_the_choices(write: Write) -> None:
    path = write({"messages": HELLO, "conversations": HELLO})
    assert read(path, "openai")[0].messages == read(path, "conversations")[0].messages
    assert faults(write({"conversations": HELLO}), "openai") == ["chats.jsonl:1: messages is missing"]
    with pytest.raises(
        ConfigError,
        match=f"source_format: 'opnai' is not a format; the formats are {SOURCE_FORMATS}",
    ):
        read(path, "opnai")


def test_the_help_names_every_format() -> None:
    assert ", ".join(SOURCES) == SOURCE_FORMATS


def test_messages_are_chinese_when_asked(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmkit.errors._language", "zh")
    assert faults(write({"conversations": HELLO}, [1])) == ["chats.jsonl:2: 这一行是 [1]；应为 JSON 对象"]


WHOLE = json.dumps(
    {
        "messages": [
            HELLO[0],
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            HELLO[1],
        ],
        "conversations": HELLO,
        "Instances": [
            {"input": "a", "intermediate_steps": [[["f", "{}", "x"], "y"]], "Final Thought": "b", "output": "c"}
        ],
    }
)
SCRAPS = [
    "null",
    "1",
    "[]",
    "{}",
    '""',
    '"a"',
    "NaN",
    "\\ud800",
    "\\u0000",
    "\n",
    "\r",
    "[",
    "]",
    "{",
    "}",
    ",",
    '"',
    "\x00",
]
FIELDS = [
    "messages",
    "conversations",
    "Instances",
    "tools",
    "role",
    "content",
    "tool_calls",
    "id",
    "function",
    "name",
    "arguments",
    "loss",
    "weight",
    "from",
    "value",
    "system",
    "history",
    "instruction",
    "output",
    "prompt",
    "response",
]
SOURCE_NAMES = list(SOURCES)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(["", "a", "tool", "assistant", "user", "function_call"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(
        st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 12), st.sampled_from(["", *SCRAPS])), max_size=4
    ),
    source_format=st.sampled_from([None, *SOURCE_NAMES]),
)
def test_a_damaged_file_gives_conversations_or_data_errors_and_nothing_else(
    tmp_path: Path, cuts: list[tuple[int, int, str]], source_format: str | None
) -> None:
    text = WHOLE
    for start, length, scrap in cuts:
        text = text[:start] + scrap + text[start + length :]
    path = tmp_path / "damaged.jsonl"
    path.write_text(text)
    with suppress(DataError):
        assert read(path, source_format)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=3), source=st.sampled_from(SOURCE_NAMES))
def test_any_json_in_any_field_gives_conversations_or_data_errors_and_nothing_else(
    tmp_path: Path, row: dict[str, Any], source: str
) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps(row))
    with suppress(DataError):
        assert read(path, source)


def test_faults_beyond_a_limit_are_counted_and_not_held(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capped, "MAX_KEPT", 25)
    path = write({"conversations": HELLO}, *[{}] * 60)
    assert faults(path)[-1] == "and 40 more"
    report = check(path)
    assert (len(report.problems), report.problems.total) == (25, 60)
    assert render_report(report).endswith("faults: 60")
