"""What a tool or a program gave -> the text that the model reads and the user sees: one place, for every kind of tool.

``as_text`` is total: any Python value gives a text, without control characters or role tokens, cut to a stated size
with a mark. Called in the worker for Python tools, and for what MCP servers, people and the interpreter answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

RESULT_LIMIT = 4096  # characters of one result for the model
CUT = " [TRUNCATED]"  # the original's mark; models were shown it
PICTURE = "[Image]"  # what a model reads in place of a picture, as in the original

_JSON = (dict, list, tuple, bool, int, float, type(None))
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Role and control tokens as text: our own server never reads them as tokens, but other servers may.
_TOKEN = re.compile(r"<(?=\|\w+\|>|/?s>)|\[(?=[gs]?MASK\])")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a call gave: encoded bytes and their media type, such as "image/png"."""

    data: bytes
    media_type: str = "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """The answer of a call: what the model reads, pictures beside it, whether the call failed."""

    text: str
    pictures: tuple[Picture, ...] = ()
    failed: bool = False


def as_text(value: Any, limit: int = RESULT_LIMIT) -> str:
    """Return ``value`` as text of at most ``limit`` characters, the mark of a cut not counted.

    Text stays text, bytes are read as UTF-8, JSON values are written as JSON, anything else as its ``str``.
    """
    try:
        text = _spelled(value)
    except Exception:  # a stranger's __str__
        text = f"<{type(value).__name__}>"
    return clean(text, limit)


def clean(text: str, limit: int = RESULT_LIMIT) -> str:
    """Return ``text`` without escape sequences, control characters and live role tokens, cut to ``limit``."""
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    long = len(text) > 8 * limit + 1024  # what is far behind the cut need not be cleaned
    text = _ANSI.sub("", text[: 8 * limit + 1024]).replace("\r\n", "\n").replace("\r", "\n")
    text = _TOKEN.sub(lambda match: f"{match[0]} ", _CONTROL.sub("\ufffd", text))
    return text[:limit] + CUT if long or len(text) > limit else text


def clean_end(text: str, limit: int = RESULT_LIMIT) -> str:
    """Return ``text`` as ``clean`` does, but keep its end: where a traceback says what went wrong."""
    whole = clean(text[-8 * limit :], 16 * limit)
    return whole if len(text) <= 8 * limit and len(whole) <= limit else f"{CUT.strip()} {whole[-limit:]}"


def error_text(error: BaseException, limit: int = 500) -> str:
    """Return "Kind: what it says", in one line and without the folders of files: no traceback, no places."""
    try:
        said = str(error)
    except BaseException:  # a stranger's class; whatever its __str__ raises, its name is known
        said = ""
    said = re.sub(r"(?<![\w:/.])/(?:[^\s/'\":]+/)+", "", " ".join(said[: 8 * limit].split()))
    return clean(f"{type(error).__name__}: {said}" if said else type(error).__name__, limit)


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, _JSON):
        try:
            return json.dumps(value, ensure_ascii=False, default=str)
        except (TypeError, ValueError, RecursionError):  # keys that are no text, loops, numbers of thousands of digits
            pass
    return str(value)
