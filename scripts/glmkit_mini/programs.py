"""Run programs that a model wrote, each with names of its own: in glmkit's sandbox, or in limited processes without it.

``with open_runner() as run: run("print(1 + 1)")``. Called by ``evaluate``.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from glmkit.agent.sandbox import Error, Interpreter, Limits, Text
from glmkit.errors import GlmkitError

Runner = Callable[[str], str]

RUN_SECONDS = 10
RUN_BYTES = 512 * 2**20  # of a process; the sandbox's own limit holds IPython as well
FILE_BYTES = 2**20
PROGRAM_START = "import math, random, datetime, re, statistics, itertools, collections, json\n"


@contextmanager
def open_runner() -> Iterator[Runner]:
    """Give a function from a program to what it prints, or to the last line of its error; says where programs run."""
    try:
        interpreter = Interpreter(limits=Limits(seconds=RUN_SECONDS, file_bytes=FILE_BYTES))
    except GlmkitError as problem:
        print(f"programs run in limited processes, with the network: {problem}", file=sys.stderr)
        yield run_in_process
        return
    with interpreter:
        print(f"programs run in the sandbox, level {interpreter.level}", file=sys.stderr)
        yield lambda code: run_in_sandbox(interpreter, code)


def run_in_sandbox(interpreter: Interpreter, code: str) -> str:
    """Run ``code`` with names of its own; only what is printed counts, not the value of a last line."""
    if _printed(interpreter, f"%reset -f\n{PROGRAM_START}print('ready')") != "ready":
        interpreter.restart()  # a program before this one broke more than its own names
    return _printed(interpreter, f"{PROGRAM_START}{code}")


def _printed(interpreter: Interpreter, code: str) -> str:
    printed, failed = [], ""
    for event in interpreter.run(code):
        if isinstance(event, Error):
            failed = f"{event.name}: {event.message}"
        elif isinstance(event, Text) and event.stream == "stdout":
            printed.append(event.text)
    return failed or "".join(printed).strip()


def run_in_process(code: str) -> str:
    """Run ``code`` in a process with limits on time, memory and file size, in an empty folder; that is no sandbox."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (RUN_SECONDS, RUN_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (RUN_BYTES, RUN_BYTES))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))

    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", PROGRAM_START + code],
                cwd=folder, env={}, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                timeout=RUN_SECONDS, preexec_fn=limit,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "timeout"
    return done.stdout.strip() if done.returncode == 0 else (done.stderr.strip().split("\n") or [""])[-1]
