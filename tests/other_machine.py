"""Words before a command that run it as an ordinary user, or where the kernel refuses what containers refuse."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

ORDINARY_USER = 54321

# What Docker's profile refuses to those without CAP_SYS_ADMIN, by x86_64's and aarch64's numbers.
_REFUSING = """
import ctypes, json, os, sys
sys.path.insert(0, sys.argv[1])
from glmkit.agent.sandbox.inside import seccomp
rules = [(seccomp.LOAD, 0, 0, seccomp.NUMBER_AT)]
for number, error in json.loads(sys.argv[2]).items():
    rules += [(seccomp.JUMP_EQUAL, 0, 1, int(number)), (seccomp.RETURN, 0, 0, seccomp.ERRNO | error)]
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
seccomp.install([*rules, (seccomp.RETURN, 0, 0, seccomp.ALLOW)])
os.execv(sys.argv[3], sys.argv[3:])
"""


def refusing(calls: dict[int, int]) -> list[str]:
    """Return the words of a command that gets these errors for these system calls, as under a container's profile."""
    repository = str(Path(__file__).resolve().parents[1])
    return [sys.executable, "-c", _REFUSING, repository, json.dumps(calls)]


def opened(paths: list[str]) -> list[str]:
    """Return bubblewrap's words for a machine as this one, but with the folders above ``paths`` open to every user."""
    words = ["--dev-bind", "/", "/"]
    for path in sorted({os.path.realpath(path) for path in paths}):
        folders = list(reversed(Path(path).parents))
        shut = [folder for folder in folders if not folder.stat().st_mode & stat.S_IXOTH]
        if shut:
            words += ["--tmpfs", str(shut[0])] if str(shut[0]) not in words else []
            below = [folder for folder in [*folders, Path(path)] if shut[0] in folder.parents]
            words += [word for folder in below for word in ("--dir", str(folder))]
            words += ["--ro-bind", path, path]
    return words


def ordinary_user(bwrap: str, paths: list[str]) -> list[str]:
    """Return the words of a command that runs as ``ORDINARY_USER`` and may read ``paths``."""
    user = ["setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--clear-groups", "--"]
    return [bwrap, *opened(paths), "--cap-add", "ALL", "--die-with-parent", "--", *user]
