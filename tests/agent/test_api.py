"""The door to a model's server: what is sent, and every way in which a server can fail as one sentence."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from glmkit.agent.api import Api, ApiError, Sampling
from glmkit.agent.cancellation import Cancellation, Cancelled
from glmkit.errors import ConfigError
from tests.agent.conftest import ScriptedServer, text_chunks

USER = [{"role": "user", "content": "Hi"}]


def text_of(chunks: Any) -> str:
    return "".join(
        choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"] if "delta" in choice
    )


def ask(api: Api, **settings: Any) -> str:
    return text_of(api.stream(USER, cancellation=Cancellation(), **settings))


def test_what_is_set_is_sent_and_nothing_else(server: ScriptedServer) -> None:
    api = Api(server.url + "/", key="secret")
    server.answers = [text_chunks("Hello!"), text_chunks("你好！")]
    assert api.models() == ["glmkit-mini", "other"]
    assert ask(api) == "Hello!"
    tool = {"name": "f", "description": "F.", "parameters": {"type": "object"}}
    sampling = Sampling(temperature=0.5, repetition_penalty=1.1, max_tokens=9)
    assert ask(api, tools=[tool], may_call=False, sampling=sampling) == "你好！"
    plain = {
        "model": "glmkit-mini",
        "messages": USER,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert server.requests == [
        plain,
        {
            **plain,
            "tools": [{"type": "function", "function": tool}],
            "tool_choice": "none",
            "temperature": 0.5,
            "repetition_penalty": 1.1,
            "max_tokens": 9,
        },
    ]
    assert server.headers[0]["Authorization"] == "Bearer secret"
    api.close()


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    api = Api(server.url, model="m")
    server.answers = [text_chunks("Hello!")]
    assert ask(api) == "Hello!"
    api.close()


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://x/v1", "http://", "file:///etc/passwd", "http://[::1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"is no address of an API; one looks like http://127\.0\.0\.1:8000/v1"):
        Api(url)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((401, {"error": {"message": "bad key"}}), "does not accept the key (status 401): bad key"),
        ((400, {"error": {"message": "too\nlong \x1b[31m"}}), "answered with status 400: too long \\x1b[31m"),
        ((429, {"error": {"message": "queue full"}}), "answered with status 429: queue full"),
        ((500, "x" * 100_000), "answered with status 500: " + "x" * 299 + "…"),
        ((503, ""), "answered with status 503: -"),
        ((404, {"detail": "Not Found"}), 'answered with status 404: {"detail": "Not Found"}'),
        ((200, {"choices": []}), "does not answer as an OpenAI-compatible API does: {"),
        (["data: {broken\n\n"], "does not answer as an OpenAI-compatible API does: {broken"),
        (["data: [1]\n\n"], "does not answer as an OpenAI-compatible API does: [1]"),
        ([*text_chunks("Hi,")[:1], {"error": {"message": "engine died"}}], "failed while it answered: engine died"),
    ],
)
def test_a_server_that_fails_gives_one_sentence(server: ScriptedServer, api: Api, answer: Any, sentence: str) -> None:
    server.answers = [answer]
    with pytest.raises(ApiError) as caught:
        ask(api)
    assert f"{server.url} {sentence}" in str(caught.value)


def test_an_answer_that_breaks_off_is_an_error(server: ScriptedServer, api: Api) -> None:
    server.ends_properly = False
    server.answers = [text_chunks("Hello")[:1]]
    with pytest.raises(ApiError, match="ended its answer in the middle"):
        ask(api)
    server.answers = [text_chunks("Hello")]  # finished, though without [DONE]
    assert ask(api) == "Hello"


def test_odd_lines_and_chunks_are_passed_over(server: ScriptedServer, api: Api) -> None:
    odd: list[Any] = [": keep-alive\n\n", "event: x\n", "\n", {"choices": []}, {"object": "x"}]
    server.answers = [[*odd, *text_chunks("Hello")]]
    chunks = list(api.stream(USER, cancellation=Cancellation()))
    assert text_of(chunk for chunk in chunks if "choices" in chunk) == "Hello"


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    api = Api(url, model="m")
    with pytest.raises(ApiError, match=f"no answer from {url}: ") as caught:
        ask(api)
    assert caught.value.hints() == ["is the server running? `glmkit serve MODEL_OR_RUN` starts one"]
    with pytest.raises(ApiError, match=f"no answer from {url}: "):
        api.models()
    api.close()


def test_silence_has_an_end(server: ScriptedServer) -> None:
    api = Api(server.url, model="m", silence_limit=0.2)
    server.answers = [[*text_chunks("Hello")[:1], 1.0, *text_chunks("Hello")]]
    with pytest.raises(ApiError, match=r"no answer from .*: ReadTimeout"):
        ask(api)
    api.close()


def test_a_deaf_server_can_be_cancelled() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        api = Api(f"http://127.0.0.1:{deaf.getsockname()[1]}/v1", model="m")
        cancellation = Cancellation()
        threading.Timer(0.1, cancellation.cancel).start()
        start = time.monotonic()
        with pytest.raises(Cancelled):
            list(api.stream(USER, cancellation=cancellation))
        assert time.monotonic() - start < 2
        api.close()


def test_a_reader_that_leaves_hangs_up(server: ScriptedServer, api: Api) -> None:
    server.answers = [[chunk for piece in text_chunks("Hello, world") for chunk in (piece, 0.05)] * 20]
    stream = api.stream(USER, cancellation=Cancellation())
    next(stream)
    stream.close()
    deadline = time.monotonic() + 3
    while not server.hang_ups:
        assert time.monotonic() < deadline
        time.sleep(0.01)
