"""PageMemory and PagedView: generating step by step is the full forward, whatever shares the step and the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from glmkit.model import GLM, PackedView, PagedView, PageMemory, page_table_of

TOLERANCE = 1e-5  # float32 sums in another order

chunks = st.lists(st.integers(1, 6), min_size=1, max_size=4)


def full_forward(model: GLM, ids: Tensor, with_prefix: bool) -> Tensor:
    prefix = model.prefix() if with_prefix else None
    return model(ids, torch.arange(len(ids)), PackedView([len(ids)], "cpu", prefix))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(chunks, st.booleans(), st.integers(0, 2)), min_size=1, max_size=4), st.data())
def test_any_split_into_chunks_gives_the_full_forward(
    make_glm: Callable[..., GLM], requests: list[tuple[list[int], bool, int]], data: st.DataObject
) -> None:
    """Requests with their own chunks, prefixes and starting steps share the steps, in pages dealt out at random."""
    model = make_glm(prefix_len=3)
    size = data.draw(st.sampled_from([1, 4, 16]))
    width = -(-27 // size)
    numbers = data.draw(st.permutations(range(5 * width)))
    rows = [numbers[i * width : (i + 1) * width] for i in range(len(requests))]
    ids = [
        torch.randint(0, 96, (sum(sizes),), generator=torch.Generator().manual_seed(i))
        for i, (sizes, _, _) in enumerate(requests)
    ]
    memory = PageMemory(model.config, num_pages=5 * width, page_size=size)
    memory.tensor.fill_(7.0)  # an earlier request's leavings
    found: list[list[Tensor]] = [[] for _ in requests]
    past = [0] * len(requests)
    with torch.inference_mode():
        for (_, with_prefix, _), row in zip(requests, rows, strict=True):
            if with_prefix:
                memory.write_prefix(row, model.prefix())
        for step in range(6):
            active = [i for i, (sizes, _, start) in enumerate(requests) if start <= step < start + len(sizes)]
            if not active:
                continue
            lengths = [requests[i][0][step - requests[i][2]] for i in active]
            prefix_lens = [3 * requests[i][1] for i in active]
            table = page_table_of([rows[i] for i in active])
            view = PagedView(memory, table, [past[i] for i in active], lengths, prefix_lens)
            new = torch.cat([ids[i][past[i] : past[i] + n] for i, n in zip(active, lengths, strict=True)])
            hidden = model(new, view.position_ids, view)
            for i, part in zip(active, torch.split(hidden, lengths), strict=True):
                found[i].append(part)
                past[i] += len(part)
        for i, (_, with_prefix, _) in enumerate(requests):
            wanted = full_forward(model, ids[i], with_prefix)
            torch.testing.assert_close(torch.cat(found[i]), wanted, atol=TOLERANCE, rtol=TOLERANCE)


@torch.inference_mode()
def test_many_requests_of_mixed_lengths_decode_as_each_alone(make_glm: Callable[..., GLM]) -> None:
    """More than one attention group, with two prefixes' worth of shared pages before some of the texts."""
    model = make_glm(prefix_len=8)
    memory = PageMemory(model.config, num_pages=200, page_size=4)
    memory.write_prefix([0, 1], model.prefix())
    lengths = [1 + (7 * i) % 29 for i in range(21)]
    prompts = [(torch.arange(n) * (i + 3)) % 96 for i, n in enumerate(lengths)]
    rows = [([0, 1] if i % 2 else []) + list(range(2 + 8 * i, 10 + 8 * i)) for i in range(len(prompts))]
    table, prefix_lens = page_table_of(rows), [8 * (i % 2) for i in range(len(prompts))]
    view = PagedView(memory, table, [0] * len(prompts), lengths, prefix_lens)
    model(torch.cat(prompts), view.position_ids, view)
    view = PagedView(memory, table, lengths, [1] * len(prompts), prefix_lens)
    together = model(torch.full((len(prompts),), 50), view.position_ids, view)
    for i, prompt in enumerate(prompts):
        wanted = full_forward(model, torch.cat([prompt, torch.tensor([50])]), with_prefix=i % 2 == 1)[-1]
        torch.testing.assert_close(together[i], wanted, atol=TOLERANCE, rtol=TOLERANCE)


def test_positions_count_text_and_last_rows_end_each_request(make_glm: Callable[..., GLM]) -> None:
    memory = PageMemory(make_glm().config, num_pages=4, page_size=4)
    view = PagedView(memory, page_table_of([[1, 2], [3]]), [4, 0], [1, 3], [3, 0])
    assert view.position_ids.tolist() == [4, 0, 1, 2]
    assert view.last_rows.tolist() == [0, 3]


def test_a_short_row_of_a_page_table_goes_on_with_its_own_page() -> None:
    assert page_table_of([[5, 1, 2], [7]]).tolist() == [[5, 1, 2], [7, 7, 7]]


def test_a_row_that_would_overflow_is_refused(make_glm: Callable[..., GLM]) -> None:
    memory = PageMemory(make_glm().config, num_pages=2, page_size=4)
    PagedView(memory, page_table_of([[0, 1]]), [4], [1], [3])
    with pytest.raises(ValueError, match="2 pages of 4 hold 8 places, 9 are needed"):
        PagedView(memory, page_table_of([[0, 1]]), [5], [1], [3])


@torch.inference_mode()
def test_a_half_memory_under_a_float32_model_keeps_the_streams_dtype(make_glm: Callable[..., GLM]) -> None:
    model = make_glm()
    memory = PageMemory(model.config, num_pages=2, page_size=4, dtype=torch.bfloat16)
    hidden = []
    for past, ids in [(0, torch.arange(3)), (3, torch.arange(3, 5))]:
        view = PagedView(memory, page_table_of([[1, 0]]), [past], [len(ids)])
        hidden.append(model(ids, view.position_ids, view))
    assert hidden[1].dtype == torch.float32
    wanted = full_forward(model, torch.arange(5), with_prefix=False)
    assert (torch.cat(hidden) - wanted).norm() / wanted.norm() < 0.02  # keys and values rounded to 8 bits


@torch.inference_mode()
def test_memory_grows_and_keeps_what_it_held(make_glm: Callable[..., GLM]) -> None:
    memory = PageMemory(make_glm().config, num_pages=0, page_size=4)
    assert memory.grow(2) == 2
    memory.tensor.normal_()
    held = memory.tensor.clone()
    assert memory.grow(5) == memory.num_pages == 5
    assert torch.equal(memory.tensor[:, :2], held) and not memory.tensor[:, 2:].any()
    assert memory.bytes_per_page == 2 * 4 * 2 * 2 * 16 * 4  # layers, places, keys and values, heads, width, bytes


def test_memory_that_cannot_be_had_leaves_everything_as_it_was(make_glm: Callable[..., GLM]) -> None:
    memory = PageMemory(make_glm().config, num_pages=1, page_size=4)
    before = memory.tensor
    assert memory.grow(1 << 45) == 1
    assert memory.tensor is before


@torch.inference_mode()
def test_clearing_copying_and_checking_touch_the_pages_named(make_glm: Callable[..., GLM]) -> None:
    memory = PageMemory(make_glm().config, num_pages=4, page_size=4)
    memory.tensor.normal_()
    memory.tensor[1, 2, 3, 0, 0, 0] = torch.inf
    assert memory.is_finite([0, 1, 3]) and not memory.is_finite([1, 2])
    untouched = memory.tensor[:, [0, 1]].clone()
    memory.copy(0, 3)
    memory.clear([2])
    memory.clear([])
    assert memory.is_finite([2]) and not memory.tensor[:, 2].any()
    assert torch.equal(memory.tensor[:, 3], untouched[:, 0]) and torch.equal(memory.tensor[:, [0, 1]], untouched)
