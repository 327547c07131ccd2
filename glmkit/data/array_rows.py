"""A file that is one JSON array -> its elements as rows, through a window that slides over the text.

In: an open file. Out: Rows; memory holds the element being read and a piece of what follows. Called by rows.py.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from glmkit.chat.printable import printable
from glmkit.data.row import KEPT_OF_LONG_ROW, Choice, Row
from glmkit.data.strict_json import SHOWN_TEXT, Decoded, decode, skip_space
from glmkit.errors import DataError, Problem

PIECE_BYTES = 2**18  # read at a time; an element that goes on behind it costs a second look at its start
AROUND = SHOWN_TEXT  # characters before and behind the position that a message may show; longer than any word of JSON


class _Window:
    """The text of a file from a little before ``position`` on, as far as it has been read.

    Growing costs time in proportion to what lies before the position in the text, and at least doubles that: a walk
    over the file is linear in its size.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.text = ""
        self.position = 0
        self._file = file
        self._offset = file.tell()  # of _undecoded in the file
        self._undecoded = b""
        self._at_end = False
        self._lines_before = 0  # line breaks in the text that has been forgotten
        self._column_before = 0  # characters behind the last of them
        self._counted = 0  # _lines_before and _column_before hold up to here

    def grow(self) -> bool:
        """Read more text and forget what lies behind the position; False when there is no more.

        Raises:
            UnicodeDecodeError: what follows the text is not UTF-8; its ``start`` is the offset in the file.
        """
        if self._at_end:
            return False
        forgotten = max(0, self.position - AROUND)
        self.place(max(forgotten, self._counted))
        self.text, self.position = self.text[forgotten:], self.position - forgotten
        self._counted -= forgotten
        piece = self._file.read(max(PIECE_BYTES, len(self.text) - self.position))
        content = self._undecoded + piece
        self._at_end = not piece
        try:
            text, used = codecs.utf_8_decode(content, "strict", self._at_end)
        except UnicodeDecodeError as error:
            if error.start == 0:
                error.start, error.end = self._offset, self._offset + 1
                raise
            text, used = content[: error.start].decode("utf-8"), error.start
        self._undecoded = content[used:]
        self._offset += used
        self.text += text
        return True

    def next_character(self) -> str:
        """Move to the next character that is not white space and return it; "" at the end of the file."""
        while True:
            self.position = skip_space(self.text, self.position)
            if self.position < len(self.text) or not self.grow():
                return self.text[self.position : self.position + 1]

    def look_ahead(self) -> None:
        """Read on where a message would show less text behind the position than there is."""
        while len(self.text) - self.position < AROUND and self.grow():
            pass

    def place(self, position: int) -> tuple[int, int]:
        """Return line and column of a position at or behind all that were asked for before; both from 1."""
        breaks = self.text.count("\n", self._counted, position)
        if breaks:
            self._lines_before += breaks
            self._column_before = position - self.text.rfind("\n", self._counted, position) - 1
        else:
            self._column_before += position - self._counted
        self._counted = position
        return self._lines_before + 1, self._column_before + 1

    def element(self, limit: int) -> Decoded | None:
        """Decode the element at the position; None where it has more than ``limit`` characters.

        Raises:
            json.JSONDecodeError: the text is not JSON.
        """
        while True:
            try:
                decoded = decode(self.text, self.position)
            except json.JSONDecodeError as error:
                is_cut = error.msg.startswith("Unterminated string") or error.pos >= len(self.text) - AROUND
                if not is_cut or not self._grow_within(limit):
                    if is_cut and not self._at_end:
                        return None
                    raise
            else:
                # A number may go on: "0" and "0." are read as 0 where "0.5" follows.
                rest = self.text[decoded.end : decoded.end + 3].strip(".eE+-")
                if rest or not self._grow_within(limit):
                    return decoded

    def _grow_within(self, limit: int) -> bool:
        return len(self.text) - self.position <= limit and self.grow()

    def skip_element(self) -> int:
        """Move behind an object, list or string too long to hold; return how many characters it has."""
        depth, is_in_string, size, start = 0, False, 0, self.position
        while True:
            mark = (_IN_STRING if is_in_string else _OUTSIDE).search(self.text, self.position)
            if mark and mark[0] == "\\":  # what it escapes has not been read
                size += mark.start() - start
                start = self.position = mark.start()
                if self.grow():
                    start = self.position
                    continue
            self.position = mark.end() if mark else len(self.text)
            if mark and mark[0] == '"':
                is_in_string = not is_in_string
            elif mark and not is_in_string:
                depth += 1 if mark[0] in "{[" else -1
            if mark and depth <= 0 and not is_in_string:
                return size + self.position - start
            if mark is None or self.position >= len(self.text):
                size += self.position - start
                if not self.grow():
                    return size
                start = self.position


_OUTSIDE = re.compile(r'["{}\[\]]')
_IN_STRING = re.compile(r'"|\\.?', re.DOTALL)


def walk_array(path: Path, file: BinaryIO, share: Choice, limit: int) -> Iterator[Row]:
    """Yield the elements that ``share`` holds; one of more than ``limit`` characters is named, not held.

    A syntax error, or a byte that is not UTF-8, ends the walk: where the next element starts is unknown behind it.

    Raises:
        DataError: the array is empty.
    """
    window = _Window(file)
    number = -1
    try:
        window.next_character()
        window.position += 1  # behind the opening bracket
        if window.next_character() == "]":
            raise DataError("data-empty", where=str(path))
        separator = ","
        while separator == ",":
            number += 1
            window.next_character()
            where = f"{path}:{window.place(window.position)[0]}"
            row, has_end = _element_row(number, where, window, limit)
            if share.holds(number):
                yield row
            if not has_end:
                return
            separator = window.next_character()
            if separator not in (",", "]"):
                window.look_ahead()
                raise json.JSONDecodeError("Expecting ',' or ']'", window.text, window.position)
            window.position += 1
        if window.next_character():
            window.look_ahead()
            raise json.JSONDecodeError("Extra data", window.text, window.position)
    except json.JSONDecodeError as error:
        problem = _broken(path, window, error)
    except UnicodeDecodeError as error:
        line, _ = window.place(len(window.text))
        values = {"byte": f"0x{error.object[0]:02x}", "offset": error.start}
        problem = Problem("data-not-utf8", f"{path}:{line}", values)
    else:
        return
    if share.holds(number + 1):  # a row of its own: the element before it may have been whole
        yield Row(number + 1, problem.where, problems=(problem,), is_last=True)


def _element_row(number: int, where: str, window: _Window, limit: int) -> tuple[Row, bool]:
    """Return the element at the window's position, and whether its end is known: the window then stands behind it."""
    decoded = window.element(limit)
    start = window.position
    text = window.text[start : start + KEPT_OF_LONG_ROW]
    size = window.skip_element() if decoded is None else decoded.end - window.position
    problems = []
    if decoded is not None:
        problems = [Problem(code, where, values) for code, values in decoded.faults]
        if decoded.end < 0:
            return Row(number, where, problems=tuple(problems), is_last=True), False
        if problems:
            text = window.text[start : decoded.end]
        window.position = decoded.end
    if size > limit:
        problems.append(Problem("data-row-too-long", where, {"size": size, "limit": limit}))
    if problems or decoded is None:
        return Row(number, where, problems=tuple(problems), text=text), True
    return Row(number, where, decoded.value), True


def _broken(path: Path, window: _Window, error: json.JSONDecodeError) -> Problem:
    line, column = window.place(error.pos)
    shown_start = max(error.pos - column + 1, error.pos - SHOWN_TEXT // 2, 0)  # the whole array may be one line
    shown = error.doc[shown_start : shown_start + SHOWN_TEXT].split("\n")[0]
    return Problem("data-broken-json", f"{path}:{line}:{column}", {"reason": error.msg, "text": printable(shown)})
