"""PackedView on the CPU: who sees whom, values and gradients against attention written out in float64."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from glmkit.model import GLM, PackedView

H, K, D = 4, 2, 8


def written_out(q: Tensor, k: Tensor, v: Tensor, lengths: list[int], prefix: Tensor | None) -> Tensor:
    """Attention of one document after another, as the formula says it."""
    outputs = []
    for q_doc, k_doc, v_doc in zip(*(torch.split(x, lengths) for x in (q, k, v)), strict=True):
        past = 0
        if prefix is not None:
            past = prefix.shape[1]
            k_doc, v_doc = torch.cat([prefix[0], k_doc]), torch.cat([prefix[1], v_doc])
        k_doc, v_doc = (x.repeat_interleave(H // K, dim=1) for x in (k_doc, v_doc))
        scores = torch.einsum("thd,shd->hts", q_doc, k_doc) / D**0.5
        hidden = torch.ones(scores.shape[1:], dtype=torch.bool).triu(past + 1)
        outputs.append(torch.einsum("hts,shd->thd", scores.masked_fill(hidden, -torch.inf).softmax(-1), v_doc))
    return torch.cat(outputs)


def random_stream(lengths: list[int], prefix_len: int) -> list[Tensor]:
    """q, k, v and a one-layer prefix, float64 and wanting gradients."""
    generator = torch.Generator().manual_seed(sum(lengths))
    T = sum(lengths)
    shapes = [(T, H, D), (T, K, D), (T, K, D), (1, 2, prefix_len, K, D)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("prefix_len", [0, 5])
@pytest.mark.parametrize(
    "lengths",
    [[1], [7], [3, 4, 2], [4, 4, 4], [2, 5, 2, 1, 5], [800], [770, 3]],
    ids=["one token", "one", "different", "equal", "interleaved", "long", "long and short"],
)
def test_values_and_gradients_equal_attention_written_out(lengths: list[int], prefix_len: int) -> None:
    stream = random_stream(lengths, prefix_len)
    q, k, v, prefix = stream
    wanted = written_out(q, k, v, lengths, prefix[0] if prefix_len else None)
    weights = torch.randn_like(wanted)
    inputs = stream[: 4 if prefix_len else 3]
    wanted_gradients = torch.autograd.grad((wanted * weights).sum(), inputs)
    single = [x.detach().float().requires_grad_() for x in inputs]
    view = PackedView(lengths, "cpu", single[3] if prefix_len else None)
    found = view.attend(0, *single[:3])
    torch.testing.assert_close(found, wanted.float(), atol=1e-5, rtol=1e-5)
    for gradient, wanted_gradient in zip(
        torch.autograd.grad((found * weights.float()).sum(), single), wanted_gradients, strict=True
    ):
        torch.testing.assert_close(gradient, wanted_gradient.float(), atol=2e-5, rtol=1e-4)


def test_training_in_bfloat16_keeps_the_streams_dtype() -> None:
    q, k, v, prefix = (x.detach().bfloat16().requires_grad_() for x in random_stream([3, 3, 5], 2))
    found = PackedView([3, 3, 5], "cpu", prefix.float()).attend(0, q, k, v)
    assert found.dtype == torch.bfloat16
    wanted = written_out(q.double(), k.double(), v.double(), [3, 3, 5], prefix[0].double())
    torch.testing.assert_close(found.double(), wanted, atol=0.02, rtol=0.02)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 3), st.data())
def test_no_document_sees_another(
    make_glm: Callable[..., GLM], lengths: list[int], prefix_len: int, data: st.DataObject
) -> None:
    """Each document's hidden states are those it has alone, whatever the others hold."""
    model = make_glm(prefix_len=prefix_len)
    prefix = model.prefix() if model.prefix else None
    documents = [
        torch.tensor(data.draw(st.lists(st.integers(0, 95), min_size=n, max_size=n)), dtype=torch.long) for n in lengths
    ]
    positions = [torch.arange(n) for n in lengths]
    with torch.no_grad():
        packed = model(torch.cat(documents), torch.cat(positions), PackedView(lengths, "cpu", prefix))
        alone = [
            model(ids, position_ids, PackedView([len(ids)], "cpu", prefix))
            for ids, position_ids in zip(documents, positions, strict=True)
        ]
    torch.testing.assert_close(packed, torch.cat(alone), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_future_is_never_seen_and_the_past_is(make_glm: Callable[..., GLM]) -> None:
    model = make_glm(prefix_len=2)
    ids = torch.arange(12)[None]
    changed = ids.clone()
    changed[0, 5] = 90
    before, after = model.logits(ids)[0], model.logits(changed)[0]
    torch.testing.assert_close(before[:5], after[:5])
    assert (before[6:] - after[6:]).abs().amax(dim=-1).min() > 1e-4
