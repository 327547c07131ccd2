"""Adapter files: a trained P-Tuning v2 prefix on disk, ours and the original's.

Ours is a folder with ``adapter.safetensors`` (the original's tensor names) and ``adapter.json`` (method, sizes, and the
base model it was trained on). The original's is a ``pytorch_model.bin`` that holds ``transformer.prefix_encoder.*``
and nothing else; its sizes are read from its tensors. An adapter that does not fit the model is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from glmkit.errors import ModelError, Problem
from glmkit.model.config import ModelConfig
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder, prefix_width
from glmkit.model.tensor_files import read_tensors
from glmkit.model.weights import base_fingerprint, describe, original_name, tensor_problems

WEIGHTS_FILE = "adapter.safetensors"
DESCRIPTION_FILE = "adapter.json"
ORIGINAL_FILES = ("pytorch_model.bin", "model.safetensors")
PREFIX_NAMES = "transformer.prefix_encoder."
EMBEDDING = PREFIX_NAMES + "embedding.weight"

# What this release writes and is able to read. A reader that does not know a value must not guess.
FIXED = {"format": "glmkit-adapter", "version": 1, "method": "ptuning", "positions": "text-from-zero"}

# Sizes written into the description and compared with the model's.
MODEL_SIZES = ("num_layers", "num_kv_heads", "head_dim", "hidden_size")


def save_adapter(folder: str | Path, encoder: PrefixEncoder, metadata: Mapping[str, Any]) -> None:
    """Write ``encoder`` as an adapter folder.

    Not atomic: write into a temporary folder and rename that.

    Args:
        folder: made when absent.
        encoder: the prefix; its parameters are stored as they are, float32 and not projected.
        metadata: must hold ``base`` (absolute path or hub id of the base model) and ``base_fingerprint`` (see
            ``weights.base_fingerprint``); ``tools_layout`` and anything else worth keeping may be added.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        **FIXED,
        "prefix_len": encoder.prefix_len,
        "prefix_projection": encoder.projection,
        **{size: getattr(encoder.config, size) for size in MODEL_SIZES},
        "tools_layout": "as_is",
        "base": metadata["base"],
        "base_fingerprint": metadata["base_fingerprint"],
        **metadata,
    }
    tensors = {original_name(f"prefix.{name}"): tensor.contiguous() for name, tensor in encoder.state_dict().items()}
    save_file(tensors, folder / WEIGHTS_FILE, metadata={"format": "pt"})
    (folder / DESCRIPTION_FILE).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def load_adapter(path: str | Path, model: GLM) -> PrefixEncoder:
    """Put the adapter at ``path`` before ``model``, as ``model.prefix``, and return it; see ``read_adapter``."""
    model.prefix = read_adapter(path, model).train(model.training)
    return model.prefix


def read_adapter(path: str | Path, model: GLM) -> PrefixEncoder:
    """Return the adapter at ``path``, on the device of ``model``, which stays as it is.

    Args:
        path: an adapter folder of ours, or the original's checkpoint folder or file.
        model: the base model.

    Raises:
        ModelError: nothing is there, it is no adapter, is damaged, holds numbers that are not finite, or was made
            for another model; sizes and fingerprints are given on both sides.
    """
    path = Path(path)
    if (path / DESCRIPTION_FILE).is_file():
        description = read_description(path)
        tensors = read_tensors([path / WEIGHTS_FILE])
        problems = _description_problems(description, tensors, model.config, str(path))
        if problems:
            raise ModelError(problems)
        encoder = _encoder_from(tensors, model.config, str(path))
        _check_base(description, model, str(path))
    else:
        file = original_adapter_file(path)
        encoder = _encoder_from(read_tensors([file]), model.config, str(file))
    return encoder.to(model.device)


def is_adapter(path: Path) -> bool:
    """Tell whether ``path`` is an adapter folder of ours or a file or folder with nothing but a prefix."""
    if (path / DESCRIPTION_FILE).is_file():
        return True
    file = _tensor_file(path)
    return file is not None and _holds_only_a_prefix(read_tensors([file]))


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


def _holds_only_a_prefix(tensors: Mapping[str, Tensor]) -> bool:
    return len(tensors) > 0 and all(name.startswith(PREFIX_NAMES) for name in tensors)


def _encoder_from(tensors: dict[str, Tensor], config: ModelConfig, where: str) -> PrefixEncoder:
    """Return the encoder whose sizes and numbers are those of ``tensors``. Raises ModelError."""
    if not _holds_only_a_prefix(tensors):
        other = next((name for name in tensors if not name.startswith(PREFIX_NAMES)), "nothing")
        raise ModelError("model-adapter-is-not-one", where=where, name=other)
    embedding = tensors.get(EMBEDDING)
    if embedding is None or embedding.dim() != 2 or not embedding.is_floating_point() or len(embedding) == 0:
        found = "nothing" if embedding is None else describe(embedding)
        raise ModelError("model-adapter-embedding", where=where, name=EMBEDDING, found=found)
    if embedding.shape[1] != prefix_width(config):
        values = {
            **{size: getattr(config, size) for size in MODEL_SIZES},
            "found": embedding.shape[1],
            "expected": prefix_width(config),
        }
        raise ModelError("model-adapter-width", where=where, **values)
    with torch.device("meta"):
        encoder = PrefixEncoder(config, len(embedding), projection=len(tensors) > 1)
    expected = {original_name(f"prefix.{name}"): parameter for name, parameter in encoder.state_dict().items()}
    problems = tensor_problems(tensors, expected, where) + [
        Problem("model-adapter-not-finite", where, {"name": name})
        for name, tensor in tensors.items()
        if not tensor.isfinite().all()
    ]
    if problems:
        raise ModelError(problems)
    state = {name: tensors[original_name(f"prefix.{name}")].float().clone() for name in encoder.state_dict()}
    encoder.load_state_dict(state, assign=True)
    return encoder


def _description_problems(
    description: Mapping[str, Any], tensors: Mapping[str, Tensor], config: ModelConfig, where: str
) -> list[Problem]:
    """Return which sizes the description gives that the model or the tensors contradict."""
    problems = [
        Problem(
            "model-adapter-size",
            where,
            {"key": size, "found": description.get(size), "expected": getattr(config, size)},
        )
        for size in MODEL_SIZES
        if description.get(size) != getattr(config, size)
    ]
    held = {"prefix_len": len(tensors[EMBEDDING]) if EMBEDDING in tensors else 0, "prefix_projection": len(tensors) > 1}
    problems += [
        Problem("model-adapter-contradiction", where, {"key": key, "found": description.get(key), "held": value})
        for key, value in held.items()
        if description.get(key) != value
    ]
    return problems


def _check_base(description: Mapping[str, Any], model: GLM, where: str) -> None:
    """Raise ModelError unless ``model`` is the base the adapter was trained on."""
    found, expected = base_fingerprint(model), description.get("base_fingerprint")
    if found != expected:
        base = description.get("base")
        raise ModelError("model-adapter-base", where=where, base=base, expected=expected, found=found)
