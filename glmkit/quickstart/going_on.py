"""The commands to go on with, ready to paste: those that this release has.

In: the folder of a finished quickstart. Out: (message code, command line) pairs. Called by ``command`` and ``page``.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from glmkit.quickstart.config import QuickstartConfig
from glmkit.quickstart.tuning import RUN

# command -> what it is for, and its line behind the program's name
LINES: dict[str, tuple[str, str]] = {
    "chat": ("quickstart-go-chat", "chat {run}"),
    "web": ("quickstart-go-web", "web {run}"),
    "serve": ("quickstart-go-serve", "serve {run}"),
    "eval": ("quickstart-go-eval", "eval {run} --data {held_out}"),
    "quickstart": ("quickstart-go-own", "quickstart --model {model} --data {own} --output {own_output}"),
}


def commands_to_go_on(
    config: QuickstartConfig, held_out: Path, request: str, tools: Path | None
) -> list[tuple[str, str]]:
    """Return what one can do with the run.

    Args:
        config: the settings of the quickstart.
        held_out: file of the held-out conversations.
        request: one of their requests, "" where there is none.
        tools: file with the system prompt that belongs to ``request``, if it has tools.
    """
    from glmkit.cli import COMMANDS

    program = program_name()
    output = Path(config.output)
    values = {
        "run": shlex.quote(str(output / RUN)),
        "held_out": shlex.quote(str(held_out)),
        "model": shlex.quote(config.model),
        "own": "YOUR_FILE.jsonl",
        "own_output": "my-quickstart",
    }
    found = [(code, f"{program} {line.format(**values)}") for name, (code, line) in LINES.items() if name in COMMANDS]
    if request and tools is not None:
        line = f'{program} chat {values["run"]} {shlex.quote(request)} --system "$(cat {shlex.quote(str(tools))})"'
        found.insert(1, ("quickstart-go-tool", f"{line} --temperature 0"))
    return found


def program_name() -> str:
    """Return how one types this program here: its name, or the path it was started by."""
    started = Path(sys.argv[0])
    if shutil.which("glmkit") or started.name != "glmkit":
        return "glmkit" if shutil.which("glmkit") else f"{shlex.quote(sys.executable)} -m glmkit"
    here = Path.cwd()
    return shlex.quote(str(started.relative_to(here) if started.is_relative_to(here) else started))
