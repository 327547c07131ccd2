"""token_losses: the value and gradient of plain cross-entropy, without all its logits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F

import glmkit.model.loss as loss_module
from glmkit.model import GLM, token_losses


@pytest.mark.parametrize("chunk_rows", [1, 3, 100])
def test_value_and_gradients_equal_plain_cross_entropy(
    make_glm: Callable[..., GLM], monkeypatch: pytest.MonkeyPatch, chunk_rows: int
) -> None:
    model = make_glm()
    monkeypatch.setattr(loss_module, "LOGITS_IN_CHUNK", chunk_rows * model.config.vocab_size)
    hidden = torch.randn(8, 48, generator=torch.Generator().manual_seed(0), requires_grad=True)
    targets = torch.tensor([-100, 5, 6, -100, 7, 95, 0, -100])
    weights = torch.tensor([9.0, 0.5, 0.25, 9.0, 1.0, 0.0, 2.0, 9.0])
    every = F.cross_entropy(model.logits_of(hidden), targets, reduction="none")  # 0 where ignored
    wanted = (every * weights).sum()
    inputs = (hidden, model.lm_head.weight)
    wanted_gradients = torch.autograd.grad(wanted, inputs)
    total, losses = token_losses(model, hidden, targets, weights)
    torch.testing.assert_close(total, wanted)
    torch.testing.assert_close(losses, every.detach())
    assert not losses.requires_grad
    for found, gradient in zip(torch.autograd.grad(total, inputs), wanted_gradients, strict=True):
        torch.testing.assert_close(found, gradient)


def test_a_row_without_labels_costs_nothing_and_still_goes_backward(make_glm: Callable[..., GLM]) -> None:
    hidden = torch.randn(4, 48, requires_grad=True)
    total, losses = token_losses(make_glm(), hidden, torch.full((4,), -100), torch.ones(4))
    total.backward()
    assert total.item() == 0 and losses.tolist() == [0.0] * 4
    assert hidden.grad is not None and hidden.grad.eq(0).all()


def test_logits_of_several_chunks_are_not_kept_for_the_backward_pass(
    make_glm: Callable[..., GLM], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_glm()
    monkeypatch.setattr(loss_module, "LOGITS_IN_CHUNK", 4 * model.config.vocab_size)
    model.requires_grad_(False)
    hidden = torch.randn(40, 48, requires_grad=True)
    kept: list[int] = []

    def note(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        token_losses(model, hidden, torch.arange(40), torch.ones(40))
    assert max(kept) < 40 * model.config.vocab_size / 8  # all logits would be 40 * 96 numbers


def test_losses_of_bfloat16_hidden_states_are_float32(make_glm: Callable[..., GLM]) -> None:
    model = make_glm().bfloat16()
    total, losses = token_losses(model, torch.randn(3, 48).bfloat16(), torch.arange(3), torch.ones(3))
    assert total.dtype == losses.dtype == torch.float32
