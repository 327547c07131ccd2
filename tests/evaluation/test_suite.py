"""`glmkit eval --suite`: the bundled questions, a model that knows them, what is said when it forgets."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from glmkit.cli import main
from glmkit.data.check import check
from glmkit.data.read import read
from glmkit.evaluation import suite
from glmkit.evaluation.suite import PARTS, SUITE
from glmkit.model.weights import load_model_folder, save_model_folder
from scripts.glmkit_mini.make_suite import PARTS as WRITTEN_PARTS
from scripts.glmkit_mini.make_suite import SEED, general_rows, suite_rows
from tests.evaluation.conftest import ROWS, write_rows

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_the_shipped_suite_is_without_fault_in_both_languages_and_small() -> None:
    assert tuple(WRITTEN_PARTS) == PARTS
    for part, (_, rows_of_each_language, _) in WRITTEN_PARTS.items():
        file = SUITE / f"{part}.jsonl"
        report = check(file)
        assert (list(report.problems), list(report.duplicates)) == ([], [])
        talks = read(file)
        assert len(talks) == 2 * rows_of_each_language
        questions = [next(m.content for m in talk.messages if m.role == "user") for talk in talks]
        is_chinese = [bool(CHINESE.search(question)) for question in questions]
        assert sum(is_chinese) >= rows_of_each_language * 0.8
        assert sum(not chinese for chinese in is_chinese) >= rows_of_each_language * 0.7
        has_call = any(message.call is not None for talk in talks for message in talk.messages)
        has_code = any(message.metadata == "interpreter" for talk in talks for message in talk.messages)
        assert {"chat": (False, False), "tools": (True, False), "code": (False, True)}[part] == (has_call, has_code)
    assert sum(file.stat().st_size for file in SUITE.iterdir()) < 100_000


def test_one_seed_gives_one_suite_and_another_one_another() -> None:
    assert suite_rows("tools", SEED) == suite_rows("tools", SEED)
    assert suite_rows("tools", SEED) != suite_rows("tools", SEED + 1)
    assert general_rows(SEED) == general_rows(SEED)
    assert all("about" not in row for row in suite_rows("chat", SEED))


def test_the_general_data_is_without_fault_and_has_nothing_of_the_suite() -> None:
    file = SUITE.parent / "sample_data" / "general.jsonl"
    report = check(file)
    assert (list(report.problems), report.num_conversations) == ([], 760)
    tools = {str(talk.messages[0].tools) for talk in read(file)} - {"None"}
    assert len(tools) == 409  # of the tool rows 400; some code rows have tools beside the interpreter
    assert not tools & {str(talk.messages[0].tools) for talk in read(SUITE / "tools.jsonl")}
    assert file.stat().st_size < 800_000


@pytest.fixture
def learned_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite of what the test model has learned by heart, in place of the shipped one."""
    folder = tmp_path / "suite"
    folder.mkdir()
    parts: dict[str, list[dict[str, Any]]] = {"chat": [ROWS[3]], "tools": [ROWS[0], ROWS[1]], "code": [ROWS[2]]}
    for part, rows in parts.items():
        write_rows(folder / f"{part}.jsonl", rows)
    monkeypatch.setattr(suite, "SUITE", folder)
    return folder


def damaged(folder: Path, target: Path) -> Path:
    """The same model with the rows of a few tokens in its output layer taken away: it forgets some answers."""
    shutil.copytree(folder, target)
    model = load_model_folder(folder)
    with torch.no_grad():
        model.lm_head.weight[200:400] = 0
    for file in target.glob("*.safetensors*"):
        file.unlink()
    save_model_folder(model, target)
    return target


def test_a_model_that_knows_the_suite_gets_everything_right_and_loses_nothing_to_itself(
    learned_folder: Path, learned_suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "base.json"
    assert main(["eval", str(learned_folder), "--suite", "--output", str(output)]) == 0
    printed = capsys.readouterr()
    assert re.search(r"all together +│ +7 │ +100\.0%", printed.out)
    assert "--compare FILE" in printed.err
    saved = json.loads(output.read_text(encoding="utf-8"))
    assert saved["is_complete"] is True
    assert saved["figures"]["tools"]["call_exact"] == 1
    assert [(row["part"], row["source"], row["turn"]) for row in saved["answers"]][:2] == [
        ("chat", "1", 1),
        ("chat", "1", 3),
    ]
    assert main(["eval", str(learned_folder), "--suite", "--compare", str(output)]) == 0
    printed = capsys.readouterr()
    assert "nothing got worse" in printed.out
    assert re.search(r"all together +│ +7 │ +100\.0% │ +100\.0% │ +\+0\.0", printed.out)


def test_what_got_worse_is_said_and_shown(
    learned_folder: Path, learned_suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, now = tmp_path / "base.json", tmp_path / "now.json"
    assert main(["eval", str(learned_folder), "--suite", "--output", str(output)]) == 0
    worse = damaged(learned_folder, tmp_path / "worse")
    capsys.readouterr()
    assert main(["eval", str(worse), "--suite", "--compare", str(output), "--output", str(now)]) == 0
    out = capsys.readouterr().out
    lost = sum(row["is_failure"] for row in json.loads(now.read_text(encoding="utf-8"))["answers"])
    assert 1 <= lost <= 7
    assert f"{lost} of 7 questions that were answered right before are not any more" in out
    assert re.search(r"all together .* -\d", out)
    assert "wrong now, right before" in out


def test_a_limit_asks_less_and_is_compared_with_what_is_common(
    learned_folder: Path, learned_suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "base.json"
    assert main(["eval", str(learned_folder), "--suite", "--output", str(output)]) == 0
    capsys.readouterr()
    assert main(["eval", str(learned_folder), "--suite", "--limit", "1", "--compare", str(output), "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "没有变差" in out
    assert re.search(r"工具 +│ +2 │", out)


def test_ctrl_c_keeps_what_was_answered(
    learned_folder: Path,
    learned_suite: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(bar: Any, phase: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("glmkit.evaluation.report.Bar.advance", interrupt)
    output = tmp_path / "part.json"
    assert main(["eval", str(learned_folder), "--suite", "--output", str(output)]) == 130
    assert "interrupted: the figures are of what had been measured by then" in capsys.readouterr().err
    saved = json.loads(output.read_text(encoding="utf-8"))
    assert (saved["is_complete"], len(saved["answers"])) == (False, 1)


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        ([], 2, "data: give either a file (--data FILE) or the bundled questions (--suite)"),
        (["--suite", "--data", "a.jsonl"], 2, "data: give either a file (--data FILE) or the bundled questions"),
        (["--data", "a.jsonl", "--compare", "b.json"], 2, "compare: is set to 'b.json' but has no effect here"),
        (["--suite", "--no-generate"], 2, "generate: is set to False but has no effect here; it needs data"),
        (["--suite", "--compare", "missing.json"], 3, "missing.json: this is not a saved result of the suite: No such"),
        (["--suite", "--compare", "broken.json"], 3, "broken.json: this is not a saved result of the suite: Expecting"),
        (["--suite", "--compare", "other.json"], 3, "it has no list 'answers' of questions with verdicts"),
        (["--suite", "--compare", "none.json"], 3, "no question in common with the suite of this release"),
        (["--suite", "--output", "nowhere/a.json"], 4, "nowhere/a.json: cannot write the results"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(
    learned_folder: Path,
    learned_suite: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.json").write_text("{", encoding="utf-8")
    Path("other.json").write_text("[1]", encoding="utf-8")
    Path("none.json").write_text('{"answers": []}', encoding="utf-8")
    assert main(["eval", str(learned_folder), *arguments]) == code
    assert expected in capsys.readouterr().err
