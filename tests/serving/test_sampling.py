"""Sampling: ranges of the settings, each setting against a calculation done another way, what rows may not share."""

from __future__ import annotations

import math
from dataclasses import fields
from itertools import accumulate, pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from glmkit.chat_config import ChatConfig
from glmkit.errors import ConfigError
from glmkit.serving.params import SamplingParams
from glmkit.serving.sampler import SETTINGS
from glmkit.serving.sampling import draw, penalise, random_number

EVERYTHING = SamplingParams(temperature=1, top_p=1)


def sampled(logits: Tensor, params: SamplingParams, draws: list[float]) -> list[int]:
    """Return what ``draw`` takes from the same row of logits for each of many draws."""
    rows = logits.expand(len(draws), -1)

    def column(value: float, dtype: torch.dtype) -> Tensor:
        return torch.full((len(draws), 1), value, dtype=dtype)

    tokens = draw(
        rows,
        temperature=column(params.temperature, torch.float32),
        top_k=column(params.top_k, torch.int64),
        top_p=column(params.top_p, torch.float64),
        min_p=column(params.min_p, torch.float64),
        draws=torch.tensor(draws, dtype=torch.float64)[:, None],
    )
    return tokens.tolist()


def shares(logits: list[float], params: SamplingParams, steps: int = 2000) -> dict[int, float]:
    """Return how much of the unit interval of draws each token gets."""
    tokens = sampled(torch.tensor(logits), params, [(step + 0.5) / steps for step in range(steps)])
    return {token: tokens.count(token) / steps for token in set(tokens)}


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
        ("min_tokens", -1, "-1"),
        ("min_tokens", 1025, "1025"),
        ("min_p", 1.5, "1.5"),
        ("presence_penalty", -2.5, "-2.5"),
        ("frequency_penalty", 2.5, "2.5"),
        ("frequency_penalty", math.nan, "nan"),
        ("logprobs", 21, "21"),
        ("logit_bias", {3: 100.5}, "100.5"),
        ("logit_bias", {3: math.nan}, "nan"),
        ("stop", ("",), "('',)"),
        ("stop", ("a",) * 17, "at most 16"),
    ],
)
def test_a_value_out_of_range_is_named_with_its_field(name: str, value: Any, sentence: str) -> None:
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


def test_temperature_sharpens_and_flattens_the_shares() -> None:
    logits = [0.0, math.log(2)]
    assert shares(logits, EVERYTHING)[1] == pytest.approx(2 / 3, abs=1e-3)
    assert shares(logits, SamplingParams(temperature=0.5, top_p=1))[1] == pytest.approx(4 / 5, abs=1e-3)
    assert shares(logits, SamplingParams(temperature=2, top_p=1))[1] == pytest.approx(2**0.5 / (2**0.5 + 1), abs=1e-3)


def kept_by_brute_force(logits: list[float], params: SamplingParams) -> dict[int, float]:
    """Return the tokens that may come and their shares: first min_p, then top_k, then top_p."""
    order = sorted(range(len(logits)), key=lambda token: -logits[token])
    weights = {token: math.exp((logits[token] - logits[order[0]]) / params.temperature) for token in order}
    possible = [token for token in order if weights[token] >= params.min_p][: params.top_k or None]
    mass = sum(weights[token] for token in possible)
    kept: dict[int, float] = {}
    reached = 0.0
    for token in possible:  # likeliest first, until the kept ones reach top_p of what is left
        if reached / mass < params.top_p - 1e-9:
            kept[token] = weights[token]
            reached += weights[token]
    return {token: weight / reached for token, weight in kept.items()}


settings_of_one = st.builds(
    SamplingParams,
    temperature=st.sampled_from([0.3, 1.0, 1.7]),
    top_p=st.sampled_from([0.05, 0.31, 0.5, 0.77, 0.93, 1.0]),
    top_k=st.integers(0, 13),
    min_p=st.sampled_from([0.0, 0.0, 0.013, 0.17, 1.0]),
)


@settings(deadline=None, max_examples=60)
@given(logits=st.lists(st.floats(-8, 8, width=16), min_size=1, max_size=12, unique=True), params=settings_of_one)
def test_min_p_top_k_and_top_p_keep_what_a_brute_force_count_keeps(logits: list[float], params: SamplingParams) -> None:
    expected, found = kept_by_brute_force(logits, params), shares(logits, params)
    for token in range(len(logits)):
        assert found.get(token, 0.0) == pytest.approx(expected.get(token, 0.0), abs=2e-3)


@pytest.mark.parametrize("spread", [0.05, 1.0, 4.0])
@pytest.mark.parametrize(
    "params",
    [
        SamplingParams(temperature=1, top_p=0.9),
        SamplingParams(temperature=1, top_p=1, top_k=100),
        SamplingParams(temperature=1, top_p=0.97, top_k=1500),
        SamplingParams(temperature=1, top_p=0.8, min_p=0.01),
    ],
    ids=["top_p", "top_k 100", "top_k 1500 and top_p", "min_p and top_p"],
)
def test_a_large_vocabulary_is_only_sorted_as_far_as_needed_and_gives_what_a_full_sort_gives(
    params: SamplingParams, spread: float
) -> None:
    """Spreads for which 64, 1,024 and all of 3,000 tokens have to be looked at."""
    logits = torch.randn(3000, generator=torch.Generator().manual_seed(0)) * spread
    expected = kept_by_brute_force(logits.tolist(), params)
    bounds = [0.0, *accumulate(expected.values())]
    middles = [(low + high) / 2 for low, high in pairwise(bounds)]
    assert sampled(logits, params, middles) == list(expected)


def test_ties_go_to_the_first_as_they_do_for_the_likeliest() -> None:
    logits = torch.zeros(500)
    logits[[400, 90, 300]] = 1.0
    for top_k, wanted in ((1, [90] * 3), (3, [90, 300, 400])):
        params = SamplingParams(temperature=1, top_p=1, top_k=top_k)
        assert sampled(logits, params, [0.1, 0.5, 0.9]) == wanted


def test_the_largest_draw_still_points_at_a_kept_token() -> None:
    logits = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    kept = logits.sort(descending=True).indices[:3].tolist()
    params = SamplingParams(temperature=1, top_p=1, top_k=3)
    assert sampled(logits, params, [1 - 2**-53, 0.0]) == [kept[2], kept[0]]


@pytest.mark.parametrize("params", [EVERYTHING, SamplingParams(temperature=1, top_p=0.99), SamplingParams(top_k=9)])
def test_a_token_without_a_chance_is_never_drawn(params: SamplingParams) -> None:
    logits = torch.full((200,), -torch.inf)
    logits[[5, 150]] = torch.tensor([1.0, 0.5])
    logits[199] = -1e4  # finite, and still nothing in comparison
    draws = [0.0, 0.3, 0.6, 0.9, 1 - 2**-53]
    assert set(sampled(logits, params, draws)) == {5, 150}


def test_extreme_finite_logits_still_give_a_token() -> None:
    logits = torch.tensor([3e38, -3e38, 1.0, 2.0])
    assert sampled(logits, SamplingParams(temperature=2e-5, top_p=0.9), [0.3]) == [0]
    assert sampled(logits, SamplingParams(temperature=2e-5, top_p=1), [0.3]) == [0]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**31), rows=st.lists(settings_of_one, min_size=2, max_size=5))
def test_a_row_gets_the_token_it_would_get_alone(seed: int, rows: list[SamplingParams]) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(len(rows), 300, generator=generator) * 2
    draws = torch.rand(len(rows), 1, generator=generator, dtype=torch.float64)
    tables = {
        name: torch.tensor([[getattr(one, name)] for one in rows], dtype=dtype)
        for name, dtype in SETTINGS.items()
        if not name.endswith("penalty")
    }
    together = draw(logits, draws=draws, **tables).tolist()
    alone = [
        int(draw(logits[i : i + 1], draws=draws[i : i + 1], **{name: x[i : i + 1] for name, x in tables.items()}))
        for i in range(len(rows))
    ]
    assert together == alone


def test_penalties_are_the_hand_calculation() -> None:
    logits = torch.tensor([[3.0, -1.0, 0.0, 2.0, -4.0]])
    counts = torch.tensor([[2, 0, 1, 0, 0]])
    in_prompt = torch.tensor([[False, True, False, False, False]])

    def penalised(repetition: float = 1.0, presence: float = 0.0, frequency: float = 0.0) -> list[float]:
        values = {"repetition": repetition, "presence": presence, "frequency": frequency}
        columns = {name: torch.tensor([[value]]) for name, value in values.items()}
        return penalise(logits, counts, in_prompt, **columns)[0].tolist()

    assert penalised(repetition=1.5) == pytest.approx([2.0, -1.5, 0.0, 2.0, -4.0])
    assert penalised(presence=0.5) == pytest.approx([2.5, -1.0, -0.5, 2.0, -4.0])  # the continuation only
    assert penalised(frequency=0.5) == pytest.approx([2.0, -1.0, -0.5, 2.0, -4.0])
    assert penalised(1.5, 0.25, 0.5) == pytest.approx([0.75, -1.5, -0.75, 2.0, -4.0])
    assert penalised(repetition=1e-300)[:3] == [pytest.approx(3e6), pytest.approx(-1e-6), 0.0]


def test_draws_depend_on_seed_and_position_and_fill_the_unit_interval_evenly() -> None:
    numbers = [random_number(seed, position) for seed in range(40) for position in range(50)]
    assert len(set(numbers)) == 2000 and random_number(3, 7) == random_number(3, 7)
    counts = torch.histc(torch.tensor(numbers, dtype=torch.float64), bins=10, min=0, max=1)
    assert ((counts - 200).abs() < 60).all()  # four and a half standard deviations


@pytest.mark.parametrize("hidden", [-torch.inf, -1e30, -200.0])
def test_what_is_next_to_nothing_is_never_drawn(hidden: float) -> None:
    logits = torch.full((3, 2000), hidden)
    logits[:, 700] = 5.0
    logits[:, 1999] = 5.0
    settings = {"temperature": torch.ones(3, 1), "top_k": torch.zeros(3, 1, dtype=torch.long)}
    draws = torch.tensor([[0.0], [0.49], [1 - 2.0**-53]], dtype=torch.float64)
    for top_p, min_p in ((1.0, 0.0), (0.99, 0.0), (1.0, 0.5)):
        shares = {"top_p": torch.full((3, 1), top_p).double(), "min_p": torch.full((3, 1), min_p).double()}
        assert draw(logits, **settings, **shares, draws=draws).tolist() == [700, 700, 1999]
