"""What constrained replies cost: compile time, time of a mask, and invalid calls among random masked samples.

    python benchmarks/grammar.py [TOKENIZER_FOLDER] [--samples 1000]
    python benchmarks/grammar.py --throughput glmkit-mini [--rounds 5]

Every sample is a reply of random allowed tokens; it counts as invalid unless it reads back as a call of the tool whose
arguments fit its schema. Times are of the calls to ``write_mask`` alone, with the grammar shared as a server shares it.
``--throughput`` lets an engine answer with and without masks in turn, 32 requests at once and the same lengths of
prompts and replies, and compares the seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from glmkit.chat.conversation import TOOL_SENTENCE, Message, ToolCall
from glmkit.chat.json_schema import mismatches
from glmkit.chat.protocol import make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.loading import load_model, load_tokenizer, tools_layout_of
from glmkit.serving.engine import Engine
from glmkit.serving.grammar import GrammarCompiler
from glmkit.serving.params import SamplingParams

TOOLS: list[dict[str, Any]] = [
    {
        "name": "get_weather",
        "description": "",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "minimum": 1, "maximum": 14},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    },
    {
        "name": "book_train",
        "description": "",
        "parameters": {
            "type": "object",
            "properties": {
                "from": {"type": "string", "maxLength": 40},
                "to": {"type": "string", "maxLength": 40},
                "date": {"type": "string", "format": "date"},
                "seats": {"type": "array", "items": {"type": "string", "pattern": "^[0-9]{1,2}[A-F]$"}, "maxItems": 4},
                "passenger": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}},
                    "required": ["name"],
                },
                "price": {"type": "number", "minimum": 0},
                "options": {"type": "object"},
            },
            "required": ["from", "to", "date"],
        },
    },
]
CLOSING = (b"'", b'"', b")", b"]", b"}", b"\n", b"=")
CALM = 40  # tokens after which a walk mostly closes what is open


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    bundled = Path(__file__).parents[1] / "glmkit" / "bundled" / "glmkit-mini"
    parser.add_argument("tokenizer", nargs="?", default=str(bundled), help="folder of a tokenizer.model")
    parser.add_argument("--samples", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--throughput", metavar="MODEL", help="compare an engine's seconds with and without masks")
    parser.add_argument("--rounds", type=int, default=5, help="of --throughput (default 5)")
    args = parser.parse_args()
    if args.throughput:
        print(json.dumps(compare_throughput(args.throughput, args.rounds), indent=2))
        return
    print(json.dumps(measure(args.tokenizer, args.samples, args.seed), indent=2))


def measure(folder: str, samples: int, seed: int) -> dict[str, Any]:
    """Return the figures of one vocabulary."""
    tokenizer = Tokenizer.from_file(folder)
    protocol = make_protocol(tokenizer)
    start = time.perf_counter()
    compiler = GrammarCompiler(tokenizer, protocol, tokenizer.vocab_size)
    vocabulary_ms = 1e3 * (time.perf_counter() - start)
    start = time.perf_counter()
    compiler.tool_calls(TOOLS, "auto")
    compile_ms = 1e3 * (time.perf_counter() - start)
    start = time.perf_counter()
    compiler.tool_calls(TOOLS, "auto")
    cached_ms = 1e3 * (time.perf_counter() - start)
    closes = np.array(
        [id in protocol.stop_ids or tokenizer.token_bytes(id)[:1] in CLOSING for id in range(tokenizer.vocab_size)]
    )
    walks = [_walk(compiler, tokenizer, protocol.stop_ids, closes, random.Random(seed + i)) for i in range(samples)]
    schemas = {tool["name"]: tool["parameters"] for tool in TOOLS}
    invalid = 0
    for ids, _ in walks:
        call = protocol.parse_reply(ids).call
        invalid += call is None or call.name not in schemas or bool(mismatches(schemas[call.name], call.arguments))
    random_us = 1e6 * np.sort([seconds for _, times in walks for seconds in times])
    written_us = 1e6 * np.sort(_replies(compiler, tokenizer))
    return {
        "vocabulary": tokenizer.vocab_size,
        "vocabulary_ms": round(vocabulary_ms, 1),
        "compile_ms": round(compile_ms, 2),
        "cached_ms": round(cached_ms, 3),
        "samples": samples,
        "invalid": invalid,
        "masks": len(random_us),
        "random_walk_us": _quantiles(random_us),
        "auto_replies_us": _quantiles(written_us),
    }


def compare_throughput(model_name: str, rounds: int, batch: int = 32) -> dict[str, Any]:
    """Return seconds of three batches of replies, held by the grammar and free, and by how much the first is slower."""
    model, tokenizer = load_model(model_name, device="cpu"), load_tokenizer(model_name)
    engine = Engine(model, tokenizer, max_batch=batch)  # prompts are computed once, so that decoding is what is timed
    protocol = make_protocol(tokenizer, tools_layout=tools_layout_of(model_name))
    compiler = GrammarCompiler(tokenizer, protocol, model.config.vocab_size)
    system = Message(role="system", content=TOOL_SENTENCE, tools=TOOLS)
    cities = ("Paris", "Rome", "Oslo", "Lima", "北京", "上海")
    questions = [f"What is the weather in {cities[i % 6]} for {i % 14 + 1} days?" for i in range(3 * batch)]
    prompts = [protocol.encode_prompt([system, Message(role="user", content=text)]) for text in questions]

    def answer(lengths: list[int] | None) -> tuple[float, list[int]]:
        """Answer all prompts, held by the grammar, or freely with replies of the lengths given."""
        requests = []
        for i, prompt in enumerate(prompts):
            if lengths is None:
                params = SamplingParams(temperature=0.8, top_p=0.8, seed=i, max_tokens=128)
                constraint = compiler.tool_calls(TOOLS, "required")
            else:
                params = SamplingParams(temperature=0.8, top_p=0.8, seed=i, max_tokens=lengths[i], ignore_eos=True)
                constraint = None
            requests.append(engine.submit(prompt, params, constraint=constraint))
        start = time.perf_counter()
        while any(request.state != "finished" for request in requests):
            engine.step()
        return time.perf_counter() - start, [len(request.ids) + (request.stop_id is not None) for request in requests]

    lengths = answer(None)[1]
    answer(lengths)
    held, free = zip(*((answer(None)[0], answer(lengths)[0]) for _ in range(rounds)), strict=True)
    return {
        "model": model_name,
        "batch": batch,
        "tokens": sum(lengths),
        "held_s": [round(seconds, 3) for seconds in held],
        "free_s": [round(seconds, 3) for seconds in free],
        "slower_by_percent": round(100 * (min(held) / min(free) - 1), 1),
    }


def _quantiles(times: np.ndarray) -> dict[str, float]:
    named = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {name: round(float(np.quantile(times, share)), 1) for name, share in named.items()}


def _replies(compiler: GrammarCompiler, tokenizer: Tokenizer) -> list[float]:
    """Time the masks of replies as a model writes them under tool_choice auto: answers, and a thought with its call."""
    protocol = make_protocol(tokenizer)
    prefix = len(protocol.encode_prompt([]))
    times: list[float] = []
    for city in ("Paris", "北京", "New York", "Îles d'Or", "上海"):
        for days in range(1, 15):
            call = ToolCall(name="get_weather", arguments={"city": city, "days": days, "unit": "celsius"})
            thought = Message(role="assistant", content=f"I look up the weather of {city}.")
            messages = [thought, Message(role="assistant", call=call)] if days % 2 else [thought]
            stop = tokenizer.special_ids["<|observation|>"] if days % 2 else tokenizer.special_ids["<|user|>"]
            ids = [*protocol.encode_prompt(messages)[prefix:-1], stop]
            constraint = compiler.tool_calls(TOOLS, "auto")
            row = torch.zeros((tokenizer.vocab_size + 31) // 32, dtype=torch.int32)
            for id in ids:
                start = time.perf_counter()
                constraint.write_mask(row)
                times.append(time.perf_counter() - start)
                constraint.accept(id)
    return times


def _walk(
    compiler: GrammarCompiler, tokenizer: Tokenizer, stops: tuple[int, ...], closes: np.ndarray, rng: random.Random
) -> tuple[list[int], list[float]]:
    constraint = compiler.tool_calls(TOOLS, "required")
    row = torch.zeros((tokenizer.vocab_size + 31) // 32, dtype=torch.int32)
    ids: list[int] = []
    times = []
    while not ids or ids[-1] not in stops:
        start = time.perf_counter()
        constraint.write_mask(row)
        times.append(time.perf_counter() - start)
        allowed = np.unpackbits(row.numpy().view(np.uint8), bitorder="little").nonzero()[0]
        if len(ids) > CALM and rng.random() < 0.7:
            closers = allowed[closes[allowed]]
            allowed = closers if len(closers) else allowed
        ids.append(int(allowed[rng.randrange(len(allowed))]))
        constraint.accept(ids[-1])
    return ids, times


if __name__ == "__main__":
    main()
