"""Which samples of a step share a row, from their lengths alone, and how full that makes the rows.

In: lengths in tokens. Out: rows of indices, or the fill over the steps of an epoch. Called by ``pack``, which lays the
rows out as tensors, and by the page of `glmkit data check`. No torch: a plan must be quick to have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glmkit.data.order import SampleOrder

ROUND_TO = 256  # tokens; row lengths come in few sizes, so that few shapes have to be compiled
MAX_PLANNED_STEPS = 1_000  # 16,000 samples at the default step; the fill no longer moves in its third digit


def plan_rows(lengths: Sequence[int], max_tokens_per_row: int) -> list[list[int]]:
    """Return rows of indices into ``lengths``, filled best-fit-decreasing.

    The longest sample comes first, each goes into the fullest row that still has room; a sample longer than a row gets
    a row of its own. Equal lengths keep their order, so the same lengths always give the same rows.
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        fitting = [row for row, free in enumerate(room) if free >= lengths[index]]
        if fitting:
            row = min(fitting, key=lambda r: room[r])
        else:
            row = len(rows)
            rows.append([])
            room.append(max_tokens_per_row)
        rows[row].append(index)
        room[row] -= lengths[index]
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFill:
    """How full the rows of some steps are."""

    max_tokens_per_row: int
    num_steps: int
    num_rows: int
    num_tokens: int  # real ones
    num_row_tokens: int  # with the tails that round every row up

    @property
    def share(self) -> float:
        """Real tokens over all that is computed; 0 without a row."""
        return self.num_tokens / self.num_row_tokens if self.num_row_tokens else 0.0


def plan_fill(
    lengths: Sequence[int],
    max_tokens_per_row: int,
    samples_per_step: int = 16,
    round_to: int = ROUND_TO,
    seed: int = 42,
) -> RowFill:
    """Plan the first epoch, or its first MAX_PLANNED_STEPS steps, in the order training takes with this seed."""
    num_steps = min(-(-len(lengths) // samples_per_step), MAX_PLANNED_STEPS)
    order = SampleOrder(len(lengths), samples_per_step, seed) if num_steps else None
    num_rows = num_tokens = num_row_tokens = 0
    for step in range(num_steps):
        assert order is not None
        chosen = [lengths[index] for index in order.step(step)]
        for row in plan_rows(chosen, max_tokens_per_row):
            real = sum(chosen[index] for index in row)
            num_rows += 1
            num_tokens += real
            num_row_tokens += real + -real % round_to
    return RowFill(
        max_tokens_per_row=max_tokens_per_row,
        num_steps=num_steps,
        num_rows=num_rows,
        num_tokens=num_tokens,
        num_row_tokens=num_row_tokens,
    )
