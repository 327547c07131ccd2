"""Sampling settings in the engine: each against the same calculation on the full forward, in any company."""

from __future__ import annotations

import math

import pytest
import torch

from glmkit.chat.protocol import encode_chat
from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import NumericsError, RequestError
from glmkit.model.glm import GLM
from glmkit.serving.engine import Engine
from glmkit.serving.params import SamplingParams

PROMPT = [1, 2, 3, 2]


@torch.inference_mode()
def greedy_by_hand(model: GLM, prompt: list[int], params: SamplingParams) -> list[int]:
    """Bias, then penalties, then the likeliest token, one full forward for each."""
    ids: list[int] = []
    for _ in range(params.max_tokens):
        logits = model.logits(torch.tensor([[*prompt, *ids]]))[0, -1].tolist()
        for token, bias in params.logit_bias.items():
            logits[token] += bias
        for token in {*prompt, *ids}:
            score, penalty = logits[token], params.repetition_penalty
            logits[token] = score / penalty if score > 0 else score * penalty
        for token in set(ids):
            logits[token] -= params.presence_penalty + params.frequency_penalty * ids.count(token)
        ids.append(max(range(len(logits)), key=logits.__getitem__))
    return ids


CASES = [
    SamplingParams(temperature=0, max_tokens=10, stop_ids=()),
    SamplingParams(temperature=0, max_tokens=10, stop_ids=(), repetition_penalty=1.7),
    SamplingParams(temperature=0, max_tokens=10, stop_ids=(), presence_penalty=-2.0),
    SamplingParams(temperature=0, max_tokens=10, stop_ids=(), frequency_penalty=2.0, repetition_penalty=0.5),
    SamplingParams(temperature=0, max_tokens=10, stop_ids=(), logit_bias={5: 3.5, 17: 3.0, 40: -100.0}),
    SamplingParams(temperature=0, max_tokens=10, stop_ids=(), logit_bias={8: 6.0}, frequency_penalty=1.5),
]


def test_penalties_and_biases_give_what_the_hand_calculation_gives_in_one_batch(glm: GLM) -> None:
    expected = [greedy_by_hand(glm, PROMPT, params) for params in CASES]
    assert len({tuple(ids) for ids in expected}) == len(expected), "a setting has no effect here"
    engine = Engine(glm, max_batch=4)
    assert [completion.ids for completion in engine.generate([PROMPT] * len(CASES), CASES)] == expected
    backwards = engine.generate([PROMPT] * len(CASES), CASES[::-1])  # rows are reused by others
    assert [completion.ids for completion in backwards] == expected[::-1]


def test_penalties_are_the_same_after_preemption(glm: GLM) -> None:
    engine = Engine(glm)
    requests = [engine.submit(PROMPT, params) for params in CASES]
    for _ in range(4):
        engine.step()
    engine.scheduler.preempt_all()
    for request in requests:
        list(engine.follow(request))
    assert [request.ids for request in requests] == [greedy_by_hand(glm, PROMPT, params) for params in CASES]


def test_seeded_draws_are_those_of_the_same_request_alone_after_preemption_and_in_any_order(glm: GLM) -> None:
    params = [
        SamplingParams(temperature=1.3, top_p=0.95, seed=1, max_tokens=12, stop_ids=()),
        SamplingParams(temperature=0.9, top_p=1, seed=2, max_tokens=12, stop_ids=()),
        SamplingParams(temperature=1.1, top_p=1, top_k=5, seed=3, max_tokens=12, stop_ids=(), presence_penalty=1),
        SamplingParams(temperature=1.5, top_p=1, min_p=0.02, seed=4, max_tokens=12, stop_ids=()),
    ]
    alone = [Engine(glm).generate([PROMPT], one)[0].ids for one in params]
    engine = Engine(glm, max_batch=3)
    requests = [engine.submit(PROMPT, one) for one in params[::-1]]
    for _ in range(5):
        engine.step()
    engine.scheduler.preempt_all()
    for request in requests:
        list(engine.follow(request))
    assert [request.ids for request in requests][::-1] == alone


@torch.inference_mode()
def test_logprobs_are_those_of_the_models_own_distribution(glm: GLM) -> None:
    params = SamplingParams(
        temperature=1.5, top_p=0.9, seed=4, max_tokens=6, stop_ids=(), logprobs=3, logit_bias={7: 5.0},
        repetition_penalty=1.3,
    )  # fmt: skip
    plain = SamplingParams(temperature=0, max_tokens=6, stop_ids=(), logprobs=0)
    none = SamplingParams(temperature=0, max_tokens=6, stop_ids=())
    for completion, asked in zip(Engine(glm).generate([PROMPT] * 3, [params, plain, none]), (3, 0, None), strict=True):
        if asked is None:
            assert completion.logprobs == []
            continue
        assert [item.token for item in completion.logprobs] == completion.ids
        for position, item in enumerate(completion.logprobs):
            ids = torch.tensor([[*PROMPT, *completion.ids[:position]]])
            wanted = glm.logits(ids)[0, -1].log_softmax(dim=-1)
            assert item.logprob == pytest.approx(float(wanted[item.token]), abs=1e-4)
            values, tokens = wanted.topk(asked)
            assert [token for token, _ in item.top] == tokens.tolist()
            assert [logprob for _, logprob in item.top] == pytest.approx(values.tolist(), abs=1e-4)


def test_min_tokens_puts_stop_tokens_off_and_they_count_from_then_on(glm: GLM) -> None:
    first = Engine(glm).generate([PROMPT], CASES[0])[0].ids[0]
    params = SamplingParams(temperature=0, max_tokens=10, stop_ids=(first,), min_tokens=3, logit_bias={first: 100.0})
    completion = Engine(glm).generate([PROMPT], params)[0]
    assert (len(completion.ids), completion.stop_id) == (3, first)
    assert first not in completion.ids


def test_ignore_eos_goes_past_the_protocols_stop_tokens_but_not_past_others(
    talking_glm: GLM, small_tokenizer: Tokenizer
) -> None:
    prompt = encode_chat([{"role": "user", "content": "hello"}], small_tokenizer)
    engine = Engine(talking_glm, small_tokenizer)
    stopped = engine.generate([prompt], SamplingParams(temperature=0))[0]
    past = engine.generate([prompt], SamplingParams(temperature=0, ignore_eos=True, max_tokens=40))[0]
    assert len(past.ids) == 40 and past.ids[: len(stopped.ids) + 1] == [*stopped.ids, stopped.stop_id]
    stop_id = stopped.ids[3]
    other = engine.generate([prompt], SamplingParams(temperature=0, ignore_eos=True, stop_ids=(stop_id,)))[0]
    assert (other.stop_id, other.finish_reason) == (stop_id, "stop")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_logits_that_are_not_finite_are_an_error_and_no_token(glm: GLM, bad: float) -> None:
    hook = glm.lm_head.register_forward_hook(lambda _, __, logits: logits.index_fill(1, torch.tensor([3]), bad))
    with pytest.raises(NumericsError, match="after 4 tokens are not finite"):
        list(Engine(glm).stream(PROMPT, CASES[0]))
    drawn = SamplingParams(temperature=1, logprobs=2)
    completion = Engine(glm).generate([PROMPT], drawn)[0]
    hook.remove()
    assert (completion.ids, completion.logprobs, completion.finish_reason) == ([], [], "error")


def test_a_bias_for_an_id_the_model_does_not_have_is_refused(glm: GLM) -> None:
    with pytest.raises(RequestError, match=r"a bias is for id 70000; this model's ids are 0 to \d+"):
        Engine(glm).submit(PROMPT, SamplingParams(logit_bias={70000: 1.0}))
