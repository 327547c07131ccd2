"""Taking rights away from this process, in the order that works: limits, user, no_new_privs, Landlock, seccomp."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from glmkit.agent.sandbox.inside import landlock, seccomp

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 8, 24, 38
CAPABILITY_VERSION = 0x20080522
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
NUM_CAPABILITIES = 64
NICE = 5  # a cell that computes leaves the page its turn
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass(frozen=True, slots=True)
class Confinement:
    """What the owner of a worker asks of it; travels as JSON. Sizes in bytes.

    ``uid`` None: stay who you are. ``search``: keep the right to pass folders closed to that user, because Python lies
    behind one; Landlock still decides what may be read. ``parent`` 0: a process namespace watches over us.
    """

    readable: Sequence[str]
    writable: Sequence[str]
    landlock: bool
    seccomp: bool
    uid: int | None
    search: bool
    parent: int
    memory_bytes: int
    file_bytes: int
    tasks: int
    open_files: int


def confine(asked: Confinement) -> None:
    """Confine this process for good. OSError or RuntimeError where a layer cannot be put on: then run nothing."""
    if threading.active_count() != 1:
        raise RuntimeError("threads run already; Landlock would not hold them")
    os.umask(0o077)
    os.nice(NICE)
    _limit(asked)
    _become(asked.uid, asked.search)
    if asked.seccomp:  # else it may start others, which the owner finds by their environment
        _prctl(PR_SET_DUMPABLE, 0)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which clears it
    if asked.parent and os.getppid() != asked.parent:
        raise RuntimeError("the owner has gone")
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    if asked.landlock:
        landlock.restrict(asked.readable, asked.writable, DEVICES)
    if asked.seccomp:
        seccomp.install(seccomp.program(platform.machine(), os.getpid()))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _limit(asked: Confinement) -> None:
    import resource  # here, so that other systems can import this module and be told that it takes Linux

    wanted = {
        resource.RLIMIT_AS: asked.memory_bytes,
        resource.RLIMIT_FSIZE: asked.file_bytes,
        resource.RLIMIT_NOFILE: asked.open_files,
        resource.RLIMIT_NPROC: asked.tasks,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    for limit, value in wanted.items():
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))


def _become(uid: int | None, search: bool) -> None:
    """Change to another user without any group or capability, but for the one to search folders where asked."""
    if os.geteuid() != 0:
        return
    for capability in range(NUM_CAPABILITIES):
        if capability not in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            _libc().prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails beyond the kernel's last one: nothing to drop
    kept = 0
    if uid is not None:
        if search:
            _prctl(PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        if search:
            _, permitted = _capabilities()
            # Containers give root the wider of the two only.
            kept = next((1 << bit for bit in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if permitted & 1 << bit), 0)
    header = struct.pack("Ii", CAPABILITY_VERSION, 0)
    data = struct.pack("6I", kept, kept, 0, 0, 0, 0)
    if _libc().capset(ctypes.c_char_p(header), ctypes.c_char_p(data)) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _capabilities() -> tuple[int, int]:
    """Return the lower 32 effective and permitted capabilities of this process."""
    header = ctypes.create_string_buffer(struct.pack("Ii", CAPABILITY_VERSION, 0))
    data = ctypes.create_string_buffer(24)
    if _libc().capget(header, data) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    effective, permitted, *_ = struct.unpack("6I", data.raw[:24])
    return effective, permitted


def _prctl(option: int, value: int) -> None:
    if _libc().prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")
