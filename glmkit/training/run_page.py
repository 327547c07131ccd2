"""``report.html`` of a run: what was trained with which settings, and how it went, for the eye.

In: the rows of ``metrics.jsonl`` and the settings. Out: one HTML file that needs nothing else. Written by the loop
beside ``curve.png``, and whenever that is drawn anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glmkit.config import TrainConfig
from glmkit.errors import message
from glmkit.report.curve import smooth
from glmkit.report.lines import line_chart
from glmkit.report.markup import Html
from glmkit.report.page import details, document, paragraph, section, table, tiles
from glmkit.training.progress import clock_time, settings_of

MAX_STEPS_SHOWN = 40


def render_run_page(config: TrainConfig, rows: Sequence[Mapping[str, Any]], total_steps: int) -> str:
    """Return the page in the user's language; ``rows`` holds the steps done so far, one at least."""
    losses = [row["loss"] for row in rows]
    smoothed = smooth(losses)
    seconds, tokens = sum(row["seconds"] for row in rows), sum(row["tokens"] for row in rows)
    labels = sum(row["labels"] for row in rows)
    is_done = len(rows) >= total_steps
    data = ", ".join(file.path for file in config.data_files) or "-"
    said: dict[str, Any] = {"model": config.model, "data": data, "method": config.method}
    said |= {"steps": len(rows), "total": total_steps, "epochs": f"{rows[-1]['epoch']:g}"}
    figures = [
        (message("report-run-steps"), f"{len(rows):,}", ""),
        (message("report-run-loss-first"), f"{smoothed[0]:.4g}", ""),
        (message("report-run-loss-last"), f"{smoothed[-1]:.4g}", "good" if smoothed[-1] < smoothed[0] else ""),
        (message("report-run-tokens"), f"{tokens:,}", ""),
        (message("report-labelled"), f"{labels / max(1, tokens):.1%}", ""),
        (message("report-run-rate"), f"{tokens / seconds:,.0f}" if seconds else "-", ""),
        (message("report-run-time"), clock_time(seconds), ""),
    ]
    blocks = [
        paragraph(message("report-run-done" if is_done else "report-run-part", **said)),
        tiles(figures),
        section(message("report-run-loss"), _loss_picture(losses, smoothed)),
        section(message("report-run-lr"), _rate_picture([row["lr"] for row in rows])),
        section(message("report-run-norm"), _norm_picture([row["grad_norm"] for row in rows])),
        section(message("report-run-settings"), _settings(config)),
        details(message("report-run-some-steps"), _steps(rows)),
    ]
    return document(message("report-run-title", name=config.name), *blocks, foot=message("report-foot"))


def _loss_picture(losses: Sequence[float], smoothed: Sequence[float]) -> Html:
    label = message("report-run-loss-picture", first=f"{smoothed[0]:.4g}", last=f"{smoothed[-1]:.4g}")
    series = [(message("report-run-raw"), losses), (message("report-run-smoothed"), smoothed)]
    return line_chart(series, label=label, unit=message("report-run-axis"))


def _rate_picture(rates: Sequence[float]) -> Html:
    name = message("report-run-lr")
    return line_chart([(name, rates)], label=name, unit=message("report-run-axis"), from_zero=True)


def _norm_picture(norms: Sequence[float]) -> Html:
    name = message("report-run-norm")
    return line_chart([(name, norms)], label=name, unit=message("report-run-axis"))


def _settings(config: TrainConfig) -> Html:
    headers = (message("report-run-setting"), message("report-run-value"))
    rows = [(name, str(value)) for name, value in settings_of(config).items()]
    return table(headers, rows, limit=len(rows))


def _steps(rows: Sequence[Mapping[str, Any]]) -> Html:
    """Steps at even distances, the first and the last among them."""
    count = min(len(rows), MAX_STEPS_SHOWN)
    chosen = [rows[i * (len(rows) - 1) // max(1, count - 1)] for i in range(count)]
    columns = (
        "report-run-step",
        "report-run-step-loss",
        "report-run-lr",
        "report-run-norm",
        "report-run-tokens",
        "report-run-rate",
    )
    cells = [
        (
            row["step"],
            f"{row['loss']:.4f}",
            f"{row['lr']:.3g}",
            f"{row['grad_norm']:.3g}",
            row["tokens"],
            f"{row['tokens_per_s']:,.0f}",
        )
        for row in chosen
    ]
    return table([*map(message, columns)], cells)
