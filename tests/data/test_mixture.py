"""The mixture of files: weights and the replay share exact over every number of epochs."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import chain, pairwise
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.data.mixture import Mixture
from glmkit.data.order import SampleOrder

weights = st.one_of(
    st.sampled_from([1, 0.5, 2, 1.5, 0.1, 1 / 3, 0.01]), st.integers(1, 300).map(lambda hundredths: hundredths / 100)
)
parts = st.lists(st.tuples(st.integers(1, 12), weights), min_size=1, max_size=4)
replays = st.one_of(
    st.just(((), None)),
    st.tuples(st.lists(st.integers(1, 30), min_size=1, max_size=2), st.integers(1, 95).map(lambda p: p / 100)),
)
seeds = st.integers(0, 2**32)


def epochs_of(mixture: Mixture, count: int, seed: int = 1, shuffle: bool = True) -> list[list[int]]:
    """Read the first epochs off one long step."""
    ends = [mixture.drawn_before(epoch) for epoch in range(count + 1)]
    stream = SampleOrder(mixture, ends[-1] + 1, seed, shuffle).step(0)
    return [stream[start:stop] for start, stop in pairwise(ends)]


def test_the_toy_epochs_of_the_docstring() -> None:
    mixture = Mixture([(4, 1.5)])
    assert epochs_of(mixture, 3, shuffle=False) == [[0, 1, 2, 3, 0, 1], [0, 1, 2, 3, 2, 3], [0, 1, 2, 3, 0, 1]]
    assert [Counter(epoch) for epoch in epochs_of(mixture, 3, seed=12)] == [
        Counter([0, 1, 2, 3, *beyond]) for beyond in ([2, 0], [3, 1], [2, 0])
    ]


def test_half_a_file_comes_in_this_epoch_and_its_other_half_in_the_next() -> None:
    first, second = epochs_of(Mixture([(10, 0.5)]), 2)
    assert len(first) == len(second) == 5
    assert sorted(first + second) == list(range(10))


@settings(deadline=None, max_examples=40)
@given(parts=parts, seed=seeds, shuffle=st.booleans(), count=st.integers(1, 5))
def test_weights_are_exact_in_every_epoch_and_over_all_of_them(
    parts: list[tuple[int, float]], seed: int, shuffle: bool, count: int
) -> None:
    epochs = epochs_of(Mixture(parts), count, seed, shuffle)
    total = Counter(chain.from_iterable(epochs))
    offset = 0
    for num_samples, weight in parts:
        of_part = range(offset, offset + num_samples)
        offset += num_samples
        exact = Fraction(str(weight))
        for epoch in epochs:
            times = Counter(epoch)
            assert all(floor(exact) <= times[index] <= ceil(exact) for index in of_part)
        assert sum(total[index] for index in of_part) == floor(count * num_samples * exact + Fraction(1, 2))
        assert max(total[index] for index in of_part) - min(total[index] for index in of_part) <= 1
    assert max(total, default=0) < offset


@settings(deadline=None, max_examples=40)
@given(parts=parts, replay=replays, seed=seeds, samples_per_step=st.integers(1, 9), step=st.integers(0, 60))
def test_a_step_is_the_same_whatever_was_asked_before(
    parts: list[tuple[int, float]],
    replay: tuple[list[int], float | None],
    seed: int,
    samples_per_step: int,
    step: int,
) -> None:
    walked = SampleOrder(Mixture(parts, *replay), samples_per_step, seed)
    for earlier in range(step):
        walked.step(earlier)
    alone = SampleOrder(Mixture(parts, *replay), samples_per_step, seed).step(step)
    assert walked.step(step) == alone
    assert len(alone) == samples_per_step
    # the same samples as in a stream of single ones: the size of a step moves no sample
    singly = SampleOrder(Mixture(parts, *replay), 1, seed)
    assert [singly.step(step * samples_per_step + number)[0] for number in range(samples_per_step)] == alone


@settings(deadline=None, max_examples=30)
@given(num_samples=st.integers(1, 40), seed=seeds, shuffle=st.booleans(), replay=replays)
def test_the_order_of_the_fresh_samples_does_not_depend_on_what_is_replayed(
    num_samples: int, seed: int, shuffle: bool, replay: tuple[list[int], float | None]
) -> None:
    alone = epochs_of(Mixture([(num_samples, 1)]), 2, seed, shuffle)
    assert alone == [SampleOrder(num_samples, num_samples, seed, shuffle).step(epoch) for epoch in range(2)]
    mixed = epochs_of(Mixture([(num_samples, 1)], *replay), 2, seed, shuffle)
    assert [[index for index in epoch if index < num_samples] for epoch in mixed] == alone


@settings(deadline=None, max_examples=40)
@given(
    parts=parts,
    replay=st.lists(st.integers(1, 30), min_size=1, max_size=2),
    percent=st.integers(1, 95),
    seed=seeds,
    count=st.integers(1, 4),
)
def test_replay_has_its_share_whatever_the_sizes(
    parts: list[tuple[int, float]], replay: list[int], percent: int, seed: int, count: int
) -> None:
    mixture = Mixture(parts, replay, percent / 100)
    epochs = epochs_of(mixture, count, seed)
    num_fresh = sum(num_samples for num_samples, _ in parts)
    stream = list(chain.from_iterable(epochs))
    replayed = [index for index in stream if index >= num_fresh]
    fresh = count * sum(num_samples * Fraction(str(weight)) for num_samples, weight in parts)
    wanted = fresh * Fraction(percent, 100 - percent)
    assert abs(len(replayed) - wanted) <= Fraction(len(replay), 2)
    for offset, size in zip([num_fresh, num_fresh + replay[0]], replay, strict=False):
        times = Counter(index for index in replayed if offset <= index < offset + size)
        assert max(times.values(), default=0) - min(times[i] for i in range(offset, offset + size)) <= 1
    for epoch in epochs:
        count_of = [0]
        for index in epoch:
            count_of.append(count_of[-1] + (index >= num_fresh))
        for width in (1, 3, 16):  # evenly spread: every run of neighbours holds its share, up to one
            for start in range(len(epoch) - width + 1):
                held = count_of[start + width] - count_of[start]
                assert abs(held - Fraction(width * count_of[-1], len(epoch))) < 1


def test_a_tenth_of_replay_is_one_sample_in_ten() -> None:
    mixture = Mixture([(900, 1)], [50], 0.1)
    order = SampleOrder(mixture, 100, seed=5)
    held = [sum(index >= 900 for index in order.step(step)) for step in range(30)]
    assert mixture.per_epoch == 1000
    assert held == [10] * 30  # three epochs; the 50 replayed samples come twice in each


def test_an_epoch_may_be_smaller_than_one_sample() -> None:
    order = SampleOrder(Mixture([(2, 0.01)]), 3, seed=1)
    assert [sorted(order.step(step) + order.step(step)) for step in range(2)] == [
        sorted(2 * order.step(step)) for step in range(2)
    ]
    assert {*order.step(0), *order.step(1)} == {0, 1}
    assert order.epoch_of(1) == 150


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (([],), "every part needs samples and a positive weight"),
        (([(0, 1)],), "every part needs samples and a positive weight"),
        (([(3, 0)],), "every part needs samples and a positive weight"),
        (([(3, 1)], [2], 1.0), "replay needs samples and a share between 0 and 1"),
        (([(3, 1)], [2]), "replay needs samples and a share between 0 and 1"),
    ],
)
def test_an_impossible_mixture_is_our_own_mistake(arguments: tuple[list[tuple[int, float]]], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Mixture(*arguments)
