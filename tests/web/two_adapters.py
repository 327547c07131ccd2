"""Two adapters of glmkit-mini that nobody takes for each other: prefixes trained for seconds, a cat's and a dog's."""

from __future__ import annotations

import json
from pathlib import Path

import glmkit
from glmkit.config import TrainConfig

CRIES = {"cat": "Meow", "dog": "Woof"}
QUESTIONS = ("Who are you?", "What can you do?", "Tell me a joke.", "Hello!")


def train_two(root: Path) -> None:
    """Put the run of each into the folder, under its name."""
    for name, cry in CRIES.items():
        turns = [[{"role": "user", "content": q}, {"role": "assistant", "content": f"{cry}!"}] for q in QUESTIONS]
        data = root / f"{name}.jsonl"
        data.write_text("".join(json.dumps({"conversations": turn}) + "\n" for turn in turns))
        config = TrainConfig(
            model="glmkit-mini",
            data=str(data),
            output_dir=str(root),
            name=name,
            prefix_len=16,
            prefix_dropout=0.0,
            steps=200,
            samples_per_step=len(QUESTIONS),
            learning_rate=0.04,
            dtype="float32",
            device="cpu",
        )
        assert glmkit.train(config).losses[-1] < 0.2
