"""Values in messages: one line, nothing a terminal could act on, cut. Called wherever a stranger's value is named."""

from __future__ import annotations

import json
from typing import Any

SHOWN_CHARACTERS = 60  # of a value


def printable(text: str) -> str:
    """Return ``text`` with everything a terminal could act on, and half surrogates, written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def shown(value: Any) -> str:
    """Return the JSON spelling of ``value`` for a message: one line, cut to 60 characters."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f'"{value}"'
    return printable(text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…")
