"""What a source format is: a module that recognises its rows and turns each into examples in the original's
format, and such a row back.

In: one row of a file, or of the original's format. Out: Examples, or a Written row. Called by read.py and target.py; a
further format is one file like its neighbours and one line in SOURCES (read.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from glmkit.data.sources.written import Written
from glmkit.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One conversation of a row, or why there is none."""

    row: dict[str, Any] = field(default_factory=dict)  # the original's format: {"tools"?, "conversations": [...]}
    part: str = ""  # which part of the source's row, when that holds many
    faults: tuple[Problem, ...] = ()  # the row is wrong and the file is refused; the sentences name the fields
    skip_reason: str = ""  # the part is left out and counted
    messages_field: str = "conversations"  # what the source calls the list of messages
    message_fields: tuple[str, ...] | None = None  # message i was made from the source's message_fields[i]

    def in_source_fields(self, problem: Problem) -> Problem:
        """Return a fault of, or a remark on, ``row`` with the field named as the source has it."""
        if self.message_fields is None or "field" not in problem.values:
            return problem
        fields = self.message_fields

        def rename(match: re.Match[str]) -> str:
            return fields[int(match[1])] if match[1] else self.messages_field

        field = re.sub(r"^conversations(?:\[(\d+)\])?", rename, problem.values["field"])
        return replace(problem, values={**problem.values, "field": field})


class Source(Protocol):
    """A source format; the modules of this folder are the instances."""

    NAME: str

    def recognises(self, row: Mapping[str, Any]) -> bool:
        """Say whether the row looks like this format, from its keys alone."""

    def examples(self, row: dict[str, Any]) -> Iterator[Example]:
        """Yield the conversations of a row, each with its faults; never raises."""

    def write(self, row: Mapping[str, Any]) -> Written:
        """Return a row of the original's format in this one, with what this one cannot hold."""
