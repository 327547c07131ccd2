"""What `glmkit eval` shows: a bar while it works, the table of figures, failures side by side.

In: an Evaluation. Out: text; results on stdout, the rest on stderr. Called by ``command``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from glmkit.errors import message
from glmkit.evaluation.answers import Answer, spelled
from glmkit.evaluation.measure import Phase
from glmkit.evaluation.result import Evaluation
from glmkit.serving.terminal import CONTROL_CHARACTERS

# figure -> its sentence and, for a share, the figure that it is a share of
ROWS: dict[str, tuple[str, str]] = {
    "loss": ("evaluation-loss", ""),
    "perplexity": ("evaluation-perplexity", ""),
    "labels": ("evaluation-labels", ""),
    "call_made": ("evaluation-call-made", "call_turns"),
    "call_valid": ("evaluation-call-valid", "call_turns"),
    "call_name": ("evaluation-call-name", "call_turns"),
    "call_exact": ("evaluation-call-exact", "call_turns"),
    "key_precision": ("evaluation-key-precision", ""),
    "key_recall": ("evaluation-key-recall", ""),
    "key_f1": ("evaluation-key-f1", ""),
    "code_made": ("evaluation-code-made", "code_turns"),
    "code_exact": ("evaluation-code-exact", "code_turns"),
    "text_made": ("evaluation-text-made", "text_turns"),
    "rouge_l": ("evaluation-rouge-l", "text_turns"),
    "bleu": ("evaluation-bleu", "text_turns"),
    "answers_cut": ("evaluation-answers-cut", ""),
    "answers_too_long": ("evaluation-answers-too-long", ""),
}
PERCENT = {"call_made", "call_valid", "call_name", "call_exact", "code_made", "code_exact", "text_made"}
PERCENT |= {"key_precision", "key_recall", "key_f1"}
ONLY_WHEN_THERE = {"answers_cut", "answers_too_long"}  # not worth a line when none is
SHOWN_CHARACTERS = 1200  # of one side of a failure


class Bar:
    """A progress bar on stderr, nothing where stderr is no terminal; a context manager."""

    def __init__(self) -> None:
        console = Console(file=sys.stderr)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._phase: Phase | None = None

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def advance(self, phase: Phase, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are done."""
        if phase != self._phase:
            self._phase = phase
            code = "evaluation-phase-loss" if phase == "loss" else "evaluation-phase-answers"
            self._bar.add_task(message(code), total=total)
        self._bar.update(self._bar.task_ids[-1], completed=done)


def print_evaluation(evaluation: Evaluation, stream: TextIO) -> None:
    """Print the figures that were measured, one a line, with what they are shares of."""
    table = Table("", "", message("evaluation-of"), title=message("evaluation-title", **evaluation.settings))
    table.columns[1].justify = table.columns[2].justify = "right"
    for name, (code, whole) in ROWS.items():
        value = evaluation.figures.get(name)
        if value is None or (name in ONLY_WHEN_THERE and not value):
            continue
        table.add_row(Text(message(code)), shown(name, value), str(evaluation.figures[whole]) if whole else "")
    Console(file=stream).print(table)


def shown(name: str, value: float) -> str:
    """Return a figure as it is printed."""
    if name in PERCENT:
        return f"{100 * value:.1f} %"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}" if name != "bleu" else f"{value:.1f}"


def print_failures(failures: Sequence[Answer], num_failures: int, stream: TextIO) -> None:
    """Print what was wrong side by side with what was wanted."""
    title = message("evaluation-failures", count=len(failures), total=num_failures)
    print_side_by_side(title, failures, stream)


def print_side_by_side(title: str, answers: Sequence[Answer], stream: TextIO) -> None:
    """Print wanted and given side by side, nothing for no answers."""
    if not answers:
        return
    table = Table(message("evaluation-wanted"), message("evaluation-given"), title=title, show_lines=True, expand=True)
    for column in table.columns:
        column.ratio = 1
    for answer in answers:
        place = f"{answer.question.source} [{answer.question.turn}]"
        table.add_row(side(place, spelled(answer.question.wanted)), side(place, spelled(answer.reply)))
    Console(file=stream).print(table)


def side(place: str, text: str) -> Text:
    """Return one side of a failure; what a model wrote can neither style nor command a terminal."""
    cut = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."
    shown_text = (cut or message("evaluation-nothing")).translate(CONTROL_CHARACTERS)
    return Text.assemble((f"{place}\n", "dim"), shown_text)
