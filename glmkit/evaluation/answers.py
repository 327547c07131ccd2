"""What a model answered to a question, and how right that is: calls by parsed values, text by ROUGE-L.

In: a Question and the Reply generated for it. Out: an Answer with its verdicts. Called by ``measure``; ``result`` adds
the verdicts up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from glmkit.chat.conversation import ToolCall
from glmkit.chat.reply import Reply
from glmkit.evaluation.questions import Question
from glmkit.evaluation.text_scores import rouge_l

Kind = Literal["call", "code", "text"]

# A text below this is listed among the failures; only that list depends on it.
FAILED_BELOW_ROUGE_L = 0.5


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """How many argument keys were wanted, how many were given, and how many have the wanted value."""

    wanted: int
    given: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A judged answer.

    Attributes:
        question: what was asked.
        reply: what the model said.
        kind: what was wanted: a tool call, code for the interpreter, or text.
        is_made: a call (or code) that can be parsed came; for text, no call and no code came.
        is_valid: it can be parsed and names a declared tool (every name is, where names cannot be read).
        is_name_right: all tool names are the wanted ones, in their order.
        is_exact: the names and all arguments are right; the code is the wanted one; the text is, but for blanks around.
        keys: of a call; keys under a wrong name are never right.
        rouge_l: of a text.
    """

    question: Question
    reply: Reply
    kind: Kind
    is_made: bool
    is_valid: bool
    is_name_right: bool
    is_exact: bool
    keys: KeyCounts
    rouge_l: float

    @property
    def is_failure(self) -> bool:
        """Whether the answer belongs in the list of failures."""
        if self.kind == "text":
            return not self.is_made or self.reply.finish == "length" or self.rouge_l < FAILED_BELOW_ROUGE_L
        return not self.is_exact

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "source": self.question.source,
            "turn": self.question.turn,
            "kind": self.kind,
            "wanted": spelled(self.question.wanted),
            "given": spelled(self.reply),
            "finish": self.reply.finish,
            "is_made": self.is_made,
            "is_valid": self.is_valid,
            "is_name_right": self.is_name_right,
            "is_exact": self.is_exact,
            "is_failure": self.is_failure,
            "rouge_l": self.rouge_l if self.kind == "text" else None,
        }


def judge(question: Question, reply: Reply) -> Answer:
    """Compare a reply with the wanted one."""
    wanted, given = calls_of(question.wanted), calls_of(reply)
    kind: Kind = "call" if wanted else "code" if question.wanted.code is not None else "text"
    is_readable = reply.call_error is None
    is_declared = question.tools is None or all(call.name in question.tools for call in given)
    is_name_right = [call.name for call in wanted] == [call.name for call in given]
    is_exact = is_readable and is_name_right and same_value([c.arguments for c in wanted], [c.arguments for c in given])
    if kind == "call":
        is_made = bool(given) and is_readable
    elif kind == "code":
        is_made = reply.code is not None and is_readable
        is_exact = is_exact and question.wanted.code == reply.code
    else:
        is_made = not given and reply.code is None and is_readable
        is_exact = is_made and question.wanted.text == reply.text
    return Answer(
        question=question,
        reply=reply,
        kind=kind,
        is_made=is_made,
        is_valid=is_made and is_declared,
        is_name_right=is_name_right,
        is_exact=is_exact,
        keys=count_keys(wanted, given),
        rouge_l=rouge_l(question.wanted.text, reply.text),
    )


def calls_of(reply: Reply) -> list[ToolCall]:
    """Return every tool call of a reply, in order."""
    return [message.call for message in reply.messages if message.call is not None]


def count_keys(wanted: Sequence[ToolCall], given: Sequence[ToolCall]) -> KeyCounts:
    """Compare arguments key by key, calls by their place in the turn."""
    right = sum(
        key in theirs.arguments and same_value(value, theirs.arguments[key])
        for ours, theirs in zip(wanted, given, strict=False)
        if ours.name == theirs.name
        for key, value in ours.arguments.items()
    )
    return KeyCounts(sum(len(call.arguments) for call in wanted), sum(len(call.arguments) for call in given), right)


def same_value(left: Any, right: Any) -> bool:
    """Whether two parsed JSON values are the same.

    Numbers compare by value (1 is 1.0), true and false are no numbers, texts must be equal to the letter ("1" is not 1,
    "Paris" is not "paris"), lists in order, objects by their keys in any order.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same_value(value, right[key]) for key, value in left.items())
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same_value, left, right))
    return type(left) is type(right) and left == right


def spelled(reply: Reply) -> str:
    """Return a reply as one reads it side by side with another: text, then code, then calls with JSON arguments."""
    calls = [f"{call.name}({json.dumps(call.arguments, ensure_ascii=False)})" for call in calls_of(reply)]
    return "\n".join(part for part in [reply.text, reply.code or "", *calls] if part)
