"""The load generator: its figures are right, its prompts share what they should, faults of the server are told."""

from __future__ import annotations

import importlib.util
import json
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from api_server import Running, Start

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "serve_load.py"


@pytest.fixture(scope="module")
def serve_load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("serve_load", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["serve_load"] = module
    spec.loader.exec_module(module)
    return module


def test_a_run_counts_what_the_server_generated(
    serve_load: ModuleType, server: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "load.json"
    flags = ["--concurrency", "4", "--requests", "12", "--prompt-words", "8", "--max-tokens", "6", "--vary", "0"]
    assert serve_load.main([f"{server.url}/v1", *flags, "--ignore-eos", "--output", str(output)]) == 0
    result = json.loads(output.read_text())
    figures = result["figures"]
    assert (result["model"], figures["requests"], figures["errors"]) == ("talking", 12, 0)
    assert figures["generated_tokens"] == 12 * 6 and figures["mean_reply_tokens"] == 6
    assert figures["generated_tokens_per_s"] == pytest.approx(72 / figures["seconds"])
    assert 0 < figures["time_to_first_token_s"]["p50"] <= figures["request_s"]["p50"] <= figures["request_s"]["p99"]
    assert output.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert "generated tokens per s" in capsys.readouterr().out


def test_prompts_repeat_by_seed_and_groups_share_their_beginning(serve_load: ModuleType) -> None:
    def contents(**more: Any) -> list[str]:
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in more.items()]
        arguments = serve_load.parse_arguments(["http://x", "--requests=6", "--prompt-words=20", *flags])
        return [body["messages"][0]["content"] for body in serve_load.make_bodies(arguments, "m")]

    assert contents() == contents() != contents(seed=1)
    shared = contents(shared_words=10, groups=2)
    beginnings = [" ".join(text.split()[:10]) for text in shared]
    assert beginnings[::2] == [beginnings[0]] * 3 and beginnings[1::2] == [beginnings[1]] * 3
    assert beginnings[0] != beginnings[1] and len(set(shared)) == 6


def test_percentiles_lie_between_values_by_line(serve_load: ModuleType) -> None:
    assert [serve_load.percentile([4.0, 1.0, 3.0, 2.0], p) for p in (0, 50, 100)] == [1.0, 2.5, 4.0]
    assert serve_load.percentile([], 50) is None


def test_clients_that_leave_are_counted_apart(serve_load: ModuleType, server: Running) -> None:
    flags = ["--requests", "6", "--drop", "1", "--max-tokens", "40", "--ignore-eos"]
    assert serve_load.main([server.url, *flags]) == 0
    server.wait_until(lambda: server.api.loop.num_open == 0)


@pytest.mark.filterwarnings("ignore")
def test_a_server_that_is_none_and_refused_requests_are_told(
    serve_load: ModuleType, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert serve_load.main([url]) == 1
    assert "does not answer as an OpenAI-compatible server" in capsys.readouterr().err
    with start(max_batch=1, max_queue=0) as small:
        assert serve_load.main([small.url, "--requests", "8", "--concurrency", "4", "--ignore-eos"]) == 1
    assert "HTTP 429" in capsys.readouterr().err


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_many_streams_at_once_complete_while_others_leave(serve_load: ModuleType, start: Start, count: int) -> None:
    with start(max_batch=64) as big:
        arguments = [big.url, "--concurrency", f"{count}", "--requests", f"{count}", "--drop", "0.2", "--ignore-eos"]
        options = serve_load.parse_arguments([*arguments, "--max-tokens", "20", "--prompt-words", "8"])
        client = serve_load.Client(options.url, "")
        outcomes, seconds = serve_load.asyncio.run(serve_load.load(options, client, "talking"))
        figures = serve_load.summarise(outcomes, seconds)
        assert (figures["requests"], figures["errors"]) == (count, 0)
        assert 0.1 * count < figures["dropped"] < 0.3 * count
        expected = {body["seed"]: body["max_tokens"] for body in serve_load.make_bodies(options, "talking")}
        whole = sorted(outcome.tokens for outcome in outcomes if not outcome.was_dropped)
        assert len(whole) == count - figures["dropped"] and set(whole) <= set(expected.values())
        big.wait_until(lambda: big.api.loop.num_open == 0)
