"""Write glmkit-mini's data: the encoded training mixture, and held-out files; deterministic by seed, on all cores.

    python -m scripts.glmkit_mini.make_data --output data-mini --rows 600000

Needs the standard library and glmkit only. ``--jsonl`` also writes the training rows as text, ``train.jsonl``, which
``glmkit data check`` and ``glmkit train`` read. Held-out files come from other seeds; those named "unseen" and the
interpreter's and talk's also from words, schemas and phrasings that no training row has:

    seen_tools.jsonl      new requests to the fixed tools of the training split
    unseen_tools.jsonl    requests to other tools, in the layouts of training and the plainer forms of its schemas
    everyday.jsonl        requests for tools as glmkit's own (weather, sums), in new phrasings, by new names
    crossed.jsonl         requests to unseen tools described in the other language, in every form of schema
    interpreter.jsonl     tasks with the output that a right program prints
    talk.jsonl            small talk
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.glmkit_mini import interpreter_episodes, talk_episodes, tool_episodes
from scripts.glmkit_mini.mixture import GENERATORS, SHARES, Row
from scripts.glmkit_mini.words import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")
CHUNK_ROWS = 500
CHUNK_SECONDS = 20  # a hundred times what one takes
MAX_SEQ_LEN = 2048
HELDOUT_ROWS = 300  # of each language in each held-out file
DEFAULT_TOKENIZER = Path("glmkit/bundled/glmkit-mini/tokenizer.model")

Chunk = tuple[str, Language, int, int]  # generator, language, number, rows

_tokenizer: Any = None  # of this worker process


def plan(rows: int) -> list[Chunk]:
    """Return the chunks that make up ``rows`` rows in the shares of the mixture, half of them in each language."""
    chunks: list[Chunk] = []
    for name, share in SHARES.items():
        for language in LANGUAGES:
            wanted = round(rows * share / len(LANGUAGES))
            sizes = [CHUNK_ROWS] * (wanted // CHUNK_ROWS) + ([wanted % CHUNK_ROWS] if wanted % CHUNK_ROWS else [])
            chunks += [(name, language, number, size) for number, size in enumerate(sizes)]
    return chunks


def rows_of(chunk: Chunk, seed: int) -> list[Row]:
    """Return the training rows of a chunk: a pure function of its arguments."""
    name, language, number, size = chunk
    rng = random.Random(f"{seed} {name} {language} {number}")
    return list(itertools.islice(GENERATORS[name](rng, language, "train"), size))


def start_worker(tokenizer: Path) -> None:
    """Load the tokenizer once a process."""
    global _tokenizer
    from glmkit.chat.tokenizer import Tokenizer

    _tokenizer = Tokenizer.from_file(tokenizer)


def give_up(signum: int, frame: object) -> None:
    """End a chunk whose generator keeps drawing and rejecting."""
    raise TimeoutError


def encode_chunk(task: tuple[Chunk, int, bool]) -> tuple[Any, str]:
    """Return a chunk as arrays and, where wanted, as lines of JSON."""
    from glmkit.chat.protocol import encode_conversation
    from glmkit.errors import DataError
    from scripts.glmkit_mini.token_store import to_arrays

    chunk, seed, with_text = task
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(CHUNK_SECONDS)
    try:
        rows = rows_of(chunk, seed)
    except Exception:  # one chunk of a thousand is no reason to lose the rest
        print(f"chunk {chunk} left out", traceback.format_exc(), file=sys.stderr)
        return None, ""
    finally:
        signal.alarm(0)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows) if with_text else ""
    samples = []
    for row in rows:
        try:
            samples.append(encode_conversation(row, _tokenizer, MAX_SEQ_LEN))
        except DataError as error:
            print(f"chunk {chunk}: a row left out: {error}", file=sys.stderr)
    return to_arrays(samples), text


def write_training(
    output: Path, tokenizer: Path, rows: int, seed: int, with_text: bool, workers: int
) -> dict[str, Any]:
    """Write the token store, and ``train.jsonl`` if wanted; return what is in it."""
    from scripts.glmkit_mini.token_store import write_store

    started = time.monotonic()
    tasks = [(chunk, seed, with_text) for chunk in plan(rows)]
    random.Random(seed).shuffle(tasks)  # a part of the file is a part of everything
    arrays = []
    with multiprocessing.Pool(workers, start_worker, (tokenizer,)) as processes:
        text_file = (output / "train.jsonl").open("w", encoding="utf-8") if with_text else None
        for done, (chunk_arrays, text) in enumerate(processes.imap(encode_chunk, tasks), 1):
            if chunk_arrays is None:
                continue
            arrays.append(chunk_arrays)
            if text_file:
                text_file.write(text)
            if done % 100 == 0:
                print(f"{done}/{len(tasks)} chunks, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        if text_file:
            text_file.close()
    write_store(output / "train", arrays)
    lengths = [int(ends[-1]) for _, _, ends in arrays]
    return {
        "rows": sum(len(ends) for _, _, ends in arrays),
        "tokens": sum(lengths),
        "learned_tokens": sum(int(learned.sum()) for _, learned, _ in arrays),
        "seed": seed,
        "shares": SHARES,
        "seconds": round(time.monotonic() - started, 1),
    }


def heldout_rows(name: str, language: Language, seed: int) -> Iterator[Row]:
    """Yield held-out rows of one file without end."""
    rng = random.Random(f"heldout {seed} {name} {language}")
    if name == "seen_tools":
        return tool_episodes.episodes(rng, language, "train", "pool")
    if name == "unseen_tools":
        return tool_episodes.episodes(rng, language, "heldout")
    if name == "everyday":
        return tool_episodes.episodes(rng, language, "heldout", "everyday")
    if name == "crossed":
        return tool_episodes.episodes(rng, language, "heldout", "crossed")
    if name == "talk":
        return talk_episodes.episodes(rng, language, "heldout")
    tasks = interpreter_episodes.tasks(rng, language, "heldout")
    return ({"messages": messages, "result": result, "about": {"language": language}} for messages, result in tasks)


HELDOUT_FILES = ("seen_tools", "unseen_tools", "everyday", "crossed", "interpreter", "talk")


def write_heldout(output: Path, rows: int, seed: int) -> None:
    """Write every held-out file, the two languages taking turns."""
    for name in HELDOUT_FILES:
        streams = [heldout_rows(name, language, seed) for language in LANGUAGES]
        with (output / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for row in itertools.islice(
                itertools.chain.from_iterable(zip(*streams, strict=True)), rows * len(LANGUAGES)
            ):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("data-mini"))
    parser.add_argument("--rows", type=int, default=600_000, help="training rows; 0 writes held-out files only")
    parser.add_argument("--heldout-rows", type=int, default=HELDOUT_ROWS, help="rows of each language and file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tokenizer", type=Path, default=DEFAULT_TOKENIZER)
    parser.add_argument("--jsonl", action="store_true", help="also write train.jsonl")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    write_heldout(options.output, options.heldout_rows, options.seed)
    if options.rows:
        summary = write_training(
            options.output, options.tokenizer, options.rows, options.seed, options.jsonl, options.workers
        )
        (options.output / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
        print(json.dumps(summary))


if __name__ == "__main__":
    main()
