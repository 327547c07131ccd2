"""One question and its answer: every spelling of the pair, and every fault by field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glmkit.data.read import find_format, read
from glmkit.data.sources.prompt_response import PAIRS
from glmkit.errors import DataError

Converted = Callable[..., dict[str, Any]]
Faults = Callable[..., list[str]]

CHOICES = "prompt/response, context/target, content/summary, question/answer"


@pytest.mark.parametrize(("question", "answer"), PAIRS)
def test_a_pair_becomes_one_user_turn_and_one_answer(converted: Converted, question: str, answer: str) -> None:
    assert converted("prompt_response", {question: "类型#裙", answer: "一条裙子", "id": 7}) == {
        "conversations": [{"role": "user", "content": "类型#裙"}, {"role": "assistant", "content": "一条裙子"}]
    }


def test_system_and_history_come_first(converted: Converted) -> None:
    row = {"prompt": "c", "response": "d", "history": [["a", "b"]], "system": "s"}
    assert converted("prompt_response", row)["conversations"] == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
        {"role": "assistant", "content": "d"},
    ]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"prompt": "a"}, "response is missing"),
        ({"summary": "a"}, "content is missing"),
        ({"prompt": 7, "response": "b"}, "prompt is 7; it must be text"),
        ({"content": "a", "summary": None}, "summary is null; it must be text"),
        ({"prompt": "a", "response": "b", "history": {"a": 1}}, 'history is {"a": 1}; it must be a list'),
        (
            {"prompt": "a", "response": "b", "history": ["a"]},
            'history[0] is "a"; an earlier turn is [question, answer]',
        ),
        ({"prompt": "a", "response": "b", "system": 1}, "system is 1; it must be text"),
        ({"text": "a"}, f"the row has -; it must have one question and its answer: {CHOICES}"),
        (
            {"question": "a", "answer": "b", "context": "c"},
            f"the row has context, question, answer; it must have one question and its answer: {CHOICES}",
        ),
    ],
)
def test_every_fault_names_its_field(faults: Faults, row: dict[str, Any], fault: str) -> None:
    assert faults("prompt_response", row) == [fault]


def test_a_question_about_a_context_is_not_recognised_as_a_question_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"question": "a", "answer": "b", "context": "c"}))
    with pytest.raises(DataError, match="no row is in a known format; this one has the keys question, answer, context"):
        read(path)


def test_alpaca_comes_before_a_pair_in_the_same_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"instruction": "a", "output": "b", "prompt": "whole", "response": "b"}))
    assert find_format(path) == "alpaca"
