"""The line over the steps of a run."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.report.lines import MAX_POINTS, line_chart, nice_ticks, thinned

FINITE = st.floats(0, 1e6, allow_subnormal=False)


@given(st.lists(FINITE, min_size=1, max_size=3000))
def test_thinning_keeps_order_extremes_and_a_bound(values: list[float]) -> None:
    points = thinned(values)
    assert len(points) <= MAX_POINTS + 1
    assert points == sorted(points) and all(values[i] == value for i, value in points)
    assert {min(values), max(values)} <= {value for _, value in points}


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0.3, 2.6, [0.5, 1, 1.5, 2, 2.5]), (0, 0.02, [0, 0.005, 0.01, 0.015, 0.02])],
)
def test_ticks_are_round_and_within(low: float, high: float, ticks: list[float]) -> None:
    assert nice_ticks(low, high) == pytest.approx(ticks)


@given(low=FINITE, high=FINITE)
def test_any_range_has_a_few_ticks(low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert 1 <= len(nice_ticks(low, high)) <= 7


def test_the_line_runs_from_the_highest_to_the_lowest_value() -> None:
    drawn = line_chart([("raw", [4.0, 2.0, 3.0]), ("smooth <1>", [4.0, 3.0, 2.0])], label="a", unit="step")
    raw, smooth = re.findall(r'points="(.*?)"', drawn)
    assert raw == "0.0,0.00 500.0,100.00 1000.0,50.00"
    assert smooth == "0.0,0.00 500.0,50.00 1000.0,100.00"
    assert "smooth &lt;1&gt;" in drawn


def test_a_fall_over_decades_is_drawn_on_a_logarithmic_axis_and_zero_never_is() -> None:
    assert 'points="0.0,0.00 500.0,50.00 1000.0,100.00"' in line_chart([("x", [100.0, 1.0, 0.01])], label="", unit="")
    assert 'points="0.0,0.00 1000.0,100.00"' in line_chart([("x", [100.0, 0.0])], label="", unit="")


def test_one_step_and_a_constant_are_drawn_too() -> None:
    assert 'points="0.0,100.00"' in line_chart([("x", [2.0])], label="", unit="")
    assert 'points="0.0,100.00 1000.0,100.00"' in line_chart([("x", [0.0, 0.0])], label="", unit="", from_zero=True)
