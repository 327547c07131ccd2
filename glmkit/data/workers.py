"""A large file read by several processes: each takes every n-th block of rows, and the blocks come in the file's order.

In: the settings of a file, the number of processes. Out: the same Blocks that ``read_blocks`` yields in one process.
Called by ``prepare``; what runs in each process is ``worker``. A process is a fresh Python with nothing of this one in
it: a script that calls us need not guard its main part, and no lock or thread is inherited. It waits while MAX_WAITING
of its blocks are unread, so memory does not depend on the file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait

from glmkit.chat.tokenizer import Tokenizer
from glmkit.data.counting import Block, FileSettings
from glmkit.data.row import Share
from glmkit.errors import ConfigError, OutOfMemory, current_language

MIN_SHARE_BYTES = 4 * 2**20  # of the file for each process: a second of work, where starting one takes half of that
MAX_WAITING = 4  # blocks of each process that wait here to be taken
VARIABLE = "GLMKIT_DATA_WORKERS"
# The same glmkit as here, whatever lies in the current folder.
STARTER = "import sys; sys.path[:] = {path!r}; from glmkit.data.worker import main; main({descriptor})"


def count_workers(num_bytes: int) -> int:
    """Return how many processes a file of this size is worth: at most one a core, or what the environment says.

    Raises:
        ConfigError: GLMKIT_DATA_WORKERS is not a positive integer.
    """
    given = os.environ.get(VARIABLE, "")
    if given and not (given.isascii() and given.isdecimal() and int(given) > 0):
        raise ConfigError("data-workers", where=VARIABLE, value=given)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    most = int(given) if given else cores
    return max(1, min(most, num_bytes // MIN_SHARE_BYTES)) if sys.executable else 1


def blocks_in_parallel(
    settings: FileSettings, source_format: str, tokenizer: Tokenizer | None, num_workers: int
) -> Iterator[Block]:
    """Yield the blocks of a file in order.

    Raises:
        GlmkitError: what ``read_blocks`` raised in a process, at the place where it would have here.
        OutOfMemory: a process ended without a word.
    """
    workers: list[_Worker] = []
    try:
        for index in range(num_workers):
            request = (settings, source_format, tokenizer and str(tokenizer.path), Share(index, num_workers))
            workers.append(_Worker((*request, current_language())))
        for number in count():
            block = _next_of(workers[number % num_workers], workers)
            if block is None:
                return
            yield block
    finally:  # also on Ctrl-C, which reaches this process only
        for worker in workers:
            worker.end()


class _Worker:
    """A process and what has come from it."""

    def __init__(self, request: tuple[object, ...]) -> None:
        self.connection, others = Pipe()
        self.received: deque[Block | BaseException | None] = deque()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", STARTER.format(path=sys.path, descriptor=others.fileno())],
                pass_fds=[others.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C in the terminal is for us; we end it
            )
        finally:
            others.close()
        self.connection.send(request)

    @property
    def is_wanted(self) -> bool:
        """Whether more is to be taken from it now."""
        is_done = bool(self.received) and not isinstance(self.received[-1], Block)
        return not is_done and len(self.received) < MAX_WAITING

    def receive(self) -> None:
        """Take what it sends; raises OutOfMemory when it has ended before its time."""
        try:
            self.received.append(self.connection.recv())
        except (EOFError, ConnectionResetError) as error:
            raise OutOfMemory("data-worker-lost", status=self._process.wait(), variable=VARIABLE) from error

    def end(self) -> None:
        """Kill it; it has nothing to save."""
        self.connection.close()
        self._process.kill()
        self._process.wait()


def _next_of(wanted: _Worker, workers: list[_Worker]) -> Block | None:
    """Return the next block of a worker, None behind its last; meanwhile take what the others have ready."""
    by_connection: dict[Connection, _Worker] = {worker.connection: worker for worker in workers}
    while not wanted.received:
        for connection in wait(worker.connection for worker in workers if worker.is_wanted):
            assert isinstance(connection, Connection)
            by_connection[connection].receive()
    found = wanted.received.popleft()
    if isinstance(found, BaseException):
        raise found
    return found
