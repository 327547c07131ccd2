"""Evaluations on the way: they change no bit of the training, cannot end it, and find the best step."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import glmkit
from glmkit.cli import main
from glmkit.config import TrainConfig
from glmkit.data.encode import encode_samples
from glmkit.data.read import read
from glmkit.errors import ConfigError, DataError, Stopped
from glmkit.loading import load_tokenizer
from glmkit.training.loop import train
from tests.training.conftest import golden_samples

Make = Callable[..., TrainConfig]


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def evaluations_of(folder: Path) -> list[dict[str, Any]]:
    return [row for row in rows_of(folder) if "eval_loss" in row]


@pytest.mark.parametrize("method", ["ptuning", "full"])
def test_evaluation_changes_no_bit_of_the_training(
    small_config: Make, small_data: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("glmkit.evaluation.command.TRAINING_MAX_TOKENS", 8)  # an untrained model never ends a reply
    settings = {"eval_data": str(small_data), "eval_every": 1, "eval_generate": 2, "max_seq_len": 60}
    alone = train(small_config(method=method, name="alone", max_seq_len=60))
    beside = glmkit.train(small_config(method=method, name="beside", **settings))
    assert beside.losses == alone.losses
    assert [row["step"] for row in evaluations_of(beside.folder)] == list(range(1, 9))
    weights = "adapter.safetensors" if method == "ptuning" else "model.safetensors"
    last = [(run.folder / "step-000008" / weights).read_bytes() for run in (alone, beside)]
    assert last[0] == last[1]


def test_a_resumed_run_has_the_losses_and_evaluations_of_an_uninterrupted_one(
    small_config: Make, small_data: Path
) -> None:
    settings = {"eval_data": str(small_data), "eval_every": 2}
    whole = glmkit.train(small_config(name="whole", **settings))
    halved = glmkit.train(small_config(name="halved", **settings))
    shutil.rmtree(halved.folder / "step-000008")
    again = glmkit.train(small_config(name="halved", **settings))
    assert again.losses == whole.losses
    found, wanted = evaluations_of(again.folder), evaluations_of(whole.folder)
    assert [(row["step"], row["eval_loss"]) for row in found] == [(row["step"], row["eval_loss"]) for row in wanted]
    assert [row["step"] for row in found] == [2, 4, 6, 8]
    finished = glmkit.train(small_config(name="halved", **settings))
    assert finished.losses == whole.losses


def test_the_recorded_loss_is_that_of_glmkit_eval(
    small_config: Make, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glmkit.evaluation.command.TRAINING_MAX_TOKENS", 8)
    run = glmkit.train(small_config(eval_data=str(small_data), eval_generate=6))
    at_saves = evaluations_of(run.folder)
    assert [row["step"] for row in at_saves] == [4, 8]
    evaluated = glmkit.evaluate(
        glmkit.EvalConfig(model=str(run.folder), data=str(small_data), device="cpu", max_tokens=8)
    )
    assert at_saves[-1]["eval_loss"] == pytest.approx(evaluated.figures["loss"], rel=1e-6)
    assert at_saves[-1]["eval_rouge_l"] == pytest.approx(evaluated.figures["rouge_l"])
    assert at_saves[-1]["eval_text_turns"] == 6


@pytest.mark.parametrize("error", [RuntimeError("no room\nhere"), ValueError(), MemoryError("all used up")])
def test_a_failing_evaluation_is_one_line_and_the_run_goes_on(
    small_config: Make, small_data: Path, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    alone = train(small_config(name="alone"))

    def fail(model: glmkit.GLM, *rest: Any) -> Any:
        model.eval()
        torch.rand(3)
        raise error

    run = train(small_config(name="beside", eval_data=str(small_data), keep_best=True), evaluate=fail)
    assert run.losses == alone.losses
    assert evaluations_of(run.folder) == []
    assert not (run.folder / "best").exists()
    reason = (str(error) or type(error).__name__).splitlines()[0]
    line = f"the evaluation after step 8 failed ({type(error).__name__}: {reason}); training goes on\n"
    assert line in capsys.readouterr().err
    assert line in (run.folder / "train.log").read_text()


def losses_in_turn(*losses: float) -> Any:
    """An evaluation with given results."""
    left = list(losses)
    return lambda *rest: {"loss": left.pop(0)}


def test_the_best_step_is_saved_named_and_kept(
    small_config: Make, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_config(eval_data=str(small_data), eval_every=1, keep_best=True)
    run = train(config, evaluate=losses_in_turn(9, 8, 7, 6, 7, 5, 4, 6))
    assert (run.folder / "best").read_text() == "step-000007\n"
    assert (run.folder / "latest").read_text() == "step-000008\n"
    # 1, 2, 3 and 6 were saved only for being the best of their time; 4 and 8 are ordinary saves
    assert sorted(path.name for path in run.folder.glob("step-*")) == ["step-000004", "step-000007", "step-000008"]
    assert "lowest evaluation loss: 4.0000 after step 7\n" in capsys.readouterr().err
    assert glmkit.load_model(run.folder / "step-000007").prefix is not None


def test_without_keep_best_no_step_is_saved_for_it(small_config: Make, small_data: Path) -> None:
    run = train(small_config(eval_data=str(small_data), eval_every=3), evaluate=losses_in_turn(9, 8, 7))
    assert [row["step"] for row in evaluations_of(run.folder)] == [3, 6, 8]
    assert not (run.folder / "best").exists()
    assert sorted(path.name for path in run.folder.glob("step-*")) == ["step-000004", "step-000008"]


def test_the_best_of_earlier_starts_counts(small_config: Make, small_data: Path) -> None:
    config = small_config(eval_data=str(small_data), eval_every=2, keep_best=True)
    run = train(config, evaluate=losses_in_turn(5, 4, 7, 8))
    assert (run.folder / "best").read_text() == "step-000004\n"
    shutil.rmtree(run.folder / "step-000008")
    train(config, evaluate=losses_in_turn(6, 6))
    assert (run.folder / "best").read_text() == "step-000004\n"


def test_a_loss_that_is_no_number_is_left_out(small_config: Make, small_data: Path) -> None:
    run = train(small_config(eval_data=str(small_data), keep_best=True), evaluate=losses_in_turn(float("nan"), 3.0))
    assert [row["step"] for row in evaluations_of(run.folder)] == [8]
    assert (run.folder / "best").read_text() == "step-000008\n"


def test_a_stop_request_ends_an_evaluation_early(small_config: Make, small_data: Path) -> None:
    def stop_in_the_middle(model: Any, tokenizer: Any, held_out: Any, config: Any, is_stopped: Any) -> Any:
        assert not is_stopped()
        os.kill(os.getpid(), signal.SIGINT)
        return None if is_stopped() else {"loss": 1.0}

    config = small_config(eval_data=str(small_data), eval_every=2)
    with pytest.raises(Stopped):
        train(config, evaluate=stop_in_the_middle)
    folder = Path(config.output_dir) / config.name
    assert (folder / "latest").read_text() == "step-000002\n"
    assert evaluations_of(folder) == []


def test_validation_is_held_out_of_the_data(
    small_config: Make, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []

    def look(model: Any, tokenizer: Any, held_out: Any, *rest: Any) -> Any:
        seen.append(held_out)
        return {"loss": 1.0}

    train(small_config(validation=0.34, steps=1), evaluate=look)
    assert len(seen[0].conversations) == len(seen[0].samples) == 2
    assert "4 samples with" in capsys.readouterr().err
    tokenizer = load_tokenizer(small_config().model)
    held_out = {tuple(sample.input_ids) for sample in seen[0].samples}
    everything = {tuple(sample.input_ids) for sample in encode_samples(read(small_data), tokenizer)}
    assert held_out < everything
    with pytest.raises(ConfigError, match=r"its validation was 0\.34 when it began, is 0\.5 now"):
        train(small_config(validation=0.5, steps=1), evaluate=look)


def test_the_command_line_evaluates_and_draws(
    small_config: Make, small_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = small_config()
    arguments = ["--model", config.model, "--data", config.data, "--output-dir", config.output_dir]
    arguments += ["--name", "line", "--steps", "2", "--prefix-len", "4", "--device", "cpu", "--dtype", "float32"]
    assert main(["train", *arguments, "--validation", "0.2", "--eval-generate", "1", "--keep-best"]) == 0
    err = capsys.readouterr().err
    assert "evaluation after step 2: loss " in err
    assert "  perplexity " in err
    assert "  rouge_l " in err
    folder = Path(config.output_dir) / "line"
    assert (folder / "best").read_text() == "step-000002\n"
    assert (folder / "curve.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"eval_every": 2}, "eval_every: is set to 2 but has no effect here; it needs eval_data or validation"),
        ({"keep_best": True}, "keep_best: is set to True but has no effect here"),
        ({"validation": 1.0}, r"validation: must be between 0 and 1 \(exclusive\), got 1.0"),
        (
            {"validation": 0.1, "eval_data": "x"},
            "validation: is set to 0.1 but has no effect here; it needs no eval_data",
        ),
    ],
)
def test_settings_without_effect_are_refused(small_config: Make, changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        small_config(**changes)


def test_an_evaluation_that_cannot_be_is_refused_before_the_first_step(
    small_config: Make, golden_config: Make, small_data: Path, golden: Path
) -> None:
    samples = golden_samples(golden / "tiny-chatglm3")
    with pytest.raises(ConfigError, match="no function for it was handed in"):
        train(small_config(validation=0.2))
    with pytest.raises(ConfigError, match="a share can only be held out of a data file"):
        glmkit.train(golden_config(validation=0.2), samples=samples)
    with pytest.raises(DataError, match=r"missing\.jsonl"):
        glmkit.train(small_config(eval_data="missing.jsonl"))
    with pytest.raises(glmkit.GlmkitError, match=r"tokenizer\.model"):
        glmkit.train(golden_config(eval_data=str(small_data)), samples=samples)
    assert not list(Path(small_config().output_dir).glob("*"))
