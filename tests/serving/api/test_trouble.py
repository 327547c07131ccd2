"""Clients that leave or do not read, queues that are full, engines that die, servers that stop."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import torch
from api_server import ANSWER, Running, Start, begin, fail_once, head

from glmkit.model.glm import GLM
from glmkit.serving.api import engine_loop, events, guard, protocol
from glmkit.serving.api.limits import LIMITS

PATH = "/v1/chat/completions"
LONG = {"messages": [{"role": "user", "content": "hello"}], "ignore_eos": True, "max_tokens": 1000}


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_frees_its_slot_within_a_second(server: Running, stream: bool) -> None:
    connection = begin(server, {**LONG, "stream": stream})
    server.wait_until(lambda: server.api.loop.num_open == 1)
    if stream:
        connection.recv(100)
    server.wait_until(lambda: server.num_running == 1)
    connection.close()
    assert server.wait_until(lambda: server.api.loop.num_open == 0 and server.num_running == 0) < 1
    assert 'vllm:num_requests_running{model_name="talking"} 0.0' in server.request("GET", "/metrics")[1]


def test_two_hundred_of_two_hundred_dropped_streams_end(server: Running) -> None:
    def drop(number: int) -> None:
        connection = begin(server, {**LONG, "stream": number % 2 == 0})
        connection.settimeout(0.02)
        with suppress(TimeoutError):
            connection.recv(100)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(drop, range(200)))
    server.wait_until(lambda: server.api.loop.num_open == 0, 10)
    server.wait_until(lambda: server.num_running == 0)
    assert server.statistics is not None and server.statistics.num_waiting == 0
    assert server.chat()["message"]["content"] == ANSWER


def test_more_than_the_queue_holds_is_refused_at_once_and_may_be_tried_again(start: Start) -> None:
    with start(max_batch=1, max_queue=1) as server:
        connections = [begin(server, {**LONG, "stream": True}) for _ in range(2)]
        server.wait_until(lambda: server.api.loop.num_open == 2)
        began = time.monotonic()
        status, body, fields = server.request("POST", PATH, LONG)
        assert time.monotonic() - began < 0.5
        assert (status, body["error"]["code"], fields["retry-after"]) == (429, "queue_full", "1")
        assert "2 requests are open" in body["error"]["message"]
        status, body, _ = server.request("POST", PATH, {**LONG, "n": 2, "max_tokens": 1})
        assert status == 429
        for connection in connections:
            connection.close()
        server.wait_until(lambda: server.api.loop.num_open == 0)
        assert server.chat()["message"]["content"] == ANSWER
        page = server.request("GET", "/metrics")[1]
        assert 'vllm:admission_rejections_total{model_name="talking",reason="queue_full"} 2.0' in page


def test_a_reader_that_does_not_read_is_dropped(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LIMITS", replace(LIMITS, send_s=0.2))
    monkeypatch.setattr(events, "LOOK_S", 0.05)
    with start() as server:
        listening = socket.socket(fileno=os.dup(server.server.servers[0].sockets[0].fileno()))
        with listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.connect(("127.0.0.1", server.port))
        data = json.dumps({**LONG, "stream": True, "n": 2, "temperature": 2, "max_tokens": 900}).encode()
        connection.sendall(head(data) + data)
        server.wait_until(lambda: server.api.loop.num_open == 2)
        server.wait_until(lambda: server.api.loop.num_open == 0, 20)
        assert server.chat()["message"]["content"] == ANSWER
        connection.close()


def test_tokens_that_nobody_takes_end_a_request(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_loop, "LIMITS", replace(LIMITS, buffered_tokens=10))
    with start() as server:
        loop = server.server.servers[0].get_loop()

        async def submit() -> Any:
            from glmkit.serving.params import SamplingParams

            return server.api.loop.submit("talking", [1, 2, 3], SamplingParams(max_tokens=500, stop_ids=()))

        ticket = asyncio.run_coroutine_threadsafe(submit(), loop).result(5)
        server.wait_until(lambda: ticket.done)
        assert ticket.error.code == "slow_reader" and len(ticket.buffer) < 20
        server.wait_until(lambda: server.num_running == 0)


def test_slow_and_silent_senders_are_closed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "LIMITS", replace(LIMITS, receive_s=0.2))
    monkeypatch.setattr(protocol, "LIMITS", replace(LIMITS, idle_s=0.3))
    with start() as server:
        address = ("127.0.0.1", server.port)
        with socket.create_connection(address, timeout=5) as silent:
            assert silent.recv(10) == b""
        with socket.create_connection(address, timeout=5) as slow:
            slow.sendall(head(b"x" * 50) + b"{")
            answer = b"".join(iter(lambda: slow.recv(4096), b""))
            assert b" 408 " in answer and b"nothing came for 0.2 s" in answer
        with ThreadPoolExecutor(1) as pool:
            others = [pool.submit(server.chat, max_tokens=1) for _ in range(4)]
            began = time.monotonic()
            with socket.create_connection(address, timeout=5) as trickle, pytest.raises(OSError):
                for _ in range(40):
                    trickle.sendall(b"G")
                    time.sleep(0.05)
            assert time.monotonic() - began < 1.5
        assert [other.result()["finish_reason"] for other in others] == ["length"] * 4  # nobody else waits


@pytest.fixture
def own_glm(api_glm: GLM) -> GLM:
    """A copy of the model that a test may spoil."""
    copy = GLM(api_glm.config)
    copy.load_state_dict(api_glm.state_dict())
    return copy.eval()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_an_engine_that_dies_ends_all_streams_with_an_error_and_comes_back(
    start: Start, own_glm: GLM, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(engine_loop, "LONGEST_BACKOFF_S", 0.1)
    with start(model=own_glm) as server:
        for round in range(times):
            with ThreadPoolExecutor(5) as pool:
                bodies = [{**LONG, "max_tokens": 900, "seed": 5 * round + i} for i in range(5)]
                futures = [pool.submit(server.events, PATH, body) for body in bodies]
                server.wait_until(lambda: server.api.loop.num_open == 5)
                fail_once(own_glm)
                results = [future.result(10) for future in futures]
            assert [events[-1]["error"]["code"] for events in results] == ["engine_died"] * 5
            assert all("RuntimeError" in events[-1]["error"]["message"] for events in results)
            server.wait_until(lambda: server.request("GET", "/ready")[0] == 200)
            assert server.chat()["message"]["content"] == ANSWER


@pytest.mark.filterwarnings("ignore")
def test_a_request_that_was_there_at_failure_after_failure_has_to_wait(
    start: Start, own_glm: GLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die_with(server: Running, *bodies: Any) -> None:
        with ThreadPoolExecutor(len(bodies)) as pool:
            futures = [pool.submit(server.post, PATH, body) for body in bodies]
            server.wait_until(lambda: server.api.loop.num_open == len(bodies))
            fail_once(own_glm)
            assert [future.result(10)[1]["error"]["code"] for future in futures] == ["engine_died"] * len(bodies)
        server.wait_until(lambda: server.request("GET", "/ready")[0] == 200)

    monkeypatch.setattr(engine_loop, "LONGEST_BACKOFF_S", 0.1)
    guilty, other = {**LONG, "seed": 1}, {**LONG, "seed": 2}
    with start(model=own_glm) as server:
        die_with(server, guilty, other)
        die_with(server, guilty, other)  # either may have been it
        die_with(server, guilty)
        status, body, fields = server.request("POST", PATH, guilty)
        assert (status, body["error"]["code"]) == (503, "request_quarantined")
        assert "each of the last 3 times" in body["error"]["message"] and int(fields["retry-after"]) > 60
        assert server.post(PATH, {**guilty, "n": 2, "seed": 0})[1]["error"]["code"] == "request_quarantined"
        assert server.api.loop.num_open == 0
        assert server.post(PATH, {**other, "max_tokens": 5})[0] == 200


def test_without_an_engine_the_server_is_not_ready(start: Start, own_glm: GLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_loop, "FIRST_BACKOFF_S", 0.5)
    with start(model=own_glm) as server:
        fail_once(own_glm)
        status, body = server.post(PATH, LONG)
        assert (status, body["error"]["code"]) == (500, "engine_died")
        assert server.request("GET", "/ready")[:2] == (503, {"status": "restarting"})
        assert server.request("GET", "/health")[0] == 503
        status, body, fields = server.request("POST", PATH, LONG)
        assert (status, body["error"]["code"], fields["retry-after"]) == (503, "engine_not_ready", "1")
        server.wait_until(lambda: server.request("GET", "/ready")[0] == 200)
        assert server.request("GET", "/health")[0] == 200


def test_scores_that_are_not_finite_are_an_error_and_no_token(start: Start, own_glm: GLM) -> None:
    with start(model=own_glm) as server:
        with torch.no_grad():
            own_glm.embed_tokens.weight[17] = torch.nan
        status, body = server.post("/v1/completions", {"prompt": [5, 17], "max_tokens": 3})
        assert (status, body["error"]["type"], body["error"]["code"]) == (500, "server_error", "numerics")
        events = server.events("/v1/completions", {"prompt": [5, 17], "max_tokens": 3})
        assert [event.get("choices") for event in events] == [None]
        assert events[0]["error"]["code"] == "numerics"
        assert server.chat()["message"]["content"] == ANSWER


def test_a_thread_that_hangs_ends_streams_and_server(start: Start, own_glm: GLM) -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(*_: Any) -> None:
        hangs.set()
        goes_on.wait(20)

    with start(model=own_glm, watchdog_s=0.5) as server:
        assert server.chat()["message"]["content"] == ANSWER
        own_glm.layers[0].register_forward_pre_hook(hang)
        began = time.monotonic()
        events = server.events(PATH, LONG)
        assert 0.5 <= time.monotonic() - began < 3 and hangs.is_set()
        assert (
            events[-1]["error"]["code"] == "engine_died" and "no progress for 0.5 s" in events[-1]["error"]["message"]
        )
        assert "no progress for 0.5 s" in str(server.api.loop.given_up)
        server.wait_until(lambda: server.server.should_exit)
        goes_on.set()


def test_clients_that_do_not_wait_for_a_hanging_engine_do_not_hide_it(start: Start, own_glm: GLM) -> None:
    goes_on = threading.Event()
    with start(model=own_glm, watchdog_s=0.5) as server:
        own_glm.layers[0].register_forward_pre_hook(lambda *_: goes_on.wait(20) and None)
        began = time.monotonic()
        while server.api.loop.state == "ready":
            assert time.monotonic() - began < 5
            connection = begin(server, {**LONG, "stream": True})
            time.sleep(0.1)
            connection.close()
        assert time.monotonic() - began >= 0.5 and "no progress for 0.5 s" in str(server.api.loop.given_up)
        goes_on.set()


@pytest.mark.parametrize("drain_s", [30.0, 0.2])
def test_a_stopping_server_lets_streams_finish_or_tells_them(start: Start, drain_s: float) -> None:
    with start(drain_s=drain_s) as server:
        results: list[Any] = []
        body = {**LONG, "max_tokens": 990 if drain_s < 1 else 60}
        threads = [threading.Thread(target=lambda: results.append(server.events(PATH, body))) for _ in range(6)]
        for thread in threads:
            thread.start()
        server.wait_until(lambda: server.api.loop.num_open == 6)
        server.server.handle_exit(15, None)
        assert server.request("GET", "/health")[0] == 503
        status, refused, fields = server.request("POST", PATH, body)
        assert (status, refused["error"]["code"], fields["retry-after"]) == (503, "shutting_down", "1")
        for thread in threads:
            thread.join(10)
        lasts = [events[-1] for events in results]
        if drain_s < 1:
            assert [last["error"]["code"] for last in lasts] == ["shutting_down"] * 6
        else:
            assert [last["choices"][0]["finish_reason"] for last in lasts] == ["length"] * 6
        server.wait_until(lambda: server.server.should_exit)


def test_a_second_signal_ends_at_once(start: Start) -> None:
    with start(drain_s=30) as server:
        connection = begin(server, {**LONG, "stream": True})
        server.wait_until(lambda: server.api.loop.num_open == 1)
        server.server.handle_exit(15, None)
        server.server.handle_exit(15, None)
        assert server.server.should_exit and server.server.force_exit
        connection.close()


def test_a_long_prompt_does_not_hold_up_streams(server: Running) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "好" * 900_000}]}, ensure_ascii=False).encode()
    gaps = []
    connection = begin(server, {**LONG, "stream": True})
    server.wait_until(lambda: server.api.loop.num_open == 1)
    poster = threading.Thread(target=server.post, args=(PATH, body))
    poster.start()
    last = time.monotonic()
    while poster.is_alive() and connection.recv(65536):
        now = time.monotonic()
        gaps.append(now - last)
        last = now
    poster.join()
    connection.close()
    assert max(gaps) < 1
