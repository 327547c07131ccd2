"""Files as users have them: every way a file or a row can be wrong, each with its sentence."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from glmkit.data import rows
from glmkit.data.rows import read_rows
from glmkit.errors import DataError

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_bytes(content: bytes, name: str = "rows.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write_bytes


def scan(path: Path) -> tuple[list[tuple[int, Any]], list[str]]:
    """Return (line, value) of the good rows, and the faults with the file's name instead of its path."""
    found = list(read_rows(path))
    assert [row.number for row in found] == sorted({row.number for row in found})
    good = [(int(row.where.rsplit(":", 1)[1]), row.value) for row in found if not row.problems]
    problems = [problem for row in found for problem in row.problems]
    return good, [problem.text().replace(str(path), path.name) for problem in problems]


def test_lines_are_rows(write: Write) -> None:
    assert scan(write(b'{"a": 1}\n{"a": 2}')) == ([(1, {"a": 1}), (2, {"a": 2})], [])


def test_bom_crlf_and_blank_lines_are_accepted(write: Write) -> None:
    content = b'\xef\xbb\xbf\r\n{"a": "\xe4\xbd\xa0"}\r\n\r\n  \n{"a": 2}\r\n'
    assert scan(write(content)) == ([(2, {"a": "你"}), (5, {"a": 2})], [])


def test_an_array_is_read_whatever_the_file_is_called_and_keeps_line_numbers(write: Write) -> None:
    content = b'\xef\xbb\xbf[\n {"a":\n  1},\n\n {"a": 2}, {"a": 3}\n]\n'
    assert scan(write(content)) == ([(2, {"a": 1}), (5, {"a": 2}), (5, {"a": 3})], [])


def test_a_broken_line_is_named_with_column_and_text_and_the_others_are_read(write: Write) -> None:
    long = b'{"text": "' + b"x" * 200
    good, faults = scan(write(b'{"a": 1}\n{"a": }\n' + long + b'\n{"a": 1} {"b": 2}\n{"a": 4}\n'))
    assert good == [(1, {"a": 1}), (5, {"a": 4})]
    assert faults == [
        'rows.jsonl:2:7: not JSON (Expecting value): {"a": }',
        "rows.jsonl:3:10: not JSON (Unterminated string starting at): " + long[:80].decode(),
        'rows.jsonl:4:10: not JSON (Extra data): {"a": 1} {"b": 2}',
    ]


def test_control_characters_in_a_shown_line_are_escaped(write: Write) -> None:
    _, faults = scan(write(b'{"a": "\x1b[31m"}\n{"a": "\x00"}'))
    assert faults == [
        'rows.jsonl:1:8: not JSON (Invalid control character at): {"a": "\\x1b[31m"}',
        'rows.jsonl:2:8: not JSON (Invalid control character at): {"a": "\\x00"}',
    ]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'[\n{"a": 1},\n{"a": }\n]', 'rows.jsonl:3:7: not JSON (Expecting value): {"a": }'),
        (b'[{"a": 1}\n{"a": 2}]', "rows.jsonl:2:1: not JSON (Expecting ',' or ']'): {\"a\": 2}]"),
        (b'[{"a": 1}', "rows.jsonl:1:10: not JSON (Expecting ',' or ']'): [{\"a\": 1}"),
        (b'[{"a": 1}]\n[2]', "rows.jsonl:2:1: not JSON (Extra data): [2]"),
        (b'[{"a": 1},\n', "rows.jsonl:2:1: not JSON (Expecting value): "),
    ],
)
def test_a_broken_array_is_named_with_line_and_column(write: Write, content: bytes, fault: str) -> None:
    good, faults = scan(write(content))
    assert good == [(1 if content[1:2] == b"{" else 2, {"a": 1})]
    assert faults == [fault]


def test_an_array_on_one_line_shows_the_text_around_the_fault(write: Write) -> None:
    content = json.dumps([{"a": "x" * 100}, {"b": 1}]).replace('"b": 1', '"b" 1').encode()
    _, faults = scan(write(content))
    assert faults == ["rows.jsonl:1:118: not JSON (Expecting ':' delimiter): " + "x" * 31 + '"}, {"b" 1}]']


def test_invalid_utf8_is_named_with_its_byte_offset(write: Write) -> None:
    good, faults = scan(write(b'{"a": 1}\n{"a": "caf\xe9"}\n{"a": 3}\n'))
    assert good == [(1, {"a": 1}), (3, {"a": 3})]
    assert faults == ["rows.jsonl:2: byte 19 of the file, 0xe9, is not UTF-8"]
    _, faults = scan(write(b'\xef\xbb\xbf[\n{"a": "caf\xe9"}]'))
    assert faults == ["rows.jsonl:2: byte 15 of the file, 0xe9, is not UTF-8"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' stands 2 times in one object; once is right"),
        ('{"a": NaN}', "NaN is not a JSON number; use a finite number or null"),
        ('{"a": -Infinity}', "-Infinity is not a JSON number; use a finite number or null"),
        ('{"a": 1e999}', "1e999 is not a JSON number; use a finite number or null"),
        ('{"a": [{"b": "x\\u0000"}]}', "the text of a[0].b holds a NUL character (\\u0000); remove it"),
        (
            '{"a": "\\ud83d"}',
            "the text of a holds \\ud83d, half of a character; write both halves of the pair or the character itself",
        ),
        ('{"a": ' + "[" * 100 + "]" * 100 + "}", "brackets are nested more than 100 deep"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "brackets are nested more than 100 deep"),
        ('{"a": ' + "1" * 5000 + "}", "holds an integer of thousands of digits; write it as text"),
    ],
)
def test_what_json_lets_pass_in_silence_is_a_fault(write: Write, text: str, fault: str) -> None:
    for content, line in ((f'{{"a": 0}}\n{text}\n', 2), (f"[{text}]", 1)):
        good, faults = scan(write(content.encode()))
        assert faults == [f"rows.jsonl:{line}: {fault}"]
        assert len(good) == line - 1


def test_whole_pairs_and_many_brackets_side_by_side_are_right(write: Write) -> None:
    text = json.dumps({"a": "😀", "b": [[] for _ in range(300)]})
    assert "\\ud83d\\ude00" in text
    assert scan(write(text.encode())) == ([(1, json.loads(text))], [])


def test_a_line_over_the_limit_is_refused_without_being_held(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROW_BYTES", 10_000)
    path = write(b'{"a": 1}\n{"a": "' + b"x" * 4_000_000 + b'"}\n{"a": 3}\n')
    tracemalloc.start()
    good, faults = scan(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert good == [(1, {"a": 1}), (3, {"a": 3})]
    assert faults == ["rows.jsonl:2: the row has 4000010 bytes; a row may have 10000 at most"]
    assert peak < 500_000


def test_a_long_element_is_refused_without_being_held(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROW_BYTES", 50)
    path = write(b'[{"a": 1}, {"a": "' + b"x" * 100 + b'"}]')
    assert scan(path) == ([(1, {"a": 1})], ["rows.jsonl:1: the row has 109 bytes; a row may have 50 at most"])
    monkeypatch.setattr(rows, "MAX_ROW_BYTES", 10_000)
    long = b'{"a": ["' + b'x"}],' * 800_000 + b'\\\\"], "b": {}}'
    path = write(b'[{"a": 1},\n' + long.replace(b'x"', b'\\"') + b',\n{"a": 3}]')
    tracemalloc.start()
    good, faults = scan(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert good == [(1, {"a": 1}), (3, {"a": 3})]
    assert faults == [f"rows.jsonl:2: the row has {len(long)} bytes; a row may have 10000 at most"]
    assert peak < 4_000_000


def test_ten_megabytes_in_one_line_need_at_most_three_times_the_file(write: Write) -> None:
    path = write(b'{"a": "' + b"x" * 10_000_000 + b'"}\n')
    tracemalloc.start()
    good, faults = scan(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(good) == 1 and not faults
    assert peak <= 3.1 * path.stat().st_size


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"[]", b" [ ] \n"])
def test_a_file_without_rows_is_a_fault(write: Write, content: bytes) -> None:
    with pytest.raises(DataError, match=r"rows\.jsonl: holds no rows$"):
        scan(write(content))


def test_a_path_that_is_no_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.jsonl: there is no such file"):
        scan(tmp_path / "absent.jsonl")
    with pytest.raises(DataError, match=r"is a folder; give a .json, .jsonl or .csv file"):
        scan(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(DataError, match="is a pipe, socket or device; give a plain file"):
            scan(path)
    with pytest.raises(DataError, match=r"a\\x00b: cannot be read: .*embedded null"):
        scan(Path("a\0b"))


def test_an_unreadable_file_is_named(write: Write, as_nobody: AbstractContextManager[None]) -> None:
    path = write(b"{}")
    path.chmod(0)
    with as_nobody, pytest.raises(DataError, match=r"rows\.jsonl: cannot be read: Permission denied$"):
        scan(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json", "rows.csv"])
def test_a_utf_16_file_is_one_fault(tmp_path: Path, encoding: str, name: str) -> None:
    path = tmp_path / name
    path.write_text('{"a": 1}\n' * 50, encoding=encoding)
    with pytest.raises(DataError, match="the file is UTF-16; save it as UTF-8") as caught:
        list(read_rows(path))
    assert len(caught.value.problems) == 1
