"""A .json, .jsonl or .csv file -> rows with their line numbers; everything not strict JSON is named, nothing guessed.

In: a path. Out: Rows in the order of the file, one at a time: memory holds a row, never the file. Whether the file is
one array or one object a line, and whether it is gzip, is seen from its content, not from its name. Called by read.py.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from glmkit.chat.printable import printable
from glmkit.data.array_rows import walk_array
from glmkit.data.csv_rows import is_csv, read_records
from glmkit.data.gzipped import damage_named, unpacked
from glmkit.data.row import KEPT_OF_LONG_ROW, WHOLE, Choice, Row
from glmkit.data.strict_json import SHOWN_TEXT, decode_all
from glmkit.errors import DataError, Problem

MAX_ROW_BYTES = 16 * 2**20  # one conversation; a longer row is refused without being held in memory
BOM = b"\xef\xbb\xbf"
_UTF_16 = re.compile(rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]")  # by its mark, or by ASCII without one


def read_rows(path: Path, share: Choice = WHOLE) -> Iterator[Row]:
    """Yield the rows of ``path`` that ``share`` holds, in order; those that cannot be read carry what is wrong.

    A byte order mark, CRLF line ends and blank lines are accepted. Limits and offsets count bytes of text, unpacked.

    Raises:
        DataError: the file is missing, empty, not a plain file, damaged, or cannot be read.
    """
    with open_plain_file(path) as packed, damage_named(path), unpacked(path, packed) as file:
        start = file.read(4096)
        if _UTF_16.match(start):
            raise DataError("data-utf16", where=str(path))
        file.seek(len(BOM) if start.startswith(BOM) else 0)
        if is_csv(path):
            yield from _csv_rows(path, file, share)
        elif start.removeprefix(BOM).lstrip().startswith(b"["):
            yield from walk_array(path, file, share, MAX_ROW_BYTES)
        else:
            yield from _line_rows(path, file, share)


def open_plain_file(path: Path) -> BinaryIO:
    """Open a file for its bytes. Raises DataError: it is missing, not a plain file, or cannot be read."""
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


def _line_rows(path: Path, file: BinaryIO, share: Choice) -> Iterator[Row]:
    line_number, number = 0, -1
    while line := file.readline(MAX_ROW_BYTES + 1):
        line_number += 1
        if line.isspace():
            continue
        number += 1
        is_ours = share.holds(number)
        where = f"{path}:{line_number}" if is_ours else ""
        if len(line) > MAX_ROW_BYTES:
            size = len(line) + _skip_line(file, line)
            problem = Problem("data-row-too-long", where, {"size": size, "limit": MAX_ROW_BYTES})
            row = Row(number, where, problems=(problem,), text=_escaped(line[:KEPT_OF_LONG_ROW]))
        elif is_ours:
            row = _line_row(number, where, line, file)
        if is_ours:
            yield row
    if number < 0:
        raise DataError("data-empty", where=str(path))


def _line_row(number: int, where: str, line: bytes, file: BinaryIO) -> Row:
    """Decode a line; ``file`` stands behind it."""
    text = ""
    try:
        text = line.decode("utf-8").rstrip("\r\n")
        decoded = decode_all(text)
    except UnicodeDecodeError as error:
        values = {"byte": f"0x{line[error.start]:02x}", "offset": file.tell() - len(line) + error.start}
        return Row(number, where, problems=(Problem("data-not-utf8", where, values),), text=_escaped(line))
    except json.JSONDecodeError as error:
        values = {"reason": error.msg, "text": printable(text[:SHOWN_TEXT])}
        problem = Problem("data-broken-json", f"{where}:{error.colno}", values)
        return Row(number, where, problems=(problem,), text=text)
    if decoded.faults:
        problems = tuple(Problem(code, where, values) for code, values in decoded.faults)
        return Row(number, where, problems=problems, text=text)
    return Row(number, where, decoded.value)


def _escaped(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace").rstrip("\r\n")


def _csv_rows(path: Path, file: BinaryIO, share: Choice) -> Iterator[Row]:
    last: list[tuple[int, Problem]] = []
    number = -1
    for number, record in enumerate(read_records(path, _text_lines(path, file, last))):
        if share.holds(number):
            where = f"{path}:{record.line}"
            yield Row(number, where, record.cells, record.problems, is_last=record.is_last)
    if last and share.holds(number + 1):
        line, problem = last[0]
        yield Row(number + 1, f"{path}:{line}", problems=(problem,), is_last=True)
    if number < 0 and not last:
        raise DataError("data-empty", where=str(path))


def _text_lines(path: Path, file: BinaryIO, last: list[tuple[int, Problem]]) -> Iterator[str]:
    """Yield lines as text, up to the first that is too long or not UTF-8: what is behind it cannot be told apart.

    The number of that line and what is wrong with it are put into ``last``.
    """
    number = 0
    while line := file.readline(MAX_ROW_BYTES + 1):
        number += 1
        where = f"{path}:{number}"
        if len(line) > MAX_ROW_BYTES:
            size = len(line) + _skip_line(file, line)
            last.append((number, Problem("data-row-too-long", where, {"size": size, "limit": MAX_ROW_BYTES})))
            return
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            values = {"byte": f"0x{line[error.start]:02x}", "offset": file.tell() - len(line) + error.start}
            last.append((number, Problem("data-not-utf8", where, values)))
            return


def _skip_line(file: BinaryIO, last: bytes) -> int:
    """Read on to the end of a line too long to hold; return how many more bytes it has."""
    skipped = 0
    while last and not last.endswith(b"\n"):
        last = file.readline(2**16)
        skipped += len(last)
    return skipped
