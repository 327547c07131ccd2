"""Constraints: masks are applied bit by bit, written while the model runs, and fail their own request alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from glmkit.errors import RequestError
from glmkit.model.glm import GLM
from glmkit.serving.constraint import MaskFiller, forbid
from glmkit.serving.engine import Engine
from glmkit.serving.params import SamplingParams

GREEDY = SamplingParams(temperature=0, max_tokens=4, stop_ids=())


class Script:
    """A constraint whose allowed tokens are written down step by step; None allows everything."""

    def __init__(self, *steps: Sequence[int] | None) -> None:
        self.steps = steps
        self.accepted: list[int] = []

    def write_mask(self, row: Tensor) -> bool:
        allowed = self.steps[len(self.accepted)]
        if allowed is None:
            return False
        for token in allowed:
            bit = 1 << token % 32
            row[token // 32] |= bit if bit < 1 << 31 else bit - (1 << 32)
        return True

    def accept(self, token: int) -> None:
        self.accepted.append(token)


class Broken(Script):
    """Fails when its second token is wanted, or accepted."""

    def __init__(self, where: str) -> None:
        super().__init__(None, None, None, None)
        self.where = where

    def write_mask(self, row: Tensor) -> bool:
        if self.where == "write_mask" and self.accepted:
            raise KeyError("no such rule")
        return super().write_mask(row)

    def accept(self, token: int) -> None:
        super().accept(token)
        if self.where == "accept" and len(self.accepted) == 2:
            raise RequestError("serving-no-prompt")


@settings(max_examples=40, deadline=None)
@given(
    vocab_size=st.integers(1, 100),
    masked=st.lists(st.booleans(), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_masks_forbid_what_their_bits_say(vocab_size: int, masked: list[bool], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    allowed = torch.rand(len(masked), vocab_size, generator=generator) < 0.5
    scripts = [Script(row.nonzero()[:, 0].tolist() if on else None) for row, on in zip(allowed, masked, strict=True)]
    filler = MaskFiller(vocab_size)
    filler.start([script if script.steps[0] is not None or i % 2 else None for i, script in enumerate(scripts)])
    rows, masks, failed = filler.wait()
    assert rows == [i for i, on in enumerate(masked) if on] and not failed
    logits = torch.randn(len(masked), vocab_size, generator=generator)
    expected = logits.masked_fill(~(allowed | ~torch.tensor(masked)[:, None]), -torch.inf)
    forbid(logits, rows, masks)
    assert torch.equal(logits, expected)


def test_a_request_says_what_its_constraint_allows_beside_others_that_are_free(glm: GLM) -> None:
    free = Engine(glm).generate([[1, 2, 3]], GREEDY)[0].ids
    engine = Engine(glm)
    script = Script([5], [7, 599], None, [31, 32])
    requests = [engine.submit([1, 2, 3], GREEDY, constraint=script), engine.submit([1, 2, 3], GREEDY)]
    for request in requests:
        list(engine.follow(request))
    first, second, third, fourth = requests[0].ids
    assert (first, second in (7, 599), fourth in (31, 32)) == (5, True, True)
    ids = [1, 2, 3, first, second]
    assert third == int(glm.logits(torch.tensor([ids]))[0, -1].argmax())
    assert script.accepted == requests[0].ids
    assert requests[1].ids == free


def test_drawn_tokens_obey_too_and_a_stop_token_is_accepted(glm: GLM) -> None:
    engine = Engine(glm)
    for seed in range(5):
        script = Script([11, 12], [13, 14], [9])
        params = SamplingParams(temperature=1.5, top_p=1, seed=seed, stop_ids=(9,))
        request = engine.submit([1, 2, 3], params, constraint=script)
        list(engine.follow(request))
        assert request.ids[0] in (11, 12) and request.ids[1] in (13, 14)
        assert (request.finish_reason, request.stop_id, script.accepted[-1]) == ("stop", 9, 9)


def test_a_constraint_that_allows_nothing_ends_its_request_with_an_error(glm: GLM) -> None:
    engine = Engine(glm)
    request = engine.submit([1, 2, 3], GREEDY, constraint=Script([5], []))
    other = engine.submit([4, 5], GREEDY)
    with pytest.raises(RequestError, match="nothing is allowed after 4 tokens"):
        list(engine.follow(request))
    assert (request.ids, request.finish_reason) == ([5], "error")
    list(engine.follow(other))
    assert other.ids == Engine(glm).generate([[4, 5]], GREEDY)[0].ids


def test_min_tokens_and_a_constraint_that_only_allows_the_end_contradict_each_other(glm: GLM) -> None:
    params = SamplingParams(temperature=0, min_tokens=2, max_tokens=4, stop_ids=(9,))
    engine = Engine(glm)
    request = engine.submit([1, 2, 3], params, constraint=Script([9]))
    with pytest.raises(RequestError, match="nothing is allowed"):
        list(engine.follow(request))


@pytest.mark.parametrize(
    ("where", "sentence"),
    [("write_mask", "the constraint of the request failed after 4 tokens: KeyError: 'no such rule'"),
     ("accept", "there is nothing to answer")],
)  # fmt: skip
def test_a_constraint_that_fails_ends_its_request_alone(glm: GLM, where: str, sentence: str) -> None:
    free = Engine(glm).generate([[1, 2, 3]], GREEDY)[0].ids
    engine = Engine(glm)
    request = engine.submit([1, 2, 3], GREEDY, constraint=Broken(where))
    other = engine.submit([1, 2, 3], GREEDY)
    list(engine.follow(other))
    assert (request.state, request.finish_reason, request.ids) == ("finished", "error", free[:1])
    assert sentence in str(request.error)
    assert other.ids == free
    assert engine.statistics().num_pages_used == 0


def test_masks_are_written_while_the_model_runs(glm: GLM) -> None:
    begun = threading.Event()

    class Signal(Script):
        def write_mask(self, row: Tensor) -> bool:
            begun.set()
            return super().write_mask(row)

    seen: list[bool] = []
    hook = glm.layers[0].register_forward_pre_hook(lambda *_: seen.append(begun.wait(timeout=10)))
    engine = Engine(glm)
    list(engine.follow(engine.submit([1, 2, 3], SamplingParams(temperature=0, max_tokens=1), constraint=Signal([5]))))
    hook.remove()
    assert seen == [True]


def test_a_constraint_is_not_asked_amid_a_long_prompt_and_survives_preemption(glm: GLM) -> None:
    asked: list[int] = []

    class Counting(Script):
        def write_mask(self, row: Tensor) -> bool:
            asked.append(len(self.accepted))
            return super().write_mask(row)

    engine = Engine(glm, max_tokens_per_step=16)
    request = engine.submit(list(range(1, 60)), GREEDY, constraint=Counting([5], [6], [7], [8]))
    for _ in range(5):
        engine.step()
    assert len(request.ids) == 2
    engine.scheduler.preempt_all()
    list(engine.follow(request))
    assert asked == [0, 1, 2, 3]
    assert request.ids == [5, 6, 7, 8]
