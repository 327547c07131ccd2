"""The learning rate of every step, what decays, and a state that comes back bit by bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from glmkit.errors import CheckpointError
from glmkit.training.optimizer import (
    learning_rate_at,
    make_optimizer,
    optimizer_tensors,
    restore_optimizer,
    set_learning_rate,
)


def test_linear_falls_to_zero_as_in_the_original() -> None:
    rates = [learning_rate_at(step, 4, 0.02, "linear") for step in range(4)]
    assert rates == pytest.approx([0.02, 0.015, 0.01, 0.005])


def test_cosine_starts_at_the_peak_and_is_half_way_down_in_the_middle() -> None:
    assert [learning_rate_at(step, 4, 1.0, "cosine") for step in (0, 2)] == pytest.approx([1.0, 0.5])


def test_constant_stays() -> None:
    assert {learning_rate_at(step, 4, 0.3, "constant") for step in range(4)} == {0.3}


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_warmup_rises_evenly_to_the_peak_without_a_step_at_zero(schedule: str) -> None:
    rates = [learning_rate_at(step, 10, 0.4, schedule, warmup_steps=4) for step in range(5)]  # type: ignore[arg-type]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4])


def test_a_run_that_is_all_warmup_reaches_the_peak_at_its_end() -> None:
    assert learning_rate_at(3, 4, 0.4, "linear", warmup_steps=4) == 0.4


def stepped(model: torch.nn.Module) -> tuple[torch.optim.AdamW, dict[str, torch.nn.Parameter]]:
    """Make an optimiser and take one step with it."""
    optimizer, trained = make_optimizer(model.named_parameters(), weight_decay=0.5)
    set_learning_rate(optimizer, 0.1)
    model(torch.ones(3)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    return optimizer, trained


def test_matrices_decay_and_biases_do_not() -> None:
    model = torch.nn.Linear(3, 2)
    optimizer, _ = make_optimizer(model.named_parameters(), weight_decay=0.5)
    decays = {group["weight_decay"]: [tuple(p.shape) for p in group["params"]] for group in optimizer.param_groups}
    assert decays == {0.5: [(2, 3)], 0.0: [(2,)]}


def test_frozen_parameters_are_not_trained() -> None:
    model = torch.nn.Linear(3, 2)
    model.weight.requires_grad_(False)
    _, trained = make_optimizer(model.named_parameters(), weight_decay=0.0)
    assert list(trained) == ["bias"]


def test_a_restored_optimizer_goes_on_with_the_same_bits() -> None:
    torch.manual_seed(0)
    first, second = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    optimizer, trained = stepped(first)
    second.load_state_dict(first.state_dict())
    tensors = {name: tensor.clone() for name, tensor in optimizer_tensors(optimizer, trained).items()}
    restored, trained_again = make_optimizer(second.named_parameters(), weight_decay=0.5)
    restore_optimizer(restored, trained_again, tensors, Path("optimizer.safetensors"))
    for model, its_optimizer in ((first, optimizer), (second, restored)):
        set_learning_rate(its_optimizer, 0.05)
        model(torch.arange(3.0)).sum().backward()
        its_optimizer.step()
    assert torch.equal(first.weight, second.weight)
    assert torch.equal(first.bias, second.bias)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"weight.exp_avg": None}, "f: weight.exp_avg has shape -, the run needs (2, 3)"),
        ({"bias.step": None}, "f: bias.step has shape -, the run needs ()"),
        ({"bias.exp_avg_sq": torch.zeros(3)}, "f: bias.exp_avg_sq has shape (3,), the run needs (2,)"),
    ],
)
def test_a_state_that_lacks_a_part_is_refused(change: dict[str, torch.Tensor | None], text: str) -> None:
    optimizer, trained = stepped(torch.nn.Linear(3, 2))
    tensors = {**optimizer_tensors(optimizer, trained), **change}
    present = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    with pytest.raises(CheckpointError) as caught:
        restore_optimizer(optimizer, trained, present, Path("f"))
    assert str(caught.value) == text
