"""Histograms: every value in one bin, bars that tell the truth, marks where they belong."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.report.charts import Bin, Mark, bar, blocks, histogram, make_bins, nice_width, print_histogram


@pytest.mark.parametrize(("width", "nice"), [(0.2, 1), (1, 1), (1.5, 2), (3, 5), (7, 10), (11, 20), (3000, 5000)])
def test_widths_are_round(width: float, nice: int) -> None:
    assert nice_width(width) == nice


def test_bins_of_a_few_values() -> None:
    assert make_bins([0, 3, 9, 10, 22], 3) == [Bin(0, 9, 3), Bin(10, 19, 1), Bin(20, 29, 1)]
    assert make_bins([], 3) == []
    assert [item.text for item in (Bin(0, 9, 1), Bin(4, 4, 1), Bin(1000, None, 1))] == ["0–9", "4", "≥ 1,000"]


def test_a_value_far_out_goes_into_an_open_bin_and_a_limit_before_it_keeps_its_place() -> None:
    values = [*range(100), 1_000_000]
    assert make_bins(values, 11) == [*(Bin(start, start + 9, 10) for start in range(0, 100, 10)), Bin(100, None, 1)]
    reaching = make_bins(values, 11, reach=450)
    assert reaching == [
        Bin(0, 49, 50),
        Bin(50, 99, 50),
        *(Bin(i, i + 49, 0) for i in range(100, 500, 50)),
        reaching[-1],
    ]
    assert reaching[-1] == Bin(500, None, 1)


@given(
    values=st.lists(st.one_of(st.integers(0, 50), st.integers(0, 10**7)), min_size=1),
    max_bins=st.integers(2, 60),
    reach=st.one_of(st.just(0), st.integers(1, 10_000)),
)
def test_every_value_is_in_exactly_one_bin(values: list[int], max_bins: int, reach: int) -> None:
    bins = make_bins(values, max_bins, reach)
    assert len(bins) <= max_bins
    assert bins[0].start == 0
    for item, following in pairwise(bins):
        assert item.end is not None and following.start == item.end + 1
    for item in bins:
        last = item.end if item.end is not None else max(values)
        assert item.count == sum(item.start <= value <= last for value in values)


def test_the_bars_are_as_high_as_their_counts_and_marks_stand_at_their_values() -> None:
    bins = [Bin(0, 9, 10), Bin(10, 19, 5), Bin(20, 29, 0), Bin(30, None, 1)]
    marks = [Mark(10, "low"), Mark(30, "high"), Mark(99, "beyond")]
    drawn = histogram(bins, marks, label="a & b", unit="tokens")
    assert re.findall(r'height="([\d.]+)"', drawn) == ["100.00", "50.00", "0.00", "10.00"]
    assert re.findall(r'class="mark" style="left:([\d.]+)%', drawn) == ["25.00", "75.00"]
    assert "low" in drawn and "high" in drawn and "beyond" not in drawn
    assert re.findall(r"<title>(.*?)</title>", drawn) == ["0–9: 10", "10–19: 5", "20–29: 0", "≥ 30: 1"]
    assert 'aria-label="a &amp; b"' in drawn


@pytest.mark.parametrize(("share", "width"), [(0.0, "0.00"), (0.25, "25.00"), (1.0, "100.00"), (1.7, "100.00")])
def test_a_bar_is_as_wide_as_its_share(share: float, width: str) -> None:
    assert f'<rect width="{width}"' in bar(share, "text")


@given(most=st.integers(1, 10**6), data=st.data())
def test_blocks_show_every_count_above_zero_and_never_more_than_forty(most: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, most))
    assert bool(blocks(count, most)) == bool(count)
    assert len(blocks(count, most)) <= 40
    assert blocks(most, most) == "█" * 40


def test_a_histogram_in_a_file_is_plain_and_names_what_lies_beyond_the_limit() -> None:
    stream = io.StringIO()
    print_histogram("lengths [x]:", [Bin(0, 9, 4), Bin(10, 19, 2), Bin(20, None, 0)], 15, "> 15", stream)
    assert stream.getvalue().splitlines() == [
        "lengths [x]:",
        f"    0–9  {'█' * 40} 4",
        f"  10–19  {'█' * 20} 2",
        "   ≥ 20   0  > 15",
    ]
