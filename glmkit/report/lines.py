"""A line over the steps of a run, as an inline picture that scales with the page.

In: one or two series of numbers. Out: Html. Lines are SVG, words are HTML around it, as in ``charts``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from glmkit.report.charts import nice_width
from glmkit.report.markup import Html, escaped, joined

MAX_POINTS = 800  # about the pixels of a page's width
WIDTH, HEIGHT = 1000, 100  # of the viewBox
DECADES = 20.0  # a fall by more than this factor is a flat line on a linear axis


def thinned(values: Sequence[float]) -> list[tuple[int, float]]:
    """Return (index, value) of at most MAX_POINTS values: the lowest and highest of each stretch, so spikes stay."""
    if len(values) <= MAX_POINTS:
        return list(enumerate(values))
    points: list[tuple[int, float]] = []
    stretch = -(-2 * len(values) // MAX_POINTS)
    for start in range(0, len(values), stretch):
        indices = range(start, min(len(values), start + stretch))
        ends = {min(indices, key=lambda i: values[i]), max(indices, key=lambda i: values[i])}
        points += [(i, values[i]) for i in sorted(ends)]
    return points


def nice_ticks(low: float, high: float) -> list[float]:
    """Return three to six round numbers within [low, high]; ``low`` alone when both are the same."""
    if not high > low:
        return [low]
    unit = 10.0 ** (math.floor(math.log10(high - low)) - 1)
    step = nice_width((high - low) / unit / 5) * unit
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def line_chart(
    series: Sequence[tuple[str, Sequence[float]]], *, label: str, unit: str, from_zero: bool = False
) -> Html:
    """Draw series of equal length, at most two, the last one boldest; the x axis counts from 1.

    Args:
        series: (name, values) each; all values finite. The y axis is logarithmic when they are positive and fall or
            rise by more than a factor of 20.
        label: what the picture shows, for those who cannot see it.
        unit: under the axis.
        from_zero: the y axis begins at 0.
    """
    everything = [value for _, values in series for value in values]
    low, high = min(everything), max(everything)
    is_log = not from_zero and low > 0 and high > DECADES * low
    low = 0.0 if from_zero else low
    scale = math.log10 if is_log else float
    bottom, span = scale(low), scale(high) - scale(low) or 1.0
    count = len(series[0][1])

    def height(value: float) -> float:
        return HEIGHT * (1 - (scale(value) - bottom) / span)

    lines = []
    for number, (name, values) in enumerate(series):
        path = " ".join(f"{WIDTH * i / max(1, count - 1):.1f},{height(value):.2f}" for i, value in thinned(values))
        kind = "line" if number == len(series) - 1 else "line raw"
        lines.append(Html(f'<polyline class="{kind}" points="{path}"><title>{escaped(name)}</title></polyline>'))
    if is_log:
        ticks = [10.0**power for power in range(math.ceil(bottom), math.floor(bottom + span) + 1)]
    else:
        ticks = nice_ticks(low, high)
    grid = joined(
        Html(f'<span class="grid" style="top:{height(tick):.2f}%"><b>{escaped(f"{tick:.4g}")}</b></span>')
        for tick in ticks
    )
    every = nice_width(count / 6)
    steps = [1, *range(every, count + 1, every)] if every > 1 else range(1, count + 1)
    axis = joined(
        Html(f'<span style="left:{100 * (step - 1) / max(1, count - 1):.2f}%">{escaped(f"{step:,}")}</span>')
        for step in steps
        if (step - 1) < 0.95 * max(1, count - 1)
    )
    names = joined(
        Html(f'<span class="key{" raw" if number < len(series) - 1 else ""}">{escaped(name)}</span> ')
        for number, (name, _) in enumerate(series)
    )
    return Html(
        f'<figure class="chart"><div class="plot">{grid}<svg viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="none" role="img" aria-label="{escaped(label)}">{joined(lines)}</svg></div>'
        f'<div class="axis">{axis}</div><figcaption>{escaped(unit)} {names}</figcaption></figure>'
    )
