"""Packing a step ahead changes nothing but the time: the same rows, faults in their turn, no thread left behind."""

from __future__ import annotations

import threading

import pytest
import torch

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.config import TrainConfig
from glmkit.data.order import SampleOrder
from glmkit.data.pack import pack_step
from glmkit.errors import DataError
from glmkit.training.packed_steps import packed_steps

CONFIG = TrainConfig(model="m", max_tokens_per_row=16, samples_per_step=3)


def samples_of(count: int) -> list[Sample]:
    return [
        Sample([*range(number, number + 5)], [IGNORE_INDEX, *range(number + 1, number + 5)]) for number in range(count)
    ]


def test_rows_are_those_of_the_step() -> None:
    samples, order = samples_of(7), SampleOrder(7, 3, seed=1)
    steps = list(packed_steps(samples, order, CONFIG, 4, 2, 9))
    assert len(steps) == 7
    for step, packed in enumerate(steps, 2):
        chosen = [samples[index] for index in SampleOrder(7, 3, seed=1).step(step)]
        assert packed.samples == chosen
        for found, expected in zip(packed.rows, pack_step(chosen, 16, "token", 4), strict=True):
            assert torch.equal(found.input_ids, expected.input_ids)
            assert torch.equal(found.weights, expected.weights)


def test_a_fault_comes_in_its_steps_turn() -> None:
    samples = [*samples_of(3), *(Sample([1, 2], [IGNORE_INDEX, IGNORE_INDEX], f"f:{line}") for line in range(3))]
    steps = packed_steps(samples, SampleOrder(6, 3, shuffle=False), CONFIG, 4, 0, 2)
    assert len(next(steps).samples) == 3
    with pytest.raises(DataError):
        next(steps)


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()
    steps = packed_steps(samples_of(7), SampleOrder(7, 3), CONFIG, 4, 0, 100)
    next(steps)
    assert threading.active_count() == before + 1
    steps.close()
    assert threading.active_count() == before
    assert list(packed_steps([], SampleOrder(1, 1), CONFIG, 4, 5, 5)) == []
