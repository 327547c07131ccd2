"""Rows of a file -> blocks: what is in them and wrong with them, counted, and their samples as columns.

In: a file, the settings that decide what its samples are, a share of its rows. Out: Blocks in the order of the file,
small enough to go from one process to another. Called by ``prepare`` and, in processes of their own, by ``worker``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glmkit.chat.conversation import Conversation, Message
from glmkit.chat.memo import Memo
from glmkit.chat.protocol import encode_conversation, make_protocol
from glmkit.chat.sample import Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import AS_IS, layout_of
from glmkit.data.check_report import SHARE_BINS, CheckReport
from glmkit.data.encode import count_targets, keeps_text
from glmkit.data.read import Item, Located, Skipped, walk
from glmkit.data.row import BLOCK_ROWS, WHOLE, Share
from glmkit.data.sample_columns import SampleColumns
from glmkit.data.split import tool_descriptions
from glmkit.errors import Problem

_tool_digests: Memo[tuple[int, ...]] = Memo()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """A data file and what decides how it is read and encoded."""

    path: str
    source_format: str = ""  # "": detected
    max_seq_len: int = 2048
    truncate: str = "right"
    tools_layout: str = AS_IS

    def empty_report(self, source_format: str, unit: str) -> CheckReport:
        """Return a report on none of the rows."""
        return CheckReport(
            path=self.path,
            format=source_format,
            unit=unit,
            max_seq_len=self.max_seq_len,
            truncate=self.truncate,
            tools_layout=self.tools_layout,
        )


@dataclass(slots=True)
class Block:
    """BLOCK_ROWS rows of a file, fewer at its end; ``samples`` has a row for each conversation, or none at all."""

    report: CheckReport
    samples: SampleColumns


def read_blocks(
    settings: FileSettings, source_format: str, tokenizer: Tokenizer | None, share: Share = WHOLE
) -> Iterator[Block]:
    """Yield the blocks of a file that belong to ``share``; without a tokenizer, characters are counted.

    Raises:
        DataError: the file cannot be read; faults of rows are in the reports.
    """
    block: Block | None = None
    number = -1
    for row, items in walk(settings.path, source_format, share, settings.tools_layout):
        if block is None or row.number // BLOCK_ROWS != number:
            if block is not None:
                yield block
            number = row.number // BLOCK_ROWS
            unit = "tokens" if tokenizer else "characters"
            block = Block(settings.empty_report(source_format, unit), SampleColumns())
        _count_row(block, row.number, items, tokenizer)
    if block is not None:
        yield block


def _count_row(block: Block, number: int, items: Sequence[Item], tokenizer: Tokenizer | None) -> None:
    """Add what one row of the file holds; of one with faults, these are all that counts."""
    faults = [item for item in items if isinstance(item, Problem)]
    for fault in faults:
        block.report.problems.add(fault)
    if faults:
        block.report.faulty_rows.append(number)
        return
    for item in items:
        if isinstance(item, Skipped):
            block.report.skipped.add(item)
        elif isinstance(item, Located):
            _count_conversation(block, number, item, tokenizer)


def _count_conversation(block: Block, number: int, item: Located, tokenizer: Tokenizer | None) -> None:
    report, conversation = block.report, item.conversation
    report.patterns.add(conversation, report.num_conversations)
    report.num_conversations += 1
    report.turns[len(item.row["conversations"])] += 1
    _count_messages(report, conversation)
    report.digests.append(_digest(item))
    report.remarks.add(item.remarks)
    report.places.append(conversation.source[len(report.path) :])
    if tokenizer is None:
        report.lengths.append(sum(map(_num_characters, conversation.messages)))
        return
    sample = encode_conversation(
        conversation, tokenizer, report.max_seq_len, report.truncate, tools_layout=report.tools_layout
    )
    num_targets = count_targets(sample)
    _count_tokens(report, sample, num_targets)
    if sample.cut_tokens:  # only conversations that are too long are looked at again
        report.remarks.add(_many_tokens(report, conversation, tokenizer))
    block.samples.append(sample, num_targets, number, _tools_of(conversation))


def _tools_of(conversation: Conversation) -> Sequence[int]:
    """Return 64 bits of each tool's description, by which conversations with a tool in common are found."""
    lists = tuple(message.tools for message in conversation.messages if message.tools is not None)
    if not lists:
        return ()
    return _tool_digests.get(lists, lambda: tuple(_hashed(text) for text in sorted(tool_descriptions(conversation))))


def _digest(item: Located) -> int:
    """Return 64 bits of what is trained on, the same in every process; chance makes two of a million rows equal once in
    37 million files."""
    return _hashed(json.dumps([item.row.get("tools"), item.row["conversations"]], sort_keys=True))


def _hashed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)


def _count_messages(report: CheckReport, conversation: Conversation) -> None:
    given = [item.tools for item in conversation.messages if item.tools is not None]
    report.num_text_tools += any(keeps_text(layout_of(tools), report.tools_layout) for tools in given)
    for item in conversation.messages:
        report.roles[item.role] += 1
        if item.call:
            report.tools[item.call.name] += 1


def _count_tokens(report: CheckReport, sample: Sample, num_targets: int) -> None:
    num_tokens, num_labels = len(sample.input_ids) + sample.cut_tokens, sample.num_labels + sample.cut_labels
    report.lengths.append(num_tokens)
    report.num_labels += num_labels
    report.num_cut += sample.cut_tokens > 0
    report.lost_tokens += sample.cut_tokens
    report.lost_labels += sample.cut_labels
    report.label_shares[min(SHARE_BINS - 1, SHARE_BINS * num_labels // max(1, num_tokens))] += 1
    if not sample.num_labels:
        report.lost_samples.add(sample.source)
    if num_targets:
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
