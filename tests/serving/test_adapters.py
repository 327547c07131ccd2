"""Adapters: loading and unloading while requests run, what they cost in pages, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from glmkit.errors import ModelError, RequestError
from glmkit.model.adapter import read_adapter, save_adapter
from glmkit.model.config import ModelConfig
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.weights import base_fingerprint
from glmkit.serving.engine import Engine
from glmkit.serving.params import SamplingParams

GREEDY = SamplingParams(temperature=0, max_tokens=8, stop_ids=())
PROMPT = [1, 2, 3, 4]


def prefix_of(model: GLM, prefix_len: int, seed: int = 0) -> PrefixEncoder:
    prefix = PrefixEncoder(model.config, prefix_len)
    prefix.init_normal(std=1.0, generator=torch.Generator().manual_seed(seed))
    return prefix


def with_prefix(model: GLM, prefix: PrefixEncoder | None) -> list[int]:
    """The continuation of PROMPT by a model whose own prefix it is."""
    before, model.prefix = model.prefix, prefix
    ids = Engine(model).generate([PROMPT], GREEDY)[0].ids
    model.prefix = before
    return ids


def test_an_adapter_folder_is_offered_under_its_name(glm: GLM, tmp_path: Path) -> None:
    prefix = prefix_of(glm, 21)
    save_adapter(tmp_path, prefix, {"base": "random", "base_fingerprint": base_fingerprint(glm)})
    engine = Engine(glm)
    engine.load_adapter("mine", tmp_path)
    assert engine.adapters == ["mine"]
    request = engine.submit(PROMPT, GREEDY, "mine")
    assert list(engine.follow(request)) == with_prefix(glm, prefix) != with_prefix(glm, None)
    assert list(engine.stream(PROMPT, GREEDY, adapter="mine")) == request.ids
    assert engine.generate([PROMPT], GREEDY, adapter="mine")[0].ids == request.ids
    assert engine.generate([PROMPT], GREEDY)[0].ids == with_prefix(glm, None)
    assert glm.prefix is None


def test_the_originals_checkpoint_is_an_adapter_too(golden_glm: GLM, golden_folder: Path) -> None:
    engine = Engine(golden_glm)
    engine.load_adapter("original", golden_folder / "pytorch_model.bin")
    expected = with_prefix(golden_glm, read_adapter(golden_folder, golden_glm))
    assert engine.generate([PROMPT], GREEDY, adapter="original")[0].ids == expected


def test_a_models_own_prefix_stands_before_requests_without_an_adapter_only(prefixed_glm: GLM) -> None:
    own, other = prefixed_glm.prefix, prefix_of(prefixed_glm, 9, seed=3)
    engine = Engine(prefixed_glm)
    engine.load_adapter("other", other)
    assert engine.generate([PROMPT], GREEDY)[0].ids == with_prefix(prefixed_glm, own)
    assert engine.generate([PROMPT], GREEDY, adapter="other")[0].ids == with_prefix(prefixed_glm, other)


def test_an_unloaded_adapter_serves_the_requests_it_has_and_no_more(glm: GLM) -> None:
    prefix = prefix_of(glm, 40)
    engine = Engine(glm, max_batch=1)
    engine.load_adapter("a", prefix)
    assert engine.statistics().num_pages_used == 3
    running, waiting = engine.submit(PROMPT, GREEDY, "a"), engine.submit([*PROMPT, 5], GREEDY, "a")
    engine.step()
    engine.unload_adapter("a")
    assert engine.adapters == []
    with pytest.raises(RequestError, match="there is no adapter named 'a'; loaded are: -"):
        engine.submit(PROMPT, GREEDY, "a")
    list(engine.follow(running))
    assert running.ids == with_prefix(glm, prefix)
    assert engine.statistics().num_pages_used == 3  # for the one that waits
    engine.cancel(waiting)
    assert engine.statistics().num_pages_used == 0


def test_a_name_loaded_again_does_not_find_the_old_ones_pages(glm: GLM) -> None:
    engine, prompt = Engine(glm), [7] * 40
    for seed in (1, 2):
        prefix = prefix_of(glm, 16, seed)
        engine.load_adapter("a", prefix)
        assert engine.adapters == ["a"]
        request = engine.submit(prompt, GREEDY, "a")
        list(engine.follow(request))
        assert request.num_cached_prompt_tokens == 0
        glm.prefix = prefix
        assert request.ids == Engine(glm).generate([prompt], GREEDY)[0].ids
        engine.unload_adapter("a")


def test_a_hundred_rounds_of_loading_and_unloading_need_no_more_pages_than_one(glm: GLM) -> None:
    engine, prefix = Engine(glm, max_batch=2), prefix_of(glm, 30)
    limits = set()
    for round_number in range(100):
        engine.load_adapter("a", prefix)
        limits.add(engine.statistics().num_pages)
        if round_number % 10 == 0:
            assert engine.generate([PROMPT], GREEDY, adapter="a")[0].ids == with_prefix(glm, prefix)
        engine.unload_adapter("a")
        assert engine.statistics().num_pages_used == 0
    assert limits == {2 * 17 + 2}


def test_a_taken_name_and_an_unknown_one_are_refused(glm: GLM) -> None:
    engine = Engine(glm)
    engine.load_adapter("a", prefix_of(glm, 4))
    used = engine.statistics().num_pages_used
    with pytest.raises(RequestError, match="an adapter named 'a' is loaded already"):
        engine.load_adapter("a", prefix_of(glm, 4))
    with pytest.raises(RequestError, match="there is no adapter named 'b'; loaded are: a"):
        engine.unload_adapter("b")
    assert engine.statistics().num_pages_used == used


def test_an_adapter_that_would_leave_no_room_for_a_request_is_refused(glm: GLM) -> None:
    engine = Engine(glm, num_pages=20)  # 17 for one request of 256
    engine.load_adapter("a", prefix_of(glm, 32))
    with pytest.raises(RequestError, match="adapter 'b' needs 2 pages, but only 1 can be given to it"):
        engine.load_adapter("b", prefix_of(glm, 17))
    engine.load_adapter("c", prefix_of(glm, 16))
    assert engine.adapters == ["a", "c"]


def test_an_adapter_for_another_model_is_refused(glm: GLM, golden_folder: Path, tmp_path: Path) -> None:
    engine = Engine(glm)
    with pytest.raises(ModelError):
        engine.load_adapter("a", golden_folder / "pytorch_model.bin")
    with pytest.raises(ModelError):
        engine.load_adapter("a", tmp_path / "missing")
    other = PrefixEncoder(ModelConfig(**{**vars_of(glm.config), "num_layers": 3}), 4)
    other.init_normal()
    with pytest.raises(ModelError, match=r"shape \(3, 2, 4, 2, 8\); this model takes \(2, 2, 4, 2, 8\)"):
        engine.load_adapter("a", other)
    assert engine.adapters == [] and engine.statistics().num_pages_used == 0


def vars_of(config: ModelConfig) -> dict[str, object]:
    return {name: getattr(config, name) for name in config.__dataclass_fields__}
