"""What `glmkit eval --suite` does and prints; the questions are asked in ``suite``.

In: an EvalConfig. Out: a table on stdout, remarks on stderr, the exit code. Called by ``commands``.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import torch
from rich.console import Console
from rich.table import Table

from glmkit.config import EvalConfig
from glmkit.errors import message, notice
from glmkit.evaluation.command import INTERRUPTED, check_output, load_asked
from glmkit.evaluation.report import Bar, print_failures, print_side_by_side
from glmkit.evaluation.result import drawn
from glmkit.evaluation.suite import PARTS, Comparison, SuiteResult, compare, read_verdicts, run_suite
from glmkit.loading import load_tokenizer

NAMES = {
    "chat": "evaluation-suite-chat",
    "tools": "evaluation-suite-tools",
    "code": "evaluation-suite-code",
    "all": "evaluation-suite-all",
}


def run_suite_command(config: EvalConfig) -> int:
    """Ask, print how much was right and what got worse, write the JSON file; return the exit code."""
    check_output(config.output)
    earlier = read_verdicts(config.compare) if config.compare else None
    if config.threads:
        torch.set_num_threads(config.threads)
    tokenizer = load_tokenizer(config.tokenizer or config.model)
    model = load_asked(config)
    with Bar() as bar:
        result = run_suite(
            model,
            tokenizer,
            asdict(config),
            limit=config.limit,
            seed=config.seed,
            max_tokens=config.max_tokens,
            max_batch=config.max_batch,
            advance=bar.advance,
        )
    if earlier is None:
        print_suite(result, config.model, sys.stdout)
        failed = [answer for answer in result.answers.values() if answer.is_failure]
        print_failures(drawn(failed, config.failures, config.seed), len(failed), sys.stdout)
        notice("evaluation-suite-keep")
    else:
        comparison = compare(result, earlier)
        print_comparison(comparison, config.model, sys.stdout)
        shown = drawn(comparison.forgotten, config.failures, config.seed)
        values = {"count": len(shown), "total": len(comparison.forgotten)}
        print_side_by_side(message("evaluation-suite-forgotten", **values), shown, sys.stdout)
    if config.output:
        result.save(Path(config.output))
        notice("evaluation-saved", path=config.output)
    if result.is_complete:
        return 0
    notice("evaluation-interrupted")
    return INTERRUPTED


def print_suite(result: SuiteResult, model: str, stream: TextIO) -> None:
    """Print how much of each part was right."""
    columns = ("", message("evaluation-suite-questions"), message("evaluation-suite-right"))
    table = _table(model, *columns)
    for part in (*PARTS, "all"):
        asked = [answer for (name, _, _), answer in result.answers.items() if part in (name, "all")]
        if asked:
            right = sum(not answer.is_failure for answer in asked)
            table.add_row(message(NAMES[part]), str(len(asked)), f"{right / len(asked):.1%}")
    Console(file=stream).print(table)


def print_comparison(comparison: Comparison, model: str, stream: TextIO) -> None:
    """Print each part before and now, and in one sentence whether anything got worse."""
    columns = (
        "evaluation-suite-questions",
        "evaluation-suite-was",
        "evaluation-suite-right",
        "evaluation-suite-change",
    )
    table = _table(model, "", *map(message, columns))
    total = sum(count for count, _, _ in comparison.shares.values())
    was, now = (sum(row[0] * row[side] for row in comparison.shares.values()) / total for side in (1, 2))
    for part, (count, before, after) in {**comparison.shares, "all": (total, was, now)}.items():
        change = f"{100 * (after - before):+.1f}"
        table.add_row(message(NAMES[part]), str(count), f"{before:.1%}", f"{after:.1%}", change)
    Console(file=stream).print(table)
    count = len(comparison.forgotten)
    values = {"count": count, "total": comparison.num_known}
    print(message("evaluation-suite-worse", **values) if count else message("evaluation-suite-same"), file=stream)


def _table(model: str, *columns: str) -> Table:
    table = Table(*columns, title=message("evaluation-suite-title", model=model))
    for column in table.columns[1:]:
        column.justify = "right"
    return table
