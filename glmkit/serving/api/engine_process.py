"""An engine in a process of its own, as the server sees it: started, spoken to through pipes, ended, started again.

What ends a process (a segmentation fault, the kernel's memory killer, an exit) ends the engine alone, and an engine
that hangs can be ended. ``engine_child`` is the other end. The child is a new interpreter, never a fork of this one,
whose threads it would lack.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from glmkit.errors import current_language
from glmkit.serving.api.engine_messages import Command, Report, decode, encode

# For a process to end by itself, which it does at once, whatever it computes, unless it hangs; and for a killed one.
ENDED_S, KILLED_S = 2.0, 5.0
# OpenMP's threads there sleep while they wait: this process wants a core in every step, and what it takes from one of
# them all the others spin away. With another busy program on two cores, replies came up to twice as fast that way.
SPIN_COUNT = "0"

# The modules of the child are those of this process, wherever it has them from; its current folder is no source of any.
_BOOT = "import sys; sys.path[:] = sys.argv[2:]; from glmkit.serving.api.engine_child import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What an engine is built from; fields as ``ServeConfig`` has them, ``model`` being the base."""

    model: str
    tokenizer: str
    dtype: str = "auto"
    device: str = "auto"
    threads: int = 0
    max_batch: int = 32
    max_seq_len: int = 0


class EngineProcess:
    """See ``engine_loop.EngineHost``."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._commands: asyncio.WriteTransport | None = None
        self._gone = asyncio.Event()
        self._reaper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Number of the process."""
        assert self._process is not None
        return self._process.pid

    async def start(
        self,
        adapters: Mapping[str, Path],
        receive: Callable[[Report], None],
        ended: Callable[[str], None],
        may_lack_adapters: bool,
    ) -> None:
        """Start a process that builds an engine."""
        loop = asyncio.get_running_loop()
        first = {
            "adapters": {name: str(folder) for name, folder in adapters.items()},
            "may_lack_adapters": may_lack_adapters,
            "language": current_language(),
        }
        # By the loop's own thread: the kernel ends the child with the thread that started it (``engine_child``).
        # In a session of its own: Ctrl-C and signals to the group are for the server, which lets open requests finish.
        self._process = process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, "glmkit-engine", *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "GOMP_SPINCOUNT": SPIN_COUNT},
            start_new_session=True,
        )
        self._gone.clear()
        try:
            self._commands, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, process.stdin)
            self._commands.write(json.dumps({**first, "settings": asdict(self._settings)}).encode() + b"\n")
            await loop.connect_read_pipe(lambda: _Lines(receive, lambda: self._lost(ended)), process.stdout)
        except BaseException:
            process.kill()
            process.wait()
            self._gone.set()
            raise

    def send(self, message: Command) -> None:
        """Send a message; what a process that is gone does not read is lost."""
        assert self._commands is not None
        self._commands.write(encode(message))

    def kill(self) -> bool:
        """End the process at once, whatever it does; another one may follow."""
        assert self._process is not None
        self._process.kill()
        return True

    async def stop(self, timeout_s: float) -> None:
        """End the process: it ends by itself when its input does."""
        if self._process is None or self._gone.is_set():
            return
        if self._commands is not None:
            self._commands.close()
        for limit in (min(timeout_s, ENDED_S), KILLED_S):
            try:
                await asyncio.wait_for(self._gone.wait(), limit)
                return
            except asyncio.TimeoutError:
                self._process.kill()

    def _lost(self, ended: Callable[[str], None]) -> None:
        self._reaper = asyncio.get_running_loop().create_task(self._reap(ended))

    async def _reap(self, ended: Callable[[str], None]) -> None:
        assert self._process is not None and self._commands is not None
        self._process.kill()  # one that has closed its output is of no use; the code of one that is dead stays
        code = await asyncio.to_thread(self._process.wait)
        if not self._commands.is_closing():
            self._commands.abort()
        self._gone.set()
        ended(_told(code))


def _told(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


class _Lines(asyncio.Protocol):
    """Hands on every message that a pipe brings, then that it has ended."""

    def __init__(self, receive: Callable[[Report], None], lost: Callable[[], None]) -> None:
        self._receive = receive
        self._lost = lost
        self._parts: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Take what has come: whole lines and parts of them."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._parts.append(line)
            whole = b"".join(self._parts)
            self._parts.clear()
            self._receive(decode(whole))
        if rest:
            self._parts.append(rest)

    def connection_lost(self, error: Exception | None) -> None:
        """The other end is closed."""
        self._lost()
