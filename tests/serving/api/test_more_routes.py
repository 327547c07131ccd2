"""Completions, logprobs, ids and text, metrics, and adapters that come and go."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from api_server import ANSWER, Running, Start, fail_once

from glmkit.chat.tokenizer import Tokenizer
from glmkit.model.adapter import save_adapter
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.weights import base_fingerprint
from glmkit.serving.api.app import Access
from glmkit.serving.api.guard import LOOPBACK_HOSTS

CHAT, TEXT = "/v1/chat/completions", "/v1/completions"
AUDITED: dict[str, Callable[[str, tuple[Any, ...]], None]] = {}  # who is told what the interpreter does


def test_a_completion_goes_on_with_its_prompt(server: Running, small_tokenizer: Tokenizer) -> None:
    more = {"temperature": 0, "max_tokens": 6, "ignore_eos": True}
    status, body = server.post(TEXT, {"prompt": "The quick", "echo": True, **more})
    assert (status, body["object"]) == (200, "text_completion") and body["id"].startswith("cmpl-")
    text = body["choices"][0]["text"]
    assert text.startswith("The quick") and len(text) > 9
    tokens = server.post("/tokenize", {"prompt": "The quick"})[1]["tokens"]
    assert tokens[:2] == [small_tokenizer.special_ids[name] for name in ("[gMASK]", "sop")]
    by_ids = server.post(TEXT, {"prompt": tokens, **more})[1]["choices"][0]["text"]
    assert "The quick" + by_ids == text
    events = server.events(TEXT, {"prompt": "The quick", "echo": True, **more})
    assert "".join(event["choices"][0]["text"] for event in events) == text
    assert events[-1]["choices"][0]["finish_reason"] == "length"


def test_several_prompts_have_n_choices_each(server: Running) -> None:
    body = {"prompt": ["The quick", "hello"], "n": 2, "temperature": 0, "max_tokens": 3, "ignore_eos": True}
    answer = server.post(TEXT, body)[1]
    texts = [choice["text"] for choice in answer["choices"]]
    assert texts[0] == texts[1] and texts[2] == texts[3]
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2, 3]
    lengths = [len(server.post("/tokenize", {"prompt": prompt})[1]["tokens"]) for prompt in body["prompt"]]
    assert answer["usage"]["prompt_tokens"] == sum(lengths)
    assert answer["usage"]["completion_tokens"] == 12


@pytest.mark.parametrize(
    ("more", "param", "sentence"),
    [
        ({}, "prompt", "is missing"),
        ({"prompt": []}, "prompt", "is empty"),
        ({"prompt": ["x"] * 65}, "prompt", "at most 64 items"),
        ({"prompt": ["x"] * 60, "n": 2}, "prompt", "120 is more than this server takes (64)"),
        ({"prompt": [[1, -1]]}, "prompt", "it is"),
        ({"prompt": [10**6]}, None, "the prompt holds id 1000000 at position 0"),
        ({"prompt": ""}, None, ""),
        ({"prompt": "x", "suffix": "y"}, "suffix", "is not supported"),
        ({"prompt": "x", "echo": True, "logprobs": 1}, "echo", "is not supported"),
    ],
)
def test_a_completion_that_cannot_be_is_refused(server: Running, more: dict, param: str, sentence: str) -> None:
    status, body = server.post(TEXT, {"max_tokens": 1, **more})
    if more.get("prompt") == "":  # the start of a text is a prompt, too
        assert status == 200
        return
    assert (status, body["error"]["param"]) == (400, param)
    assert sentence in body["error"]["message"]


def test_logprobs_are_those_of_the_tokens_sent(server: Running) -> None:
    body = {"messages": [{"role": "user", "content": "hello"}], "temperature": 0, "logprobs": True, "top_logprobs": 3}
    answer = server.post(CHAT, body)[1]
    content = answer["choices"][0]["logprobs"]["content"]
    assert len(content) == answer["usage"]["completion_tokens"]
    assert bytes(byte for entry in content for byte in entry["bytes"]).decode().strip().endswith("jumps  over.")
    for entry in content:
        assert len(entry["top_logprobs"]) == 3
        assert entry["logprob"] <= 0 and entry["top_logprobs"][0]["logprob"] == entry["logprob"]
        assert sum(math.exp(top["logprob"]) for top in entry["top_logprobs"]) <= 1.0001
    events = server.events(CHAT, body)
    streamed = [e for event in events for e in (event["choices"][0]["logprobs"] or {"content": []})["content"]]
    assert streamed == content
    plain = server.post(CHAT, {**body, "top_logprobs": None})[1]["choices"][0]["logprobs"]["content"]
    assert [entry["top_logprobs"] for entry in plain] == [[]] * len(content)


def test_logprobs_of_a_completion_are_parallel_lists(server: Running) -> None:
    body = {"prompt": "The quick", "temperature": 0, "max_tokens": 4, "logprobs": 2, "ignore_eos": True}
    answer = server.post(TEXT, body)[1]
    logprobs = answer["choices"][0]["logprobs"]
    assert {key: len(value) for key, value in logprobs.items()} == dict.fromkeys(logprobs, 4)
    assert logprobs["text_offset"][0] == 0 and len(logprobs["top_logprobs"][0]) == 2


@pytest.mark.parametrize(
    "more",
    [
        {"logit_bias": {"5": 100}},
        {"presence_penalty": 2, "repetition_penalty": 2},
        {"frequency_penalty": 2, "repetition_penalty": 2},
        {"min_tokens": 60},
        {"ignore_eos": True, "max_tokens": 60},
        {"temperature": 2, "seed": 3},
        {"temperature": 2, "top_p": 1, "top_k": 50, "seed": 3},
    ],
)
def test_every_setting_of_the_sampler_reaches_it(server: Running, more: dict) -> None:
    assert server.chat("hello", max_tokens=more.pop("max_tokens", 100), **more)["message"]["content"] != ANSWER


def test_min_p_and_top_k_keep_the_likeliest(server: Running) -> None:
    for more in ({"min_p": 1.0}, {"top_k": 1}):
        assert server.chat("hello", temperature=2, top_p=1, **more)["message"]["content"] == ANSWER


def test_tokenize_and_detokenize_are_inverse(server: Running, small_tokenizer: Tokenizer) -> None:
    text = "今天天气 <|user|> 🙂\n x"
    body = server.post("/tokenize", {"prompt": text, "add_special_tokens": False, "return_token_strs": True})[1]
    assert (body["count"], body["max_model_len"]) == (len(body["tokens"]), 1024)
    assert body["token_strs"] == [small_tokenizer.piece(id) for id in body["tokens"]]
    assert server.post("/detokenize", {"tokens": body["tokens"]})[1] == {"prompt": text}
    assert server.post("/tokenize", {})[1]["error"]["message"] == "give either prompt or messages"
    assert server.post("/detokenize", {"tokens": [-1]})[0] == 400


def test_the_metrics_have_the_names_that_dashboards_know(server: Running) -> None:
    server.chat()
    status, page, fields = server.request("GET", "/metrics")
    assert status == 200 and fields["content-type"].startswith("text/plain")
    values = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in page.splitlines() if line[0] != "#"}
    label = '{model_name="talking"}'
    for name in ("prompt_tokens_total", "generation_tokens_total", "time_to_first_token_seconds_count"):
        assert values[f"vllm:{name}{label}"] > 0
    for name in ("inter_token_latency_seconds", "e2e_request_latency_seconds", "request_queue_time_seconds"):
        assert values[f"vllm:{name}_count{label}"] > 0
    assert values[f"vllm:request_time_per_output_token_seconds_count{label}"] > 0
    assert values[f"vllm:num_requests_running{label}"] == 0 == values[f"vllm:num_requests_waiting{label}"]
    assert 0 <= values[f"vllm:kv_cache_usage_perc{label}"] <= 1
    assert values[f"vllm:prefix_cache_queries_total{label}"] >= values[f"vllm:prefix_cache_hits_total{label}"]
    assert values['vllm:request_success_total{finished_reason="stop",model_name="talking"}'] > 0


def test_cached_tokens_of_a_prompt_are_counted(server: Running) -> None:
    for _ in range(2):
        usage = server.post(CHAT, {"messages": [{"role": "user", "content": "hello " * 40}], "max_tokens": 1})[1][
            "usage"
        ]
    assert 16 <= usage["prompt_tokens_details"]["cached_tokens"] < usage["prompt_tokens"]


@pytest.fixture(scope="module")
def adapter_root(api_glm: GLM, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two adapters, a file, and a link to an adapter outside."""
    root = tmp_path_factory.mktemp("adapters")
    outside = tmp_path_factory.mktemp("outside")
    for seed, folder in enumerate((root / "first", root / "second", outside / "third")):
        encoder = PrefixEncoder(api_glm.config, prefix_len=4)
        encoder.init_normal(std=2.0, generator=torch.Generator().manual_seed(seed))
        metadata = {"base": "talking", "base_fingerprint": base_fingerprint(api_glm), "tools_layout": "schema"}
        save_adapter(folder, encoder, metadata)
    (root / "file").write_text("x")
    os.symlink(outside / "third", root / "link")
    return root


@pytest.fixture
def changing(start: Start, adapter_root: Path) -> Iterator[Running]:
    access = Access(hosts=LOOPBACK_HOSTS, adapter_folder=adapter_root, may_change_adapters=True)
    with start(access=access) as running:
        yield running


def test_adapters_are_models_that_come_and_go(changing: Running) -> None:
    def names() -> list[str]:
        return [model["id"] for model in changing.request("GET", "/v1/models")[1]["data"]]

    def states() -> dict[str, bool]:
        return {entry["id"]: entry["loaded"] for entry in changing.request("GET", "/v1/adapters")[1]["data"]}

    assert names() == ["talking"]
    assert states() == {"first": False, "link": False, "second": False}
    status, entry = changing.post("/v1/adapters/load", {"name": "first"})
    assert (status, entry["id"], entry["parent"]) == (200, "first", "talking")
    assert changing.post("/v1/adapters/load", {"name": "second"})[0] == 200
    assert names() == ["talking", "first", "second"]
    base, first, second = (changing.chat(model=name)["message"]["content"] for name in names())
    assert base == ANSWER and len({base, first, second}) == 3
    status, body = changing.post("/v1/adapters/load", {"name": "first"})
    assert (status, body["error"]["code"]) == (409, "adapter_loaded")
    assert changing.post("/v1/adapters/unload", {"name": "first"})[0] == 200
    assert names() == ["talking", "second"] and states()["first"] is False
    status, body = changing.post(CHAT, {"model": "first", "messages": [{"role": "user", "content": "x"}]})
    assert (status, body["error"]["code"]) == (404, "model_not_found")
    assert "there is no model 'first'; there are talking, second" in body["error"]["message"]
    assert changing.chat(model="second")["message"]["content"] == second


NAMES = [
    "../first",
    "/etc",
    "a%2fb",
    "first\0",
    "x" * 128,
    "ﬁrst",
    "CON",
    "file",
    "nothing",
    ".",
    "..",
    "link",
    "first/",
]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files that are opened and folders that are listed, by any thread of this process, from now on."""
    paths: list[Path] = []
    if not AUDITED:
        AUDITED["then"] = lambda event, arguments: None
        sys.addaudithook(lambda event, arguments: AUDITED["then"](event, arguments))  # until the process ends

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("open", "os.listdir", "os.scandir") and isinstance(arguments[0], (str, bytes)):
            paths.append(Path(os.fsdecode(arguments[0])))

    monkeypatch.setitem(AUDITED, "then", note)
    return paths


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_out_of_the_folder(changing: Running, adapter_root: Path, opened: list[Path], name: str) -> None:
    for action in ("load", "unload"):
        status, body = changing.post(f"/v1/adapters/{action}", {"name": name})
        assert (status, body["error"]["code"]) == (404, "adapter_not_found")
    assert changing.post("/v1/adapters/load", {"name": name * 100})[0] in (400, 404)
    assert {path for path in opened if path.suffix not in (".py", ".pyc")} <= {adapter_root}
    changing.request("GET", "/v1/adapters")
    assert adapter_root in opened  # it would have been seen


@pytest.mark.filterwarnings("ignore")
def test_adapters_survive_the_engine(changing: Running, api_glm: GLM) -> None:
    changing.post("/v1/adapters/load", {"name": "first"})
    before = changing.chat(model="first")["message"]["content"]
    fail_once(api_glm)
    assert changing.post(CHAT, {"messages": [{"role": "user", "content": "x"}]})[1]["error"]["code"] == "engine_died"
    changing.wait_until(lambda: changing.api.loop.state == "ready")
    assert changing.chat(model="first")["message"]["content"] == before


def test_adapters_of_other_servers_do_not_change(server: Running) -> None:
    for action in ("load", "unload"):
        status, body = server.post(f"/v1/adapters/{action}", {"name": "first"})
        assert (status, body["error"]["code"]) == (403, "adapter_changes_off")
    assert server.request("GET", "/v1/adapters")[1]["data"] == []


def test_a_folder_that_is_no_adapter_is_refused(changing: Running, adapter_root: Path) -> None:
    (adapter_root / "broken").mkdir(exist_ok=True)
    status, body = changing.post("/v1/adapters/load", {"name": "broken"})
    assert status == 400 and "broken" in body["error"]["message"]
    assert changing.chat()["message"]["content"] == ANSWER
