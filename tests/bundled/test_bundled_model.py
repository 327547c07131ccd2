"""Training, evaluation and chat with the bundled model by its name, as installed: nothing is downloaded."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from glmkit.cli import main
from glmkit.loading import Resolved, resolve


def test_the_name_stands_for_the_folder_in_the_package(elsewhere: Path, bundled: Path) -> None:
    assert resolve("glmkit-mini") == Resolved(bundled, None, bundled / "tokenizer.model")


def test_training_evaluation_and_chat_take_the_name(
    elsewhere: Path, bundled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", "rows.jsonl"]
    assert main(["train", "--model", "glmkit-mini", *data, "--steps", "1", "--name", "a", "--prefix-len", "2"]) == 0
    run = elsewhere / "runs" / "a"
    assert "model: glmkit-mini" in (run / "config.yaml").read_text().splitlines()
    assert resolve(run).base == bundled  # found again by its name, wherever the package lies by then
    assert main(["eval", "glmkit-mini", *data, "--no-generate"]) == 0
    capsys.readouterr()
    assert main(["chat", str(run), "Hi", "--max-tokens", "1"]) == 0
    assert "no model named" not in capsys.readouterr().err


@pytest.mark.parametrize(("language", "line"), [("en", "no model named: this is glmkit-mini,"), ("zh", "未指定模型：")])
def test_chat_without_a_model_says_which_one_answers(
    language: str,
    line: str,
    elsewhere: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Hi\n"))
    assert main(["chat", "--max-tokens", "4", "--lang", language]) == 0
    captured = capsys.readouterr()
    assert [said.startswith(line) for said in captured.err.splitlines()].count(True) == 1
    assert captured.out.strip() and line not in captured.out


def test_the_folder_is_small_enough_for_version_control(bundled: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in bundled.iterdir()}
    assert sum(sizes.values()) <= 32e6
    assert max(sizes.values()) <= 12 * 2**20
