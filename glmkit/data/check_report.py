"""The numbers of a data file: counted over its rows block by block, added up in the file's order.

In: what ``counting`` finds in each block. Out: a CheckReport, which ``check`` prints, its page draws and training reads
for what was left out. It is kept beside the tokens in the cache (``kept_report``).
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field

from glmkit.data.capped import CappedList
from glmkit.data.patterns import RolePatterns
from glmkit.data.read import Skipped
from glmkit.data.remarks import Remarks
from glmkit.data.text_column import TextColumn
from glmkit.errors import Problem

SHARE_BINS = 20  # of 5 % each


@dataclass(slots=True, kw_only=True)
class CheckReport:
    """Counts over a whole file; lengths are in tokens when a tokenizer was given, otherwise in characters.

    What grows with the file is a few bytes a conversation: lengths, digests, places. Everything that names rows keeps
    the first of them and counts the others.
    """

    path: str
    format: str
    unit: str  # "tokens" or "characters"
    max_seq_len: int
    truncate: str
    tools_layout: str
    problems: CappedList[Problem] = field(default_factory=CappedList)
    skipped: CappedList[Skipped] = field(default_factory=CappedList)
    num_conversations: int = 0
    roles: Counter[str] = field(default_factory=Counter)  # role -> messages
    turns: Counter[int] = field(default_factory=Counter)  # messages in a row -> rows; a call with its result is one
    tools: Counter[str] = field(default_factory=Counter)  # tool -> calls
    remarks: Remarks = field(default_factory=Remarks)
    duplicates: CappedList[tuple[str, str]] = field(default_factory=CappedList)  # (place, place of the first equal one)
    faulty_rows: array[int] = field(default_factory=lambda: array("q"))  # numbers of the rows with faults
    num_text_tools: int = 0  # conversations that keep natural text in place of the layout wanted
    lengths: array[int] = field(default_factory=lambda: array("q"))  # one a conversation, before any limit
    digests: array[int] = field(default_factory=lambda: array("q"))  # one a conversation; equal ones are duplicates
    places: TextColumn = field(default_factory=TextColumn)  # one a conversation, without the path
    patterns: RolePatterns = field(default_factory=RolePatterns)
    # With a tokenizer only:
    num_labels: int = 0  # before any limit
    num_cut: int = 0  # samples longer than the limit
    lost_tokens: int = 0
    lost_labels: int = 0
    # Places of samples with no label left within the limit.
    lost_samples: CappedList[str] = field(default_factory=CappedList)
    packed_lengths: array[int] = field(default_factory=lambda: array("q"))  # of samples trained on, within the limit
    label_shares: Counter[int] = field(default_factory=Counter)  # i -> samples with i to i + 1 SHARE_BINS-ths labelled

    def percentiles(self, *percents: float) -> list[int]:
        """Return for each of ``percents`` the smallest length that so many of the conversations do not exceed."""
        ordered = sorted(self.lengths)
        return [ordered[max(0, -int(-len(ordered) * percent // 100) - 1)] for percent in percents]

    @property
    def labelled_share(self) -> float:
        """Share of all tokens that are trained on, before any limit."""
        return self.num_labels / max(1, sum(self.lengths))

    def extend(self, later: CheckReport) -> None:
        """Add what was counted over the rows that follow."""
        self.patterns.extend(later.patterns, self.num_conversations)
        for name in ("problems", "skipped", "lost_samples"):
            getattr(self, name).add_all(getattr(later, name))
        for name in ("roles", "turns", "tools", "label_shares"):
            getattr(self, name).update(getattr(later, name))
        for name in ("lengths", "digests", "places", "faulty_rows", "packed_lengths"):
            getattr(self, name).extend(getattr(later, name))
        self.remarks.extend(later.remarks)
        self.num_conversations += later.num_conversations
        self.num_text_tools += later.num_text_tools
        self.num_labels += later.num_labels
        self.num_cut += later.num_cut
        self.lost_tokens += later.lost_tokens
        self.lost_labels += later.lost_labels


def find_duplicates(report: CheckReport) -> None:
    """List the conversations that repeat an earlier one, in the order of the file."""
    import numpy as np

    digests = np.frombuffer(report.digests, dtype=np.int64) if report.digests else np.empty(0, dtype=np.int64)
    order = np.argsort(digests, kind="stable")
    is_first = np.ones(len(digests), dtype=bool)
    is_first[1:] = digests[order][1:] != digests[order][:-1]
    earliest = np.empty_like(order)
    earliest[order] = order[is_first][np.cumsum(is_first) - 1]
    for index in np.flatnonzero(earliest != np.arange(len(order))):
        place, earlier = report.places[int(index)], report.places[int(earliest[index])]
        report.duplicates.add((report.path + place, report.path + earlier))
