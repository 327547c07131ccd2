"""The token store gives back what was encoded."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmkit.chat.sample import Sample
from scripts.glmkit_mini import token_store
from scripts.glmkit_mini.token_store import TokenStore, to_arrays, write_store

SAMPLES = [Sample([7, 8, i, 9], [-100, 8, -100, 9], f"row {i}") for i in range(5)] + [Sample([3], [-100], "row 5")]


@pytest.mark.parametrize("block", [1, 2, 1000])
def test_samples_survive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(token_store, "BLOCK_ROWS", block)
    write_store(tmp_path, [to_arrays(SAMPLES[:2]), to_arrays(SAMPLES[2:])])
    store = TokenStore(tmp_path)
    assert list(store) == SAMPLES
    assert [store[i] for i in range(6)] == SAMPLES
    assert store[1:3] == SAMPLES[1:3]
    with pytest.raises(IndexError):
        store[6]
