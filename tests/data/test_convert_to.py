"""`glmkit data convert --to`: whole files in every format, CSV and gzip by name, losses printed, refusals by line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glmkit
from glmkit.cli import main
from glmkit.config import SOURCE_FORMATS, ConvertConfig, TargetFormat
from glmkit.data.read import SOURCES, Located, find_format, read, walk
from glmkit.data.target import Loss
from glmkit.errors import ConfigError, DataError

USER, ANSWER = {"role": "user", "content": "北京有雨吗?"}, {"role": "assistant", "content": 'No, "none".\n真的'}
SYSTEM = {"role": "system", "content": "Be brief."}
CALL = {"role": "tool", "name": "weather", "parameters": {"city": "北京"}, "observation": "0"}
FUNCTION = {"name": "weather", "description": "tells it", "parameters": {"type": "object", "properties": {}}}
PLAIN = {"conversations": [USER, ANSWER]}
LONGER = {"conversations": [SYSTEM, USER, ANSWER, USER, {**ANSWER, "loss": False}]}
CALLING = {"tools": [FUNCTION], "conversations": [USER, CALL, ANSWER]}

Written = Callable[..., Path]


@pytest.fixture
def source(tmp_path: Path) -> Written:
    def write(*rows: Any) -> Path:
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


def command(source: Path, target: Path, *flags: str) -> int:
    return main(["data", "convert", str(source), str(target), *flags, "--lang", "en"])


def test_the_settings_name_every_format() -> None:
    assert sorted(SOURCE_FORMATS.split(", ")) == sorted(SOURCES)
    assert sorted(TargetFormat.__args__) == sorted(SOURCES)


@pytest.mark.parametrize("target_format", ["openai", "sharegpt"])
def test_formats_with_calls_hold_every_row(source: Written, tmp_path: Path, target_format: str) -> None:
    path, target, back = source(PLAIN, LONGER, CALLING), tmp_path / "out.jsonl", tmp_path / "back.jsonl"
    counts = glmkit.convert(path, target, target_format=target_format)
    assert (counts.kept, counts.losses) == (3, {})
    assert find_format(target) == target_format
    glmkit.convert(target, back)
    assert [json.loads(line) for line in back.read_text("utf-8").splitlines()] == [PLAIN, LONGER, CALLING]


def test_real_episodes_go_to_every_format_and_back(shared: Path, tmp_path: Path) -> None:
    golden = shared / "golden" / "data" / "toolalpaca_formatted.jsonl"
    apis, again = tmp_path / "apis.jsonl", tmp_path / "again.jsonl"
    counts = glmkit.convert(golden, apis, target_format="toolalpaca")
    assert (counts.kept, counts.losses) == (99, {})
    assert len(apis.read_text("utf-8").splitlines()) == 10
    glmkit.convert(apis, again)
    assert again.read_bytes() == golden.read_bytes()
    for target_format in ("openai", "sharegpt"):
        counts = glmkit.convert(golden, apis, target_format=target_format)
        assert {code: loss.count for code, loss in counts.losses.items()} == {"data-loss-tools-text": 99}
        first, written = read(golden)[0], read(apis)[0]
        texts = [first.messages[0].content + "\n" + json.dumps(first.messages[0].tools, indent=4, ensure_ascii=False)]
        assert [item.content for item in written.messages][:1] == texts  # the tokens are the same
        assert [(item.content, item.call and item.call.arguments) for item in written.messages[1:]] == [
            (item.content, item.call and item.call.arguments) for item in first.messages[1:]
        ]


def test_the_command_says_what_is_lost_how_often_and_where_first(
    source: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, target = source(PLAIN, LONGER, CALLING, CALLING), tmp_path / "out.jsonl"
    assert command(path, target, "--to", "alpaca") == 0
    assert capsys.readouterr().out == (
        f"{target}: kept 4 conversations, skipped 0\n"
        f"  lost in 1, first {path}:2: loss flags; what was not to be trained on will be\n"
        f"  lost in 2, first {path}:3: tool calls and their results\n"
        f"  lost in 2, first {path}:3: the tools\n"
        "messages in a conversation: 2: 1, 3: 2, 5: 1\n"
    )
    assert glmkit.convert(path, target, target_format="alpaca").losses == {
        "data-loss-flags": Loss(1, f"{path}:2"),
        "data-loss-calls": Loss(2, f"{path}:3"),
        "data-loss-tools": Loss(2, f"{path}:3"),
    }
    assert json.loads(target.read_text("utf-8").splitlines()[1]) == {
        "instruction": "北京有雨吗?",
        "input": "",
        "output": 'No, "none".\n真的',
        "system": "Be brief.",
        "history": [["北京有雨吗?", 'No, "none".\n真的']],
    }


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz"])
@pytest.mark.parametrize("target_format", ["alpaca", "prompt_response"])
def test_flat_formats_are_written_as_csv_when_the_file_is_called_so(
    source: Written, tmp_path: Path, target_format: str, name: str
) -> None:
    path, target = source(PLAIN, LONGER), tmp_path / name
    counts = glmkit.convert(path, target, target_format=target_format)
    assert {code: loss.count for code, loss in counts.losses.items()} == {"data-loss-turns": 1}
    content = gzip.decompress(target.read_bytes()) if name.endswith(".gz") else target.read_bytes()
    columns = {"alpaca": "instruction,input,output,system", "prompt_response": "prompt,response,system"}
    assert content.decode().split("\n")[0] == columns[target_format]
    found = [item for _, items in walk(target, target_format) for item in items]
    assert [item.row["conversations"] for item in found if isinstance(item, Located)] == [
        PLAIN["conversations"],
        LONGER["conversations"][:3],
    ]


def test_a_file_called_gz_is_packed_and_the_same_rows_give_the_same_bytes(source: Written, tmp_path: Path) -> None:
    path = source(PLAIN, CALLING)
    first, second, plain = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz", tmp_path / "c.jsonl"
    for target in (first, second, plain):
        glmkit.convert(path, target)
    assert first.read_bytes() == second.read_bytes()
    assert gzip.decompress(first.read_bytes()) == plain.read_bytes()
    assert len(read(first)) == 2


def test_rows_that_cannot_be_held_are_all_named_and_nothing_is_written(source: Written, tmp_path: Path) -> None:
    spelled = {"role": "assistant", "metadata": "weather", "content": "```python\ntool_call()\n```"}
    long = {"conversations": [USER, {"role": "assistant", "content": "x" * 131_073}]}
    blank = {"conversations": [{"role": "user", "content": " "}, {"role": "assistant", "content": "\n"}]}
    seen = {"role": "observation", "content": "1", "loss": True}
    unmarked = {"conversations": [USER, {**ANSWER, "loss": False}, seen, {**ANSWER, "loss": False}]}
    path = source(PLAIN, {"conversations": [USER, spelled]}, long, blank, unmarked)
    for target_format, name, faults in (
        ("alpaca", "out.jsonl", [":2: cannot be written as alpaca: no text of the assistant ends the turn"]),
        (
            "alpaca",
            "out.csv",
            [
                ":2: cannot be written as alpaca: no text of the assistant ends the turn",
                ":3: cannot be written as CSV: a cell would have 131073 characters; 131072 is the most",
                ":4: cannot be written as CSV: all cells would be blank",
            ],
        ),
        ("openai", "out.jsonl", [":5: cannot be written as openai: nothing that the format can mark as trained is"]),
        (
            "toolalpaca",
            "out.jsonl",
            [f":{n}: cannot be written as toolalpaca: it has no tools that can be described" for n in range(1, 6)],
        ),
    ):
        target = tmp_path / name
        with pytest.raises(DataError) as caught:
            glmkit.convert(path, target, target_format=target_format)
        assert str(caught.value).split("\n") == [f"{path}{fault}" for fault in faults]
        assert not target.exists()
    assert list(tmp_path.iterdir()) == [path]


def test_faults_of_the_source_and_of_the_target_are_named_together(source: Written, tmp_path: Path) -> None:
    path = source({**PLAIN, "tools": []}, {}, CALLING)
    with pytest.raises(DataError) as caught:
        glmkit.convert(path, tmp_path / "out.jsonl", target_format="toolalpaca")
    assert str(caught.value).split("\n") == [
        f"{path}:1: cannot be written as toolalpaca: it has no tools that can be described",
        f"{path}:2: conversations is missing",
    ]


def test_impossible_targets_are_one_clear_error(
    source: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, target = source(PLAIN), tmp_path / "out.csv"
    assert command(path, target, "--to", "openai") == 2
    assert capsys.readouterr().err.split("\n")[0] == (
        f"error: {target}: format openai does not fit into a CSV file; those that do are alpaca, prompt_response"
    )
    assert command(path, tmp_path / "out.jsonl", "--to", "xml") == 2
    assert "xml" in capsys.readouterr().err
    with pytest.raises(ConfigError) as caught:
        glmkit.convert(path, tmp_path / "out.jsonl", target_format="xml")
    assert str(caught.value).startswith("target_format: 'xml' is not a format; the formats are conversations, sharegpt")
    with pytest.raises(ConfigError, match="tools_layout"):
        ConvertConfig(source="a", target="b", target_format="openai", tools_layout="schema")
    assert list(tmp_path.iterdir()) == [path]


def test_tools_are_written_in_the_layout_asked_for(
    source: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = {**SYSTEM, "tools": [FUNCTION]}
    rows = (CALLING, {**PLAIN, "tools": ["text"]}, {"conversations": [inside, USER, ANSWER]}, PLAIN)
    path, target = source(*rows), tmp_path / "out.jsonl"
    assert command(path, target, "--tools-layout", "original") == 0
    original = {"weather": {"name": "weather", "description": "tells it", "params": []}}
    written = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert [row.get("tools") for row in written] == [original, ["text"], None, None]
    assert written[2]["conversations"][0]["tools"] == original
    sentence = "1 of 4 conversations keep their tools as natural text; it cannot be turned into layout original"
    assert sentence in capsys.readouterr().out
    bad = source(PLAIN, {**PLAIN, "tools": [{"name": "f", "description": 3}]})
    with pytest.raises(DataError) as caught:
        glmkit.convert(bad, target, tools_layout="schema")
    assert str(caught.value) == f"{bad}:2: tools[0].description must be string, not number"
