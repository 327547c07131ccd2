"""Load for any OpenAI-compatible server: how fast it answers many clients at once.

    python benchmarks/serve_load.py http://127.0.0.1:8000 --concurrency 32 --requests 128

So many clients each send streamed chats, one after the other, until all requests are sent or the time is up. Prompts
are drawn by seed; their first ``--shared-words`` are the same for groups of requests, as tool documents are. Latencies
are seen from the client; tokens are those of the server's ``usage``, or pieces of the stream where it sends none.
Prints a table, writes a JSON file and a picture. The key, if one is needed, is read from OPENAI_API_KEY. Only the
standard library and matplotlib: no client library's own speed is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import ssl
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

WORDS = ("time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world", "school", "state")
PERCENTILES = (50, 90, 99)
MAX_LINE_BYTES = 2**20


@dataclass
class Outcome:
    """One request: seconds from sending it, counts, and why it failed where it did."""

    began_s: float
    first_token_s: float | None = None
    gaps_s: list[float] = field(default_factory=list)
    total_s: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    tokens: int = 0
    was_dropped: bool = False
    error: str = ""


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Load for any OpenAI-compatible server.")
    parser.add_argument("url", help="of the server, with or without /v1")
    parser.add_argument("--model", default="", help="default: the first one of /v1/models")
    for name, default, text in (
        ("concurrency", 8, "clients at once"),
        ("requests", 64, "requests in all"),
        ("prompt-words", 64, "words of a prompt"),
        ("shared-words", 0, "words of its beginning that a group of requests shares"),
        ("groups", 1, "groups, each with its own beginning"),
        ("max-tokens", 64, "longest reply"),
        ("seed", 0, "of the prompts"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{text} (default {default})")
    parser.add_argument("--temperature", type=float, help="0 is greedy (default: the server's)")
    parser.add_argument("--vary", type=float, default=0.5, help="share by which lengths vary (default 0.5)")
    parser.add_argument("--drop", type=float, default=0.0, help="share of requests whose client leaves half-way")
    parser.add_argument("--limit-s", type=float, default=300.0, help="stop after so many seconds (default 300)")
    parser.add_argument("--ignore-eos", action="store_true", help="replies of full length, where the server can")
    parser.add_argument("--output", default="", help="JSON file; the picture lies beside it")
    arguments = parser.parse_args(argv)
    for name in ("concurrency", "requests", "prompt_words", "groups", "max_tokens"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    for name in ("vary", "drop"):
        if not 0 <= getattr(arguments, name) <= 1:
            parser.error(f"--{name} must be from 0 to 1")
    arguments.url = arguments.url.rstrip("/").removesuffix("/v1")
    if urlsplit(arguments.url).scheme not in ("http", "https"):
        parser.error(f"{arguments.url!r} is no http or https URL")
    return arguments


def make_bodies(arguments: argparse.Namespace, model: str) -> list[dict[str, Any]]:
    """Return the body of every request, the same ones for the same seed."""
    draw = random.Random(arguments.seed)

    def words(count: int) -> str:
        return " ".join(draw.choice(WORDS) for _ in range(count))

    def varied(middle: int) -> int:
        return max(1, round(middle * draw.uniform(1 - arguments.vary, 1 + arguments.vary)))

    beginnings = [words(arguments.shared_words) for _ in range(arguments.groups)]
    more: dict[str, Any] = {"ignore_eos": True} if arguments.ignore_eos else {}
    more |= {} if arguments.temperature is None else {"temperature": arguments.temperature}
    bodies = []
    for i in range(arguments.requests):
        own = words(varied(max(1, arguments.prompt_words - arguments.shared_words)))
        content = f"{beginnings[i % arguments.groups]} {own}".strip()
        body = {"model": model, "messages": [{"role": "user", "content": content}], "stream": True}
        bodies.append({**body, "max_tokens": varied(arguments.max_tokens), "seed": i, **more})
    return [{**body, "stream_options": {"include_usage": True}} for body in bodies]


class Client:
    """The little of HTTP/1.1 that a benchmark needs: one connection a request."""

    def __init__(self, url: str, key: str) -> None:
        self._url = urlsplit(url)
        self._key = key

    async def lines(self, method: str, path: str, body: Any = None) -> AsyncIterator[bytes]:
        """Yield the body of a response line by line. Raises OSError and ValueError."""
        secure = self._url.scheme == "https"
        host, port = self._url.hostname or "", self._url.port or (443 if secure else 80)
        context = ssl.create_default_context() if secure else None
        reader, writer = await asyncio.open_connection(host, port, ssl=context, limit=MAX_LINE_BYTES)
        try:
            data = b"" if body is None else json.dumps(body).encode()
            fields = {"Host": self._url.netloc, "Connection": "close", "Content-Length": str(len(data))}
            fields |= {"Content-Type": "application/json"} if data else {}
            fields |= {"Authorization": f"Bearer {self._key}"} if self._key else {}
            head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            writer.write(f"{method} {self._url.path}{path} HTTP/1.1\r\n{head}\r\n".encode() + data)
            await writer.drain()
            status = int((await reader.readline()).split()[1])
            headers = (await reader.readuntil(b"\r\n\r\n")).lower()
            if status != 200:
                raise ValueError(f"HTTP {status}: {(await reader.read(500)).decode(errors='replace')}")
            if b"transfer-encoding: chunked" not in headers:
                while line := await reader.readline():
                    yield line
                return
            rest = b""
            while size := int(await reader.readline(), 16):
                rest += await reader.readexactly(size)
                await reader.readline()
                *whole, rest = rest.split(b"\n")
                for line in whole:
                    yield line
            yield rest
        finally:
            writer.close()


async def ask(client: Client, body: dict[str, Any], drops: bool, began: float) -> Outcome:
    """Send one request and time what comes back."""
    sent = time.perf_counter()
    outcome = Outcome(began_s=sent - began)
    last, pieces = sent, 0
    lines = client.lines("POST", "/v1/chat/completions", body)
    try:
        async for line in lines:
            now = time.perf_counter()
            if not line.startswith(b"data: ") or line.strip() == b"data: [DONE]":
                continue
            event = json.loads(line[6:])
            if "error" in event:
                raise ValueError(str(event["error"]))
            if usage := event.get("usage"):
                outcome.prompt_tokens, outcome.tokens = usage["prompt_tokens"], usage["completion_tokens"]
                outcome.cached_tokens = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
            delta = event["choices"][0]["delta"] if event.get("choices") else {}
            if not (delta.get("content") or delta.get("tool_calls") or delta.get("reasoning_content")):
                continue
            pieces += 1
            if outcome.first_token_s is None:
                outcome.first_token_s = now - sent
            else:
                outcome.gaps_s.append(now - last)
            last = now
            if drops and pieces >= body["max_tokens"] // 2:
                outcome.was_dropped = True
                break
    except (OSError, ValueError, IndexError, KeyError, asyncio.IncompleteReadError) as error:
        outcome.error = f"{type(error).__name__}: {error}"[:300]
    finally:
        await lines.aclose()  # type: ignore[attr-defined]
    outcome.tokens = outcome.tokens or pieces
    outcome.total_s = time.perf_counter() - sent
    return outcome


async def load(arguments: argparse.Namespace, client: Client, model: str) -> tuple[list[Outcome], float]:
    """Send all requests; return their outcomes and the seconds it took."""
    draw = random.Random(arguments.seed + 1)
    jobs = iter([(body, draw.random() < arguments.drop) for body in make_bodies(arguments, model)])
    outcomes: list[Outcome] = []
    began = time.perf_counter()

    async def work() -> None:
        for body, drops in jobs:
            outcomes.append(await ask(client, body, drops, began))

    workers = [asyncio.create_task(work()) for _ in range(min(arguments.concurrency, arguments.requests))]
    await asyncio.wait(workers, timeout=arguments.limit_s)
    for worker in workers:
        worker.cancel()
    for failure in await asyncio.gather(*workers, return_exceptions=True):
        if isinstance(failure, Exception):
            raise failure
    return outcomes, time.perf_counter() - began


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return the value below which ``percent`` of the values lie, between two of them by line; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def summarise(outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """Return all figures of a run; a request that failed counts among the errors alone."""
    good = [outcome for outcome in outcomes if not outcome.error]
    whole = [outcome for outcome in good if not outcome.was_dropped]
    series = {
        "time_to_first_token_s": [outcome.first_token_s for outcome in good if outcome.first_token_s is not None],
        "between_tokens_s": [gap for outcome in good for gap in outcome.gaps_s],
        "request_s": [outcome.total_s for outcome in whole],
    }
    return {
        "requests": len(outcomes),
        "errors": len(outcomes) - len(good),
        "dropped": len(good) - len(whole),
        "seconds": seconds,
        "requests_per_s": len(good) / seconds,
        "generated_tokens": sum(outcome.tokens for outcome in good),
        "generated_tokens_per_s": sum(outcome.tokens for outcome in good) / seconds,
        "prompt_tokens": sum(outcome.prompt_tokens for outcome in good),
        "cached_tokens": sum(outcome.cached_tokens for outcome in good),
        "mean_reply_tokens": statistics.fmean([outcome.tokens for outcome in whole]) if whole else 0.0,
        **{name: {f"p{p}": percentile(values, p) for p in PERCENTILES} for name, values in series.items()},
    }


def print_table(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        if isinstance(value, dict):
            text = "  ".join(f"{key} {'-' if number is None else f'{number:.4f}'}" for key, number in value.items())
        else:
            text = f"{value:.2f}" if isinstance(value, float) else str(value)
        print(f"{name.replace('_', ' '):<26}{text}")


def draw_picture(outcomes: Sequence[Outcome], figures: dict[str, Any], title: str, path: Path) -> None:
    """Write a picture: how latencies are distributed, and when each request ran."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    good = sorted((outcome for outcome in outcomes if not outcome.error), key=lambda outcome: outcome.began_s)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for name, values in (
        ("first token", [outcome.first_token_s for outcome in good if outcome.first_token_s is not None]),
        ("between tokens", [gap for outcome in good for gap in outcome.gaps_s]),
        ("whole request", [outcome.total_s for outcome in good if not outcome.was_dropped]),
    ):
        if values:
            shares = [(i + 1) / len(values) * 100 for i in range(len(values))]
            left.plot(sorted(values), shares, label=name)
    left.set(xscale="log", xlabel="seconds", ylabel="% of cases below", title="latencies")
    left.grid(alpha=0.3)
    left.legend()
    for row, outcome in enumerate(good):
        first = outcome.first_token_s if outcome.first_token_s is not None else outcome.total_s
        right.plot([outcome.began_s, outcome.began_s + first], [row, row], color="tab:orange", linewidth=1)
        end = outcome.began_s + outcome.total_s
        right.plot([outcome.began_s + first, end], [row, row], color="tab:blue", linewidth=1)
    rate = figures["generated_tokens_per_s"]
    right.set(xlabel="seconds", ylabel="request", title=f"waiting (orange), answering (blue): {rate:,.0f} tokens/s")
    figure.suptitle(title)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


async def first_model(client: Client) -> str:
    """Return the name of the first model that the server lists."""
    text = b"".join([line async for line in client.lines("GET", "/v1/models")])
    return str(json.loads(text)["data"][0]["id"])


def main(argv: Sequence[str] | None = None) -> int:
    arguments = parse_arguments(argv)
    client = Client(arguments.url, os.environ.get("OPENAI_API_KEY", ""))

    async def run() -> tuple[str, list[Outcome], float]:
        model = arguments.model or await first_model(client)
        return model, *await load(arguments, client, model)

    try:
        model, outcomes, seconds = asyncio.run(run())
    except (OSError, ValueError, LookupError) as error:
        print(f"error: {arguments.url} does not answer as an OpenAI-compatible server: {error}", file=sys.stderr)
        return 1
    figures = summarise(outcomes, seconds)
    print_table(figures)
    for error in sorted({outcome.error for outcome in outcomes if outcome.error})[:5]:
        print(f"error: {error}", file=sys.stderr)
    if arguments.output:
        output = Path(arguments.output)
        settings = {name: value for name, value in vars(arguments).items() if name != "output"}
        result = {"settings": settings, "model": model, "machine": platform.platform(), "figures": figures}
        output.write_text(
            json.dumps({**result, "outcomes": [asdict(outcome) for outcome in outcomes]}, indent=1) + "\n"
        )
        title = f"{model}, {arguments.concurrency} clients, {len(outcomes)} requests"
        draw_picture(outcomes, figures, title, output.with_suffix(".png"))
        print(f"written: {output} and {output.with_suffix('.png')}", file=sys.stderr)
    return 1 if figures["errors"] or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
