"""The plan of rows from lengths alone is what packing then does."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.data.order import SampleOrder
from glmkit.data.pack import pack_step
from glmkit.data.plan import MAX_PLANNED_STEPS, RowFill, plan_fill, plan_rows


def test_the_longest_comes_first_and_each_goes_where_least_room_is_left() -> None:
    assert plan_rows([3, 5, 2, 7, 3], 10) == [[3, 0], [1, 4, 2]]
    assert plan_rows([4, 20, 3], 8) == [[1], [0, 2]]
    assert plan_rows([], 8) == []


@settings(deadline=None, max_examples=30)
@given(
    lengths=st.lists(st.integers(2, 40), min_size=1, max_size=30),
    room=st.integers(1, 80),
    samples_per_step=st.integers(1, 8),
    round_to=st.sampled_from([1, 7, 16]),
)
def test_the_fill_is_that_of_the_packed_steps_of_an_epoch(
    lengths: list[int], room: int, samples_per_step: int, round_to: int
) -> None:
    samples = [Sample([1] * n, [IGNORE_INDEX] + [1] * (n - 1)) for n in lengths]
    order = SampleOrder(len(samples), samples_per_step, seed=42)
    num_steps = -(-len(samples) // samples_per_step)
    packed: Counter[str] = Counter()
    for step in range(num_steps):
        for row in pack_step([samples[i] for i in order.step(step)], room, round_to=round_to):
            packed.update(rows=1, tokens=row.num_tokens, row_tokens=len(row.input_ids))
    fill = plan_fill(lengths, room, samples_per_step, round_to)
    assert fill == RowFill(
        max_tokens_per_row=room,
        num_steps=num_steps,
        num_rows=packed["rows"],
        num_tokens=packed["tokens"],
        num_row_tokens=packed["row_tokens"],
    )
    assert fill.share == packed["tokens"] / packed["row_tokens"]


def test_a_large_file_is_planned_in_part_and_an_empty_one_not_at_all() -> None:
    assert plan_fill([1000] * (MAX_PLANNED_STEPS * 16 + 5), 8192).num_steps == MAX_PLANNED_STEPS
    nothing = plan_fill([], 8192)
    assert (nothing.num_steps, nothing.num_rows, nothing.share) == (0, 0, 0.0)
