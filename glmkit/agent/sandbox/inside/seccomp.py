"""A seccomp filter for cells: classic BPF assembled here, no library and no compiler (seccomp(2))."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

from glmkit.agent.sandbox.inside.syscalls import NEWEST, NUMBERS, REFUSED, SILENT, UNKNOWN

# machine -> (column of the table, AUDIT_ARCH value that the kernel puts into seccomp_data)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
SECCOMP_SYSCALL = {"x86_64": 317, "aarch64": 277}
SET_MODE_FILTER, GET_ACTION_AVAIL = 1, 2

LOAD, AND, JUMP_EQUAL, JUMP_GREATER, RETURN = 0x20, 0x54, 0x15, 0x25, 0x06
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
REFUSE = ERRNO | errno.EPERM
DO_NOTHING = ERRNO | 0
NOT_THERE = ERRNO | errno.ENOSYS

CLONE_THREAD = 0x00010000
CLONE_NEW = 0x7E020000  # every namespace flag
AF_UNIX, SOCK_STREAM = 1, 1
# Terminal input and selection; owner of a descriptor's signals; flags of files that are open for reading only.
BAD_IOCTLS = (0x5412, 0x541C, 0x8901, 0x8902, 0x40086602, 0x401C5820)
BAD_FCNTLS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to anyone
# Names of threads and mappings, and questions. Not the parent-death signal: a cell must not outlive its owner.
GOOD_PRCTLS = (2, 3, 15, 16, 23, 30, 39, 41, 42, 0x53564D41)

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand


def supported() -> bool:
    """Whether this kernel and machine can carry the filter."""
    machine = platform.machine()
    if machine not in MACHINES or sys.maxsize < 2**32:
        return False
    action = struct.pack("I", ERRNO)
    call = ctypes.CDLL(None, use_errno=True).syscall
    return int(call(ctypes.c_long(SECCOMP_SYSCALL[machine]), GET_ACTION_AVAIL, 0, ctypes.c_char_p(action))) == 0


def _argument(index: int) -> Instruction:
    return (LOAD, 0, 0, ARGUMENTS_AT + 8 * index)  # the low half; all arguments looked at are 32-bit


def _only(index: int, allowed: tuple[int, ...]) -> list[Instruction]:
    """Allow these values of an argument and refuse all others."""
    body = [_argument(index)]
    for place, value in enumerate(allowed):
        body.append((JUMP_EQUAL, len(allowed) - place, 0, value))
    return [*body, (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]


def _except(index: int, refused: tuple[int, ...]) -> list[Instruction]:
    """Refuse these values of an argument and allow all others."""
    body = [_argument(index)]
    for place, value in enumerate(refused):
        body.append((JUMP_EQUAL, len(refused) - place, 0, value))
    return [*body, (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]


def _by_argument(pid: int) -> dict[str, list[Instruction]]:
    allow, refuse = (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)
    return {
        "clone": [
            _argument(0),
            (AND, 0, 0, CLONE_THREAD | CLONE_NEW),
            (JUMP_EQUAL, 1, 0, CLONE_THREAD),
            refuse,
            allow,
        ],
        # asyncio wakes itself through a pair; a datagram pair could be pointed at a socket outside
        "socketpair": [
            _argument(0),
            (JUMP_EQUAL, 0, 4, AF_UNIX),
            _argument(1),
            (AND, 0, 0, 0xF),
            (JUMP_EQUAL, 0, 1, SOCK_STREAM),
            allow,
            refuse,
        ],
        "kill": _only(0, (pid,)),
        "tgkill": _only(0, (pid,)),
        "prlimit64": _only(0, (0, pid)),
        "sched_setaffinity": _only(0, (0, pid)),
        "prctl": _only(0, GOOD_PRCTLS),
        "ioctl": _except(1, BAD_IOCTLS),
        "fcntl": _except(1, BAD_FCNTLS),
    }


def program(machine: str, pid: int) -> list[Instruction]:
    """Return the filter for ``machine`` ("x86_64" or "aarch64") and the process ``pid``."""
    column, architecture = MACHINES[machine]
    blocks = {
        **{name: [(RETURN, 0, 0, REFUSE)] for name in REFUSED},
        **{name: [(RETURN, 0, 0, DO_NOTHING)] for name in SILENT},
        **{name: [(RETURN, 0, 0, NOT_THERE)] for name in UNKNOWN},
        **_by_argument(pid),
    }
    code: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (JUMP_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),  # 32-bit calls on a 64-bit machine
        (LOAD, 0, 0, NUMBER_AT),
        (JUMP_GREATER, 0, 1, NEWEST),  # x32 numbers start at 2**30
        (RETURN, 0, 0, NOT_THERE),
    ]
    for name, block in blocks.items():
        if number := NUMBERS[name][column]:
            code += [(JUMP_EQUAL, 0, len(block), number), *block]
    return [*code, (RETURN, 0, 0, ALLOW)]


def install(code: list[Instruction]) -> None:
    """Put the filter on this process for good; needs no_new_privs. OSError where the kernel refuses it."""
    packed = b"".join(struct.pack("HBBI", *instruction) for instruction in code)
    buffer = ctypes.create_string_buffer(packed, len(packed))
    header = struct.pack("HxxxxxxP", len(code), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    number = ctypes.c_long(SECCOMP_SYSCALL[platform.machine()])
    if libc.syscall(number, SET_MODE_FILTER, 0, ctypes.c_char_p(header)) != 0:
        code_number = ctypes.get_errno()
        raise OSError(code_number, os.strerror(code_number))
