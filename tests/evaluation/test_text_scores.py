"""ROUGE-L and BLEU: known values, bounds, empty texts, Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.evaluation.text_scores import bleu, longest_common_subsequence, rouge_l, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat's 2.5 kg, isn't it?", ["the", "cat", "s", "2", "5", "kg", "isn", "t", "it"]),
        ("今天21度，很 Good。", ["今", "天", "21", "度", "很", "good"]),
        ("snake_case", ["snake", "case"]),
        ("日本のカタカナ", list("日本のカタカナ")),
        ("날씨가 좋다", ["날씨가", "좋다"]),
        ("。？!", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        # the example of Lin 2004, section 3.1: "police killed the gunman"
        ("police killed the gunman", "police kill the gunman", 0.75),
        ("police killed the gunman", "the gunman kill police", 0.5),
        # rouge-score 0.1.2, rougeL fmeasure
        ("testing one two", "testing", 0.5),
        ("The quick brown fox jumps over the lazy dog.", "The quick brown dog jumps on the log.", 10 / 17),
        ("今天天气很好。", "天气好", 2 * 3 / 9),
        ("wanted", "", 0.0),
        ("", "given", 0.0),
        ("", "", 1.0),
        ("👍", "👍", 1.0),
        ("👍", "👎", 0.0),
    ],
)
def test_rouge_l_of_known_pairs(wanted: str, found: str, expected: float) -> None:
    assert rouge_l(wanted, found) == pytest.approx(expected)


TEXT = st.text(alphabet="ab 今天。A\n", max_size=30)


@given(TEXT, TEXT)
def test_rouge_l_is_symmetric_within_bounds_and_1_for_the_same(left: str, right: str) -> None:
    assert 0 <= rouge_l(left, right) <= 1
    assert rouge_l(left, right) == rouge_l(right, left)
    assert rouge_l(left, left) == 1
    if words(right):
        assert rouge_l("", right) == 0


def table_length(left: list[int], right: list[int]) -> int:
    """The textbook's table."""
    row = [0] * (len(right) + 1)
    for one in left:
        above = row
        row = [0]
        for j, other in enumerate(right):
            row.append(above[j] + 1 if one == other else max(above[j + 1], row[j]))
    return row[-1]


@given(st.lists(st.integers(0, 3), max_size=20), st.lists(st.integers(0, 3), max_size=20))
def test_the_longest_common_subsequence_is_that_of_the_table(left: list[int], right: list[int]) -> None:
    found = longest_common_subsequence([str(one) for one in left], [str(one) for one in right])
    assert found == table_length(left, right)


def test_bleu_bears_empty_texts_and_chinese() -> None:
    pytest.importorskip("sacrebleu", reason="BLEU is the extra eval")
    assert bleu([], []) is None
    assert bleu(["hello"], [""]) == 0
    assert bleu(["今天天气很好。"], ["今天天气很好。"]) == pytest.approx(100)
    assert bleu(["The cat sat on the mat."], ["The cat sat on the mat."]) == pytest.approx(100)
    assert 0 < (bleu(["今天天气很好。"] * 2, ["今天天气很好。", ""]) or 0) < 100
