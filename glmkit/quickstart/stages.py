"""What the quickstart shows while it works: numbered stages, one sentence each, a bar.

In: message codes. Out: text on stderr; stdout is kept for the results. Used by ``command``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from glmkit.errors import message, notice
from glmkit.quickstart.measuring import Advance


class Stages:
    """Counts the stages and measures their seconds."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._clock = total, clock
        self.seconds: dict[str, float] = {}  # message code of the stage -> how long it took
        self._console = Console(file=sys.stderr)

    @contextmanager
    def stage(self, code: str, why: str, **values: Any) -> Iterator[Advance]:
        """Begin a stage: its name and what happens in it and why, then a bar for each thing that is counted.

        Args:
            code: of the name.
            why: of the sentence.
            values: of the sentence.
        """
        number = len(self.seconds) + 1
        self._console.print()
        title = message("quickstart-stage", number=number, total=self._total, name=message(code))
        self._console.print(title, style="bold", markup=False, highlight=False)
        notice(why, **values)
        started = self._clock()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        bar = Progress(*columns, console=self._console, disable=not self._console.is_terminal)
        tasks: dict[str, Any] = {}

        def advance(what: str, done: int, total: int) -> None:
            if not tasks:
                bar.start()
            if what not in tasks:
                tasks[what] = bar.add_task(message(what), total=total)
            bar.update(tasks[what], completed=done)

        try:
            yield advance
        finally:
            bar.stop()
        self.seconds[code] = self._clock() - started
