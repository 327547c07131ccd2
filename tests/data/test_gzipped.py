"""Gzip files give the rows of the text they hold; damaged ones and bombs are refused by name."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest

from glmkit.cli import main
from glmkit.data import gzipped, rows
from glmkit.data.read import read
from glmkit.errors import DataError

ROW = {"conversations": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "Hi."}]}
LINES = "".join(json.dumps({**ROW, "id": index}) + "\n" for index in range(200)).encode()


def write(folder: Path, content: bytes, name: str = "rows.jsonl.gz") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def fault(path: Path) -> tuple[str, list[str]]:
    with pytest.raises(DataError) as caught:
        read(path)
    return str(caught.value), caught.value.hints()


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "ROWS.GZ", "rows.jsonl", "rows"])
def test_gzip_is_known_by_its_first_bytes_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    conversations = read(write(tmp_path, gzip.compress(LINES), name))
    assert len(conversations) == 200
    assert conversations[6].source == f"{tmp_path / name}:7"


def test_arrays_several_members_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    assert len(read(write(tmp_path, gzip.compress(json.dumps([ROW, ROW]).encode())))) == 2
    members = gzip.compress(b"\xef\xbb\xbf" + LINES[:5000]) + gzip.compress(LINES[5000:])
    assert len(read(write(tmp_path, members))) == 200


def test_a_gzipped_file_converts_to_the_same_bytes(tmp_path: Path) -> None:
    source, target = write(tmp_path, gzip.compress(LINES)), tmp_path / "out.jsonl"
    assert main(["data", "convert", str(source), str(target)]) == 0
    assert [json.loads(line) for line in target.read_bytes().splitlines()] == [
        json.loads(line) for line in LINES.splitlines()
    ]


def test_faults_name_the_line_and_the_byte_of_the_unpacked_text(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b'{"a": }\n{"a": "caf\xe9"}\n'))
    assert fault(path)[0].split("\n") == [
        f'{path}:1:7: not JSON (Expecting value): {{"a": }}',
        f"{path}:2: byte 18 of the file, 0xe9, is not UTF-8",
    ]


PACKED = gzip.compress(LINES)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PACKED[:-20], "Compressed file ended before the end-of-stream marker was reached"),
        (PACKED[:5], "Compressed file ended before the end-of-stream marker was reached"),
        (PACKED[:-8] + b"0000" + PACKED[-4:], "CRC check failed"),
        (PACKED[:12] + b"\xff" * 20 + PACKED[32:], "Error -3 while decompressing data"),
        (PACKED + b"left over", "Not a gzipped file (b'le')"),
        (LINES, "Not a gzipped file (b'{\"')"),
    ],
    ids=["shorter", "five-bytes", "sum", "middle", "left-over", "not-packed"],
)
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    path = write(tmp_path, content)
    text, hints = fault(path)
    assert text.startswith(f"{path}: is not a whole gzip file: {reason}")
    assert hints == ["copy or pack it again; `gzip -t` tests such a file"]


EMPTY = {
    "no-bytes": b"",
    "no-text": gzip.compress(b""),
    "blank": gzip.compress(b" \n"),
    "no-rows": gzip.compress(b"[]"),
}


@pytest.mark.parametrize("content", EMPTY.values(), ids=EMPTY.keys())
def test_a_gzip_file_without_rows_is_a_fault(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content)
    assert fault(path)[0] == f"{path}: holds no rows"


def test_limits_hold_for_the_unpacked_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROW_BYTES", 500)
    long = write(tmp_path, gzip.compress(json.dumps({"a": "x" * 5000}).encode()))
    assert fault(long)[0] == f"{long}:1: the row has 5009 bytes; a row may have 500 at most"
    array = write(tmp_path, gzip.compress(json.dumps([ROW, {"a": "x" * 5000}]).encode()))
    assert fault(array)[0] == f"{array}:1: the row has 5009 bytes; a row may have 500 at most"


ZEROS, LINE_ENDS = b"0" * 10_000_000, b"\n" * 1_000_000


@pytest.mark.parametrize("start", [b"", b"[", b'["', b'{"a": "x"}\n', b"{"])
@pytest.mark.parametrize("filling", [ZEROS, LINE_ENDS], ids=["zeros", "lines"])
def test_a_bomb_is_refused_before_it_fills_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: bytes, filling: bytes
) -> None:
    monkeypatch.setattr(gzipped, "MAX_SMALL_BYTES", 100_000)
    monkeypatch.setattr(rows, "MAX_ROW_BYTES", 10_000)
    path = write(tmp_path, gzip.compress(start + filling))
    limit = max(100_000, 200 * path.stat().st_size)
    tracemalloc.start()
    text, hints = fault(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if (start, filling) == (b"[", ZEROS):  # not JSON from the start: no need to go on unpacking
        assert "not JSON" in text and peak < 8 * 2**20
        return
    assert text == f"{path}: unpacks to more than {limit} bytes, far more than text of its size would"
    assert hints == ["if that is right, unpack it with gunzip and give the unpacked file"]
    assert peak < 2 * limit + 4 * 2**20  # a piece of 1 MiB, and what bytearray allocates ahead
