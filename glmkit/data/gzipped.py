"""Gzip files read as the text they hold; one that is damaged or unpacks without end is refused by name.

In: an open file. Out: the same file, or a reader of what it unpacks to. Called by rows.py.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from glmkit.errors import DataError

MAGIC = b"\x1f\x8b"
# Text shrinks 3 to 20 times, rows that repeat each other perhaps 100 times; what is made to fill a disk, 1,000 times.
MAX_RATIO = 200
MAX_SMALL_BYTES = 16 * 2**20  # what any file may unpack to, however small it is


def unpacked(path: Path, file: BinaryIO) -> BinaryIO:
    """Return a reader of the text in ``file``, which is gzip when it starts as gzip does or is called .gz."""
    is_gzip = file.read(len(MAGIC)) == MAGIC or path.suffix.lower() == ".gz"
    file.seek(0)
    return cast(BinaryIO, _Unpacked(path, file)) if is_gzip else file


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn what Python raises over a damaged gzip file into a DataError that names the file."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError("data-gzip-damaged", where=str(path), reason=str(error)) from error


class _Unpacked(gzip.GzipFile):
    """Reads gzip, and stops where far more comes out than text would give."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._path = path
        self._limit = max(MAX_SMALL_BYTES, MAX_RATIO * os.fstat(file.fileno()).st_size)

    def read(self, size: int | None = -1) -> bytes:
        return self._checked(super().read(size))

    def readline(self, size: int | None = -1) -> bytes:
        return self._checked(super().readline(-1 if size is None else size))

    def _checked(self, content: bytes) -> bytes:
        if self.tell() > self._limit:
            raise DataError("data-gzip-bomb", where=str(self._path), limit=self._limit)
        return content
