"""The code interpreter as the loop sees it: a call ``interpreter`` with one text argument, run by a sandbox.

In: a ``CodeRunner`` (glmkit.agent.sandbox's Interpreter, or anything of its shape) and code. Out: events as they come,
and the observation for the model: texts, results and "[Image]" in order, the error last.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from typing import Any, Protocol

from glmkit.agent.cancellation import Cancellation
from glmkit.agent.events import CallImage, CallOutput, Event
from glmkit.agent.result import PICTURE, RESULT_LIMIT, ToolResult, clean, clean_end
from glmkit.chat.reply import INTERPRETER
from glmkit.errors import GlmkitError, message

# What the original's demo says first in its code interpreter; ChatGLM3-6B was trained with it, glmkit-mini as well.
CODE_SYSTEM_PROMPT = (
    "你是一位智能AI助手，你叫ChatGLM，你连接着一台电脑，但请注意不能联网。在使用Python解决任务时，你可以运行代码并得到结果，"
    "如果运行结果有错误，你需要尽可能对代码进行改进。你可以处理用户上传到电脑上的文件，文件默认存储路径是/mnt/data/。"
)

# What servers are told of it. glmkit's own knows it by its name and writes nothing of it into the prompt.
DEFINITION: dict[str, Any] = {
    "name": INTERPRETER,
    "description": "Run Python code; variables are kept. Returns what it prints, the last value, figures.",
    "parameters": {
        "type": "object",
        "properties": {"code": {"type": "string", "description": "Python code"}},
        "required": ["code"],
        "additionalProperties": False,
    },
}


class CodeRunner(Protocol):
    """A place where code runs, with a state that lasts from one run to the next."""

    def run(self, code: str) -> Iterable[Any]:
        """Run ``code`` and yield what it shows.

        An event has ``png`` (a figure), or ``traceback`` and ``message`` (an error), or ``status`` and ``state_lost``
        (the end), or ``text``: printed, or the value of the last line where it has ``formats`` as well.
        """

    def interrupt(self) -> None:
        """Stop the code that runs; ``run`` then ends soon. May be called from another thread."""


def run_code(
    runner: CodeRunner, call_id: str, code: str, cancellation: Cancellation, limit: int = RESULT_LIMIT
) -> Generator[Event, None, ToolResult]:
    """Run ``code`` and yield its output; the generator returns the result.

    After an interrupt the result is what had come. A caller that leaves early interrupts the code. A runner that cannot
    run anything gives a result that says why.
    """
    try:
        events = iter(runner.run(code))
    except GlmkitError as problem:
        return ToolResult(text=clean(str(problem), limit), failed=True)
    shown: list[str] = []
    error = ""
    is_lost = False
    try:
        with cancellation.calling(runner.interrupt):
            for event in events:
                if hasattr(event, "png"):
                    shown += [*_break(shown), f"{PICTURE}\n"]
                    yield CallImage(call_id, event.png, "image/png")
                elif hasattr(event, "traceback"):
                    error = event.traceback or event.message
                    yield CallOutput(call_id, _line(error))
                elif hasattr(event, "status"):
                    is_lost = event.state_lost
                elif hasattr(event, "formats"):
                    shown += [*_break(shown), _line(event.text)]
                    yield CallOutput(call_id, _line(event.text))
                else:
                    shown.append(event.text)
                    yield CallOutput(call_id, event.text)
    except BaseException:
        runner.interrupt()
        if isinstance(events, Generator):
            with closing(events):
                pass
        raise
    parts = [clean("".join(shown).rstrip("\n"), limit), clean_end(error.rstrip("\n"), limit)]
    parts += [message("agent-code-state-lost")] if is_lost and not error else []  # an error says so itself
    return ToolResult(text="\n".join(part for part in parts if part), failed=bool(error))


def _line(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def _break(shown: list[str]) -> list[str]:
    """Return the line break that is wanting before a line of its own."""
    return ["\n"] if shown and shown[-1] and not shown[-1].endswith("\n") else []
