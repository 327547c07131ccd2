"""Evaluations on the way: when one is due, its line in ``metrics.jsonl``, which step was the best so far.

In: the function handed in to ``train`` and what was held out for it. Out: rows of figures. Called by the training loop;
whatever goes wrong in an evaluation costs one line of text and never the run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch

from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import TrainConfig
from glmkit.data.split import HeldOut
from glmkit.errors import message
from glmkit.model.glm import GLM
from glmkit.training.progress import Display
from glmkit.training.run_folder import RunFolder

Figures = Mapping[str, float | int | None]
PREFIX = "eval_"  # before the figures' names in metrics.jsonl
# Shown beside the loss where they were measured; all the others stand in metrics.jsonl.
SHOWN = ("perplexity", "call_exact", "key_f1", "rouge_l")


class Evaluate(Protocol):
    """Measures a model on what was held out; ``loss`` among the figures decides which step is the best."""

    def __call__(
        self, model: GLM, tokenizer: Tokenizer, held_out: HeldOut, config: TrainConfig, is_stopped: Callable[[], bool]
    ) -> Figures | None:
        """Return figures by name, or None when ``is_stopped()`` became true before it was done."""


class Evaluations:
    """The evaluations of one run.

    Args:
        evaluate: measures the model.
        tokenizer: of the model.
        held_out: what it is measured on.
        config: resolved settings of the run.
        run: its folder.
        display: tells the user.
        rows: rows of earlier starts of the run, those of evaluations among them.
    """

    def __init__(
        self,
        evaluate: Evaluate,
        tokenizer: Tokenizer,
        held_out: HeldOut,
        config: TrainConfig,
        run: RunFolder,
        display: Display,
        rows: Sequence[Mapping[str, Any]],
    ) -> None:
        self._evaluate, self._tokenizer, self._held_out = evaluate, tokenizer, held_out
        self._config, self._run, self._display = config, run, display
        self.losses: list[tuple[int, float]] = [
            (row["step"], row[f"{PREFIX}loss"]) for row in rows if row.get(f"{PREFIX}loss") is not None
        ]

    @property
    def best(self) -> tuple[int, float] | None:
        """The (step, loss) of the lowest evaluation loss so far, the earliest of equals."""
        return min(self.losses, key=lambda item: (item[1], item[0]), default=None)

    def is_due(self, step: int, is_saving: bool, is_last: bool) -> bool:
        """Whether the model is to be evaluated after ``step``."""
        return is_last or (step % self._config.eval_every == 0 if self._config.eval_every else is_saving)

    def run(self, model: GLM, step: int, is_stopped: Callable[[], bool]) -> bool:
        """Evaluate, record and tell; return whether ``step`` is the best so far."""
        started = time.perf_counter()
        try:
            with undisturbed(model):
                figures = self._evaluate(model, self._tokenizer, self._held_out, self._config, is_stopped)
            if figures is None:
                return False
            figures = {name: value for name, value in figures.items() if value is None or math.isfinite(value)}
        except Exception as error:  # any: a model half trained, or a function of the user's, can fail in any way
            reason = (str(error) or type(error).__name__).splitlines()[0]
            self._display.say("training-eval-failed", step=step, kind=type(error).__name__, reason=reason)
            return False
        seconds = time.perf_counter() - started
        named = {f"{PREFIX}{name}": value for name, value in figures.items()}
        self._run.record({"step": step, **named, f"{PREFIX}seconds": round(seconds, 3)})
        shown = "".join(f"  {name} {figures[name]:.4g}" for name in SHOWN if figures.get(name) is not None)
        loss = figures.get("loss")
        text = "-" if loss is None else f"{loss:.4f}"
        self._display.show(message("training-eval", step=step, loss=text, others=shown, seconds=f"{seconds:.1f}"))
        if loss is None:
            return False
        self.losses.append((step, loss))
        return self.best == (step, loss)


@contextmanager
def undisturbed(model: GLM) -> Iterator[None]:
    """Give back every module's mode and the random state as they were, so that the training goes on bit by bit."""
    modes = {module: module.training for module in model.modules()}
    try:
        with torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []):
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode
