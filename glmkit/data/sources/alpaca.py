"""Alpaca's format: {"instruction", "input"?, "output", "system"?, "history"?: [[question, answer], ...]}.

The user's turn is the instruction and the input on the lines behind it. The answers of the history are trained as the
output is: that is what LLaMA-Factory, where the field comes from, does. Called through read.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from glmkit.data.sources.fields import FieldReader
from glmkit.data.sources.source import Example

NAME = "alpaca"


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
    yield Example(row={"conversations": messages}, faults=tuple(fields.faults))
