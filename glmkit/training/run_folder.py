"""The folder of one run: locked while a process trains in it, with its settings, its log and one line a step.

In: output_dir and name. Out: ``config.yaml``, ``metrics.jsonl``, ``train.log`` beside the step folders of
``checkpoint``. Opened by the training loop before anything is loaded: a folder that cannot be used is known at once.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from glmkit.errors import LockError, StorageError, notice
from glmkit.training.checkpoint import free_name, remove_unfinished, write_whole

LOCK, CONFIG, METRICS, LOG = "lock", "config.yaml", "metrics.jsonl", "train.log"
CURVE, PAGE = "curve.png", "report.html"


class LineFile:
    """A text file that grows by whole lines: a line that does not fit on the disk leaves nothing of itself behind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        self._failed = False

    def append(self, line: str) -> None:
        """Add a line; the first failure is told once, training matters more than its log."""
        data = (line + "\n").encode()
        size = os.fstat(self._descriptor).st_size
        try:
            if os.write(self._descriptor, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.ftruncate(self._descriptor, size)
            if not self._failed:
                self._failed = True
                with suppress(OSError):  # stderr may be a file on the same full disk
                    notice("training-log-failed", path=self.path, reason=error.strerror)

    def flush(self) -> None:
        """Wait until the lines are on disk."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)


class RunFolder:
    """A run folder held by this process; a context manager that lets go of the lock at the end.

    The lock is the kernel's (flock): it goes with the process however that ends, so none is ever left behind.

    Args:
        output_dir: folder that holds the runs; made if its parent is there.
        name: name of the run.
        restart: move an earlier run of that name aside to "<name>.old-N" and start anew.

    Raises:
        StorageError: the folder cannot be made, written or is a link.
        LockError: another process trains in it; says which.
    """

    def __init__(self, output_dir: str, name: str, restart: bool = False) -> None:
        self.path = Path(output_dir).absolute() / name
        self._lock = make_and_lock(self.path)
        self.moved_aside: Path | None = None
        with storage_errors(self.path):
            if restart and any(path.name != LOCK for path in self.path.iterdir()):
                self.moved_aside = free_name(self.path, "old")
                self.path.rename(self.moved_aside)
                earlier, self._lock = self._lock, make_and_lock(self.path)
                os.close(earlier)
            remove_unfinished(self.path)
            self.log = LineFile(self.path / LOG)
        self._metrics: LineFile | None = None

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for file in (self.log, self._metrics):
            if file is not None:
                file.close()
        if error is not None and {path.name for path in self.path.iterdir()} <= {LOCK, LOG}:
            for name in (LOG, LOCK):  # nothing began: an empty run would only be found and suggested later
                (self.path / name).unlink(missing_ok=True)
            self.path.rmdir()
        os.close(self._lock)

    def save_config(self, text: str) -> None:
        """Write ``config.yaml``, which readers of the run follow to its base model."""
        with storage_errors(self.path):
            write_whole(self.path / CONFIG, text)

    def metrics_until(self, step: int) -> list[dict[str, Any]]:
        """Return the recorded steps 1 .. ``step``; a torn or foreign line ends the record."""
        rows: list[dict[str, Any]] = []
        path = self.path / METRICS
        for line in path.read_bytes().splitlines() if path.is_file() else []:
            try:
                row = json.loads(line)
                if row["step"] > step:
                    break
            except (ValueError, KeyError, TypeError):
                break
            rows.append(row)
        return rows

    def rewind_metrics(self, step: int) -> list[dict[str, Any]]:
        """Forget the steps after ``step``, which will be done again; return those that stay."""
        rows = self.metrics_until(step)
        with storage_errors(self.path):
            write_whole(self.path / METRICS, "".join(json.dumps(row) + "\n" for row in rows))
        return rows

    def record(self, row: Mapping[str, Any]) -> None:
        """Add one step to ``metrics.jsonl``."""
        if self._metrics is None:
            self._metrics = LineFile(self.path / METRICS)
        self._metrics.append(json.dumps(row))

    def flush_metrics(self) -> None:
        """Bring the recorded steps to disk, before a checkpoint that counts on them."""
        if self._metrics is not None:
            self._metrics.flush()


def make_and_lock(path: Path) -> int:
    """Make the run folder if need be and take its lock; return the descriptor that holds it."""
    with storage_errors(path):
        path.parent.mkdir(exist_ok=True)
        if path.is_symlink():
            raise StorageError("training-folder-is-link", where=str(path), target=os.readlink(path))
        while True:
            path.mkdir(exist_ok=True)
            descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(descriptor, 200).decode(errors="replace").strip()
                os.close(descriptor)
                raise LockError("training-folder-in-use", where=str(path), holder=holder or "?") from None
            if is_open_at(descriptor, path / LOCK):
                break
            os.close(descriptor)  # a restart moved the folder aside between opening and locking: look again
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"pid {os.getpid()} on {socket.gethostname()}\n".encode())
    return descriptor


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Say which file or folder the operating system refused, as a StorageError."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        raise StorageError("training-folder-unusable", where=where, reason=error.strerror) from error


def is_open_at(descriptor: int, path: Path) -> bool:
    """Return whether the open file is the one now found at ``path``."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
