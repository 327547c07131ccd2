"""What running a cell shows, one event after the other, and the same as the text a model reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from glmkit.errors import message

# How a cell ended. After "died", "timeout", "quota", and an interrupt that was not heeded, a new process has no state.
Status = Literal["ok", "error", "interrupted", "timeout", "quota", "died"]


@dataclass(frozen=True, slots=True)
class Text:
    """Printed text, a piece at a time, without terminal codes; ``stream`` is "stdout" or "stderr"."""

    text: str
    stream: Literal["stdout", "stderr"] = "stdout"


@dataclass(frozen=True, slots=True)
class Result:
    """The value of the cell's last line, or a displayed object.

    ``formats`` maps media types to texts ("text/html" of a table, "text/latex" of a formula). They come from the cell
    and are as little to be trusted as its code: never put one into a page as it is.
    """

    text: str
    formats: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Image:
    """A figure as PNG, checked for type and size."""

    png: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Error:
    """An exception of the cell, ``traceback`` showing its own lines only; or why it was stopped, without one."""

    name: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a cell; always the last event, and there is always one.

    ``state_lost``: the process ended, and variables are gone. ``files``: names of files in the workspace that are new
    or changed.
    """

    status: Status
    seconds: float
    state_lost: bool = False
    files: tuple[str, ...] = ()


Event = Text | Result | Image | Error | Done


def observation(events: Iterable[Event], max_characters: int = 65536) -> str:
    """Return what a model is told about a cell: texts and results in order, "[Image]" for a figure, the traceback.

    More than ``max_characters`` is cut in the middle, with a mark: errors stand at the end.
    """
    parts: list[str] = []
    for event in events:
        if isinstance(event, Text):
            parts.append(event.text)
            continue
        if parts and not parts[-1].endswith("\n"):
            parts.append("\n")
        if isinstance(event, Result):
            parts.append(event.text + "\n")
        elif isinstance(event, Image):
            parts.append("[Image]\n")
        elif isinstance(event, Error):
            parts.append((event.traceback or event.message).rstrip("\n") + "\n")
    text = "".join(parts).rstrip("\n")
    if len(text) <= max_characters:
        return text
    half = max_characters // 2
    return text[:half] + "\n" + message("sandbox-cut", count=len(text) - 2 * half) + "\n" + text[-half:]
