"""``report.html`` of the quickstart: before and after at one look, the loss, some answers, how to go on.

In: what was measured before and after. Out: one HTML file that needs nothing else. Written by ``command``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from glmkit.errors import message
from glmkit.quickstart.config import QuickstartConfig
from glmkit.quickstart.division import Division
from glmkit.quickstart.measuring import Measured, Said
from glmkit.quickstart.tuning import RUN
from glmkit.report.charts import bar
from glmkit.report.curve import smooth
from glmkit.report.lines import line_chart
from glmkit.report.markup import Html, escaped
from glmkit.report.page import details, document, paragraph, section, table, tiles

ROWS = {  # name among the counts -> message code
    "tuned": "quickstart-row-tuned",
    "absent": "quickstart-row-absent",
    "rule": "quickstart-row-rule",
    "old": "quickstart-row-old",
}
SKILLS = {
    "old_chat": "evaluation-suite-chat",
    "old_tools": "evaluation-suite-tools",
    "old_code": "evaluation-suite-code",
}
MAX_LOSS_OF_OLD_SKILLS = 0.03
MAX_EXAMPLES, MAX_SAID = 4, 200


def render_quickstart_page(
    config: QuickstartConfig,
    division: Division,
    before: Measured,
    after: Measured,
    seconds: Mapping[str, float],
    commands: Sequence[tuple[str, str]],
) -> str:
    """Return the page in the user's language."""
    losses = losses_of(Path(config.output) / RUN / "metrics.jsonl")
    smoothed = smooth(losses)
    values = {
        "model": config.model,
        "tuning": len(division.tuning),
        "steps": len(losses),
        "groups": division.num_groups,
    }
    series = [(message("report-run-raw"), losses), (message("report-run-smoothed"), smoothed)]
    label = message("report-run-loss-picture", first=f"{smoothed[0]:.4g}", last=f"{smoothed[-1]:.4g}")
    blocks = [
        paragraph(message("quickstart-page-lead", **values)),
        tiles(
            (message(ROWS[name]), f"{was:.0%} → {now:.0%}", tone(name, was, now))
            for name, was, now, _ in changes(before, after, [*ROWS])
        ),
        section(message("quickstart-page-table"), _comparison(before, after)),
        section(message("report-run-loss"), line_chart(series, label=label, unit=message("report-run-axis"))),
        section(message("quickstart-page-examples"), _examples(before, after)),
        section(message("quickstart-page-go-on"), _commands(commands)),
        details(message("quickstart-page-all"), _all_said(before, after)),
        details(message("quickstart-page-time"), _times(seconds)),
    ]
    return document(message("quickstart-page-title", model=config.model), *blocks, foot=message("report-foot"))


def losses_of(metrics: Path) -> list[float]:
    """Return the training losses of a run."""
    rows = [json.loads(line) for line in metrics.read_text(encoding="utf-8").splitlines()]
    return [row["loss"] for row in rows if "loss" in row]


def changes(before: Measured, after: Measured, names: Sequence[str]) -> list[tuple[str, float, float, int]]:
    """Return (name, share before, share after, questions) of what was measured both times."""
    found = [name for name in names if name in before.counts and name in after.counts]
    return [(n, before.counts[n].share, after.counts[n].share, after.counts[n].total) for n in found]


def tone(name: str, was: float, now: float) -> str:
    """Return how a change reads: "good", "bad" or neither."""
    if name.startswith("old"):
        return "bad" if was - now > MAX_LOSS_OF_OLD_SKILLS else "good"
    return "good" if now > was else "bad" if now < was else ""


def _comparison(before: Measured, after: Measured) -> Html:
    headers = (
        "",
        message("quickstart-column-questions"),
        message("quickstart-column-before"),
        message("quickstart-column-after"),
        message("quickstart-column-change"),
    )
    rows = [
        (
            message({**ROWS, **SKILLS}[name]),
            count,
            bar(was, f"{was:.1%}"),
            bar(now, f"{now:.1%}"),
            f"{100 * (now - was):+.1f}",
        )
        for name, was, now, count in changes(before, after, [*ROWS, *SKILLS])
    ]
    return table(headers, rows)


def _examples(before: Measured, after: Measured) -> Html:
    """Requests that went wrong before and right after; calls and texts in turn."""
    pairs = list(zip(before.said, after.said, strict=True))
    chosen = [pair for pair in pairs if not pair[0].is_right and pair[1].is_right] or pairs
    step = max(1, len(chosen) // MAX_EXAMPLES)
    return _said(chosen[::step][:MAX_EXAMPLES])


def _all_said(before: Measured, after: Measured) -> Html:
    return _said(list(zip(before.said, after.said, strict=True)))


def _said(pairs: Sequence[tuple[Said, Said]]) -> Html:
    headers = (
        message("quickstart-column-request"),
        message("quickstart-column-wanted"),
        message("quickstart-column-before"),
        message("quickstart-column-after"),
    )
    return table(headers, [(old.request, old.wanted, old.given, new.given) for old, new in pairs], limit=MAX_SAID)


def _commands(commands: Sequence[tuple[str, str]]) -> Html:
    return table(
        (message("quickstart-column-what"), message("quickstart-column-command")),
        [(message(code), Html(f"<code>{escaped(line, limit=2_000)}</code>")) for code, line in commands],
    )


def _times(seconds: Mapping[str, float]) -> Html:
    headers = (message("quickstart-column-stage"), message("quickstart-column-seconds"))
    return table(headers, [(message(code), round(value, 1)) for code, value in seconds.items()])
