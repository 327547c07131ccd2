"""Who may speak to the page: this machine by its own names, and the page itself."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("starlette", reason="needs the extra [serve]")

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from glmkit.web.guard import POLICY, Guard


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("welcome")
    await socket.close()


def hello(request: Any) -> PlainTextResponse:
    return PlainTextResponse("hello", headers={"X-Frame-Options": "ALLOWALL"})


@pytest.fixture
def client() -> TestClient:
    routes = [Route("/", hello, methods=["GET", "POST"]), WebSocketRoute("/socket", talk)]
    return TestClient(Guard(Starlette(routes=routes), lambda session_id: None), base_url="http://127.0.0.1:8501")


WELCOME = [
    {},
    {"Host": "localhost:9000"},
    {"Host": "[::1]:8501"},
    {"Origin": "http://127.0.0.1:8501"},
    {"Host": "LOCALHOST", "Origin": "http://localhost"},
]
STRANGERS = [
    {"Host": "evil.example"},  # a name that was pointed at this machine
    {"Host": "evil.example", "Origin": "http://evil.example"},
    {"Host": "127.0.0.1.evil.example:8501"},
    {"Host": ""},
    {"Origin": "http://evil.example"},
    {"Origin": "http://127.0.0.1:9999"},  # another server of this machine
    {"Origin": "null"},
    {"Origin": "http://[bad"},
]


def test_a_page_that_is_asked_for_is_expected_but_by_no_stranger() -> None:
    expected: list[str] = []
    client = TestClient(Guard(Starlette(routes=[Route("/", hello)]), expected.append), base_url="http://127.0.0.1:8501")
    client.get("/?s=mine")
    client.get("/other?s=file")
    client.get("/")
    client.get("/?s=theirs", headers=STRANGERS[0])
    assert expected == ["mine"]


@pytest.mark.parametrize("headers", WELCOME)
def test_the_page_itself_is_welcome(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/", headers=headers).text == "hello"
    with client.websocket_connect("/socket", headers={"Host": "127.0.0.1:8501", **headers}) as socket:
        assert socket.receive_text() == "welcome"


@pytest.mark.parametrize("headers", STRANGERS)
def test_other_hosts_and_origins_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/", headers=headers).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect("/socket", headers={"Host": "127.0.0.1:8501", **headers}),
    ):
        pass
    assert refused.value.code == 1008


def test_every_answer_carries_the_policy(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers.get_list("X-Frame-Options") == ["DENY"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "http" not in POLICY and "*" not in POLICY  # nothing from other hosts
