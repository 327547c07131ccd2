"""Which files a worker needs to read: its Python, the packages, the system's libraries; nothing of the user's."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

INSIDE = Path(__file__).resolve().parent / "inside"
SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/sbin"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/fonts", "/etc/localtime"),
)


def package_folders() -> list[str]:
    """Return the folders packages are imported from, in order."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages") and os.path.isdir(path)]


def readable() -> list[str]:
    """Return files and folders a worker reads, those above before those beneath, each also by its real path."""
    python = [sys.base_prefix, sys.prefix, sys.base_exec_prefix, *package_folders(), str(INSIDE)]
    wanted = [path for path in (*SYSTEM, *python) if path != "/" and os.path.exists(path)]
    return sorted({*wanted, *(os.path.realpath(path) for path in wanted)})


def way_open(path: str) -> bool:
    """Whether a user who owns nothing here can pass all folders above ``path``."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in Path(os.path.realpath(path)).parents)


def open_to_all(path: str) -> bool:
    """Whether that user can read ``path`` itself, once there."""
    mode = os.stat(path).st_mode
    return bool(mode & stat.S_IROTH) and (not stat.S_ISDIR(mode) or bool(mode & stat.S_IXOTH))
