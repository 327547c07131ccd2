"""One question and one answer a row: prompt/response, context/target, content/summary (AdvertiseGen), question/answer.

``system`` and ``history`` may stand beside them as in Alpaca's format; answers of the history are trained. A row with
fields of two pairs is refused, for one of them would be lost: a question about a ``context``, say. Called through
read.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from glmkit.data.sources.fields import FieldReader
from glmkit.data.sources.source import Example
from glmkit.data.sources.written import Written, canonical, flat
from glmkit.errors import Problem

NAME = "prompt_response"
COLUMNS = ("prompt", "response", "system")  # of a CSV file
PAIRS = (("prompt", "response"), ("context", "target"), ("content", "summary"), ("question", "answer"))


def recognises(row: Mapping[str, Any]) -> bool:
    """A row has both fields of one pair, and none of another."""
    return tuple(field for pair in PAIRS for field in pair if field in row) in PAIRS


def examples(row: dict[str, Any]) -> Iterator[Example]:
    """Yield the row's one conversation, or its faults."""
    fields = FieldReader()
    pairs = [pair for pair in PAIRS if pair[0] in row or pair[1] in row]
    if len(pairs) == 1:
        messages = fields.earlier_messages(row)
        for role, field in zip(("user", "assistant"), pairs[0], strict=True):
            messages.append({"role": role, "content": fields.required_text(row, field)})
        message_fields = (*fields.message_fields, *pairs[0])
        yield Example(row={"conversations": messages}, faults=tuple(fields.faults), message_fields=message_fields)
        return
    found = ", ".join(field for pair in pairs for field in pair if field in row) or "-"
    fields.fault("", "data-one-pair", value=found, choices=", ".join("/".join(pair) for pair in PAIRS))
    yield Example(faults=tuple(fields.faults))


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
    more = {"system": system, "history": history}
    written = {"prompt": question, "response": answer, **{key: value for key, value in more.items() if value}}
    return Written(row=written, losses=frozenset(losses))
