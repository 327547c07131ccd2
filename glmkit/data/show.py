"""One sample token by token: the check that the right tokens are trained on, as the original printed it.

In: a sample and its tokenizer. Out: lines of text "piece: id -> label". Called by `glmkit data show` and, before
training starts, by the training loop.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TextIO

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import message

PIECE_COLUMNS = 20
RUN_EDGE = 6  # tokens shown at each end of a run that is shortened
LABELLED_STYLE, UNLABELLED_STYLE = "bold green", "dim"


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One token of a sample as it is shown."""

    piece: str
    id: int
    label: int

    @property
    def text(self) -> str:
        """The token in aligned columns; a wide character counts as two."""
        from rich.cells import cell_len

        spelled = repr(self.piece)
        return f"{' ' * (PIECE_COLUMNS - cell_len(spelled))}{spelled}: {self.id:6d} -> {self.label:6d}"


def token_lines(sample: Sample, tokenizer: Tokenizer) -> Iterator[TokenLine]:
    """Yield one line for each token of the sample."""
    for token, label in zip(sample.input_ids, sample.labels, strict=True):
        yield TokenLine(tokenizer.piece(token), token, label)


def print_sample(
    sample: Sample, tokenizer: Tokenizer, stream: TextIO | None = None, *, is_shortened: bool = False
) -> None:
    """Print a sample to ``stream`` (default: stdout); on a terminal labelled tokens are coloured.

    When ``is_shortened``, only both ends of a long run of tokens with, or without, labels are shown: where labels begin
    and end is what one looks for.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream or sys.stdout, highlight=False, soft_wrap=True)
    for is_labelled, run in groupby(token_lines(sample, tokenizer), key=lambda line: line.label != IGNORE_INDEX):
        texts = [line.text for line in run]
        if is_shortened and len(texts) > 2 * RUN_EDGE + 1:
            code = "data-show-more-labelled" if is_labelled else "data-show-more-unlabelled"
            left_out = f"{'...':>{PIECE_COLUMNS}}  {message(code, count=len(texts) - 2 * RUN_EDGE)}"
            texts[RUN_EDGE:-RUN_EDGE] = [left_out]
        style = LABELLED_STYLE if is_labelled else UNLABELLED_STYLE
        for text in texts:
            console.print(Text(text, style=style))
