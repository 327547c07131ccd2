"""Hub downloads: what counts as a hub id, what is asked for, and one clear line when no hub answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from glmkit.hub import _wanted, is_hub_id

NOWHERE = "http://127.0.0.1:9"  # the discard port: refused at once
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("name", ["THUDM/chatglm3-6b", "org/a.b_c", "0-0/x"])
def test_org_and_name_is_a_hub_id(name: str) -> None:
    assert is_hub_id(name)


@pytest.mark.parametrize("name", ["chatglm3", "a/b/c", "/abs/path", "../x", "./a", "a/..", "~/x", "a b/c", "a/"])
def test_anything_else_is_not(name: str) -> None:
    assert not is_hub_id(name)


def test_only_data_is_asked_for_and_one_kind_of_weights() -> None:
    code = ["config.json", "modeling_chatglm.py", "tokenizer.model"]
    assert _wanted([*code, "a.safetensors", "a.bin"]) == ["*.json", "tokenizer.model", "*.safetensors"]
    assert _wanted([*code, "a.bin"]) == ["*.json", "tokenizer.model", "*.bin"]


def load(hub_id: str, folder: Path, hub: str) -> subprocess.CompletedProcess[str]:
    """Load a model in a process of its own, since the clients read the environment when they are imported."""
    code = (
        "import sys\n"
        "from glmkit.errors import ModelError, set_language\n"
        "from glmkit.loading import load_model, resolve\n"
        "set_language('en')\n"
        "try: print(load_model(sys.argv[1], device='cpu').config.num_layers, resolve(sys.argv[1]).base)\n"
        "except ModelError as error: print(error)\n"
    )
    proxies = ("http_proxy", "https_proxy", "all_proxy")
    environment = {name: value for name, value in os.environ.items() if name.lower() not in proxies}
    environment |= {
        "HF_ENDPOINT": hub,
        "HF_HOME": str(folder / "huggingface"),
        "HF_HUB_DISABLE_XET": "1",
        "MODELSCOPE_ENDPOINT": NOWHERE,
        "MODELSCOPE_CACHE": str(folder / "modelscope"),
    }
    command = [sys.executable, "-c", code, hub_id]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def test_offline_gives_one_line_that_names_both_hubs(tmp_path: Path) -> None:
    done = load("no-such-org/no-such-model", tmp_path, NOWHERE)
    assert done.stdout == (
        "no-such-org/no-such-model is neither a folder here nor to be had from a hub "
        f"(Hugging Face: no answer from {NOWHERE}; ModelScope: no answer from {NOWHERE})\n"
    )
    assert "no-such-org/no-such-model is not on this disk; asking Hugging Face" in done.stderr


@pytest.fixture
def local_hub(golden: Path) -> Iterator[str]:
    """A server that speaks as much of the Hugging Face protocol as a download needs, and has one model."""
    names = ("config.json", "model.safetensors")
    files = {name: (golden / "tiny-chatglm3" / name).read_bytes() for name in names}
    files["modeling_chatglm.py"] = b"raise SystemExit('code of a model repository was run')"

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            if self.path.startswith("/api/models/org/tiny/tree/"):
                self.answer(
                    json.dumps([{"type": "file", "path": n, "size": len(b), "oid": n} for n, b in files.items()])
                )
            elif self.path.startswith("/api/models/org/tiny"):
                siblings = [{"rfilename": n} for n in files]
                self.answer(json.dumps({"id": "org/tiny", "sha": COMMIT, "siblings": siblings}))
            elif self.path.startswith("/org/tiny/resolve/") and name in files:
                self.answer(files[name], {"ETag": f'"{name}"', "X-Repo-Commit": COMMIT})
            else:
                self.answer("{}", status=200 if self.path == "/" else 404)

        do_HEAD = do_GET

        def answer(self, body: str | bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
            content = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            for header, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
                self.send_header(header, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_a_model_is_downloaded_without_its_code_and_found_again_offline(tmp_path: Path, local_hub: str) -> None:
    online = load("org/tiny", tmp_path, local_hub)
    layers, base = online.stdout.split()
    assert layers == "3"
    assert sorted(path.name for path in Path(base).iterdir()) == ["config.json", "model.safetensors"]
    assert load("org/tiny", tmp_path, NOWHERE).stdout == online.stdout


@pytest.mark.slow
def test_an_unknown_name_is_the_hubs_own_answer(tmp_path: Path, local_hub: str) -> None:
    said = load("org/nothing", tmp_path, local_hub).stdout
    assert "(Hugging Face: " in said and "404" in said
