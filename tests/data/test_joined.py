"""Several sequences of samples as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.sample import Sample
from glmkit.data.joined import JoinedSamples


@given(counts=st.lists(st.integers(0, 4), min_size=1, max_size=5), start=st.integers(-9, 9), stop=st.integers(-9, 9))
def test_samples_are_numbered_through(counts: list[int], start: int, stop: int) -> None:
    samples = [Sample([number], [number]) for number in range(sum(counts))]
    remaining = iter(samples)
    joined = JoinedSamples([[next(remaining) for _ in range(count)] for count in counts])
    assert list(joined) == samples
    assert len(joined) == len(samples)
    assert joined[start:stop] == samples[start:stop]
    for index in range(-len(samples), len(samples)):
        assert joined[index] is samples[index]
    for index in (len(samples), -len(samples) - 1):
        with pytest.raises(IndexError):
            joined[index]
