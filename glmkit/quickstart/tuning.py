"""The quickstart's training: P-Tuning v2 by the loop of `glmkit train`, in as many steps as there is time for.

In: the settings and the file to tune on. Out: a run folder. Called by ``command``.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from glmkit.config import Replay, TrainConfig
from glmkit.loading import BUNDLED_MODEL
from glmkit.quickstart.config import QuickstartConfig
from glmkit.training.loop import RunResult, train

GENERAL_DATA = Path(__file__).parents[1] / "bundled" / "sample_data" / "general.jsonl"
REPLAY_SHARE = 0.4
DISTILL = 5.0
MINI_LEARNING_RATE = 0.2  # measured, as the two above: see docs/log.md; 2e-2 moves so small a model too little
RUN = "tuned"
PROBE, PROBE_STEPS, PROBE_IGNORED = ".probe", 12, 2  # the first steps are slow for reasons of their own
MIN_STEPS = 10
LOG_EVERY = 10


def train_config(config: QuickstartConfig, data: Path, tools_layout: str, steps: int) -> TrainConfig:
    """Return the settings of the run; they work with `glmkit train`, too."""
    is_mini = config.model == BUNDLED_MODEL
    replay = config.replay or (str(GENERAL_DATA) if is_mini else "")
    return TrainConfig(
        model=config.model,
        data=str(data),
        output_dir=config.output,
        name=RUN,
        replay=Replay(path=replay, share=REPLAY_SHARE, distill=DISTILL) if replay else None,
        method="ptuning",
        prefix_len=config.prefix_len,
        tools_layout=tools_layout,  # type: ignore[arg-type]  # a name of the same list
        samples_per_step=config.samples_per_step,
        steps=steps,
        prefix_dropout=0.0,
        learning_rate=config.learning_rate or (MINI_LEARNING_RATE if is_mini else None),
        schedule="cosine",
        warmup_steps=min(5, steps),
        dtype=config.dtype,
        device=config.device,
        threads=config.threads,
        seed=config.seed,
        save_every=max(1, steps),
        log_every=LOG_EVERY,
    )


def plan_steps(config: QuickstartConfig, data: Path, tools_layout: str) -> int:
    """Return how many steps fit into the time, at most ``config.steps``: measured by a short run, thrown away."""
    probe = replace(
        train_config(config, data, tools_layout, PROBE_STEPS), name=PROBE, restart=True, log_every=2 * PROBE_STEPS
    )
    folder = Path(config.output) / PROBE
    shutil.rmtree(folder, ignore_errors=True)
    try:
        result = train(probe, is_brief=True)
        rows = [json.loads(line) for line in (result.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    timed = [row["seconds"] for row in rows[PROBE_IGNORED:]]
    seconds = sum(timed) / len(timed)
    return max(1, min(config.steps, max(MIN_STEPS, int(config.seconds / seconds))))


def tune(config: QuickstartConfig, data: Path, tools_layout: str, steps: int, *, restart: bool) -> RunResult:
    """Train, or go on where the run was stopped; raises what ``glmkit.train`` raises."""
    return train(replace(train_config(config, data, tools_layout, steps), restart=restart), is_brief=True)
