"""The worker process: read settings, import the shell, confine, then run one cell after the other until told to end."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from typing import Any

from glmkit.agent.sandbox.inside.channel import Channel, Printed
from glmkit.agent.sandbox.inside.confine import Confinement, confine


def main(command_descriptor: int, event_descriptor: int) -> None:
    """Serve cells. The first line on the command pipe holds the settings; each later one a cell or an interrupt."""
    commands = open(command_descriptor, encoding="utf-8")  # noqa: SIM115  (open as long as the process)
    settings = json.loads(commands.readline())
    from glmkit.agent.sandbox.inside.shell import Sender, Shell  # before the walls go up: Python may lie beyond them

    confine(Confinement(**settings["confinement"]))
    os.chdir(settings["workspace"])
    channel = Channel(event_descriptor, settings["max_characters"])
    sender = Sender(channel, settings["max_pixels"], settings["texts"]["no_font"])
    shell = Shell(sender, settings["workspace"], settings["texts"]["no_programs"])
    channel.capture()
    Cells(channel, shell).serve(commands)


class Cells:
    """Runs cells in the main thread; another one listens, so that a cell can be interrupted."""

    def __init__(self, channel: Channel, shell: Any) -> None:
        self._channel = channel
        self._shell = shell
        self._waiting: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        self._running = ""
        self._lock = threading.Lock()
        self._streams = (Printed(channel, "stdout", 1), Printed(channel, "stderr", 2))

    def serve(self, commands: Any) -> None:
        """Run cells until the owner closes the pipe."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
        threading.Thread(target=self._listen, args=(commands,), name="commands", daemon=True).start()
        self._use_streams()
        self._channel.send("ready")
        while True:
            asked = self._waiting.get()
            self._run(asked["nonce"], asked["code"])

    def _listen(self, commands: Any) -> None:
        for line in commands:
            asked = json.loads(line)
            if "code" in asked:
                self._waiting.put(asked)
            else:
                self._interrupt(asked["interrupt"])
        os._exit(0)

    def _interrupt(self, nonce: str) -> None:
        """Interrupt that cell; a cell that waits still is let begin first, or the interrupt would be lost."""
        for _ in range(100):
            with self._lock:
                if self._running == nonce:
                    identity = threading.main_thread().ident
                    assert identity is not None
                    signal.pthread_kill(identity, signal.SIGINT)
                    return
            time.sleep(0.01)

    def _run(self, nonce: str, code: str) -> None:
        self._channel.begin(nonce)
        self._use_streams()
        try:
            try:
                with self._lock:
                    signal.signal(signal.SIGINT, signal.default_int_handler)
                    self._running = nonce
                self._shell.run(code)
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                with self._lock:
                    self._running = ""
        except KeyboardInterrupt as interrupt:  # between the cell's end and the line that stops listening
            self._shell.sender.error(interrupt)
        self._channel.send("done")

    def _use_streams(self) -> None:
        sys.stdout, sys.stderr = self._streams  # a cell may have put others there
