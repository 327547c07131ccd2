"""A reply's events in a terminal: the model's words go to stdout, everything else about its calls to stderr.

A pipe behind stdout therefore gets the answer alone. On a terminal a call is a heading, its code or arguments as they
are written, what it prints and its result, cut to some lines; a picture is saved and its path printed. Text of models
and tools reaches the terminal without control characters and is never read as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from glmkit.agent.cancellation import Cancellation
from glmkit.agent.events import (
    CallDelta,
    CallImage,
    CallOutput,
    CallReady,
    CallResult,
    CallStarted,
    Done,
    Event,
    Failed,
    TextDelta,
)
from glmkit.chat.printable import printable
from glmkit.chat.reply import INTERPRETER
from glmkit.errors import message

MAX_RESULT_LINES = 12
MAX_LINE = 400  # characters of a line of a result
MAX_ASKED = 2000  # characters of an argument that the user is asked about

# A model may send a terminal line breaks and tabs, but no other control character: escape sequences begin with one.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}


class TerminalEvents:
    """Shows the events of replies, one after the other.

    Args:
        stdout: gets the model's words.
        stderr: gets calls, results and notices; colours only where it is a terminal.
        pictures: the folder that pictures are saved in; made when the first one comes.
    """

    def __init__(self, stdout: TextIO, stderr: TextIO, pictures: Path) -> None:
        self._stdout = stdout
        self._console = Console(file=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._pictures = pictures
        self._num_pictures = 0
        self._open = ""  # where a line has been begun: "text", "call", or nowhere
        self._names: dict[str, str] = {}
        self._has_output: set[str] = set()

    def show(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, TextDelta):
            self._show_text(event.text)
        elif isinstance(event, CallStarted):
            self._names[event.id] = event.name
            self._has_output.discard(event.id)
            self._break()
            if event.name == INTERPRETER:
                self._say(message("agent-shows-code"), "bold cyan")
            else:
                self._say(message("agent-shows-call", tool=printable(event.name)), "bold cyan")
        elif isinstance(event, CallDelta):
            self._write_call(event.text, "cyan")
        elif isinstance(event, CallReady):
            self._break()
        elif isinstance(event, CallOutput):
            self._has_output.add(event.id)
            self._write_call(event.text, "dim")
        elif isinstance(event, CallImage):
            self._save(event)
        elif isinstance(event, CallResult):
            self._show_result(event)
        elif isinstance(event, Done):
            self._break()
            if event.reason != "stop":
                self._say(message(_ENDED[event.reason]), "yellow")
        elif isinstance(event, Failed):
            self._break()
            self._say(message("cli-error", text=_plain(event.text)), "bold red")
            if event.hint:
                self._say(_plain(event.hint), "")

    def _show_text(self, text: str) -> None:
        if self._open == "call":
            self._break()
        self._stdout.write(_plain(text) if self._stdout.isatty() else text)
        self._stdout.flush()
        self._open = "text" if not text.endswith("\n") else ""

    def _show_result(self, event: CallResult) -> None:
        self._break()
        seconds = f"{event.seconds:.1f}"
        style = "bold red" if event.failed else "bold green"
        name = printable(event.name)
        self._say(
            message("agent-shows-failure" if event.failed else "agent-shows-result", tool=name, seconds=seconds), style
        )
        if event.id in self._has_output:  # printed while it came
            return
        lines = _plain(event.text).split("\n")
        for line in lines[:MAX_RESULT_LINES]:
            self._say(line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1]}…", "dim")
        if len(lines) > MAX_RESULT_LINES:
            self._say(message("agent-shows-more", count=len(lines) - MAX_RESULT_LINES), "dim")

    def _save(self, event: CallImage) -> None:
        self._break()
        self._pictures.mkdir(parents=True, exist_ok=True)
        while True:
            self._num_pictures += 1
            path = self._pictures / f"figure-{self._num_pictures}{_ENDINGS.get(event.media_type, '.bin')}"
            try:
                with open(path, "xb") as file:  # never over an older picture
                    file.write(event.data)
            except FileExistsError:
                continue
            break
        self._say(message("agent-shows-picture", path=path), "bold green")

    def _write_call(self, text: str, style: str) -> None:
        if self._open == "text":
            self._break()
        self._console.print(Text(_plain(text), style=style), end="")
        self._open = "call" if not text.endswith("\n") else ""

    def _say(self, text: str, style: str) -> None:
        self._console.print(Text(text, style=style))

    def _break(self) -> None:
        """End a line that has been begun, where it was begun."""
        if self._open == "text":
            self._stdout.write("\n")
            self._stdout.flush()
        elif self._open == "call":
            self._console.print()
        self._open = ""


class AskInTerminal:
    """Asks at the terminal before a dangerous call; an answer "always" holds for that tool from then on.

    Args:
        read_line: prints a prompt and returns what the user types, None at the end of input.
        stderr: gets the question.
    """

    def __init__(self, read_line: Callable[[], str | None], stderr: TextIO) -> None:
        self._read_line = read_line
        self._stderr = stderr
        self._always: set[str] = set()

    def __call__(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> bool:
        """Return whether the user agrees; anything but a yes is a no."""
        if name in self._always:
            return True
        lines = [f"  {printable(key)} = {_whole(value)}" for key, value in arguments.items()]
        question = message("agent-asks", tool=printable(name))
        print(question, *lines, message("agent-asks-how"), sep="\n", file=self._stderr, flush=True)
        answer = (self._read_line() or "").strip().lower()
        if answer in ("a", "always", "总是"):
            self._always.add(name)
            return True
        return answer in ("y", "yes", "是")


_ENDED = {
    "length": "agent-shows-cut",
    "cancelled": "agent-shows-cancelled",
    "rounds": "agent-shows-rounds",
}


def _whole(value: Any) -> str:
    """Return a value as JSON in one line; who is asked must see all of it, or how much is missing."""
    text = printable(json.dumps(value, ensure_ascii=False))
    if len(text) <= MAX_ASKED:
        return text
    return text[:MAX_ASKED] + " " + message("agent-asks-more", count=len(text) - MAX_ASKED)


def _plain(text: str) -> str:
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))
