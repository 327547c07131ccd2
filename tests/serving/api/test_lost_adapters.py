"""Adapters whose files are gone or damaged when the engine's process starts again: left out, said, and nobody's else.

``glmkit serve`` reads adapters when it starts; a training run that goes on deletes its old checkpoints meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from api_server import ANSWER, Running, Start, host_of, wait_until_healthy

from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import ModelError
from glmkit.model.adapter import save_adapter
from glmkit.model.files import WEIGHTS_FILE
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.weights import base_fingerprint, save_model_folder
from glmkit.serving.api.app import Access
from glmkit.serving.api.command import Place
from glmkit.serving.api.engine_loop import EngineLoop
from glmkit.serving.api.engine_process import EngineProcess
from glmkit.serving.api.engine_thread import EngineThread
from glmkit.serving.api.guard import LOOPBACK_HOSTS
from glmkit.serving.engine import Engine

CHAT = "/v1/chat/completions"
BODY = {"messages": [{"role": "user", "content": "hello"}], "temperature": 0}
NAMES = ("run", "law", "tax", "weather")
CUT_BYTES = 100  # off the end of a file that is damaged


@pytest.fixture
def root(api_glm: GLM, tokenizer_file: Path, tmp_path: Path) -> Path:
    """A folder with a model "talking", and a folder of four adapters."""
    save_model_folder(api_glm, tmp_path / "talking")
    shutil.copyfile(tokenizer_file, tmp_path / "talking" / "tokenizer.model")
    for seed, name in enumerate(NAMES):
        encoder = PrefixEncoder(api_glm.config, prefix_len=4)
        encoder.init_normal(std=2.0, generator=torch.Generator().manual_seed(seed))
        metadata = {"base": "talking", "base_fingerprint": base_fingerprint(api_glm), "tools_layout": "as_is"}
        save_adapter(tmp_path / "adapters" / name, encoder, metadata)
    return tmp_path


@pytest.fixture
def host(root: Path) -> EngineProcess:
    return host_of(root / "talking")


@pytest.fixture
def serving(start: Start, root: Path, host: EngineProcess) -> Iterator[Running]:
    """A server of a run: its adapter goes first, then the base, then the others."""
    access = Access(hosts=LOOPBACK_HOSTS, adapter_folder=root / "adapters", may_change_adapters=True)
    adapters = [Place(name, root / "adapters" / name, "as_is") for name in NAMES]
    places = [adapters[0], Place("talking", None, "as_is"), *adapters[1:]]
    with start(host=host, access=access, places=places) as running:
        yield running


def kill(server: Running, host: EngineProcess) -> None:
    """End the engine's process and wait for the next one."""
    os.kill(host.pid, signal.SIGKILL)
    server.wait_until(lambda: server.api.loop.state == "restarting")
    wait_until_healthy(server)


def text_of(server: Running, **model: str) -> str:
    return str(server.chat(**model)["message"]["content"])


def damage(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-CUT_BYTES])


def listed(server: Running) -> list[str]:
    return [model["id"] for model in server.request("GET", "/v1/models")[1]["data"]]


def check_unavailable(server: Running, **model: str) -> None:
    for more in ({}, {"stream": True}):
        status, answer = server.post(CHAT, {**BODY, **model, **more})
        assert (status, answer["error"]["code"], answer["error"]["param"]) == (503, "model_unavailable", "model")
        assert answer["error"]["type"] == "server_error" and "could not be loaded again" in answer["error"]["message"]


def test_an_engine_comes_back_without_an_adapter_that_is_gone_and_one_that_is_damaged(
    serving: Running, host: EngineProcess, root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = {name: text_of(serving, model=name) for name in NAMES}
    assert len({ANSWER, *before.values()}) == 5 and text_of(serving) == before["run"]
    shutil.move(root / "adapters" / "run", root / "elsewhere")
    law = root / "adapters" / "law" / WEIGHTS_FILE
    whole = law.read_bytes()
    damage(law)
    shutil.rmtree(root / "adapters" / "tax")
    assert {name: text_of(serving, model=name) for name in NAMES} == before  # nobody needs the files yet
    capfd.readouterr()
    kill(serving, host)

    errors = capfd.readouterr().err
    for name in ("run", "law", "tax"):
        (line,) = [line for line in errors.splitlines() if f"without the adapter {name}: " in line]
        assert str(root / "adapters" / name) in line
    assert listed(serving) == ["talking", "weather"]
    check_unavailable(serving)  # a request that names no model means the first one, and gets no other
    check_unavailable(serving, model="run")
    check_unavailable(serving, model="law")
    assert serving.request("GET", "/v1/models/law")[0] == 503
    assert (text_of(serving, model="talking"), text_of(serving, model="weather")) == (ANSWER, before["weather"])
    page = serving.request("GET", "/metrics")[1]
    assert [line for line in page.splitlines() if line.startswith("glmkit:adapter_unavailable")] == [
        'glmkit:adapter_unavailable{model_name="run"} 1.0',
        'glmkit:adapter_unavailable{model_name="law"} 1.0',
        'glmkit:adapter_unavailable{model_name="tax"} 1.0',
    ]
    entries: list[Any] = serving.request("GET", "/v1/adapters")[1]["data"]
    assert {entry["id"]: entry["loaded"] for entry in entries} == {
        **dict.fromkeys(("run", "law", "tax"), False),
        "weather": True,
    }

    # One may be given up; back where it was, one can be loaded at once; the next engine tries what is still wanted.
    assert serving.post("/v1/adapters/unload", {"name": "tax"})[0] == 200
    assert serving.post(CHAT, {**BODY, "model": "tax"})[1]["error"]["code"] == "model_not_found"
    shutil.move(root / "elsewhere", root / "adapters" / "run")
    assert serving.post("/v1/adapters/load", {"name": "run"})[0] == 200
    assert listed(serving) == ["run", "talking", "weather"] and text_of(serving) == before["run"]
    assert serving.post("/v1/adapters/unload", {"name": "weather"})[0] == 200
    law.write_bytes(whole)
    kill(serving, host)
    assert listed(serving) == ["run", "talking", "law"]
    assert (text_of(serving), text_of(serving, model="law")) == (before["run"], before["law"])
    assert serving.post(CHAT, {**BODY, "model": "weather"})[1]["error"]["code"] == "model_not_found"
    assert "adapter_unavailable{" not in serving.request("GET", "/metrics")[1]
    shutil.rmtree(root / "adapters")
    status, body = serving.post("/v1/adapters/load", {"name": "weather"})
    assert (status, body["error"]["code"]) == (404, "adapter_not_found")
    entries = serving.request("GET", "/v1/adapters")[1]["data"]
    assert [entry["id"] for entry in entries] == ["law", "run"]


def test_a_server_does_not_start_with_a_damaged_adapter(root: Path, api_glm: GLM, small_tokenizer: Tokenizer) -> None:
    damage(root / "adapters" / "law" / WEIGHTS_FILE)

    async def start() -> None:
        loop = EngineLoop(EngineThread(lambda: Engine(api_glm, small_tokenizer)))
        loop.adapters.update({name: root / "adapters" / name for name in NAMES})
        try:
            await loop.start()
        finally:
            await loop.stop(5)

    with pytest.raises(ModelError, match=r"law.*cannot be read as a file of tensors") as told:
        asyncio.run(start())
    assert told.value.exit_code == 2
