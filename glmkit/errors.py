"""What a user is told when something is wrong: one exception tree, one sentence per problem, in English or Chinese.

A room raises ``DataError("data-unknown-role", where="train.jsonl:118", role="wizard")``; the sentence behind the
code stands in ``glmkit/messages``. ``cli.main`` prints it and exits with ``exit_code``; library users catch the class.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from glmkit.messages import TABLE

LANGUAGES = ("en", "zh")
MAX_PRINTED_PROBLEMS = 20

_language: str | None = None  # None: follow the locale; set once by the command line
_language_here: ContextVar[str | None] = ContextVar("language", default=None)  # of this thread, before the other


def set_language(language: str | None) -> None:
    """Choose the language of every later message: "en", "zh", or None for the locale's."""
    global _language
    _language = language


def set_language_here(language: str | None) -> None:
    """Choose the language of this thread alone: a server may speak English and Chinese at the same time."""
    _language_here.set(language)


def current_language() -> str:
    """Return "zh" when the user asked for it or the locale is a Chinese one, otherwise "en"."""
    here = _language_here.get()
    if here is not None:
        return here
    if _language is not None:
        return _language
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


def message(code: str, **values: Any) -> str:
    """Return the sentence behind ``code`` in the current language, with ``values`` filled in."""
    row = TABLE[code]
    return row[LANGUAGES.index(current_language())].format(**values)


def notice(code: str, **values: Any) -> None:
    """Print one sentence for the user to stderr; stdout is kept for results."""
    with suppress(BrokenPipeError):  # a reader that has gone is no reason to stop the work
        print(message(code, **values), file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a message code, the place ("file:line", a path, a field), the values in the sentence."""

    code: str
    where: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return "where: sentence"."""
        sentence = message(self.code, **self.values)
        return f"{self.where}: {sentence}" if self.where else sentence

    def hint(self) -> str | None:
        """Return the one step that helps, when the catalogue has one for this code."""
        row = TABLE[self.code]
        if len(row) <= len(LANGUAGES):
            return None
        return row[len(LANGUAGES) + LANGUAGES.index(current_language())].format(**self.values)


class GlmkitError(Exception):
    """Something the user can mend. Carries one or many problems; ``exit_code`` tells a scheduler which kind."""

    exit_code = 1

    def __init__(
        self, problem: str | Sequence[Problem], *, where: str = "", num_problems: int = 0, **values: Any
    ) -> None:
        self.problems: tuple[Problem, ...] = (
            (Problem(problem, where, values),) if isinstance(problem, str) else tuple(problem)
        )
        self.num_problems = max(num_problems, len(self.problems))  # more than are held where there are too many
        super().__init__(*self.problems)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error go from a process to another; Exception's own way calls ``__init__`` with the wrong things."""
        return _rebuilt, (type(self), self.problems, self.num_problems)

    @property
    def code(self) -> str:
        """The code of the first problem."""
        return self.problems[0].code

    def __str__(self) -> str:
        lines = [problem.text() for problem in self.problems[:MAX_PRINTED_PROBLEMS]]
        if self.num_problems > MAX_PRINTED_PROBLEMS:
            lines.append(message("cli-more-problems", count=self.num_problems - MAX_PRINTED_PROBLEMS))
        return "\n".join(lines)

    def hints(self) -> list[str]:
        """Return the distinct hints of the problems shown, in order."""
        shown = self.problems[:MAX_PRINTED_PROBLEMS]
        return list(dict.fromkeys(hint for problem in shown if (hint := problem.hint()) is not None))


def _rebuilt(kind: type[GlmkitError], problems: tuple[Problem, ...], num_problems: int) -> GlmkitError:
    return kind(problems, num_problems=num_problems)


class ConfigError(GlmkitError):
    """A setting, flag or combination of settings that cannot work."""

    exit_code = 2


class RequestError(GlmkitError):
    """A generation request that cannot be served as asked."""

    exit_code = 2


class ModelError(GlmkitError):
    """A base model, tokenizer or adapter that is missing, damaged or does not fit."""

    exit_code = 2


class DataError(GlmkitError):
    """A data file, row or field that is wrong."""

    exit_code = 3


class StorageError(GlmkitError):
    """A disk that is full, read-only or not ours to write to."""

    exit_code = 4


class NumericsError(GlmkitError):
    """A loss, gradient or logit that is not finite."""

    exit_code = 5


class LockError(GlmkitError):
    """A run folder that another process is using."""

    exit_code = 6


class CheckpointError(GlmkitError):
    """A run none of whose checkpoints can be used."""

    exit_code = 8


class OutOfMemory(GlmkitError):
    """Host or device memory used up."""

    exit_code = 9


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception that is not ours says that memory is used up.

    PyTorch's on a card is told by its name, since torch is not imported here; its allocator on the CPU has no class.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    return not names.isdisjoint({"MemoryError", "OutOfMemoryError"}) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )


class Stopped(GlmkitError):
    """Stopped on request after saving; the same command continues."""

    exit_code = 75
