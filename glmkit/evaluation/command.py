"""`glmkit eval`, ``glmkit.evaluate`` and the evaluations of a training: the same measurement through three doors.

In: an EvalConfig; or, from the training loop, the model as it is with the conversations held out. Out: an Evaluation.
Called by ``commands`` and ``tuning``. A suite of files is ``measure`` called for each with one loaded model.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import TypeVar

import torch

from glmkit.chat.conversation import Conversation
from glmkit.chat.protocol import make_protocol
from glmkit.chat.sample import Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import EvalConfig, TrainConfig
from glmkit.data.encode import encode_samples
from glmkit.data.read import read
from glmkit.data.split import HeldOut
from glmkit.errors import StorageError, message, notice
from glmkit.evaluation.measure import Advance, Measurement, measure_answers, measure_loss
from glmkit.evaluation.questions import questions_of
from glmkit.evaluation.report import Bar, print_evaluation, print_failures
from glmkit.evaluation.result import Evaluation, figures_of
from glmkit.loading import load_model, load_tokenizer, tools_layout_of
from glmkit.model.glm import GLM

Item = TypeVar("Item")
INTERRUPTED = 130  # exit code
MAX_TOKENS_PER_ROW = 8192
TRAINING_MAX_TOKENS, TRAINING_MAX_BATCH = 512, 16  # of the answers generated amid a training


def run_evaluate(config: EvalConfig) -> int:
    """Evaluate, print the table and a sample of failures, write the JSON file; return the exit code."""
    check_output(config.output)
    with Bar() as bar:
        evaluation = evaluate(config, bar.advance)
    print_evaluation(evaluation, sys.stdout)
    num_failures = sum(answer.is_failure for answer in evaluation.answers)
    print_failures(evaluation.failures(config.failures, config.seed), num_failures, sys.stdout)
    if evaluation.figures.get("text_turns") and evaluation.figures["bleu"] is None:
        notice("evaluation-no-bleu")
    if config.output:
        evaluation.save(Path(config.output))
        notice("evaluation-saved", path=config.output)
    if evaluation.is_complete:
        return 0
    print(message("evaluation-interrupted"), file=sys.stderr)
    return INTERRUPTED


def evaluate(config: EvalConfig, advance: Advance = lambda phase, done, total: None) -> Evaluation:
    """Evaluate a model on a file.

    Ctrl-C ends it early: what was measured so far is returned, with ``is_complete`` False.

    Args:
        config: the settings.
        advance: told how far it is: ("loss" or "answers", done, total).

    Raises:
        DataError: faults of the data file. ModelError: model, adapter or tokenizer missing or unfitting.
        NumericsError: a loss or the model's scores are not finite.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    conversations = sampled(read(config.data, config.source_format or None), config.limit, config.seed)
    tokenizer = load_tokenizer(config.tokenizer or config.model)
    tools_layout = tools_layout_of(config.model, config.adapter or None)  # the one the model was tuned on
    samples = encode_samples(conversations, tokenizer, config.max_seq_len, config.truncate, tools_layout)
    model = load_asked(config)
    measured = Measurement()
    try:
        is_complete = measure(
            model,
            tokenizer,
            samples,
            conversations if config.generate else (),
            measured,
            max_tokens=config.max_tokens,
            max_batch=config.max_batch,
            tools_layout=tools_layout,
            advance=advance,
        )
    except KeyboardInterrupt:
        is_complete = False
    return Evaluation.of(measured, asdict(config), is_complete)


def load_asked(config: EvalConfig) -> GLM:
    """Return the model that the settings ask for. Raises ModelError."""
    return load_model(
        config.model,
        adapter=config.adapter or None,
        dtype=None if config.dtype == "auto" else config.dtype,
        device=None if config.device == "auto" else config.device,
    )


def measure(
    model: GLM,
    tokenizer: Tokenizer,
    samples: Sequence[Sample],
    conversations: Sequence[Conversation],
    into: Measurement,
    *,
    max_tokens: int,
    max_batch: int,
    tools_layout: str,
    max_tokens_per_row: int = MAX_TOKENS_PER_ROW,
    use_bfloat16: bool = False,
    advance: Advance = lambda phase, done, total: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> bool:
    """Measure the loss on ``samples``, then the answers at every trained turn of ``conversations``.

    The arguments are those of ``measure_loss`` and ``measure_answers``; prompts have their tools in
    ``tools_layout``. True when everything has been measured.
    """
    is_complete = measure_loss(
        model,
        samples,
        into,
        max_tokens_per_row=max_tokens_per_row,
        use_bfloat16=use_bfloat16,
        advance=advance,
        is_stopped=is_stopped,
    )
    if not is_complete or not conversations:
        return is_complete
    protocol = make_protocol(tokenizer, tools_layout=tools_layout)
    questions = [question for conversation in conversations for question in questions_of(conversation, protocol)]
    return measure_answers(
        model,
        tokenizer,
        questions,
        into,
        max_tokens=max_tokens,
        max_batch=max_batch,
        advance=advance,
        is_stopped=is_stopped,
    )


def evaluate_in_training(
    model: GLM, tokenizer: Tokenizer, held_out: HeldOut, config: TrainConfig, is_stopped: Callable[[], bool]
) -> Mapping[str, float | int | None] | None:
    """Measure a model amid its training; what ``training.loop.train`` is handed as ``evaluate``.

    Returns:
        The figures; None when the training was asked to stop meanwhile.
    """
    measured = Measurement()
    is_complete = measure(
        model,
        tokenizer,
        held_out.samples,
        sampled(held_out.conversations, config.eval_generate, config.seed) if config.eval_generate else (),
        measured,
        max_tokens=TRAINING_MAX_TOKENS,
        max_batch=TRAINING_MAX_BATCH,
        tools_layout=config.tools_layout,
        max_tokens_per_row=config.max_tokens_per_row,
        use_bfloat16=config.method == "full" and config.dtype == "bfloat16",
        is_stopped=is_stopped,
    )
    return figures_of(measured) if is_complete else None


def sampled(items: Sequence[Item], limit: int, seed: int) -> Sequence[Item]:
    """Return ``limit`` of the items in their order, chosen by ``seed``; all of them if there are not more, or for 0."""
    if limit == 0 or limit >= len(items):
        return items
    return [items[index] for index in sorted(Random(seed).sample(range(len(items)), limit))]


def check_output(path: str) -> None:
    """Refuse a file that cannot be written before anything is computed. Raises StorageError."""
    if path and (Path(path).is_dir() or not Path(path).absolute().parent.is_dir()):
        reason = message("evaluation-is-folder") if Path(path).is_dir() else message("evaluation-no-folder")
        raise StorageError("evaluation-output", where=path, reason=reason)
