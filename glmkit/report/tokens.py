"""Tokens as running text, coloured by whether they are trained on; the colour is not the only sign of it.

In: runs of tokens. Out: Html. A line marks where each token ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from glmkit.errors import message
from glmkit.report.markup import Html, escaped, joined


@dataclass(frozen=True, slots=True)
class TokenText:
    """What one token, or the few that share a character, look like."""

    text: str
    is_special: bool  # a role token or the end of text, which text of a row can never become


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring tokens that are all trained on, or all not; ``left_out`` tokens are missing between both parts."""

    is_labelled: bool
    head: list[TokenText]
    left_out: int = 0
    tail: list[TokenText] = field(default_factory=list)


def token_runs(runs: Iterable[Run], num_left_out: int = 0) -> Html:
    """The runs one after the other; ``num_left_out`` tokens follow that are not shown."""
    parts = [_run(run) for run in runs]
    if num_left_out:
        behind = message("report-tokens-behind", count=num_left_out)
        parts.append(Html(f"<em> … {escaped(behind)}</em>"))
    return Html(f'<div class="tokens" dir="ltr">{joined(parts)}</div>')


def legend() -> Html:
    """One line that shows what the colours mean."""
    runs = [Run(True, [TokenText(message("report-labelled"), False)])]
    return Html(
        f'<p class="note">{token_words(runs)} · {escaped(message("report-unlabelled"))} · '
        f'<span class="tokens"><b>&lt;|user|&gt;</b></span> {escaped(message("report-special"))}</p>'
    )


def token_words(runs: Iterable[Run]) -> Html:
    """Tokens inside a sentence."""
    return Html(f'<span class="tokens">{joined(_run(run) for run in runs)}</span>')


def _run(run: Run) -> Html:
    inner = joined(map(_token, run.head))
    if run.left_out:
        code = "report-tokens-labelled" if run.is_labelled else "report-tokens-unlabelled"
        gap = escaped(message(code, count=run.left_out))
        inner = Html(f"{inner}<em> … {gap} … </em>{joined(map(_token, run.tail))}")
    return Html(f"<ins>{inner}</ins>") if run.is_labelled else inner


def _token(token: TokenText) -> Html:
    if token.is_special:
        return Html(f"<b>{escaped(token.text)}</b>")
    lines = [escaped(line) for line in token.text.split("\n")]
    text = "⏎\n".join(lines)
    return Html(f"<i>{text}</i>")
