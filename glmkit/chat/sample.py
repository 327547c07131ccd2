"""One encoded conversation: token ids and labels. Made by ``encode_conversation``; data packs it, training reads it."""

from __future__ import annotations

from dataclasses import dataclass

IGNORE_INDEX = -100  # PyTorch's cross-entropy skips this label


@dataclass(frozen=True, slots=True)
class Sample:
    """Token ids and labels of one conversation, cut to a length limit.

    ``labels[t]`` is the label of token t itself, unshifted: ``input_ids[t]`` where the model has to predict token t,
    ``IGNORE_INDEX`` elsewhere. Both lists have the same length. ``source`` is "file:line" or empty; ``cut_tokens``
    and ``cut_labels`` count the tokens and the labels that the length limit removed. ``tools_layout`` is the one its
    tools are in ("as_is": none of ours), empty without tools.
    """

    input_ids: list[int]
    labels: list[int]
    source: str = ""
    cut_tokens: int = 0
    cut_labels: int = 0
    tools_layout: str = ""

    @property
    def num_labels(self) -> int:
        """Number of tokens the model learns to predict; a sample with none teaches nothing."""
        return len(self.labels) - self.labels.count(IGNORE_INDEX)
