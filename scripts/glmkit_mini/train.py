"""Train glmkit-mini from scratch on one GPU with glmkit's own training; the same command goes on where it stopped.

    python -m scripts.glmkit_mini.train --data data-mini/train --minutes 8 --total-minutes 14

The first call measures the speed over a few steps, and plans as many steps as fit into ``--total-minutes``: the
learning rate falls to zero over that plan, which is kept in ``plan.json`` beside the run. Every call stops itself
after ``--minutes``, saves, and exits with 0; call it again until it says that the run is finished.

A run whose machine is wanted back is ended early by a second stage: ``--decay-steps 2700`` trains so many steps more
from where the run stopped, with a fresh optimiser, the learning rate falling to zero.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import glmkit
from glmkit.chat.sample import Sample
from glmkit.config import TrainConfig
from glmkit.data.token_store import lengths_of
from glmkit.errors import Stopped
from glmkit.model.config import ModelConfig
from scripts.glmkit_mini.token_store import read_store

BUNDLED = Path("glmkit/bundled/glmkit-mini")

# 15.7 million parameters, 31.4 MB in bfloat16. Copying needs depth and width more than a wide MLP.
MODEL = ModelConfig(
    num_layers=8,
    hidden_size=384,
    num_heads=6,
    num_kv_heads=2,
    head_dim=64,
    intermediate_size=672,
    vocab_size=8256,  # 8,192 pieces and nine special tokens, rounded up to a multiple of 64
    max_seq_len=4096,
    qkv_bias=True,
    torch_dtype="bfloat16",
)

NAME = "glmkit-mini"
WARMUP_STEPS = 300
DECAY_WARMUP_STEPS = 50
PROBE_STEPS = 60
PROBE_IGNORED = 20  # first steps, slow for reasons of their own
SAVE_EVERY = 1000
SAVE_SECONDS = 20.0  # kept free at the end of a call
SPEED_MARGIN = 1.04  # real steps are a little slower than probed ones


def write_model_folder(folder: Path, tokenizer: Path) -> None:
    """Write the folder a run from scratch starts from: config.json and the tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(MODEL.to_original(), indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(tokenizer, folder / "tokenizer.model")


def settings(options: argparse.Namespace, model: Path) -> TrainConfig:
    """Return the settings of the run, with no number of steps yet."""
    return TrainConfig(
        model=str(model),
        output_dir=str(options.output),
        name=NAME,
        method="full",
        from_scratch=True,
        max_seq_len=2048,
        samples_per_step=options.samples_per_step,
        max_tokens_per_row=options.max_tokens_per_row,
        steps=PROBE_STEPS,
        learning_rate=options.learning_rate,
        schedule="cosine",
        warmup_steps=WARMUP_STEPS,
        weight_decay=0.1,
        device=options.device,
        dtype=options.dtype,
        seed=options.seed,
        save_every=SAVE_EVERY,
        log_every=100,
    )


def decay_settings(options: argparse.Namespace, config: TrainConfig) -> TrainConfig:
    """Return the settings of the stage that ends a run early, from its newest step on."""
    return replace(
        config,
        model=str(options.output / NAME),
        name=f"{NAME}-decay",
        from_scratch=False,
        steps=options.decay_steps,
        learning_rate=options.decay_learning_rate,
        schedule="linear",
        warmup_steps=DECAY_WARMUP_STEPS,
        seed=options.seed + 1,  # other rows first than those the run began with
    )


def probe(config: TrainConfig, samples: Sequence[Sample]) -> float:
    """Return the seconds a step takes, from a short run that is thrown away."""
    config = replace(config, name="probe", restart=True, save_every=PROBE_STEPS, steps=PROBE_STEPS)
    few = samples[: min(len(samples), config.samples_per_step * PROBE_STEPS)]  # a short look at the data
    result = glmkit.train(config, samples=few)
    rows = [json.loads(line) for line in (result.folder / "metrics.jsonl").read_text().splitlines()]
    timed = [row["seconds"] for row in rows[PROBE_IGNORED:]]
    shutil.rmtree(result.folder)
    return sum(timed) / len(timed)


def plan_steps(options: argparse.Namespace, config: TrainConfig, samples: Sequence[Sample]) -> int:
    """Return the number of steps of the whole run, measured once and kept."""
    if options.steps:
        return int(options.steps)
    file = Path(options.output) / "plan.json"
    if file.is_file():
        return int(json.loads(file.read_text())["steps"])
    seconds = probe(config, samples)
    steps = max(WARMUP_STEPS * 2, int(options.total_minutes * 60 / (seconds * SPEED_MARGIN)))
    file.write_text(json.dumps({"steps": steps, "seconds_a_step": seconds}) + "\n", encoding="utf-8")
    print(f"{seconds * 1000:.1f} ms a step, {steps:,} steps planned", file=sys.stderr, flush=True)
    return steps


def stop_after(seconds: float) -> None:
    """Send this process SIGTERM after ``seconds``: training saves and ends, as when a person interrupts it."""
    timer = threading.Timer(max(1.0, seconds), os.kill, (os.getpid(), signal.SIGTERM))
    timer.daemon = True
    timer.start()


def main() -> None:
    """Read the command line and train."""
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data-mini/train"))
    parser.add_argument("--output", type=Path, default=Path("runs-mini"))
    parser.add_argument("--tokenizer", type=Path, default=BUNDLED / "tokenizer.model")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop this call after so long; 0 never")
    parser.add_argument("--total-minutes", type=float, default=14.0, help="training time of all calls together")
    parser.add_argument("--steps", type=int, default=0, help="plan so many steps instead of measuring")
    parser.add_argument("--samples-per-step", type=int, default=192)
    parser.add_argument("--max-tokens-per-row", type=int, default=131_072)
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--decay-steps", type=int, default=0, help="end the stopped run in so many steps instead")
    parser.add_argument("--decay-learning-rate", type=float, default=1.5e-3, help="where these begin")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    samples = read_store(options.data)
    print(f"{len(samples):,} rows, {int(lengths_of(samples).sum()):,} tokens", file=sys.stderr, flush=True)
    model = options.output / "shape"
    write_model_folder(model, options.tokenizer)
    config = settings(options, model)
    if options.decay_steps:
        config = decay_settings(options, config)
    else:
        config = replace(config, steps=plan_steps(options, config, samples))
    if options.minutes:
        stop_after(options.minutes * 60 - SAVE_SECONDS - (time.monotonic() - started))
    try:
        result = glmkit.train(config, samples=samples)
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return
    print(f"finished: {result.folder}, {result.steps:,} steps, last loss {result.losses[-1]:.4f}", file=sys.stderr)


if __name__ == "__main__":
    main()
