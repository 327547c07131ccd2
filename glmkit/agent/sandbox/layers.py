"""Which walls can be put up here, tried and not guessed from version numbers, and how to get those that cannot."""

from __future__ import annotations

import errno
import functools
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glmkit.agent.sandbox import bubblewrap, places
from glmkit.agent.sandbox.inside import landlock, seccomp
from glmkit.errors import message

Level = Literal["full", "restricted", "none"]
LEVEL_NAMES = {"full": "sandbox-level-full", "restricted": "sandbox-level-restricted", "none": "sandbox-level-none"}
# Users 61184 to 65519 are meant for services that live for a moment (systemd's DynamicUser).
FIRST_USER, NUM_USERS = 61184, 4336


@dataclass(frozen=True, slots=True)
class Layer:
    """One wall: its name, whether it stands, a sentence about it, and the step that would put it up ("" if none)."""

    name: str
    there: bool
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a machine offers. ``search``: a user of their own could not enter the folder Python lies in."""

    level: Level
    layers: tuple[Layer, ...]
    bwrap: str | None
    own_user: bool
    search: bool

    def layer(self, name: str) -> Layer:
        """Return the layer "landlock", "seccomp", "bubblewrap" or "user"."""
        return next(layer for layer in self.layers if layer.name == name)

    def lines(self) -> list[str]:
        """Return the report as lines for a terminal: the level, then a line or two for each layer."""
        lines = [message("sandbox-level", level=message(LEVEL_NAMES[self.level]))]
        for layer in self.layers:
            state = message("sandbox-layer-there" if layer.there else "sandbox-layer-missing")
            lines.append(f"  {layer.name:<11} {state:<8} {layer.detail}")
            if layer.fix:
                lines.append(f"  {'':<20} {layer.fix}")
        return lines


@functools.cache
def probe() -> Report:
    """Try every layer; about 30 ms, remembered for the life of the process (``probe.cache_clear()`` forgets it)."""
    if not on_linux():
        detail, fix = message("sandbox-not-linux", system=platform.system()), message("sandbox-not-linux-fix")
        return Report("none", (Layer("linux", False, detail, fix),), None, False, False)
    landlock_layer = _landlock()
    seccomp_layer = _seccomp()
    bwrap, bubblewrap_layer = _bubblewrap()
    own_user, search, user_layer = _user()
    if not (landlock_layer.there and seccomp_layer.there):
        level: Level = "none"
    else:
        level = "full" if bwrap else "restricted"
    return Report(level, (landlock_layer, seccomp_layer, bubblewrap_layer, user_layer), bwrap, own_user, search)


def on_linux() -> bool:
    """Whether any wall can stand here at all."""
    return platform.system() == "Linux"


def _landlock() -> Layer:
    try:
        version = landlock.abi()
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return Layer("landlock", False, message("sandbox-landlock-off"), message("sandbox-landlock-off-fix"))
        if error.errno == errno.ENOSYS and not in_container():
            return Layer("landlock", False, message("sandbox-landlock-old"), message("sandbox-landlock-old-fix"))
        return Layer(
            "landlock",
            False,
            message("sandbox-landlock-refused", reason=error.strerror),
            message("sandbox-landlock-refused-fix"),
        )
    return Layer("landlock", True, message("sandbox-landlock-there", version=version))


def _seccomp() -> Layer:
    if seccomp.supported():
        return Layer("seccomp", True, message("sandbox-seccomp-there"))
    return Layer("seccomp", False, message("sandbox-seccomp-missing", machine=os.uname().machine))


def _bubblewrap() -> tuple[str | None, Layer]:
    bwrap = bubblewrap.find()
    if bwrap is None:
        fix = message("sandbox-bubblewrap-install", command=install_command())
        return None, Layer("bubblewrap", False, message("sandbox-bubblewrap-missing"), fix)
    reason = bubblewrap.failure(bwrap)
    if reason is None:
        return bwrap, Layer("bubblewrap", True, message("sandbox-bubblewrap-there"))
    detail = message("sandbox-bubblewrap-fails", reason=reason)
    return None, Layer("bubblewrap", False, detail, message(_remedy()))


def install_command() -> str:
    """Return the command that installs bubblewrap on this system."""
    managers = {"apt-get": "apt-get install", "dnf": "dnf install", "apk": "apk add", "pacman": "pacman -S"}
    words = next((words for name, words in managers.items() if shutil.which(name)), "apt-get install")
    return f"{'' if os.geteuid() == 0 else 'sudo '}{words} bubblewrap"


def _remedy() -> str:
    """Return the code of the sentence for the likeliest reason why namespaces are refused."""
    if _kernel_setting("kernel/apparmor_restrict_unprivileged_userns") == "1" and os.geteuid() != 0:
        return "sandbox-bubblewrap-apparmor"
    if _kernel_setting("kernel/unprivileged_userns_clone") == "0" and os.geteuid() != 0:
        return "sandbox-bubblewrap-userns"
    if _kernel_setting("user/max_user_namespaces") == "0":
        return "sandbox-bubblewrap-max-userns"
    return "sandbox-bubblewrap-container-root" if os.geteuid() == 0 else "sandbox-bubblewrap-container"


def _kernel_setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def in_container() -> bool:
    """Whether this looks like a container; only words of advice depend on it."""
    marks = ("/.dockerenv", "/run/.containerenv")
    return any(os.path.exists(mark) for mark in marks) or "KUBERNETES_SERVICE_HOST" in os.environ


def _user() -> tuple[bool, bool, Layer]:
    if os.geteuid() != 0:
        return False, False, Layer("user", True, message("sandbox-user-ordinary", uid=os.geteuid()))
    if not _can_change_user():
        return False, False, Layer("user", False, message("sandbox-user-root"), message("sandbox-user-root-fix"))
    search = not all(places.way_open(path) and places.open_to_all(path) for path in places.readable())
    code = "sandbox-user-search" if search else "sandbox-user-own"
    return True, search, Layer("user", True, message(code, first=FIRST_USER, last=FIRST_USER + NUM_USERS - 1))


def _can_change_user() -> bool:
    """Whether root may become the users meant here: a container may map one user only."""
    try:
        ranges = [list(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text("ascii").splitlines()]
        status = Path("/proc/self/status").read_text("utf-8")
    except OSError:
        return False
    last = FIRST_USER + NUM_USERS - 1
    mapped = any(start <= FIRST_USER and last < start + count for start, _, count in ranges)
    held = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff"))
    wanted = 1 << 6 | 1 << 7  # CAP_SETGID, CAP_SETUID
    return mapped and held & wanted == wanted
