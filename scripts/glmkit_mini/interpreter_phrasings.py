"""More ways to ask for the tasks of the tables, for training alone: what is wanted, set into the frames of requests.

A held-out task is asked as the tables beside this one say, so held-out files do not change when this grows. No phrasing
here contains one that is kept for held-out tasks: ``training_phrasings`` leaves those out. Read by ``interpreter_kinds``.
"""

from __future__ import annotations

import random
import re
from functools import cache

from scripts.glmkit_mini.interpreter_more_figures import MORE_FIGURES
from scripts.glmkit_mini.interpreter_more_numbers import MORE_NUMBERS, More
from scripts.glmkit_mini.interpreter_more_texts import MORE_TEXTS
from scripts.glmkit_mini.interpreter_values import Language

MORE: dict[str, More] = MORE_NUMBERS | MORE_FIGURES | MORE_TEXTS

# Around the name of a result: "the sum of 2 and 3".
NAME_FRAMES = {
    "en": (
        "What is {}?", "What is {}?", "What's {}?", "Compute {}.", "Calculate {}.", "Work out {}.", "Determine {}.",
        "I need {}.", "Tell me {}.", "Give me {}.", "Find {}.", "Find {}, please.", "Can you compute {}?",
        "Could you work out {}?", "{}?", "{}, please.", "Print {}.", "Show {}.", "Show me {}.", "I want to know {}.",
        "Do you know {}?", "Please find {}.", "Please calculate {}.", "Get {}.", "Output {}.", "Help me find {}.",
        "Can you tell me {}?", "Could you give me {}?", "{} is what?", "I'd like to know {}.",
    ),
    "zh": (
        "{}是多少？", "{}是多少？", "{}是什么？", "求{}。", "计算{}。", "{}等于多少？", "告诉我{}。", "算一下{}。", "请问{}是多少？",
        "帮我求{}。", "请计算{}。", "给出{}。", "我想知道{}。", "{}？", "求出{}。", "请求出{}。", "输出{}。", "能告诉我{}吗？", "算出{}。",
        "{}是几？", "帮我算{}。",
    ),
}  # fmt: skip
# Around what is to be done: "sort these numbers".
DEED_FRAMES = {
    "en": (
        "{}.", "{}.", "{}.", "Please {}.", "{}, please.", "Can you {}?", "Could you {}?", "I want to {}.",
        "I need to {}.", "Help me {}.", "How do I {}?", "Would you {}?", "Use Python to {}.", "Write code to {}.",
        "I'd like you to {}.", "Now {}.", "Let's {}.",
    ),
    "zh": (
        "{}。", "{}。", "{}。", "请{}。", "帮我{}。", "请帮我{}。", "能{}吗？", "能不能{}？", "麻烦{}。", "我想{}。", "用Python{}。", "写代码{}。",
        "现在{}。", "请你{}。", "可以{}吗？",
    ),
}  # fmt: skip
QUOTES = {
    "en": (('"', '"'), ("'", "'"), ("'", "'"), ("“", "”"), ("`", "`")),
    "zh": (("“", "”"), ("'", "'"), ("'", "'"), ('"', '"'), ('"', '"'), ("‘", "’"), ("「", "」")),
}
NEW_QUOTES_SHARE = 0.4
_QUOTED = {"en": re.compile(r'"(\$[a-z])"'), "zh": re.compile(r"“(\$[a-z])”")}
_NO_QUOTES = str.maketrans("", "", "\"'“”‘’「」`")


def core(text: str) -> str:
    """Return a phrasing without what frames and quotes change, to find it inside others."""
    return text.translate(_NO_QUOTES).lower().rstrip(".?!。？！ ")


def framed(more: More, language: Language) -> list[str]:
    """Return whole requests: every name and deed in every frame."""
    names, deeds, whole = (part.split("|") if part else [] for part in more.of(language))
    made = [frame.format(name) for name in names for frame in NAME_FRAMES[language]]
    made += [frame.format(deed) for deed in deeds for frame in DEED_FRAMES[language]]
    if whole:
        made += whole * max(1, len(made) // (3 * len(whole)))  # a fourth of all
    return [text[0].upper() + text[1:] for text in made]


@cache
def training_phrasings(
    usual: tuple[str, ...], first: str, reserved: str | None, language: Language
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the table's phrasings for training, and those made with frames.

    Args:
        usual: all phrasings of the table.
        first: the first one in English, which names the kind in ``MORE``.
        reserved: the phrasing kept for held-out tasks.
        language: of the phrasings.
    """
    kept = tuple(text for text in usual if text != reserved)
    more = MORE.get(first)
    if more is None:
        return kept, ()
    made = framed(more, language)
    if reserved is not None:
        made = [text for text in made if core(reserved) not in core(text)]
    return kept, tuple(made)


def with_other_quotes(rng: random.Random, phrasing: str, language: Language) -> str:
    """Quote the values of a phrasing otherwise, sometimes."""
    if rng.random() > NEW_QUOTES_SHARE:
        return phrasing
    left, right = rng.choice(QUOTES[language])
    return _QUOTED[language].sub(lambda match: left + match[1] + right, phrasing)
