"""Adapter files: ours and the original's, loaded exactly or refused with both numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from glmkit.errors import ModelError
from glmkit.model import GLM, PrefixEncoder, base_fingerprint, load_adapter, load_model_folder, save_adapter

EMBEDDING = "transformer.prefix_encoder.embedding.weight"


def save(folder: Path, model: GLM, projection: bool = False) -> PrefixEncoder:
    """Save a random prefix of 5 positions for ``model``."""
    encoder = PrefixEncoder(model.config, 5, projection)
    encoder.init_normal(1.0, torch.Generator().manual_seed(0))
    save_adapter(folder, encoder, {"base": "/models/base", "base_fingerprint": base_fingerprint(model), "step": 7})
    return encoder


def change(folder: Path, **values: object) -> None:
    file = folder / "adapter.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def problem(path: Path, model: GLM) -> str:
    with pytest.raises(ModelError) as caught:
        load_adapter(path, model)
    assert model.prefix is None  # nothing half-loaded
    return str(caught.value)


@pytest.mark.parametrize("projection", [False, True])
def test_a_saved_adapter_is_loaded_back(tmp_path: Path, make_glm: Callable[..., GLM], projection: bool) -> None:
    model = make_glm()
    encoder = save(tmp_path / "adapter", model, projection)
    loaded = load_adapter(tmp_path / "adapter", model)
    assert model.prefix is loaded and not loaded.training
    assert torch.equal(loaded(), encoder())
    assert (loaded.prefix_len, loaded.projection) == (5, projection)


def test_an_adapter_describes_itself(tmp_path: Path, make_glm: Callable[..., GLM]) -> None:
    model = make_glm()
    save(tmp_path, model)
    assert json.loads((tmp_path / "adapter.json").read_text()) == {
        "format": "glmkit-adapter",
        "version": 1,
        "method": "ptuning",
        "positions": "text-from-zero",
        "prefix_len": 5,
        "prefix_projection": False,
        "num_layers": 2,
        "num_kv_heads": 2,
        "head_dim": 16,
        "hidden_size": 48,
        "tools_layout": "as_is",
        "base": "/models/base",
        "base_fingerprint": base_fingerprint(model),
        "step": 7,
    }
    assert list(load_file(tmp_path / "adapter.safetensors")) == [EMBEDDING]


@pytest.mark.parametrize("missing", ["base", "base_fingerprint"])
def test_an_adapter_is_not_saved_without_its_base(tmp_path: Path, make_glm: Callable[..., GLM], missing: str) -> None:
    metadata = {"base": "b", "base_fingerprint": "f"}
    del metadata[missing]
    with pytest.raises(KeyError, match=missing):
        save_adapter(tmp_path, PrefixEncoder(make_glm().config, 2), metadata)


@pytest.mark.parametrize("name", ["", "pytorch_model.bin"])
def test_the_originals_checkpoint_is_loaded_from_folder_and_file(tmp_path: Path, golden: Path, name: str) -> None:
    """The original's folder also holds a config.json, a trainer's pickles and a tokenizer; none of them is read."""
    folder = golden / "tiny-chatglm3"
    checkpoint = tmp_path / "checkpoint-500"
    checkpoint.mkdir()
    (checkpoint / "pytorch_model.bin").write_bytes((folder / "pytorch_model.bin").read_bytes())
    (checkpoint / "config.json").write_text(json.dumps({"pre_seq_len": 999}))
    (checkpoint / "training_args.bin").write_bytes(b"never opened")
    model = load_model_folder(folder)
    encoder = load_adapter(checkpoint / name, model)
    assert torch.equal(encoder.embedding.weight, load_file(folder / "prefix.safetensors")[EMBEDDING])


def test_a_missing_path_is_an_error(tmp_path: Path, make_glm: Callable[..., GLM]) -> None:
    path = tmp_path / "nothing"
    assert problem(path, make_glm()) == f"{path}: no adapter here: the path does not exist"


def test_a_folder_without_adapter_files_says_what_was_looked_for(tmp_path: Path, make_glm: Callable[..., GLM]) -> None:
    assert problem(tmp_path, make_glm()) == (
        f"{tmp_path}: no adapter here: none of adapter.json, pytorch_model.bin, model.safetensors is there"
    )


def test_a_whole_model_is_not_an_adapter(golden: Path, make_glm: Callable[..., GLM]) -> None:
    file = golden / "tiny-chatglm3" / "model.safetensors"
    sentence = problem(file, make_glm())
    assert sentence.startswith(f"{file}: is not an adapter: it holds transformer.")
    assert sentence.endswith(" besides the prefix")


@pytest.mark.parametrize("size", ["num_layers", "num_kv_heads", "head_dim", "hidden_size"])
def test_another_models_adapter_is_refused_with_both_numbers(
    tmp_path: Path, make_glm: Callable[..., GLM], size: str
) -> None:
    model = make_glm()
    other = replace(model.config, **{size: 2 * getattr(model.config, size)})
    save(tmp_path, make_glm(config=other))
    wanted, found = getattr(model.config, size), getattr(other, size)
    assert problem(tmp_path, model) == (
        f"{tmp_path}: the adapter does not fit this model: {size} is {found} in the adapter, {wanted} in the model"
    )


def test_the_originals_file_for_another_model_is_refused_with_both_numbers(
    golden: Path, make_glm: Callable[..., GLM]
) -> None:
    file = golden / "tiny-chatglm3" / "pytorch_model.bin"
    assert problem(file, make_glm()) == (
        f"{file}: the adapter does not fit this model: its positions hold 192 numbers, the model's hold 128 "
        "(2 layers * 2 * 2 key/value heads * 16)"
    )


def test_an_adapter_of_another_base_is_refused_with_both_fingerprints(
    tmp_path: Path, make_glm: Callable[..., GLM]
) -> None:
    model, other = make_glm(seed=0), make_glm(seed=1)
    save(tmp_path, other)
    assert problem(tmp_path, model) == (
        f"{tmp_path}: the adapter was trained on another base model: /models/base with fingerprint "
        f"{base_fingerprint(other)}; this one's is {base_fingerprint(model)}"
    )


def test_the_base_may_be_loaded_in_another_dtype(tmp_path: Path, make_glm: Callable[..., GLM]) -> None:
    model = make_glm()
    save(tmp_path, model)
    assert load_adapter(tmp_path, model.bfloat16()).embedding.weight.dtype == torch.float32


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, make_glm: Callable[..., GLM], number: float) -> None:
    model = make_glm()
    save(tmp_path, model)
    tensors = load_file(tmp_path / "adapter.safetensors")
    tensors[EMBEDDING][2, 3] = number
    save_file(tensors, tmp_path / "adapter.safetensors")
    assert problem(tmp_path, model) == (
        f"{tmp_path}: tensor {EMBEDDING} holds NaN or infinity; the training that wrote it had failed"
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("format", "peft", "'glmkit-adapter'"),
        ("version", 2, "1"),
        ("method", "lora", "'ptuning'"),
        ("positions", "after-prefix", "'text-from-zero'"),
    ],
)
def test_a_description_this_release_does_not_know_is_refused(
    tmp_path: Path, make_glm: Callable[..., GLM], key: str, value: object, expected: str
) -> None:
    model = make_glm()
    save(tmp_path, model)
    change(tmp_path, **{key: value})
    assert problem(tmp_path, model) == (f"{tmp_path}/adapter.json: {key} is {value!r}; this release reads {expected}")


@pytest.mark.parametrize(("key", "value", "held"), [("prefix_len", 6, 5), ("prefix_projection", True, False)])
def test_a_description_that_its_tensors_contradict_is_refused(
    tmp_path: Path, make_glm: Callable[..., GLM], key: str, value: object, held: object
) -> None:
    model = make_glm()
    save(tmp_path, model)
    change(tmp_path, **{key: value})
    assert problem(tmp_path, model) == f"{tmp_path}: adapter.json says {key} is {value}, its tensors say {held}"


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_damaged_description_is_named(tmp_path: Path, make_glm: Callable[..., GLM], content: str) -> None:
    model = make_glm()
    save(tmp_path, model)
    (tmp_path / "adapter.json").write_text(content)
    assert problem(tmp_path, model).startswith(f"{tmp_path}/adapter.json: cannot be read as an adapter's description: ")


def test_a_description_without_its_tensors_is_refused(tmp_path: Path, make_glm: Callable[..., GLM]) -> None:
    model = make_glm()
    save(tmp_path, model)
    (tmp_path / "adapter.safetensors").unlink()
    assert problem(tmp_path, model).startswith(f"{tmp_path}/adapter.safetensors: cannot be read as a file of tensors: ")


def test_a_projection_with_a_part_missing_is_refused(tmp_path: Path, make_glm: Callable[..., GLM]) -> None:
    model = make_glm()
    save(tmp_path, model, projection=True)
    tensors = load_file(tmp_path / "adapter.safetensors")
    del tensors["transformer.prefix_encoder.trans.2.bias"]
    tensors["transformer.prefix_encoder.trans.0.bias"] = torch.zeros(3)
    save_file(tensors, tmp_path / "adapter.safetensors")
    assert problem(tmp_path, model).splitlines() == [
        f"{tmp_path}: tensor transformer.prefix_encoder.trans.2.bias is missing",
        f"{tmp_path}: tensor transformer.prefix_encoder.trans.0.bias is [3], config.json asks for [48]",
    ]


def test_an_embedding_of_no_sense_is_refused(tmp_path: Path, make_glm: Callable[..., GLM]) -> None:
    file = tmp_path / "pytorch_model.bin"
    for tensor, found in ((torch.zeros(128), "[128]"), (torch.zeros(5, 128, dtype=torch.int32), "[5, 128] int32")):
        torch.save({EMBEDDING: tensor}, file)
        assert problem(file, make_glm()) == (
            f"{file}: {EMBEDDING} must be a table of numbers [positions, width]; found {found}"
        )
