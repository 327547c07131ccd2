"""A real server with glmkit-mini on a free port, the page's service on it, the page without a browser, a browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("streamlit", reason="needs the extra [web]")

from streamlit.testing.v1 import AppTest
from web_waiting import TIME

from glmkit.loading import load_model, load_tokenizer, tools_layout_of
from glmkit.serving.api.app import Access, make_app
from glmkit.serving.api.command import Place, make_api
from glmkit.serving.api.engine_thread import EngineThread
from glmkit.serving.api.guard import LOOPBACK_HOSTS
from glmkit.serving.api.server import Server, bind
from glmkit.serving.engine import Engine
from glmkit.serving_config import ServeConfig
from glmkit.web.command import SCRIPT
from glmkit.web.service import Service, set_service
from glmkit.web.session import Session

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from running_page import RunningPage

NAME = "glmkit-mini"


@pytest.fixture(scope="session")
def api_url() -> Iterator[str]:
    """The address of `glmkit serve glmkit-mini`, which also serves it under a second name, as an adapter would be."""
    layout = tools_layout_of(NAME)
    config = ServeConfig(model=NAME, drain_s=1, max_batch=4)
    tokenizer = load_tokenizer(NAME)
    host = EngineThread(lambda: Engine(load_model(NAME), tokenizer, max_batch=config.max_batch))
    api = make_api(config, host, tokenizer, [Place(NAME, None, layout)])
    api.models.add("second", None, layout)
    bound = bind("127.0.0.1", 0)
    server = Server(make_app(api, Access(hosts=LOOPBACK_HOSTS), _refuse), api.loop, 1)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    end = time.monotonic() + TIME
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
    server.should_exit = True
    thread.join(10)
    bound.close()


@pytest.fixture(scope="session")
def shared_service(api_url: str) -> Iterator[Service]:
    made = Service(api_url)
    yield made
    made.close()


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    """The page's service; it is the process's while the test runs, and loses its sessions with the test."""
    set_service(shared_service)
    yield shared_service
    set_service(None)
    for session in shared_service.sessions():
        shared_service.forget(session)


@pytest.fixture
def session(service: Service) -> Session:
    """A new visitor's session."""
    return service.session("", lambda: Session(service, "en"))


@pytest.fixture
def open_page(service: Service) -> Callable[..., AppTest]:
    """Return a function that opens the page as a new visitor, or as the session of an id."""

    def opened(session_id: str = "") -> AppTest:
        page = AppTest.from_file(str(SCRIPT), default_timeout=TIME)
        if session_id:
            page.query_params["s"] = session_id
        return page.run()

    return opened


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for the tests of a module (marker ``system``)."""
    from running_page import browser

    with browser() as made:
        yield made


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A new visitor's browser, in English."""
    made = chromium.new_context(locale="en-US", viewport={"width": 1200, "height": 800})
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture(scope="session")
def running() -> Iterator[RunningPage]:
    """`glmkit web` without arguments; a module with other needs has its own."""
    from running_page import RunningPage

    started = RunningPage()
    yield started
    started.kill()


@pytest.fixture
def page(context: BrowserContext, running: RunningPage) -> Page:
    """Its page, before a new visitor."""
    from running_page import opened

    return opened(context, running.url)


def _refuse(path: str) -> Any:
    raise AssertionError(path)
