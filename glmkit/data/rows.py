"""A .json, .jsonl or .csv file -> rows with their line numbers; everything not strict JSON is named, nothing guessed.

In: a path. Out: Rows, and a Problem for each row that cannot be read. Whether the file is one array or one object a
line, and whether it is gzip, is seen from its content, not from its name. Called by read.py.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from glmkit.data.csv_rows import is_csv, read_records
from glmkit.data.gzipped import damage_named, unpacked
from glmkit.data.strict_json import decode, decode_all, printable, skip_space
from glmkit.errors import DataError, Problem

MAX_ROW_BYTES = 16 * 2**20  # one conversation; a longer line is refused without being held in memory
MAX_ARRAY_BYTES = 2**30  # a JSON array is held in memory as a whole
SHOWN_CHARACTERS = 80
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One JSON value of the file and the place where it starts, "file:line"."""

    where: str
    value: Any


def read_rows(path: Path, problems: list[Problem]) -> Iterator[Row]:
    """Yield the rows of ``path`` in order and append what is wrong with the others to ``problems``.

    A byte order mark, CRLF line ends and blank lines are accepted. Limits and offsets count bytes of text, unpacked.

    Raises:
        DataError: the file is missing, empty, not a plain file, damaged, or cannot be read.
    """
    with _open_plain_file(path) as packed, damage_named(path), unpacked(path, packed) as file:
        start = file.read(4096)
        file.seek(len(BOM) if start.startswith(BOM) else 0)
        if is_csv(path):
            yield from _csv_rows(path, file, problems)
        elif start.removeprefix(BOM).lstrip().startswith(b"["):
            yield from _array_rows(path, file, problems)
        else:
            yield from _line_rows(path, file, problems)


def _open_plain_file(path: Path) -> BinaryIO:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise DataError("data-is-folder", where=str(path))
        if not stat.S_ISREG(mode):  # a pipe would block, a device may never end
            raise DataError("data-not-plain-file", where=str(path))
        return open(path, "rb")
    except FileNotFoundError as error:
        raise DataError("data-missing", where=str(path)) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError("data-unreadable", where=printable(str(path)), reason=reason) from error


def _line_rows(path: Path, file: BinaryIO, problems: list[Problem]) -> Iterator[Row]:
    number = 0
    is_empty = True
    while line := file.readline(MAX_ROW_BYTES + 1):
        number += 1
        if not line.strip():
            continue
        is_empty = False
        where = f"{path}:{number}"
        if len(line) > MAX_ROW_BYTES:
            size = len(line) + _skip_line(file, line)
            problems.append(Problem("data-row-too-long", where, {"size": size, "limit": MAX_ROW_BYTES}))
            continue
        try:
            text = line.decode("utf-8").rstrip("\r\n")
            decoded = decode_all(text)
        except UnicodeDecodeError as error:
            problems.append(_not_utf8(where, file.tell() - len(line), error))
        except json.JSONDecodeError as error:
            problems.append(_broken(f"{where}:{error.colno}", error, text))
        else:
            problems.extend(Problem(code, where, values) for code, values in decoded.faults)
            if not decoded.faults:
                yield Row(where, decoded.value)
    if is_empty:
        raise DataError("data-empty", where=str(path))


def _csv_rows(path: Path, file: BinaryIO, problems: list[Problem]) -> Iterator[Row]:
    is_empty = True
    for line, cells in read_records(path, _text_lines(path, file, problems), problems):
        is_empty = False
        yield Row(f"{path}:{line}", cells)
    if is_empty and not problems:
        raise DataError("data-empty", where=str(path))


def _text_lines(path: Path, file: BinaryIO, problems: list[Problem]) -> Iterator[str]:
    """Yield lines as text, up to the first that is too long or not UTF-8: what is behind it cannot be told apart."""
    number = 0
    while line := file.readline(MAX_ROW_BYTES + 1):
        number += 1
        if len(line) > MAX_ROW_BYTES:
            size = len(line) + _skip_line(file, line)
            problems.append(Problem("data-row-too-long", f"{path}:{number}", {"size": size, "limit": MAX_ROW_BYTES}))
            return
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            problems.append(_not_utf8(f"{path}:{number}", file.tell() - len(line), error))
            return


def _skip_line(file: BinaryIO, last: bytes) -> int:
    """Read on to the end of a line too long to hold; return how many more bytes it has."""
    skipped = 0
    while last and not last.endswith(b"\n"):
        last = file.readline(2**16)
        skipped += len(last)
    return skipped


def _array_rows(path: Path, file: BinaryIO, problems: list[Problem]) -> Iterator[Row]:
    content = _whole(path, file)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.append(_not_utf8(f"{path}:{line}", file.tell() - len(content), error))
        return
    del content  # half of the memory; the text is needed to the end
    try:
        yield from _walk_array(path, text, problems)
    except json.JSONDecodeError as error:  # where the next element starts is unknown after a syntax error
        line_start = text.rfind("\n", 0, error.pos) + 1
        shown_start = max(line_start, error.pos - SHOWN_CHARACTERS // 2)  # the whole array may be one line
        shown = text[shown_start : shown_start + SHOWN_CHARACTERS].split("\n")[0]
        problems.append(_broken(f"{path}:{error.lineno}:{error.colno}", error, shown))


def _whole(path: Path, file: BinaryIO) -> bytearray:
    size = os.fstat(file.fileno()).st_size
    if size > MAX_ARRAY_BYTES:
        raise DataError("data-array-too-long", where=str(path), size=size, limit=MAX_ARRAY_BYTES)
    content = bytearray()
    while piece := file.read(2**20):  # in pieces: the size of what gzip holds is not known before
        content += piece
        if len(content) > MAX_ARRAY_BYTES:
            raise DataError("data-gzip-array-too-long", where=str(path), limit=MAX_ARRAY_BYTES)
    return content


def _walk_array(path: Path, text: str, problems: list[Problem]) -> Iterator[Row]:
    position = skip_space(text, skip_space(text, 0) + 1)  # behind the opening bracket
    if text[position : position + 1] == "]":
        raise DataError("data-empty", where=str(path))
    line, counted_to = 1, 0
    separator = ","
    while separator == ",":
        line += text.count("\n", counted_to, position)
        counted_to = position
        where = f"{path}:{line}"
        decoded = decode(text, position)
        problems.extend(Problem(code, where, values) for code, values in decoded.faults)
        if decoded.end < 0:
            return
        size = decoded.end - position
        if size > MAX_ROW_BYTES:
            problems.append(Problem("data-row-too-long", where, {"size": size, "limit": MAX_ROW_BYTES}))
        elif not decoded.faults:
            yield Row(where, decoded.value)
        position = skip_space(text, decoded.end)
        separator = text[position : position + 1]
        if separator not in (",", "]"):
            raise json.JSONDecodeError("Expecting ',' or ']'", text, position)
        position = skip_space(text, position + 1)
    if position != len(text):
        raise json.JSONDecodeError("Extra data", text, position)


def _not_utf8(where: str, start: int, error: UnicodeDecodeError) -> Problem:
    values = {"byte": f"0x{error.object[error.start]:02x}", "offset": start + error.start}
    return Problem("data-not-utf8", where, values)


def _broken(where: str, error: json.JSONDecodeError, text: str) -> Problem:
    return Problem("data-broken-json", where, {"reason": error.msg, "text": printable(text[:SHOWN_CHARACTERS])})
