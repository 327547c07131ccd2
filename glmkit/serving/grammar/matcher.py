"""One reply on its way through a grammar: ``GrammarConstraint`` is the ``Constraint`` that the engine follows."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from glmkit.errors import RequestError

# Masks of the beginnings of messages, where much may follow and little is shared with other places, are kept: most
# replies begin alike. A mask of 65,000 tokens is 8 KB.
MAX_KEPT_MASKS = 128
MAX_KEPT_TOKENS = 8


class Grammar:
    """A compiled grammar, which any number of replies follow at a time.

    Attributes:
        separator: the id behind which the next message of a reply begins.
        stop_ids: ids that end a reply.
        stop_mask: the mask that allows these only.
        is_usable: False once a reply has used up what the matcher may cost; a fresh one must be compiled.
    """

    def __init__(self, matcher: Any, vocab_size: int, separator: int, stop_ids: tuple[int, ...]) -> None:
        self.separator = separator
        self.stop_ids = stop_ids
        self.is_usable = True
        self._matcher = matcher
        self._num_words = (vocab_size + 31) // 32
        bits = sum(1 << id for id in stop_ids).to_bytes(4 * self._num_words, "little")
        self.stop_mask = torch.frombuffer(bytearray(bits), dtype=torch.int32)
        self._masks: dict[tuple[int, ...], Tensor] = {}

    def begin(self) -> GrammarConstraint:
        """Return a constraint at the start of a reply."""
        return GrammarConstraint(self, self._matcher.deep_copy())

    def write(self, matcher: Any, beginning: tuple[int, ...] | None, row: Tensor) -> None:
        """Write the mask at ``matcher``'s place; ``beginning``: the ids of the message so far, while there are few."""
        assert row.dtype == torch.int32 and row.shape == (self._num_words,) and row.is_contiguous() and row.is_cpu
        kept = None if beginning is None else self._masks.get(beginning)
        if kept is not None:
            row.copy_(kept)
            return
        matcher.unsafe_compute_mask_ptr(row.data_ptr(), row.numel() * row.element_size())
        if matcher.is_error() or matcher.is_stopped():
            self.is_usable = False
            raise RequestError("serving-grammar-stuck", reason=_first_line(matcher.get_error()))
        if beginning is not None and len(self._masks) < MAX_KEPT_MASKS:
            self._masks[beginning] = row.clone()


class GrammarConstraint:
    """Where one reply is in its grammar; not to be shared between threads."""

    def __init__(self, grammar: Grammar, matcher: Any) -> None:
        self._grammar = grammar
        self._matcher = matcher
        self._beginning: tuple[int, ...] | None = ()
        self._is_finished = False

    def write_mask(self, row: Tensor) -> bool:
        """Write which tokens may come next into ``row``, int32 [ceil(vocab_size / 32)]; always True.

        Behind the stop token only stop tokens may come.

        Raises:
            RequestError: the grammar allows nothing here, or costs more than the matcher may; only this reply is lost.
        """
        if self._is_finished:
            row.copy_(self._grammar.stop_mask)
        else:
            self._grammar.write(self._matcher, self._beginning, row)
        return True

    def accept(self, token: int) -> None:
        """Take the sampled token.

        Raises:
            RequestError: the mask did not allow it.
        """
        if self._is_finished:
            return
        if not self._matcher.consume_token(token):
            raise RequestError("serving-grammar-token", token=token)
        if token in self._grammar.stop_ids:
            self._is_finished = True
        elif token == self._grammar.separator:
            self._beginning = ()
        elif self._beginning is not None:
            self._beginning = (*self._beginning, token) if len(self._beginning) < MAX_KEPT_TOKENS else None


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0][:200]
