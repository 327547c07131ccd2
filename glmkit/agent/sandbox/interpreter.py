"""A Python interpreter for code a model wrote: one confined process a conversation, whose variables live on."""

from __future__ import annotations

import importlib.util
import os
import platform
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from glmkit.agent.sandbox.cell import Cell
from glmkit.agent.sandbox.events import Done, Error, Event
from glmkit.agent.sandbox.layers import Level, Report, on_linux, probe
from glmkit.agent.sandbox.limits import Limits
from glmkit.agent.sandbox.process import Worker, new_user
from glmkit.agent.sandbox.workspace import File, Workspace
from glmkit.errors import ConfigError, message

LEVELS: tuple[Level, ...] = ("full", "restricted", "none")


class Interpreter:
    """Runs cells one at a time; ``interrupt`` may come from any thread.

    Args:
        level: "full", "restricted" or "none"; None takes the strongest this machine offers, and never "none".
        workspace: folder for the files of cells, kept afterwards; None makes one that goes when this is closed.
            Started as root, the folder is given to the user the cells run as.
        limits: what a cell may use.
        accept_unsandboxed: allow level "none", at which a cell can do whatever its user can.

    Raises:
        ConfigError: a level that cannot be had here, with what is missing and how to get it; IPython not installed.
        GlmkitError: the process could not be started, with its reason.
    """

    def __init__(
        self,
        level: Level | None = None,
        workspace: str | Path | None = None,
        limits: Limits | None = None,
        *,
        accept_unsandboxed: bool = False,
    ) -> None:
        if not on_linux():
            raise ConfigError("sandbox-not-linux", system=platform.system())
        if importlib.util.find_spec("IPython") is None:
            raise ConfigError("sandbox-no-ipython")
        self._report = probe()
        self.level: Level = choose_level(self._report, level, accept_unsandboxed)
        self._limits = limits or Limits()
        self._uid = new_user() if self._report.own_user else None
        self._workspace = Workspace(None if workspace is None else Path(workspace), self._uid)
        self._lock = threading.RLock()
        self._cell: Cell | None = None
        self._worker: Worker | None = None
        try:
            self._worker = self._start()
        except BaseException:
            self._workspace.close()
            raise

    @property
    def folder(self) -> Path:
        """The folder on this machine that holds the files of cells."""
        return self._workspace.data

    @property
    def folder_inside(self) -> str:
        """The path by which cells know that folder; "/mnt/data", which models were taught, works at every level."""
        return self._running().workspace_inside

    def run(self, code: str) -> Iterator[Event]:
        """Run one cell and return its events, the last of them Done. Waits for a cell that runs still.

        The cell runs whether or not the events are fetched; closing the iterator before Done interrupts it.
        """
        with self._lock:
            self._settle()
            if len(code) > self._limits.max_code:
                said = message("sandbox-code-long", count=len(code), limit=self._limits.max_code)
                return iter((Error("ValueError", said), Done("error", 0.0)))
            if not self._running().alive():
                self.restart()
            cell = Cell(self._running(), self._workspace, self._limits)
            cell.start(code)
            self._cell = cell
            return cell.events()

    def interrupt(self) -> None:
        """Stop the cell that runs, if any: KeyboardInterrupt first, then the end of the process."""
        if (cell := self._cell) is not None:
            cell.interrupt("interrupted")

    def restart(self) -> None:
        """Start anew, without variables; files stay."""
        self._running().kill()  # at once, even while another thread waits for a cell to end
        with self._lock:
            worker = self._running()
            worker.kill()
            if self._cell is not None:
                self._cell.wait()
                self._cell = None
            worker.close()
            self._worker = self._start()

    def close(self) -> None:
        """End the process and remove its temporary files; a workspace that was not given goes too."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.kill()
        if self._cell is not None:
            self._cell.wait()
        worker.close()
        self._workspace.close()

    def files(self) -> tuple[File, ...]:
        """Return the files that cells and uploads left, by name."""
        return self._workspace.files()

    def open_file(self, name: str) -> BinaryIO:
        """Open one of them to read. ConfigError where ``name`` is no plain file in the workspace."""
        return self._workspace.open(name)

    def add_file(self, name: str, content: bytes) -> File:
        """Put a file in. ConfigError for a name with folders, content beyond the limit of a file, or a full folder."""
        if len(content) > self._limits.file_bytes:
            megabytes = self._limits.file_bytes >> 20
            raise ConfigError("sandbox-file-large", where=name, found=len(content), megabytes=megabytes)
        limits = self._limits
        used = self._workspace.usage(limits.workspace_bytes, limits.workspace_files)
        if used.num_bytes + len(content) > limits.workspace_bytes or used.num_files >= limits.workspace_files:
            values = {"megabytes": limits.workspace_bytes >> 20, "files": limits.workspace_files}
            raise ConfigError("sandbox-workspace-full", where=name, **values)
        return self._workspace.add(name, content)

    def __enter__(self) -> Interpreter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_worker", None) is not None:
            self.close()

    def _running(self) -> Worker:
        if self._worker is None:
            raise ConfigError("sandbox-closed")
        return self._worker

    def _start(self) -> Worker:
        return Worker(self.level, self._report, self._workspace, self._uid, self._limits)

    def _settle(self) -> None:
        """Wait for the cell before."""
        if self._cell is not None:
            self._cell.wait()
            self._cell = None


def choose_level(report: Report, wanted: Level | None, accept_unsandboxed: bool) -> Level:
    """Return the level to use; ConfigError where the wanted one cannot be had, or none is safe."""
    if wanted is not None and wanted not in LEVELS:
        raise ConfigError("sandbox-unknown-level", found=wanted)
    level = report.level if wanted is None else wanted
    if wanted == "none" and not accept_unsandboxed:
        raise ConfigError("sandbox-none-wanted")
    if level == "none" and not accept_unsandboxed:
        raise ConfigError("sandbox-none", reasons=_reasons(report, ("landlock", "seccomp")))
    if LEVELS.index(level) < LEVELS.index(report.level):
        raise ConfigError("sandbox-level-missing", level=level, best=report.level, reasons=_reasons(report))
    if level == "none" and os.geteuid() == 0 and (report.search or not report.own_user):
        raise ConfigError("sandbox-none-root", detail=report.layer("user").detail)
    return level


def _reasons(report: Report, names: tuple[str, ...] = ("landlock", "seccomp", "bubblewrap")) -> str:
    missing = [layer for layer in report.layers if layer.name in names and not layer.there]
    return "; ".join(f"{layer.name}: {layer.detail}. {layer.fix}".rstrip(". ") for layer in missing)
