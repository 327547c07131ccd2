"""Messages of interpreter conversations: requests, cells with what they print, answers."""

from __future__ import annotations

import random
from typing import Any

TRACEBACK_SHARE = 0.5
Message = dict[str, Any]


def user(text: str) -> Message:
    """Write a request."""
    return {"role": "user", "content": text}


def cell(code: str, result: str, trained: bool = True) -> list[Message]:
    """Write a call of the interpreter and its result; an untrained one is seen by the model, never imitated."""
    call: Message = {"role": "assistant", "metadata": "interpreter", "content": f"```python\n{code}\n```"}
    if not trained:
        call["loss"] = False
    return [call, {"role": "observation", "content": result}]


def answer(text: str) -> Message:
    """Write a final answer."""
    return {"role": "assistant", "content": text}


def failed_cell(rng: random.Random, code: str, error: str) -> list[Message]:
    """Write a call that failed, not to be imitated, and its error: the last line, or all that the sandbox shows."""
    lines = code.split("\n")
    if rng.random() < TRACEBACK_SHARE:
        at = f"  cell {rng.randint(1, 9)}, line {len(lines)}, in <module>\n    {lines[-1]}"
        error = f"Traceback (most recent call last):\n{at}\n{error}"
    return cell(code, error, trained=False)
