"""Alpaca's format: {"instruction", "input"?, "output", "system"?, "history"?: [[question, answer], ...]}.

The user's turn is the instruction and the input on the lines behind it. The answers of the history are trained as the
output is: that is what LLaMA-Factory, where the field comes from, does. Called through read.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from glmkit.data.sources.fields import FieldReader
from glmkit.data.sources.source import Example
from glmkit.data.sources.written import Written, canonical, flat
from glmkit.errors import Problem

NAME = "alpaca"
COLUMNS = ("instruction", "input", "output", "system")  # of a CSV file


def recognises(row: Mapping[str, Any]) -> bool:
    """A row has an instruction and an output."""
    return "instruction" in row and "output" in row


def examples(row: dict[str, Any]) -> Iterator[Example]:
    """Yield the row's one conversation, or its faults."""
    fields = FieldReader()
    messages = fields.earlier_messages(row)
    parts = [fields.required_text(row, "instruction"), fields.optional_text(row, "input")]
    messages.append({"role": "user", "content": "\n".join(part for part in parts if part)})
    messages.append({"role": "assistant", "content": fields.required_text(row, "output")})
    message_fields = (*fields.message_fields, "instruction", "output")
    yield Example(row={"conversations": messages}, faults=tuple(fields.faults), message_fields=message_fields)


def write(row: Mapping[str, Any]) -> Written:
    """Return the last turn, the earlier ones as its history; calls and tools have no place."""
    return _written(row, has_history=True)


def write_cells(row: Mapping[str, Any]) -> Written:
    """Return the first turn as the texts of ``COLUMNS``."""
    written = _written(row, has_history=False)
    return replace(written, row={"system": "", **written.row})


def _written(row: Mapping[str, Any], has_history: bool) -> Written:
    losses: set[str] = set()
    found = flat(canonical(row), losses, has_history)
    if found is None:
        return Written(fault=Problem("data-hold-answer", values={"format": NAME}))
    (*history, (question, answer)), system = found
    written = {"instruction": question, "input": "", "output": answer}
    more = {"system": system, "history": history}
    return Written(row=written | {key: value for key, value in more.items() if value}, losses=frozenset(losses))
