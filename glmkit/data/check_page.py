"""The page of `glmkit data check --report`: a CheckReport for the eye.

In: a CheckReport. Out: one HTML file that needs nothing else. The blocks it is made of are in ``glmkit.report``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from glmkit.config import TrainConfig
from glmkit.data.check_report import SHARE_BINS, CheckReport
from glmkit.data.patterns import Example
from glmkit.data.plan import ROUND_TO, RowFill, plan_fill
from glmkit.data.remarks import KINDS
from glmkit.errors import Problem, message
from glmkit.report.charts import Bin, Mark, bar, histogram, make_bins
from glmkit.report.markup import Html, escaped
from glmkit.report.page import counted, details, document, paragraph, section, table, tiles
from glmkit.report.tokens import legend, token_runs

LENGTH_BINS, TURN_BINS = 40, 30
MAX_TOP_TOOLS, MAX_TOOLS, MAX_DUPLICATES, MAX_PATTERN_ROWS, MAX_EXAMPLES_SHOWN = 15, 200, 20, 20, 16
PERCENTILES = (1, 10, 25, 50, 75, 90, 95, 99, 100)
# The defaults of training, beside a smaller row and the largest that the published runs use.
DEFAULTS: dict[str, Any] = {item.name: item.default for item in fields(TrainConfig)}
DEFAULT_ROW: int = DEFAULTS["max_tokens_per_row"]
SAMPLES_PER_STEP: int = DEFAULTS["samples_per_step"]
ROW_LIMITS = tuple(sorted({4096, DEFAULT_ROW, 18432}))


def render_page(report: CheckReport) -> str:
    """Return the page in the user's language; under 2 MB whatever the file holds."""
    blocks = [*_head(report), *_faults(report)]
    if report.num_conversations:
        blocks += [_lengths(report)]
        if report.unit == "tokens":
            blocks += [_fill(report), _labels(report)]
        blocks += [_roles(report), *_tools(report), *_patterns(report), *_duplicates(report)]
    title = message("report-data-title", name=Path(report.path).name)
    return document(title, *blocks, foot=message("report-foot"))


def row_fills(report: CheckReport) -> list[RowFill]:
    """Return what packing would make of the samples at each of ROW_LIMITS."""
    return [plan_fill(report.packed_lengths, limit, SAMPLES_PER_STEP) for limit in ROW_LIMITS]


def _head(report: CheckReport) -> Iterator[Html]:
    is_tokens = report.unit == "tokens"
    values = {
        "path": report.path,
        "conversations": report.num_conversations,
        "format": report.format or "?",
        "messages": report.roles.total(),
        "total": sum(report.lengths),
    }
    if is_tokens:
        yield paragraph(message("report-data-tokens", share=f"{report.labelled_share:.1%}", **values))
    else:
        yield paragraph(message("report-data-characters", **values))
    num_faults = report.problems.total
    if num_faults:
        yield paragraph(message("report-data-bad", count=num_faults), tone="bad")
    elif report.num_conversations:
        yield paragraph(message("report-data-good"), tone="good")
    figures = [
        (message("report-conversations"), f"{report.num_conversations:,}", ""),
        (message("report-messages"), f"{report.roles.total():,}", ""),
        (message("report-tokens" if is_tokens else "report-characters"), f"{sum(report.lengths):,}", ""),
    ]
    if is_tokens:
        figures.append((message("report-labelled"), f"{report.labelled_share:.1%}", ""))
        figures.append((message("report-cut"), f"{report.num_cut:,}", ""))
    figures.append((message("report-duplicates"), f"{report.duplicates.total:,}", ""))
    figures.append((message("report-faults"), f"{num_faults:,}", "bad" if num_faults else "good"))
    yield tiles(figures)
    if not is_tokens:
        yield paragraph(message("report-data-no-tokenizer"), tone="note")


def _faults(report: CheckReport) -> Iterator[Html]:
    headers = (message("report-place"), message("report-what"))
    if report.problems:
        yield section(
            message("report-faults"),
            table(headers, map(_problem_row, report.problems), total=report.problems.total),
        )
    remarks = report.remarks
    if remarks.counts:
        kinds = [(message(KINDS[code]), count) for code, count in remarks.counts.most_common()]
        names = (message("report-what"), message("report-count"), message("report-share"))
        examples = [example for code, _ in remarks.counts.most_common() for example in remarks.examples[code]]
        places = table(headers, map(_problem_row, examples), total=remarks.counts.total())
        yield section(message("report-remarks"), counted(names, kinds, remarks.counts.total()), places)
    if report.skipped:
        reasons = Counter(item.reason for item in report.skipped).most_common()
        names = (message("report-reason"), message("report-count"), message("report-share"))
        headers = (message("report-place"), message("report-reason"))
        pairs = ((item.place, item.reason) for item in report.skipped)
        places = table(headers, pairs, limit=MAX_DUPLICATES, total=report.skipped.total)
        title = message("report-skipped")
        yield section(title, counted(names, reasons, report.skipped.total), details(title, places))


def _problem_row(problem: Problem) -> tuple[str, str]:
    return problem.where, message(problem.code, **problem.values)


def _numbers(bins: Sequence[Bin], whole: int) -> Html:
    """The numbers behind a picture, for those who want or need them."""
    headers = (message("report-range"), message("report-count"), message("report-share"))
    rows = counted(headers, ((item.text, item.count) for item in bins), whole, limit=len(bins))
    return details(message("report-numbers"), rows)


def _lengths(report: CheckReport) -> Html:
    is_tokens = report.unit == "tokens"
    unit = message("report-tokens" if is_tokens else "report-characters")
    limits = {"max_seq_len": report.max_seq_len, "max_tokens_per_row": DEFAULT_ROW} if is_tokens else {}
    bins = make_bins(report.lengths, LENGTH_BINS, reach=report.max_seq_len if is_tokens and report.num_cut else 0)
    marks = [Mark(value, f"{name} {value:,}") for name, value in limits.items()]
    low, *lengths, high = report.percentiles(0, *PERCENTILES, 100)
    label = message("report-lengths-picture", count=len(report.lengths), unit=unit, low=low, high=high)
    picture = histogram(bins, marks, label=label, unit=message("report-lengths-axis", unit=unit))
    percentiles = table(
        (message("report-percentile"), *(f"{percent}%" for percent in PERCENTILES)),
        [(message("report-length", unit=unit), *lengths)],
    )
    blocks = [picture]
    if is_tokens:
        blocks.append(paragraph(_cut_sentence(report)))
        if report.lost_samples:
            lost = message("report-lost", count=report.lost_samples.total, place=report.lost_samples[0])
            blocks.append(paragraph(lost, tone="bad"))
    return section(message("report-lengths"), *blocks, percentiles, _numbers(bins, len(report.lengths)))


def _cut_sentence(report: CheckReport) -> str:
    if not report.num_cut:
        return message("report-limit-fits", max_seq_len=report.max_seq_len)
    return message(
        "report-limit-cuts",
        max_seq_len=report.max_seq_len,
        truncate=report.truncate,
        count=report.num_cut,
        total=len(report.lengths),
        tokens=report.lost_tokens,
        labels=report.lost_labels,
    )


def _fill(report: CheckReport) -> Html:
    fills = row_fills(report)
    how = message("report-fill-how", samples=SAMPLES_PER_STEP, round_to=ROUND_TO, steps=fills[0].num_steps)
    headers = ("max_tokens_per_row", *map(message, ("report-fill-share", "report-fill-rows", "report-fill-length")))
    rows = [
        (
            message("report-fill-default", value=fill.max_tokens_per_row)
            if fill.max_tokens_per_row == DEFAULT_ROW
            else f"{fill.max_tokens_per_row:,}",
            bar(fill.share, f"{fill.share:.1%}"),
            fill.num_rows / max(1, fill.num_steps),
            round(fill.num_row_tokens / max(1, fill.num_rows)),
        )
        for fill in fills
    ]
    return section(message("report-fill"), paragraph(how, tone="note"), table(headers, rows))


def _labels(report: CheckReport) -> Html:
    share = f"{report.labelled_share:.1%}"
    said = message("report-labels-all", labelled=report.num_labels, total=sum(report.lengths), share=share)
    step = 100 // SHARE_BINS
    bins = [Bin(i * step, (i + 1) * step - 1, report.label_shares[i]) for i in range(SHARE_BINS)]
    label = message("report-labels-picture", count=report.num_conversations)
    picture = histogram(bins, label=label, unit=message("report-labels-axis"))
    return section(message("report-labels"), paragraph(said), picture, _numbers(bins, report.num_conversations))


def _roles(report: CheckReport) -> Html:
    headers = (message("report-role"), message("report-messages"), message("report-share"))
    roles = counted(headers, report.roles.most_common(), report.roles.total())
    bins = make_bins(report.turns.elements(), TURN_BINS)
    label, unit = message("report-turns-picture"), message("report-turns-axis")
    picture = histogram(bins, label=label, unit=unit)
    return section(message("report-roles"), roles, picture, _numbers(bins, report.num_conversations))


def _tools(report: CheckReport) -> Iterator[Html]:
    if report.tools:
        calls = report.tools.total()
        said = message("report-tools-all", calls=calls, tools=len(report.tools))
        headers = (message("report-tool"), message("report-calls"), message("report-share"))
        top = counted(headers, report.tools.most_common(MAX_TOP_TOOLS), calls)
        blocks = [paragraph(said), top]
        if len(report.tools) > MAX_TOP_TOOLS:
            every = counted(headers, report.tools.most_common(), calls, limit=MAX_TOOLS)
            blocks.append(details(message("report-tools-every"), every))
        yield section(message("report-tools"), *blocks)


def _patterns(report: CheckReport) -> Iterator[Html]:
    patterns = report.patterns
    ordered = patterns.counts.most_common()
    headers = (message("report-pattern"), message("report-conversations"), message("report-share"))
    pairs = ((" → ".join(pattern), count) for pattern, count in ordered)
    blocks = [counted(headers, pairs, report.num_conversations, limit=MAX_PATTERN_ROWS)]
    if patterns.num_other:
        blocks.append(paragraph(message("report-patterns-other", count=patterns.num_other), tone="note"))
    if patterns.examples:
        blocks.append(legend())
    shown = [pattern for pattern, _ in ordered if pattern in patterns.examples][:MAX_EXAMPLES_SHOWN]
    blocks += [_example(" → ".join(pattern), patterns.examples[pattern]) for pattern in shown]
    yield section(message("report-patterns"), *blocks)


def _example(title: str, example: Example) -> Html:
    about = message(
        "report-example",
        place=example.source,
        tokens=example.num_tokens,
        labels=example.num_labels,
        cut=example.cut_tokens,
    )
    return Html(
        f'<article class="example"><h3>{escaped(title)}<br><small>{escaped(about)}</small></h3>'
        f"{token_runs(example.runs, example.left_out)}</article>"
    )


def _duplicates(report: CheckReport) -> Iterator[Html]:
    if report.duplicates:
        headers = (message("report-place"), message("report-repeats"))
        rows = table(headers, report.duplicates, limit=MAX_DUPLICATES, total=report.duplicates.total)
        yield section(message("report-duplicates"), rows)
