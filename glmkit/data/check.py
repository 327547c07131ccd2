"""What is in a data file, and what is wrong with it: the numbers behind `glmkit data check`.

In: a file, perhaps a tokenizer and a length limit. Out: a CheckReport, and its text. No model is loaded.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from glmkit.chat.conversation import Conversation, Message
from glmkit.chat.protocol import encode_conversation, make_protocol
from glmkit.chat.sample import Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import AS_IS, layout_of, tool_problems
from glmkit.data.bad_rows import bad_rows_file
from glmkit.data.capped import CappedList
from glmkit.data.encode import count_targets, keeps_text
from glmkit.data.patterns import RolePatterns
from glmkit.data.read import Item, Located, Skipped, find_format, walk
from glmkit.data.remarks import Remarks
from glmkit.data.strict_json import printable
from glmkit.data.text_column import TextColumn
from glmkit.errors import Problem, message

MAX_LISTED = 12
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


def check(
    path: str | Path,
    source_format: str | None = None,
    tokenizer: Tokenizer | None = None,
    max_seq_len: int = 2048,
    truncate: str = "right",
    tools_layout: str = AS_IS,
    skip_bad: str | Path = "",
) -> CheckReport:
    """Read a whole file and count; faults of rows are in the report, not raised, or in the file ``skip_bad``.

    Raises:
        DataError: the file cannot be read, or no row is in a known format, or all are bad and were to be moved aside.
        ConfigError: ``source_format`` is not the name of a format, or ``skip_bad`` is a file of another kind.
        StorageError: ``skip_bad`` cannot be written.
    """
    report = CheckReport(
        path=str(path),
        format=find_format(path, source_format),
        unit="tokens" if tokenizer else "characters",
        max_seq_len=max_seq_len,
        truncate=truncate,
        tools_layout=tools_layout,
    )
    with bad_rows_file(skip_bad, path) as bad_rows:
        for row, items in walk(path, report.format):
            count_row(report, bad_rows.sort_out(row, items), tokenizer)
        bad_rows.refuse_if_all(report.num_conversations)
    find_duplicates(report)
    if tokenizer:
        report.remarks.discard("data-remark-long-turn")  # tokens tell better than characters
    return report


def count_row(report: CheckReport, items: Iterable[Item], tokenizer: Tokenizer | None) -> None:
    """Add what one row of the file holds to the report."""
    for item in items:
        if isinstance(item, Problem):
            report.problems.add(item)
        elif isinstance(item, Skipped):
            report.skipped.add(item)
        else:
            _count_conversation(report, item, tokenizer)


def _count_conversation(report: CheckReport, item: Located, tokenizer: Tokenizer | None) -> None:
    conversation = item.conversation
    if faults := _count_tools(report, conversation):
        for fault in faults:
            report.problems.add(fault)
        return
    report.num_conversations += 1
    report.turns[len(item.row["conversations"])] += 1
    _count_messages(report, conversation)
    report.digests.append(_digest(item))
    report.remarks.add(item.remarks)
    report.places.append(conversation.source[len(report.path) :])
    sample = None
    if tokenizer:
        sample = encode_conversation(
            conversation, tokenizer, report.max_seq_len, report.truncate, tools_layout=report.tools_layout
        )
        _count_tokens(report, sample)
        if sample.cut_tokens:  # only conversations that are too long are looked at again
            report.remarks.add(_many_tokens(report, conversation, tokenizer))
    else:
        report.lengths.append(sum(map(_num_characters, conversation.messages)))
    report.patterns.add(conversation, sample, tokenizer)


def _count_tools(report: CheckReport, conversation: Conversation) -> list[Problem]:
    """Return what keeps the tools of a conversation from being written in the layout wanted."""
    given = [item.tools for item in conversation.messages if item.tools is not None]
    report.num_text_tools += any(keeps_text(layout_of(tools), report.tools_layout) for tools in given)
    faults = [fault for tools in given for fault in tool_problems(tools, report.tools_layout)]
    return [replace(fault, where=conversation.source) for fault in faults]


def _digest(item: Located) -> int:
    """Return 64 bits of what is trained on, the same in every process; chance makes two of a million rows equal once in
    37 million files."""
    text = json.dumps([item.row.get("tools"), item.row["conversations"]], sort_keys=True)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)


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


def _count_messages(report: CheckReport, conversation: Conversation) -> None:
    for item in conversation.messages:
        report.roles[item.role] += 1
        if item.call:
            report.tools[item.call.name] += 1


def _count_tokens(report: CheckReport, sample: Sample) -> None:
    num_tokens, num_labels = len(sample.input_ids) + sample.cut_tokens, sample.num_labels + sample.cut_labels
    report.lengths.append(num_tokens)
    report.num_labels += num_labels
    report.num_cut += sample.cut_tokens > 0
    report.lost_tokens += sample.cut_tokens
    report.lost_labels += sample.cut_labels
    report.label_shares[min(SHARE_BINS - 1, SHARE_BINS * num_labels // max(1, num_tokens))] += 1
    if not sample.num_labels:
        report.lost_samples.add(sample.source)
    if count_targets(sample):
        report.packed_lengths.append(len(sample.input_ids))


def _many_tokens(report: CheckReport, conversation: Conversation, tokenizer: Tokenizer) -> Iterator[Problem]:
    """Yield a remark on each turn that is too long by itself."""
    lengths = make_protocol(tokenizer, tools_layout=report.tools_layout).message_lengths(conversation.messages)
    for number, (turn, length) in enumerate(zip(conversation.messages, lengths, strict=True), 1):
        if length > report.max_seq_len:
            values = {"number": number, "role": turn.role, "tokens": length, "limit": report.max_seq_len}
            yield Problem("data-remark-many-tokens", conversation.source, values)


def _num_characters(item: Message) -> int:
    extra = [value for value in (item.tools, item.call and item.call.arguments) if value is not None]
    return len(item.content) + len(item.metadata) + sum(len(json.dumps(value, ensure_ascii=False)) for value in extra)


def render_report(report: CheckReport) -> str:
    """Return the report as lines of text in the user's language."""
    lines = [message("data-check-rows", path=report.path, count=report.num_conversations, format=report.format or "?")]
    if report.num_conversations:
        lines.append(message("data-check-roles", roles=_listed(report.roles.items())))
        lines.append(
            message("data-histogram", histogram=_listed((f"{n}:", c) for n, c in sorted(report.turns.items())))
        )
    if report.tools:
        lines.append(message("data-check-tools", tools=_listed(report.tools.most_common())))
    if report.num_text_tools:
        values = {"count": report.num_text_tools, "total": report.num_conversations, "layout": report.tools_layout}
        lines.append(message("data-tools-kept", **values))
    if report.skipped:
        lines.append(message("data-check-skipped", count=report.skipped.total))
    if report.num_conversations:
        lines += _length_lines(report)
        lines.append(_duplicates_line(report))
    if report.num_conversations:
        lines += report.remarks.lines()
    lines.append(message("data-check-faults", count=report.problems.total))
    return "\n".join(lines)


def _duplicates_line(report: CheckReport) -> str:
    if not report.duplicates:
        return message("data-check-no-duplicates")
    place, earlier = report.duplicates[0]
    return message("data-check-duplicates", count=report.duplicates.total, place=place, earlier=earlier)


def _listed(pairs: Iterable[tuple[object, int]]) -> str:
    """Return "name number, name number", at most MAX_LISTED of them."""
    texts = [f"{printable(str(name))} {number:,}" for name, number in pairs]
    return ", ".join(texts[:MAX_LISTED]) + (", …" if len(texts) > MAX_LISTED else "")


def _length_lines(report: CheckReport) -> list[str]:
    marks = {"min": 0, "50%": 50, "90%": 90, "99%": 99, "max": 100}
    lengths = _listed(zip(marks, report.percentiles(*marks.values()), strict=True))
    code = "data-check-tokens" if report.unit == "tokens" else "data-check-characters"
    lines = [message(code, lengths=lengths, total=sum(report.lengths))]
    if report.unit == "tokens":
        share = f"{report.labelled_share:.1%}"
        lines.append(message("data-check-labelled", labelled=report.num_labels, share=share))
        cut = {"count": report.num_cut, "tokens": report.lost_tokens, "labels": report.lost_labels}
        rule = {"max_seq_len": report.max_seq_len, "truncate": report.truncate}
        lines.append(message("data-check-cut", **rule, **cut))
    if report.lost_samples:
        lines.append(message("data-check-lost", count=report.lost_samples.total, place=report.lost_samples[0]))
    return lines
