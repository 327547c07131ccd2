"""The order of samples: every epoch whole, every step computable by itself."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.data.order import SampleOrder

counts = st.integers(min_value=1, max_value=40)


@settings(deadline=None, max_examples=50)
@given(num_samples=counts, samples_per_step=counts, seed=st.integers(-5, 2**40), shuffle=st.booleans())
def test_each_epoch_holds_every_sample_exactly_once(
    num_samples: int, samples_per_step: int, seed: int, shuffle: bool
) -> None:
    order = SampleOrder(num_samples, samples_per_step, seed, shuffle)
    num_epochs = 3
    num_steps = -(-num_epochs * num_samples // samples_per_step)
    stream = list(chain.from_iterable(order.step(step) for step in range(num_steps)))
    assert len(stream) == num_steps * samples_per_step
    for epoch in range(num_epochs):
        assert sorted(stream[epoch * num_samples : (epoch + 1) * num_samples]) == list(range(num_samples))


@settings(deadline=None, max_examples=50)
@given(num_samples=counts, samples_per_step=counts, step=st.integers(0, 50))
def test_a_step_does_not_depend_on_the_steps_asked_for_before(
    num_samples: int, samples_per_step: int, step: int
) -> None:
    walked = SampleOrder(num_samples, samples_per_step, seed=7, shuffle=True)
    for earlier in range(step):
        walked.step(earlier)
    assert walked.step(step) == SampleOrder(num_samples, samples_per_step, seed=7, shuffle=True).step(step)


def test_seed_and_epoch_change_the_order_and_the_same_seed_repeats_it() -> None:
    first = SampleOrder(100, 100, seed=1, shuffle=True)
    assert first.step(0) == SampleOrder(100, 100, seed=1, shuffle=True).step(0)
    assert first.step(0) != first.step(1)
    assert first.step(0) != SampleOrder(100, 100, seed=2, shuffle=True).step(0)


def test_the_order_of_a_seed_is_the_same_on_every_machine() -> None:
    """A stored run goes on in the same order with any NumPy: these are the raw Philox numbers sorted."""
    assert SampleOrder(8, 8, seed=42, shuffle=True).step(0) == [7, 1, 6, 4, 3, 5, 0, 2]


def test_without_shuffle_samples_come_in_file_order_and_steps_cross_epochs() -> None:
    order = SampleOrder(3, 2, seed=1, shuffle=False)
    assert [order.step(step) for step in range(3)] == [[0, 1], [2, 0], [1, 2]]


def test_epoch_of_a_step_counts_the_passes_before_it() -> None:
    order = SampleOrder(samples=8, samples_per_step=4)
    assert [order.epoch_of(step) for step in (0, 1, 2, 5)] == [0.0, 0.5, 1.0, 2.5]


def test_an_order_of_nothing_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="must be positive: 0, 4"):
        SampleOrder(0, 4)
