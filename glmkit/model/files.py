"""The files of models and adapters by name, and what tells one from the other.

Without torch, but for pickles: commands that only look, and the server's process, which computes nothing, start fast.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from glmkit.errors import ModelError, Problem

# Of a model, the first one that is there counts.
WEIGHT_FILES = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin.index.json",
    "pytorch_model.bin",
)

# Of an adapter: ours, and where the original's may stand.
WEIGHTS_FILE = "adapter.safetensors"
DESCRIPTION_FILE = "adapter.json"
ORIGINAL_FILES = ("pytorch_model.bin", "model.safetensors")
PREFIX_NAMES = "transformer.prefix_encoder."

# What this release writes and is able to read. A reader that does not know a value must not guess.
FIXED = {"format": "glmkit-adapter", "version": 1, "method": "ptuning", "positions": "text-from-zero"}


def is_adapter(path: Path) -> bool:
    """Tell whether ``path`` is an adapter folder of ours or a file or folder with nothing but a prefix."""
    if (path / DESCRIPTION_FILE).is_file():
        return True
    file = _tensor_file(path)
    return file is not None and holds_only_a_prefix(tensor_names(file))


def read_description(folder: Path) -> dict[str, Any]:
    """Return the ``adapter.json`` of an adapter folder of ours. Raises ModelError if it is not one we understand."""
    file = folder / DESCRIPTION_FILE
    try:
        description = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError("model-adapter-unreadable", where=str(file), reason=error) from error
    if not isinstance(description, dict):
        raise ModelError("model-adapter-unreadable", where=str(file), reason="not a JSON object")
    problems = [
        Problem(
            "model-adapter-unknown",
            str(file),
            {"key": key, "found": repr(description.get(key)), "expected": repr(value)},
        )
        for key, value in FIXED.items()
        if description.get(key) != value
    ]
    if problems:
        raise ModelError(problems)
    return description


def original_adapter_file(path: Path) -> Path:
    """Return the file of an adapter that the original saved, at ``path`` or in folder ``path``. Raises ModelError."""
    if not path.exists():
        raise ModelError("model-adapter-missing", where=str(path))
    file = _tensor_file(path)
    if file is None:
        files = ", ".join((DESCRIPTION_FILE, *ORIGINAL_FILES))
        raise ModelError("model-adapter-files-missing", where=str(path), files=files)
    return file


def _tensor_file(path: Path) -> Path | None:
    if path.is_file():
        return path if path.suffix in (".bin", ".safetensors") else None
    return next((path / name for name in ORIGINAL_FILES if (path / name).is_file()), None)


def holds_only_a_prefix(names: Collection[str]) -> bool:
    """Tell whether tensors of these names are a prefix and nothing else."""
    return len(names) > 0 and all(name.startswith(PREFIX_NAMES) for name in names)


def tensor_names(file: Path) -> Collection[str]:
    """Return the names of the tensors in a file. Raises ModelError as ``tensor_files.read_tensors``."""
    if file.suffix != ".safetensors":
        from glmkit.model.tensor_files import read_tensors

        return read_tensors([file])
    try:
        with safe_open(file, framework="numpy") as opened:
            return list(opened.keys())
    except (OSError, SafetensorError) as error:
        raise damaged(file, error) from error


def damaged(file: Path, error: Exception) -> ModelError:
    """Return what to say of a file that cannot be read."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return ModelError("model-file-damaged", where=str(file), reason=reason)
