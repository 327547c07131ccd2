"""Alpaca's instruction, input, output: what they mean in the original's format, and every fault by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glmkit.chat.conversation import Conversation

Converted = Callable[..., dict[str, Any]]
Faults = Callable[..., list[str]]

ROW = {"instruction": "翻译成英文", "input": "你好", "output": "Hello"}


def test_the_input_follows_the_instruction_on_a_new_line(converted: Converted) -> None:
    assert converted("alpaca", ROW) == {
        "conversations": [
            {"role": "user", "content": "翻译成英文\n你好"},
            {"role": "assistant", "content": "Hello"},
        ]
    }


@pytest.mark.parametrize(
    "nothing", [{}, {"input": "", "system": "", "history": []}, dict.fromkeys(("input", "history"))]
)
def test_optional_fields_may_be_absent_empty_or_null(converted: Converted, nothing: dict[str, Any]) -> None:
    assert converted("alpaca", {"instruction": "Hi", "output": "Hello", **nothing}) == {
        "conversations": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    }


def test_an_input_without_an_instruction_stands_alone(converted: Converted) -> None:
    assert converted("alpaca", {**ROW, "instruction": ""})["conversations"][0] == {"role": "user", "content": "你好"}


def test_history_becomes_earlier_turns_whose_answers_are_trained(converted: Converted) -> None:
    row = converted("alpaca", {**ROW, "system": "Be brief.", "history": [["a", "b"], ["c", "d"]]})
    messages = Conversation.from_dict(row).messages
    assert [(message.role, message.content, message.is_trained) for message in messages] == [
        ("system", "Be brief.", False),
        ("user", "a", False),
        ("assistant", "b", True),
        ("user", "c", False),
        ("assistant", "d", True),
        ("user", "翻译成英文\n你好", False),
        ("assistant", "Hello", True),
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"instruction": 7}, "instruction is 7; it must be text"),
        ({"input": ["a"]}, 'input is ["a"]; it must be text'),
        ({"output": None}, "output is null; it must be text"),
        ({"system": {}}, "system is {}; it must be text"),
        ({"history": "none"}, 'history is "none"; it must be a list'),
        ({"history": [["a", "b"], ["c"]]}, 'history[1] is ["c"]; an earlier turn is [question, answer]'),
        ({"history": [{"q": "a"}]}, 'history[0] is {"q": "a"}; an earlier turn is [question, answer]'),
        ({"history": [["a", None]]}, "history[0][1] is null; it must be text"),
    ],
)
def test_every_fault_names_its_field(faults: Faults, changes: dict[str, Any], fault: str) -> None:
    assert faults("alpaca", {**ROW, **changes}) == [fault]


def test_missing_fields_are_named_together(faults: Faults) -> None:
    assert faults("alpaca", {"input": "x"}) == ["instruction is missing", "output is missing"]
