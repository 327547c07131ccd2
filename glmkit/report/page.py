"""The blocks of a page, and the page: one file without scripts that loads nothing and reads well on paper, too.

In: texts and numbers; a plain str is always shown as text. Out: HTML. Called by whoever has something to report; what
the blocks say is decided there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from glmkit.errors import current_language, message
from glmkit.report.charts import Bar, bar
from glmkit.report.markup import Html, escaped, joined
from glmkit.report.style import STYLE

Cell = str | int | float | Html
MAX_ROWS = 50  # of a table; what comes after is counted
LONG_FIGURE = 8  # characters that fit a tile in large type
LANGUAGE_TAGS = {"en": "en", "zh": "zh-CN"}


def paragraph(*texts: str, tone: str = "") -> Html:
    """Sentences; ``tone`` is "", "note", "good" or "bad"."""
    kind = f' class="{escaped(tone)}"' if tone else ""
    return Html(f"<p{kind}>{' '.join(escaped(text, limit=2_000) for text in texts)}</p>")


def tiles(figures: Iterable[tuple[str, str, str]]) -> Html:
    """Key figures: (what, figure, tone) side by side."""
    return Html(f'<dl class="tiles">{joined(_tile(*figure) for figure in figures)}</dl>')


def _tile(what: str, figure: str, tone: str) -> Html:
    kind = f"tile {tone}{' long' if len(figure) > LONG_FIGURE else ''}"
    return Html(f'<div class="{escaped(kind)}"><dd>{escaped(figure)}</dd><dt>{escaped(what)}</dt></div>')


def table(headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, limit: int = MAX_ROWS, total: int = 0) -> Html:
    """A table; numbers stand to the right (fractions with one decimal), the first column heads its row.

    Args:
        headers: one a column.
        rows: cells; those after the first ``limit`` rows are counted, not shown.
        limit: rows shown.
        total: how many rows there are, when ``rows`` does not bring them all.
    """
    iterator = iter(rows)
    shown = list(islice(iterator, limit))
    num_more = max(0, total - len(shown)) if total else sum(1 for _ in iterator)
    kinds = [_kind([row[i] for row in shown]) for i in range(len(headers))]
    head = joined(
        Html(f'<th scope="col"{kind}>{escaped(name)}</th>') for kind, name in zip(kinds, headers, strict=True)
    )
    body = joined(Html(f"<tr>{joined(_cells(row, kinds))}</tr>") for row in shown)
    if num_more:
        text = escaped(message("report-more", count=num_more))
        body = Html(f'{body}<tr class="more"><td colspan="{len(headers)}">{text}</td></tr>')
    return Html(
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _kind(column: Sequence[Cell]) -> str:
    """The class attribute of a column's cells."""
    if column and all(isinstance(cell, (int, float)) for cell in column):
        return ' class="num"'
    return ' class="barcell"' if column and all(isinstance(cell, Bar) for cell in column) else ""


def _cells(row: Sequence[Cell], kinds: Sequence[str]) -> Iterator[Html]:
    for i, (cell, kind) in enumerate(zip(row, kinds, strict=True)):
        text = escaped(f"{cell:,}" if isinstance(cell, int) else f"{cell:.1f}" if isinstance(cell, float) else cell)
        yield Html(f'<th scope="row"{kind}>{text}</th>' if i == 0 else f"<td{kind}>{text}</td>")


def counted(
    headers: tuple[str, str, str], pairs: Iterable[tuple[Cell, int]], whole: int, *, limit: int = MAX_ROWS
) -> Html:
    """A table of names with their counts, and each count as a share of ``whole``."""
    rows = ((name, count, bar(count / max(1, whole), f"{count / max(1, whole):.1%}")) for name, count in pairs)
    return table(headers, rows, limit=limit)


def details(summary: str, *blocks: Html, is_open: bool = False) -> Html:
    """Blocks behind one line that opens them."""
    opened = " open" if is_open else ""
    return Html(f"<details{opened}><summary>{escaped(summary)}</summary>{joined(blocks)}</details>")


def section(title: str, *blocks: Html) -> Html:
    """Blocks under a heading."""
    return Html(f"<section><h2>{escaped(title)}</h2>{joined(blocks)}</section>")


def document(title: str, *blocks: Html, foot: str = "") -> str:
    """The whole page in the user's language."""
    return (
        f'<!doctype html>\n<html lang="{LANGUAGE_TAGS[current_language()]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'img-src data:">\n'
        f"<title>{escaped(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escaped(title)}</h1>\n"
        + "\n".join(blocks)
        + f"\n</main>\n<footer>{escaped(foot)}</footer>\n</body>\n</html>\n"
    )
