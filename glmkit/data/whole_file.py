"""Files that exist whole or not at all. Called by convert.py and bad_rows.py.

In: the path to write. Out: an open file; what is written there takes the name when nothing went wrong.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glmkit.errors import ConfigError, StorageError


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """Open a file under a temporary name; at the end flush it to disk, then rename it into place.

    Raises:
        StorageError: it could not be written; what stood at ``target`` is unchanged, as it is after any error inside.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with open(temporary, "xb") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.replace(temporary, target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        _flush_folder(target.parent)
    except OSError as error:
        raise StorageError("data-write-failed", where=str(target), reason=error.strerror) from error


def check_target(target: Path, *others: str | Path) -> None:
    """Refuse a target that cannot work before anything is read; ``others`` are files that it must not be ("": none).

    Raises:
        StorageError: its folder is missing or closed, or it is a folder.
        ConfigError: it is one of the others.
    """
    if not target.parent.is_dir():
        raise StorageError("data-target-folder-missing", where=str(target), folder=target.parent)
    if target.is_dir():
        raise StorageError("data-target-is-folder", where=str(target))
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise StorageError("data-target-closed", where=str(target), folder=target.parent)
    for other in [Path(name) for name in others if name]:
        is_same = target.exists() and other.exists() and target.samefile(other)
        if is_same or target.absolute() == other.absolute():
            raise ConfigError("data-same-file", where=str(target), other=other)


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
