"""`glmkit serve` beside `transformers serve`: generated tokens a second for many clients at once, taking turns.

    python benchmarks/serve_peer.py --rounds 5 --requests 96 --streams 1000 --output results/serve_peer.json

Same weights (the peer's in Transformers' own layout, written to a scratch folder with a fast tokenizer and a chat
template), same prompts, same number type and threads, greedy replies of exactly ``--max-tokens``; both through HTTP
streams and the same load generator, serve_load.py. Before timing, prompt ids of both sides must be equal. Transformers
runs as it is by default, one request after the other, and with --continuous-batching. The model, the servers and the
clients share this machine: take the numbers from an idle one.

In each of ``--rounds`` every server has its turn, in an order that moves on by one from round to round: what changes
slowly on a machine (its heat, its neighbours) meets all of them. A server is started for its turn and ended after it,
so that no idle one disturbs and none has the prompts in its cache. The result gives medians, and the ratio of ours to
each peer in the same round with its range. ``--streams`` adds, in the first round, so many clients at once for glmkit.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import peft
import prepare_data
import serve_load
import torch
import transformers
from peer_transformers import load_peer

import glmkit
from glmkit.chat.protocol import encode_chat
from glmkit.loading import BUNDLED_MODEL, resolve
from glmkit.model.weights import save_model_folder

SPECIAL = ("[gMASK]", "sop", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")
# What encode_chat writes: the header line and the content are encoded apart, each behind a dummy space.
TEMPLATE = (
    "[gMASK]sop{% for message in messages %}<|{{ message['role'] }}|>\u2581\n\u2581{{ message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
PEERS = {"transformers serve": (), "transformers serve, continuous batching": ("--continuous-batching",)}
OURS, MANY = "glmkit serve", "glmkit serve, clients all at once"
START_S = 180.0


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="glmkit serve beside transformers serve")
    parser.add_argument("--model", default=BUNDLED_MODEL, help="folder or name (default: the bundled model)")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of each server")
    parser.add_argument("--rounds", type=int, default=3, help="turns of every server (default 3)")
    parser.add_argument("--concurrency", type=int, default=32, help="clients at once (default 32)")
    parser.add_argument("--requests", type=int, default=96, help="requests to glmkit (default 96)")
    parser.add_argument("--peer-requests", type=int, default=32, help="requests to each peer, which is slower")
    parser.add_argument("--prompt-words", type=int, default=64)
    parser.add_argument("--max-tokens", type=int, default=64, help="tokens of every reply")
    parser.add_argument("--limit-s", type=float, default=300.0, help="longest run of one server")
    parser.add_argument("--streams", type=int, default=0, help="clients at once of a further run, of glmkit alone")
    parser.add_argument("--output", type=Path, help="JSON file")
    options = parser.parse_args(argv)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    return options


def write_peer(source: Path, folder: Path, dtype: str) -> None:
    """Write the model as Transformers reads it: weights, tokenizer.json, chat template, replies of full length."""
    tokenizer = glmkit.load_tokenizer(source)
    model = glmkit.load_model(source, dtype="float32", device="cpu")
    save_model_folder(model, folder / "original")
    peer = load_peer(folder / "original").to(getattr(torch, dtype))
    peer.generation_config = transformers.GenerationConfig(do_sample=False, pad_token_id=0)  # no stop token
    peer.config.eos_token_id = None
    peer.save_pretrained(folder)
    prepare_data.write_peer_files(folder, tokenizer, model.config.max_seq_len)
    description = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    description["normalizer"] = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    ids = {name: tokenizer.special_ids[name] for name in SPECIAL}
    description["model"]["vocab"] |= ids
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    description["added_tokens"] = [
        {"id": id, "content": name, **flags} for name, id in sorted(ids.items(), key=lambda pair: pair[1])
    ]
    description["decoder"] = {
        "type": "Sequence",
        "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
        ],
    }
    (folder / "tokenizer.json").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": model.config.max_seq_len}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")


def check_prompts(source: Path, folder: Path, bodies: Sequence[dict[str, Any]]) -> None:
    """Compare the prompt ids of both sides."""
    ours, theirs = glmkit.load_tokenizer(source), transformers.AutoTokenizer.from_pretrained(folder)
    for body in bodies:
        found = theirs.apply_chat_template(body["messages"], add_generation_prompt=True, return_dict=False)
        wanted = encode_chat(body["messages"], ours)
        assert found == wanted, f"prompt ids differ:\n{found}\n{wanted}"


def load_settings(options: argparse.Namespace, requests: int, concurrency: int, *more: str) -> argparse.Namespace:
    """Return the settings of the load generator for one run."""
    words = ["--requests", requests, "--concurrency", concurrency, "--prompt-words", options.prompt_words]
    words += ["--max-tokens", options.max_tokens, "--limit-s", options.limit_s, "--vary", 0, "--temperature", 0]
    return serve_load.parse_arguments(["http://127.0.0.1", *map(str, words), *more])


@contextlib.contextmanager
def running(command: Sequence[str], port: int, threads: int) -> Iterator[str]:
    """Run a server until its /health answers; yield its URL, and end it."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1", "GOMP_SPINCOUNT": "10000"}
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            end = time.monotonic() + START_S
            while not is_up(url):
                if process.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    sys.exit(f"{' '.join(command)} did not start:\n{log.read().decode(errors='replace')[-3000:]}")
                time.sleep(0.2)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def measure(url: str, settings: argparse.Namespace, model: str) -> dict[str, Any]:
    """Load one server, after a warm-up of a few requests, and return the figures of the run."""
    client = serve_load.Client(url, "")
    warm = argparse.Namespace(**{**vars(settings), "requests": 4, "concurrency": 4, "seed": 99})
    asyncio.run(serve_load.load(warm, client, model))
    outcomes, seconds = asyncio.run(serve_load.load(settings, client, model))
    figures: dict[str, Any] = serve_load.summarise(outcomes, seconds)
    if errors := sorted({outcome.error for outcome in outcomes if outcome.error}):
        figures["first_error"] = errors[0]
    return figures


def order_of(names: Sequence[str], round: int) -> list[str]:
    """Return who comes when in a round: the first one moves to the end from round to round."""
    first = round % len(names)
    return [*names[first:], *names[:first]]


def command_of(name: str, options: argparse.Namespace, source: Path, peer: Path, port: int) -> list[str]:
    """Return the command line of a server."""
    if name == OURS:
        command = ["glmkit", "serve", str(source), "--name", "model", "--threads", str(options.threads)]
        more = ["--max-batch", str(options.concurrency)]
    else:
        command = ["transformers.cli.transformers", "serve", str(peer), "--host", "127.0.0.1"]
        more = list(PEERS[name])
    return [sys.executable, "-m", *command, "--port", str(port), "--dtype", options.dtype, "--device", "cpu", *more]


def run(options: argparse.Namespace, peer: Path) -> dict[str, list[dict[str, Any]]]:
    """Let the servers take turns; return the figures of each, round by round."""
    source = resolve(options.model).base
    write_peer(source, peer, options.dtype)
    check_prompts(source, peer, serve_load.make_bodies(load_settings(options, 16, 1), "m"))
    figures: dict[str, list[dict[str, Any]]] = {name: [] for name in (OURS, *PEERS)}
    many: list[dict[str, Any]] = []
    for round in range(options.rounds):
        for name in order_of(list(figures), round):
            port = free_port()
            with running(command_of(name, options, source, peer, port), port, options.threads) as url:
                if name == OURS:
                    settings = load_settings(options, options.requests, options.concurrency, "--ignore-eos")
                else:
                    settings = load_settings(options, options.peer_requests, options.concurrency)
                model = "model" if name == OURS else str(peer)
                figures[name].append(measure(url, settings, model))
                show(name, figures[name][-1])
                if name == OURS and options.streams and round == 0:
                    settings = load_settings(options, options.streams, options.streams, "--ignore-eos")
                    many.append(measure(url, settings, model))
                    show(f"{MANY} ({options.streams})", many[-1])
    return figures | ({MANY: many} if many else {})


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the median and the range of what some rounds brought."""
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def compare(figures: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return each server's rates, and how many times as fast as each peer ours was in the same round."""
    rates = {name: [each["generated_tokens_per_s"] for each in rounds] for name, rounds in figures.items()}
    ratios = {}
    for name in PEERS:
        pairs = [(ours, theirs) for ours, theirs in zip(rates[OURS], rates[name], strict=True) if theirs]
        each = [ours / theirs for ours, theirs in pairs]
        ratios[name] = {**spread(each), "rounds": each} if each else None
    return {"tokens_per_s": {name: spread(values) for name, values in rates.items()}, "ratios": ratios}


def show(name: str, figures: dict[str, Any]) -> None:
    print(
        f"{name:<42}{figures['generated_tokens_per_s']:>9.1f} tokens/s{figures['requests']:>6} requests,"
        f" {figures['errors']} errors, {figures['mean_reply_tokens']:.0f} tokens each",
        flush=True,
    )
    if "first_error" in figures:
        print(f"  {figures['first_error']}", flush=True)


def told(values: dict[str, float]) -> str:
    return f"{values['median']:.1f} ({values['lowest']:.1f} to {values['highest']:.1f})"


def main(argv: Sequence[str] | None = None) -> int:
    options = parse_arguments(argv)
    with tempfile.TemporaryDirectory() as scratch:
        results = run(options, Path(scratch))
    compared = compare(results)
    for name, rate in compared["tokens_per_s"].items():
        print(f"{name}: {told(rate)} tokens/s")
    for name, ratio in compared["ratios"].items():
        print(f"{OURS} is {'-' if ratio is None else told(ratio)} times as fast as {name}, in the same round")
    if options.output:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
        about = {
            "machine": platform.platform(),
            "cores": os.cpu_count(),
            "commit": commit,
            "versions": {module.__name__: module.__version__ for module in (torch, transformers, peft)},
        }
        settings = {name: value for name, value in vars(options).items() if name != "output"}
        orders = [order_of([OURS, *PEERS], round) for round in range(options.rounds)]
        written = {"settings": settings, "about": about, "order": orders, **compared, "figures": results}
        options.output.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    ours = [figures for name, rounds in results.items() if name not in PEERS for figures in rounds]
    return 1 if any(figures["errors"] for figures in ours) else 0


if __name__ == "__main__":
    sys.exit(main())
