"""What every conversation at a terminal shares, whatever answers: the single prompt, lines, commands, Ctrl-C, the end.

Notices and the prompt sign go to stderr. Called by serving's chat, which asks the engine, and by the agent's.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

from glmkit.errors import RequestError, message

PROMPT_SIGN = "> "
LEFT_BY_CTRL_C = 130  # exit code


def read_prompt(given: str, stdin: TextIO) -> str | None:
    """Return the single prompt to answer: ``given``, or what is piped in; None when a person sits at the terminal.

    Args:
        given: the argument of the command line; "-" reads stdin even at a terminal.
        stdin: read to its end where nothing else is given.

    Raises:
        RequestError: The prompt is empty or no text.
    """
    if given not in ("", "-"):
        prompt = given
    elif given == "" and stdin.isatty():
        return None
    else:
        try:
            prompt = stdin.read().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise RequestError("serving-not-text", reason=error) from error
    if not prompt.strip():
        raise RequestError("serving-no-prompt")
    return prompt


def converse(
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO,
    answer: Callable[[str], object],
    obey: Callable[[str, str], object],
) -> int:
    """Read lines until the user leaves, and return the exit code.

    Args:
        stdin: where lines come from.
        stdout: only looked at: with both a terminal, lines can be edited.
        stderr: gets the prompt sign and notices.
        answer: called with each line that is no command.
        obey: called with each command but /exit, and what stands behind it.
    """
    with suppress(ImportError):  # line editing and history for input(), where Python has it
        importlib.import_module("readline")
    print(message("serving-welcome"), file=stderr, flush=True)
    pressed_ctrl_c = False
    while True:
        try:
            line = read_line(stdin, stdout, stderr)
        except KeyboardInterrupt:
            print(file=stderr)
            if pressed_ctrl_c:
                return LEFT_BY_CTRL_C
            pressed_ctrl_c = True
            print(message("serving-how-to-leave"), file=stderr, flush=True)
            continue
        pressed_ctrl_c = False
        if line is None:
            print(file=stderr)
            return 0
        command, _, argument = line.strip().partition(" ")
        if command == "/exit":
            return 0
        if command.startswith("/") and "/" not in command[1:]:  # /usr/bin/env is something to ask about
            obey(command, argument.strip())
        elif command:
            answer(line)


def read_line(stdin: TextIO, stdout: TextIO, stderr: TextIO) -> str | None:
    """Return the next line, None at the end of input. Ctrl-C raises KeyboardInterrupt."""
    if stdin is sys.stdin and stdout is sys.stdout and stdin.isatty() and stdout.isatty():
        try:
            return input(PROMPT_SIGN)  # the only way to readline's editing
        except EOFError:
            return None
    print(PROMPT_SIGN, end="", file=stderr, flush=True)
    line = stdin.readline()
    return line.rstrip("\r\n") if line else None
