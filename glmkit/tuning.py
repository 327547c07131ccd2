"""Fine-tuning as a user calls it: the training loop with the evaluation handed in, which neither may import the other.

In: a TrainConfig. Out: a run folder. Called by ``glmkit train`` and as ``glmkit.train``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glmkit.config import TrainConfig

if TYPE_CHECKING:
    from glmkit.chat.sample import Sample
    from glmkit.training.loop import RunResult


def train(config: TrainConfig, *, samples: Sequence[Sample] | None = None) -> RunResult:
    """Train, or go on with the run of that name; see ``glmkit.training.loop.train`` for what it returns and raises.

    Args:
        config: the settings; with ``eval_data`` or ``validation`` the run is evaluated on the way.
        samples: encoded samples to train on; the config's ``data`` is then not read.
    """
    from glmkit.training.loop import train

    if not config.is_evaluated:
        return train(config, samples=samples)
    from glmkit.evaluation.command import evaluate_in_training

    return train(config, samples=samples, evaluate=evaluate_in_training)
