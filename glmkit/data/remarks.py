"""Remarks: what is lawful in a row and yet worth a look. They are counted by kind, and none stops anything.

In: a row in the original's format without faults. Out: Problems with a code of KINDS, and their counts over a file.
Called by read.py for every row; check.py prints the counts, training one line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from glmkit.errors import Problem, message

# A turn of more characters is called long where no tokenizer tells better: about ChatGLM3-6B's context of 8,192 tokens
# in English (4 characters a token), more than it in Chinese.
MAX_TURN_CHARACTERS = 32_768
MAX_EXAMPLES = 5  # kept of each kind

KINDS: Mapping[str, str] = {
    "data-remark-empty-turn": "data-kind-empty-turn",
    "data-remark-long-turn": "data-kind-long-turn",
    "data-remark-many-tokens": "data-kind-long-turn",
    "data-remark-role-token": "data-kind-role-token",
    "data-remark-argument-name": "data-kind-argument-name",
    "data-remark-tool-name": "data-kind-tool-name",
    "data-remark-extra-argument": "data-kind-extra-argument",
    "data-remark-unreadable-call": "data-kind-unreadable-call",
}

# The special tokens a chat is made of; "sop" and "eop" are left out, for they stand inside ordinary words.
_ROLE_TOKEN = re.compile(r"<\|(?:system|user|assistant|observation)\|>|\[[gs]?MASK\]")


@dataclass(slots=True)
class Remarks:
    """How many remarks of each kind a file gives rise to, and the first of each; its size does not grow with them."""

    counts: Counter[str] = field(default_factory=Counter)  # code -> remarks
    examples: dict[str, list[Problem]] = field(default_factory=dict)  # code -> the first MAX_EXAMPLES, with place

    def add(self, remarks: Iterable[Problem]) -> None:
        """Count remarks and keep the first ones."""
        for remark in remarks:
            self.counts[remark.code] += 1
            examples = self.examples.setdefault(remark.code, [])
            if len(examples) < MAX_EXAMPLES:
                examples.append(remark)

    def extend(self, later: Remarks) -> None:
        """Add the remarks on what follows."""
        self.counts.update(later.counts)
        for code, remarks in later.examples.items():
            examples = self.examples.setdefault(code, [])
            examples += remarks[: MAX_EXAMPLES - len(examples)]

    def lines(self) -> list[str]:
        """Return the number of remarks, then one line a kind with its first place, the most frequent first."""
        lines = [message("data-check-remarks", count=self.counts.total())]
        for code, count in self.counts.most_common():
            first = self.examples[code][0].text()
            lines.append(message("data-check-remark", kind=message(KINDS[code]), count=count, first=first))
        return lines

    def discard(self, code: str) -> None:
        """Forget one kind."""
        self.counts.pop(code, None)
        self.examples.pop(code, None)

    def by_kind(self) -> str:
        """Return "empty turns 3, ..." in the user's language, the most frequent first."""
        return ", ".join(f"{message(KINDS[code])} {count:,}" for code, count in self.counts.most_common())


def text_remarks(row: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield empty turns, long turns and role tokens in text. An empty observation is a tool's right."""
    for index, item in enumerate(row["conversations"]):
        place = f"conversations[{index}]"
        is_tool = item["role"] == "tool"
        text = item.get("observation") if is_tool else item["content"]
        text = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
        if not is_tool and item["role"] != "observation" and not text.strip():
            yield Problem("data-remark-empty-turn", values={"field": place, "role": item["role"]})
        if len(text) > MAX_TURN_CHARACTERS:
            values = {"field": place, "characters": len(text), "limit": MAX_TURN_CHARACTERS}
            yield Problem("data-remark-long-turn", values=values)
        arguments = item["parameters"].values() if is_tool else ()
        for part in (text, *(value for value in arguments if isinstance(value, str))):
            if found := _ROLE_TOKEN.search(part):
                yield Problem("data-remark-role-token", values={"field": place, "token": found[0]})
