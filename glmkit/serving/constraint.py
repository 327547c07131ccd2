"""What a request may say next: the interface of grammars and other constraints, and their masks, filled in threads.

A constraint sees a request's tokens one by one and, for each next one, marks the tokens that are allowed. The engine
calls it; ``MaskFiller`` lets masks be written while the model runs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import torch
from torch import Tensor

from glmkit.errors import GlmkitError, RequestError

MOST_THREADS = 4


class Constraint(Protocol):
    """Decides which tokens may come next in one request. Methods are never called at the same time.

    What either raises ends the request with an error.
    """

    def write_mask(self, row: Tensor) -> bool:
        """Mark the tokens that may come next.

        Args:
            row: int32 [ceil(V / 32)] of zeros on the CPU; bit i of word w stands for token 32 w + i, set is allowed.

        Returns:
            False where everything is allowed; the row does not count then.
        """

    def accept(self, token: int) -> None:
        """Take the token that was chosen, a stop token too."""


class MaskFiller:
    """Packed masks of one step: ``start`` before the forward pass, ``wait`` after it."""

    def __init__(self, vocab_size: int) -> None:
        self.num_words = -(-vocab_size // 32)
        self._threads: ThreadPoolExecutor | None = None
        self._rows = torch.zeros(0, self.num_words, dtype=torch.int32)
        self._running: list[Future[bool] | None] = []

    def start(self, constraints: Sequence[Constraint | None]) -> None:
        """Begin to write the masks of a step's requests, in threads."""
        self.wait()  # for what an interrupted step may have left running
        self._running = [None] * len(constraints)
        if not any(constraint is not None for constraint in constraints):
            return
        if self._threads is None:
            most = min(MOST_THREADS, os.cpu_count() or 1)
            self._threads = ThreadPoolExecutor(most, thread_name_prefix="glmkit-mask")
        with torch.inference_mode(False):  # a thread is not in the caller's mode, and could not write otherwise
            self._rows = torch.zeros(len(constraints), self.num_words, dtype=torch.int32)
            rows = list(self._rows)
        for i, constraint in enumerate(constraints):
            if constraint is not None:
                self._running[i] = self._threads.submit(constraint.write_mask, rows[i])

    def wait(self) -> tuple[list[int], Tensor, dict[int, Exception]]:
        """Return which requests of the step have a mask, int32 [those, words] on the CPU, and what failed for whom."""
        masked: list[int] = []
        failed: dict[int, Exception] = {}
        for i, future in enumerate(self._running):
            if future is None:
                continue
            error = future.exception()
            if isinstance(error, Exception):
                failed[i] = error
            elif error is not None:
                raise error
            elif future.result():
                masked.append(i)
        self._running = []
        return masked, self._rows[masked] if masked else self._rows[:0], failed


def accept(constraint: Constraint, token: int) -> Exception | None:
    """Give ``token`` to ``constraint``; return what that raises, which must not reach other requests."""
    try:
        constraint.accept(token)
    except Exception as error:
        return error
    return None


def as_request_error(error: Exception, num_tokens: int) -> GlmkitError:
    """Return what a constraint raised behind ``num_tokens`` tokens as the error of its request."""
    if isinstance(error, GlmkitError):
        return error
    return RequestError("serving-constraint-failed", tokens=num_tokens, reason=f"{type(error).__name__}: {error}")


# Row b: the highest logits of the eight tokens of a byte with value b; the lowest bit is the first token.
HIGHEST = torch.tensor([[torch.inf if byte >> bit & 1 else -torch.inf for bit in range(8)] for byte in range(256)])


def forbid(logits: Tensor, rows: Sequence[int], masks: Tensor) -> None:
    """Set the logits of tokens that are not allowed to minus infinity, in place.

    By a minimum, which runs at the speed of memory; a masked fill takes ten times as long.

    Args:
        logits: float32 [N, V].
        rows: which of the N have a mask.
        masks: packed int32 [len(rows), ceil(V / 32)], little-endian as on every machine PyTorch is built for.
    """
    if not rows:
        return
    packed = masks.to(logits.device).view(torch.uint8).int().flatten()  # [rows * bytes]
    highest = HIGHEST.to(logits.device).index_select(0, packed)  # [rows * bytes, 8]
    highest = highest.view(len(rows), -1)[:, : logits.shape[1]]  # [rows, V]
    if len(rows) == len(logits):
        torch.minimum(logits, highest, out=logits)
        return
    index = torch.tensor(rows, device=logits.device)
    logits[index] = torch.minimum(logits[index], highest)
