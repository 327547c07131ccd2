"""Packing: nothing lost, nothing seen across documents, weights exact over the whole step."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.data.pack import Batch, LossAverage, pack_ranks, pack_step
from glmkit.errors import DataError

N = IGNORE_INDEX
LONG = Sample([5, 6, 7, 8], [N, 6, 7, 8])
SHORT = Sample([9, 10, 11], [N, N, 11])


def test_the_toy_row_of_the_docstring() -> None:
    averages: dict[LossAverage, list[float]] = {
        "token": [1 / 4, 1 / 4, 1 / 4, 0, 0, 1 / 4, 0, 0],
        "sample": [1 / 6, 1 / 6, 1 / 6, 0, 0, 1 / 2, 0, 0],
    }
    for loss_average, weights in averages.items():
        (row,) = pack_step([SHORT, LONG], max_tokens_per_row=8, loss_average=loss_average, round_to=8)
        assert row.input_ids.tolist() == [5, 6, 7, 8, 9, 10, 11, 0]
        assert row.position_ids.tolist() == [0, 1, 2, 3, 0, 1, 2, 0]
        assert row.targets.tolist() == [6, 7, 8, N, N, 11, N, N]
        assert row.weights.tolist() == pytest.approx(weights)
        assert row.document_lengths == [4, 3, 1]
        assert (row.num_tokens, row.num_labels) == (7, 4)
        kinds = [row.input_ids.dtype, row.position_ids.dtype, row.targets.dtype, row.weights.dtype]
        assert kinds == [torch.int64, torch.int64, torch.int64, torch.float32]


def test_round_to_one_adds_no_tail_and_full_rows_need_none() -> None:
    (row,) = pack_step([LONG, SHORT], max_tokens_per_row=8, round_to=1)
    assert row.document_lengths == [4, 3]
    (row,) = pack_step([LONG], max_tokens_per_row=8, round_to=4)
    assert row.document_lengths == [4]


def test_the_longest_comes_first_and_each_goes_where_least_room_is_left() -> None:
    lengths = [3, 5, 2, 7, 3]
    samples = [Sample([i] * length, [i] * length) for i, length in enumerate(lengths)]
    rows = pack_step(samples, max_tokens_per_row=10, round_to=1)
    assert [row.document_lengths for row in rows] == [[7, 3], [5, 3, 2]]
    assert [row.input_ids[0].item() for row in rows] == [3, 1]


def test_a_sample_longer_than_a_row_gets_a_row_of_its_own() -> None:
    giant = Sample(list(range(20)), [N] * 19 + [19])
    rows = pack_step([LONG, giant, SHORT], max_tokens_per_row=8, round_to=1)
    assert [row.document_lengths for row in rows] == [[20], [4, 3]]


def test_a_label_on_the_first_token_counts_for_nothing() -> None:
    first_only = Sample([1, 2], [1, N])
    (row,) = pack_step([first_only, SHORT], max_tokens_per_row=8, loss_average="sample", round_to=1)
    assert row.document_lengths == [3]
    assert row.weights.tolist() == [0, 1, 0]


def test_a_step_without_a_label_is_an_error_and_not_a_nan() -> None:
    unlabelled = Sample([1, 2], [N, N], source="train.jsonl:3")
    with pytest.raises(
        DataError,
        match=r"train\.jsonl:3: none of the 2 samples of a step has a label; a loss over nothing is not defined",
    ):
        pack_step([unlabelled, unlabelled], max_tokens_per_row=8)


@st.composite
def steps(draw: st.DrawFn) -> list[Sample]:
    """Samples whose ids are all different, so that a lost or repeated token shows."""
    next_id = 1
    samples = []
    for length in draw(st.lists(st.integers(2, 30), min_size=1, max_size=8)):
        ids = list(range(next_id, next_id + length))
        next_id += length
        is_labelled = draw(st.lists(st.booleans(), min_size=length, max_size=length))
        is_labelled[draw(st.integers(1, length - 1))] = True
        labels = [token if labelled else N for token, labelled in zip(ids, is_labelled, strict=True)]
        samples.append(Sample(ids, labels))
    return samples


def documents(rows: list[Batch]) -> list[tuple[list[int], list[int], list[int], float]]:
    """Take the rows apart: (ids, positions, targets, weight sum) of each document, the tails left out."""
    found = []
    for row in rows:
        assert sum(row.document_lengths) == len(row.input_ids)
        start = 0
        for length in row.document_lengths:
            part = slice(start, start + length)
            start += length
            if start <= row.num_tokens:
                tensors = (row.input_ids[part], row.position_ids[part], row.targets[part])
                found.append((*(tensor.tolist() for tensor in tensors), row.weights[part].sum().item()))
            else:
                assert row.targets[part].eq(N).all() and row.weights[part].eq(0).all()
    return found  # type: ignore[return-value]


@settings(deadline=None, max_examples=50)
@given(
    samples=steps(),
    room=st.integers(1, 64),
    round_to=st.sampled_from([1, 7, 16]),
    loss_average=st.sampled_from(["token", "sample"]),
)
def test_packing_keeps_every_token_once_and_never_shifts_across_documents(
    samples: list[Sample], room: int, round_to: int, loss_average: LossAverage
) -> None:
    rows = pack_step(samples, room, loss_average, round_to)
    by_first_id = {sample.input_ids[0]: sample for sample in samples}
    seen = documents(rows)
    assert sorted(ids[0] for ids, *_ in seen) == sorted(by_first_id)
    for ids, positions, targets, _ in seen:
        sample = by_first_id[ids[0]]
        assert ids == sample.input_ids
        assert positions == list(range(len(ids)))
        assert targets == [*sample.labels[1:], N]
    assert all(row.num_tokens <= room or len(row.document_lengths) <= 2 for row in rows)
    assert all(len(row.input_ids) % round_to == 0 for row in rows)
    assert all(row.num_labels == int((row.targets != N).sum()) for row in rows)


@settings(deadline=None, max_examples=50)
@given(samples=steps(), room=st.integers(8, 64))
def test_the_weights_of_a_step_sum_to_one_and_average_by_token_or_by_sample(samples: list[Sample], room: int) -> None:
    by_token = pack_step(samples, room, "token", 4)
    weights = torch.cat([row.weights for row in by_token])
    assert weights.sum().item() == pytest.approx(1, abs=1e-5)
    assert len(weights[weights > 0].unique()) == 1
    by_sample = documents(pack_step(samples, room, "sample", 4))
    assert [total for *_, total in by_sample] == pytest.approx([1 / len(samples)] * len(samples), abs=1e-5)


@settings(deadline=None, max_examples=50)
@given(samples=steps())
def test_the_same_samples_give_the_same_rows(samples: list[Sample]) -> None:
    first, second = pack_step(samples, 32), pack_step(samples, 32)
    assert [row.input_ids.tolist() for row in first] == [row.input_ids.tolist() for row in second]


@settings(deadline=None, max_examples=80)
@given(
    samples=steps(),
    num_ranks=st.integers(1, 10),
    room=st.integers(1, 64),
    round_to=st.sampled_from([1, 7, 16]),
    loss_average=st.sampled_from(["token", "sample"]),
)
def test_ranks_share_a_step_without_losing_or_doubling_anything(
    samples: list[Sample], num_ranks: int, room: int, round_to: int, loss_average: LossAverage
) -> None:
    ranks = pack_ranks(samples, num_ranks, room, loss_average, round_to)
    assert len(ranks) == num_ranks
    assert len({len(rows) for rows in ranks}) == 1
    rows = [row for own in ranks for row in own]
    whole = pack_step(samples, room, loss_average, round_to)
    assert sorted(documents(rows)) == sorted(documents(whole))  # ids, positions, targets and weights of each sample
    assert sum(row.weights.sum().item() for row in rows) == pytest.approx(1, abs=1e-5)
    longest = max(len(sample.input_ids) for sample in samples)
    tokens = [sum(row.num_tokens for row in own) for own in ranks]
    assert max(tokens) - min(tokens) <= longest
    assert all(len(row.input_ids) > 0 and len(row.input_ids) % round_to == 0 for row in rows)
    assert all(row.num_tokens <= max(room, longest) for row in rows)
    for own in ranks:  # a row without a sample only where there are fewer samples than rows
        num_documents = sum(row.weights.gt(0).any().item() for row in own)
        assert num_documents == len(own) or all(len(documents([row])) <= 1 for row in own)
    again = pack_ranks(samples, num_ranks, room, loss_average, round_to)
    assert [row.input_ids.tolist() for own in again for row in own] == [row.input_ids.tolist() for row in rows]


def test_a_rank_without_a_sample_gets_rows_of_filler() -> None:
    (long,), (short,), (filler,) = pack_ranks([SHORT, LONG], 3, max_tokens_per_row=8, round_to=4)
    assert (long.num_tokens, short.num_tokens) == (4, 3)
    assert filler.document_lengths == [4]
    assert filler.input_ids.tolist() == [0, 0, 0, 0] and filler.targets.tolist() == [N] * 4
    assert filler.weights.tolist() == [0] * 4 and filler.weights.dtype == torch.float32
    assert (filler.num_tokens, filler.num_labels) == (0, 0)


def test_rows_are_split_before_any_is_left_empty() -> None:
    giant = Sample(list(range(1, 9)), [N] * 7 + [8])
    medium = Sample(list(range(11, 15)), [N] * 3 + [14])
    ranks = pack_ranks([giant, medium, SHORT, LONG], 2, max_tokens_per_row=8, round_to=1)
    assert [[row.document_lengths for row in rows] for rows in ranks] == [[[8], [3]], [[4], [4]]]


def test_real_lengths_fill_the_rows(shared: Path) -> None:
    """Sixteen real conversations a step, as the default training settings have it."""
    lines = (shared / "golden" / "data" / "tokens_and_labels.jsonl").read_text(encoding="utf-8").splitlines()
    lengths = [len(json.loads(line)["input_ids"]) for line in lines]
    random = Random(0)
    tokens: Counter[str] = Counter()
    for _ in range(50):
        step = [Sample([1] * n, [N] + [1] * (n - 1)) for n in random.sample(lengths, 16)]
        rows = pack_step(step, max_tokens_per_row=8192)
        tokens["real"] += sum(row.num_tokens for row in rows)
        tokens["all"] += sum(len(row.input_ids) for row in rows)
    assert tokens["real"] / tokens["all"] >= 0.96


@pytest.mark.parametrize("num_ranks", [2, 4, 8])
def test_real_lengths_balance_over_ranks(shared: Path, num_ranks: int) -> None:
    """The slowest rank decides the time of a step: with eight samples for each, it has hardly more than the mean."""
    lines = (shared / "golden" / "data" / "tokens_and_labels.jsonl").read_text(encoding="utf-8").splitlines()
    lengths = [len(json.loads(line)["input_ids"]) for line in lines]
    random = Random(0)
    most = mean = 0.0
    for _ in range(50):
        step = [Sample([1] * n, [N] + [1] * (n - 1)) for n in random.choices(lengths, k=8 * num_ranks)]
        tokens = [sum(row.num_tokens for row in rows) for rows in pack_ranks(step, num_ranks, 8192)]
        most += max(tokens)
        mean += sum(tokens) / num_ranks
    assert most / mean < 1.005
