"""`glmkit quickstart` from end to end with a tiny model: files, figures, stops, errors.

What it learns is in test_demo.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
from pathlib import Path
from typing import Any

import pytest

from glmkit.cli import COMMANDS, main
from glmkit.quickstart import command, tuning
from glmkit.quickstart.config import QuickstartConfig
from glmkit.training.step import optimizer_step

FAST = ["--steps", "2", "--samples-per-step", "2", "--prefix-len", "4", "--questions", "3", "--max-tokens", "6"]
FAST += ["--seconds", "30", "--device", "cpu", "--dtype", "float32"]
STAGES = ("Convert the data", "Check the data", "Look at one sample", "Ask the model as it is", "P-Tuning", "the same")


@pytest.fixture
def arguments(random_folder: Path, some_data: Path, tmp_path: Path, short_suite: None) -> list[str]:
    return [
        "quickstart",
        "--model",
        str(random_folder),
        "--data",
        str(some_data),
        "--output",
        str(tmp_path / "out"),
        *FAST,
    ]


def test_the_whole_road(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], random_folder: Path
) -> None:
    assert main(arguments) == 0
    printed = capsys.readouterr()
    places = [printed.err.index(f"{number}/6") for number in range(1, 7)]
    assert places == sorted(places)
    assert all(name in printed.err for name in STAGES)
    assert "'<|assistant|>'" in printed.err
    assert "Sanity Check" not in printed.err
    assert re.search(r"step 2/2 +loss \d", printed.err)
    out = tmp_path / "out"
    kept = {path.name for path in out.iterdir()}
    assert kept == {
        *("conversations.jsonl", "data.html", "tuning.jsonl", "held_out.jsonl", "tools.txt", "quickstart.json"),
        *("tuned", "curve.png", "report.html"),
    }
    assert (out / "curve.png").read_bytes() == (out / "tuned" / "curve.png").read_bytes()
    rows = [json.loads(line) for line in (out / "conversations.jsonl").read_text(encoding="utf-8").splitlines()]
    tuned_on = (out / "tuning.jsonl").read_text(encoding="utf-8").splitlines()
    held_out = (out / "held_out.jsonl").read_text(encoding="utf-8").splitlines()
    assert (len(rows), len(tuned_on), len(held_out)) == (32, 21, 4)
    assert not set(tuned_on) & set(held_out)
    assert "exact calls, tools of the" in printed.out
    page = (out / "report.html").read_text(encoding="utf-8")
    for text in ("Before and after", "house rule kept", "every question and answer", "How to go on"):
        assert text in page, text


def test_the_printed_commands_exist_and_work(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    lines = re.findall(r"^  (.*?)  # ", capsys.readouterr().out, re.MULTILINE)
    assert len(lines) >= 4
    for line in lines:
        words = shlex.split(line)
        words = words[words.index("glmkit") + 1 :]
        assert words[0] in COMMANDS
        words = [(tmp_path / "out" / "tools.txt").read_text() if "cat " in word else word for word in words]
        if words[0] == "chat" and "--system" in words:
            assert main([*words, "--max-tokens", "3"]) == 0
        elif words[0] == "eval":
            assert main([*words, "--limit", "1", "--max-tokens", "3"]) == 0
            assert "loss on labelled tokens" in capsys.readouterr().out
        else:
            assert main([words[0], "--help"]) == 0


def test_a_second_start_keeps_what_is_done_and_other_settings_start_anew(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    capsys.readouterr()
    state = (tmp_path / "out" / "quickstart.json").read_bytes()
    assert main(arguments) == 0
    err = capsys.readouterr().err
    assert "This was measured at an earlier start" in err
    assert "step 2/2" not in err
    assert (tmp_path / "out" / "quickstart.json").read_bytes() == state
    assert main([*arguments, "--learning-rate", "0.5"]) == 0
    err = capsys.readouterr().err
    assert "This was measured at an earlier start" not in err
    assert "step 2/2" in err
    config = (tmp_path / "out" / "tuned" / "config.yaml").read_text()
    assert "learning_rate: 0.5" in config


def test_ctrl_c_in_training_is_continued_by_the_same_command(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal comes in the first step of the run itself, after the short one that measures the speed."""

    def interrupted(*given: Any) -> Any:
        if given[4].name == tuning.RUN:
            os.kill(os.getpid(), signal.SIGINT)
        return optimizer_step(*given)

    with monkeypatch.context() as patch:
        patch.setattr("glmkit.training.loop.optimizer_step", interrupted)
        assert main(arguments) == 75
    assert "interrupted: the same command goes on from here" in capsys.readouterr().err
    assert (tmp_path / "out" / "tuned" / "step-000001").is_dir()
    assert not (tmp_path / "out" / ".probe").exists()
    assert main(arguments) == 0
    assert "This was measured at an earlier start" in capsys.readouterr().err
    rows = (tmp_path / "out" / "tuned" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(row)["step"] for row in rows] == [1, 2]


def test_ctrl_c_in_an_evaluation_ends_in_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*given: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "measure_model", interrupt)
    assert main(arguments) == 130
    assert capsys.readouterr().err.endswith("interrupted: the same command goes on from here\n")


def test_own_data_without_tools_or_a_house_rule(
    random_folder: Path, tmp_path: Path, short_suite: None, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "own.jsonl"
    rows = [{"instruction": f"Say {i}", "input": "", "output": f"It is {i}"} for i in range(12)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    target = ["--data", str(data), "--output", str(tmp_path / "out"), "--lang", "zh"]
    assert main(["quickstart", "--model", str(random_folder), *target, *FAST]) == 0
    printed = capsys.readouterr()
    assert "遵守约定" not in printed.out
    assert "训练中没有的工具" not in printed.out
    assert "用 P-Tuning v2 调优" in printed.err
    assert 'lang="zh-CN"' in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "code", "expected"),
    [
        (["--data", "missing.json"], 3, "missing.json"),
        (["--model", "nowhere"], 2, "nowhere: no such model or run"),
        (["--steps", "0", "--questions", "-1"], 2, "questions: must be at least 1, got -1"),
        (["--output", "a-file"], 4, "a-file: cannot use this as the output folder"),
        (["--data", "few.jsonl"], 3, "2 conversations are too few to hold some out; at least 8 are needed"),
        (["--data", "bad.jsonl"], 3, "bad.jsonl:1"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: list[str],
    code: int,
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a-file").touch()
    Path("few.jsonl").write_text('{"instruction": "a", "input": "", "output": "b"}\n' * 2, encoding="utf-8")
    Path("bad.jsonl").write_text('{"conversations": [{"role": "wizard", "content": "a"}]}\n', encoding="utf-8")
    assert main([*arguments, *changes]) == code
    err = capsys.readouterr().err
    assert expected in err
    assert "Traceback" not in err


def test_steps_fit_into_the_time(
    random_folder: Path, some_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = {"model": str(random_folder), "output": str(tmp_path), "samples_per_step": 2, "prefix_len": 4}
    assert tuning.plan_steps(QuickstartConfig(**common, seconds=1000, steps=7), some_data, "as_is") == 7  # type: ignore[arg-type]
    many = tuning.plan_steps(QuickstartConfig(**common, seconds=1, steps=10**9), some_data, "as_is")  # type: ignore[arg-type]
    assert tuning.MIN_STEPS <= many < 10**6
    assert not (tmp_path / ".probe").exists()
