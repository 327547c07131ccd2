"""`glmkit eval --suite`: a few questions on small talk, tools and code, and what a model has forgotten of them.

In: a loaded model and the files in ``bundled/suite``. Out: a SuiteResult, compared with an earlier one by question.
Called by ``suite_command`` and by the quickstart, which asks before and after its tuning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import AS_IS
from glmkit.data.read import read
from glmkit.errors import DataError, message
from glmkit.evaluation.answers import Answer
from glmkit.evaluation.command import measure, sampled
from glmkit.evaluation.measure import Advance, Measurement, Phase
from glmkit.evaluation.questions import trained_turns
from glmkit.evaluation.result import Evaluation, save_json
from glmkit.model.glm import GLM

SUITE = Path(__file__).parents[1] / "bundled" / "suite"
PARTS = ("chat", "tools", "code")

Key = tuple[str, str, int]  # part, line of its file, turn of the conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """What a model answered to the suite.

    Attributes:
        settings: what was asked and how, by name.
        parts: name of the part -> its evaluation; those that were begun.
        is_complete: False when it was stopped before the end.
    """

    settings: dict[str, Any]
    parts: dict[str, Evaluation]
    is_complete: bool

    @property
    def answers(self) -> dict[Key, Answer]:
        """Every answer by its question, in the order of the suite."""
        return {
            (part, answer.question.source, answer.question.turn): answer
            for part, evaluation in self.parts.items()
            for answer in evaluation.answers
        }

    def share_right(self, *parts: str) -> float | None:
        """Return the share of right answers in the parts, in all of them by default; None of no answers.

        Right is what is not listed as a failure: an exact call, the same code, a text close to the recorded one.
        """
        verdicts = [not answer.is_failure for (part, _, _), answer in self.answers.items() if part in (parts or PARTS)]
        return sum(verdicts) / len(verdicts) if verdicts else None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values; ``answers`` is what a later result is compared by."""
        return {
            "settings": self.settings,
            "is_complete": self.is_complete,
            "figures": {part: evaluation.figures for part, evaluation in self.parts.items()},
            "answers": [{"part": part, **answer.to_dict()} for (part, _, _), answer in self.answers.items()],
        }

    def save(self, path: Path) -> None:
        """Write ``to_dict`` as JSON; an earlier file is replaced in one move. Raises StorageError."""
        save_json(self.to_dict(), path)


def run_suite(
    model: GLM,
    tokenizer: Tokenizer,
    settings: Mapping[str, Any],
    *,
    limit: int = 0,
    seed: int = 0,
    max_tokens: int = 512,
    max_batch: int = 16,
    advance: Advance = lambda phase, done, total: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> SuiteResult:
    """Ask the whole suite, its tools written as they stand there. Ctrl-C ends it early with what has been answered.

    Args:
        model: with its prefix.
        tokenizer: of the model.
        settings: goes into the result.
        limit: conversations of each part, drawn by ``seed``; 0 is all.
        seed: of the draw.
        max_tokens: longest answer.
        max_batch: most answers generated at once.
        advance: told after every answer.
        is_stopped: asked before every token.
    """
    # Of a source the line alone: a result is compared with one from another machine.
    asked = {
        part: [
            replace(talk, source=talk.source.rpartition(":")[2])
            for talk in sampled(read(SUITE / f"{part}.jsonl"), limit, seed)
        ]
        for part in PARTS
    }
    total = sum(len(list(trained_turns(talk.messages))) for talks in asked.values() for talk in talks)
    parts: dict[str, Evaluation] = {}
    is_complete, num_done = True, 0
    for part, talks in asked.items():
        measured = Measurement()
        count = partial(_advance_all, advance, num_done, total)
        try:
            is_complete = measure(
                model,
                tokenizer,
                (),
                talks,
                measured,
                max_tokens=max_tokens,
                max_batch=max_batch,
                tools_layout=AS_IS,
                advance=count,
                is_stopped=is_stopped,
            )
        except KeyboardInterrupt:
            is_complete = False
        parts[part] = Evaluation.of(measured, {"data": f"{part}.jsonl"}, is_complete)
        num_done += len(measured.answers)
        if not is_complete:
            break
    return SuiteResult(settings=dict(settings), parts=parts, is_complete=is_complete)


def _advance_all(advance: Advance, num_before: int, total: int, phase: Phase, done: int, part_total: int) -> None:
    """Tell of a part's progress as that of the whole."""
    advance(phase, num_before + done, total)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two results side by side, of the questions that both answered.

    Attributes:
        shares: part -> (questions, share right before, share right now).
        forgotten: answers that are wrong now and were right before.
        num_known: questions that were right before.
    """

    shares: dict[str, tuple[int, float, float]]
    forgotten: list[Answer]
    num_known: int


def compare(result: SuiteResult, earlier: Mapping[Key, bool]) -> Comparison:
    """Compare with the verdicts of an earlier result: question -> whether it was right.

    Raises:
        DataError: no question in common.
    """
    common = {key: answer for key, answer in result.answers.items() if key in earlier}
    if not common:
        raise DataError("evaluation-compare-other")
    shares = {}
    for part in PARTS:
        keys = [key for key in common if key[0] == part]
        if keys:
            was, now = (sum(rights) / len(keys) for rights in _verdicts(common, earlier, keys))
            shares[part] = (len(keys), was, now)
    forgotten = [answer for key, answer in common.items() if earlier[key] and answer.is_failure]
    return Comparison(shares, forgotten, sum(earlier[key] for key in common))


def _verdicts(
    common: Mapping[Key, Answer], earlier: Mapping[Key, bool], keys: Sequence[Key]
) -> tuple[list[bool], list[bool]]:
    return [earlier[key] for key in keys], [not common[key].is_failure for key in keys]


def read_verdicts(path: str) -> dict[Key, bool]:
    """Return question -> whether it was answered right, from a file that ``SuiteResult.save`` wrote.

    Raises:
        DataError: it cannot be read, or is something else.
    """
    try:
        saved = json.loads(Path(path).read_text(encoding="utf-8"))
        return {
            (str(row["part"]), str(row["source"]), int(row["turn"])): not row["is_failure"] for row in saved["answers"]
        }
    except (KeyError, TypeError) as error:
        reason = message("evaluation-compare-fields")
        raise DataError("evaluation-compare-unreadable", where=path, reason=reason) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError("evaluation-compare-unreadable", where=path, reason=reason) from error
