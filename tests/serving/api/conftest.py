"""A real server on a free port, with a tiny model whose replies are known: what all tests of the API talk to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra [serve]")

from api_server import Running, Start, conversations

from glmkit.chat.tokenizer import Tokenizer
from glmkit.loading import find_adapter
from glmkit.model.glm import GLM
from glmkit.serving.api.app import Access, make_app
from glmkit.serving.api.command import Place, make_api
from glmkit.serving.api.engine_loop import EngineHost
from glmkit.serving.api.engine_thread import EngineThread
from glmkit.serving.api.guard import LOOPBACK_HOSTS
from glmkit.serving.api.server import Server, bind
from glmkit.serving.engine import Engine
from glmkit.serving.statistics import Statistics
from glmkit.serving_config import ServeConfig


@pytest.fixture(scope="session")
def api_glm(learn: Callable[..., GLM], small_tokenizer: Tokenizer) -> GLM:
    """A tiny GLM with a context of 1,024 that has learned ``conversations``."""
    return learn(conversations(small_tokenizer), 1024)


@pytest.fixture(scope="session")
def start(api_glm: GLM, small_tokenizer: Tokenizer, api_folder: Path) -> Start:
    """Return a context manager that runs a server: settings of ServeConfig; others than the usual of the rest.

    It serves the base alone, as "talking", unless ``places`` says otherwise.

    Its engine is a thread, unless ``host`` says otherwise.
    """

    @contextmanager
    def running(
        model: GLM | None = None,
        access: Access | None = None,
        tokenizer: Tokenizer | None = None,
        host: EngineHost | None = None,
        places: list[Place] | None = None,
        **settings: Any,
    ) -> Iterator[Running]:
        config = replace(ServeConfig(model=str(api_folder), drain_s=5, max_batch=8), **settings)
        places = places or [Place(config.name or "talking", None, "as_is")]
        limits = {"max_batch": config.max_batch, "max_seq_len": config.max_seq_len or None}
        host = host or EngineThread(lambda: Engine(model or api_glm, tokenizer or small_tokenizer, **limits))
        api = make_api(config, host, tokenizer or small_tokenizer, places)
        access = access or Access(hosts=LOOPBACK_HOSTS)
        bound = bind("127.0.0.1", 0)
        app = make_app(api, access, lambda path: (find_adapter(path), "as_is"))
        server = Server(app, api.loop, config.drain_s)
        running = Running(server, api, bound.getsockname()[1], access.key)
        observer = api.loop.observer
        for_metrics = observer.stepped, observer.died

        def stepped(statistics: Statistics) -> None:
            running.statistics = statistics
            for_metrics[0](statistics)

        def died() -> None:
            running.statistics = None
            for_metrics[1]()

        observer.stepped, observer.died = stepped, died
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        running.wait_until(lambda: server.started, 60)
        try:
            yield running
        finally:
            server.should_exit = True
            thread.join(10)
            bound.close()
        assert not thread.is_alive()

    return running


@pytest.fixture(scope="session")
def api_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that a server may call its model's."""
    return tmp_path_factory.mktemp("talking")


@pytest.fixture(scope="session")
def server(start: Start) -> Iterator[Running]:
    """A server that most tests share."""
    with start() as running:
        yield running
