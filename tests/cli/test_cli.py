"""The command line itself: help, languages, exit codes, one line for each mistake."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import glmkit
from glmkit.cli import COMMANDS, main

TOP_LEVEL = ", ".join(["data", *[path for path in COMMANDS if " " not in path]])
ALL_COMMANDS = [[], ["data"], *[path.split() for path in COMMANDS]]
HEAVY = ("torch", "numpy", "transformers", "matplotlib", "huggingface_hub", "sentencepiece", "rich", "yaml")


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=" ".join)
def test_help_answers_without_loading_anything_heavy(command: list[str]) -> None:
    code = (
        "import sys; from glmkit.cli import main; code = main(sys.argv[1:]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: ")
    assert done.stdout.rstrip().endswith("[] 0")


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_help_speaks_chinese_when_asked(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--help", "--lang", "zh"]) == 0
    text = capsys.readouterr().out
    assert COMMANDS[command][3].split("\n")[0] in text
    assert text.startswith("用法: ")
    assert "\n选项:\n" in text
    assert "显示本帮助后退出。" in text


def test_the_locale_chooses_the_language(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert main(["train", "--steps", "-1", "--model", "m"]) == 2
    assert "错误: steps: 至少应为 0，现在是 -1" in capsys.readouterr().err
    assert main(["train", "--steps", "-1", "--model", "m", "--lang", "en"]) == 2
    assert "error: steps: must be at least 0, got -1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["trian"], "error: unknown command 'trian'; did you mean 'train'?\ntry 'glmkit --help'\n"),
        (
            ["fly"],
            f"error: unknown command 'fly'; the commands are {TOP_LEVEL}\ntry 'glmkit --help'\n",
        ),
        (
            ["train", "--lerning-rate", "3"],
            "error: unknown flag '--lerning-rate'; did you mean --learning-rate?\ntry 'glmkit train --help'\n",
        ),
        (["train", "--steps"], "error: --steps needs a value\ntry 'glmkit train --help'\n"),
        (["chat", "a", "b", "c"], "error: unexpected argument 'c'\ntry 'glmkit chat --help'\n"),
        (["train", "--lang", "fr"], "error: --lang is 'fr'; it must be en or zh\n"),
        (["data", "convert", "a.json"], "error: target is missing: give TARGET\n"),
    ],
)
def test_misuse_is_one_clear_line_and_exit_code_2(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err == expected
    assert captured.out == ""


def test_a_traceback_is_shown_only_with_debug(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--model", "m", "--steps", "-1"]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert main(["train", "--model", "m", "--steps", "-1", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_flags_may_be_written_with_underscores(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--model", "m", "--max_seq_len", "64", "--print-config"]) == 0
    assert "max_seq_len: 64  # --max-seq-len\n" in capsys.readouterr().out


def test_print_config_names_the_source_of_each_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("model: base\nseed: 3\n")
    assert main(["train", "-c", str(path), "--no-shuffle", "--print-config"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"seed: 3  # {path}:2" in lines
    assert "shuffle: false  # --shuffle" in lines
    assert "steps: 0  # default" in lines


def test_data_may_be_given_several_times(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["-d", "a.jsonl", "--data", "{path: b.jsonl, weight: 2}", "--replay", "{path: g.jsonl, share: 0.1}"]
    assert main(["train", "--model", "m", *flags, "--print-config"]) == 0
    out = capsys.readouterr().out
    assert "data:  # --data\n- a.jsonl\n- path: b.jsonl\n  weight: 2.0\nreplay:  # --replay\n  path: g.jsonl\n" in out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"glmkit, version {glmkit.__version__}\n"


@pytest.mark.parametrize("command", [[], ["data"]], ids=["glmkit", "data"])
def test_a_bare_command_shows_its_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    assert capsys.readouterr().err.startswith("Usage: ")


def test_the_command_is_found_behind_common_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "--debug", "train", "--stpes", "5"]) == 2
    assert "可运行 'glmkit train --help' 查看用法" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"conversations": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 9
    )
    code = "import sys; from glmkit.cli import main; sys.exit(main(sys.argv[1:]))"
    command = f"{sys.executable} -c '{code}' data check {rows}"
    done = subprocess.run(["bash", "-c", f"{command} | true; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_run_lends_its_tokenizer_to_the_data_commands(
    tmp_path: Path, tokenizer_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"conversations": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n')
    step = tmp_path / "run" / "step-000001"
    step.mkdir(parents=True)
    (tmp_path / "run" / "config.yaml").write_text("model: base\n")
    (step / "tokenizer.model").write_bytes(tokenizer_file.read_bytes())
    (step / "config.json").write_text("{}")
    save_file({"transformer.output_layer.weight": torch.zeros(1)}, step / "model.safetensors")
    assert main(["data", "show", str(rows), "--tokenizer", str(tmp_path / "run")]) == 0
    assert "<|user|>" in capsys.readouterr().out
