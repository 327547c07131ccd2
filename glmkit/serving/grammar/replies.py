r"""Whole replies as Lark, from right behind ``<|assistant|>`` to the stop token: what ChatGLM3 writes around a call.

A message is its header line, then its content, each behind SentencePiece's dummy space (shown as _)::

    _\n_I look it up.<|assistant|>_get_weather\n_```python\ntool_call(city='Paris')\n```<|observation|>
    _\n_It is 21 degrees.<|user|>
    _interpreter\n_```python\nprint(1)\n```<|observation|>

Free text is any text that ``parse_reply`` would not take for a call or for code, of these tools or of none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from glmkit.chat.calls import CALL, FENCE
from glmkit.chat.reply import INTERPRETER
from glmkit.serving.grammar.arguments import ArgumentsWriter
from glmkit.serving.grammar.lark import SPACES, TERMINALS, escaped, quoted

# JSON as models write it: compact, with spaces, or indented; a line break and eight spaces at most, so that no model
# that has lost its way fills a reply with blanks.
_JSON_STYLE = {"whitespace_pattern": r"\n? {0,8}"}

# Lines of which none opens a fence, and the fence behind them.
_CODE = r"((`{0,2}([^`\n][^\n]*)?)\n)+```"
_CLOSING = f")\n{FENCE}"


@dataclass(frozen=True, slots=True)
class StopTokens:
    """Ids that structure a reply: another message begins, a call ends, an answer ends."""

    assistant: int
    observation: int
    answers: tuple[int, ...]


def call_grammar(
    tools: Sequence[tuple[str, Any]], writer: ArgumentsWriter, stops: StopTokens, *, text: bool, calls: Sequence[str]
) -> str:
    """Return the grammar of a reply to a request with ``tools``: (name, parameters) pairs.

    Args:
        tools: all tools of the request: free text may not begin a call of any.
        writer: writes the arguments.
        stops: ids of the tokens between and behind messages.
        text: whether free text is allowed: thoughts before a call, or an answer in its place.
        calls: names of the tools that may be called.
    """
    answer = " | ".join(f"<[{id}]>" for id in stops.answers)
    lines, ends = [], []
    if text:
        lines.append(f"FREE: {_free_text([name for name, _ in tools])}")
        ends.append(f"FREE? ({answer})")
    if calls:
        lines.append(f"call: {' | '.join(f'call{i}' for i, (name, _) in enumerate(tools) if name in calls)}")
        ends.append(f"call <[{stops.observation}]>")
    for i, (name, parameters) in enumerate(tools):
        if name not in calls:
            continue
        if name == INTERPRETER:
            lines.append(f"call{i}: CODE")
            lines.append(f"CODE: {quoted(_opening(name))} /{_CODE}/")
            continue
        arguments = writer.arguments(parameters, f"tools[{i}].parameters")
        lines.append(f"call{i}: {quoted(_opening(name) + CALL)} {arguments} {quoted(_CLOSING)}")
    thoughts = f"(FREE <[{stops.assistant}]>)* " if text else ""
    return "\n".join([f"start: {thoughts}last", f"last: {' | '.join(ends)}", *lines, TERMINALS, *writer.rules, ""])


def json_grammar(schema: Any, stops: StopTokens) -> str:
    """Return the grammar of a reply that is one JSON value; llguidance reads the schema."""
    answer = " | ".join(f"<[{id}]>" for id in stops.answers)
    styled = {"allOf": [schema]} if isinstance(schema, bool) else schema
    body = json.dumps({**styled, "x-guidance": _JSON_STYLE}, ensure_ascii=False)
    return f'start: " \\n " value ({answer})\nvalue: %json {body}\n'


def _opening(name: str) -> str:
    return f" {name}\n {FENCE}python\n"


def _free_text(names: Sequence[str]) -> str:
    known = "|".join(escaped(name) for name in dict.fromkeys([*names, INTERPRETER]))
    blank, visible = f"[{SPACES}]", f"[^{SPACES}]"
    headed = rf"/{blank}*({known}){blank}*\n(?s:.*)/"
    call_of_another = rf"/[^\n]*{visible}[^\n]*\n{blank}*({FENCE}|{escaped(CALL)})(?s:.*)/"
    return f"/(?s:.+)/ & ~{headed} & ~{call_of_another}"
