"""Samples come out of columns as they went in, and are counted without being made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.chat.tools_layout import LAYOUTS
from glmkit.data.encode import count_targets
from glmkit.data.joined import JoinedSamples
from glmkit.data.sample_columns import TYPES, SampleColumns
from glmkit.data.text_column import TextColumn
from glmkit.data.token_store import TokenStore, arrays_of, labels_of, layouts_of, lengths_of, max_ids_of

TOKENS = st.lists(st.tuples(st.integers(0, 2**31 - 1), st.booleans()), min_size=1, max_size=9)


@st.composite
def samples(draw: st.DrawFn) -> list[Sample]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        tokens = draw(TOKENS)
        labels = [id if is_learned else IGNORE_INDEX for id, is_learned in tokens]
        cut = draw(st.tuples(st.integers(0, 9), st.integers(0, 9)))
        layout = draw(st.sampled_from(["", *LAYOUTS]))
        found.append(Sample([id for id, _ in tokens], labels, f"文/f:{number}", *cut, layout))
    return found


def store_of(made: list[Sample], tools: list[list[int]] | None = None) -> TokenStore:
    columns, places = SampleColumns(), TextColumn()
    for number, sample in enumerate(made):
        columns.append(sample, count_targets(sample), 2 * number, tools[number] if tools else [])
        places.append(sample.source.removeprefix("文/f"))
    return TokenStore("文/f", {name: np.array(columns.arrays[name], code) for name, code in TYPES.items()}, places)


@given(samples(), samples())
def test_samples_survive_and_are_counted(first: list[Sample], second: list[Sample]) -> None:
    store = store_of(first)
    assert list(store) == first
    assert store[-1] == first[-1]
    assert store[1:3] == first[1:3]
    assert store.column("num_targets").tolist() == [count_targets(sample) for sample in first]
    assert store.column("rows").tolist() == [2 * number for number in range(len(first))]
    joined, listed = JoinedSamples([store, store_of(second)]), first + second
    for count in (lengths_of, labels_of, max_ids_of, layouts_of):
        whole = sorted(count(listed))
        assert sorted(count(joined)) == whole
        assert sorted(count(JoinedSamples([store, second]))) == whole
        if count is not layouts_of:
            assert list(count(joined)) == list(count(listed))
    pairs = [(ids.tolist(), labels.tolist()) for ids, labels in arrays_of(joined)]
    assert pairs == [(sample.input_ids, sample.labels) for sample in listed]
    assert {ids.dtype for ids, _ in arrays_of(joined)} == {np.dtype("int64")}


@given(samples(), st.data())
def test_some_of_them_are_a_store_again(made: list[Sample], data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.booleans(), min_size=len(made), max_size=len(made)))
    chosen = store_of(made, [[number, -number] for number in range(len(made))]).select(np.array(wanted))
    left = [sample for sample, is_wanted in zip(made, wanted, strict=True) if is_wanted]
    assert list(chosen) == left
    assert chosen.column("lengths").tolist() == [len(sample.input_ids) for sample in left]
    again = chosen.select(np.arange(len(left))[::-1])
    assert list(again) == left[::-1]
    numbers = [number for number, is_wanted in enumerate(wanted) if is_wanted]
    assert [again.tools_of(index) for index in range(len(again))] == [{n, -n} for n in reversed(numbers)]


def test_beyond_the_end_there_is_none() -> None:
    store = store_of([Sample([1], [1])])
    with pytest.raises(IndexError):
        store[1]
