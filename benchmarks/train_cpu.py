"""P-Tuning v2 on the CPU: real tokens a second of glmkit's training loop and of Transformers + PEFT, in one run.

Same weights, same first prefix, same samples in the same order, float32, same threads. `python benchmarks/train_cpu.py`
prints a table and writes results/train_cpu.json. Before timing, logits of both models are compared; afterwards, the
losses of the first step. Padding is never counted: a rate is tokens of conversations over the seconds of whole steps.

Lengths are those of real tool-use episodes where ../shared lies beside the repository (every stride-th token, so that
shape and labelled share stay), else drawn from a distribution of that shape. Take the numbers from an idle machine.
The small model flatters glmkit, which computes the output layer at labelled tokens alone: that layer is 18 % of the
blocks here and 5 % in ChatGLM3-6B.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # as the glmkit command does, here for both sides: a steadier clock

import peft
import torch
import transformers
from peer_transformers import (
    IGNORE_INDEX,
    Example,
    Recipe,
    Step,
    add_prefix,
    load_peer,
    train_bare,
    train_with_trainer,
)

import glmkit
from glmkit.chat.sample import Sample
from glmkit.config import TrainConfig
from glmkit.model.config import ModelConfig
from glmkit.model.glm import GLM
from glmkit.model.weights import save_model_folder

REPOSITORY = Path(__file__).resolve().parents[1]
REAL_SAMPLES = REPOSITORY.parent / "shared" / "golden" / "data" / "tokens_and_labels.jsonl"
REAL_LIMIT = 2048  # the length the real samples were cut to
OURS = "glmkit, packed"
LEARNING_RATE = 2e-2
SAME_LOGITS, SAME_LOSS = 1e-3, 1e-3


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Training speed on the CPU against Transformers + PEFT.")
    for name, default, text in (
        ("layers", 8, "layers of the model"),
        ("hidden", 256, "its width"),
        ("heads", 4, "query heads"),
        ("groups", 2, "key/value heads"),
        ("intermediate", 704, "width of the MLP"),
        ("vocabulary", 4096, "rows of the embedding"),
        ("prefix-len", 32, "prefix positions"),
        ("max-seq-len", 512, "longest sample; real ones are thinned to it"),
        ("samples-per-step", 16, "samples of one optimiser step"),
        ("steps", 4, "steps of one run; the first is not timed"),
        ("repetitions", 3, "runs of each contender, taking turns"),
        ("batch", 8, "samples the peer pads together; 8 is the Trainer's default"),
        ("threads", 2, "CPU threads"),
        ("seed", 0, "of weights, prefix and order"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{text} (default {default})")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "benchmarks" / "results" / "train_cpu.json")
    return parser.parse_args()


def real_examples(limit: int, vocabulary: int) -> list[Example]:
    """Thin the real samples from 2048 tokens to ``limit`` and fold their ids into the small vocabulary."""
    stride = max(1, REAL_LIMIT // limit)
    examples = []
    for line in REAL_SAMPLES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        ids = [3 + token % (vocabulary - 3) for token in row["input_ids"][::stride]][:limit]
        trained = [label != IGNORE_INDEX for label in row["labels"][::stride]][:limit]
        if any(trained[1:]):
            examples.append(Example(ids, [i if use else IGNORE_INDEX for i, use in zip(ids, trained, strict=True)]))
    return examples


def synthetic_examples(limit: int, vocabulary: int) -> list[Example]:
    """103 samples: lengths log-normal around half the limit as the real ones' are, the last 15 % labelled."""
    draw = random.Random(0)
    examples = []
    for _ in range(103):
        length = min(limit, max(8, round(0.51 * limit * draw.lognormvariate(0, 0.4))))
        ids = [draw.randrange(3, vocabulary) for _ in range(length)]
        labelled = max(1, round(0.15 * length))
        examples.append(Example(ids, [IGNORE_INDEX] * (length - labelled) + ids[-labelled:]))
    return examples


def train_ours(folder: Path, adapter: Path, examples: Sequence[Example], options: argparse.Namespace) -> list[Step]:
    """Run glmkit.train as a user does and read the seconds of each step from its metrics."""
    samples = [Sample(input_ids=example.input_ids, labels=example.labels) for example in examples]
    with tempfile.TemporaryDirectory() as runs, contextlib.redirect_stderr(io.StringIO()):
        config = TrainConfig(
            model=str(folder),
            output_dir=runs,
            name="benchmark",
            prefix_len=options.prefix_len,
            prefix_dropout=0.0,
            init_adapter=str(adapter),
            max_seq_len=options.max_seq_len,
            steps=options.steps,
            samples_per_step=options.samples_per_step,
            max_tokens_per_row=4 * options.max_seq_len,  # the proportion of the defaults, 8192 to 2048
            shuffle=False,
            learning_rate=LEARNING_RATE,
            dtype="float32",
            device="cpu",
            threads=options.threads,
        )
        started = time.perf_counter()
        result = glmkit.train(config, samples=samples)
        elapsed = time.perf_counter() - started
        rows = [json.loads(line) for line in (result.folder / "metrics.jsonl").read_text().splitlines()]
    steps = [Step(row["seconds"], row["loss"]) for row in rows]
    assert sum(step.seconds for step in steps) <= elapsed
    return steps


def make_models(options: argparse.Namespace, folder: Path) -> tuple[ModelConfig, torch.Tensor]:
    """Write a random model and, beside it, an adapter in the original's layout; return config and the prefix in it."""
    config = ModelConfig(
        num_layers=options.layers,
        hidden_size=options.hidden,
        num_heads=options.heads,
        num_kv_heads=options.groups,
        head_dim=options.hidden // options.heads,
        intermediate_size=options.intermediate,
        vocab_size=options.vocabulary,
        max_seq_len=options.max_seq_len + options.prefix_len,
        qkv_bias=True,
        torch_dtype="float32",
    )
    model = GLM(config)
    model.init_weights(seed=options.seed)
    save_model_folder(model, folder)
    generator = torch.Generator().manual_seed(options.seed)
    shape = (config.num_layers, 2, options.prefix_len, config.num_kv_heads, config.head_dim)
    prefix = torch.empty(shape).normal_(0.0, 0.5, generator=generator)
    weight = prefix.permute(2, 0, 1, 3, 4).reshape(options.prefix_len, -1)  # [P, L * 2 * K * d]
    (folder / "prefix").mkdir()
    torch.save({"transformer.prefix_encoder.embedding.weight": weight}, folder / "prefix" / "pytorch_model.bin")
    return config, prefix


def compare_logits(folder: Path, examples: Sequence[Example]) -> float:
    """Return the largest difference between the logits of both models on one sample, which must be small."""
    input_ids = torch.tensor([examples[0].input_ids])
    with torch.no_grad():
        ours = glmkit.load_model(folder, dtype=torch.float32, device="cpu").eval().logits(input_ids)
        theirs = load_peer(folder).eval()(input_ids).logits
    difference = (ours - theirs).abs().max().item()
    assert difference < SAME_LOGITS, f"the models differ by {difference} in their logits"
    return difference


def floor_flops(config: ModelConfig, examples: Sequence[Example], prefix_len: int) -> float:
    """FLOPs a real token cannot do without: forward and input gradients (the base is frozen: no weight gradients).

    Matrix products of the blocks 2 x 2 a weight, the output layer the same at labelled tokens only, and attention 4
    FLOPs forward and 8 backward for each head channel and visible key (its own past and the prefix).
    """
    width = config.num_heads * config.head_dim
    qkv = width + 2 * config.num_kv_heads * config.head_dim
    block = config.hidden_size * (qkv + width + 3 * config.intermediate_size)
    tokens = sum(len(example.input_ids) for example in examples)
    labels = sum(label != IGNORE_INDEX for example in examples for label in example.labels[1:])
    visible = sum(n * prefix_len + n * (n + 1) / 2 for n in (len(example.input_ids) for example in examples)) / tokens
    head = config.hidden_size * config.vocab_size * labels / tokens
    return 4 * (config.num_layers * block + head) + 12 * config.num_layers * width * visible


def matmul_gflops(seconds: float = 0.5) -> float:
    """What this machine's float32 matrix product reaches now, as the ceiling to compare with."""
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        a @ b
        best = max(best, 2 * 1024**3 / (time.perf_counter() - start))
    return best / 1e9


def processor() -> str:
    """Return the name of this machine's processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def commit() -> str:
    """Return the commit that is measured, marked if files differ from it."""
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True).stdout.strip()


def computed_share(examples: Sequence[Example], recipe: Recipe) -> float:
    """Return how many token positions the recipe computes for each real one."""
    lengths = [len(example.input_ids) for example in examples]
    groups = [lengths[i : i + recipe.batch_size] for i in range(0, len(lengths), recipe.batch_size)]
    return sum(len(group) * (recipe.pad_to or max(group)) for group in groups) / sum(lengths)


def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    warnings.filterwarnings("ignore", category=FutureWarning)  # PEFT and Transformers about each other
    real = REAL_SAMPLES.is_file()
    examples = (real_examples if real else synthetic_examples)(options.max_seq_len, options.vocabulary)
    random.Random(options.seed).shuffle(examples)
    needed = options.steps * options.samples_per_step
    examples = (examples * -(-needed // len(examples)))[:needed]
    recipes = [
        Recipe("Trainer, padded to the batch's longest", train_with_trainer, options.batch, None),
        Recipe("Trainer, padded to the limit", train_with_trainer, options.batch, options.max_seq_len),
        Recipe("Trainer, one sample at a time", train_with_trainer, 1, None),
        Recipe("bare loop, padded to the batch's longest", train_bare, options.batch, None),
    ]
    timed = examples[options.samples_per_step :]
    tokens = sum(len(example.input_ids) for example in timed)
    rates: dict[str, list[float]] = {name: [] for name in (OURS, *(recipe.name for recipe in recipes))}
    first_losses: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "model"
        config, prefix = make_models(options, folder)
        difference = compare_logits(folder, examples)
        settings = {"steps": options.steps, "samples_per_step": options.samples_per_step, "lr": LEARNING_RATE}
        for _ in range(options.repetitions):
            runs = {OURS: train_ours(folder, folder / "prefix", examples, options)}
            for recipe in recipes:
                model = add_prefix(load_peer(folder), prefix)
                runs[recipe.name] = recipe.loop(model, examples, recipe, **settings)
            for name, steps in runs.items():
                assert len(steps) == options.steps, (name, len(steps))
                rates[name].append(tokens / sum(step.seconds for step in steps[1:]))
                first_losses[name] = steps[0].loss
    spread = max(first_losses.values()) - min(first_losses.values())
    assert spread < SAME_LOSS, f"the first losses differ: {first_losses}"
    report(options, config, examples, recipes, rates, {"logits": difference, "first_loss": spread}, real)


def report(
    options: argparse.Namespace,
    config: ModelConfig,
    examples: Sequence[Example],
    recipes: Sequence[Recipe],
    rates: dict[str, list[float]],
    differences: dict[str, float],
    real: bool,
) -> None:
    """Print the table and write the same with every single measurement as JSON."""
    flops, ceiling = floor_flops(config, examples, options.prefix_len), matmul_gflops()
    computed = {OURS: 1.0, **{recipe.name: computed_share(examples, recipe) for recipe in recipes}}
    rows: dict[str, dict[str, Any]] = {}
    for name, measured in rates.items():
        pairs = [ours / theirs for ours, theirs in zip(rates[OURS], measured, strict=True)]
        rows[name] = {
            "tokens_per_s": [round(rate, 1) for rate in measured],
            "median_tokens_per_s": round(statistics.median(measured), 1),
            "floor_gflops": round(statistics.median(measured) * flops / 1e9, 1),
            "computed_per_real_token": round(computed[name], 3),
            "glmkit_is_faster_by": [round(pair, 3) for pair in pairs],
            "median_ratio": round(statistics.median(pairs), 3),
        }
    lengths = [len(example.input_ids) for example in examples]
    result = {
        "what": "P-Tuning v2, float32, CPU: tokens of conversations a second over whole optimiser steps",
        "command": shlex.join(["python", *sys.argv]),
        "commit": commit(),
        "machine": f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "peft": peft.__version__,
        },
        "settings": {name: value for name, value in vars(options).items() if name != "output"},
        "lengths": {
            "from": "real tool-use episodes, thinned" if real else "synthetic",
            "mean": round(statistics.mean(lengths), 1),
            "longest": max(lengths),
        },
        "differences": differences,
        "floor_flops_per_token": round(flops),
        "matmul_gflops": round(ceiling, 1),
        "contenders": rows,
    }
    print(f"{'':42}{'tokens/s':>10}{'computed':>10}{'GFLOP/s':>9}{'glmkit is':>11}")
    for name, row in rows.items():
        print(
            f"{name:42}{row['median_tokens_per_s']:10,.0f}{row['computed_per_real_token']:9.2f}x"
            f"{row['floor_gflops']:9.1f}{row['median_ratio']:10.2f}x"
        )
    print(
        f"medians of {options.repetitions}; GFLOP/s counts the floor of {flops / 1e6:.1f} MFLOP a real token, "
        f"a matrix product reaches {ceiling:.0f}; first losses agree to {differences['first_loss']:.1e}"
    )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(options.output)


if __name__ == "__main__":
    main()
