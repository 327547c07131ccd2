"""One kind of interpreter task: its values, its program, its phrasings in both languages. Run and filled in here.

The tables of kinds stand in the files beside this one; ``interpreter_episodes`` draws from them.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.glmkit_mini.interpreter_phrasings import core, training_phrasings, with_other_quotes
from scripts.glmkit_mini.interpreter_values import Language, Split, Value, draw

_NAME = re.compile(r"\$([a-z]+)")
VERDICTS = {"en": {"True": "Yes", "False": "No"}, "zh": {"True": "是的", "False": "不是"}}
NEW_PHRASING_SHARE = 0.3  # of held-out tasks: those that use the phrasing kept for them
MORE_PHRASINGS_SHARE = 0.55  # of training tasks: those asked in the words of ``interpreter_phrasings``


@dataclass(frozen=True, slots=True)
class Kind:
    """``$x`` in a phrasing is the value as people write it, in ``code`` as Python writes it.

    ``say`` holds the final answers in English and Chinese with ``$result`` (and
    ``$verdict``, yes or no), alternatives split by "|". The last phrasing
    of each language is kept for held-out tasks if there are four or more; ``heldout`` keeps the whole kind for them,
    and ``trained`` keeps it from them, with all its phrasings.
    """

    values: dict[str, str]
    code: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    say: tuple[str, str] = ("The result is $result.|It is $result.|Result: $result.", "结果是$result。|答案是$result。")
    heldout: bool = False
    trained: bool = False


@dataclass(slots=True)
class Task:
    """A request, the program that answers it, what the program prints, and the final answer."""

    question: str
    code: str
    result: str
    answer: str
    files: dict[str, str] = field(default_factory=dict)
    reserved: str = ""  # in training: the same question in the phrasing kept for held-out tasks, its ``core``


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put ``values`` in the places ``$name``; a ``$`` before anything else stays."""
    return _NAME.sub(lambda match: values[match[1]] if match[1] in values else match[0], template)


def run(code: str, state: dict[str, Any] | None = None, files: Mapping[str, str] | None = None) -> str:
    """Run a program of ours in this process and return what it printed, or the last line of its traceback.

    ``state`` keeps the names of a session's cells; ``files`` maps a path to its text and is all that ``open`` finds.
    """
    printed: list[str] = []
    state = {} if state is None else state

    def write(*things: object, sep: str = " ") -> None:
        printed.append(sep.join(map(str, things)))

    def read(path: str, *mode: str, **options: str) -> io.StringIO:
        if path not in (files or {}):
            raise FileNotFoundError(f"[Errno 2] No such file or directory: {path!r}")
        return io.StringIO((files or {})[path])

    state.update(print=write, open=read)
    try:
        exec(compile(code, "<cell>", "exec"), state)
    except Exception as error:
        printed.append(f"{type(error).__name__}: {error}")
    return "\n".join(printed)


def phrase(rng: random.Random, kind: Kind, language: Language, split: Split) -> tuple[str, str | None]:
    """Choose a phrasing, and return the one kept from training, the last of four or more."""
    phrasings = kind.zh if language == "zh" else kind.en
    reserved = phrasings[-1] if len(phrasings) >= 4 and not kind.trained else None
    if split == "train":
        kept, more = training_phrasings(phrasings, kind.en[0], reserved, language)
        chosen = rng.choice(more if more and rng.random() < MORE_PHRASINGS_SHARE else kept)
        return with_other_quotes(rng, chosen, language), reserved
    if reserved is None:
        return rng.choice(phrasings), reserved
    if rng.random() < NEW_PHRASING_SHARE:
        return reserved, reserved
    return rng.choice(phrasings[:-1]), reserved


def make_task(rng: random.Random, kind: Kind, language: Language, split: Split) -> Task:
    """Draw values and phrasing of ``kind``, run its program, write the final answer."""
    values: dict[str, Value] = {name: draw(rng, spec, language, split) for name, spec in kind.values.items()}
    texts = {name: value.text for name, value in values.items()}
    code = fill(kind.code, {name: value.code for name, value in values.items()})
    phrasing, reserved = phrase(rng, kind, language, split)
    question = fill(phrasing, texts)
    result = run(code)
    say = rng.choice(kind.say[language == "zh"].split("|"))
    verdict = VERDICTS[language].get(result, "")
    task = Task(question, code, result, fill(say, texts | {"result": result, "verdict": verdict}))
    if reserved is not None and split == "train":
        task.reserved = core(fill(reserved, texts))
    return task


def same_output(found: str, wanted: str) -> bool:
    """Compare printed results: numbers by value to one part in a million or a rounded cent, everything else as text."""
    left, right = (re.sub(r"[\s'\"]+", " ", text).strip().rstrip(".") for text in (found, wanted))
    try:
        return abs(float(left) - float(right)) <= max(1e-6 * abs(float(right)), 0.0051 if "." in right else 0)
    except ValueError:
        return left == right
