"""The token cache: columns of numbers that were worked out once, found again by the content they were made from.

In: a key, columns as bytes piece by piece, some JSON. Out: the columns, mapped from files. An entry is a folder with a
file for each column and ``entry.json``, which has their sizes and sums; it is written under another name, flushed, and
renamed, so it is there whole or not at all, whoever else runs or is killed. Called by ``prepare``.

The cache is a convenience: where it cannot be read or written, one line says so and the columns stay in memory.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmkit.errors import notice

if TYPE_CHECKING:
    import numpy as np

MAX_BYTES = 20 * 2**30  # of all entries together; those not used for longest go first
ABOUT = "entry.json"
UNFINISHED = ".unfinished-"
SAFE_AGE_S = 60.0  # a folder just made may not be locked yet
READ_BYTES = 2**20

_told: set[str] = set()  # what the user has been told in this process


@dataclass(frozen=True, slots=True)
class Entry:
    """Columns by name, as arrays that read from files or from memory, and what else was kept."""

    columns: Mapping[str, np.ndarray]
    about: Mapping[str, Any]


def cache_folder() -> Path:
    """Return the folder of the token cache: in $GLMKIT_CACHE, $XDG_CACHE_HOME/glmkit or ~/.cache/glmkit."""
    if chosen := os.environ.get("GLMKIT_CACHE"):
        root = Path(chosen).expanduser()
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glmkit"
    return root.absolute() / "tokens"


def find(folder: Path, key: str, types: Mapping[str, str]) -> Entry | None:
    """Return the entry of this key; None where there is none, or a damaged one, which is told of and removed.

    Args:
        folder: of the cache.
        key: a file name.
        types: array type code of each column.
    """
    entry = folder / key
    try:
        about = json.loads((entry / ABOUT).read_bytes())
        sums = {name: _sum_of(entry / name) for name in types}
        is_whole = about["sums"] == {name: list(sums[name]) for name in types}
        if is_whole:
            os.utime(entry)
            return Entry(_mapped(entry, types), about["about"])
    except FileNotFoundError as error:
        if not entry.is_dir():
            return None
        is_whole = error.filename is None
    except (ValueError, KeyError, TypeError):
        is_whole = False
    except OSError as error:
        _tell_unusable(folder, error)
        return None
    notice("data-cache-damaged", path=entry)
    with suppress(OSError):
        aside = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
        os.rename(entry, aside)  # at once: nobody finds half of it
        shutil.rmtree(aside)
    return None


def _sum_of(path: Path) -> tuple[int, int]:
    """Return size and checksum of a file, read in pieces so that memory does not grow with it."""
    size = checksum = 0
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(READ_BYTES):
            size += len(piece)
            checksum = zlib.crc32(piece, checksum)
    return size, checksum


def _mapped(entry: Path, types: Mapping[str, str]) -> dict[str, np.ndarray]:
    import numpy as np

    def column(name: str) -> np.ndarray:
        if (entry / name).stat().st_size == 0:  # cannot be mapped
            return np.empty(0, dtype=types[name])
        return np.memmap(entry / name, dtype=types[name], mode="r")

    return {name: column(name) for name in types}


class EntryWriter:
    """An entry being written; in memory from the start where no folder is given, and where the disk fails.

    Args:
        folder: of the cache, or None.
        types: array type code of each column.
    """

    def __init__(self, folder: Path | None, types: Mapping[str, str]) -> None:
        self._folder, self._types = folder, types
        self._memory: dict[str, bytearray] | None = None if folder else {name: bytearray() for name in types}
        self._sums = dict.fromkeys(types, (0, 0))
        self._files: dict[str, Any] = {}
        self._temporary: Path | None = None
        self._lock = -1
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._temporary = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
                self._lock = os.open(self._temporary, os.O_RDONLY)
                fcntl.flock(self._lock, fcntl.LOCK_EX)  # kept while we live: what nobody locks was left by the dead
                for name in types:
                    self._files[name] = open(self._temporary / name, "wb", buffering=0)  # noqa: SIM115 (see close)
            except OSError as error:
                self._leave_disk(error)

    def write(self, name: str, content: bytes) -> None:
        """Add to a column."""
        size, checksum = self._sums[name]
        if self._memory is None:
            try:
                view = memoryview(content)
                while view:
                    view = view[self._files[name].write(view) :]
            except OSError as error:
                self._leave_disk(error)
        if self._memory is not None:
            self._memory[name] += content
        self._sums[name] = size + len(content), zlib.crc32(content, checksum)

    def finish(self, key: str | None, about: Mapping[str, Any]) -> Entry:
        """Give the entry its name and return it; with no key it has none and lives as long as this process.

        An entry that another process has finished meanwhile stays; ours is used here and forgotten.
        """
        import numpy as np

        columns: dict[str, np.ndarray] = {}
        if self._memory is None:
            assert self._temporary is not None and self._folder is not None
            try:
                sums = {name: list(found) for name, found in self._sums.items()}
                text = json.dumps({"sums": sums, "about": about}, default=str)
                with open(self._temporary / ABOUT, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                for opened in self._files.values():
                    os.fsync(opened.fileno())
                os.fsync(self._lock)
                columns = _mapped(self._temporary, self._types)  # what is mapped stays, whatever becomes of the name
                if key is not None:
                    with suppress(FileExistsError):
                        _rename_new(self._temporary, self._folder / key)
            except OSError as error:
                self._leave_disk(error)
        if self._memory is not None:
            columns = {name: np.frombuffer(self._memory[name], dtype=code) for name, code in self._types.items()}
        return Entry(columns, about)

    def close(self) -> None:
        """Close the files, and remove what has not got its name."""
        for file in self._files.values():
            file.close()
        self._files = {}
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _leave_disk(self, error: OSError) -> None:
        """Go on in memory with what has been written so far."""
        assert self._folder is not None
        _tell_unusable(self._folder, error)
        memory = {name: bytearray() for name in self._types}
        for name, (size, _) in self._sums.items():
            if size:
                assert self._temporary is not None
                memory[name] += (self._temporary / name).read_bytes()[:size]
        self._memory = memory
        self.close()


@contextmanager
def entry_writer(folder: Path | None, types: Mapping[str, str]) -> Iterator[EntryWriter]:
    """Write an entry; whatever goes wrong inside, nothing of it is left."""
    writer = EntryWriter(folder, types)
    try:
        yield writer
    finally:
        writer.close()


def _rename_new(temporary: Path, final: Path) -> None:
    """Rename a folder, unless there is one of the new name. Raises FileExistsError."""
    try:
        os.rename(temporary, final)
    except OSError as error:
        if final.is_dir():
            raise FileExistsError from error
        raise
    os.utime(final)
    descriptor = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # the name itself survives a power cut
    finally:
        os.close(descriptor)


def tidy(folder: Path, max_bytes: int | None = None) -> None:
    """Remove what killed processes left, and the entries not used for longest until the others fit."""
    limit = MAX_BYTES if max_bytes is None else max_bytes
    entries: list[tuple[float, int, Path]] = []
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                if path.name.startswith(UNFINISHED):
                    if time.time() - path.stat().st_mtime > SAFE_AGE_S and not _is_locked(path):
                        shutil.rmtree(path, ignore_errors=True)
                elif (path / ABOUT).is_file():
                    size = sum(file.stat().st_size for file in path.iterdir())
                    entries.append((path.stat().st_mtime, size, path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= limit:
            return
        shutil.rmtree(path, ignore_errors=True)  # who has mapped its files keeps them
        total -= size


def _is_locked(folder: Path) -> bool:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _tell_unusable(folder: Path, error: OSError) -> None:
    """Say once that the cache is of no use here."""
    if str(folder) not in _told:
        _told.add(str(folder))
        notice("data-cache-unusable", folder=folder, reason=error.strerror or str(error))
