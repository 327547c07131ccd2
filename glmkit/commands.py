"""What each command of the command line does: a few lines that join the rooms, imported once a command is chosen.

Each function takes the command's config and returns its exit code (None counts as 0).
"""

from __future__ import annotations

import os
from dataclasses import replace

from glmkit.chat_config import ChatConfig
from glmkit.config import CheckConfig, ConvertConfig, EvalConfig, ShowConfig, TrainConfig
from glmkit.quickstart.config import QuickstartConfig
from glmkit.serving_config import ServeConfig
from glmkit.web_config import WebConfig

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
    from glmkit.chat_command import run_chat_command

    return run_chat_command(config)


def serve(config: ServeConfig) -> int:
    """`glmkit serve`."""
    from glmkit.serving.api import require_packages

    require_packages()
    from glmkit.serving.api.command import run_serve

    return run_serve(config)


def web(config: WebConfig) -> int:
    """`glmkit web`."""
    from importlib.util import find_spec

    from glmkit.errors import ConfigError, notice

    for package in ("streamlit", "httpx2", "fastapi", "uvicorn", "prometheus_client"):
        if find_spec(package) is None:
            raise ConfigError("web-not-installed", package=package)
    from glmkit.web.command import run_web

    if not config.model and not config.api:
        from glmkit.loading import BUNDLED_MODEL

        notice("serving-default-model", name=BUNDLED_MODEL)
        config = replace(config, model=BUNDLED_MODEL)
    return run_web(config)


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
