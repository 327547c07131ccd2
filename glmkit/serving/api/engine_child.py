"""The engine's process: ``engine_process`` starts it and speaks to it through its standard input and output.

It has no end of its own. It ends when its input does, so that it never outlives the server, however that ends.
"""

from __future__ import annotations

import ctypes
import faulthandler
import json
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
LEFT_TO_THE_SERVER = ("SIGINT", "SIGTERM", "SIGHUP")  # it ends this process when open requests have finished


def main() -> None:
    """Read the settings, build an engine and drive it until the input ends."""
    for name in LEFT_TO_THE_SERVER:
        with suppress(AttributeError):  # not of this system
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    with suppress(OSError, AttributeError):  # Linux alone knows it; elsewhere the end of the input must do
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    faulthandler.enable()
    commands, reports = _take_pipes()
    given = json.loads(commands.readline() or b"null")
    if given is None:
        return
    code = _drive(given, commands, reports)
    sys.stderr.flush()
    os._exit(code)  # nothing is worth waiting for: no thread of a compiler, no library's farewell


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Return input and output; whatever else prints or reads here gets stderr and nothing."""
    commands, reports = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return commands, reports


def _drive(given: dict[str, Any], commands: IO[bytes], reports: IO[bytes]) -> int:
    """Return the exit code."""
    from glmkit.errors import GlmkitError, set_language
    from glmkit.serving.api.engine_messages import Failed, Report, decode, encode
    from glmkit.serving.api.engine_worker import EngineWorker
    from glmkit.serving.engine import Engine

    set_language(given["language"])
    sending = threading.Lock()

    def send(report: Report) -> None:
        line = encode(report)
        with sending:
            reports.write(line)
            reports.flush()

    def listen() -> None:
        for line in commands:
            worker.take(decode(line))
        os._exit(0)

    def build() -> Engine:
        return build_engine(given["settings"])

    adapters = {name: Path(folder) for name, folder in given["adapters"].items()}
    worker = EngineWorker(build, adapters, send, given["may_lack_adapters"])
    threading.Thread(target=listen, name="commands", daemon=True).start()
    try:
        worker.run()
    except BrokenPipeError:  # the server has gone
        return 0
    except Exception as error:
        if worker.is_ready or not isinstance(error, GlmkitError):
            logging.getLogger("glmkit.serving").exception("the engine died")
        with suppress(OSError):
            send(Failed(error))
        return 1
    return 0


def build_engine(settings: dict[str, Any]) -> Any:
    """Return the engine of ``EngineSettings``. Raises ConfigError, ModelError."""
    import torch

    from glmkit.loading import load_model, load_tokenizer
    from glmkit.serving.engine import Engine

    if settings["threads"]:
        torch.set_num_threads(settings["threads"])
    dtype, device = (None if settings[name] == "auto" else settings[name] for name in ("dtype", "device"))
    tokenizer = load_tokenizer(settings["tokenizer"])
    model = load_model(settings["model"], dtype=dtype, device=device)
    return Engine(model, tokenizer, max_batch=settings["max_batch"], max_seq_len=settings["max_seq_len"] or None)
