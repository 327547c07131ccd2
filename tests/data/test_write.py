"""Every format is written from the original's: what it holds comes back equal, what it does not is named."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glmkit.chat.calls import write_call
from glmkit.chat.conversation import TOOL_SENTENCE, Conversation
from glmkit.chat.validation import validate
from glmkit.data.capped import CappedList
from glmkit.data.csv_rows import read_records
from glmkit.data.read import SOURCES
from glmkit.data.sources import alpaca, conversations, openai, prompt_response, sharegpt, toolalpaca
from glmkit.data.sources.written import canonical
from glmkit.data.target import FLAT, Target
from glmkit.errors import TABLE

FORMATS = [sharegpt, openai, toolalpaca, alpaca, prompt_response]
by_name = pytest.mark.parametrize("source", FORMATS, ids=lambda source: source.NAME)

USER = {"role": "user", "content": "北京有雨吗?"}
THOUGHT = {"role": "assistant", "content": "I look it up."}
CALL = {"role": "tool", "name": "weather", "parameters": {"city": "北京", "days": 2.0}, "observation": '{"rain": 0}'}
ANSWER = {"role": "assistant", "content": "I know.\nNo."}
FUNCTION = {"name": "weather", "description": "tells it", "parameters": {"type": "object", "properties": {}}}
ROW = {"tools": [FUNCTION], "conversations": [{"role": "system", "content": "Be brief."}, USER, THOUGHT, CALL, ANSWER]}


def test_a_row_as_openai_messages() -> None:
    untrained = [*ROW["conversations"][:-1], {**ANSWER, "loss": False}, {**USER, "loss": False}, ANSWER]
    written = openai.write({**ROW, "conversations": untrained})
    function = {"name": "weather", "arguments": '{"city": "北京", "days": 2.0}'}
    assert written.row == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "北京有雨吗?"},
            {
                "role": "assistant",
                "content": "I look it up.",
                "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": '{"rain": 0}'},
            {"role": "assistant", "content": "I know.\nNo.", "weight": 0},
            {"role": "user", "content": "北京有雨吗?"},
            {"role": "assistant", "content": "I know.\nNo."},
        ],
        "tools": [{"type": "function", "function": FUNCTION}],
    }
    assert written.losses == frozenset()


def test_openai_keeps_the_callers_ids_and_makes_others_that_differ() -> None:
    given_id = {**CALL, "id": "call_1"}
    rows = openai.write({"conversations": [USER, {**CALL, "loss": False}, given_id, CALL, ANSWER]}).row["messages"]
    assert [row["tool_call_id"] for row in rows if row["role"] == "tool"] == ["call_2", "call_1", "call_3"]
    assert rows[1]["content"] is None
    assert [row.get("weight") for row in rows] == [None, 0, None, None, None, None, None, None]


def test_a_row_as_sharegpt() -> None:
    written = sharegpt.write({**ROW, "conversations": [*ROW["conversations"][:3], {**CALL, "loss": False}, ANSWER]})
    call = '{"name": "weather", "arguments": {"city": "北京", "days": 2.0}}'
    assert written.row == {
        "conversations": [
            {"from": "human", "value": "北京有雨吗?"},
            {"from": "gpt", "value": "I look it up."},
            {"from": "function_call", "value": call, "loss": False},
            {"from": "observation", "value": '{"rain": 0}'},
            {"from": "gpt", "value": "I know.\nNo."},
        ],
        "system": "Be brief.",
        "tools": json.dumps([FUNCTION]),
    }
    assert written.losses == frozenset()


def test_turns_as_alpaca_and_prompt_response() -> None:
    row = {"conversations": [ROW["conversations"][0], {"role": "user", "content": "a"}, THOUGHT, USER, ANSWER]}
    more = {"system": "Be brief.", "history": [["a", "I look it up."]]}
    assert alpaca.write(row).row == {"instruction": "北京有雨吗?", "input": "", "output": "I know.\nNo.", **more}
    assert prompt_response.write(row).row == {"prompt": "北京有雨吗?", "response": "I know.\nNo.", **more}
    assert alpaca.write(row).losses == prompt_response.write(row).losses == frozenset()
    assert alpaca.write_cells(row).row == {
        "system": "Be brief.",
        "instruction": "a",
        "input": "",
        "output": "I look it up.",
    }
    assert alpaca.write_cells(row).losses == {"data-loss-turns"}


def test_a_row_as_toolalpaca() -> None:
    row = {"tools": ["weather: tells it"], "conversations": [USER, THOUGHT, CALL, ANSWER]}
    raw = 'I look it up.\nAction: weather\nAction Input: {"city": "北京", "days": 2.0}'
    instance = {
        "input": "北京有雨吗?",
        "output": "No.",
        "Final Thought": "I know.",
        "intermediate_steps": [[["weather", '{"city": "北京", "days": 2.0}', raw], '{"rain": 0}']],
    }
    assert toolalpaca.write(row).row == {"NLDocumentation": "weather: tells it", "Instances": [instance]}
    assert toolalpaca.write(row).losses == frozenset()


def test_toolalpaca_groups_neighbours_of_one_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"NLDocumentation": text, "Instances": [number]} for number, text in enumerate("aabba")]
    assert [row["Instances"] for row in toolalpaca.grouped(rows)] == [[0, 1], [2, 3], [4]]
    monkeypatch.setattr(toolalpaca, "MAX_GROUP_BYTES", len(json.dumps(rows[0])) + 1)
    assert [row["Instances"] for row in toolalpaca.grouped(rows)] == [[0], [1], [2], [3], [4]]


SPELLED = {"role": "assistant", "metadata": "weather", "content": write_call(CALL["parameters"])}
SEEN = {"role": "observation", "content": "1"}
HEADER = {"role": "assistant", "metadata": "interpreter", "content": "```python\n1\n```"}
TEXT_TOOLS = ["weather: tells it"]


@pytest.mark.parametrize(
    ("row", "losses"),
    [
        (ROW, "- - system,tools-form tools,texts,calls"),
        ([USER, SPELLED], "- - no-tools answer"),
        ([USER, SPELLED, SEEN, ANSWER], "- - no-tools calls"),
        ([USER, HEADER, SEEN, ANSWER], "observations,header header no-tools calls"),
        ([USER, HEADER], "header header no-tools answer"),
        ([USER, {**THOUGHT, "loss": False}, {**SEEN, "loss": True}, {**ANSWER, "loss": False}],
         "trained trained no-tools texts,calls,flags"),
        ([USER, THOUGHT, {**SEEN, "loss": True}, ANSWER], "observations flags no-tools texts,calls"),
        ([{"role": "system", "content": ""}, USER, ANSWER], "- - no-tools system"),
        ([{**USER, "metadata": "Ann"}, ANSWER], "header header no-tools header"),
        ([{**USER, "name": "Ann"}, ANSWER], "fields fields no-tools fields"),
        ({"id": 7, "conversations": [USER, ANSWER]}, "fields fields no-tools fields"),
        ([USER, {**CALL, "id": "x"}, ANSWER], "- fields no-tools fields,calls"),
        ({"tools": TEXT_TOOLS, "conversations": [USER, THOUGHT, CALL, ANSWER]},
         "tools-text tools-text - tools,texts,calls"),
        ({"tools": TEXT_TOOLS * 2, "conversations": [USER, ANSWER]}, "tools-text tools-text tools-form tools"),
        ({"tools": [], "conversations": [USER, ANSWER]}, "tools tools no-tools tools"),
        ({"tools": [{"name": 7}], "conversations": [USER, ANSWER]}, "tools-text tools-text no-tools tools"),
        ({"tools": [{"type": "function", "function": FUNCTION}], "conversations": [USER, ANSWER]},
         "tools-form tools-form tools-form tools"),
        ({"tools": TEXT_TOOLS, "conversations": [USER, CALL, {"role": "assistant", "content": "No."}, USER, ANSWER]},
         "tools-text tools-text thought,final-thought,turns tools,calls"),
        ({"tools": TEXT_TOOLS, "conversations": [USER, THOUGHT, CALL, USER, ANSWER]},
         "tools-text tools-text answer tools,texts,calls,turns"),
        ({"tools": TEXT_TOOLS, "conversations": [USER, THOUGHT, THOUGHT, ANSWER]},
         "tools-text tools-text texts tools,texts"),
        ([{"role": "system", "content": TOOL_SENTENCE, "tools": [FUNCTION]}, USER, ANSWER], "- - tools-form tools"),
        ([{"role": "system", "content": "x", "tools": [FUNCTION]}, USER, ANSWER],
         "system-tools system-tools no-tools tools"),
    ],
)  # fmt: skip
def test_what_is_lost_is_named(row: Any, losses: str) -> None:
    """One word a format, in the order OpenAI, ShareGPT, ToolAlpaca, Alpaca: "-", the losses, or why there is no row."""
    row = row if isinstance(row, dict) else {"conversations": row}
    assert validate(row) == []
    found = []
    for source in (openai, sharegpt, toolalpaca, alpaca):
        written = source.write(row)
        names = {code.removeprefix("data-loss-") for code in written.losses}
        if written.fault is not None:
            names = {written.fault.code.removeprefix("data-hold-").replace("tools", "no-tools")}
        found.append(names)
    expected = [set(word.split(",")) - {"-"} for word in losses.split(" ")]
    assert found == expected


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["", "\n", "a\nb", " x ", "Action: y", "北京😀", 'say "a, b"\r\n', TOOL_SENTENCE]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
NAMES = st.sampled_from(["weather", "interpreter", "天气 now"])
LOSS = {"loss": st.sampled_from([None, True, False])}
ARGUMENTS = st.dictionaries(TEXT, JSON, max_size=2)
CONTENT = TEXT | ARGUMENTS.map(write_call)


def spoken(role: str, content: st.SearchStrategy[str] = TEXT, **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    rare = {"metadata": st.sampled_from(["", "weather"])} | optional
    return st.fixed_dictionaries({"role": st.just(role), "content": content}) | st.fixed_dictionaries(
        {"role": st.just(role), "content": content}, optional=rare
    )


SYSTEMS = spoken("system", tools=st.sampled_from([None, [FUNCTION], TEXT_TOOLS]))
USERS = spoken("user", **LOSS)
TOOLS = st.fixed_dictionaries(
    {"role": st.just("tool"), "name": NAMES, "parameters": ARGUMENTS, "observation": TEXT | JSON},
    optional={**LOSS, "id": st.sampled_from(["call_1", "x", 7, None])},
)
ASSISTANTS = spoken("assistant", CONTENT, **LOSS)
OBSERVATIONS = spoken("observation", TEXT, **LOSS)
DEFINITIONS = (
    st.lists(st.just(FUNCTION) | st.fixed_dictionaries({"name": NAMES | JSON}, optional={"function": JSON}), max_size=2)
    | st.lists(TEXT, max_size=2)
    | st.just([{"type": "function", "function": FUNCTION}])
    | st.just({"weather": {"description": "", "params": []}})
    | st.dictionaries(TEXT, JSON, max_size=1)
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A row without faults: turns of a user, then assistants, calls and observations, an assistant last."""
    messages = draw(st.lists(SYSTEMS, max_size=1))
    num_turns = draw(st.integers(1, 2))
    for turn in range(num_turns):
        messages.append(draw(USERS))
        replies = draw(st.lists(ASSISTANTS | TOOLS, min_size=1, max_size=3))
        for reply in replies:
            messages.append(reply)
            if reply["role"] == "assistant" and draw(st.integers(0, 3)) == 0:
                messages.append(draw(OBSERVATIONS))
        if turn + 1 == num_turns and messages[-1]["role"] != "assistant":
            messages.append(draw(ASSISTANTS))
    row: dict[str, Any] = {"conversations": messages}
    if draw(st.booleans()):
        row["tools"] = draw(DEFINITIONS | st.none())
    if draw(st.integers(0, 9)) == 0:
        row["id"] = 1
    return row


def told(row: Mapping[str, Any]) -> list[Any]:
    """What a model is taught by a row, message by message."""
    told = []
    for item in Conversation.from_dict(row).messages:
        call = item.call and (item.call.name, write_call(item.call.arguments))
        told.append((item.role, *(call or (item.metadata, item.content)), repr(item.tools), item.is_trained))
    return told


def same(row: Mapping[str, Any], *ignored: str) -> str:
    """A canonical row as text, without the ``ignored`` fields of its messages."""
    row = canonical(row)
    messages = [{key: value for key, value in item.items() if key not in ignored} for item in row["conversations"]]
    return json.dumps({**row, "conversations": messages}, sort_keys=True)


def usable(row: dict[str, Any]) -> bool:
    return validate(row) == []


@given(rows().filter(usable))
def test_the_canonical_row_teaches_the_same(row: dict[str, Any]) -> None:
    assert told(canonical(row)) == told(row)
    assert canonical(canonical(row)) == canonical(row)
    assert conversations.write(row).row == row


@by_name
@given(row=rows().filter(usable))
@example(row=ROW)
@example(row={"tools": TEXT_TOOLS, "conversations": [USER, THOUGHT, CALL, ANSWER]})
@example(row={"conversations": [USER, SPELLED, {**SEEN, "loss": True}, ANSWER]})
def test_a_row_comes_back_equal_exactly_where_no_loss_is_named(source: Any, row: dict[str, Any]) -> None:
    written = source.write(row)
    if written.fault is not None:
        assert written.fault.text()
        return
    assert all(code in TABLE for code in written.losses)
    on_disk = json.loads(json.dumps(written.row, ensure_ascii=False))
    assert source.recognises(on_disk)
    assert next(name for name, other in SOURCES.items() if other.recognises(on_disk)) == source.NAME
    (back,) = source.examples(on_disk)
    assert (back.faults, back.skip_reason) == ((), "")
    assert validate(back.row) == []
    ignored = ["id"] if source is openai else []  # written, and carried by no token, but not kept by its reader
    assert (same(back.row) == same(row, *ignored)) == (not written.losses), (back.row, written.losses)


@pytest.mark.parametrize("name", FLAT)
@given(row=rows().filter(usable))
def test_a_csv_record_comes_back_equal_exactly_where_no_loss_is_named(name: str, row: dict[str, Any]) -> None:
    written = FLAT[name].write_cells(row)
    if written.fault is not None or not any(cell.strip() for cell in written.row.values()):
        return
    target = Target(Path("out.csv"), name, "as_is", CappedList())
    text = "".join(f"{line}\n" for line in target.lines([("here", row)]))
    (record,) = read_records(Path("out.csv"), io.StringIO(text, newline="\n"))
    assert record.problems == ()
    (back,) = FLAT[name].examples(dict(record.cells))
    assert (same(back.row) == same(row)) == (not written.losses)
    assert set(target.losses) == written.losses
