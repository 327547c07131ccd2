"""The API inside the process that uses it: on a free port of this machine, with a key of its own, in a thread.

So is its engine: one person talks to it, who has waited for the weights already and ends it with the terminal. What
serves others, or for long, is `glmkit serve` (the page starts it by itself), whose engine is a process.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glmkit.chat.tokenizer import Tokenizer
from glmkit.model.glm import GLM
from glmkit.serving.api.app import Access, make_app
from glmkit.serving.api.command import Place, make_api
from glmkit.serving.api.engine_thread import EngineThread
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.guard import LOOPBACK_HOSTS
from glmkit.serving.api.server import Server, bind
from glmkit.serving.engine import Engine
from glmkit.serving_config import ServeConfig

HOST = "127.0.0.1"
CLOSE_S = 20.0  # for the server's thread to end


@dataclass(frozen=True, slots=True)
class LocalApi:
    """Where the server is: ``base_url`` with its version, the key it wants, the most tokens of a prompt and reply."""

    base_url: str
    key: str
    max_seq_len: int


@contextmanager
def local_api(
    model: GLM, tokenizer: Tokenizer, tools_layout: str, name: str = "model", max_batch: int = 1
) -> Iterator[LocalApi]:
    """Serve ``model`` inside the block; requests that are open at its end are cut.

    Args:
        model: with its adapter, if it has one.
        tokenizer: of the model.
        tools_layout: as it was tuned with.
        name: the model's name in requests.
        max_batch: requests computed at once.

    Raises:
        ConfigError: no port can be had. GlmkitError: what building the engine raised.
    """
    config = ServeConfig(model=name, max_batch=max_batch, watchdog_s=0)
    host = EngineThread(lambda: Engine(model, tokenizer, max_batch=max_batch))
    api = make_api(config, host, tokenizer, [Place(name, None, tools_layout)])
    key = secrets.token_urlsafe(32)
    bound = bind(HOST, 0)
    settled = threading.Event()
    failures: list[BaseException] = []
    server = Server(make_app(api, Access(key=key, hosts=LOOPBACK_HOSTS), _no_adapters), api.loop, 0, settled.set)

    def serve() -> None:
        try:
            server.run(sockets=[bound])
        except BaseException as error:
            failures.append(error)
        finally:
            settled.set()

    thread = threading.Thread(target=serve, name="api", daemon=True)
    thread.start()
    try:
        settled.wait()
        if failures:
            raise failures[0]
        yield LocalApi(f"http://{HOST}:{bound.getsockname()[1]}/v1", key, api.loop.max_seq_len)
    finally:
        server.should_exit = True
        thread.join(CLOSE_S)
        bound.close()


def _no_adapters(path: Path) -> tuple[Path, str]:
    raise ApiError(403, "api-adapters-fixed", code="adapter_changes_off")
