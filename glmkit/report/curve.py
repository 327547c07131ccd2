"""Pictures of a run. In: plain lists of numbers. Out: files, each written whole or not at all.

Called by the training loop and by anyone who holds a list of losses. matplotlib is imported when a picture is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

INK, SOFT, ACCENT, SECOND = "#1f2933", "#c3ccd6", "#1f6feb", "#d97706"


def smooth(values: Sequence[float]) -> list[float]:
    """Return the mean of each value and its neighbours, a fiftieth of all on either side (fewer at the ends).

    Looking both ways keeps the curve on the values where they fall; an average over the past would hang behind.
    """
    reach = len(values) // 50 + 1
    sums = [0.0, *accumulate(values)]
    spans = [(max(0, i - reach), min(len(values), i + reach + 1)) for i in range(len(values))]
    return [(sums[end] - sums[start]) / (end - start) for start, end in spans]


def loss_curve(
    losses: Sequence[float],
    learning_rates: Sequence[float],
    path: str | os.PathLike[str],
    evaluations: Sequence[tuple[int, float]] = (),
) -> Path:
    """Draw loss (raw and smoothed) over the learning rate of every step into a PNG file.

    Args:
        losses: loss of step 1, 2, ...
        learning_rates: learning rate of the same steps.
        path: the picture; an earlier one is replaced in one move.
        evaluations: (step, loss on held-out data) of every evaluation.

    Raises:
        ValueError: the lists are empty or differ in length.
        OSError: the picture cannot be written; an earlier one is untouched.
    """
    if not losses or len(losses) != len(learning_rates):
        raise ValueError(f"need as many learning rates as losses, got {len(learning_rates)} and {len(losses)}")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    steps = range(1, len(losses) + 1)
    smoothed = smooth(losses)
    figure = Figure(figsize=(8, 5.2), dpi=150)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.1, right=0.92, top=0.97, bottom=0.1, hspace=0.08)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])

    dots = {"marker": "o", "markersize": 3} if len(losses) < 40 else {}
    top.plot(steps, losses, color=SOFT, linewidth=1, label="loss of a step", **dots)
    top.plot(steps, smoothed, color=ACCENT, linewidth=2, label="smoothed")
    top.annotate(
        f"{smoothed[-1]:.4g}",
        (len(losses), smoothed[-1]),
        xytext=(6, 0),
        textcoords="offset points",
        color=ACCENT,
        va="center",
        annotation_clip=False,
    )
    if evaluations:
        marks = {"color": SECOND, "marker": "o", "markersize": 4, "linewidth": 1.5, "label": "evaluation"}
        top.plot([step for step, _ in evaluations], [loss for _, loss in evaluations], **marks)
    top.set_ylabel("loss")
    if max(losses) > 20 * min(losses) > 0:  # a fall over more than one decade is a flat line on a linear axis
        top.set_yscale("log")
    top.legend(frameon=False, loc="upper right")
    bottom.plot(steps, learning_rates, color=SECOND, linewidth=1.5)
    bottom.set_ylabel("learning rate")
    bottom.set_ylim(bottom=0, top=1.1 * max(learning_rates) or 1.0)
    bottom.set_xlabel("optimizer step")
    bottom.set_xlim(1, max(2, len(losses)))
    bottom.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in (top, bottom):
        axes.grid(color="#eef1f4", linewidth=1)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(SOFT)
        axes.tick_params(colors=INK)

    path = Path(path)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        figure.savefig(unfinished, format="png")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
