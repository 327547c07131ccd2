"""What the quickstart holds out: requests on the same tools, whole sets of tools, nothing twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.conversation import Conversation
from glmkit.data.read import read
from glmkit.errors import DataError
from glmkit.quickstart.command import SAMPLE_DATA
from glmkit.quickstart.division import divide, spread
from glmkit.quickstart.measuring import closing, house_rules


def talk(number: int, tool: str = "") -> Conversation:
    row: dict[str, Any] = {"conversations": [{"role": "user", "content": f"{number}"}]}
    row["conversations"].append({"role": "assistant", "content": f"{number}"})
    if tool:
        row["tools"] = [{"name": tool, "parameters": {}}]
    return Conversation.from_dict(row, source=f"rows.jsonl:{number}")


def tools_of(talks: list[Conversation]) -> set[str]:
    return {str(item.messages[0].tools) for item in talks if item.messages[0].tools is not None}


@given(sizes=st.lists(st.integers(0, 9), min_size=1, max_size=12), plain=st.integers(0, 20), seed=st.integers(0, 99))
def test_nothing_is_asked_that_was_trained_on(sizes: list[int], plain: int, seed: int) -> None:
    talks = [talk(100 * tool + i, f"tool_{tool}") for tool, size in enumerate(sizes) for i in range(size)]
    talks += [talk(10_000 + i) for i in range(plain)]
    if len(talks) < 8:
        with pytest.raises(DataError, match=f"{len(talks)} conversations are too few to hold some out"):
            divide(talks, 6, seed)
        return
    division = divide(talks, 6, seed)
    assert division == divide(talks, 6, seed)
    counts = Counter(item.source for item in [*division.tuning, *division.tuned, *division.absent])
    assert set(counts.values()) == {1}
    assert len(division.tuned) <= 6
    assert len(division.absent) <= 3
    assert 2 * len(division.tuning) > len(talks)
    assert not tools_of(division.absent) & tools_of([*division.tuning, *division.tuned])
    assert tools_of(division.tuned) <= tools_of(division.tuning)
    assert bool(division.absent) == bool(division.num_absent_groups)


def test_the_bundled_data_is_divided_as_announced() -> None:
    division = divide(read(SAMPLE_DATA), questions=20, seed=3)
    assert (division.num_groups, division.num_absent_groups) == (10, 2)
    assert (len(division.tuning), len(division.tuned), len(division.absent)) == (260, 20, 10)
    assert len(tools_of(division.tuned)) == 10
    assert len(tools_of(division.absent)) == 2
    languages = {any("\u4e00" <= c <= "\u9fff" for c in tools) for tools in tools_of(division.absent)}
    assert languages == {False, True}
    assert house_rules(division.tuning) == {"Is there anything else I can do for you?", "请问还有什么可以帮您？"}


def test_questions_are_spread_over_the_groups() -> None:
    assert spread([[5, 6, 7], [1], [2, 3]], 4) == [1, 2, 5, 6]
    assert spread([[5], [1]], 9) == [1, 5]
    assert spread([], 3) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb", "b"), ("a\n b \n\n", "b"), ("b", ""), ("\nb", ""), ("", ""), ("a\n好的。", "好的。")],
)
def test_a_closing_line_has_something_before_it(text: str, line: str) -> None:
    assert closing(text) == line


def test_a_rule_is_what_many_answers_end_with() -> None:
    def ends(with_line: str, number: int) -> Conversation:
        messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": f"{number}{with_line}"}]
        return Conversation.from_dict({"conversations": messages})

    talks = [ends("\nBye.", i) for i in range(3)] + [ends(f"\n{i}", i) for i in range(7)]
    assert house_rules(talks) == {"Bye."}
    assert house_rules(talks[3:]) == frozenset()
