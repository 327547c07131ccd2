"""The promise of the engine: every request gets what the full forward gives it alone, in any company and any order.

Adapters, prefix cache, chunks, preemption, cancellation and failures are mixed at random; ids must be identical, log
probabilities within 1e-4, and no page may be left over.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from glmkit.errors import NumericsError
from glmkit.loading import load_model
from glmkit.model.adapter import read_adapter
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.views import PackedView
from glmkit.model.weights import load_model_folder
from glmkit.serving.engine import Engine
from glmkit.serving.params import SamplingParams
from glmkit.serving.request import Request

NUM_TOKENS = 24
GREEDY = SamplingParams(temperature=0, max_tokens=NUM_TOKENS, stop_ids=(), logprobs=2)
BUNDLED = Path(__file__).resolve().parents[2] / "glmkit" / "bundled" / "glmkit-mini"

Prefixes = dict[str | None, PrefixEncoder | None]


def random_prefix(model: GLM, prefix_len: int, seed: int) -> PrefixEncoder:
    prefix = PrefixEncoder(model.config, prefix_len)
    prefix.init_normal(std=1.0, generator=torch.Generator().manual_seed(seed))
    return prefix


@torch.inference_mode()
def by_full_forward(model: GLM, prefix: PrefixEncoder | None, prompt: tuple[int, ...]) -> tuple[list[int], list[float]]:
    """The definition: greedy ids and their log probabilities, everything run again for every token."""
    ids, logprobs = list(prompt), []
    keys: Tensor | None = None if prefix is None else prefix()
    for _ in range(NUM_TOKENS):
        view = PackedView([len(ids)], "cpu", keys)
        logits = model.logits_of(model(torch.tensor(ids), torch.arange(len(ids)), view)[-1:])[0]
        ids.append(int(logits.argmax()))
        logprobs.append(float(logits.log_softmax(dim=-1)[ids[-1]]))
    return ids[len(prompt) :], logprobs


@torch.inference_mode()
def by_one_forward(model: GLM, prefix: PrefixEncoder | None, request: Request) -> tuple[list[int], list[float]]:
    """What a full forward over prompt and reply takes for likeliest at each place of the reply: its own ids or not."""
    whole = [*request.prompt_ids, *request.ids]
    view = PackedView([len(whole)], "cpu", None if prefix is None else prefix())
    hidden = model(torch.tensor(whole), torch.arange(len(whole)), view)
    logprobs = model.logits_of(hidden[len(request.prompt_ids) - 1 : -1]).log_softmax(dim=-1)
    return logprobs.argmax(dim=-1).tolist(), logprobs.amax(dim=-1).tolist()


class Expected:
    """Answers of the full forward, each computed once."""

    def __init__(self, model: GLM, prefixes: Prefixes) -> None:
        self.model, self.prefixes = model, prefixes
        self.of = cache(lambda name, prompt: by_full_forward(model, prefixes[name], prompt))

    def check(self, request: Request) -> None:
        assert request.error is None and request.finish_reason == "length"
        ids, logprobs = self.of(request.adapter.name, tuple(request.prompt_ids))
        assert request.ids == ids
        assert [item.logprob for item in request.logprobs] == pytest.approx(logprobs, abs=1e-4)


def expected_of(folder: Path) -> Expected:
    """A model of the original's, its prefix, and three more; two of their lengths are no multiple of 16."""
    model = load_model_folder(folder, dtype=torch.float32, device="cpu")
    original = read_adapter(folder / "pytorch_model.bin", model)
    others = {f"P{n}": random_prefix(model, n, seed=n) for n in (16, 21, 3)}
    return Expected(model, {None: None, "original": original, **others})


@pytest.fixture(scope="module")
def expected(golden_folder: Path) -> Expected:
    """The answers to what all ways to batch are asked, computed once; the model must stay as it is."""
    return expected_of(golden_folder)


@pytest.fixture
def poisonable(golden_folder: Path) -> Expected:
    """The same with a model of its own."""
    return expected_of(golden_folder)


def engine_of(expected: Expected, **options: object) -> Engine:
    engine = Engine(expected.model, **options)  # type: ignore[arg-type]
    for name, prefix in expected.prefixes.items():
        if name is not None and prefix is not None:
            engine.load_adapter(name, prefix)
    return engine


def prompts_that_begin_alike(vocab_size: int, count: int, seed: int = 0) -> list[list[int]]:
    random = Random(seed)
    trunk = [random.randrange(vocab_size) for _ in range(31)]
    tails = [[random.randrange(vocab_size) for _ in range(random.randint(1, 9))] for _ in range(count)]
    return [trunk[: random.choice((0, 15, 16, 17, 31))] + tail for tail in tails]


def finish(engine: Engine, requests: list[Request]) -> None:
    for _ in range(2000):
        if all(request.state == "finished" for request in requests):
            return
        engine.step()
    pytest.fail("the engine does not come to an end")


# max_seq_len 64 makes 5 pages the most a request has; the prefixes hold 1 to 2 each.
OPTIONS = {
    "plain": {},
    "without prefix caching": {"prefix_caching": False},
    "one at a time": {"max_batch": 1},
    "in chunks": {"max_tokens_per_step": 7},
    "few pages": {"num_pages": 20, "max_seq_len": 64},
    "few pages, in chunks, without prefix caching": {
        "num_pages": 16, "max_seq_len": 64, "max_tokens_per_step": 9, "prefix_caching": False,
    },
}  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_prefixes_and_the_plain_base_in_one_batch_equal_the_full_forward(
    expected: Expected, options: dict[str, object]
) -> None:
    engine = engine_of(expected, **options)
    prompts = prompts_that_begin_alike(expected.model.config.vocab_size, 15)
    names = list(expected.prefixes)
    held = engine.statistics().num_pages_used
    requests = [engine.submit(prompt, GREEDY, names[i % 5]) for i, prompt in enumerate(prompts)]
    finish(engine, requests)
    for request in requests:
        expected.check(request)
    statistics = engine.statistics()
    assert statistics.num_pages_used == held
    assert (statistics.preemptions > 0) == ("num_pages" in options)
    assert (statistics.prefix_cache_hits > 0) == options.get("prefix_caching", True)
    assert len({tuple(expected.of(name, tuple(prompts[0]))[0]) for name in names}) == 5, "adapters make no difference"


operations = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.integers(0, 11), st.integers(0, 4)),
        st.tuples(st.just("submit"), st.integers(0, 11), st.integers(0, 4)),
        st.tuples(st.just("step"), st.integers(1, 6), st.just(0)),
        st.tuples(st.just("cancel"), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("poison"), st.integers(0, 11), st.integers(0, 4)),
        st.tuples(st.just("reload"), st.just(0), st.integers(1, 4)),
        st.tuples(st.just("break off"), st.just(0), st.just(0)),
    ),
    min_size=5,
    max_size=25,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=operations, options=st.sampled_from(list(OPTIONS.values())))
def test_whatever_happens_to_others_a_request_that_ends_is_exact(
    poisonable: Expected, operations: list[tuple[str, int, int]], options: dict[str, object]
) -> None:
    model, names = poisonable.model, list(poisonable.prefixes)
    poison = model.config.vocab_size - 1
    with torch.no_grad():
        model.embed_tokens.weight[poison] = torch.nan
        model.lm_head.weight[poison] = 0  # nobody generates it
    prompts = prompts_that_begin_alike(poison, 12, seed=1)
    engine = engine_of(poisonable, **options)
    held = engine.statistics().num_pages_used
    requests: list[Request] = []
    poisoned: list[Request] = []
    for what, number, adapter in operations:
        name = names[adapter]
        if what == "submit":
            requests.append(engine.submit(prompts[number], GREEDY, name))
        elif what == "poison":
            poisoned.append(engine.submit([*prompts[number][:20], poison, *prompts[number]][:40], GREEDY, name))
        elif what == "cancel" and requests:
            engine.cancel(requests[number % len(requests)])
        elif what == "reload" and name is not None:
            prefix = poisonable.prefixes[name]
            assert prefix is not None
            engine.unload_adapter(name)
            # Where pages are few, the old one may have to go first.
            finish(engine, [request for request in requests + poisoned if request.adapter.name == name])
            engine.load_adapter(name, prefix)
        elif what == "break off":
            engine.scheduler.preempt_all()
        else:
            for _ in range(number):
                engine.step()
    finish(engine, requests + poisoned)
    for request in requests:
        if request.finish_reason != "cancelled":
            poisonable.check(request)
    assert all(isinstance(request.error, NumericsError) and not request.ids for request in poisoned)
    statistics = engine.statistics()
    assert (statistics.num_pages_used, statistics.num_running, statistics.num_waiting) == (held, 0, 0)


def test_the_bundled_model_in_one_batch_equals_the_full_forward() -> None:
    if not (BUNDLED / "config.json").is_file():
        pytest.skip("glmkit-mini has no weights yet")
    model = load_model(BUNDLED, dtype="float32", device="cpu")
    prefixes: Prefixes = {None: None, **{f"P{n}": random_prefix(model, n, seed=n) for n in (32, 7, 19)}}
    engine = engine_of(Expected(model, prefixes), max_tokens_per_step=40)
    names = list(prefixes)
    prompts = prompts_that_begin_alike(model.config.vocab_size, 8, seed=2)
    requests = [engine.submit(prompt, GREEDY, names[i % 4]) for i, prompt in enumerate(prompts)]
    finish(engine, requests)
    for request in requests:
        ids, logprobs = by_one_forward(model, prefixes[request.adapter.name], request)
        assert request.error is None and request.ids == ids and len(ids) == NUM_TOKENS
        assert [item.logprob for item in request.logprobs] == pytest.approx(logprobs, abs=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card")
def test_on_a_card_prefixes_and_the_plain_base_equal_the_full_forward_on_the_cpu(
    golden_glm: GLM, golden_folder: Path
) -> None:
    others = {f"P{n}": random_prefix(golden_glm, n, seed=n) for n in (16, 21)}
    expected = Expected(golden_glm, {None: None, **others})
    prompts = prompts_that_begin_alike(golden_glm.config.vocab_size, 9)
    wanted = [expected.of(list(expected.prefixes)[i % 3], tuple(prompt)) for i, prompt in enumerate(prompts)]
    golden_glm.cuda()
    engine = Engine(golden_glm, max_tokens_per_step=50)
    for name, prefix in others.items():
        engine.load_adapter(name, prefix.cuda())
    requests = [engine.submit(prompt, GREEDY, [None, "P16", "P21"][i % 3]) for i, prompt in enumerate(prompts)]
    drawn = SamplingParams(temperature=1.2, top_p=0.9, seed=5, max_tokens=8, stop_ids=(), presence_penalty=0.5)
    requests.append(engine.submit(prompts[0], drawn))
    finish(engine, requests)
    for request, (ids, logprobs) in zip(requests, wanted, strict=False):
        assert request.ids == ids
        assert [item.logprob for item in request.logprobs] == pytest.approx(logprobs, abs=1e-4)
    assert len(requests[-1].ids) == 8
