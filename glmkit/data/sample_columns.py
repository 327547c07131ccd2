"""Samples as columns of numbers: four bytes a token, where two lists of Python integers take seventy.

In: samples, one at a time. Out: columns for a block of them, which ``prepare`` writes one block behind the other and
``TokenStore`` reads from a memory-mapped file. A token that is learned is stored as ``~id``, which is negative: so one
column has ids and labels, and three samples [5 6], [7] and [8 9] of which 6, 8 and 9 are learned are::

    tokens   5  -7   7  -9  -10
    ends     2   3   5
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.chat.tools_layout import LAYOUTS

LAYOUT_CODES = {layout: code for code, layout in enumerate(("", *LAYOUTS))}

# Column -> array type code: "i" int32, "q" int64, "B" uint8.
TYPES: Mapping[str, str] = {
    "tokens": "i",  # [tokens of all samples]
    "ends": "q",  # [samples], into tokens
    "num_labels": "i",  # [samples]
    "num_targets": "i",  # [samples]; a label on the first token is none
    "cut_tokens": "i",  # [samples]
    "cut_labels": "i",  # [samples]
    "max_ids": "i",  # [samples], the largest id of each
    "layouts": "B",  # [samples], codes of LAYOUT_CODES
    "rows": "q",  # [samples], number of the row in the file
    "tools": "q",  # [tools of all samples], 64 bits of each description
    "tool_ends": "q",  # [samples], into tools
}
RUNNING = {"ends": "tokens", "tool_ends": "tools"}  # these count on from block to block


def _columns() -> dict[str, array[int]]:
    return {name: array(code) for name, code in TYPES.items()}


@dataclass(slots=True)
class SampleColumns:
    """The columns of some samples."""

    arrays: dict[str, array[int]] = field(default_factory=_columns)

    def append(self, sample: Sample, num_targets: int, row: int, tools: Iterable[int]) -> None:
        """Add a sample made from row ``row`` of its file, with 64 bits of each of its tools."""
        arrays = self.arrays
        arrays["tokens"].frombytes(packed(sample))
        arrays["tools"].extend(tools)
        arrays["ends"].append(len(arrays["tokens"]))
        arrays["tool_ends"].append(len(arrays["tools"]))
        arrays["num_labels"].append(sample.num_labels)
        arrays["num_targets"].append(num_targets)
        arrays["cut_tokens"].append(sample.cut_tokens)
        arrays["cut_labels"].append(sample.cut_labels)
        arrays["max_ids"].append(max(sample.input_ids))
        arrays["layouts"].append(LAYOUT_CODES[sample.tools_layout])
        arrays["rows"].append(row)


def packed(sample: Sample) -> bytes:
    """Return ids and labels as int32: the id, or ``~id`` where the token is learned."""
    import numpy as np

    ids = np.frombuffer(array("i", sample.input_ids), dtype=np.int32)
    labels = np.frombuffer(array("i", sample.labels), dtype=np.int32)
    is_learned = labels != IGNORE_INDEX
    assert np.array_equal(ids[is_learned], labels[is_learned]), "a label is the token itself"
    return np.where(is_learned, ~ids, ids).tobytes()
