"""Encoded training rows in three arrays on disk, and the sequence of samples that training reads from them.

In: (ids, labels) of rows. Out: ``ids.npy`` uint16 [tokens], ``learned.npy`` bool [tokens], ``ends.npy`` int64 [rows].
A sample's lists are made when it is asked for, so memory holds four bytes a token. Written by ``make_data``, read by
``train``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.data.text_column import TextColumn
from glmkit.data.token_store import TokenStore

FILES = ("ids", "learned", "ends")


def to_arrays(samples: Sequence[Sample]) -> tuple[Any, Any, Any]:
    """Return the three arrays of some samples."""
    ids = np.concatenate([np.array(sample.input_ids, dtype=np.uint16) for sample in samples])
    labels = np.concatenate([np.array(sample.labels, dtype=np.int32) for sample in samples])
    ends = np.cumsum([len(sample.input_ids) for sample in samples], dtype=np.int64)
    return ids, labels != IGNORE_INDEX, ends


def write_store(folder: Path, chunks: Sequence[tuple[Any, Any, Any]]) -> None:
    """Write chunks of ``to_arrays`` one behind the other."""
    offset, ends = 0, []
    for _, _, chunk_ends in chunks:
        ends.append(chunk_ends + offset)
        offset += int(chunk_ends[-1])
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "ids.npy", np.concatenate([ids for ids, _, _ in chunks]))
    np.save(folder / "learned.npy", np.concatenate([learned for _, learned, _ in chunks]))
    np.save(folder / "ends.npy", np.concatenate(ends))


def read_store(folder: Path) -> TokenStore:
    """Return the samples of a folder that ``write_store`` wrote, as glmkit keeps the samples of a file."""
    ids, learned, ends = (np.load(folder / f"{name}.npy") for name in FILES)
    tokens = ids.astype(np.int32)
    np.invert(tokens, out=tokens, where=learned)
    starts = np.concatenate([[0], ends[:-1]])
    num_labels = np.add.reduceat(learned, starts, dtype=np.int32)
    none = np.zeros(len(ends), dtype=np.int32)
    places = TextColumn()
    for number in range(len(ends)):
        places.append(str(number))
    columns = {
        "tokens": tokens,
        "ends": ends,
        "num_labels": num_labels,
        "num_targets": num_labels - learned[starts],
        "cut_tokens": none,
        "cut_labels": none,
        "max_ids": np.maximum.reduceat(ids, starts).astype(np.int32),
        "layouts": none.astype(np.uint8),
    }
    return TokenStore("row ", columns, places)
