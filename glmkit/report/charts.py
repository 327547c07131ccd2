"""Histograms: values -> bins -> an inline picture that scales with the page, or lines of a terminal.

In: whole numbers and limits to mark. Out: Html, or lines of text. Bars are SVG, words are HTML around it, so that words
keep their size on a narrow screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from glmkit.report.markup import Html, escaped, joined

PLOT_HEIGHT = 100.0  # of the viewBox; the style sheet gives the pixels
BAR_SHARE = 0.88  # of a bin's width, so that neighbours are told apart
TAIL_SHARE = 0.01  # of the values may lie in the last, open bin when they lie far out
OPEN_TICK_SHARE = 0.85  # ticks further right would run into the open bin's
TERMINAL_COLUMNS = 40
BLOCKS = "▏▎▍▌▋▊▉█"  # eighths of a cell


@dataclass(frozen=True, slots=True)
class Bin:
    """Values from ``start`` to ``end``, both included; ``end`` None: and all above."""

    start: int
    end: int | None
    count: int

    @property
    def text(self) -> str:
        """The range as a reader writes it."""
        if self.end is None:
            return f"≥ {self.start:,}"
        return f"{self.start:,}" if self.start == self.end else f"{self.start:,}–{self.end:,}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at ``value``."""

    value: int
    label: str


def nice_width(width: float) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... that is at least ``width``."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= width:
                return digit * power
        power *= 10


def make_bins(values: Iterable[int], max_bins: int, reach: int = 0) -> list[Bin]:
    """Return bins of one round width from 0 that hold all values >= 0, at most ``max_bins`` of them.

    When a few values lie far beyond the others, and beyond ``reach``, the last bin is open and holds them: the others
    keep their shape, and ``reach`` can be marked.
    """
    ordered = sorted(values)
    if not ordered:
        return []
    usual = max(reach, ordered[int((len(ordered) - 1) * (1 - TAIL_SHARE))])
    is_open = ordered[-1] > 2 * usual + max_bins
    top = usual if is_open else ordered[-1]
    width = nice_width((top + 1) / (max_bins - is_open))
    num_closed = top // width + 1
    counts = [0] * (num_closed + 1)
    for value in ordered:
        counts[min(value // width, num_closed)] += 1
    bins = [Bin(i * width, (i + 1) * width - 1, counts[i]) for i in range(num_closed)]
    return [*bins, Bin(num_closed * width, None, counts[-1])] if counts[-1] else bins


def histogram(bins: Sequence[Bin], marks: Sequence[Mark] = (), *, label: str, unit: str) -> Html:
    """Draw the bins; hovering tells a bar's range and count. Marks beyond the last bin are left out.

    Args:
        bins: what ``make_bins`` gave.
        marks: limits to draw.
        label: what the picture shows, for those who cannot see it.
        unit: under the axis.
    """
    most = max(1, *(item.count for item in bins))
    width = bins[0].end + 1 if bins[0].end is not None else 1
    span = len(bins) * width
    bars = []
    for i, item in enumerate(bins):
        height = PLOT_HEIGHT * item.count / most
        kind = "" if item.end is not None else ' class="open"'
        bars.append(
            Html(
                f'<rect{kind} x="{i + (1 - BAR_SHARE) / 2:.2f}" y="{PLOT_HEIGHT - height:.2f}" width="{BAR_SHARE}" '
                f'height="{height:.2f}"><title>{escaped(f"{item.text}: {item.count:,}")}</title></rect>'
            )
        )
    drawn = sorted((mark for mark in marks if 0 < mark.value <= span), key=lambda mark: mark.value)
    lines, labels = [], []
    for level, mark in enumerate(drawn):
        share = 100 * mark.value / span
        lines.append(
            Html(f'<i class="mark" style="left:{share:.2f}%;top:-{1.3 * (len(drawn) - level) - 0.3:.1f}em"></i>')
        )
        side = f"left:{share:.2f}%" if share < 50 else f"right:{100 - share:.2f}%"
        labels.append(Html(f'<span style="{side};top:{1.3 * level:.1f}em">{escaped(mark.label)}</span>'))
    head = f'<div class="marks" style="height:{1.3 * len(drawn) + 0.2:.1f}em">{joined(labels)}</div>'
    return Html(
        f'<figure class="chart">{head}'
        f'<div class="plot"><b class="most">{most:,}</b>{joined(lines)}'
        f'<svg viewBox="0 0 {len(bins)} {PLOT_HEIGHT:.0f}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escaped(label)}">{joined(bars)}</svg></div>'
        f'<div class="axis">{_ticks(bins, span)}</div><figcaption>{escaped(unit)}</figcaption></figure>'
    )


def _ticks(bins: Sequence[Bin], span: int) -> Html:
    """Numbers under the axis: about five, at the starts of bins; the open one has its own."""
    every = nice_width(len(bins) / 5)
    width = span // len(bins)
    last = bins[-1]
    ticks = [
        Html(f'<span style="left:{100 * i / len(bins):.2f}%">{escaped(f"{i * width:,}")}</span>')
        for i in range(0, len(bins), every)
        if last.end is not None or i < OPEN_TICK_SHARE * len(bins)
    ]
    if last.end is None:
        ticks.append(Html(f'<span class="open">{escaped(last.text)}</span>'))
    return joined(ticks)


class Bar(Html):
    """The content of a table cell that wants half of the table."""


def bar(share: float, text: str) -> Bar:
    """A bar that is ``share`` (0 to 1) of its cell wide, and its text; ``table`` gives it the room."""
    return Bar(
        f'<span class="bar"><svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{100 * min(1.0, max(0.0, share)):.2f}" height="1"/></svg></span>'
        f'<span class="barvalue">{escaped(text)}</span>'
    )


def print_histogram(title: str, bins: Sequence[Bin], limit: int, beyond: str, stream: TextIO) -> None:
    """Print the bins as lines of blocks; on a terminal in colour, and those beyond ``limit`` in another one.

    Args:
        title: the line above.
        bins: what ``make_bins`` gave.
        limit: bins that hold only larger values carry the word ``beyond``; 0: no limit.
        beyond: what to say behind such a bin.
        stream: where to print.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    console.print(Text(title))
    most = max(1, *(item.count for item in bins))
    wide = max(len(item.text) for item in bins)
    for item in bins:
        is_beyond = 0 < limit < item.start
        tail = f"  {beyond}" if is_beyond else ""
        style = "yellow" if is_beyond else "blue"
        console.print(
            Text.assemble(f"  {item.text:>{wide}}  ", (blocks(item.count, most), style), f" {item.count:,}{tail}")
        )


def blocks(count: int, most: int) -> str:
    """Return a bar of block characters, TERMINAL_COLUMNS wide for ``most``; any count above 0 shows."""
    eighths = -(-count * TERMINAL_COLUMNS * 8 // most)
    return BLOCKS[-1] * (eighths // 8) + (BLOCKS[eighths % 8 - 1] if eighths % 8 else "")
