"""The figures of an evaluation, added up from a Measurement.

In: sums of losses and judged answers. Out: an Evaluation with named figures, as Python and as JSON. Made by
``command``; ``report`` prints it, the training loop records its figures.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from glmkit.errors import StorageError
from glmkit.evaluation.answers import Answer
from glmkit.evaluation.measure import Measurement
from glmkit.evaluation.text_scores import bleu

Figures = dict[str, float | int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a model came to on a file.

    Attributes:
        settings: what was evaluated and how, by name.
        figures: see ``figures_of``; None where there was nothing to measure.
        answers: every judged answer, in the order of the file.
        is_complete: False when it was stopped before the end; the figures are of what had been done.
    """

    settings: dict[str, Any]
    figures: Figures
    answers: tuple[Answer, ...]
    is_complete: bool

    @classmethod
    def of(cls, measured: Measurement, settings: dict[str, Any], is_complete: bool) -> Evaluation:
        """Add up a measurement."""
        answers = tuple(answer for _, answer in sorted(measured.answers.items()))
        return cls(settings=settings, figures=figures_of(measured), answers=answers, is_complete=is_complete)

    def failures(self, count: int, seed: int) -> list[Answer]:
        """Return ``count`` of the failed answers (fewer if there are fewer): the same for the same seed."""
        return drawn([answer for answer in self.answers if answer.is_failure], count, seed)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "settings": self.settings,
            "is_complete": self.is_complete,
            "figures": self.figures,
            "answers": [answer.to_dict() for answer in self.answers],
        }

    def save(self, path: Path) -> None:
        """Write ``to_dict`` as JSON; an earlier file is replaced in one move.

        Raises:
            StorageError: it cannot be written; an earlier file is untouched.
        """
        save_json(self.to_dict(), path)


def drawn(answers: Sequence[Answer], count: int, seed: int) -> list[Answer]:
    """Return ``count`` of the answers in their order (fewer if there are fewer): the same for the same seed."""
    chosen = Random(seed).sample(range(len(answers)), min(count, len(answers)))
    return [answers[index] for index in sorted(chosen)]


def save_json(value: Mapping[str, Any], path: Path) -> None:
    """Write a JSON file; an earlier one is replaced in one move.

    Raises:
        StorageError: it cannot be written; an earlier file is untouched.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(text + "\n", encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StorageError("evaluation-output", where=str(path), reason=error.strerror) from error


def figures_of(measured: Measurement) -> Figures:
    """Return the figures by name; shares are from 0 to 1.

    loss (mean over labelled tokens, nats), perplexity (its exponential), labels, samples; then of the turns that are

    - tool calls, all as shares of ``call_turns``: ``call_made`` a call came that can be parsed, ``call_valid`` and its
      tool is declared, ``call_name`` the right names, ``call_exact`` and all arguments equal. ``key_precision`` is the
      share of given argument keys that have the wanted value, ``key_recall`` the share of wanted ones, ``key_f1`` their
      harmonic mean, over all calls together (None where nobody has a key);
    - code, of ``code_turns``: ``code_made``, ``code_exact``;
    - text, of ``text_turns``: ``text_made`` (no call, no code), mean ``rouge_l``, ``bleu`` (0 to 100, of all texts);

    and ``answers_cut`` (no end within the limit of tokens), ``answers_too_long`` (the prompt does not fit).
    """
    figures: Figures = {
        "samples": measured.num_samples,
        "labels": measured.num_labels,
        "loss": None,
        "perplexity": None,
    }
    if measured.num_labels:
        loss = measured.loss_sum / measured.num_labels
        figures |= {"loss": loss, "perplexity": math.exp(loss) if loss < 700 else None}  # e**710 is no float any more
    calls, code, texts = (
        [answer for _, answer in sorted(measured.answers.items()) if answer.kind == kind]
        for kind in ("call", "code", "text")
    )
    if not measured.answers and not measured.num_too_long:
        return figures
    return figures | {
        "call_turns": len(calls),
        "call_made": share([answer.is_made for answer in calls]),
        "call_valid": share([answer.is_valid for answer in calls]),
        "call_name": share([answer.is_name_right for answer in calls]),
        "call_exact": share([answer.is_exact for answer in calls]),
        **key_figures(calls),
        "code_turns": len(code),
        "code_made": share([answer.is_made for answer in code]),
        "code_exact": share([answer.is_exact for answer in code]),
        "text_turns": len(texts),
        "text_made": share([answer.is_made for answer in texts]),
        "rouge_l": share([answer.rouge_l for answer in texts]),
        "bleu": bleu([answer.question.wanted.text for answer in texts], [answer.reply.text for answer in texts]),
        "answers_cut": sum(answer.reply.finish == "length" for answer in measured.answers.values()),
        "answers_too_long": measured.num_too_long,
    }


def share(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return math.fsum(values) / len(values) if values else None


def key_figures(calls: Sequence[Answer]) -> Figures:
    """Return precision, recall and F1 of all argument keys together."""
    wanted, given, right = (
        sum(getattr(answer.keys, name) for answer in calls) for name in ("wanted", "given", "right")
    )
    return {
        "key_precision": right / given if given else None,
        "key_recall": right / wanted if wanted else None,
        "key_f1": 2 * right / (wanted + given) if wanted + given else None,
    }
