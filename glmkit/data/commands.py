"""What `glmkit data convert`, `check` and `show` print; the work is done by the files beside this one.

In: the command's config. Out: text on stdout, remarks on stderr, the exit code. Called by ``glmkit.commands``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from glmkit.chat.protocol import encode_conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import AS_IS
from glmkit.config import CheckConfig, ConvertConfig, ShowConfig
from glmkit.data.bad_rows import bad_rows_file
from glmkit.data.check import check, render_report
from glmkit.data.check_page import render_page
from glmkit.data.check_report import CheckReport
from glmkit.data.convert import convert, write_lines
from glmkit.data.encode import count_targets
from glmkit.data.read import read, refuse_unusable
from glmkit.data.show import print_sample
from glmkit.data.whole_file import check_target
from glmkit.errors import MAX_PRINTED_PROBLEMS, ConfigError, DataError, message, notice
from glmkit.report.charts import make_bins, print_histogram

TERMINAL_BINS = 12


def run_convert(config: ConvertConfig) -> int:
    """Convert and print what was kept, left out and why, lost in the target's format, and the histogram of lengths."""
    counts = convert(
        config.source,
        config.target,
        config.source_format or None,
        config.target_format,
        config.tools_layout,
        config.skip_bad,
    )
    num_skipped = counts.skipped_places.total
    print(message("data-converted", target=config.target, kept=counts.kept, skipped=num_skipped))
    for reason, count in counts.skipped.items():
        print(message("data-skip-count", count=count, reason=reason))
    for skipped in counts.skipped_places[:MAX_PRINTED_PROBLEMS]:
        print(message("data-skip-place", place=skipped.place, reason=skipped.reason))
    if num_skipped > MAX_PRINTED_PROBLEMS:
        print("    " + message("cli-more-problems", count=num_skipped - MAX_PRINTED_PROBLEMS))
    for code, loss in counts.losses.items():
        print(message("data-loss", count=loss.count, what=message(code), place=loss.first_place))
    if counts.num_text_tools:
        values = {"count": counts.num_text_tools, "total": counts.kept, "layout": config.tools_layout}
        print(message("data-tools-kept", **values))
    histogram = ", ".join(f"{length}: {count}" for length, count in counts.histogram.items())
    print(message("data-histogram", histogram=histogram))
    if counts.remarks.counts:
        print("\n".join(counts.remarks.lines()))
    return 0


def run_check(config: CheckConfig) -> int:
    """Print the report, and write it as a page where one is asked for.

    Raises:
        StorageError: the page cannot be written.
        DataError: the file has faults, or nothing in it would be trained on.
    """
    if config.report:
        check_target(Path(config.report), config.file, config.skip_bad)
    tokenizer = Tokenizer.from_file(config.tokenizer) if config.tokenizer else None
    report = check(
        config.file,
        config.source_format or None,
        tokenizer,
        config.max_seq_len,
        config.truncate,
        config.tools_layout,
        config.skip_bad,
    )
    print(render_report(report))
    if sys.stdout.isatty() and report.num_conversations > 1:  # a picture is for eyes; a pipe gets the lines alone
        print_lengths(report, sys.stdout)
    if config.report:
        write_lines(Path(config.report), [render_page(report)])
        print(message("data-check-page", path=config.report))
    refuse_unusable(config.file, report.num_conversations, report.problems, report.skipped)
    if report.lost_samples.total == report.num_conversations:
        raise DataError("data-no-sample-left", count=report.num_conversations, max_seq_len=config.max_seq_len)
    return 0


def print_lengths(report: CheckReport, stream: TextIO) -> None:
    """Print how many conversations are how long, as a small picture."""
    limit = report.max_seq_len if report.unit == "tokens" else 0
    unit = message("report-tokens" if report.unit == "tokens" else "report-characters")
    bins = make_bins(report.lengths, TERMINAL_BINS, reach=limit if report.num_cut else 0)
    print_histogram(message("data-check-histogram", unit=unit), bins, limit, f"> max_seq_len {limit}", stream)


def run_show(config: ShowConfig) -> int:
    """Print one sample token by token."""
    tokenizer = Tokenizer.from_file(config.tokenizer)
    with bad_rows_file(config.skip_bad, config.file) as bad_rows:
        layout = config.tools_layout if config.skip_bad else AS_IS  # of other rows than the one shown, no matter
        conversations = read(config.file, config.source_format or None, bad_rows, layout)
    if not 0 <= config.index < len(conversations):
        raise ConfigError("data-show-index", where="index", value=config.index, count=len(conversations))
    sample = encode_conversation(
        conversations[config.index], tokenizer, config.max_seq_len, config.truncate, tools_layout=config.tools_layout
    )
    notice(
        "data-show-title",
        index=config.index,
        count=len(conversations),
        place=sample.source,
        tokens=len(sample.input_ids),
        labels=count_targets(sample),
        cut=sample.cut_tokens,
    )
    print_sample(sample, tokenizer)
    return 0
