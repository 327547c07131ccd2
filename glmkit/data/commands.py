"""What `glmkit data convert`, `check` and `show` print; the work is done by the files beside this one.

In: the command's config. Out: text on stdout, remarks on stderr, the exit code. Called by ``glmkit.commands``.
"""

from __future__ import annotations

from glmkit.chat.protocol import encode_conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import CheckConfig, ConvertConfig, ShowConfig
from glmkit.data.check import check, render_report
from glmkit.data.convert import convert
from glmkit.data.encode import count_targets
from glmkit.data.read import read, refuse_unusable
from glmkit.data.show import print_sample
from glmkit.errors import MAX_PRINTED_PROBLEMS, ConfigError, DataError, message, notice


def run_convert(config: ConvertConfig) -> int:
    """Convert and print what was kept, what was left out and why, and the histogram of lengths."""
    counts = convert(config.source, config.target, config.source_format or None)
    num_skipped = counts.skipped_places.total
    print(message("data-converted", target=config.target, kept=counts.kept, skipped=num_skipped))
    for reason, count in counts.skipped.items():
        print(message("data-skip-count", count=count, reason=reason))
    for skipped in counts.skipped_places[:MAX_PRINTED_PROBLEMS]:
        print(message("data-skip-place", place=skipped.place, reason=skipped.reason))
    if num_skipped > MAX_PRINTED_PROBLEMS:
        print("    " + message("cli-more-problems", count=num_skipped - MAX_PRINTED_PROBLEMS))
    histogram = ", ".join(f"{length}: {count}" for length, count in counts.histogram.items())
    print(message("data-histogram", histogram=histogram))
    return 0


def run_check(config: CheckConfig) -> int:
    """Print the report.

    Raises:
        DataError: the file has faults, or nothing in it would be trained on.
    """
    tokenizer = Tokenizer.from_file(config.tokenizer) if config.tokenizer else None
    report = check(config.file, config.source_format or None, tokenizer, config.max_seq_len, config.truncate)
    print(render_report(report))
    refuse_unusable(config.file, report.num_conversations, report.problems, report.skipped)
    if report.lost_samples.total == report.num_conversations:
        raise DataError("data-no-sample-left", count=report.num_conversations, max_seq_len=config.max_seq_len)
    return 0


def run_show(config: ShowConfig) -> int:
    """Print one sample token by token."""
    tokenizer = Tokenizer.from_file(config.tokenizer)
    conversations = read(config.file, config.source_format or None)
    if not 0 <= config.index < len(conversations):
        raise ConfigError("data-show-index", where="index", value=config.index, count=len(conversations))
    sample = encode_conversation(conversations[config.index], tokenizer, config.max_seq_len, config.truncate)
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
