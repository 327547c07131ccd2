"""Rows moved aside: with leave, with reasons, and never over anything of the user's."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glmkit
from glmkit.chat.conversation import Conversation
from glmkit.cli import main
from glmkit.config import TrainConfig
from glmkit.data.bad_rows import bad_rows_file
from glmkit.data.check import check
from glmkit.data.read import read
from glmkit.errors import ConfigError, DataError, ModelError, StorageError
from glmkit.training.data import load_data

GOOD = {"prompt": "a", "response": "b"}
BAD = {"prompt": 5, "response": "b"}


def write(folder: Path, *rows: Any, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def read_aside(path: Path, aside: Path) -> list[Conversation]:
    """Read a file as training does, its bad rows moved to ``aside``."""
    with bad_rows_file(aside, path) as bad_rows:
        return read(path, bad_rows=bad_rows)


def run(*arguments: str | Path) -> int:
    return main(["data", *map(str, arguments), "--lang", "en"])


def test_the_command_says_what_it_moved_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, GOOD, BAD, {**GOOD, "history": 1}, "{oops", {**BAD, "response": None})
    aside = tmp_path / "bad.jsonl"
    assert run("check", path, "--skip-bad", aside) == 0
    streams = capsys.readouterr()
    assert "faults: 0" in streams.out.splitlines()
    assert streams.err.splitlines() == [
        f"4 rows with faults were left out and written to {aside}:",
        f"  3 (first: {path}:2: prompt is 5; it must be text)",
        f"  1 (first: {path}:3: history is 1; it must be a list)",
        f"  1 (first: {path}:4:2: not JSON (Expecting property name enclosed in double quotes): {{oops)",
    ]
    assert [json.loads(line) for line in aside.read_text().splitlines()] == [
        {"place": f"{path}:2", "reasons": [f"{path}:2: prompt is 5; it must be text"], "row": BAD},
        {
            "place": f"{path}:3",
            "reasons": [f"{path}:3: history is 1; it must be a list"],
            "row": {**GOOD, "history": 1},
        },
        {
            "place": f"{path}:4",
            "reasons": [f"{path}:4:2: not JSON (Expecting property name enclosed in double quotes): {{oops"],
            "text": "{oops",
        },
        {
            "place": f"{path}:5",
            "reasons": [f"{path}:5: prompt is 5; it must be text", f"{path}:5: response is null; it must be text"],
            "row": {**BAD, "response": None},
        },
    ]


def test_rows_moved_aside_from_an_array_and_a_csv_file_are_whole(tmp_path: Path) -> None:
    aside = tmp_path / "bad.jsonl"
    array = tmp_path / "rows.json"
    array.write_text(f'[{json.dumps(GOOD)},\n{{"prompt": NaN,  "response": "b"}},\n{json.dumps(GOOD)}]')
    assert len(read_aside(array, aside)) == 2
    assert json.loads(aside.read_text())["text"] == '{"prompt": NaN,  "response": "b"}'
    table = tmp_path / "rows.csv"
    table.write_text('prompt,response\n"a","b"\n"a","b","c, d"\n')
    assert len(read_aside(table, aside)) == 1
    assert json.loads(aside.read_text())["row"] == ["a", "b", "c, d"]


WAYS: dict[str, Callable[[Path, Path], Any]] = {
    "read": read_aside,
    "check": lambda source, aside: check(source, skip_bad=aside),
    "convert": lambda source, aside: glmkit.convert(source, source.with_name("out.jsonl"), skip_bad=aside),
}


@pytest.mark.parametrize("way", WAYS)
def test_where_every_row_is_bad_nothing_is_left_behind(tmp_path: Path, way: str) -> None:
    path = write(tmp_path, BAD, BAD)
    with pytest.raises(DataError) as caught:
        WAYS[way](path, tmp_path / "bad.jsonl")
    assert [problem.where for problem in caught.value.problems] == [f"{path}:1", f"{path}:2"]
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("way", ["read", "convert"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.json", '[{"prompt": "a", "response": "b"}, {"prompt": 1, "response": "b"}, {oops, {}]'),
        ("rows.csv", 'prompt,response\na,b\na,b,c\n"a,b\na,b\n'),
        ("rows.csv", "prompt,response\na,b\na,\udcff\na,b\n"),
    ],
)
def test_where_rows_cannot_be_told_apart_none_is_skipped(tmp_path: Path, way: str, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError) as caught:
        WAYS[way](path, tmp_path / "bad.jsonl")
    assert caught.value.code in ("data-broken-json", "data-csv-broken", "data-not-utf8")
    assert os.listdir(tmp_path) == [path.name]


def test_an_older_list_is_replaced_and_an_empty_one_says_that_none_was_bad(tmp_path: Path) -> None:
    aside = tmp_path / "bad.jsonl"
    read_aside(write(tmp_path, GOOD, BAD), aside)
    read_aside(write(tmp_path, GOOD, GOOD, "[]"), aside)
    assert json.loads(aside.read_text())["row"] == []
    read_aside(write(tmp_path, GOOD), aside)
    assert aside.read_bytes() == b""
    read_aside(write(tmp_path, GOOD, BAD), aside)
    assert json.loads(aside.read_text())["row"] == BAD


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "content", [b'{"prompt": "mine"}\n', b"my notes\n", b"\xff\xfe", b"[" * 9_999, b'{"place": 1}\n', b"\n"]
)
def test_any_other_file_is_never_replaced(tmp_path: Path, way: str, content: bytes) -> None:
    path, aside = write(tmp_path, GOOD, BAD), tmp_path / "mine"
    aside.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        WAYS[way](path, aside)
    assert (
        str(caught.value) == f"{aside}: exists and is not a list of bad rows, so it is not replaced; name another file"
    )
    assert aside.read_bytes() == content
    assert sorted(os.listdir(tmp_path)) == sorted([path.name, aside.name])


@pytest.mark.parametrize("way", WAYS)
def test_the_source_and_the_target_are_never_the_list(tmp_path: Path, way: str) -> None:
    path = write(tmp_path, GOOD, BAD)
    content = path.read_bytes()
    link = tmp_path / "link"
    link.symlink_to(path)
    for aside in (path, link):
        with pytest.raises(ConfigError, match=r"is .*rows\.jsonl itself, which is in use"):
            WAYS[way](path, aside)
    with pytest.raises(ConfigError, match=r"is .*out\.jsonl itself, which is in use"):
        glmkit.convert(path, tmp_path / "out.jsonl", skip_bad=tmp_path / "." / "out.jsonl")
    assert path.read_bytes() == content
    assert sorted(os.listdir(tmp_path)) == ["link", "rows.jsonl"]


@pytest.mark.parametrize("way", WAYS)
def test_a_list_that_cannot_be_written_is_a_storage_error(tmp_path: Path, way: str) -> None:
    path = write(tmp_path, GOOD, BAD)
    for aside in (tmp_path / "none" / "bad.jsonl", tmp_path):
        with pytest.raises(StorageError) as caught:
            WAYS[way](path, aside)
        assert caught.value.exit_code == 4


def test_memory_does_not_grow_with_the_bad_rows(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, *[{**BAD, "response": "b" * 20_000}] * 1_500)
    tracemalloc.start()
    try:
        check(path, skip_bad=tmp_path / "bad.jsonl")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "bad.jsonl").read_bytes().count(b"\n") == 1_500
    assert peak < path.stat().st_size / 6


def test_several_files_share_one_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = write(tmp_path, GOOD, BAD, name="a.jsonl"), write(tmp_path, BAD, GOOD, GOOD, name="b.jsonl")
    config = TrainConfig(model="none", data=[str(first), str(second)], skip_bad=str(tmp_path / "bad.jsonl"))
    with pytest.raises(ModelError):  # the tokenizer is looked for behind the data
        load_data(config, None)
    places = [json.loads(line)["place"] for line in (tmp_path / "bad.jsonl").read_text().splitlines()]
    assert places == [f"{first}:2", f"{second}:1"]
    assert "2 rows with faults were left out" in capsys.readouterr().err
