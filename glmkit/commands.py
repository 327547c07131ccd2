"""What each command of the command line does: a few lines that join the rooms, imported once a command is chosen.

Each function takes the command's config and returns its exit code (None counts as 0).
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace

from glmkit.config import ChatConfig, CheckConfig, ConvertConfig, EvalConfig, ShowConfig, TrainConfig
from glmkit.errors import ModelError, Problem, notice
from glmkit.quickstart.config import QuickstartConfig
from glmkit.serving_config import ServeConfig

# OpenMP's threads wait for each other by spinning for milliseconds. Where something else wants a core, too, a step then
# takes three to ten times as long; sleeping after a short spin costs nothing measurable on an idle machine
# (docs/log.md). Read once, when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def train(config: TrainConfig) -> None:
    """`glmkit train`."""
    from glmkit.tuning import train

    train(config)


def quickstart(config: QuickstartConfig) -> int:
    """`glmkit quickstart`."""
    from glmkit.quickstart.command import run_quickstart

    return run_quickstart(config)


def evaluate(config: EvalConfig) -> int:
    """`glmkit eval`."""
    if config.suite:
        from glmkit.evaluation.suite_command import run_suite_command

        return run_suite_command(config)
    from glmkit.evaluation.command import run_evaluate

    return run_evaluate(config)


def chat(config: ChatConfig) -> int:
    """`glmkit chat`."""
    import torch

    from glmkit.loading import BUNDLED_MODEL, load_model, load_tokenizer, tools_layout_of
    from glmkit.serving.engine import Engine
    from glmkit.serving.terminal import read_prompt, run_chat

    config = replace(config, prompt=read_prompt(config, sys.stdin) or "")  # an empty pipe is refused before the wait
    if not config.model:
        notice("serving-default-model", name=BUNDLED_MODEL)
        config = replace(config, model=BUNDLED_MODEL)
    if config.threads:
        torch.set_num_threads(config.threads)
    try:
        tokenizer = load_tokenizer(config.tokenizer or config.model)
    except ModelError as error:
        if config.prompt or not error.code.startswith("model-path-missing"):
            raise
        raise ModelError(
            [*error.problems, Problem("serving-model-comes-first", values={"name": BUNDLED_MODEL})]
        ) from error
    dtype = None if config.dtype == "auto" else getattr(torch, config.dtype)
    device = None if config.device == "auto" else config.device
    model = load_model(config.model, adapter=config.adapter or None, dtype=dtype, device=device)
    layout = tools_layout_of(config.model, adapter=config.adapter or None)
    engine = Engine(model, tokenizer, tools_layout=layout, max_batch=1)
    return run_chat(engine, tokenizer, config, sys.stdin, sys.stdout, sys.stderr)


def serve(config: ServeConfig) -> int:
    """`glmkit serve`."""
    from importlib.util import find_spec

    from glmkit.errors import ConfigError

    for package in ("fastapi", "uvicorn", "prometheus_client"):
        if find_spec(package) is None:
            raise ConfigError("api-not-installed", package=package)
    from glmkit.serving.api.command import run_serve

    return run_serve(config)


def data_convert(config: ConvertConfig) -> int:
    """`glmkit data convert`."""
    from glmkit.data.commands import run_convert

    return run_convert(config)


def data_check(config: CheckConfig) -> int:
    """`glmkit data check`."""
    from glmkit.data.commands import run_check

    return run_check(replace(config, tokenizer=_tokenizer_file(config.tokenizer)))


def data_show(config: ShowConfig) -> int:
    """`glmkit data show`."""
    from glmkit.data.commands import run_show

    return run_show(replace(config, tokenizer=_tokenizer_file(config.tokenizer)))


def _tokenizer_file(path: str) -> str:
    """Return the tokenizer.model that a file, a model folder, a hub id or a run stands for; nothing for nothing."""
    from glmkit.loading import load_tokenizer

    return str(load_tokenizer(path).path) if path else ""
