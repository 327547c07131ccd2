"""The folder a worker may write to: its size, its files, what is put in and taken out. Its content is never trusted."""

from __future__ import annotations

import os
import secrets
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from glmkit.errors import ConfigError, StorageError

PREFIX = "glmkit-cells-"
SECONDS_TO_HOLD = 60  # between making a folder and holding it lies next to nothing
MAX_DEPTH = 32
MAX_LISTED = 1000
if sys.platform != "win32":
    FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class File:
    """A regular file of the workspace: name with "/" between folders, bytes, nanoseconds since 1970."""

    name: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes on disk and number of files and folders."""

    num_bytes: int
    num_files: int


class Workspace:
    """``data`` holds the files that cells and users see, ``temporary`` what programs leave; ``uid`` owns both.

    An upload is stored under a random name in ``uploads``, which no cell can enter; its own name, the one that users
    and models speak of, is a second link to it in ``data``. So nothing that a visitor chooses names a file while it is
    written, a cell can lie in wait for none, and one that does not come whole replaces nothing.

    A ``folder`` that is given is kept when the workspace is closed, otherwise everything goes. It may be on another
    disk, so that uploads are linked within it and keep their second name alone.
    """

    def __init__(self, folder: Path | None, uid: int | None) -> None:
        self._uid = uid
        with _storage():
            _sweep(Path(tempfile.gettempdir()))
            self._root = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
            self._root.chmod(0o711)
            self._held = os.open(self._root, FOLDER_FLAGS)
        _hold(self._held, alone=False)
        self.temporary = self._root / "tmp"
        self.data = self._root / "data" if folder is None else folder.resolve()
        self.uploads = self._root / "uploads" if folder is None else self.data
        self._adding = threading.Lock()
        try:
            with _storage():
                for path in (self.temporary, self.data, self.uploads):
                    path.mkdir(mode=0o700, parents=True, exist_ok=True)
                if uid is not None:
                    os.chown(self.temporary, uid, uid)
                    self._give_all(uid)
        except BaseException:
            self.close()
            raise

    def _give_all(self, uid: int) -> None:
        """Let the worker's user own the data, without following a link out of it."""
        with _opened(self.data) as folder:
            os.fchown(folder.number, uid, uid)
            for entry in _walk(folder.number):
                if entry.status.st_nlink == 1 or stat.S_ISDIR(entry.status.st_mode):
                    os.chown(entry.name, uid, uid, dir_fd=entry.folder, follow_symlinks=False)

    def usage(self, max_bytes: int = sys.maxsize, max_files: int = sys.maxsize) -> Usage:
        """Count what the worker has on disk, and no further once either limit is passed."""
        num_bytes = num_files = 0
        if self.uploads != self.data:
            with self._adding, _storage(), _opened(self.uploads) as folder:
                _remove_unlinked(folder.number)
        for path in (self.data, self.temporary):
            with _storage(), _opened(path) as folder:
                for entry in _walk(folder.number):
                    num_bytes += entry.status.st_blocks * 512
                    num_files += 1
                    if entry.depth == MAX_DEPTH and stat.S_ISDIR(entry.status.st_mode):
                        return Usage(num_bytes, sys.maxsize)  # nobody nests so deep in good faith
                    if num_bytes > max_bytes or num_files > max_files:
                        return Usage(num_bytes, num_files)
        return Usage(num_bytes, num_files)

    def free_bytes(self) -> int:
        """Return what is free on the disk below."""
        with _storage():
            status = os.statvfs(self.data)
        return status.f_bavail * status.f_frsize

    def files(self) -> tuple[File, ...]:
        """Return the regular files in ``data``, by name; links, pipes and names that cannot be shown are left out."""
        found: list[File] = []
        with _storage(), _opened(self.data) as folder:
            uploads = self._uploaded()
            for entry in _walk(folder.number):
                status = entry.status
                if _is_plain(status, uploads) and entry.path.isprintable():
                    found.append(File(entry.path, status.st_size, status.st_mtime_ns))
                if len(found) == MAX_LISTED:
                    break
        return tuple(sorted(found, key=lambda file: file.name))

    def open(self, name: str) -> BinaryIO:
        """Open a file for download. ConfigError where it is no plain file inside: a link, "..", a pipe, a device."""
        *folders, last = self._parts(name)
        try:
            with _opened(self.data) as folder:
                for part in folders:
                    folder.enter(part)
                number = os.open(last, FILE_FLAGS, dir_fd=folder.number)
        except OSError as error:
            raise ConfigError("sandbox-no-file", where=name, reason=error.strerror) from None
        if not _is_plain(os.fstat(number), self._uploaded()):
            os.close(number)
            raise ConfigError("sandbox-not-plain", where=name)
        return os.fdopen(number, "rb")

    def read(self, name: str) -> bytes:
        """Return the content of a file; errors as ``open``."""
        with self.open(name) as file:
            return file.read()

    def add(self, name: str, content: bytes) -> File:
        """Put an uploaded file in, replacing one of that name; ``name`` is a plain name, without folders."""
        parts = self._parts(name)
        if len(parts) != 1:
            raise ConfigError("sandbox-bad-name", where=name)
        with self._adding, _storage(name), _opened(self.data) as folder, _opened(self.uploads) as uploads:
            stored = secrets.token_hex(16)
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                with os.fdopen(os.open(stored, flags, 0o600, dir_fd=uploads.number), "wb") as file:
                    file.write(content)
                    file.flush()
                    with suppress(FileNotFoundError):
                        os.unlink(name, dir_fd=folder.number)  # a link or pipe that a cell put there goes as well
                    os.link(stored, name, src_dir_fd=uploads.number, dst_dir_fd=folder.number, follow_symlinks=False)
                    if self._uid is not None:
                        os.fchown(file.fileno(), self._uid, self._uid)  # last: a file of another's may not be linked
                    status = os.fstat(file.fileno())
            finally:
                if self.uploads == self.data:
                    with suppress(FileNotFoundError):
                        os.unlink(stored, dir_fd=uploads.number)
                else:
                    _remove_unlinked(uploads.number)
        return File(name, len(content), status.st_mtime_ns)

    def _uploaded(self) -> set[tuple[int, int]]:
        """Return device and inode of every upload; only we can enter where they are stored."""
        if self.uploads == self.data:
            return set()
        with self._adding, _opened(self.uploads) as folder, os.scandir(folder.number) as entries:
            return {
                (status.st_dev, status.st_ino) for status in (entry.stat(follow_symlinks=False) for entry in entries)
            }

    @staticmethod
    def _parts(name: str) -> tuple[str, ...]:
        path = PurePosixPath(name)
        good = name and not path.is_absolute() and ".." not in path.parts and name.isprintable()
        if not good or str(path) != name or name == "." or len(name.encode("utf-8", "replace")) > 1024:
            raise ConfigError("sandbox-bad-name", where=name)
        return path.parts

    def close(self) -> None:
        """Remove the temporary files, and the data unless its folder was given."""
        with suppress(OSError):
            for path in (self.temporary, self.data):
                with _opened(path) as folder:
                    for _ in _walk(folder.number):  # gives back the rights to folders that a cell has shut
                        pass
        _remove(self._root)
        with suppress(OSError):
            os.close(self._held)


@contextmanager
def _storage(name: str = "") -> Iterator[None]:
    """Turn what the system says about the folder into one line."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            "sandbox-workspace", where=name or str(error.filename or ""), reason=error.strerror
        ) from None


def _is_plain(status: os.stat_result, uploads: set[tuple[int, int]]) -> bool:
    """Whether it is a regular file that has no other name but that under which an upload is stored."""
    num_names = 2 if (status.st_dev, status.st_ino) in uploads else 1
    return stat.S_ISREG(status.st_mode) and status.st_nlink == num_names


def _remove_unlinked(uploads: int) -> None:
    """Remove the uploads whose own name is gone: replaced, removed by a cell, or never given since writing failed."""
    with os.scandir(uploads) as entries:
        for entry in entries:
            if entry.stat(follow_symlinks=False).st_nlink == 1:
                os.unlink(entry.name, dir_fd=uploads)


def _remove(folder: Path) -> None:
    # rm, unlike shutil.rmtree, takes trees of any depth.
    subprocess.run(["rm", "-rf", "--", str(folder)], check=False, stderr=subprocess.DEVNULL)


def _hold(folder: int, *, alone: bool) -> None:
    """Hold a folder as long as its descriptor is open; OSError where another process does and we want it alone."""
    import fcntl  # here, so that other systems can import this module and be told that it takes Linux

    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)


def _sweep(folder: Path) -> None:
    """Remove what owners that were killed have left: our folders that no process holds any more."""
    for path in folder.glob(f"{PREFIX}*"):
        with suppress(OSError), _opened(path) as left:
            status = os.fstat(left.number)
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < SECONDS_TO_HOLD:
                continue
            _hold(left.number, alone=True)
            _remove(path)


class _opened:
    """An open folder; ``enter`` goes into one beneath, never through a link."""

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, FOLDER_FLAGS)

    def __enter__(self) -> _opened:
        return self

    def enter(self, name: str) -> None:
        inner = os.open(name, FOLDER_FLAGS, dir_fd=self.number)
        os.close(self.number)
        self.number = inner

    def __exit__(self, *error: object) -> None:
        os.close(self.number)


@dataclass(frozen=True, slots=True)
class _Entry:
    folder: int  # descriptor of the folder it lies in, open while the walk is there
    name: str
    path: str  # below where the walk began
    status: os.stat_result
    depth: int


def _walk(folder: int, before: str = "", depth: int = 1) -> Iterator[_Entry]:
    """Yield everything beneath, ``MAX_DEPTH`` levels down; a cell may change it meanwhile."""
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield _Entry(folder, entry.name, before + entry.name, status, depth)
            if stat.S_ISDIR(status.st_mode) and depth < MAX_DEPTH and (inner := _enter(folder, entry.name)) is not None:
                try:
                    yield from _walk(inner, f"{before}{entry.name}/", depth + 1)
                finally:
                    os.close(inner)


def _enter(folder: int, name: str) -> int | None:
    """Open a folder a cell made; one without the right to read it is given it first. None where it has gone."""
    with suppress(FileNotFoundError, NotADirectoryError):
        try:
            return os.open(name, FOLDER_FLAGS, dir_fd=folder)
        except PermissionError:
            path = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                os.chmod(f"/proc/self/fd/{path}", 0o700)
                return os.open(name, FOLDER_FLAGS, dir_fd=folder)
            finally:
                os.close(path)
    return None
