"""In which order the roles of a file speak, and one example of every order with the tokens that are trained on.

In: conversations one at a time, and in the end their samples, when there is a tokenizer. Out: counts and shortened
examples, both bounded, so that a file of any size leaves little behind. Filled by ``check``, read by its page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, islice

from glmkit.chat.conversation import Conversation
from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.chat.tokenizer import StreamDecoder, Tokenizer
from glmkit.report.tokens import Run, TokenText

LETTERS = {"system": "s", "user": "u", "assistant": "a", "observation": "o"}
ROLES = {letter: role for role, letter in LETTERS.items()}
# A block of up to eight roles that is said again at once, as "user assistant user assistant". The bound keeps the
# search linear; question, six calls and results, answer is longer than any block that recurs exactly.
REPEATED = re.compile(r"(.{1,8}?)\1+")
MAX_PATTERN_ROLES = 12
MAX_PATTERNS = 500  # orders told apart; a file of conversations has a handful, one of noise must not fill the memory
MAX_EXAMPLES = 40  # the page shows the most frequent of them
MAX_RUNS = 24  # runs of an example: about six turns with calls
RUN_EDGE = 40  # tokens shown at each end of a longer run: a few lines of text


@dataclass(frozen=True, slots=True)
class Example:
    """One sample as training sees it, after the length limit."""

    source: str
    num_tokens: int
    num_labels: int
    cut_tokens: int
    runs: list[Run]
    left_out: int  # tokens behind the last run shown


@dataclass(slots=True)
class RolePatterns:
    """Counts of role orders with repetitions taken out, and the first example of each."""

    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    num_other: int = 0  # conversations whose order came after MAX_PATTERNS others
    first: dict[tuple[str, ...], int] = field(default_factory=dict)  # the number of the first conversation of each
    examples: dict[tuple[str, ...], Example] = field(default_factory=dict)

    def add(self, conversation: Conversation, number: int) -> None:
        """Count conversation ``number``; the first of its kind becomes the example."""
        pattern = pattern_of(conversation)
        if pattern not in self.counts and len(self.counts) >= MAX_PATTERNS:
            self.num_other += 1
            return
        self.counts[pattern] += 1
        if len(self.first) < MAX_EXAMPLES:
            self.first.setdefault(pattern, number)

    def extend(self, later: RolePatterns, offset: int) -> None:
        """Add what was counted over the rows that follow, whose first conversation is number ``offset`` of all."""
        self.num_other += later.num_other
        for pattern, count in later.counts.items():
            if pattern in self.counts or len(self.counts) < MAX_PATTERNS:
                self.counts[pattern] += count
            else:
                self.num_other += count
        for pattern, number in later.first.items():
            if pattern in self.counts and len(self.first) < MAX_EXAMPLES:
                self.first.setdefault(pattern, offset + number)

    def make_examples(self, samples: Sequence[Sample], tokenizer: Tokenizer) -> None:
        """Make the examples from the samples of all conversations."""
        self.examples = {pattern: make_example(samples[number], tokenizer) for pattern, number in self.first.items()}


def pattern_of(conversation: Conversation) -> tuple[str, ...]:
    """Return the roles in order, what is repeated at once taken out, at most MAX_PATTERN_ROLES and then "…"."""
    return _collapsed("".join(LETTERS[message.role] for message in conversation.messages))


@lru_cache(maxsize=4096)
def _collapsed(letters: str) -> tuple[str, ...]:
    shorter = REPEATED.sub(r"\1", letters)
    while shorter != letters:
        letters, shorter = shorter, REPEATED.sub(r"\1", shorter)
    roles = [ROLES[letter] for letter in letters]
    return (*roles[:MAX_PATTERN_ROLES], "…") if len(roles) > MAX_PATTERN_ROLES else tuple(roles)


def make_example(sample: Sample, tokenizer: Tokenizer) -> Example:
    """Return the sample as text, token by token; long runs keep their ends, as labels begin and end there."""
    pairs = zip(sample.input_ids, sample.labels, strict=True)
    grouped = ((is_labelled, [id for id, _ in run]) for is_labelled, run in groupby(pairs, _is_labelled))
    runs: list[Run] = []
    num_seen = 0
    for is_labelled, ids in islice(grouped, MAX_RUNS):
        num_seen += len(ids)
        if len(ids) <= 2 * RUN_EDGE + 1:
            runs.append(Run(is_labelled, list(_texts(ids, tokenizer))))
        else:
            head, tail = (list(_texts(part, tokenizer)) for part in (ids[:RUN_EDGE], ids[-RUN_EDGE:]))
            runs.append(Run(is_labelled, head, len(ids) - 2 * RUN_EDGE, tail))
    return Example(
        source=sample.source,
        num_tokens=len(sample.input_ids),
        num_labels=sample.num_labels,
        cut_tokens=sample.cut_tokens,
        runs=runs,
        left_out=len(sample.input_ids) - num_seen,
    )


def _is_labelled(pair: tuple[int, int]) -> bool:
    return pair[1] != IGNORE_INDEX


def _texts(ids: list[int], tokenizer: Tokenizer) -> Iterator[TokenText]:
    """Yield the text of each token; bytes of one character come as that character."""
    special = {*tokenizer.special_ids.values(), tokenizer.eos_id, tokenizer.unk_id}
    decoder = StreamDecoder(tokenizer)
    decoder.push(tokenizer.special_ids["sop"])  # behind a special token the space a piece begins with is kept
    for id in ids:
        if id in special:
            if unfinished := decoder.finish():
                yield TokenText(unfinished, False)
            yield TokenText(tokenizer.piece(id), True)
        elif text := decoder.push(id):
            yield TokenText(text, False)
    if unfinished := decoder.finish():
        yield TokenText(unfinished, False)
