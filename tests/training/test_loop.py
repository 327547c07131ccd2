"""The training loop: what the original computed, the same again after any stop, and nothing in silence."""

from __future__ import annotations

import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from glmkit.chat.sample import Sample
from glmkit.cli import main
from glmkit.config import TrainConfig
from glmkit.data.encode import encode_samples
from glmkit.data.read import read
from glmkit.errors import ConfigError, DataError, ModelError, NumericsError, Stopped, StorageError
from glmkit.loading import load_model, load_tokenizer
from glmkit.model.weights import save_model_folder
from glmkit.settings import resolve
from glmkit.training.checkpoint import fault_of, sha256
from glmkit.training.loop import train
from tests.training.conftest import GOLDEN_MODELS, golden_samples

Make = Callable[..., TrainConfig]


@pytest.mark.parametrize("name", GOLDEN_MODELS)
def test_the_original_training_run_is_reproduced(golden: Path, golden_config: Make, name: str) -> None:
    result = train(golden_config(name), samples=golden_samples(golden / name))
    expected = load_file(golden / name / "expected.safetensors")
    assert result.losses == pytest.approx(expected["train.losses"].tolist(), rel=1e-4)
    trained = load_file(result.folder / "step-000012" / "adapter.safetensors")
    finals = {key.removeprefix("train.final."): tensor for key, tensor in expected.items() if "train.final" in key}
    assert trained.keys() == {f"transformer.prefix_encoder.{key}" for key in finals}
    for key, tensor in finals.items():
        # 12 AdamW steps of size up to 0.02 divide by the root of tiny second moments: 1e-4 of the distance travelled
        torch.testing.assert_close(trained[f"transformer.prefix_encoder.{key}"], tensor, rtol=1e-3, atol=2e-4)


def test_rows_of_any_size_give_the_same_training(golden: Path, golden_config: Make) -> None:
    samples = golden_samples(golden / GOLDEN_MODELS[0])
    packed = train(golden_config(steps=4), samples=samples)
    alone = train(golden_config(steps=4, max_tokens_per_row=24, name="alone"), samples=samples)
    assert alone.losses == pytest.approx(packed.losses, rel=1e-5)


def tensors_in(folder: Path) -> dict[str, torch.Tensor]:
    """Return every tensor of a step folder, the optimiser's state included."""
    return {
        f"{file.name}:{name}": tensor
        for file in sorted(folder.rglob("*.safetensors"))
        for name, tensor in load_file(file).items()
    }


def assert_same_bits(folder: Path, expected: Path) -> None:
    """Compare two step folders bit by bit."""
    found, wanted = tensors_in(folder), tensors_in(expected)
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert torch.equal(found[name], tensor), name


@pytest.mark.parametrize("method", ["ptuning", "full"])
def test_a_run_continued_from_its_middle_has_the_bits_of_an_uninterrupted_one(
    small_config: Make, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    whole = train(small_config(method=method, name="whole"))
    first = train(small_config(method=method, name="halved"))
    assert first.losses == whole.losses
    shutil.rmtree(first.folder / "step-000008")  # as if the power had gone after step 4
    again = train(small_config(method=method, name="halved"))
    assert f"continuing after step 4 from {first.folder / 'step-000004'}\n" in capsys.readouterr().err
    assert again.losses == whole.losses
    assert len(again.losses) == again.steps == 8
    assert_same_bits(again.folder / "step-000008", whole.folder / "step-000008")
    rows = [json.loads(line) for line in (again.folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 9))
    assert [row["loss"] for row in rows] == whole.losses


TRAIN_UNTIL_KILLED = """
import json, sys, torch
from glmkit.config import TrainConfig
from glmkit.training.loop import train
torch.set_num_threads(1)
train(TrainConfig(**json.loads(sys.argv[1])))
"""


def test_a_killed_run_continues_with_the_losses_of_an_uninterrupted_one(small_config: Make) -> None:
    whole = train(small_config(steps=24, name="whole"))
    config = small_config(steps=24, save_every=1, name="killed")
    metrics = Path(config.output_dir) / "killed" / "metrics.jsonl"
    command = [sys.executable, "-c", TRAIN_UNTIL_KILLED, json.dumps(asdict(config))]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as training:
        while training.poll() is None and not (metrics.is_file() and metrics.read_bytes().count(b"\n") >= 8):
            time.sleep(0.002)
        training.send_signal(signal.SIGKILL)
    assert training.returncode == -signal.SIGKILL
    again = train(config)
    assert again.losses == whole.losses
    assert_same_bits(again.folder / "step-000024", whole.folder / "step-000024")
    assert all(fault_of(folder) is None for folder in again.folder.glob("step-*"))


def stop_after(metrics: Path, lines: int, *signals: signal.Signals) -> threading.Thread:
    """Send ``signals`` to this process once ``metrics`` has that many lines, as a user at the keyboard would."""

    def wait_and_send() -> None:
        while not (metrics.is_file() and metrics.read_bytes().count(b"\n") >= lines):
            time.sleep(0.001)
        for number in signals:
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=wait_and_send)
    thread.start()
    return thread


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_says_how_to_continue_and_does_so(
    small_config: Make, capfd: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    whole = train(small_config(steps=80, save_every=80, name="whole"))
    config = small_config(steps=80, save_every=80, name="stopped")
    run = Path(config.output_dir) / "stopped"
    sender = stop_after(run / "metrics.jsonl", 2, number)
    with pytest.raises(Stopped) as caught:
        train(config)
    sender.join()
    steps_done = (run / "metrics.jsonl").read_text().count("\n")
    assert 2 <= steps_done < 80
    assert str(caught.value) == f"{run}: stopped on request after step {steps_done}, which is saved"
    assert caught.value.hints() == [f"continue with: glmkit train --config {run / 'config.yaml'}"]
    assert caught.value.exit_code == 75
    assert "stopping: this step is finished and saved first" in capfd.readouterr().err
    command = caught.value.hints()[0].removeprefix("continue with: glmkit ").split()
    assert main(command) == 0
    assert [json.loads(line)["loss"] for line in (run / "metrics.jsonl").read_text().splitlines()] == whole.losses


def test_the_saved_settings_are_complete_and_continue_the_same_run(small_config: Make) -> None:
    result = train(small_config(method="full", learning_rate=None, name="", restart=True))
    assert result.folder.name == "talks-full"
    saved = resolve(TrainConfig, {}, str(result.folder / "config.yaml")).config
    assert (saved.learning_rate, saved.dtype, saved.name, saved.restart) == (2e-5, "float32", "talks-full", False)
    assert Path(saved.model).is_absolute()
    assert train(saved).losses == result.losses


def test_a_finished_run_trains_nothing_and_returns_its_losses(
    small_config: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    first = train(small_config())
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("step-*/**/*")}
    capsys.readouterr()
    assert train(small_config()).losses == first.losses
    assert f"this run is complete: 8 steps in {first.folder}; nothing to train" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("step-*/**/*")} == before


def test_restart_trains_anew_and_keeps_the_earlier_run(small_config: Make, capsys: pytest.CaptureFixture[str]) -> None:
    first = train(small_config(steps=2))
    again = train(small_config(steps=2, seed=1, restart=True))
    assert again.losses != first.losses
    moved = first.folder.with_name("small.old-1")
    assert f"the earlier run was moved to {moved}" in capsys.readouterr().err
    assert fault_of(moved / "step-000002") is None


def test_changed_settings_are_refused_with_both_values(small_config: Make) -> None:
    first = train(small_config(steps=2))
    with pytest.raises(ConfigError) as caught:
        train(small_config(steps=3, prefix_len=5, learning_rate=0.1, save_every=1, log_every=7, threads=1))
    assert str(caught.value).splitlines() == [
        f"{first.folder}: this run exists already; its prefix_len was 4 when it began, is 5 now",
        f"{first.folder}: this run exists already; its steps was 2 when it began, is 3 now",
        f"{first.folder}: this run exists already; its learning_rate was 0.02 when it began, is 0.1 now",
    ]
    assert caught.value.hints() == [
        "take the old value to continue, or begin another run with --name NAME or --restart"
    ]
    assert caught.value.exit_code == 2


def test_a_changed_base_model_is_refused(small_config: Make, small_model: Path) -> None:
    train(small_config(steps=2))
    model = load_model(small_model)
    model.init_weights(seed=2)
    save_model_folder(model, small_model)
    with pytest.raises(ConfigError) as caught:
        train(small_config(steps=2))
    assert str(caught.value) == (
        f"model: the base model is not the one this run began with (then {small_model}, now {small_model})"
    )


def test_a_moved_model_and_a_moved_data_file_are_the_same_run(small_config: Make, tmp_path: Path) -> None:
    first = train(small_config(steps=2))
    for name in ("small-model", "talks.jsonl"):
        (tmp_path / name).rename(tmp_path / f"moved-{name}")
    moved = small_config(steps=2, model=str(tmp_path / "moved-small-model"), data=str(tmp_path / "moved-talks.jsonl"))
    assert train(moved).losses == first.losses


def test_a_data_file_that_has_changed_is_refused_unless_allowed(
    small_config: Make, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = train(small_config())
    shutil.rmtree(first.folder / "step-000008")
    old_bytes, old_sha256 = small_data.stat().st_size, sha256(small_data)[:12]
    small_data.write_text("".join(small_data.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(DataError) as caught:
        train(small_config())
    assert str(caught.value) == (
        f"{small_data}: the file has changed since this run began: "
        f"then 6 samples in {old_bytes} bytes (sha256 {old_sha256}), "
        f"now 5 samples in {small_data.stat().st_size} bytes (sha256 {sha256(small_data)[:12]})"
    )
    assert caught.value.exit_code == 3
    result = train(small_config(allow_data_change=True))
    assert "going on with other data, as allowed: 6 samples before, 5 now" in capsys.readouterr().err
    assert result.losses[:4] == first.losses[:4]
    assert result.losses[4:] != first.losses[4:]


def test_another_data_file_is_refused(small_config: Make, small_data: Path) -> None:
    train(small_config(steps=2))
    other = small_data.with_name("other.jsonl")
    other.write_text("".join(small_data.read_text().splitlines(keepends=True)[2:]))
    with pytest.raises(ConfigError) as caught:
        train(small_config(steps=2, data=str(other)))
    assert str(caught.value) == (
        f"data: was '{small_data}' (6 samples) when this run began, is '{other}' (4 samples) now"
    )


def test_a_damaged_newest_step_costs_its_steps_not_the_run(
    small_config: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    first = train(small_config())
    damaged = first.folder / "step-000008" / "adapter.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    again = train(small_config())
    assert f"skipped a damaged checkpoint: {damaged}: the file has" in capsys.readouterr().err
    assert again.losses == first.losses
    assert fault_of(again.folder / "step-000008") is None


def test_the_folder_is_checked_before_the_model_is_looked_for(small_config: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        train(small_config(model="no/such/model", output_dir=str(tmp_path / "file")))


def test_faults_of_the_data_are_told_before_the_model_is_looked_for(small_config: Make, small_data: Path) -> None:
    small_data.write_text("{broken")
    with pytest.raises(DataError):
        train(small_config(model="no/such/model"))


def test_data_is_needed(small_config: Make) -> None:
    with pytest.raises(ConfigError, match="data: no training data: give a file"):
        train(small_config(data=""))
    with pytest.raises(DataError, match="there is not a single sample to train on"):
        train(small_config(), samples=[])


def test_a_loss_that_is_not_finite_stops_before_the_update_and_names_the_samples(
    small_config: Make, small_model: Path, small_data: Path
) -> None:
    encoded = encode_samples(read(small_data), load_tokenizer(small_model))
    others = [token for sample in encoded[:4] + encoded[5:] for token in sample.input_ids]
    model = load_model(small_model)
    with torch.no_grad():
        model.embed_tokens.weight[list(set(encoded[4].input_ids) - set(others))] = float("nan")
    save_model_folder(model, small_model)
    config = small_config(shuffle=False, samples_per_step=2, max_tokens_per_row=1, save_every=1, prefix_init="normal")
    with pytest.raises(NumericsError) as caught:
        train(config)
    assert caught.value.exit_code == 5
    run = Path(config.output_dir) / "small"
    assert str(caught.value) == (
        f"step 3 is not finite (loss nan, gradient norm nan) and was not applied; samples: {small_data}:5"
    )
    assert [path.name for path in sorted(run.glob("step-*"))] == ["step-000001", "step-000002"]
    assert fault_of(run / "step-000002") is None
    assert (run / "metrics.jsonl").read_text().count("\n") == 2


def test_a_full_disk_costs_saves_first_and_the_run_only_after_three(
    small_config: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_config(method="full", steps=20, save_every=2, name="full-disk")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))  # room for the log, not for the model
    try:
        with pytest.raises(StorageError) as caught:
            train(config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    run = Path(config.output_dir) / "full-disk"
    assert str(caught.value).startswith(f"{run / 'step-000006'}: could not save: ")
    assert str(caught.value).endswith("; failures in a row: 3)")
    told = capsys.readouterr().err
    assert told.count("training goes on and tries again at the next save") == 2
    assert "bytes, " in told
    assert sorted(path.name for path in run.iterdir()) == ["config.yaml", "lock", "metrics.jsonl", "train.log"]
    assert len(train(config).losses) == 20  # the space is back: the same command starts where it can


CHANGES: list[dict[str, Any]] = [
    {"seed": 1},
    {"shuffle": False},
    {"prefix_init": "normal"},
    {"prefix_dropout": 0.0},
    {"prefix_len": 5},
    {"prefix_projection": True},
    {"learning_rate": 0.01},
    {"schedule": "cosine"},
    {"schedule": "constant"},
    {"warmup_steps": 2},
    {"weight_decay": 0.1},
    {"max_grad_norm": 0.01},
    {"loss_average": "sample"},
    {"samples_per_step": 3},
    {"max_seq_len": 12},
    {"dtype": "bfloat16"},
    {"steps": 0, "epochs": 3.0},
]


def test_every_option_changes_what_is_trained(small_config: Make) -> None:
    digests: dict[str, str] = {}
    for change in [{}, *CHANGES]:
        result = train(small_config(**{"steps": 3, "name": str(change), **change}))
        assert all(math.isfinite(loss) for loss in result.losses)
        digests[str(change)] = sha256(max(result.folder.glob("step-*")) / "adapter.safetensors")
    assert len(set(digests.values())) == len(digests), digests


def test_epochs_decide_the_steps_when_steps_is_zero(small_config: Make) -> None:
    assert train(small_config(steps=0, epochs=2.5)).steps == 4  # 6 samples, 4 a step


def test_full_training_from_scratch_learns_and_its_step_is_a_model_folder(
    small_config: Make, small_model: Path
) -> None:
    (small_model / "model.safetensors").unlink()
    settings = {"method": "full", "from_scratch": True, "learning_rate": 1e-2, "steps": 30, "save_every": 30}
    result = train(small_config(**settings))
    assert result.losses[0] == pytest.approx(math.log(640), abs=0.3)  # knows nothing yet: uniform over the vocabulary
    assert result.losses[-1] < result.losses[0] / 2
    assert (load_tokenizer(result.folder)).path == result.folder / "step-000030" / "tokenizer.model"
    assert load_model(result.folder).dtype == torch.float32
    assert train(small_config(**settings, seed=3, name="other")).losses[0] != result.losses[0]


def test_full_training_in_bfloat16_keeps_float32_masters(small_config: Make) -> None:
    result = train(small_config(method="full", dtype="bfloat16", steps=2))
    exact = train(small_config(method="full", steps=2, name="exact"))
    assert result.losses == pytest.approx(exact.losses, rel=1e-2)
    assert result.losses != exact.losses
    assert {tensor.dtype for tensor in tensors_in(result.folder / "step-000002").values()} == {torch.float32}


def test_a_run_can_be_the_base_of_another(small_config: Make) -> None:
    base = train(small_config(method="full", steps=2, name="base"))
    tuned = train(small_config(model=str(base.folder), steps=2, name="tuned"))
    saved = resolve(TrainConfig, {}, str(tuned.folder / "config.yaml")).config
    assert saved.model == str(base.folder / "step-000002")
    assert load_model(tuned.folder).prefix is not None
    with pytest.raises(ModelError) as caught:
        train(small_config(model=str(tuned.folder), steps=2, name="third"))
    step = tuned.folder / "step-000002"
    assert str(caught.value) == (
        f"model: {step} is an adapter; train it further with model: {saved.model} and init_adapter: {step}"
    )
    warm = train(small_config(model=saved.model, init_adapter=str(tuned.folder), steps=2, name="warm"))
    assert warm.losses[0] != tuned.losses[0]


def test_an_adapter_of_another_length_is_refused_with_both_numbers(small_config: Make) -> None:
    first = train(small_config(steps=1))
    with pytest.raises(ModelError) as caught:
        train(small_config(steps=1, prefix_len=7, init_adapter=str(first.folder), name="warm"))
    assert str(caught.value).endswith(
        ": the adapter does not fit the settings: prefix_len is 4 in the adapter, 7 in the settings"
    )


def test_samples_of_another_tokenizer_are_refused(small_config: Make) -> None:
    with pytest.raises(ModelError) as caught:
        train(small_config(), samples=[Sample([1, 640], [-100, 640], source="mine:1")])
    assert str(caught.value) == (
        "mine:1: a sample holds token id 640, but the model knows 640 tokens: the tokenizer is not this model's"
    )


def test_a_picture_that_cannot_be_drawn_does_not_cost_the_training(
    small_config: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_config(steps=1)
    picture = Path(config.output_dir) / "small" / "curve.png"
    picture.mkdir(parents=True)
    assert train(config).steps == 1
    assert (picture.parent / "report.html").is_file()
    assert f"cannot write {picture}: Is a directory\n" in capsys.readouterr().err


def test_a_run_folder_holds_what_it_promises(small_config: Make) -> None:
    result = train(small_config(steps=5, save_every=2))
    names = {path.name for path in result.folder.iterdir()}
    files = {"config.yaml", "metrics.jsonl", "curve.png", "report.html", "train.log", "latest", "lock"}
    assert names == files | {"step-000002", "step-000004", "step-000005"}
    assert (result.folder / "latest").read_text() == "step-000005\n"
    step = {
        path.relative_to(result.folder / "step-000005").as_posix() for path in result.folder.glob("step-000005/**/*")
    }
    state = {"training_state", "training_state/optimizer.safetensors", "training_state/state.json"}
    assert step == {"adapter.safetensors", "adapter.json", "manifest.json"} | state
    row = json.loads((result.folder / "metrics.jsonl").read_text().splitlines()[0])
    assert row.keys() == {*["step", "loss", "lr", "grad_norm", "tokens", "labels", "seconds", "tokens_per_s", "epoch"]}
    assert row["epoch"] == pytest.approx(4 / 6, abs=1e-4)


def test_the_user_sees_sample_settings_counts_and_what_to_do_next(
    small_config: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    result = train(small_config(steps=2))
    out, told = capsys.readouterr()
    assert out == ""  # stdout is for results
    lines = told.splitlines()
    assert lines[0] == "Sanity Check >>>>>>>>>>>>>"
    assert lines[lines.index("<<<<<<<<<<<<< Sanity Check") - 1] == "              '</s>':      2 ->      2"
    assert "  learning_rate       0.02" in lines
    assert not any(line.startswith("  from_scratch") for line in lines)  # means nothing to this method
    assert any(line.startswith("trainable parameters: 128, all parameters: ") for line in lines)
    assert any(
        line == "6 samples with 164 tokens, 74 of them labelled; 2 steps of 4 samples, 1.333 epochs" for line in lines
    )
    assert any(line.startswith("step 2/2  loss ") for line in lines)
    assert lines[-2].startswith("done, last loss ")
    assert lines[-1] == f"talk to it: glmkit chat {result.folder}"
    logged = (result.folder / "train.log").read_text().splitlines()
    end = "<<<<<<<<<<<<< Sanity Check"
    assert logged[logged.index(end) :] == lines[lines.index(end) :]
    assert sum(" -> " in line for line in logged) > sum(" -> " in line for line in lines)  # the log has it whole


@pytest.mark.parametrize("method", ["ptuning", "full"])
def test_a_base_that_already_holds_a_prefix_is_refused(small_config: Make, small_model: Path, method: str) -> None:
    width = 1 * 2 * 1 * 16  # layers, key and value, groups, head width
    tensors = load_file(small_model / "model.safetensors")
    tensors["transformer.prefix_encoder.embedding.weight"] = torch.zeros(3, width)
    save_file(tensors, small_model / "model.safetensors", metadata={"format": "pt"})
    described = json.loads((small_model / "config.json").read_text())
    (small_model / "config.json").write_text(json.dumps({**described, "pre_seq_len": 3}))
    changes = {"method": "full", "prefix_len": 128, "prefix_dropout": 0.1} if method == "full" else {}
    with pytest.raises(ModelError, match="this base model's weights already hold a P-Tuning prefix of 3 positions"):
        train(small_config(steps=1, **changes))
