"""One worker process: start it confined, send it lines, read its frames, end it with all it may have started."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from glmkit.agent.sandbox import bubblewrap, places
from glmkit.agent.sandbox.bubblewrap import DATA_FOLDER, TEMPORARY_FOLDER
from glmkit.agent.sandbox.inside.confine import Confinement
from glmkit.agent.sandbox.layers import FIRST_USER, NUM_USERS, Level, Report
from glmkit.agent.sandbox.limits import Limits
from glmkit.agent.sandbox.workspace import Workspace
from glmkit.errors import GlmkitError, message

MAX_LINE = 16 << 20
READ_BYTES = 1 << 18
SEND_SECONDS = 5.0
MAX_BLAS_THREADS = 4
MAX_SWEEPS = 20
# Run with -I -S: no setting of the user's, no .pth file. Empty parent packages keep the rest of glmkit out.
START = """
import sys, types
root, commands, events, *folders = sys.argv[1:]
for name in ("glmkit", "glmkit.agent", "glmkit.agent.sandbox"):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [root + "/" + name.replace(".", "/")]
sys.path += folders
from glmkit.agent.sandbox.inside.worker import main
main(int(commands), int(events))
"""

_next_user = itertools.count(secrets.randbelow(NUM_USERS))
_starters: dict[int, ThreadPoolExecutor] = {}


def _start_in_lasting_thread(call: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Start a process from a thread that lives as long as we do.

    "Die with the parent" means the thread that started it, and a page's threads come and go with every click.
    """
    starter = _starters.get(os.getpid())
    if starter is None:
        starter = _starters.setdefault(os.getpid(), ThreadPoolExecutor(1, "sandbox-starter"))
    return starter.submit(call).result()


def new_user() -> int:
    """Return the id of a user that no other worker of ours has at the moment."""
    return FIRST_USER + next(_next_user) % NUM_USERS


class Worker:
    """A confined Python process that is ready to run cells.

    Raises GlmkitError where it cannot be started. ``workspace_inside`` is where cells find their files.
    """

    def __init__(self, level: Level, report: Report, workspace: Workspace, uid: int | None, limits: Limits) -> None:
        self.workspace_inside = DATA_FOLDER if level == "full" else str(workspace.data)
        self._level = level
        self._mark = secrets.token_hex(16)
        self._buffer = bytearray()
        self._skipping = False
        self._send_lock = threading.Lock()
        self._closed = False
        command_reader, self._commands = os.pipe()
        self.events, event_writer = os.pipe()
        os.set_blocking(self._commands, False)
        os.set_blocking(self.events, False)
        temporary = TEMPORARY_FOLDER if level == "full" else str(workspace.temporary)
        program = [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", START, str(places.INSIDE.parents[3])]
        program += [str(command_reader), str(event_writer), *places.package_folders()]
        info_reader = None
        try:
            handed = [command_reader, event_writer]
            if level == "full":
                assert report.bwrap is not None
                info_reader, info_writer = os.pipe()
                handed.append(info_writer)
                binds = [(workspace.data, DATA_FOLDER), (workspace.temporary, temporary)]
                program = bubblewrap.command(report.bwrap, binds, info_writer, program)
            self._process = _start_in_lasting_thread(
                lambda: subprocess.Popen(
                    program,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=handed,
                    env=_environment(temporary, self._mark),
                    cwd="/",
                    start_new_session=True,
                )
            )
        finally:
            for descriptor in handed:
                os.close(descriptor)
        self.pid = self._process.pid
        try:
            if info_reader is not None:
                self.pid = _read_pid(info_reader, limits.start_seconds) or self.pid
            self.send(self._settings(report, workspace, uid, temporary, limits))
            self._wait_until_ready(limits.start_seconds)
        except BaseException:
            self.close()
            raise

    def _settings(
        self, report: Report, workspace: Workspace, uid: int | None, temporary: str, limits: Limits
    ) -> dict[str, Any]:
        full, walls = self._level == "full", self._level != "none"
        if full:  # the folders above are made anew in the namespace, open to all
            search = uid is not None and not all(map(places.open_to_all, places.readable()))
        else:
            search = walls and uid is not None and (report.search or not places.way_open(str(workspace.data)))
        confinement = Confinement(
            readable=places.readable(),
            writable=[self.workspace_inside, temporary],
            landlock=walls,
            seccomp=walls,
            uid=uid,
            search=search,
            parent=0 if full else os.getpid(),
            memory_bytes=limits.memory_bytes,
            file_bytes=limits.file_bytes,
            tasks=limits.threads + (0 if uid is not None else _tasks_of(os.geteuid())),
            open_files=limits.open_files,
        )
        return {
            "confinement": asdict(confinement),
            "workspace": self.workspace_inside,
            "max_characters": limits.max_characters,
            "max_pixels": limits.image_pixels,
            "texts": {"no_programs": message("sandbox-no-programs"), "no_font": message("sandbox-no-font")},
        }

    def _wait_until_ready(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            select.select([self.events], [], [], left)
            frames = self.read()
            if frames is None:
                break
            if any(line.startswith(b"start ") for line in frames):
                self._close_errors()
                return
        self.kill()
        assert self._process.stderr is not None
        said = self._process.stderr.read(65536).decode("utf-8", "replace").strip().splitlines()
        raise GlmkitError("sandbox-not-started", reason=said[-1] if said else message("sandbox-no-reason"))

    def _close_errors(self) -> None:
        if self._process.stderr is not None:
            self._process.stderr.close()

    def send(self, asked: dict[str, Any]) -> bool:
        """Send one line; False where the process has gone, or does not read for some seconds."""
        line = json.dumps(asked).encode("ascii") + b"\n"
        end = time.monotonic() + SEND_SECONDS
        with self._send_lock:
            while line:
                if self._closed or time.monotonic() > end:
                    return False
                select.select([], [self._commands], [], 0.1)
                try:
                    line = line[os.write(self._commands, line) :]
                except BlockingIOError:
                    continue
                except OSError:
                    return False
        return True

    def read(self) -> list[bytes] | None:
        """Return the whole lines that have come since; None at the end of the pipe. Lines over 16 MB are dropped."""
        lines: list[bytes] = []
        try:
            block = os.read(self.events, READ_BYTES)
        except BlockingIOError:
            return lines
        if not block:
            return None
        *whole, rest = block.split(b"\n")
        for line in whole:
            self._buffer += line
            if not self._skipping and self._buffer:
                lines.append(bytes(self._buffer))
            self._buffer.clear()
            self._skipping = False
        self._buffer += rest
        if len(self._buffer) > MAX_LINE:
            self._buffer.clear()
            self._skipping = True
        return lines

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process, and where no wall keeps it from starting others, all that carry its mark; reap it."""
        if self._process.poll() is None:
            # bwrap waits for the process inside and ends with it; ending bwrap first would orphan it for a moment.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, signal.SIGKILL)
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._level == "none":
            for _ in range(MAX_SWEEPS):  # a cell may have started others that start others
                if not (left := _marked(self._mark)):
                    break
                for pid in left:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and close the pipes; again is harmless."""
        self.kill()
        self._close_errors()
        with self._send_lock:
            if not self._closed:
                self._closed = True
                os.close(self._commands)
                os.close(self.events)


def _environment(temporary: str, mark: str) -> dict[str, str]:
    """Return the whole environment of a worker: nothing of ours but the time zone."""
    threads = str(min(MAX_BLAS_THREADS, os.cpu_count() or 1))
    made = {
        "PATH": "/usr/bin:/bin",
        "HOME": temporary,
        "TMPDIR": temporary,
        "IPYTHONDIR": f"{temporary}/ipython",
        "MPLCONFIGDIR": f"{temporary}/matplotlib",
        "MPLBACKEND": "module://glmkit.agent.sandbox.inside.figures",
        "LANG": "C.UTF-8",
        "MALLOC_ARENA_MAX": "2",  # each arena reserves 64 MB of the address space that is limited
        "GLMKIT_SANDBOX": mark,
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads),
    }
    if "TZ" in os.environ:
        made["TZ"] = os.environ["TZ"]
    return made


def _read_pid(descriptor: int, seconds: float) -> int | None:
    """Return the id of the process inside, which bwrap tells; None where it ended before."""
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        told = b""
        end = time.monotonic() + seconds
        while b"}" not in told and select.select([file], [], [], max(0.0, end - time.monotonic()))[0]:
            block = file.read(4096)
            if not block:
                return None
            told += block
    try:
        return int(json.loads(told)["child-pid"])
    except ValueError:
        return None


def _processes() -> Iterator[Path]:
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            yield path


def _tasks_of(uid: int) -> int:
    """Return how many threads a user has: the kernel's limit counts them all, not one process's."""
    count = 0
    for path in _processes():
        with contextlib.suppress(OSError):
            if path.stat().st_uid == uid:
                count += len(os.listdir(path / "task"))
    return count


def _marked(mark: str) -> list[int]:
    """Return the processes that were started with ``mark`` in their environment."""
    found = []
    for path in _processes():
        with contextlib.suppress(OSError):
            if mark.encode() in (path / "environ").read_bytes():
                found.append(int(path.name))
    return found
