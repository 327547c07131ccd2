"""Text -> markup that shows exactly that text, whatever it holds.

In: any values, a data file's rows among them. Out: Html, the only thing a page is put together from. Nothing of a text
can become a tag, an attribute, a control character or a change of writing direction.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

MAX_CELL = 240  # characters of one text; a page stays small whatever a row holds


class Html(str):
    """Markup; a plain str is text and has to pass ``escaped`` first."""

    __slots__ = ()


def visible(text: str) -> str:
    """Return ``text`` with control, format, private and half characters written as escapes; spaces stay spaces."""
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else _spelled(c) for c in text)


def _spelled(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


def escaped(value: object, limit: int = MAX_CELL) -> Html:
    """Return ``value`` as markup that shows its text, cut to ``limit`` characters; Html is returned as it is."""
    if isinstance(value, Html):
        return value
    text = str(value)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return Html(html.escape(visible(text), quote=True))


def joined(parts: Iterable[Html]) -> Html:
    """Return the parts one after the other."""
    return Html("".join(parts))
