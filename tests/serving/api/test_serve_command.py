"""`glmkit serve` itself: names, settings and their sources, refusals, and a whole life from start to SIGTERM."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import torch
from api_server import ANSWER, is_alive

from glmkit.cli import main
from glmkit.errors import ConfigError
from glmkit.loading import resolve
from glmkit.model.adapter import save_adapter
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.weights import base_fingerprint, save_model_folder
from glmkit.serving.api.command import places_of, read_key
from glmkit.serving_config import ServeConfig
from glmkit.settings import resolve as resolve_settings

NUM_PROCESSES = 4  # tests that end a server of theirs
SLACK_S = 1.0  # for a busy machine


@pytest.fixture(scope="module")
def folder(api_glm: GLM, tokenizer_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder "talking", and beside it a folder "adapters" with two, one of them taught with schemas."""
    root = tmp_path_factory.mktemp("serve")
    save_model_folder(api_glm, root / "talking")
    copyfile(tokenizer_file, root / "talking" / "tokenizer.model")
    for seed, name in enumerate(("first", "second")):
        encoder = PrefixEncoder(api_glm.config, prefix_len=4)
        encoder.init_normal(std=2.0, generator=torch.Generator().manual_seed(seed))
        layout = "schema" if name == "first" else "as_is"
        metadata = {
            "base": str(root / "talking"),
            "base_fingerprint": base_fingerprint(api_glm),
            "tools_layout": layout,
        }
        save_adapter(root / "adapters" / name, encoder, metadata)
    return root / "talking"


def names(config: ServeConfig) -> list[tuple[str, bool, str]]:
    places = places_of(config, resolve(config.model))
    return [(place.name, place.adapter is not None, place.tools_layout) for place in places]


def test_every_adapter_is_a_model_by_its_name(folder: Path) -> None:
    adapters = folder.parent / "adapters"
    base = ("talking", False, "as_is")
    assert names(ServeConfig(model=str(folder))) == [base]
    one = ServeConfig(model=str(folder), adapter=[f"w={adapters / 'first'}", str(adapters / "second")])
    assert names(one) == [("w", True, "schema"), ("second", True, "as_is"), base]
    whole = ServeConfig(model=str(folder), name="base", adapters=str(adapters))
    assert names(whole) == [("base", False, "as_is"), ("first", True, "schema"), ("second", True, "as_is")]
    assert names(ServeConfig(model=str(adapters / "first"))) == [("first", True, "schema"), base]


def test_names_that_cannot_be_are_refused_together(folder: Path) -> None:
    first = folder.parent / "adapters" / "first"
    config = ServeConfig(model=str(folder), adapter=[f"a b={first}", f"talking={first}"])
    with pytest.raises(ConfigError) as caught:
        names(config)
    assert "adapter: 'a b' cannot be a model's name: letters, digits" in str(caught.value)
    assert "adapter: two models would be called talking" in str(caught.value)
    with pytest.raises(ConfigError, match="adapters: no such folder: nowhere"):
        names(ServeConfig(model=str(folder), adapters="nowhere"))


def test_flags_beat_yaml_beats_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"MODEL_PATH": "env", "TOKENIZER_PATH": "env-tokenizer", "PT_PATH": "env-adapter"}.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "serve.yaml"
    file.write_text("model: yaml\nadapter: [a=b, c]\n", encoding="utf-8")
    resolved = resolve_settings(ServeConfig, {})
    assert (resolved.config.model, resolved.config.adapter, resolved.config.tokenizer) == (
        *("env", ("env-adapter",), "env-tokenizer"),
    )
    assert resolved.sources["model"] == "MODEL_PATH"
    resolved = resolve_settings(ServeConfig, {}, str(file))
    assert (resolved.config.model, resolved.config.adapter) == ("yaml", ("a=b", "c"))
    resolved = resolve_settings(ServeConfig, {"model": "flag", "adapter": ("x=y", "z")}, str(file))
    assert (resolved.config.model, resolved.config.adapter) == ("flag", ("x=y", "z"))
    assert resolved.sources["tokenizer"] == "TOKENIZER_PATH"


def test_print_config_tells_the_source_of_each_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PT_PATH", "prefix")
    assert main(["serve", "model", "--port", "0", "--print-config"]) == 0
    text = capsys.readouterr().out
    assert "adapter:  # PT_PATH\n- prefix" in text and "port: 0  # --port" in text and "# default" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "70000"], "port: must be between 0 and 65535, got 70000"),
        (["--max-batch", "0"], "max_batch"),
        (["--max-queue", "-1"], "max_queue"),
        (["--drain-s", "-1"], "drain_s"),
        (["--threads", "-1"], "threads"),
        (["--allow-adapter-changes"], "adapters"),
        (["--host", "0.0.0.0"], "listening on 0.0.0.0 would let anyone in the network use the model"),
        (["--api-key-file", "nothing"], "nothing: the key must be one line of printable ASCII"),
        (["--host", "no.such.host.invalid", "--api-key-file", "key"], "cannot listen on no.such.host.invalid"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_loaded(
    folder: Path,
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_text("secret\n")
    assert main(["serve", str(folder), *arguments]) == 2
    error = capsys.readouterr().err
    assert sentence in error and "loading" not in error


def test_a_port_in_use_is_told_before_anything_is_loaded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["serve", str(folder), "--port", str(port)]) == 2
    error = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1, port {port}: " in error and "--port 0 takes any that is free" in error


def test_keys_come_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    monkeypatch.setenv("GLMKIT_API_KEY", "from-environment")
    assert read_key(ServeConfig(model="m")) == "from-environment"
    file.write_text("from-file\n")
    assert read_key(ServeConfig(model="m", api_key_file=str(file))) == "from-file"
    for bad in (b"", b"\n", "密钥".encode(), b"two\nlines", b"x" * 5000):
        file.write_bytes(bad)
        with pytest.raises(ConfigError, match="one line of printable ASCII"):
            read_key(ServeConfig(model="m", api_key_file=str(file)))
    monkeypatch.delenv("GLMKIT_API_KEY")
    assert read_key(ServeConfig(model="m")) is None


Process = tuple[subprocess.Popen[str], str]


@pytest.fixture(scope="module", autouse=True)
def ahead(folder: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Servers of `glmkit serve`, each its own process: they come up while the other tests of this module run."""
    command = [sys.executable, "-m", "glmkit", "serve", "--port", "0", "--lang", "en"]
    command += ["--adapters", str(folder.parent / "adapters")]
    environment = {**os.environ, "MODEL_PATH": str(folder), "OMP_NUM_THREADS": "1"}
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    servers = [
        subprocess.Popen(command, env=environment, text=True, start_new_session=True, **pipes)
        for _ in range(NUM_PROCESSES)
    ]
    yield [*servers]
    for server in servers:
        server.kill()
        server.communicate()


@pytest.fixture
def process(ahead: list[subprocess.Popen[str]]) -> Process:
    """A server that nobody has used, and its URL."""
    done = ahead.pop()
    assert done.stderr is not None
    lines = [done.stderr.readline() for _ in range(3)]
    url = re.search(r"http://127.0.0.1:\d+", "".join(lines))
    assert url is not None, lines
    assert lines[1] == f"serving talking, first, second at {url[0]}/v1 (Ctrl-C stops)\n"
    port = url[0].rpartition(":")[2]
    assert f"ssh -L {port}:127.0.0.1:{port} " in lines[2]
    return done, url[0]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def listening(pid: int) -> list[str]:
    """Return where a process listens, as the kernel writes it: on TCP, or a UNIX socket's path."""
    links = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()]
    inodes = {link[len("socket:[") : -1] for link in links if link.startswith("socket:")}
    found = []
    for table in ("tcp", "tcp6"):
        rows = [row.split() for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]]
        found += [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
    rows = [row.split() for row in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]]
    accepts = "00010000"
    return found + [row[-1] for row in rows if row[3] == accepts and row[6] in inodes]


class Stream:
    """A chat of 900 tokens that is being streamed to a client."""

    def __init__(self, url: str) -> None:
        chat = {"messages": [{"role": "user", "content": "hello"}], "ignore_eos": True, "max_tokens": 900}
        connection = http.client.HTTPConnection(url.rpartition("/")[2], timeout=30)
        connection.request(
            "POST", "/v1/chat/completions", json.dumps({**chat, "stream": True}), {"Content-Type": "application/json"}
        )
        self._connection, self._response = connection, connection.getresponse()
        self.first = self._response.readline()

    def rest(self) -> str:
        """Return what comes until the server ends the stream, or is gone."""
        try:
            return self._response.read().decode()
        except http.client.IncompleteRead as error:
            return error.partial.decode()
        except ConnectionResetError:
            return ""
        finally:
            self._response.close()
            self._connection.close()


def ask(url: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def test_a_server_lives_and_ends_on_sigterm(process: Process) -> None:
    done, url = process
    assert [model["id"] for model in ask(url, "/v1/models")["data"]] == ["talking", "first", "second"]
    chat = {"messages": [{"role": "user", "content": "hello"}], "temperature": 0}
    answers = [
        ask(url, "/v1/chat/completions", {**chat, "model": name})["choices"][0]["message"]["content"]
        for name in ("talking", "first", "second")
    ]
    assert answers[0] == ANSWER and len(set(answers)) == 3
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    ask(url, "/v1/chat/completions", {**chat, "tools": [tool], "logprobs": True, "stop": ["x"], "max_tokens": 9})
    ask(url, "/tokenize", {"prompt": "hello"})
    (child,) = children_of(done.pid)
    # The server computes nothing: without torch it starts in a third of the time, in a fifth of the memory.
    assert ["libtorch" in Path(f"/proc/{pid}/maps").read_text() for pid in (done.pid, child)] == [False, True]
    assert listening(done.pid) == [f"0100007F:{int(url.rpartition(':')[2]):04X}"]  # 127.0.0.1, and nothing else
    assert listening(child) == []
    done.send_signal(signal.SIGTERM)
    assert done.wait(10) == 0
    assert "stopping: 0 open requests may take up to 30 s" in done.stderr.read()  # type: ignore[union-attr]


def status_of(url: str, path: str, body: Any = None) -> int:
    try:
        ask(url, path, body)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def test_a_second_sigterm_ends_a_server_at_once_even_if_its_engine_hangs(process: Process) -> None:
    done, url = process
    (child,) = children_of(done.pid)
    os.kill(child, signal.SIGSTOP)
    streams = [Stream(url) for _ in range(3)]
    done.send_signal(signal.SIGTERM)
    end = time.monotonic() + 5
    while status_of(url, "/health") != 503:
        assert time.monotonic() < end
    assert status_of(url, "/v1/chat/completions", {"messages": [{"role": "user", "content": "hello"}]}) == 503
    time.sleep(0.3)
    assert done.poll() is None  # it waits for the streams
    began = time.monotonic()
    done.send_signal(signal.SIGTERM)
    assert done.wait(10) == 0 and time.monotonic() - began < 2 + SLACK_S
    assert not is_alive(child)
    assert not any(re.search('"finish_reason": "', stream.rest()) for stream in streams)  # none looks complete


@pytest.mark.slow
def test_a_drain_has_an_end_even_if_the_engine_hangs(folder: Path) -> None:
    command = [sys.executable, "-m", "glmkit", "serve", str(folder), "--port", "0", "--drain-s", "1", "--lang", "en"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as done:
        assert done.stderr is not None
        url = re.search(r"http://127.0.0.1:\d+", "".join(done.stderr.readline() for _ in range(3)))
        assert url is not None
        (child,) = children_of(done.pid)
        os.kill(child, signal.SIGSTOP)
        streams = [Stream(url[0]) for _ in range(10)]
        done.send_signal(signal.SIGTERM)
        began = time.monotonic()
        for stream in streams:
            *_, last, end = stream.rest().strip().split("\n\n")
            assert json.loads(last.removeprefix("data: "))["error"]["code"] == "shutting_down"
            assert end == "data: [DONE]"
        assert done.wait(20) == 0 and 1 <= time.monotonic() - began < 1 + 5 + SLACK_S
        assert not is_alive(child)


def test_signals_to_the_whole_group_let_streams_finish(process: Process) -> None:
    done, url = process
    (child,) = children_of(done.pid)
    body = {"messages": [{"role": "user", "content": "hello"}], "ignore_eos": True, "max_tokens": 400, "stream": True}
    request = urllib.request.Request(
        f"{url}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        response.readline()
        os.killpg(done.pid, signal.SIGINT)  # as Ctrl-C does
        os.kill(child, signal.SIGTERM)  # as systemd does to every process of a service
        events = [line for line in response.read().decode().split("\n\n") if line]
    assert events[-1] == "data: [DONE]" and '"finish_reason": "length"' in events[-2]
    assert done.wait(10) == 0 and not is_alive(child)


@pytest.mark.slow
def test_a_server_that_was_stopped_for_a_while_does_not_take_its_engine_for_hanging(folder: Path) -> None:
    command = [sys.executable, "-m", "glmkit", "serve", str(folder), "--port", "0", "--watchdog-s", "2", "--lang", "en"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as done:
        assert done.stderr is not None
        url = re.search(r"http://127.0.0.1:\d+", "".join(done.stderr.readline() for _ in range(3)))
        assert url is not None
        everyone = [done.pid, *children_of(done.pid)]
        body = {"messages": [{"role": "user", "content": "hello"}], "ignore_eos": True, "max_tokens": 900}
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(ask, url[0], "/v1/chat/completions", body)
            time.sleep(0.3)
            for pid in everyone:
                os.kill(pid, signal.SIGSTOP)
            assert not answer.done()
            time.sleep(4)
            for pid in everyone:
                os.kill(pid, signal.SIGCONT)
            assert answer.result(30)["choices"][0]["finish_reason"] == "length"
        assert [done.pid, *children_of(done.pid)] == everyone
        done.kill()


def test_a_signal_while_loading_ends_at_once(folder: Path) -> None:
    command = [sys.executable, "-m", "glmkit", "serve", str(folder), "--port", "0", "--lang", "en"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as loading:
        assert loading.stderr is not None
        assert loading.stderr.readline().startswith("loading ")
        loading.send_signal(signal.SIGTERM)
        began = time.monotonic()
        loading.wait(10)
        assert time.monotonic() - began < 2
        assert "Traceback" not in loading.stderr.read()


def test_a_signal_while_the_engine_loads_ends_it_too(folder: Path) -> None:
    command = [sys.executable, "-m", "glmkit", "serve", str(folder), "--port", "0", "--lang", "en"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as loading:
        end = time.monotonic() + 20
        while not (children := children_of(loading.pid)):
            assert time.monotonic() < end and loading.poll() is None
            time.sleep(0.01)
        loading.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert loading.wait(10) == 130
        assert time.monotonic() - began < 2 and not any(map(is_alive, children))
        assert loading.stderr is not None and "Traceback" not in loading.stderr.read()


def test_a_server_that_is_killed_amid_a_stream_leaves_nothing_behind(process: Process) -> None:
    done, url = process
    (child,) = children_of(done.pid)  # the engine's process, and no other
    stream = Stream(url)
    assert stream.first.startswith(b"data: {")
    done.kill()
    done.wait(10)
    assert "[DONE]" not in stream.rest()  # what was cut does not look complete
    end = time.monotonic() + 10
    while is_alive(child):
        assert time.monotonic() < end, "the engine outlives the server"
        time.sleep(0.01)
    with pytest.raises(OSError):
        ask(url, "/health")
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", int(url.rpartition(":")[2])))
