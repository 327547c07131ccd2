"""Reading tensors out of ``.safetensors`` and ``.bin`` files that a stranger may have made.

In: file paths. Out: a dict of memory-mapped tensors, or a ModelError naming the file. A pickle is only ever read with
``weights_only``: what is not a tensor is refused, not executed. ``weights`` and ``adapter`` read through this.
"""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from glmkit.errors import ModelError
from glmkit.model.files import damaged

ZIP_MAGIC = b"PK\x03\x04"


def read_tensors(files: Sequence[Path]) -> dict[str, Tensor]:
    """Return all tensors of ``files`` by name, on the CPU and mapped from disk: nothing is read until it is used.

    Raises:
        ModelError: a file is missing, damaged, holds something other than tensors, or repeats another's tensor.
    """
    tensors: dict[str, Tensor] = {}
    for file in files:
        content = _read_safetensors(file) if file.suffix == ".safetensors" else _read_pickle(file)
        for name, tensor in content.items():
            if name in tensors:
                raise ModelError("model-tensor-twice", where=str(file), name=name)
            tensors[name] = tensor
    return tensors


def _read_safetensors(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except (OSError, SafetensorError) as error:
        raise damaged(file, error) from error


def _read_pickle(file: Path) -> dict[str, Tensor]:
    try:
        with file.open("rb") as opened:
            mapped = opened.read(len(ZIP_MAGIC)) == ZIP_MAGIC  # files older than torch 1.6 are read whole instead
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols; what matters raises
            content = torch.load(file, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        raise ModelError("model-file-unsafe", where=str(file), name=named[1] if named else "bytes") from error
    except Exception as error:  # a damaged archive or pickle stream fails in many ways, all of them the file's fault
        raise damaged(file, error) from error
    if not isinstance(content, dict) or not all(isinstance(x, Tensor) for x in content.values()):
        raise ModelError("model-file-content", where=str(file))
    return dict(content)
