"""CSV files: columns are known by their names, and every fault is named by line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from glmkit.cli import main
from glmkit.data import rows
from glmkit.data.read import find_format, read
from glmkit.errors import DataError


def write(folder: Path, text: str | bytes, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(path)
    return str(caught.value).replace(str(path), path.name).split("\n")


@pytest.mark.parametrize(
    ("header", "source_format"),
    [
        ("prompt,response", "prompt_response"),
        ("content,summary", "prompt_response"),
        (" question , answer ", "prompt_response"),
        ("instruction,output", "alpaca"),
    ],
)
def test_columns_are_known_by_their_names(tmp_path: Path, header: str, source_format: str) -> None:
    path, target = write(tmp_path, f"{header}\n你好,Hi.\n"), tmp_path / "out.jsonl"
    assert find_format(path) == source_format
    assert main(["data", "convert", str(path), str(target)]) == 0
    assert json.loads(target.read_text(encoding="utf-8")) == {
        "conversations": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "Hi."}]
    }


def test_quotes_line_breaks_blank_lines_a_byte_order_mark_and_gzip_are_read(tmp_path: Path) -> None:
    text = '\ufeffid,output,instruction,input\r\n1,"a ""b"", c","line 1\r\nline 2",x\r\n\r\n,,,\r\n2,d,e,\r\n'.encode()
    for path in (write(tmp_path, text), write(tmp_path, gzip.compress(text), "rows.CSV.gz")):
        first, second = read(path)
        assert [message.content for message in first.messages] == ["line 1\r\nline 2\nx", 'a "b", c']
        assert [message.content for message in second.messages] == ["e", "d"]
        assert (first.source, second.source) == (f"{path}:2", f"{path}:6")


def test_a_cell_that_looks_like_json_stays_text(tmp_path: Path) -> None:
    (conversation,) = read(write(tmp_path, "prompt,response\n1,null\n"))
    assert [message.content for message in conversation.messages] == ["1", "null"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", ["rows.csv: holds no rows"]),
        ("prompt,response\n\n", ["rows.csv: holds no rows"]),
        (
            "prompt,response\na\nb,c\nd,e,f\n",
            [
                "rows.csv:2: the number of cells is 1; the header names 2 columns",
                "rows.csv:4: the number of cells is 3; the header names 2 columns",
            ],
        ),
        ('prompt,response\na,b\n"c\n\n,d\n', ["rows.csv:3: not CSV (unexpected end of data)"]),
        ('prompt,response\n"a"b,c\n', ["rows.csv:2: not CSV (',' expected after '\"')"]),
        ("prompt,response\na," + "x" * 140_000, ["rows.csv:2: not CSV (field larger than field limit (131072))"]),
        (
            "prompt,,prompt\na,b,c\n",
            [
                "rows.csv:1: column 2 has no name; the first line names every column",
                "rows.csv:1: two columns are called 'prompt'; names must differ",
            ],
        ),
        ("prompt,response,history\na,b,c\n", ['rows.csv:2: history is "c"; it must be a list']),
    ],
)
def test_every_fault_is_named_by_line(tmp_path: Path, text: str, named: list[str]) -> None:
    assert faults(write(tmp_path, text)) == named


def test_a_file_in_gbk_is_named_once_at_its_first_chinese_line(tmp_path: Path) -> None:
    path = write(tmp_path, "prompt,response\na,b\n你,好\n你,好\n".encode("gbk"))
    assert faults(path) == ["rows.csv:3: byte 20 of the file, 0xc4, is not UTF-8"]


def test_a_wrong_number_of_cells_says_how_cells_are_quoted(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(write(tmp_path, "prompt,response\na,b,c\n"))
    assert caught.value.hints() == ["a cell with a comma, a quote or a line break stands in double quotes"]


def test_unknown_columns_are_named(tmp_path: Path) -> None:
    (fault,) = faults(write(tmp_path, "frage,antwort\na,b\n"))
    assert fault.startswith("rows.csv:2: no row is in a known format; this one has the keys frage, antwort")


def test_a_nul_character_is_a_fault_of_its_row(tmp_path: Path) -> None:
    (fault,) = faults(write(tmp_path, "prompt,response\na,b\0\nc,d\n"))
    assert fault in (
        "rows.csv:2: the text of response holds a NUL character (\\u0000); remove it",
        "rows.csv:2: not CSV (line contains NUL)",  # Python 3.10
    )


def test_a_line_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROW_BYTES", 100)
    path = write(tmp_path, "prompt,response\na," + "x" * 200 + "\nc,d\n")
    assert faults(path) == ["rows.csv:2: the row has 203 bytes; a row may have 100 at most"]
