"""Which samples of a step share a row, and on which rank, from their lengths alone, and how full that makes the rows.

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


def plan_ranks(lengths: Sequence[int], max_tokens_per_row: int, num_ranks: int) -> list[list[list[int]]]:
    """Return the rows of each rank: equally many, with tokens as nearly equal as whole samples allow."""
    ranks = []
    for own in _deal(lengths, num_ranks):
        rows = plan_rows([lengths[i] for i in own], max_tokens_per_row)
        ranks.append([[own[i] for i in row] for row in rows])
    num_rows = max(len(rows) for rows in ranks)
    return [_split_rows(rows, lengths, num_rows) for rows in ranks]


def _deal(lengths: Sequence[int], count: int, indices: Sequence[int] | None = None) -> list[list[int]]:
    """Deal the samples ``indices`` (all by default) into ``count`` hands of nearly equal length, each in order.

    Longest first to whoever holds least; then the hands that hold most and least exchange samples while that helps.
    """
    hands: list[list[int]] = [[] for _ in range(count)]
    held = [0] * count
    for index in sorted(range(len(lengths)) if indices is None else indices, key=lambda i: -lengths[i]):
        least = held.index(min(held))
        hands[least].append(index)
        held[least] += lengths[index]
    while True:
        most, least = held.index(max(held)), held.index(min(held))
        exchange = _best_exchange(hands[most], hands[least], lengths) if held[most] > held[least] else None
        if exchange is None:
            return [sorted(hand) for hand in hands]
        given, taken = exchange
        hands[most] = [i for i in hands[most] if i not in given] + taken
        hands[least] = [i for i in hands[least] if i not in taken] + given
        for hand in (most, least):
            held[hand] = sum(lengths[i] for i in hands[hand])


def _best_exchange(
    most: Sequence[int], least: Sequence[int], lengths: Sequence[int]
) -> tuple[list[int], list[int]] | None:
    """Return what to give, and what to take for it, to bring two hands closest together; None if nothing does."""
    gap = sum(lengths[i] for i in most) - sum(lengths[i] for i in least)
    exchanges = [(lengths[i] - lengths[j], [i], [j]) for i in most for j in least]
    exchanges += [(lengths[i], [i], []) for i in most]
    closer = [(abs(gap - 2 * moved), given, taken) for moved, given, taken in exchanges if 0 < moved < gap]
    return min(closer)[1:] if closer else None


def _split_rows(rows: Sequence[list[int]], lengths: Sequence[int], num_rows: int) -> list[list[int]]:
    """Split the fullest rows in two until there are ``num_rows``; where no row has two samples, empty ones follow."""
    rows = list(rows)
    while len(rows) < num_rows:
        splittable = [number for number, row in enumerate(rows) if len(row) > 1]
        if not splittable:
            return [*rows, *([] for _ in range(num_rows - len(rows)))]
        fullest = max(splittable, key=lambda number: sum(lengths[i] for i in rows[number]))
        rows[fullest : fullest + 1] = _deal(lengths, 2, rows[fullest])
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
