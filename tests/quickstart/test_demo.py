"""What `make demo` promises: glmkit-mini learns the bundled tools and the house rule, and keeps its old skills.

With GLMKIT_DEMO naming the folder of a demo that has just run (as in CI), its figures are read; otherwise it runs here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from glmkit.quickstart.measuring import Measured

pytestmark = pytest.mark.slow

# Shares of the questions. What is promised is 0.25 gained and 0.03 forgotten; figures of 20 and 273 questions swing by
# 0.1 and 0.012, and a slow machine makes fewer steps, so that only something broken falls through these.
HIGHEST_BEFORE, LEAST_GAIN, LEAST_RULE, MOST_FORGOTTEN = 0.40, 0.15, 0.15, 0.06


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measured, Measured]:
    """Before and after, at the default settings."""
    folder = os.environ.get("GLMKIT_DEMO", "")
    if not folder:
        folder = str(tmp_path_factory.mktemp("demo"))
        subprocess.run([sys.executable, "-m", "glmkit", "quickstart", "--output", folder], check=True)
    state = json.loads((Path(folder) / "quickstart.json").read_text(encoding="utf-8"))
    return Measured.from_dict(state["before"]), Measured.from_dict(state["after"])


def test_tools_and_rule_are_learned(figures: tuple[Measured, Measured]) -> None:
    before, after = (measured.counts for measured in figures)
    assert before["tuned"].share <= HIGHEST_BEFORE
    assert after["tuned"].share - before["tuned"].share >= LEAST_GAIN
    assert before["rule"].share == 0
    assert after["rule"].share >= LEAST_RULE


def test_old_skills_are_kept(figures: tuple[Measured, Measured]) -> None:
    before, after = (measured.counts["old"] for measured in figures)
    assert before.total == after.total >= 250
    assert after.share >= before.share - MOST_FORGOTTEN
