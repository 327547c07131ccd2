"""KVCache and CachedView: generating step by step is the full forward, whatever shares the step."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from glmkit.model import GLM, CachedView, KVCache, PackedView

TOLERANCE = 1e-5  # float32 sums in another order

chunks = st.lists(st.integers(1, 6), min_size=1, max_size=4)


def full_forward(model: GLM, ids: Tensor, with_prefix: bool) -> Tensor:
    prefix = model.prefix() if with_prefix else None
    return model(ids, torch.arange(len(ids)), PackedView([len(ids)], "cpu", prefix))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(chunks, st.booleans(), st.integers(0, 2)), min_size=1, max_size=4), st.data())
def test_any_split_into_chunks_gives_the_full_forward(
    make_glm: Callable[..., GLM], requests: list[tuple[list[int], bool, int]], data: st.DataObject
) -> None:
    """Requests with their own chunks, prefixes and starting steps share the steps in one cache, in random slots."""
    model = make_glm(prefix_len=3)
    slots = data.draw(st.permutations(range(5)))[: len(requests)]
    ids = [
        torch.randint(0, 96, (sum(sizes),), generator=torch.Generator().manual_seed(i))
        for i, (sizes, _, _) in enumerate(requests)
    ]
    cache = KVCache(model.config, num_slots=5, max_len=30)
    cache.memory.fill_(7.0)  # an earlier request's leavings
    found: list[list[Tensor]] = [[] for _ in requests]
    past = [0] * len(requests)
    with torch.no_grad():
        for (_, with_prefix, _), slot in zip(requests, slots, strict=True):
            cache.fill_prefix(slot, model.prefix() if with_prefix else None)
        for step in range(6):
            active = [i for i, (sizes, _, start) in enumerate(requests) if start <= step < start + len(sizes)]
            if not active:
                continue
            lengths = [requests[i][0][step - requests[i][2]] for i in active]
            view = CachedView(cache, [slots[i] for i in active], [past[i] for i in active], lengths)
            new = torch.cat([ids[i][past[i] : past[i] + n] for i, n in zip(active, lengths, strict=True)])
            hidden = model(new, view.position_ids, view)
            for i, part in zip(active, torch.split(hidden, lengths), strict=True):
                found[i].append(part)
                past[i] += len(part)
        for i, (_, with_prefix, _) in enumerate(requests):
            wanted = full_forward(model, ids[i], with_prefix)
            torch.testing.assert_close(torch.cat(found[i]), wanted, atol=TOLERANCE, rtol=TOLERANCE)


@torch.no_grad()
def test_decoding_a_batch_equals_its_rows_one_by_one(make_glm: Callable[..., GLM]) -> None:
    model = make_glm()
    prompts = [torch.arange(n) + n for n in (4, 9, 2)]
    cache = KVCache(model.config, num_slots=3, max_len=12)
    for slot, prompt in enumerate(prompts):
        view = CachedView(cache, [slot], [0], [len(prompt)])
        model(prompt, view.position_ids, view)
    next_ids = torch.tensor([50, 51, 52])
    view = CachedView(cache, [0, 1, 2], [4, 9, 2], [1, 1, 1])
    together = model(next_ids, view.position_ids, view)
    for i, prompt in enumerate(prompts):
        wanted = full_forward(model, torch.cat([prompt, next_ids[i : i + 1]]), with_prefix=False)[-1]
        torch.testing.assert_close(together[i], wanted, atol=TOLERANCE, rtol=TOLERANCE)


def test_positions_count_text_and_last_rows_end_each_request(make_glm: Callable[..., GLM]) -> None:
    model = make_glm(prefix_len=3)
    cache = KVCache(model.config, num_slots=2, max_len=12)
    cache.fill_prefix(1, model.prefix())
    view = CachedView(cache, [1, 0], [4, 0], [1, 3])
    assert view.position_ids.tolist() == [4, 0, 1, 2]
    assert view.last_rows.tolist() == [0, 3]


def test_a_slot_that_would_overflow_is_refused(make_glm: Callable[..., GLM]) -> None:
    model = make_glm(prefix_len=3)
    cache = KVCache(model.config, num_slots=1, max_len=8)
    cache.fill_prefix(0, model.prefix())
    CachedView(cache, [0], [4], [1])
    with pytest.raises(ValueError, match="slot 0 holds 8 places, 9 are needed"):
        CachedView(cache, [0], [5], [1])


@torch.no_grad()
def test_a_half_cache_under_a_float32_model_keeps_the_streams_dtype(make_glm: Callable[..., GLM]) -> None:
    model = make_glm()
    cache = KVCache(model.config, num_slots=1, max_len=8, dtype=torch.bfloat16)
    view = CachedView(cache, [0], [0], [5])
    hidden = model(torch.arange(5), view.position_ids, view)
    assert hidden.dtype == torch.float32
    wanted = full_forward(model, torch.arange(5), with_prefix=False)
    assert (hidden - wanted).norm() / wanted.norm() < 0.02  # keys and values rounded to 8 bits
