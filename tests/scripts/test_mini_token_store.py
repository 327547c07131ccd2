"""The token store gives back what was encoded."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmkit.chat.sample import Sample
from glmkit.data.token_store import labels_of, layouts_of, lengths_of, max_ids_of
from glmkit.training.resume import samples_sha256
from scripts.glmkit_mini.token_store import read_store, to_arrays, write_store

SAMPLES = [Sample([7, 8, i, 9], [-100, 8, -100, 9], f"row {i}") for i in range(5)] + [Sample([3], [-100], "row 5")]


def test_samples_survive(tmp_path: Path) -> None:
    write_store(tmp_path, [to_arrays(SAMPLES[:2]), to_arrays(SAMPLES[2:])])
    store = read_store(tmp_path)
    assert list(store) == SAMPLES
    assert [store[i] for i in range(6)] == SAMPLES
    assert store[1:3] == SAMPLES[1:3]
    with pytest.raises(IndexError):
        store[6]


def test_what_is_counted_without_making_samples_is_right(tmp_path: Path) -> None:
    write_store(tmp_path, [to_arrays(SAMPLES)])
    store = read_store(tmp_path)
    for count in (lengths_of, labels_of, max_ids_of):
        assert count(store).tolist() == count(SAMPLES).tolist()
    assert samples_sha256(store) == samples_sha256(SAMPLES)
    assert layouts_of(store) == layouts_of(SAMPLES)
