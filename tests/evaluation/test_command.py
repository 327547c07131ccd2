"""`glmkit eval`: exact losses, answers of a model that knows them, failures, files, interruption, errors."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from glmkit.chat.conversation import Conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.cli import main
from glmkit.config import EvalConfig
from glmkit.data.encode import encode_samples
from glmkit.errors import ModelError, NumericsError
from glmkit.evaluation.command import evaluate, sampled
from glmkit.evaluation.measure import Measurement, evaluating, measure_loss
from glmkit.loading import load_model, load_tokenizer
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder
from tests.evaluation.conftest import ROWS, TOOLS, assistant, call, user, write_rows

ALL_RIGHT = {
    "call_turns": 2,
    "call_made": 1,
    "call_valid": 1,
    "call_name": 1,
    "call_exact": 1,
    "key_precision": 1,
    "key_recall": 1,
    "key_f1": 1,
    "code_turns": 1,
    "code_made": 1,
    "code_exact": 1,
    "text_turns": 4,
    "text_made": 1,
    "rouge_l": 1,
    "answers_cut": 0,
    "answers_too_long": 0,
}


@pytest.fixture
def model(learned_folder: Path) -> GLM:
    return load_model(learned_folder)


def loss_of_each(model: GLM, ids: list[int], labels: list[int]) -> list[float]:
    """The definition: the negative log-probability of every labelled token, one document at a time."""
    scores = model.logits(torch.tensor([ids]))[0].double().log_softmax(-1)
    return [-float(scores[i, label]) for i, label in enumerate(labels[1:]) if label != -100]


@pytest.mark.parametrize("max_tokens_per_row", [1, 100, 8192])
@pytest.mark.parametrize("is_prefixed", [False, True])
def test_the_loss_is_the_sum_over_samples_one_by_one(
    model: GLM, small_tokenizer: Tokenizer, max_tokens_per_row: int, is_prefixed: bool
) -> None:
    if is_prefixed:
        model.prefix = PrefixEncoder(model.config, prefix_len=5, dropout=0.5)
        model.prefix.init_normal(std=1.0, generator=torch.Generator().manual_seed(1))
    samples = encode_samples([Conversation.from_dict(row) for row in ROWS], small_tokenizer) * 20
    with torch.no_grad(), evaluating(model):
        each = [loss for sample in samples[:4] for loss in loss_of_each(model, sample.input_ids, sample.labels)] * 20
    model.train()
    measured = Measurement()
    assert measure_loss(model, samples, measured, max_tokens_per_row=max_tokens_per_row)
    assert measured.num_labels == len(each)
    assert measured.num_samples == 80
    assert measured.loss_sum == pytest.approx(math.fsum(each), rel=1e-5)
    assert all(module.training for module in model.modules())


def test_the_loss_is_the_same_in_pieces_of_the_logits(
    model: GLM, small_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = encode_samples([Conversation.from_dict(row) for row in ROWS], small_tokenizer)
    whole, pieces = Measurement(), Measurement()
    measure_loss(model, samples, whole, max_tokens_per_row=8192)
    monkeypatch.setattr("glmkit.model.loss.LOGITS_IN_CHUNK", 7 * model.config.vocab_size)
    measure_loss(model, samples, pieces, max_tokens_per_row=8192)
    assert pieces.loss_sum == pytest.approx(whole.loss_sum, rel=1e-6)


def test_a_model_that_knows_the_file_gets_everything_right(learned_folder: Path, learned_data: Path) -> None:
    evaluation = evaluate(EvalConfig(model=str(learned_folder), data=str(learned_data)))
    figures = evaluation.figures
    assert {name: figures[name] for name in ALL_RIGHT} == ALL_RIGHT
    assert figures["samples"] == 4
    assert 0 < figures["loss"] < 0.01  # type: ignore[operator]
    assert figures["perplexity"] == pytest.approx(math.exp(figures["loss"]))  # type: ignore[arg-type]
    assert evaluation.is_complete
    assert evaluation.failures(9, seed=1) == []


@pytest.mark.parametrize("max_batch", [1, 2, 16])
def test_the_size_of_the_batch_changes_nothing(learned_folder: Path, tmp_path: Path, max_batch: int) -> None:
    data = write_rows(tmp_path / "wrong.jsonl", [wrong_row(), *ROWS])
    evaluation = evaluate(EvalConfig(model=str(learned_folder), data=str(data), max_batch=max_batch))
    places = [(answer.question.source.rpartition(":")[2], answer.question.turn) for answer in evaluation.answers]
    assert places == [("1", 2), ("1", 4), ("2", 2), ("2", 5), ("3", 2), ("3", 4), ("4", 1), ("5", 1), ("5", 3)]
    assert [answer.is_exact for answer in evaluation.answers[2:]] == [True] * 7
    assert not evaluation.answers[0].is_exact


def wrong_row() -> dict[str, Any]:
    """A conversation whose recorded call is not what the model has learned."""
    return {"tools": TOOLS, "conversations": [user("add"), call("add", {"a": 2, "b": 4}, "6"), assistant("6")]}


def test_wrong_answers_are_counted_and_shown_side_by_side(
    learned_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_rows(tmp_path / "wrong.jsonl", [wrong_row(), ROWS[1]])
    output = tmp_path / "figures.json"
    arguments = ["eval", str(learned_folder), "--data", str(data), "--output", str(output), "--failures", "1"]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert f"written: {output}\n" in printed.err
    assert "calls: exact (tool and all arguments)" in printed.out
    assert "50.0 %" in printed.out
    assert '{"a": 2, "b": 4}' in printed.out
    assert '{"a": 2, "b": 3}' in printed.out
    saved = json.loads(output.read_text(encoding="utf-8"))
    assert saved["is_complete"] is True
    assert saved["settings"]["model"] == str(learned_folder)
    assert saved["figures"]["call_exact"] == 0.5
    assert saved["figures"]["call_name"] == 1
    assert saved["figures"]["key_f1"] == 0.75
    first = saved["answers"][0]
    assert (first["source"], first["turn"], first["kind"]) == (f"{data}:1", 2, "call")
    assert (first["wanted"], first["given"]) == ('add({"a": 2, "b": 4})', 'add({"a": 2, "b": 3})')
    assert (first["is_name_right"], first["is_exact"], first["is_failure"]) == (True, False, True)


def test_failures_are_drawn_by_their_seed(learned_folder: Path, tmp_path: Path) -> None:
    rows = [
        {"tools": TOOLS, "conversations": [user("add"), call("add", {"a": 2, "b": b}, "6"), assistant("5")]}
        for b in range(10, 30)
    ]
    evaluation = evaluate(EvalConfig(model=str(learned_folder), data=str(write_rows(tmp_path / "w.jsonl", rows))))
    draws = [[answer.question.source for answer in evaluation.failures(5, seed)] for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert len(set(draws[0])) == 5
    assert len(evaluation.failures(1000, 1)) == sum(answer.is_failure for answer in evaluation.answers) >= 20


def test_without_generation_only_the_loss_is_measured(
    learned_folder: Path, learned_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", str(learned_folder), "--data", str(learned_data), "--no-generate", "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "有标签词元的损失" in out
    assert "调用" not in out


def test_a_limit_beyond_the_file_takes_what_there_is(learned_folder: Path, learned_data: Path) -> None:
    config = {"model": str(learned_folder), "data": str(learned_data), "generate": False}
    assert evaluate(EvalConfig(**config, limit=50)).figures["samples"] == 4
    assert evaluate(EvalConfig(**config, limit=2)).figures["samples"] == 2
    assert sampled(range(100), 5, seed=1) == sampled(range(100), 5, seed=1) != sampled(range(100), 5, seed=2)


def test_short_answers_and_small_contexts_are_counted(learned_folder: Path, tmp_path: Path) -> None:
    long_row = {"conversations": [user("hello " * 600), assistant("ok")]}
    data = write_rows(tmp_path / "long.jsonl", [*ROWS, long_row])
    figures = evaluate(EvalConfig(model=str(learned_folder), data=str(data), max_tokens=2, truncate="right")).figures
    assert figures["answers_too_long"] == 1
    assert figures["answers_cut"] == 7  # even the empty reply is a header line first
    assert figures["call_made"] == 0


@pytest.mark.parametrize("phase", ["loss", "answers"])
def test_ctrl_c_gives_what_was_measured_so_far(
    learned_folder: Path,
    learned_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    phase: str,
) -> None:
    def interrupt(bar: Any, reached: str, done: int, total: int) -> None:
        if reached == phase:
            raise KeyboardInterrupt

    monkeypatch.setattr("glmkit.evaluation.report.Bar.advance", interrupt)
    output = tmp_path / "part.json"
    assert main(["eval", str(learned_folder), "--data", str(learned_data), "--output", str(output)]) == 130
    assert "interrupted: the figures are of what had been measured by then\n" in capsys.readouterr().err
    saved = json.loads(output.read_text(encoding="utf-8"))
    assert saved["is_complete"] is False
    assert saved["figures"]["samples"] == 4
    assert len(saved["answers"]) == (0 if phase == "loss" else 1)


@pytest.mark.parametrize(
    ("changes", "code", "expected"),
    [
        (["--data", "missing.jsonl"], 3, "missing.jsonl"),
        (["--limit", "-1"], 2, "limit: must be at least 0, got -1"),
        (["--no-generate", "--max-batch", "3"], 2, "max_batch: is set to 3 but has no effect here"),
        (["--output", "nowhere/figures.json"], 4, "nowhere/figures.json: cannot write the results: its folder does"),
        (["--output", "."], 4, "cannot write the results: this is a folder"),
        (["--adapter", "nothing-here"], 2, "nothing-here"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(
    learned_folder: Path,
    learned_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: list[str],
    code: int,
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["eval", str(learned_folder), "--data", str(learned_data), *changes]) == code
    assert expected in capsys.readouterr().err


def test_a_damaged_model_and_a_foreign_tokenizer_are_named(
    model: GLM, learned_folder: Path, small_tokenizer: Tokenizer
) -> None:
    samples = encode_samples([Conversation.from_dict(ROWS[0], source="rows.jsonl:1")], small_tokenizer)
    samples[0].input_ids[3] = model.config.vocab_size
    with pytest.raises(ModelError, match=r"rows.jsonl:1: a sample holds token id \d+, but the model knows"):
        measure_loss(model, samples, Measurement(), max_tokens_per_row=64)
    samples[0].input_ids[3] = 5
    with torch.no_grad():
        model.norm.weight.fill_(math.nan)
    with pytest.raises(NumericsError, match=r"rows.jsonl:1: the loss of 1 samples from here on is nan"):
        measure_loss(model, samples, Measurement(), max_tokens_per_row=64)
    assert load_tokenizer(learned_folder).vocab_size == small_tokenizer.vocab_size


def test_what_a_model_wrote_cannot_command_the_terminal(
    learned_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"conversations": [user("run"), assistant("[bold]\x1b[2J[/nothing]")]}
    data = write_rows(tmp_path / "escape.jsonl", [row])
    assert main(["eval", str(learned_folder), "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[bold]\ufffd[2J[/nothing]" in out
