"""The original's conversation format: {"tools"?: list, "conversations": [{"role", "content", "loss"?}, ...]}.

Rows are taken as they are; the rules they must keep are those of ``glmkit.chat``. Called through read.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from glmkit.data.sources import sharegpt
from glmkit.data.sources.source import Example
from glmkit.data.sources.written import Written

NAME = "conversations"


def recognises(row: Mapping[str, Any]) -> bool:
    """A row has its messages under "conversations", and they are not ShareGPT's."""
    return "conversations" in row and not sharegpt.recognises(row)


def examples(row: dict[str, Any]) -> Iterator[Example]:
    """Yield the row itself."""
    yield Example(row=row)


def write(row: Mapping[str, Any]) -> Written:
    """Return the row itself."""
    return Written(row=dict(row))
