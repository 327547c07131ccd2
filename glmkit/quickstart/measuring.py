"""What the quickstart measures before and after: exact calls, the house rule, old skills.

In: a model, the questions of a Division. Out: a Measured, as Python and as JSON. Called by ``command``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glmkit.chat.conversation import Conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.evaluation.answers import Answer, spelled
from glmkit.evaluation.command import measure
from glmkit.evaluation.measure import Advance as EvaluationAdvance
from glmkit.evaluation.measure import Measurement
from glmkit.evaluation.suite import PARTS, run_suite
from glmkit.model.glm import GLM
from glmkit.quickstart.division import Division

MAX_BATCH = 32
RULE_SHARE = 0.2  # of the conversations end with a line: it is a house rule, and no accident

Advance = Callable[[str, int, int], None]  # (what, how many are done, of how many)


@dataclass(frozen=True, slots=True)
class Count:
    """``right`` of ``total``."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """From 0 to 1; ``total`` is not 0."""
        return self.right / self.total


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, as it is shown: the request, what was wanted, what came."""

    request: str
    wanted: str
    given: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What a model came to.

    Attributes:
        counts: "tuned" (exact calls with tools of the tuning data; answers in words where nothing is to be called),
            "absent" (the same with other tools), "rule" (answers that end with the recorded closing line), "old" (right
            answers to the suite), "old_chat", "old_tools", "old_code"; without what there was no question for.
        said: every answer to the questions of the division.
    """

    counts: dict[str, Count]
    said: list[Said]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Measured:
        """Read what ``to_dict`` wrote."""
        counts = {name: Count(**count) for name, count in value["counts"].items()}
        return cls(counts, [Said(**said) for said in value["said"]])


def measure_model(
    model: GLM, tokenizer: Tokenizer, division: Division, tools_layout: str, max_tokens: int, advance: Advance
) -> Measured:
    """Ask all questions; Ctrl-C is raised.

    Args:
        model: with its prefix.
        tokenizer: of the model.
        division: has the questions.
        tools_layout: how tools are written.
        max_tokens: longest answer.
        advance: told after every answer, with the message code of what is asked.
    """
    asked = {
        "tuned": ("quickstart-row-tuned", division.tuned),
        "absent": ("quickstart-row-absent", division.absent),
    }
    counts, said = {}, []
    answers: list[Answer] = []
    for name, (code, talks) in asked.items():
        if not talks:
            continue
        measured = Measurement()
        measure(
            model,
            tokenizer,
            (),
            talks,
            measured,
            max_tokens=max_tokens,
            max_batch=MAX_BATCH,
            tools_layout=tools_layout,
            advance=_naming(advance, code),
        )
        found = [answer for _, answer in sorted(measured.answers.items())]
        calls = [answer for answer in found if answer.kind != "text"] or found
        counts[name] = Count(sum(not answer.is_failure for answer in calls), len(calls))
        requests = {talk.source: talk for talk in talks}
        said += [_said(requests[answer.question.source], answer) for answer in found]
        answers += found
    rules = house_rules(division.tuning)
    ruled = [answer for answer in answers if closing(answer.question.wanted.text) in rules]
    if ruled:
        kept = [closing(answer.reply.text) == closing(answer.question.wanted.text) for answer in ruled]
        counts["rule"] = Count(sum(kept), len(kept))
    told = _naming(advance, "quickstart-row-old")
    suite = run_suite(model, tokenizer, {}, max_tokens=max_tokens, max_batch=MAX_BATCH, advance=told)
    if not suite.is_complete:
        raise KeyboardInterrupt
    for part in PARTS:
        verdicts = [not answer.is_failure for answer in suite.parts[part].answers]
        counts[f"old_{part}"] = Count(sum(verdicts), len(verdicts))
    old = [counts[f"old_{part}"] for part in PARTS]
    counts["old"] = Count(sum(count.right for count in old), sum(count.total for count in old))
    return Measured(counts, said)


def house_rules(conversations: Sequence[Conversation]) -> frozenset[str]:
    """Return the lines with which many of the answers end."""
    lasts = Counter(closing(talk.messages[-1].content) for talk in conversations)
    return frozenset(line for line, count in lasts.items() if line and count >= RULE_SHARE * len(conversations))


def closing(text: str) -> str:
    """Return the last line of an answer that has others before it, "" of any other."""
    before, separator, last = text.rstrip().rpartition("\n")
    return last.strip() if separator and before.strip() else ""


def _naming(advance: Advance, code: str) -> EvaluationAdvance:
    """Return what an evaluation tells its progress to."""
    return lambda phase, done, total: advance(code, done, total)


def _said(talk: Conversation, answer: Answer) -> Said:
    asked = [message.content for message in talk.messages[: answer.question.turn] if message.role == "user"]
    wanted, given = spelled(answer.question.wanted), spelled(answer.reply)
    return Said(asked[-1] if asked else "", wanted, given, not answer.is_failure)
