"""The API behind the page: `glmkit serve` in a process of its own, which ends with this one however that ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from types import TracebackType

from glmkit.agent.api import Api, ApiError
from glmkit.errors import current_language
from glmkit.web_config import WebConfig

POLL = 0.1  # seconds
TERM_LIMIT = 10.0  # seconds to end by itself

# Already read by `glmkit web`; what they say is in the words.
VARIABLES = ("MODEL_PATH", "PT_PATH", "TOKENIZER_PATH")

# Asks the kernel to end this process when its parent is gone (Linux), then becomes the server.
_BOOT = """\
import ctypes, os, sys
try:
    ctypes.CDLL(None).prctl(1, 15)
except (OSError, AttributeError):
    pass
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.executable, [sys.executable, "-m", "glmkit", *sys.argv[2:]])
"""


class ApiProcess:
    """`glmkit serve` on a free port of this machine; it says on stderr what it does."""

    def __init__(self, config: WebConfig) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/v1"
        words = ["--lang", current_language(), "serve", config.model, "--port", str(port), "--drain-s", "0"]
        words += [word for adapter in config.adapter for word in ("--adapter", adapter)]
        words += ["--tokenizer", config.tokenizer] if config.tokenizer else []
        words += ["--dtype", config.dtype, "--device", config.device, "--threads", str(config.threads)]
        environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, str(os.getpid()), *words],
            stdin=subprocess.DEVNULL,
            env=environment,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this process, which then ends that one
        )
        self._is_closing = False
        self._relay = threading.Thread(target=self._relaying, args=(f":{port}".encode(),), daemon=True)
        self._relay.start()

    def wait_until_ready(self, key: str) -> int | None:
        """Wait until it answers; return its exit code where it ended instead, having said why."""
        api = Api(self.url, key=key)
        try:
            while self._process.poll() is None:
                try:
                    api.models()
                except ApiError:
                    time.sleep(POLL)
                else:
                    return None
        finally:
            api.close()
        self._relay.join(1)  # its last words come before ours
        return self._process.returncode or 1

    def close(self) -> None:
        """End it."""
        self._is_closing = True
        self._process.terminate()
        try:
            self._process.wait(TERM_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._relay.join(1)

    def _relaying(self, own: bytes) -> None:
        """Pass on what the process says as it says it, but where it listens: that is for the page alone."""
        assert self._process.stderr is not None
        line = b""
        with self._process.stderr as stream:
            while byte := stream.read(1):  # a progress bar ends its lines with a carriage return
                line += byte
                if byte in b"\r\n":
                    if own not in line and not self._is_closing:
                        sys.stderr.buffer.write(line)
                        sys.stderr.flush()
                    line = b""

    def __enter__(self) -> ApiProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
