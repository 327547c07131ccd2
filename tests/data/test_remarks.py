"""Remarks: what is said about lawful rows, with which field, and how a file's remarks are counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import CheckConfig
from glmkit.data.check import check
from glmkit.data.commands import run_check, run_convert
from glmkit.data.read import read
from glmkit.data.remarks import MAX_EXAMPLES, MAX_TURN_CHARACTERS, Remarks, text_remarks
from glmkit.errors import Problem, set_language

USER, REPLY = {"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("item", "remark"),
    [
        ({"role": "assistant", "content": " \n"}, "conversations[0]: the turn of role assistant is empty"),
        (
            {"role": "user", "content": "x" * (MAX_TURN_CHARACTERS + 1)},
            "conversations[0] has 32,769 characters; more than 32,768 are unusual in one turn",
        ),
        (
            {"role": "user", "content": "a <|assistant|> b"},
            "conversations[0] has <|assistant|> in its text; it is kept as text and never becomes the special token",
        ),
        (
            {"role": "tool", "name": "f", "parameters": {"a": "[gMASK]"}, "observation": ""},
            "conversations[0] has [gMASK] in its text; it is kept as text and never becomes the special token",
        ),
        (
            {"role": "tool", "name": "f", "parameters": {}, "observation": {"a": "<|user|>"}},
            "conversations[0] has <|user|> in its text; it is kept as text and never becomes the special token",
        ),
    ],
)
def test_a_turn_worth_a_look_is_named(item: dict[str, Any], remark: str) -> None:
    assert [problem.text() for problem in text_remarks({"conversations": [item]})] == [remark]


@pytest.mark.parametrize(
    "item",
    [
        {"role": "user", "content": "x" * MAX_TURN_CHARACTERS},
        {"role": "user", "content": "philosophy, sop, eop, <|end|>, <user>, [mask], | user |"},
        {"role": "observation", "content": ""},
        {"role": "tool", "name": "f", "parameters": {"a": 1, "b": None}, "observation": ""},
        {"role": "tool", "name": "f", "parameters": {}},
    ],
)
def test_a_usual_turn_gives_no_remark(item: dict[str, Any]) -> None:
    assert list(text_remarks({"conversations": [item]})) == []


def test_counts_go_on_where_examples_end() -> None:
    remarks = Remarks()
    remarks.add(Problem("data-remark-empty-turn", f"f:{line}", {"field": "x", "role": "user"}) for line in range(1_000))
    remarks.add([Problem("data-remark-role-token", "f:7", {"field": "x", "token": "<|user|>"})])
    assert remarks.counts == {"data-remark-empty-turn": 1_000, "data-remark-role-token": 1}
    assert len(remarks.examples["data-remark-empty-turn"]) == MAX_EXAMPLES
    assert remarks.by_kind() == "empty turns 1,000, role tokens in text 1"
    assert remarks.lines() == [
        "remarks: 1,001",
        "  empty turns: 1,000 (first: f:0: x: the turn of role user is empty)",
        "  role tokens in text: 1 (first: f:7: x has <|user|> in its text; it is kept as text and never becomes the "
        "special token)",
    ]


def test_remarks_are_printed_and_stop_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, {"prompt": "a <|user|>", "response": "b"}, {"prompt": "c", "response": ""})
    assert run_check(CheckConfig(file=str(path))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "remarks: 2" in lines
    assert f"  empty turns: 1 (first: {path}:2: response: the turn of role assistant is empty)" in lines
    assert len(read(path)) == 2
    assert capsys.readouterr().err == (
        f"{path}: 2 remarks, nothing is left out for them: role tokens in text 1, empty turns 1 "
        "(`glmkit data check` shows where)\n"
    )


def test_a_conversion_tells_its_remarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from glmkit.config import ConvertConfig

    path = write(tmp_path, {"conversations": [USER, {**REPLY, "content": ""}]})
    assert run_convert(ConvertConfig(source=str(path), target=str(tmp_path / "out.jsonl"))) == 0
    assert "remarks: 1" in capsys.readouterr().out.splitlines()


def test_with_a_tokenizer_long_turns_are_measured_in_tokens(tmp_path: Path, small_tokenizer: Tokenizer) -> None:
    long = {"conversations": [{**USER, "content": "Rome " * 20_000}, REPLY]}
    many = {"conversations": [{**USER, "content": "Rome " * 30}, REPLY] * 4}
    path = write(tmp_path, many, long)
    assert check(path).remarks.counts == {"data-remark-long-turn": 1}
    report = check(path, tokenizer=small_tokenizer, max_seq_len=400)
    assert report.num_cut == 2  # the first is too long as a whole, none of its turns is
    assert report.remarks.counts == {"data-remark-many-tokens": 1}
    (remark,) = report.remarks.examples["data-remark-many-tokens"]
    assert remark.text() == (
        f"{path}:2: turn 1, of role user, has {remark.values['tokens']:,} tokens, alone more than max_seq_len 400"
    )
    assert report.lengths[1] > remark.values["tokens"] > 20_000


def test_fields_are_named_as_the_source_has_them(tmp_path: Path) -> None:
    row = {
        "conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": ""}],
        "system": "[sMASK]",
    }
    (first, second) = check(write(tmp_path, row)).remarks.examples.values()
    assert [remark.values["field"] for remark in (*first, *second)] == ["system", "conversations[1]"]


def test_remarks_are_chinese_when_asked() -> None:
    remarks = Remarks()
    remarks.add([Problem("data-remark-empty-turn", "f:1", {"field": "x", "role": "user"})])
    try:
        set_language("zh")
        assert remarks.lines() == ["提示：1", "  空消息：1（第一处：f:1: x：角色 user 的消息为空）"]
    finally:
        set_language(None)
