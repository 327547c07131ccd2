"""A step folder is there whole or not at all: written under another name, sealed, flushed to disk, then renamed.

In: a function that writes files into an empty folder. Out: ``<run>/step-000500/`` with a manifest of sha256 sums, and
``<run>/latest`` naming it. Called by the training loop to save and by ``resume`` to find what can be continued.
Knows nothing of tensors, so that every crash point of a save can be tried in milliseconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from glmkit.errors import Problem, StorageError

MANIFEST = "manifest.json"
LATEST = "latest"
BEST = "best"
UNFINISHED = ".unfinished-"  # what a killed process leaves behind starts with this; removed by the next one
STEP_NAME = re.compile(r"step-(\d{6,})")
READ_BYTES = 1 << 20


def give_usual_rights(paths: Iterable[Path]) -> None:
    """Let files be read by whom the user's umask lets; safetensors makes its files for their owner alone."""
    umask = os.umask(0)
    os.umask(umask)
    for path in paths:
        if not path.is_symlink():
            path.chmod(0o666 & ~umask)


def step_name(step: int) -> str:
    """Return the folder name of a step; names sort as their numbers do."""
    return f"step-{step:06d}"


def publish(run: Path, step: int, write: Callable[[Path], None]) -> Path:
    """Save one step; after return it survives a crash of the machine, before it the older ones are as they were.

    Args:
        run: the run folder.
        step: the optimiser steps done.
        write: puts the files into the empty folder it is given.

    Raises:
        OSError: the disk is full or broken, or whatever ``write`` raises; what was written of the step is removed.
    """
    unfinished = run / f"{UNFINISHED}{step_name(step)}"
    final = run / step_name(step)
    remove(unfinished)
    unfinished.mkdir()
    try:
        write(unfinished)
        seal(unfinished, step)
        give_usual_rights(files_in(unfinished))
        for path in [*files_in(unfinished), *folders_in(unfinished)]:
            flush(path)
        if os.path.lexists(final):  # resumed from before a damaged step: keep the damaged one for whoever wants to look
            final.rename(free_name(final, "damaged"))
        unfinished.rename(final)
    except BaseException:
        remove(unfinished)
        raise
    flush(run)
    point_to(run, step)
    return final


def point_to(run: Path, step: int, name: str = LATEST) -> None:
    """Let ``latest``, which is what readers of the run load, or ``best`` name the folder of ``step``."""
    if not (run / name).is_file() or (run / name).read_text(encoding="utf-8").strip() != step_name(step):
        write_whole(run / name, step_name(step) + "\n")


def seal(folder: Path, step: int) -> None:
    """Write the manifest: size and sha256 of every file in the folder."""
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in files_in(folder)
    }
    text = json.dumps({"step": step, "files": files}, indent=2, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def fault_of(folder: Path) -> Problem | None:
    """Return what is wrong with a step folder, or None if every byte is as it was saved."""
    manifest = folder / MANIFEST
    try:
        listed = {
            name: (entry["bytes"], entry["sha256"])
            for name, entry in json.loads(manifest.read_bytes())["files"].items()
        }
    except FileNotFoundError:
        return Problem("training-file-missing", str(manifest))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Problem("training-manifest-unreadable", str(manifest))
    found = {path.relative_to(folder).as_posix(): path for path in files_in(folder) if path != manifest}
    for name in sorted(found.keys() | listed.keys()):
        where = str(folder / name)
        if name not in found:
            return Problem("training-file-missing", where)
        if name not in listed or found[name].is_symlink():
            return Problem("training-file-unexpected", where)
        size, digest = listed[name]
        if found[name].stat().st_size != size:
            return Problem("training-file-size", where, {"found": found[name].stat().st_size, "expected": size})
        try:
            if sha256(found[name]) != digest:
                return Problem("training-file-altered", where)
        except OSError as error:
            return Problem("training-file-unreadable", where, {"reason": error.strerror})
    return None


def step_folders(run: Path) -> list[tuple[int, Path]]:
    """Return (step, folder) of every step saved in the run, newest first.

    Raises:
        StorageError: a step folder is a link; following it could read or replace files outside the run.
    """
    steps = [(int(match[1]), path) for path in run.iterdir() if (match := STEP_NAME.fullmatch(path.name))]
    for _, path in steps:
        if path.is_symlink():
            raise StorageError("training-folder-is-link", where=str(path), target=os.readlink(path))
    return sorted(steps, reverse=True)  # by number: clocks and copies change times


def remove_unfinished(run: Path) -> None:
    """Remove what saves that were killed left behind; only for the holder of the run's lock."""
    for path in run.glob(f"{UNFINISHED}*"):
        remove(path)


def remove(path: Path) -> None:
    """Remove a file, a link (never what it points to) or a folder, if there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one move that is on disk when this returns: readers see the old text or the new one."""
    unfinished = path.with_name(f"{UNFINISHED}{path.name}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        flush(unfinished)
        unfinished.replace(path)
    except BaseException:
        remove(unfinished)
        raise
    flush(path.parent)


def free_name(path: Path, word: str) -> Path:
    """Return "<path>.<word>-N" with the smallest N that is not taken."""
    number = 1
    while os.path.lexists(path.with_name(f"{path.name}.{word}-{number}")):
        number += 1
    return path.with_name(f"{path.name}.{word}-{number}")


def flush(path: Path) -> None:
    """Wait until a file's or folder's content is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """Return the sha256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def files_in(folder: Path) -> list[Path]:
    """Return everything below the folder that is not itself a folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def folders_in(folder: Path) -> Iterator[Path]:
    """Yield the folders below, deepest first, and the folder itself last."""
    yield from sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    yield folder
