"""Fixed questions and answers of glmkit-mini's small talk, by language. Read by ``talk_episodes``."""

from __future__ import annotations

from scripts.glmkit_mini import talk_chinese, talk_english

Fact = tuple[list[str], list[str]]  # questions, answers: any answer fits any question


def read_facts(text: str) -> list[Fact]:
    """Read paragraphs of questions and, behind "= ", answers."""
    facts = []
    for paragraph in text.strip().split("\n\n"):
        lines = paragraph.split("\n")
        questions = [line for line in lines if not line.startswith("= ")]
        facts.append((questions, [line[2:] for line in lines if line.startswith("= ")]))
    return facts


FACTS = {"en": read_facts(talk_english.FACTS), "zh": read_facts(talk_chinese.FACTS)}
LIVE = {"en": read_facts(talk_english.LIVE)[0], "zh": read_facts(talk_chinese.LIVE)[0]}
