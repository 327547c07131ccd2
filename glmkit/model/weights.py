"""Weights on disk: a folder in the original's layout to a GLM, and back.

One name table joins the original's tensor names with ours. Reads sharded or single ``.safetensors`` and ``.bin`` files;
nothing in a folder is ever executed: code it names is ignored, pickles are read as tensors only. ``loading`` calls
this for users; training saves full models with it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from glmkit.errors import ModelError, Problem
from glmkit.model.config import CONFIG_FILE, ModelConfig
from glmkit.model.files import WEIGHT_FILES
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.tensor_files import read_tensors

# Ours -> the original's. Tensor names are these plus ".weight" or ".bias"; {} is the number of a layer.
ORIGINAL_MODULES = {
    "embed_tokens": "transformer.embedding.word_embeddings",
    "layers.{}.input_layernorm": "transformer.encoder.layers.{}.input_layernorm",
    "layers.{}.self_attn.qkv_proj": "transformer.encoder.layers.{}.self_attention.query_key_value",
    "layers.{}.self_attn.o_proj": "transformer.encoder.layers.{}.self_attention.dense",
    "layers.{}.post_attention_layernorm": "transformer.encoder.layers.{}.post_attention_layernorm",
    "layers.{}.mlp.gate_up_proj": "transformer.encoder.layers.{}.mlp.dense_h_to_4h",
    "layers.{}.mlp.down_proj": "transformer.encoder.layers.{}.mlp.dense_4h_to_h",
    "norm": "transformer.encoder.final_layernorm",
    "lm_head": "transformer.output_layer",
    "prefix.embedding": "transformer.prefix_encoder.embedding",
    "prefix.trans.0": "transformer.prefix_encoder.trans.0",
    "prefix.trans.2": "transformer.prefix_encoder.trans.2",
}

# A buffer of the original whose numbers it never reads.
IGNORED_TENSORS = {"transformer.rotary_pos_emb.inv_freq"}

FINGERPRINT_SAMPLES = 256


def original_name(name: str) -> str:
    """Return the original's name of one of our tensors, e.g. ``layers.3.mlp.down_proj.weight``."""
    module, _, kind = name.rpartition(".")
    layer = re.match(r"layers\.(\d+)\.", module)
    pattern = module if layer is None else module.replace(layer[0], "layers.{}.", 1)
    return ORIGINAL_MODULES[pattern].format(*layer.groups() if layer else ()) + "." + kind


def load_model_folder(path: str | Path, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu") -> GLM:
    """Return the model of a folder in the original's layout, in evaluation mode.

    A prefix inside the folder's weights is loaded when ``config.json`` has ``pre_seq_len``; it stays float32.

    Raises:
        ModelError: config.json or weights are missing, damaged, unsafe or contradict each other; every tensor at
            fault is named.
    """
    path = Path(path)
    config = ModelConfig.from_folder(path)
    with torch.device("meta"):
        model = GLM(config)
        if config.prefix_len is not None:
            model.prefix = PrefixEncoder(config, config.prefix_len, config.prefix_projection)
    tensors = read_tensors(weight_files(path))
    for name in IGNORED_TENSORS:
        tensors.pop(name, None)
    expected = {original_name(name): parameter for name, parameter in model.state_dict().items()}
    if problems := tensor_problems(tensors, expected, str(path)):
        raise ModelError(problems)
    state = {}
    for name in model.state_dict():  # one tensor at a time: memory holds one model, not two
        tensor = tensors.pop(original_name(name))
        state[name] = tensor.to(device, torch.float32 if name.startswith("prefix.") else dtype, copy=True)
    model.load_state_dict(state, assign=True)
    return model.eval()


def weight_files(path: Path) -> list[Path]:
    """Return the files that hold the weights of folder ``path``, none of them outside it. Raises ModelError."""
    found = next((path / name for name in WEIGHT_FILES if (path / name).is_file()), None)
    if found is None:
        raise ModelError("model-weights-missing", where=str(path), files=", ".join(WEIGHT_FILES))
    if found.suffix != ".json":
        return [found]
    try:
        names = sorted(set(json.loads(found.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError("model-index-unreadable", where=str(found), reason=repr(error)) from error
    problems = []
    for name in names:
        if not isinstance(name, str) or name in ("", ".", "..") or re.search(r"[/\\:\0]", name):
            problems.append(Problem("model-index-outside", str(found), {"name": repr(name)}))
        elif not (path / name).is_file():
            problems.append(Problem("model-shard-missing", str(path), {"name": name, "index": found.name}))
    if problems:
        raise ModelError(problems)
    return [path / name for name in names]


def tensor_problems(found: dict[str, Tensor], expected: dict[str, Tensor], where: str) -> list[Problem]:
    """Return every tensor that is missing, misshapen or unknown, by the original's name."""
    problems = [Problem("model-tensor-missing", where, {"name": name}) for name in expected if name not in found]
    for name, tensor in found.items():
        if name not in expected:
            problems.append(Problem("model-tensor-unknown", where, {"name": name, "shape": list(tensor.shape)}))
        elif tensor.shape != expected[name].shape or not tensor.is_floating_point():
            values = {"name": name, "found": describe(tensor), "expected": list(expected[name].shape)}
            problems.append(Problem("model-tensor-shape", where, values))
    return problems


def describe(tensor: Tensor) -> str:
    """Return shape, and the dtype where it is not a floating one, for a message."""
    kind = "" if tensor.is_floating_point() else f" {str(tensor.dtype).removeprefix('torch.')}"
    return f"{list(tensor.shape)}{kind}"


def save_model_folder(model: GLM, path: str | Path) -> None:
    """Write ``model`` as ``config.json`` and ``model.safetensors`` under the original's names, its prefix included.

    Not atomic: write into a temporary folder and rename that. The tokenizer is not copied.
    """
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    values = model.config.to_original()
    values["torch_dtype"] = str(model.dtype).removeprefix("torch.")
    if model.prefix is not None:
        values.update(pre_seq_len=model.prefix.prefix_len, prefix_projection=model.prefix.projection)
    else:
        values.update(pre_seq_len=None, prefix_projection=False)
    (path / CONFIG_FILE).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    tensors = {original_name(name): tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, path / "model.safetensors", metadata={"format": "pt"})


@torch.no_grad()
def base_fingerprint(model: GLM) -> str:
    """Return 16 hex digits that tell one base model from another, whatever files and dtype its weights came from.

    They hash, for every tensor but the prefix, its name, shape, and the signs of up to 256 evenly spread values:
    signs survive every conversion between float types, and no two trainings agree on thousands of them.
    """
    names, signs = [], []
    for name, tensor in sorted(model.state_dict().items()):
        if not name.startswith("prefix."):
            names.append(f"{original_name(name)} {list(tensor.shape)}")
            flat = tensor.flatten()
            signs.append(flat[:: max(1, len(flat) // FINGERPRINT_SAMPLES)][:FINGERPRINT_SAMPLES].signbit())
    return _digest([*(name.encode() for name in names), torch.cat(signs).cpu().numpy().tobytes()])


def _digest(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:16]
