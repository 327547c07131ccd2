"""The data benchmark at toy size: it runs to the end, and both sides make the same samples."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def run(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark from a copy of the repository that has no ../shared, so that it trains its own tokenizer."""
    for name in ("benchmarks", "examples", "glmkit"):
        shutil.copytree(REPOSITORY / name, folder / "repository" / name, ignore=shutil.ignore_patterns("__pycache__"))
    output = ["--output", str(folder / "result.json"), "--folder", str(folder), "--rows", "300"]
    command = [sys.executable, "benchmarks/prepare_data.py", *output, *flags]
    environment = {**os.environ, "PYTHONPATH": str(folder / "repository")}
    return subprocess.run(command, cwd=folder / "repository", env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_glmkit_is_measured_alone(tmp_path: Path) -> None:
    done = run(tmp_path, "--no-peer")
    assert done.returncode == 0, done.stderr
    (measured,) = json.loads((tmp_path / "result.json").read_text())["files"].values()
    assert measured["glmkit"]["rows"] == measured["glmkit_again"]["rows"] == 300
    assert measured["glmkit"]["seconds"] > 0 < measured["glmkit_again"]["seconds"]
    assert "peer" not in measured
    assert done.stdout.count("300 rows") == 2


@pytest.mark.slow
def test_the_peer_makes_the_same_samples_or_says_what_it_needs(tmp_path: Path) -> None:
    done = run(tmp_path)
    if importlib.util.find_spec("datasets") is None:
        assert done.returncode == 1
        assert done.stderr.endswith(
            "peer failed: the peer needs datasets: pip install datasets tokenizers, or name a Python that has them\n"
        )
        return
    assert done.returncode == 0, done.stderr
    (measured,) = json.loads((tmp_path / "result.json").read_text())["files"].values()
    assert measured["same_samples"] > 0.95
