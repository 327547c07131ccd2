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
from glmkit.model.files import (
    DESCRIPTION_FILE,
    FIXED,
    PREFIX_NAMES,
    WEIGHTS_FILE,
    holds_only_a_prefix,
    original_adapter_file,
    read_description,
)
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder, prefix_width
from glmkit.model.tensor_files import read_tensors
from glmkit.model.weights import base_fingerprint, describe, original_name, tensor_problems

EMBEDDING = PREFIX_NAMES + "embedding.weight"

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


def _encoder_from(tensors: dict[str, Tensor], config: ModelConfig, where: str) -> PrefixEncoder:
    """Return the encoder whose sizes and numbers are those of ``tensors``. Raises ModelError."""
    if not holds_only_a_prefix(tensors):
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
