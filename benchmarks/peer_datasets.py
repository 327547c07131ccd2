"""The peer of prepare_data.py: Hugging Face ``datasets`` and a fast tokenizer make the same samples, unchecked.

In: a file of conversations, a tokenizer.json, special ids. Out: one line of JSON with seconds, memory and
some samples. Runs by itself, so that it can have an environment of its own: it needs ``datasets`` and ``tokenizers``,
and nothing of glmkit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # map's processes share the cores already
os.environ.setdefault("HF_HUB_OFFLINE", "1")

try:
    import datasets
    from tokenizers import Tokenizer
except ImportError as error:
    sys.exit(f"the peer needs {error.name}: pip install datasets tokenizers, or name a Python that has them")

IGNORE_INDEX = -100
SHOWN = 200  # samples whose ids are compared with glmkit's


def encode(lines: dict[str, list[str]], tokenizer: Tokenizer, plan: dict[str, Any]) -> dict[str, list[list[int]]]:
    """Return ids and labels of a batch of rows: all texts go to the tokenizer at once."""
    texts: list[str] = []
    layouts: list[list[tuple[int, bool]]] = []  # of each row: role id and whether it is trained on
    special = plan["special"]
    for line in lines["text"]:
        row = json.loads(line)
        layout = []
        if row.get("tools") is not None:
            tools = json.dumps(row["tools"], indent=4, ensure_ascii=False)
            texts += ["\n", f"{plan['tool_sentence']}\n{tools}"]
            layout.append((special["<|system|>"], False))
        for message in row["conversations"]:
            for role, header, content in spelled(message):
                texts += [f"{header}\n", content]
                layout.append((special[f"<|{role}|>"], role == "assistant"))
        layouts.append(layout)
    encoded = iter(tokenizer.encode_batch_fast(texts, add_special_tokens=False))
    ids_of_rows, labels_of_rows = [], []
    for layout in layouts:
        ids, trained = [special["[gMASK]"], special["sop"]], [False, False]
        for role, is_trained in layout:
            message_ids = [role, *next(encoded).ids, *next(encoded).ids]
            ids += message_ids
            trained += [is_trained] * len(message_ids)
        ids.append(plan["eos"])
        labels = [id if learns else IGNORE_INDEX for id, learns in zip(ids, [False, *trained], strict=True)]
        ids_of_rows.append(ids[: plan["max_seq_len"]])
        labels_of_rows.append(labels[: plan["max_seq_len"]])
    return {"input_ids": ids_of_rows, "labels": labels_of_rows}


def spelled(message: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (role, header, content) of a message, two for a call and its result."""
    if message["role"] != "tool":
        return [(message["role"], message.get("metadata", ""), message["content"])]
    arguments = ", ".join(f"{name}={value!r}" for name, value in message["parameters"].items())
    call = f"```python\ntool_call({arguments})\n```"
    return [("assistant", message["name"], call), ("observation", "", message["observation"])]


def peak_rss_mb() -> tuple[int, int]:
    """Return the peak of this process and of the largest process it has started.

    ``ru_maxrss`` of a process begins with that of the one that started it, so ours is read from /proc.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return round(own / 1024), round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description="datasets and a fast tokenizer on one file")
    parser.add_argument("file", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("plan", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    datasets.disable_progress_bars()
    plan = json.loads(options.plan.read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(options.tokenizer))
    started = time.perf_counter()
    rows = datasets.load_dataset("text", data_files=str(options.file), split="train", cache_dir=str(options.cache))
    loaded = time.perf_counter()
    samples = rows.map(
        partial(encode, tokenizer=tokenizer, plan=plan),
        batched=True,
        remove_columns=["text"],
        num_proc=options.workers if len(rows) > options.workers else None,
    )
    done = time.perf_counter()
    own, workers = peak_rss_mb()
    shown = [[row["input_ids"], row["labels"]] for row in samples.select(range(min(SHOWN, len(samples))))]
    result = {
        "seconds": round(done - started, 2),
        "seconds_loading": round(loaded - started, 2),
        "rows": len(samples),
        "rss_mb": own,
        "rss_mb_of_a_worker": workers,
        "samples": shown,
        "versions": {"datasets": datasets.__version__, "tokenizers": sys.modules["tokenizers"].__version__},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
