"""bubblewrap: namespaces in which everything that is not mounted is not there, nor any network or foreign process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from glmkit.agent.sandbox import places
from glmkit.agent.sandbox.inside.confine import DEVICES

DATA_FOLDER = "/mnt/data"  # where the models were taught that files are
TEMPORARY_FOLDER = "/mnt/tmp"
PROBE_SECONDS = 10


def find() -> str | None:
    """Return the path of bwrap, or None."""
    return shutil.which("bwrap")


def command(bwrap: str, binds: Sequence[tuple[Path, str]], info: int | None, program: Sequence[str]) -> list[str]:
    """Return the command that runs ``program`` within namespaces.

    Args:
        bwrap: path of the program.
        binds: (folder here, place inside) of what may be written to; the first is the working folder.
        info: descriptor to which bwrap writes the process id, or None.
        program: what to run; it is process 1 of its namespace, so its end is the end of all.

    There is no /proc inside: containers forbid mounting one, and cells have no use for it.
    """
    words = [bwrap, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    words += ["--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        # The worker changes to a user of its own, which needs the real ones: no user namespace.
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_DAC_READ_SEARCH"):
            words += ["--cap-add", capability]
    else:
        words.append("--unshare-user")
    mounts = [(place, ["--bind", str(folder), place]) for folder, place in binds]
    mounts += [(path, ["--ro-bind", path, path]) for path in places.readable()]
    mounts += [(path, ["--dev-bind-try", path, path]) for path in DEVICES]
    places_inside = [Path(place) for place, _ in mounts]
    above = {folder for place in places_inside for folder in place.parents} - {Path("/")}
    # bwrap would make them for root alone
    mounts += [(str(path), ["--dir", str(path)]) for path in above if not _within(path, places_inside)]
    for _, mount in sorted(mounts):  # a folder before what lies beneath it
        words += mount
    if Path("/tmp") not in {*above, *places_inside}:  # unless Python itself lies there
        words += ["--symlink", TEMPORARY_FOLDER[1:], "/tmp"]
    words += ["--remount-ro", "/"]
    if binds:
        words += ["--chdir", binds[0][1]]
    if info is not None:
        words += ["--info-fd", str(info)]
    return [*words, "--", *program]


def _within(path: Path, mounted: Sequence[Path]) -> bool:
    return path in mounted or any(folder in mounted for folder in path.parents)


def failure(bwrap: str) -> str | None:
    """Try it with a Python that does nothing; return None, or the first line of what it said."""
    tried = command(bwrap, [], None, [sys.executable, "-I", "-S", "-c", ""])
    try:
        outcome = subprocess.run(
            tried, stdin=subprocess.DEVNULL, capture_output=True, env={}, timeout=PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if outcome.returncode == 0:
        return None
    lines = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
    return (
        re.split(r"[,.] (?:likely|See) ", lines[0].removeprefix("bwrap: "))[0]
        if lines
        else f"exit status {outcome.returncode}"
    )
