"""The training benchmark at toy size: it runs to the end, and glmkit's loop starts from the peer's very loss."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
TOY = {
    "layers": 2,
    "hidden": 32,
    "heads": 4,
    "intermediate": 64,
    "vocabulary": 128,
    "prefix-len": 4,
    "max-seq-len": 64,
    "samples-per-step": 4,
    "steps": 2,
    "repetitions": 1,
    "batch": 2,
    "threads": 1,
}


@pytest.mark.slow
def test_the_benchmark_runs_and_both_sides_start_from_the_same_loss(tmp_path: Path) -> None:
    output = tmp_path / "result.json"
    flags = [text for name, value in TOY.items() for text in (f"--{name}", str(value))]
    command = [sys.executable, "benchmarks/train_cpu.py", *flags, "--output", str(output)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(output.read_text())
    assert result["differences"]["logits"] < 1e-4
    assert result["differences"]["first_loss"] < 1e-4
    assert len(result["contenders"]) == 5
    assert all(row["median_tokens_per_s"] > 0 for row in result["contenders"].values())
    assert "glmkit, packed" in done.stdout
