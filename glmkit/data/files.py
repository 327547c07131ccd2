"""Which files the entries of ``data`` and ``replay`` stand for: patterns looked up, paths made absolute.

In: paths and patterns as the user wrote them. Out: absolute paths in a fixed order, or every fault of them at once.
Called by training before anything is read.
"""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from glmkit.config import DataFile
from glmkit.errors import DataError, Problem

MAX_NEAR = 3  # names that a message about a pattern without a match shows


def find_files(entries: Sequence[DataFile], name: str = "data") -> tuple[DataFile, ...]:
    """Return the entries with absolute paths; one whose path is a pattern becomes one for each file, sorted by name.

    A pattern is what ``glob`` takes: ``*``, ``?``, ``[a-z]``, and ``**`` for folders within folders. A file whose own
    name looks like a pattern is that file. Files that are not there are left to the reader, which says so.

    Args:
        entries: paths or patterns, relative ones from the current folder.
        name: the setting they stand in, for messages.

    Raises:
        DataError: a pattern matches no file, or a file is there twice; all of these at once.
    """
    found: list[DataFile] = []
    problems: list[Problem] = []
    first_place: dict[str, str] = {}
    for number, entry in enumerate(entries):
        place = f"{name}[{number}]" if len(entries) > 1 else name
        path = os.path.abspath(os.path.expanduser(entry.path))
        paths = [path]
        if glob.has_magic(path) and not os.path.lexists(path):
            paths = sorted(match for match in glob.glob(path, recursive=True) if not os.path.isdir(match))
            if not paths:
                problems.append(no_match(entry.path, path, place))
        for path in paths:
            earlier = first_place.setdefault(os.path.realpath(path), place)
            if earlier != place:
                problems.append(Problem("data-file-twice", place, {"path": path, "earlier": earlier}))
            found.append(replace(entry, path=path))
    if problems:
        raise DataError(problems)
    return tuple(found)


def no_match(pattern: str, path: str, place: str) -> Problem:
    """Return the problem of a pattern without a match, with the names that come nearest to it."""
    folder = Path(path).parent
    while glob.has_magic(str(folder)) or not folder.is_dir():
        folder = folder.parent
    names = sorted(os.listdir(folder)) if os.access(folder, os.R_OK) else []
    wanted = Path(path).relative_to(folder).parts[0]
    near = difflib.get_close_matches(wanted, names, n=MAX_NEAR, cutoff=0.4)
    values = {"pattern": pattern, "folder": folder, "near": ", ".join(near)}
    return Problem("data-no-match-near" if near else "data-no-match", place, values)
