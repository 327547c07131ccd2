"""Check and show write tools in the layout asked for, and name definitions that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glmkit.cli import main

FUNCTION = {"name": "add", "description": "adds", "parameters": {"type": "object", "properties": {}}}
TALK = [{"role": "user", "content": "2 + 3?"}, {"role": "assistant", "content": "5"}]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    tools = ([FUNCTION], ["add: adds"], [{"name": "add", "description": 3}])
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"tools": given, "conversations": TALK}) + "\n" for given in tools))
    return path


def test_check_names_faults_and_counts_text_under_a_layout(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", str(rows), "--tools-layout", "original", "--lang", "en"]) == 3
    output = capsys.readouterr()
    assert (
        "1 of 2 conversations keep their tools as natural text; it cannot be turned into layout original" in output.out
    )
    assert f"{rows}:3: tools[0].description must be string, not number" in output.err
    assert main(["data", "check", str(rows), "--lang", "en"]) == 0
    assert "natural text" not in capsys.readouterr().out


def test_check_counts_the_tokens_of_the_layout(
    rows: Path, tokenizer_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows.write_text(rows.read_text().split("\n")[0])
    lengths = []
    for layout in ("as_is", "schema", "original", "natural"):
        command = ["data", "check", str(rows), "--tokenizer", str(tokenizer_file), "--tools-layout", layout]
        assert main([*command, "--lang", "en"]) == 0
        lengths.append(next(line for line in capsys.readouterr().out.split("\n") if line.startswith("length")))
    assert lengths[0] == lengths[1]
    assert len(set(lengths)) == 3


def test_show_prints_the_tokens_of_the_layout(
    rows: Path, tokenizer_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "show", str(rows), "--tokenizer", str(tokenizer_file), "--tools-layout", "natural"]
    assert main([*command, "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert main(["data", "show", str(rows), "--tokenizer", str(tokenizer_file), "--lang", "en"]) == 0
    assert len(shown) < len(capsys.readouterr().out)


def test_rows_that_only_the_layout_finds_wrong_go_aside(
    rows: Path, tokenizer_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aside, target = rows.with_name("aside.jsonl"), rows.with_name("out.jsonl")
    tokenizer = ["--tokenizer", str(tokenizer_file)]
    for command in (["check"], ["check", *tokenizer], ["show", *tokenizer], ["convert", str(target)]):
        name, *rest = command
        aside.unlink(missing_ok=True)
        arguments = ["data", name, str(rows), *rest, "--tools-layout", "original", "--skip-bad", str(aside)]
        assert main([*arguments, "--lang", "en"]) == 0, command
        (record,) = map(json.loads, aside.read_text().splitlines())
        assert record["reasons"] == [f"{rows}:3: tools[0].description must be string, not number"]
        assert record["row"]["tools"] == [{"name": "add", "description": 3}]
        assert "1 rows with faults were left out" in capsys.readouterr().err
    assert len(target.read_text().splitlines()) == 2
