"""The engine as a process of its own: it answers as one in a thread does, and whatever ends it, the server goes on."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from api_server import AGAIN_S, ANSWER, TOOLS, Running, Start, begin, host_of, is_alive, wait_until_healthy

from glmkit.errors import ModelError
from glmkit.model.glm import GLM
from glmkit.model.weights import save_model_folder
from glmkit.serving.api import engine_loop
from glmkit.serving.api.engine_child import build_engine
from glmkit.serving.api.engine_process import EngineProcess, EngineSettings

CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
HELLO = [{"role": "user", "content": "hello"}]
LONG = {"messages": HELLO, "ignore_eos": True, "max_tokens": 1000}
WATCHDOG_S = 2.0


@pytest.fixture(scope="module")
def root(api_glm: GLM, tokenizer_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model "talking"."""
    root = tmp_path_factory.mktemp("process")
    save_model_folder(api_glm, root / "talking")
    shutil.copyfile(tokenizer_file, root / "talking" / "tokenizer.model")
    return root


@pytest.fixture(scope="module")
def host(root: Path) -> EngineProcess:
    return host_of(root / "talking")


@pytest.fixture(scope="module")
def apart(start: Start, host: EngineProcess) -> Iterator[Running]:
    """A server whose engine is a process."""
    with start(host=host, watchdog_s=WATCHDOG_S) as running:
        yield running


def end_amid(server: Running, host: EngineProcess, number: int, bodies: list[Any]) -> list[Any]:
    """Send a signal to the engine while it works on all of ``bodies``; return the last event of each stream."""
    with ThreadPoolExecutor(len(bodies)) as pool:
        futures = [pool.submit(server.events, CHAT, body) for body in bodies]
        server.wait_until(lambda: server.api.loop.num_open == len(bodies) and server.num_running == len(bodies))
        os.kill(host.pid, number)
        return [future.result(30)[-1] for future in futures]


SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}


@pytest.mark.parametrize(
    ("path", "more"),
    [
        (CHAT, {"temperature": 0}),
        (CHAT, {"seed": 3, "temperature": 1.5, "n": 3, "max_tokens": 30}),
        (CHAT, {"temperature": 0, "logprobs": True, "top_logprobs": 4, "stop": ["fox"]}),
        (CHAT, {"seed": 1, "tools": TOOLS, "tool_choice": "required", "max_tokens": 60}),
        (
            CHAT,
            {
                "seed": 1,
                "response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}},
                "max_tokens": 40,
            },
        ),
        (CHAT, {"seed": 1, "response_format": {"type": "json_object"}, "max_tokens": 20}),
        (CHAT, {"seed": 2, "logit_bias": {"17": 50}, "repetition_penalty": 1.3, "max_tokens": 20}),
        (TEXT, {"prompt": [5, 6, 7], "seed": 4, "max_tokens": 12, "logprobs": 2, "ignore_eos": True}),
    ],
)
def test_a_process_answers_as_a_thread_does(server: Running, apart: Running, path: str, more: dict[str, Any]) -> None:
    body = more if "prompt" in more else {"messages": HELLO, **more}
    (status, answer), (_, expected) = apart.post(path, body), server.post(path, body)
    assert status == 200, answer

    def comparable(answer: dict[str, Any]) -> Any:
        choices = answer["choices"]
        for choice in choices:
            for call in choice.get("message", {}).get("tool_calls", ()):
                del call["id"]
        # Behind a stop string the engine may have been a step ahead before it heard of it.
        return choices, "stop" in more or answer["usage"]["completion_tokens"]

    assert comparable(answer) == comparable(expected)


@pytest.mark.parametrize("stream", [True, False])
def test_a_schema_that_the_engine_refuses_is_a_400(server: Running, apart: Running, stream: bool) -> None:
    schema = {"type": "object", "properties": {"x": {"$ref": "http://example.com/x"}}}
    form = {"type": "json_schema", "json_schema": {"schema": schema}}
    answers = [
        each.post(CHAT, {"messages": HELLO, "response_format": form, "stream": stream}) for each in (apart, server)
    ]
    assert answers[0] == answers[1] and answers[0][0] == 400
    assert "$ref" in answers[0][1]["error"]["message"] and apart.api.loop.num_open == 0


def test_a_client_that_leaves_frees_its_slot_in_the_process(apart: Running) -> None:
    connection = begin(apart, {**LONG, "stream": True})
    apart.wait_until(lambda: apart.num_running == 1)
    connection.close()
    assert apart.wait_until(lambda: apart.api.loop.num_open == 0 and apart.num_running == 0) < 1


SLOW_SIGNALS = [pytest.param(name, marks=pytest.mark.slow) for name in ("SIGSEGV", "SIGABRT")]


@pytest.mark.parametrize("name", ["SIGKILL", *SLOW_SIGNALS])
def test_an_engine_that_is_killed_ends_ten_streams_with_an_error_and_comes_back(
    apart: Running, host: EngineProcess, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    seed = {"SIGKILL": 0, "SIGSEGV": 100, "SIGABRT": 200}[name]
    lasts = end_amid(apart, host, getattr(signal, name), [{**LONG, "seed": seed + i} for i in range(10)])
    assert [last["error"]["code"] for last in lasts] == ["engine_died"] * 10
    assert all(f"({name})" in last["error"]["message"] for last in lasts)
    assert apart.request("GET", "/health")[0] == 503
    assert apart.request("GET", "/ready")[:2] == (503, {"status": "restarting"})
    status, body, fields = apart.request("POST", CHAT, LONG)
    assert (status, body["error"]["code"], fields["retry-after"]) == (503, "engine_not_ready", "1")
    assert wait_until_healthy(apart) < AGAIN_S
    assert apart.chat()["message"]["content"] == ANSWER
    assert f"the engine has ended ({name}); open requests got an error, another engine starts" in capfd.readouterr().err
    page = apart.request("GET", "/metrics")[1]
    assert 'vllm:num_requests_running{model_name="talking"} 0.0' in page
    deaths = next(line for line in page.splitlines() if line.startswith("glmkit:engine_deaths_total{"))
    assert float(deaths.rpartition(" ")[2]) >= 1


def test_a_step_that_gets_no_memory_ends_streams_with_an_error_that_says_so(
    apart: Running, host: EngineProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    number, first = 4, host.pid
    long_prompt = [{"role": "user", "content": "好" * 900}]
    with ThreadPoolExecutor(number + 1) as pool:
        futures = [pool.submit(apart.events, CHAT, {**LONG, "seed": 500 + i}) for i in range(number)]
        apart.wait_until(lambda: apart.num_running == number)
        mapped = int(Path(f"/proc/{first}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(first, resource.RLIMIT_AS, (mapped, mapped))  # what is mapped stays, nothing more comes
        futures.append(pool.submit(apart.events, CHAT, {"messages": long_prompt, "max_tokens": 2}))
        lasts = [future.result(30)[-1] for future in futures]
    told = {last["error"]["code"]: last["error"]["message"] for last in lasts}
    assert "(OutOfMemory)" in told.pop("engine_died")
    assert not told or "memory" in told.pop("out_of_memory")  # one that only got no pages ends alone, before that
    wait_until_healthy(apart)
    assert apart.chat()["message"]["content"] == ANSWER and not is_alive(first)
    error = capfd.readouterr().err
    assert "can't allocate memory" in error  # the traceback of the engine's process
    assert "the engine has ended (out of memory" in error


def memory_group() -> tuple[Path, str, str]:
    """Return a new group of the kernel's memory controller, and its files with the limit and the count of kills."""
    for parent, is_there, limit, kills in (
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.limit_in_bytes", "memory.oom_control"),
        (Path("/sys/fs/cgroup"), "cgroup.subtree_control", "memory.max", "memory.events"),
    ):
        if not (parent / is_there).is_file():
            continue
        group = parent / f"glmkit-test-{os.getpid()}"
        try:
            if limit == "memory.max":
                (parent / is_there).write_text("+memory")
            group.mkdir()
        except OSError as error:
            pytest.skip(f"no memory group can be made: {error}")
        return group, limit, kills
    pytest.skip("the kernel's memory controller is not there")


@pytest.mark.system
def test_an_engine_that_the_kernels_memory_killer_ends_comes_back(apart: Running, host: EngineProcess) -> None:
    group, limit, kills = memory_group()
    first = host.pid
    try:
        (group / limit).write_text(str(2**20))
        with ThreadPoolExecutor(20) as pool:
            streams = [pool.submit(apart.events, CHAT, {**LONG, "seed": 600 + i}) for i in range(4)]
            apart.wait_until(lambda: apart.num_running == 4, 20)
            (group / "cgroup.procs").write_text(str(first))  # only what it asks for from now on counts
            texts = [f"{i} " + "好" * 800 for i in range(16)]
            bodies = [{"messages": [{"role": "user", "content": text}], "max_tokens": 150} for text in texts]
            streams += [pool.submit(apart.events, CHAT, {**body, "ignore_eos": True}) for body in bodies]
            lasts = [stream.result(30)[-1] for stream in streams]
        assert all("(SIGKILL)" in last["error"]["message"] for last in lasts)
        counts = dict(line.split() for line in (group / kills).read_text().splitlines())
        assert int(counts["oom_kill"]) == 1  # nobody else sent that signal
        wait_until_healthy(apart)
        assert apart.chat()["message"]["content"] == ANSWER and not is_alive(first)
    finally:
        for pid in (group / "cgroup.procs").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        apart.wait_until(lambda: not (group / "cgroup.procs").read_text())
        group.rmdir()


def test_an_engine_that_hangs_is_ended_and_comes_back(apart: Running, host: EngineProcess) -> None:
    began, hanging = time.monotonic(), host.pid
    lasts = end_amid(apart, host, signal.SIGSTOP, [{**LONG, "seed": 300 + i} for i in range(10)])
    assert WATCHDOG_S <= time.monotonic() - began < WATCHDOG_S + AGAIN_S
    assert [last["error"]["code"] for last in lasts] == ["engine_died"] * 10
    assert all(f"no progress for {WATCHDOG_S:g} s" in last["error"]["message"] for last in lasts)
    assert wait_until_healthy(apart) < AGAIN_S
    assert apart.chat()["message"]["content"] == ANSWER and not is_alive(hanging)


def test_an_engine_with_nothing_to_do_is_not_taken_for_one_that_hangs(apart: Running, host: EngineProcess) -> None:
    assert apart.chat()["message"]["content"] == ANSWER
    idle = host.pid
    time.sleep(WATCHDOG_S + 1)
    assert host.pid == idle and apart.chat()["message"]["content"] == ANSWER


@pytest.mark.slow
def test_a_request_that_kills_the_engine_twice_is_held(apart: Running, host: EngineProcess) -> None:
    poison = {**LONG, "seed": 400}
    for _ in range(2):
        (last,) = end_amid(apart, host, signal.SIGSEGV, [poison])
        assert last["error"]["code"] == "engine_died" and "(SIGSEGV)" in last["error"]["message"]
        wait_until_healthy(apart)
    status, body, fields = apart.request("POST", CHAT, poison)
    assert (status, body["error"]["code"]) == (503, "request_quarantined") and int(fields["retry-after"]) > 60
    assert "each of the last 2 times" in body["error"]["message"]
    assert apart.post(CHAT, {**poison, "seed": 401, "max_tokens": 5})[0] == 200


def test_signals_to_the_engine_are_left_to_the_server(apart: Running, host: EngineProcess) -> None:
    before = host.pid
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(before, number)
    assert apart.chat()["message"]["content"] == ANSWER and host.pid == before
    assert os.getpgid(before) == before != os.getpgid(0)


@pytest.mark.slow
def test_twenty_deaths_with_traffic_in_between(apart: Running, host: EngineProcess) -> None:
    for round in range(20):
        lasts = end_amid(apart, host, signal.SIGKILL, [{**LONG, "seed": 1000 + 10 * round + i} for i in range(10)])
        assert [last["error"]["code"] for last in lasts] == ["engine_died"] * 10
        assert wait_until_healthy(apart) < AGAIN_S
        assert apart.chat()["message"]["content"] == ANSWER


def test_a_server_whose_engine_does_not_come_back_gives_up(
    start: Start, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_loop, "MOST_FAILURES", 2)
    shutil.copytree(root / "talking", tmp_path / "talking")
    lost = host_of(tmp_path / "talking")
    with start(host=lost) as server:
        address = ("127.0.0.1", server.port)
        shutil.rmtree(tmp_path / "talking")
        os.kill(lost.pid, signal.SIGKILL)
        server.wait_until(lambda: server.api.loop.given_up is not None, 30)
        server.wait_until(lambda: server.server.should_exit)
    assert "the engine has failed 2 times in a row, the last time with: " in str(server.api.loop.given_up)
    assert str(tmp_path / "talking") in str(server.api.loop.given_up) and not is_alive(lost.pid)
    with pytest.raises(OSError):
        socket.create_connection(address, timeout=1)


@pytest.mark.slow
def test_a_server_that_gets_no_process_gives_up(start: Start, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_loop, "MOST_FAILURES", 3)
    lost = host_of(root / "talking")
    with start(host=lost) as server:
        monkeypatch.setattr(sys, "executable", "/no/such/python")
        os.kill(lost.pid, signal.SIGKILL)
        server.wait_until(lambda: server.api.loop.given_up is not None, 30)
        assert "failed 3 times in a row" in str(server.api.loop.given_up)
        assert "/no/such/python" in str(server.api.loop.given_up)
        server.wait_until(lambda: server.server.should_exit)


@pytest.mark.slow
def test_an_engine_that_hangs_while_it_is_built_again_is_ended(start: Start, root: Path) -> None:
    slow = host_of(root / "talking")
    with start(host=slow, watchdog_s=1) as server:
        dead = slow.pid
        os.kill(dead, signal.SIGKILL)
        server.wait_until(lambda: slow.pid != dead)
        hanging = slow.pid
        os.kill(hanging, signal.SIGSTOP)
        limit = 1 + engine_loop.STARTS * server.api.loop.startup_s
        seconds = server.wait_until(lambda: server.api.loop.state == "ready", limit + 30)
        assert limit <= seconds + 1 and not is_alive(hanging)
        assert server.chat()["message"]["content"] == ANSWER


def test_what_keeps_an_engine_from_being_built_is_told_in_its_own_words(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "talking", tmp_path / "talking")
    (weights,) = (tmp_path / "talking").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-100])
    settings = EngineSettings(model=str(tmp_path / "talking"), tokenizer=str(root / "talking"))
    with pytest.raises(ModelError) as here:
        build_engine(asdict(settings))

    async def start() -> None:
        loop = engine_loop.EngineLoop(EngineProcess(settings))
        try:
            await loop.start()
        finally:
            await loop.stop(5)

    with pytest.raises(ModelError) as told:
        asyncio.run(start())
    assert str(told.value) == str(here.value) and told.value.exit_code == 2
