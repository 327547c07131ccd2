"""Model folders: every layout of the original loads, nothing is executed, every fault is named."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from glmkit.errors import ModelError
from glmkit.model import GLM, base_fingerprint, load_model_folder, save_model_folder
from glmkit.model.embedding import new_embedding
from glmkit.model.weights import original_name

LAST = "transformer.output_layer.weight"


@pytest.fixture
def source(golden: Path) -> Path:
    return golden / "tiny-chatglm3"


@pytest.fixture
def tensors(source: Path) -> dict[str, Tensor]:
    return load_file(source / "model.safetensors")


def write_config(folder: Path, source: Path, **changes: object) -> None:
    folder.mkdir(exist_ok=True)
    values = json.loads((source / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**values, **changes}))


def write_shards(folder: Path, tensors: dict[str, Tensor], suffix: str) -> dict[str, str]:
    """Write three shards and their index, as the original is published."""
    stem = "model" if suffix == "safetensors" else "pytorch_model"
    names = sorted(tensors)
    weight_map = {}
    for i in range(3):
        file = f"{stem}-{i + 1:05d}-of-00003.{suffix}"
        part = {name: tensors[name] for name in names[i::3]}
        save_file(part, folder / file) if suffix == "safetensors" else torch.save(part, folder / file)
        weight_map.update(dict.fromkeys(part, file))
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    (folder / f"{stem}.{suffix}.index.json").write_text(json.dumps(index))
    return weight_map


def problem(call: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as caught:
        call()
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize("layout", ["one .bin", "one old .bin", "shards .bin", "shards .safetensors"])
def test_every_layout_gives_the_same_model(
    tmp_path: Path, source: Path, tensors: dict[str, Tensor], layout: str
) -> None:
    tensors["transformer.rotary_pos_emb.inv_freq"] = torch.ones(2).half()  # the original stores this buffer
    write_config(tmp_path, source, auto_map={"AutoModel": "modeling_chatglm.ChatGLM"})
    if layout.startswith("one"):
        torch.save(tensors, tmp_path / "pytorch_model.bin", _use_new_zipfile_serialization="old" not in layout)
    else:
        write_shards(tmp_path, tensors, layout.removeprefix("shards ."))
    model, wanted = load_model_folder(tmp_path), load_model_folder(source)
    assert not model.training
    for name, parameter in wanted.state_dict().items():
        assert torch.equal(model.state_dict()[name], parameter)


def test_weights_are_converted_and_do_not_depend_on_the_file(
    tmp_path: Path, source: Path, tensors: dict[str, Tensor]
) -> None:
    write_config(tmp_path, source)
    save_file({name: tensor.half() for name, tensor in tensors.items()}, tmp_path / "model.safetensors")
    model = load_model_folder(tmp_path, dtype=torch.float32)
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert model.dtype == torch.float32
    torch.testing.assert_close(model.lm_head.weight, tensors[LAST], atol=1e-3, rtol=1e-3)
    assert load_model_folder(source, dtype=torch.bfloat16).dtype == torch.bfloat16


@pytest.mark.parametrize("prefix_len", [0, 4])
def test_a_saved_model_is_loaded_back(tmp_path: Path, make_glm: Callable[..., GLM], prefix_len: int) -> None:
    model = make_glm(prefix_len=prefix_len)
    save_model_folder(model, tmp_path / "new")
    loaded = load_model_folder(tmp_path / "new")
    assert loaded.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(tensor, loaded.state_dict()[name]) for name, tensor in model.state_dict().items())
    assert (loaded.prefix is None) == (prefix_len == 0)
    names = load_file(tmp_path / "new" / "model.safetensors").keys()
    assert all(name.startswith("transformer.") for name in names)


def test_a_prefix_inside_the_models_own_weights_is_loaded(
    tmp_path: Path, source: Path, tensors: dict[str, Tensor]
) -> None:
    prefix = load_file(source / "prefix.safetensors")
    write_config(tmp_path, source, pre_seq_len=8)
    save_file(tensors | prefix, tmp_path / "model.safetensors")
    expected = load_file(source / "expected.safetensors")
    model = load_model_folder(tmp_path, torch.bfloat16)
    assert model.prefix.embedding.weight.dtype == torch.float32
    with torch.no_grad():
        logits = load_model_folder(tmp_path).logits(expected["full.input_ids"])
    torch.testing.assert_close(logits, expected["prefix.logits"], atol=1e-4, rtol=0)


def test_a_prefix_that_the_config_promises_must_be_there(
    tmp_path: Path, source: Path, tensors: dict[str, Tensor]
) -> None:
    write_config(tmp_path, source, pre_seq_len=8)
    save_file(tensors, tmp_path / "model.safetensors")
    assert problem(lambda: load_model_folder(tmp_path)) == (
        f"{tmp_path}: tensor transformer.prefix_encoder.embedding.weight is missing"
    )


def test_missing_extra_and_misshapen_tensors_are_all_named(
    tmp_path: Path, source: Path, tensors: dict[str, Tensor]
) -> None:
    write_config(tmp_path, source)
    del tensors[LAST]
    tensors["extra.weight"] = torch.zeros(2, 3)
    norm = "transformer.encoder.final_layernorm.weight"
    tensors[norm] = torch.zeros(7)
    embedding = "transformer.embedding.word_embeddings.weight"
    tensors[embedding] = torch.zeros(320, 64, dtype=torch.int8)
    save_file(tensors, tmp_path / "model.safetensors")
    assert set(problem(lambda: load_model_folder(tmp_path)).splitlines()) == {
        f"{tmp_path}: tensor {LAST} is missing",
        f"{tmp_path}: tensor extra.weight [2, 3] has no place in this model",
        f"{tmp_path}: tensor {norm} is [7], config.json asks for [64]",
        f"{tmp_path}: tensor {embedding} is [320, 64] int8, config.json asks for [320, 64]",
    }


def test_a_wrong_model_altogether_prints_a_capped_list(tmp_path: Path, source: Path) -> None:
    write_config(tmp_path, source)
    save_file({f"layer.{i}": torch.zeros(1) for i in range(100)}, tmp_path / "model.safetensors")
    lines = problem(lambda: load_model_folder(tmp_path)).splitlines()
    assert len(lines) == 21


@pytest.mark.parametrize("name", ["../outside.bin", "/etc/passwd", "..", "a/../../b.bin", "C:\\x.bin", "", 7])
def test_an_index_never_leads_out_of_the_folder(
    tmp_path: Path, source: Path, tensors: dict[str, Tensor], name: object
) -> None:
    folder = tmp_path / "model"
    write_config(folder, source)
    torch.save(tensors, tmp_path / "outside.bin")
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": {LAST: name}}))
    assert problem(lambda: load_model_folder(folder)) == (
        f"{folder}/pytorch_model.bin.index.json: names the weight file {name!r}; only files of this folder are read"
    )


def test_a_missing_shard_is_named(tmp_path: Path, source: Path, tensors: dict[str, Tensor]) -> None:
    write_config(tmp_path, source)
    write_shards(tmp_path, tensors, "bin")
    (tmp_path / "pytorch_model-00002-of-00003.bin").unlink()
    assert problem(lambda: load_model_folder(tmp_path)) == (
        f"{tmp_path}: pytorch_model-00002-of-00003.bin is missing, pytorch_model.bin.index.json names it"
    )


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": ["b"]}}'])
def test_a_damaged_index_is_named(tmp_path: Path, source: Path, content: str) -> None:
    write_config(tmp_path, source)
    file = tmp_path / "model.safetensors.index.json"
    file.write_text(content)
    assert problem(lambda: load_model_folder(tmp_path)).startswith(
        f"{file}: cannot be read as an index of weight files: "
    )


def test_a_tensor_in_two_files_is_refused(tmp_path: Path, source: Path, tensors: dict[str, Tensor]) -> None:
    write_config(tmp_path, source)
    file = sorted(set(write_shards(tmp_path, tensors, "safetensors").values()))[-1]
    save_file({LAST: tensors[LAST], "transformer.encoder.final_layernorm.weight": torch.ones(64)}, tmp_path / file)
    assert "stands in two weight files" in problem(lambda: load_model_folder(tmp_path))


def test_a_folder_without_weights_says_what_was_looked_for(tmp_path: Path, source: Path) -> None:
    write_config(tmp_path, source)
    assert problem(lambda: load_model_folder(tmp_path)) == (
        f"{tmp_path}: no weights here: none of model.safetensors, model.safetensors.index.json, "
        "pytorch_model.bin.index.json, pytorch_model.bin is there"
    )


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("damage", ["cut in half", "empty"])
def test_a_damaged_file_is_named(
    tmp_path: Path, source: Path, tensors: dict[str, Tensor], name: str, damage: str
) -> None:
    write_config(tmp_path, source)
    file = tmp_path / name
    save_file(tensors, file) if name.endswith("safetensors") else torch.save(tensors, file)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if damage == "cut in half" else b"")
    with pytest.raises(ModelError) as caught:
        load_model_folder(tmp_path)
    assert str(caught.value).startswith(f"{file}: cannot be read as a file of tensors: ")
    assert "download the folder again" in caught.value.hints()[0]


class Payload:
    """Touches a canary file if it is ever unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.canary}",)


@pytest.mark.parametrize("form", ["zip", "old", "raw"])
def test_a_payload_pickle_is_refused_and_never_runs(tmp_path: Path, source: Path, form: str) -> None:
    canary, file = tmp_path / "canary", tmp_path / "pytorch_model.bin"
    write_config(tmp_path, source)
    if form == "raw":
        file.write_bytes(pickle.dumps({LAST: Payload(canary)}, protocol=2))
    else:
        torch.save({LAST: Payload(canary)}, file, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(ModelError) as caught:
        load_model_folder(tmp_path)
    named = f"{os.system.__module__}.system"
    assert str(caught.value) == f"{file}: holds {named}, which is no tensor; the file was not executed and is refused"
    assert caught.value.hints() == ["get the weights as .safetensors, or from a source you trust"]
    assert not canary.exists()


def test_a_text_file_in_place_of_weights_is_refused(tmp_path: Path, source: Path) -> None:
    write_config(tmp_path, source)
    (tmp_path / "pytorch_model.bin").write_text("version https://git-lfs.github.com/spec/v1")
    assert "holds bytes, which is no tensor" in problem(lambda: load_model_folder(tmp_path))


def test_a_pickle_of_something_else_is_refused(tmp_path: Path, source: Path) -> None:
    write_config(tmp_path, source)
    torch.save([torch.ones(2)], tmp_path / "pytorch_model.bin")
    assert problem(lambda: load_model_folder(tmp_path)) == (
        f"{tmp_path}/pytorch_model.bin: is not a table of named tensors"
    )


def test_every_tensor_of_a_model_has_the_originals_name(source: Path, tensors: dict[str, Tensor]) -> None:
    assert {original_name(name) for name in load_model_folder(source).state_dict()} == set(tensors)


def test_the_fingerprint_survives_every_form_of_the_same_weights(
    tmp_path: Path, source: Path, tensors: dict[str, Tensor]
) -> None:
    wanted = base_fingerprint(load_model_folder(source))
    assert len(wanted) == 16
    assert base_fingerprint(load_model_folder(source, dtype=torch.bfloat16)) == wanted
    for dtype in (torch.float16, torch.bfloat16):
        folder = tmp_path / str(dtype)
        write_config(folder, source)
        write_shards(folder, {name: tensor.to(dtype) for name, tensor in tensors.items()}, "bin")
        assert base_fingerprint(load_model_folder(folder)) == wanted


def test_the_fingerprint_tells_models_apart(source: Path, golden: Path, make_glm: Callable[..., GLM]) -> None:
    model = load_model_folder(source)
    before = base_fingerprint(model)
    with torch.no_grad():  # a light fine-tune: every weight moved by a hundredth of its matrix's size
        for parameter in model.parameters():
            parameter += (
                0.01 * parameter.std() * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0))
            )
    others = [base_fingerprint(make_glm(seed=seed)) for seed in (0, 1)]
    assert len({before, base_fingerprint(model), *others}) == 4


def test_the_prefix_is_no_part_of_the_fingerprint(make_glm: Callable[..., GLM]) -> None:
    assert base_fingerprint(make_glm(prefix_len=4)) == base_fingerprint(make_glm())


def test_symbolic_links_to_weights_are_followed(tmp_path: Path, source: Path) -> None:
    """The hub's cache keeps every file of a model behind a link."""
    blob = tmp_path / "blob"
    shutil.copy(source / "model.safetensors", blob)
    write_config(tmp_path / "model", source)
    (tmp_path / "model" / "model.safetensors").symlink_to(blob)
    assert load_model_folder(tmp_path / "model").config.num_layers == 3


LOAD = """
import sys
from glmkit.model import PrefixEncoder, load_model_folder, save_adapter
from glmkit.model.adapter import read_adapter
model = load_model_folder(sys.argv[1])
save_adapter(sys.argv[2], PrefixEncoder(model.config, 3), {"base": "x", "base_fingerprint": sys.argv[3]})
read_adapter(sys.argv[2], model)
print(*sorted({"torch._dynamo", "sympy"} & {*sys.modules}))
"""


def test_loading_a_model_and_an_adapter_does_not_import_the_compiler(source: Path, tmp_path: Path) -> None:
    """It is two seconds of every process: a server's engine is there again that much sooner."""
    fingerprint = base_fingerprint(load_model_folder(source))
    command = [sys.executable, "-c", LOAD, str(source), str(tmp_path / "adapter"), fingerprint]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


@pytest.mark.parametrize("dtype", [None, torch.float64])
def test_an_embedding_is_pytorchs_own_number_by_number(dtype: torch.dtype | None) -> None:
    made = []
    for make in (torch.nn.Embedding, new_embedding):
        torch.manual_seed(3)
        made.append(make(5, 4, dtype=dtype))
    assert torch.equal(made[0].weight, made[1].weight) and made[0].weight.dtype == made[1].weight.dtype
    assert made[1].weight.requires_grad
    with torch.device("meta"):
        assert new_embedding(5, 4).weight.is_meta
