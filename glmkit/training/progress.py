"""What a user sees of a running training: a bar on a terminal, a line now and then elsewhere; train.log has the lines.

In: one row of numbers a step. Out: text on stderr. Used by the training loop; stdout stays free for results.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from glmkit.chat.sample import Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import TrainConfig
from glmkit.data.show import print_sample, token_lines
from glmkit.errors import message
from glmkit.settings import plain

QUIET_S = 2.0  # off a terminal lines come at most this often, except the last one
REMEMBERED_STEPS = 50  # the time left is judged by the latest ones


class Display:
    """Tells the user how the run goes; a context manager, since a bar must be taken down whatever happens.

    Args:
        log: receives every line that is not part of the bar.
        log_every: off a terminal, steps between two lines.
        is_brief: show the steps alone; everything else goes to the log only.
        clock: seconds that only ever grow.
    """

    def __init__(
        self,
        log: Callable[[str], None],
        log_every: int = 1,
        clock: Callable[[], float] = time.monotonic,
        is_brief: bool = False,
    ) -> None:
        self._log = log
        self._is_brief = is_brief
        self._log_every = log_every
        self._clock = clock
        self._last_line = -QUIET_S
        self._seconds: deque[float] = deque(maxlen=REMEMBERED_STEPS)
        console = Console(file=sys.stderr)
        self._bar = (
            Progress(BarColumn(bar_width=None), TextColumn("{task.description}"), console=console, expand=True)
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Display:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, code: str, **values: Any) -> None:
        """Tell one sentence of the catalogue."""
        self.show(message(code, **values))

    def show(self, text: str, *, is_step: bool = False) -> None:
        """Print lines to stderr and the log; above the bar while there is one (rich stands in for stderr then)."""
        self._log(text)
        if self._is_brief and not is_step:
            return
        with suppress(OSError):  # a reader that has gone, or a full disk behind stderr, is no reason to stop training
            print(text, file=sys.stderr, flush=True)

    def sanity_check(self, sample: Sample, tokenizer: Tokenizer) -> None:
        """Show a sample token by token, labelled ones in colour on a terminal: what will be trained, and what not."""
        start, end = "Sanity Check >>>>>>>>>>>>>", "<<<<<<<<<<<<< Sanity Check"
        self._log("\n".join([start, *(line.text for line in token_lines(sample, tokenizer)), end]))
        if self._is_brief:
            return
        with suppress(OSError):
            print(start, file=sys.stderr)
            print_sample(sample, tokenizer, sys.stderr, is_shortened=True)
            print(end, file=sys.stderr, flush=True)

    def step(self, row: Mapping[str, Any], total_steps: int) -> None:
        """Show one step.

        Args:
            row: step, loss, lr, tokens_per_s, seconds of the step.
            total_steps: steps of the whole run.
        """
        step = row["step"]
        self._seconds.append(row["seconds"])
        left = (total_steps - step) * sum(self._seconds) / len(self._seconds)
        text = message(
            "training-step",
            step=f"{step:{len(str(total_steps))}d}",
            total=total_steps,
            loss=f"{row['loss']:.4f}",
            learning_rate=f"{row['lr']:.3g}",
            rate=f"{row['tokens_per_s']:,.0f}",
            left=clock_time(left),
        )
        if self._bar is not None:
            if not self._bar.tasks:
                self._bar.add_task("", total=total_steps)
                self._bar.start()
            self._bar.update(self._bar.task_ids[0], completed=step, description=text)
            if step == total_steps:
                self._bar.stop()  # what comes now belongs below it
            return
        now = self._clock()
        if step == total_steps or (step % self._log_every == 0 and now - self._last_line >= QUIET_S):
            self._last_line = now
            self.show(text, is_step=True)


def clock_time(seconds: float) -> str:
    """Return seconds as "1:02:03", "2:03" or "0:03"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def settings_of(config: TrainConfig) -> dict[str, Any]:
    """Return every setting that applies to the method and is not empty."""
    other: tuple[str, ...] = ("from_scratch",) if config.method == "ptuning" else ("prefix_", "init_adapter")
    if not config.is_evaluated:
        other = (*other, "eval_", "validation", "keep_best")
    names = [item.name for item in fields(config) if not item.name.startswith((*other, "restart", "allow_data_change"))]
    return {name: plain(getattr(config, name)) for name in names if getattr(config, name) not in ("", None)}


def settings_table(config: TrainConfig) -> str:
    """Return the settings of ``settings_of``, one a line, aligned."""
    values = settings_of(config)
    width = max(len(name) for name in values)
    lines = [f"  {name:<{width}}  {value}" for name, value in values.items()]
    return "\n".join([message("training-settings"), *lines])
