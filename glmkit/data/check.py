"""What is in a data file, and what is wrong with it: the numbers behind `glmkit data check`.

In: a file, perhaps a tokenizer and a length limit. Out: a CheckReport, and its text. No model is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from glmkit.chat.printable import printable
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import AS_IS
from glmkit.data.bad_rows import bad_rows_file
from glmkit.data.check_report import CheckReport, find_duplicates
from glmkit.data.counting import FileSettings
from glmkit.data.prepare import move_bad_rows, prepare
from glmkit.errors import message

MAX_LISTED = 12


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
    settings = FileSettings(
        path=str(path),
        source_format=source_format or "",
        max_seq_len=max_seq_len,
        truncate=truncate,
        tools_layout=tools_layout,
    )
    with bad_rows_file(skip_bad, path) as bad_rows:
        prepared = prepare(settings, tokenizer)
        move_bad_rows(prepared, bad_rows)
    find_duplicates(prepared.report)
    return prepared.report


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
