"""Tool calls as text, the way ChatGLM3 was trained to write them: a python fence around ``tool_call(key=value, ...)``.

``write_call`` has one spelling for every set of arguments. ``parse_call`` reads model output, so it is total: literals
only, never evaluated, capped in size and depth, and what is wrong comes back as a Problem. Protocols call both.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from glmkit.errors import Problem

MAX_CALL_CHARACTERS = 65_536
MAX_CALL_DEPTH = 64

FENCE = "```"
CALL = "tool_call("

# Argument names that read back from ``name=value``; Python need not accept them: the original writes from= as well.
_NAME_PART = r"""[^\s,='"()\[\]{}\ud800-\udfff]+"""
_PLAIN_NAME = re.compile(rf"(?!\*){_NAME_PART}(?: {_NAME_PART})*")

# A string literal, or a quote that never closes together with everything behind it.
_STRING = re.compile(r"""(?P<quote>'{3}|"{3}|'|")(?:\\.|(?!(?P=quote))[^\\])*(?P=quote)|["'].*""", re.DOTALL)
# What a literal may hold between two of , : ( ) [ ] { }: strings (reduced to double quotes), a name, a number, nothing.
_WORD = r"[^\s!-/:-@\[-^`{-~]+"  # no blank, no ASCII punctuation but "_"
_NUMBER = rf"(?:{_WORD}(?:\.(?:{_WORD})?)?|\.{_WORD})"
_ATOM = re.compile(rf'|"+(?:\s+"+)*|[-+]?{_NUMBER}(?:[-+]{_NUMBER})?')
# Chains of operators around brackets and of lambdas: Python nested without end, but never part of a literal.
_CHAIN = re.compile(r"[)\]}]\s*[^\s,:)\]}]|[^\s,:(\[{]\s*[(\[{]|\blambda\b")
_UNKNOWN_ESCAPE = re.compile(r"""\\(?:[\n\\'"abfnrtv0-7xNuU]|(?P<unknown>.))""", re.DOTALL)


def is_plain_name(name: str) -> bool:
    """Whether an argument of this name is written ``name=value``; any other goes into ``**{'name': value}``."""
    return _PLAIN_NAME.fullmatch(name) is not None


def write_call(arguments: Mapping[str, Any]) -> str:
    """Return the fenced call with ``arguments`` in their order, each as ``key=repr(value)``, as the original does.

    A name that could not be read back that way (with a comma, a quote, a bracket in it) goes into ``**{'a,b': value}``.
    """
    parts = []
    for plain, group in groupby(arguments.items(), key=lambda item: is_plain_name(item[0])):
        named = dict(group)
        parts += [f"{name}={value!r}" for name, value in named.items()] if plain else [f"**{named!r}"]
    return f"{FENCE}python\n{CALL}{', '.join(parts)})\n{FENCE}"


def looks_like_call(body: str) -> bool:
    """Whether the text behind a header line is a call, however damaged, and not an answer."""
    return body.lstrip().startswith((FENCE, CALL))


def fenced(body: str) -> str | None:
    """Return the text between the first and the last fence line of ``body``, or None without a closed fence."""
    lines = body.strip().split("\n")
    fences = [i for i, line in enumerate(lines) if line.startswith(FENCE)]
    return "\n".join(lines[fences[0] + 1 : fences[-1]]) if len(fences) > 1 else None


def parse_call(body: str) -> dict[str, Any] | Problem:
    """Return the arguments of the call in ``body``, with or without its fence.

    Accepts ``tool_call(...)`` with ``name=value`` and ``**{...}``, every value a Python literal that JSON can hold (a
    tuple counts as a list). Anything else, of any size and shape, gives a Problem that says why; nothing is raised.
    """
    if len(body) > MAX_CALL_CHARACTERS:
        return Problem("chat-call-too-long", values={"found": len(body), "limit": MAX_CALL_CHARACTERS})
    inner = fenced(body)
    if inner is None and body.lstrip().startswith(FENCE):
        return Problem("chat-call-unfinished")
    source = (body if inner is None else inner).strip()
    if not source.startswith(CALL):
        return Problem("chat-call-not-a-call", values={"found": repr(source[:40])})
    skeleton = _STRING.sub(lambda match: ('"' if match["quote"] else "'") * len(match[0]), source)  # same offsets
    ends = _argument_ends(skeleton)
    if isinstance(ends, Problem):
        return ends
    arguments: dict[str, Any] = {}
    start = len(CALL)
    try:
        for end in ends:
            if end != ends[-1] or skeleton[start:end].strip():  # nothing, or a last comma, may stand before the bracket
                _add_argument(arguments, source[start:end], skeleton[start:end])
            start = end + 1
        json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        reason = re.sub(r" object at 0x[0-9a-f]+", "", str(error))  # Python's addresses differ from run to run
        return Problem("chat-call-not-literal", values={"reason": reason[:200]})
    return arguments


def _argument_ends(skeleton: str) -> list[int] | Problem:
    """Return where each argument ends: the commas at depth 1, then the bracket that closes the call."""
    depth = 0
    ends = []
    for match in re.finditer(r"[()\[\]{},]", skeleton):
        depth += (match[0] in "([{") - (match[0] in ")]}")
        if depth > MAX_CALL_DEPTH:
            return Problem("chat-call-too-deep", values={"limit": MAX_CALL_DEPTH})
        if depth == 0 or (depth == 1 and match[0] == ","):
            ends.append(match.start())
        if depth == 0:
            behind = skeleton[match.end() :].strip()
            return Problem("chat-call-not-a-call", values={"found": repr(behind[:40])}) if behind else ends
    return Problem("chat-call-unfinished")


def _add_argument(arguments: dict[str, Any], text: str, skeleton: str) -> None:
    if text.lstrip().startswith("**"):
        skip = text.index("**") + 2
        named = _literal(text[skip:], skeleton[skip:])
        if not isinstance(named, dict) or not all(isinstance(name, str) for name in named):
            raise ValueError("** needs a dict with text keys")
    else:
        equals = skeleton.find("=")
        name = text[: max(equals, 0)].strip()
        if not is_plain_name(name):
            raise ValueError(f"no argument name in {text.strip()[:40]!r}")
        named = {name: _literal(text[equals + 1 :], skeleton[equals + 1 :])}
    for name in named:
        if name in arguments:
            raise ValueError(f"{name!r} is given twice")
    arguments.update(named)


def _literal(text: str, skeleton: str) -> Any:
    """Return the value of a Python literal.

    Python's parser recurses in C and can exhaust the stack of a small thread. So it only sees text whose nesting is
    that of its brackets, which the caller has capped.
    """
    chain = _CHAIN.search(skeleton)
    if chain is not None:
        raise ValueError(repr(text[chain.start() :][:40]))
    for atom in re.finditer(r"[^,:()\[\]{}]+", skeleton):
        if not _ATOM.fullmatch(atom[0].strip()):
            raise ValueError(repr(text[atom.start() : atom.end()].strip()[:40]))
    # Python keeps the backslash of an escape it does not know, but warns; a doubled one is the same text.
    quiet = _UNKNOWN_ESCAPE.sub(lambda match: f"\\{match[0]}" if match["unknown"] else match[0], text.strip())
    return ast.literal_eval(quiet)
