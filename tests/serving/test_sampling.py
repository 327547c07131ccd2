"""Sampling: ranges of the settings, each setting against a calculation done another way, what rows may not share."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.config import ChatConfig
from glmkit.errors import ConfigError
from glmkit.serving.sampling import SamplingParams, penalise_repetition, sample

LIKELIEST = SamplingParams(temperature=0)
EVERYTHING = SamplingParams(temperature=1, top_p=1)


def shares(logits: list[float], params: SamplingParams, steps: int = 2000) -> dict[int, float]:
    """Return how much of the unit interval of draws each token gets."""
    draws = [(step + 0.5) / steps for step in range(steps)]
    rows = torch.tensor([logits] * steps)
    tokens = sample(rows, [params] * steps, [[]] * steps, draws)
    return {token: tokens.count(token) / steps for token in set(tokens) if token is not None}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("max_tokens", 0, "0"),
        ("temperature", -0.1, "-0.1"),
        ("temperature", 2.5, "2.5"),
        ("temperature", math.nan, "nan"),
        ("top_p", 0.0, "0.0"),
        ("top_p", 1.01, "1.01"),
        ("top_k", -1, "-1"),
        ("repetition_penalty", 0.0, "0.0"),
        ("repetition_penalty", 2.1, "2.1"),
        ("seed", -1, "-1"),
        ("seed", 2**63, str(2**63)),
    ],
)
def test_a_value_out_of_range_is_named_with_its_field(name: str, value: float, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SamplingParams(**{name: value})
    assert caught.value.exit_code == 2
    assert name in str(caught.value)
    assert sentence in str(caught.value)


def test_all_values_out_of_range_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        SamplingParams(max_tokens=0, temperature=3, top_p=2)
    assert [problem.where for problem in caught.value.problems] == ["max_tokens", "temperature", "top_p"]


def test_the_chat_command_has_the_same_defaults() -> None:
    ours = {item.name: item.default for item in fields(SamplingParams)}
    theirs = {item.name: item.default for item in fields(ChatConfig)}
    shared = ours.keys() & theirs.keys()
    assert shared == {"max_tokens", "temperature", "top_p", "repetition_penalty", "seed"}
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


@pytest.mark.parametrize("temperature", [0.0, 1e-6, 1e-5])
def test_a_temperature_of_almost_zero_takes_the_likeliest_token(temperature: float) -> None:
    logits = torch.tensor([[0.0, 1.0, 0.9999]])
    assert sample(logits, [SamplingParams(temperature=temperature)], [[]], [0.99]) == [1]


def test_temperature_sharpens_and_flattens_the_shares() -> None:
    logits = [0.0, math.log(2)]
    assert shares(logits, EVERYTHING)[1] == pytest.approx(2 / 3, abs=1e-3)
    assert shares(logits, SamplingParams(temperature=0.5, top_p=1))[1] == pytest.approx(4 / 5, abs=1e-3)
    assert shares(logits, SamplingParams(temperature=2, top_p=1))[1] == pytest.approx(2**0.5 / (2**0.5 + 1), abs=1e-3)


def test_repetition_penalty_is_the_hand_calculation() -> None:
    logits = torch.tensor([3.0, -1.0, 0.0, 2.0, -4.0])
    penalised = penalise_repetition(logits, [0, 1, 1, 0, 2], 1.5)
    assert penalised.tolist() == pytest.approx([2.0, -1.5, 0.0, 2.0, -4.0])
    assert logits.tolist() == [3.0, -1.0, 0.0, 2.0, -4.0]


def test_repetition_penalty_moves_the_choice_away_from_seen_tokens() -> None:
    logits = torch.tensor([[2.0, 1.9]])
    assert sample(logits, [LIKELIEST], [[0]], [0.0]) == [0]
    assert sample(logits, [SamplingParams(temperature=0, repetition_penalty=1.2)], [[0]], [0.0]) == [1]
    assert sample(logits, [SamplingParams(temperature=0, repetition_penalty=1.2)], [[]], [0.0]) == [0]


@settings(deadline=None, max_examples=40)
@given(
    logits=st.lists(st.floats(-8, 8, width=16), min_size=1, max_size=12, unique=True),
    top_p=st.sampled_from([0.05, 0.31, 0.5, 0.77, 0.93, 1.0]),
    top_k=st.integers(0, 13),
    temperature=st.sampled_from([0.3, 1.0, 1.7]),
)
def test_top_k_and_top_p_keep_what_a_brute_force_count_keeps(
    logits: list[float], top_p: float, top_k: int, temperature: float
) -> None:
    order = sorted(range(len(logits)), key=lambda token: -logits[token])[: top_k or len(logits)]
    weights = {token: math.exp(logits[token] / temperature) for token in order}
    kept: dict[int, float] = {}
    for token in order:  # likeliest first, until the kept ones reach top_p of what top-k left
        if sum(kept.values()) / sum(weights.values()) < top_p - 1e-9:
            kept[token] = weights[token]
    expected = {token: weight / sum(kept.values()) for token, weight in kept.items()}
    found = shares(logits, SamplingParams(temperature=temperature, top_p=top_p, top_k=top_k))
    for token in range(len(logits)):
        assert found.get(token, 0.0) == pytest.approx(expected.get(token, 0.0), abs=2e-3)


def test_the_largest_draw_still_points_at_a_kept_token() -> None:
    logits = torch.randn(1, 1000, generator=torch.Generator().manual_seed(0))
    kept = logits[0].sort(descending=True).indices[:3].tolist()
    params = SamplingParams(temperature=1, top_p=1, top_k=3)
    assert sample(logits, [params], [[]], [1 - 2**-53]) == [kept[2]]
    assert sample(logits, [params], [[]], [0.0]) == [kept[0]]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_row_that_is_not_finite_gets_no_token_and_leaves_the_others_alone(bad: float) -> None:
    logits = torch.tensor([[0.0, 5.0, 1.0], [0.0, bad, 1.0], [9.0, 5.0, 1.0]])
    assert sample(logits, [LIKELIEST] * 3, [[]] * 3, [0.5] * 3) == [1, None, 0]
    drawn = sample(logits, [SamplingParams(temperature=0.01)] * 3, [[]] * 3, [0.5] * 3)
    assert drawn == [1, None, 0]


def test_extreme_finite_logits_and_penalties_still_give_a_token() -> None:
    logits = torch.tensor([[3e38, -3e38, 1.0, 2.0]])
    params = SamplingParams(temperature=2e-5, repetition_penalty=1e-300)
    assert sample(logits, [params], [[2]], [0.3])[0] in (0, 2)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**31), rows=st.integers(2, 5))
def test_a_row_gets_the_token_it_would_get_alone(seed: int, rows: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(rows, 50, generator=generator) * 3
    draws = torch.rand(rows, generator=generator, dtype=torch.float64).tolist()
    params = [
        SamplingParams(temperature=[0.0, 0.7, 1.3][row % 3], top_p=[0.8, 1.0][row % 2], top_k=[0, 7][row % 2])
        for row in range(rows)
    ]
    alone = [sample(logits[row : row + 1], [params[row]], [[row]], [draws[row]])[0] for row in range(rows)]
    assert sample(logits, params, [[row] for row in range(rows)], draws) == alone


def test_logits_are_not_changed() -> None:
    logits = torch.randn(2, 10)
    before = logits.clone()
    sample(logits, [SamplingParams(repetition_penalty=1.5)] * 2, [[1, 2], [3]], [0.1, 0.9])
    assert torch.equal(logits, before)
