"""load_model, load_tokenizer and resolve: every form of a model a user may name, and every way to name it wrongly."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glmkit.errors import ModelError
from glmkit.loading import Resolved, find_adapter, load_model, load_tokenizer, resolve
from glmkit.model import GLM, PrefixEncoder, base_fingerprint, load_model_folder, save_adapter, save_model_folder


@pytest.fixture
def base(tmp_path: Path, golden: Path) -> Path:
    save_model_folder(load_model_folder(golden / "tiny-chatglm3"), tmp_path / "base")
    return tmp_path / "base"


def make_run(run: Path, base: Path, steps: tuple[int, ...] = (5, 10), **settings: str) -> Path:
    """A P-Tuning run as training leaves it; the prefix of step n is filled with n."""
    run.mkdir(parents=True)
    (run / "config.yaml").write_text(json.dumps({"model": str(base), "method": "ptuning", **settings}))
    model = load_model_folder(base)
    for step in steps:
        encoder = PrefixEncoder(model.config, 3)
        torch.nn.init.constant_(encoder.embedding.weight, step)
        metadata = {"base": str(base), "base_fingerprint": base_fingerprint(model)}
        save_adapter(run / f"step-{step:06d}", encoder, metadata)
        (run / "latest").write_text(f"step-{step:06d}\n")
    return run


def problem(call: Callable[[], object]) -> ModelError:
    with pytest.raises(ModelError) as caught:
        call()
    return caught.value


def prefix_value(model: GLM) -> float:
    assert model.prefix is not None
    return float(model.prefix.embedding.weight.detach().mean())


def test_a_model_folder_is_its_own_base(base: Path) -> None:
    assert resolve(base) == Resolved(base, None, base / "tokenizer.model")
    model = load_model(base, device="cpu")
    assert model.prefix is None and not model.training
    assert (model.dtype, model.device.type) == (torch.float32, "cpu")


def test_a_model_with_a_prefix_lying_beside_it_is_both(golden: Path) -> None:
    """The golden folders hold the model as .safetensors and its prefix as the original's .bin."""
    folder = golden / "tiny-chatglm3"
    assert load_model(folder, device="cpu").prefix is None
    assert load_model(folder, adapter=folder, device="cpu").prefix is not None


def test_a_run_is_its_newest_step_before_its_base(tmp_path: Path, base: Path) -> None:
    run = make_run(tmp_path / "runs" / "a", base)
    assert resolve(run) == Resolved(base, run / "step-000010", base / "tokenizer.model")
    assert prefix_value(load_model(run, device="cpu")) == 10


def test_latest_decides_and_without_it_the_highest_number(tmp_path: Path, base: Path) -> None:
    run = make_run(tmp_path / "a", base, (5, 10))
    (run / "latest").write_text("step-000005")
    assert resolve(run).adapter == run / "step-000005"
    for content in ("../elsewhere", "step-000099", ""):
        (run / "latest").write_text(content)
        assert resolve(run).adapter == run / "step-000010"


def test_a_step_folder_is_that_step(tmp_path: Path, base: Path) -> None:
    run = make_run(tmp_path / "a", base)
    assert prefix_value(load_model(run / "step-000005", device="cpu")) == 5


def test_a_full_runs_step_is_a_model_folder(tmp_path: Path, base: Path, tokenizer_file: Path) -> None:
    run = tmp_path / "full"
    save_model_folder(load_model_folder(base), run / "step-000003")
    (run / "config.yaml").write_text(f"model: {base}\nmethod: full\ntokenizer: {tokenizer_file}\n")
    assert resolve(run) == Resolved(run / "step-000003", None, tokenizer_file)
    assert load_model(run, device="cpu").config.num_layers == 3


def test_a_run_may_stand_on_a_full_run(tmp_path: Path, base: Path) -> None:
    full = tmp_path / "full"
    save_model_folder(load_model_folder(base), full / "step-000003")
    (full / "config.yaml").write_text(f"model: {base}\n")
    run = make_run(tmp_path / "a", full / "step-000003")
    (run / "config.yaml").write_text(f"model: {full}\n")
    assert resolve(run).base == full / "step-000003"


@pytest.mark.parametrize("form", ["run", "step", "original folder", "original file"])
def test_an_adapter_is_given_in_any_form(tmp_path: Path, base: Path, golden: Path, form: str) -> None:
    run = make_run(tmp_path / "a", base)
    original = tmp_path / "checkpoint"
    original.mkdir()
    shutil.copy(golden / "tiny-chatglm3" / "pytorch_model.bin", original)
    paths = {
        "run": run,
        "step": run / "step-000005",
        "original folder": original,
        "original file": original / "pytorch_model.bin",
    }
    model = load_model(base, adapter=paths[form], device="cpu")
    assert model.prefix is not None and model.prefix.prefix_len == (8 if "original" in form else 3)


def test_a_base_that_moved_is_found_through_the_runs_settings(tmp_path: Path, base: Path) -> None:
    run = make_run(tmp_path / "a", base)
    moved = base.rename(tmp_path / "moved")
    (run / "config.yaml").write_text(f"model: {moved}\n")
    assert resolve(run).base == moved


def test_a_base_that_is_gone_is_an_error(tmp_path: Path, base: Path) -> None:
    run = make_run(tmp_path / "a", base)
    shutil.rmtree(base)
    error = problem(lambda: load_model(run))
    assert str(error) == f"{run}/step-000010: the base model of this adapter is gone; looked for {base}"
    assert error.hints() == ["give the base model's new place, and this as --adapter"]


def test_a_run_on_a_changed_base_is_refused(tmp_path: Path, base: Path) -> None:
    run = make_run(tmp_path / "a", base)
    changed = load_model_folder(base)
    changed.init_weights(seed=1)
    save_model_folder(changed, base)
    assert "was trained on another base model" in str(problem(lambda: load_model(run, device="cpu")))


def test_a_missing_path_names_similar_folders(tmp_path: Path, base: Path) -> None:
    path = tmp_path / "bse"
    assert str(problem(lambda: load_model(path))) == (
        f"{path}: no such model or run; looked for {path}; did you mean {base}?"
    )
    path = tmp_path / "a" / "b" / "c"
    assert str(problem(lambda: load_model(path))) == f"{path}: no such model or run; looked for {path}"


def test_a_typo_beside_an_existing_folder_is_no_hub_id(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(tmp_path / "runs" / "demo", base)
    monkeypatch.chdir(tmp_path)
    assert str(problem(lambda: load_model("runs/dem"))) == (
        f"runs/dem: no such model or run; looked for {tmp_path}/runs/dem; did you mean runs/demo?"
    )


def test_a_folder_that_is_no_model_lists_what_is_missing(tmp_path: Path) -> None:
    weights = "model.safetensors / model.safetensors.index.json / pytorch_model.bin.index.json / pytorch_model.bin"
    assert str(problem(lambda: resolve(tmp_path))) == (
        f"{tmp_path}: not a model folder: config.json, {weights} is missing"
    )
    (tmp_path / "config.json").write_text("{}")
    assert str(problem(lambda: resolve(tmp_path))) == f"{tmp_path}: not a model folder: {weights} is missing"


def test_a_file_is_no_model(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("x")
    assert str(problem(lambda: load_model(file))) == f"{file}: is a file; a model is a folder"


def test_a_run_that_has_saved_nothing_says_so(tmp_path: Path, base: Path) -> None:
    run = make_run(tmp_path / "a", base, steps=())
    error = problem(lambda: load_model(run))
    assert str(error) == f"{run}: this run has not saved a step yet"
    assert error.hints() == ["run the same `glmkit train` command again; it continues"]


@pytest.mark.parametrize("content", ["{", "- a", "\x00"])
def test_damaged_run_settings_are_named(tmp_path: Path, base: Path, content: str) -> None:
    run = make_run(tmp_path / "a", base)
    (run / "config.yaml").write_text(content)
    assert str(problem(lambda: resolve(run))).startswith(f"{run}/config.yaml: cannot be read as a run's settings: ")


def test_a_model_given_as_adapter_is_refused(base: Path) -> None:
    error = problem(lambda: load_model(base, adapter=base))
    assert str(error) == f"{base}: is a whole model, not an adapter"
    assert error.hints() == ["use it as the model, without --adapter"]


def test_an_adapter_given_as_model_is_refused(tmp_path: Path, golden: Path) -> None:
    file = shutil.copy(golden / "tiny-chatglm3" / "pytorch_model.bin", tmp_path)
    for path in (tmp_path, Path(file)):
        error = problem(lambda path=path: load_model(path))
        assert str(error) == f"{path}: is an adapter and does not name its base model"
        assert error.hints() == ["give the base model, and this as --adapter"]


def test_a_missing_or_empty_adapter_is_an_error_not_the_base_model(tmp_path: Path, base: Path) -> None:
    missing, empty = tmp_path / "nothing", tmp_path / "empty"
    empty.mkdir()
    assert str(problem(lambda: load_model(base, adapter=missing))).startswith(f"{missing}: no such model or run")
    assert str(problem(lambda: load_model(base, adapter=empty))) == f"{empty}: holds no adapter"
    assert str(problem(lambda: find_adapter(empty))) == f"{empty}: holds no adapter"


def test_a_second_adapter_is_refused(tmp_path: Path, base: Path) -> None:
    run = make_run(tmp_path / "a", base)
    error = problem(lambda: load_model(run, adapter=run))
    assert str(error) == f"{run}: has a prefix of its own, adapter {run} cannot be added to it"
    assert error.hints() == [f"give the base model ({base}) with --adapter, or leave --adapter out"]
    model = load_model(run, device="cpu")
    save_model_folder(model, tmp_path / "merged")
    assert "has a prefix of its own" in str(problem(lambda: load_model(tmp_path / "merged", adapter=run)))


def test_an_adapter_on_an_adapter_is_refused(tmp_path: Path, base: Path) -> None:
    first = make_run(tmp_path / "first", base)
    second = make_run(tmp_path / "second", base)
    step = second / "step-000010"
    description = json.loads((step / "adapter.json").read_text())
    (step / "adapter.json").write_text(json.dumps({**description, "base": str(first)}))
    assert str(problem(lambda: load_model(second))) == (
        f"{step}: its base {first} is an adapter itself; an adapter stands before a whole model"
    )


def test_dtype_is_chosen_by_name(base: Path) -> None:
    assert load_model(base, dtype="bfloat16", device="cpu").dtype == torch.bfloat16
    assert str(problem(lambda: load_model(base, dtype="int3"))) == (
        "there is no dtype int3; known are float32, float16, bfloat16"
    )


def test_the_tokenizer_is_found_in_every_form(tmp_path: Path, base: Path, tokenizer_file: Path) -> None:
    run = make_run(tmp_path / "a", base)
    error = problem(lambda: load_tokenizer(run))
    assert str(error) == f"{base}: no tokenizer here: tokenizer.model is missing"
    assert error.hints() == ["give its place with --tokenizer"]
    shutil.copy(tokenizer_file, base / "tokenizer.model")
    for path in (run, run / "step-000005", base, base / "tokenizer.model"):
        assert Path(load_tokenizer(path).path) == base / "tokenizer.model"
    named = make_run(tmp_path / "b", base, tokenizer=str(tokenizer_file.parent))
    assert Path(load_tokenizer(named).path) == tokenizer_file


def test_importing_loading_does_not_import_torch() -> None:
    code = "import sys, glmkit.loading; assert 'torch' not in sys.modules and 'huggingface_hub' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
