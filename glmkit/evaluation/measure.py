"""Run a model over samples and questions; what is measured so far is there whenever one stops.

In: a GLM, encoded samples, questions. Out: a Measurement that grows. Called by ``command`` for `glmkit eval` and for
the evaluations of a training; the model's weights, its mode and the random state stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import torch

from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.data.pack import Batch, pack_step
from glmkit.errors import ModelError, NumericsError
from glmkit.evaluation.answers import Answer, judge
from glmkit.evaluation.questions import Question
from glmkit.model.glm import GLM
from glmkit.model.loss import token_losses
from glmkit.model.views import PackedView
from glmkit.serving.engine import Engine
from glmkit.serving.params import SamplingParams
from glmkit.serving.request import Request

GROUP_SAMPLES = 64  # packed together: enough to fill rows, few enough for a bar that moves and a stop that is soon
ROUND_ROWS_TO = {"cuda": 256, "cpu": 1}  # as in training: few row lengths suit compiled kernels

Phase = Literal["loss", "answers"]
Advance = Callable[[Phase, int, int], None]  # (what, how many are done, of how many)


@dataclass(slots=True)
class Measurement:
    """Sums over what has been run.

    Attributes:
        loss_sum: of all labelled tokens, in nats.
        answers: judged, by the number of their question; an answer is here once it is finished.
        num_too_long: questions left out because their prompt does not fit into the model's context.
    """

    loss_sum: float = 0.0
    num_labels: int = 0
    num_samples: int = 0
    answers: dict[int, Answer] = field(default_factory=dict)
    num_too_long: int = 0


@contextmanager
def evaluating(model: GLM) -> Iterator[None]:
    """Put every part of the model into evaluation mode, and each back into its own at the end."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def measure_loss(
    model: GLM,
    samples: Sequence[Sample],
    into: Measurement,
    *,
    max_tokens_per_row: int,
    use_bfloat16: bool = False,
    advance: Advance = lambda phase, done, total: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> bool:
    """Add the losses of all labelled tokens, each predicted from the recorded ones before it; True when all are done.

    Args:
        model: with its prefix, which is used without dropout.
        samples: encoded for this model.
        into: grows by every group of samples that is done.
        max_tokens_per_row: room for tokens in one forward; changes no result.
        use_bfloat16: compute in bfloat16 whatever the weights are, as a full training in bfloat16 does.
        advance: told after every group.
        is_stopped: asked before every group.

    Raises:
        ModelError: an id that the model does not have.
        NumericsError: a loss is not finite; names where its group of samples begins.
    """
    with evaluating(model), torch.no_grad(), torch.autocast(model.device.type, torch.bfloat16, enabled=use_bfloat16):
        for start in range(0, len(samples), GROUP_SAMPLES):
            if is_stopped():
                return False
            group = [samples[index] for index in range(start, min(start + GROUP_SAMPLES, len(samples)))]
            check_ids(group, model.config.vocab_size)
            rows = pack_step(group, max_tokens_per_row, "token", ROUND_ROWS_TO[model.device.type])
            loss_sum = math.fsum(row_loss_sum(model, row) for row in rows)
            if not math.isfinite(loss_sum):
                raise NumericsError("evaluation-not-finite", where=group[0].source, loss=loss_sum, count=len(group))
            into.loss_sum += loss_sum
            into.num_labels += sum(row.num_labels for row in rows)
            into.num_samples += len(group)
            advance("loss", into.num_samples, len(samples))
    return True


def row_loss_sum(model: GLM, row: Batch) -> float:
    """Return the sum of the losses of a row's labelled tokens, added up in float64."""
    device = model.device
    view = PackedView(row.document_lengths, device, None if model.prefix is None else model.prefix())
    labelled = (row.targets != IGNORE_INDEX).nonzero()[:, 0].to(device)  # int64 [N]
    targets = row.targets.to(device)[labelled]
    hidden = model(row.input_ids.to(device), row.position_ids.to(device), view, labelled)  # [N, D]
    _, losses = token_losses(model, hidden, targets, torch.ones_like(targets, dtype=torch.float32))
    return float(losses.double().sum())


def check_ids(samples: Sequence[Sample], vocab_size: int) -> None:
    """Refuse samples encoded with a tokenizer that is not the model's."""
    for sample in samples:
        if max(sample.input_ids) >= vocab_size:
            found = max(sample.input_ids)
            raise ModelError("evaluation-id-outside-model", where=sample.source, found=found, vocab_size=vocab_size)


def measure_answers(
    model: GLM,
    tokenizer: Tokenizer,
    questions: Sequence[Question],
    into: Measurement,
    *,
    max_tokens: int,
    max_batch: int,
    advance: Advance = lambda phase, done, total: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> bool:
    """Let the model answer all questions, the likeliest token each time, many at once; True when all are done.

    Args:
        model: with its prefix.
        tokenizer: of the model.
        questions: best in the order of their conversations: the cache then holds what they have in common.
        into: grows by every answer that is finished.
        max_tokens: longest answer.
        max_batch: most answers generated at once.
        advance: told after every finished answer.
        is_stopped: asked before every token.

    Raises:
        RequestError: an id that the model does not have.
        NumericsError: the model's scores are not finite.
    """
    params = SamplingParams(temperature=0, max_tokens=max_tokens, seed=0)
    with evaluating(model):
        engine = Engine(model, tokenizer, max_batch=max_batch)
        assert engine.protocol is not None
        asked: dict[Request, int] = {}
        for number, question in enumerate(questions):
            if len(question.prompt_ids) >= engine.max_seq_len:
                into.num_too_long += 1
            else:
                asked[engine.submit(question.prompt_ids, params)] = number
        num_asked = len(asked)
        while asked:
            if is_stopped():
                return False
            for request in engine.step():
                if request.state != "finished":
                    continue
                if request.error is not None:
                    raise request.error
                number = asked.pop(request)
                reply = engine.protocol.parse_reply(request.ids_and_stop)
                into.answers[number] = judge(questions[number], reply)
                advance("answers", num_asked - len(asked), num_asked)
    return True
