"""AdamW over the trained parameters, the learning rate of every step, and the optimiser's state by parameter name.

In: named parameters and the settings. Out: a torch optimiser; a plain dict of tensors for the checkpoint and back.
Called by the training loop.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import torch

from glmkit.errors import CheckpointError

STATE_KEYS = ("exp_avg", "exp_avg_sq", "step")


def make_optimizer(
    parameters: Iterable[tuple[str, torch.nn.Parameter]], weight_decay: float
) -> tuple[torch.optim.AdamW, dict[str, torch.nn.Parameter]]:
    """Return AdamW (1711.05101; betas 0.9 and 0.999, eps 1e-8, as the original) and the parameters it trains, by name.

    Matrices decay; biases and norm weights, which have one dimension, do not. The learning rate is set by each step.
    """
    trained = {name: parameter for name, parameter in parameters if parameter.requires_grad}
    matrices = [parameter for parameter in trained.values() if parameter.dim() > 1]
    vectors = [parameter for parameter in trained.values() if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    on_card = all(parameter.is_cuda for parameter in trained.values())
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=0.0, eps=1e-8, fused=on_card)
    return optimizer, trained


def learning_rate_at(
    step: int, total_steps: int, peak: float, schedule: Literal["linear", "cosine", "constant"], warmup_steps: int = 0
) -> float:
    """Return the learning rate of optimiser step ``step`` (0-based).

    It rises evenly to ``peak`` over ``warmup_steps`` (its first step is not wasted on zero), then stays ("constant") or
    falls so that the step after the last one would have zero ("linear", "cosine").
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    if schedule == "linear":
        return peak * (1 - progress)
    if schedule == "cosine":
        return peak * (1 + math.cos(math.pi * progress)) / 2
    return peak


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Use ``learning_rate`` for the next step, in every group."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate


def optimizer_tensors(
    optimizer: torch.optim.Optimizer, trained: Mapping[str, torch.nn.Parameter]
) -> dict[str, torch.Tensor]:
    """Return the optimiser's state as "<parameter>.exp_avg", "<parameter>.exp_avg_sq" and "<parameter>.step"."""
    return {
        f"{name}.{key}": optimizer.state[parameter][key].detach().contiguous()
        for name, parameter in trained.items()
        for key in STATE_KEYS
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer,
    trained: Mapping[str, torch.nn.Parameter],
    tensors: Mapping[str, torch.Tensor],
    file: Path,
) -> None:
    """Give the optimiser the state that ``optimizer_tensors`` returned.

    Raises:
        CheckpointError: a tensor is missing or has another shape; training on with a fresh state would be another run.
    """
    for name, parameter in trained.items():
        state = {}
        for key in STATE_KEYS:
            tensor = tensors.get(f"{name}.{key}")
            expected = () if key == "step" else tuple(parameter.shape)
            if tensor is None or tuple(tensor.shape) != expected:
                found = "-" if tensor is None else tuple(tensor.shape)
                raise CheckpointError(
                    "training-optimizer-tensor", where=str(file), name=f"{name}.{key}", found=found, expected=expected
                )
            # the step counter stays on the CPU unless the kernel is the fused one
            device = parameter.device if key != "step" or optimizer.defaults["fused"] else torch.device("cpu")
            state[key] = tensor.to(device)
        optimizer.state[parameter] = state
