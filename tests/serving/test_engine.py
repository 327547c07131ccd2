"""The engine gives each request what the full forward gives it alone, whatever else runs, and ends it as promised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch
from safetensors.torch import load_file

from glmkit.chat.chatglm3 import ChatGLM3
from glmkit.chat.protocol import encode_chat
from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import ConfigError, NumericsError, OutOfMemory, RequestError
from glmkit.model.adapter import load_adapter
from glmkit.model.glm import GLM
from glmkit.model.views import PackedView
from glmkit.serving.engine import Engine
from glmkit.serving.pages import FIRST_PAGES
from glmkit.serving.params import SamplingParams
from glmkit.serving.request import Request

GREEDY = SamplingParams(temperature=0, max_tokens=12, stop_ids=())
SAMPLED = SamplingParams(temperature=1.2, top_p=0.9, repetition_penalty=1.1, max_tokens=12, seed=7, stop_ids=())


@torch.inference_mode()
def greedy_by_full_forward(model: GLM, prompt: list[int], num_tokens: int) -> list[int]:
    """The definition the engine is held to: run everything again for every token."""
    ids = list(prompt)
    for _ in range(num_tokens):
        ids.append(int(model.logits(torch.tensor([ids]))[0, -1].argmax()))
    return ids[len(prompt) :]


def random_prompts(count: int, vocab_size: int, longest: int = 40, seed: int = 3) -> list[list[int]]:
    random = Random(seed)
    return [[random.randrange(vocab_size) for _ in range(random.randint(1, longest))] for _ in range(count)]


@torch.no_grad()
def make_likeliest(model: GLM, prompt: list[int], token: int) -> None:
    """Change the model so that it continues ``prompt`` with ``token``."""
    view = PackedView([len(prompt)], "cpu")
    hidden = model(torch.tensor(prompt), torch.arange(len(prompt)), view)[-1]
    model.lm_head.weight[token] = 100 * hidden


def finish(engine: Engine, *requests: Request) -> None:
    while any(request.state != "finished" for request in requests):
        engine.step()


def test_golden_greedy_ids_of_the_original_are_reproduced(golden_glm: GLM, golden_folder: Path) -> None:
    expected = load_file(golden_folder / "expected.safetensors")["greedy.output_ids"].flatten().tolist()
    prompt, continuation = expected[:-16], expected[-16:]
    params = SamplingParams(temperature=0, max_tokens=16, stop_ids=())
    assert Engine(golden_glm).generate([prompt], params)[0].ids == continuation


def test_with_the_originals_prefix_greedy_equals_the_full_forward(golden_glm: GLM, golden_folder: Path) -> None:
    prompt = load_file(golden_folder / "expected.safetensors")["greedy.output_ids"].flatten().tolist()[:-16]
    bare = Engine(golden_glm).generate([prompt], GREEDY)[0].ids
    load_adapter(golden_folder / "pytorch_model.bin", golden_glm)
    assert Engine(golden_glm).generate([prompt], GREEDY)[0].ids == greedy_by_full_forward(golden_glm, prompt, 12)
    assert Engine(golden_glm).generate([prompt], GREEDY)[0].ids != bare


def test_greedy_equals_the_full_forward_token_for_token(glm: GLM) -> None:
    for prompt in random_prompts(4, glm.config.vocab_size):
        assert Engine(glm).generate([prompt], GREEDY)[0].ids == greedy_by_full_forward(glm, prompt, 12)


def test_greedy_with_a_prefix_equals_the_full_forward_token_for_token(prefixed_glm: GLM) -> None:
    prompts = random_prompts(4, prefixed_glm.config.vocab_size)
    completions = Engine(prefixed_glm, max_batch=3).generate(prompts, GREEDY)
    for prompt, completion in zip(prompts, completions, strict=True):
        assert completion.ids == greedy_by_full_forward(prefixed_glm, prompt, 12)


@pytest.mark.parametrize("params", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("max_tokens_per_step", [4, 16, 2048])
def test_a_batch_of_uneven_requests_equals_each_alone(
    prefixed_glm: GLM, params: SamplingParams, max_tokens_per_step: int
) -> None:
    prompts = random_prompts(7, prefixed_glm.config.vocab_size)
    alone = [Engine(prefixed_glm).generate([prompt], params)[0].ids for prompt in prompts]
    engine = Engine(prefixed_glm, max_batch=4, max_tokens_per_step=max_tokens_per_step)
    assert [completion.ids for completion in engine.generate(prompts, params)] == alone


def test_requests_may_join_while_others_run(prefixed_glm: GLM) -> None:
    first, second, third = random_prompts(3, prefixed_glm.config.vocab_size)
    engine = Engine(prefixed_glm)
    requests = [engine.submit(first, SAMPLED)]
    for _ in range(3):
        engine.step()
    requests.append(engine.submit(second, SAMPLED))
    engine.step()
    requests.append(engine.submit(third, SAMPLED))
    finish(engine, *requests)
    alone = [Engine(prefixed_glm).generate([prompt], SAMPLED)[0].ids for prompt in (first, second, third)]
    assert [request.ids for request in requests] == alone


def test_a_request_is_waiting_then_running_then_finished(glm: GLM) -> None:
    engine = Engine(glm, max_batch=1)
    first, second = engine.submit([1, 2, 3], GREEDY), engine.submit([4, 5], GREEDY)
    assert (first.state, second.state) == ("waiting", "waiting")
    assert engine.step() == [first]
    assert (first.state, second.state) == ("running", "waiting")
    finish(engine, first)
    engine.step()
    assert (first.state, second.state) == ("finished", "running")


def test_a_long_prompt_does_not_hold_up_a_running_request(glm: GLM) -> None:
    engine = Engine(glm, max_batch=2, max_tokens_per_step=4)
    running = engine.submit([1, 2, 3], GREEDY)
    engine.step()
    engine.submit(random_prompts(1, 50, seed=1)[0] * 5, GREEDY)
    for length in range(2, 8):
        assert engine.step() == [running]
        assert len(running.ids) == length


@pytest.mark.parametrize("steps", [0, 2])
def test_cancelling_frees_row_and_pages_at_once(glm: GLM, steps: int) -> None:
    engine = Engine(glm, max_batch=1)
    cancelled, other = engine.submit([1, 2, 3], GREEDY), engine.submit([4, 5], GREEDY)
    for _ in range(steps):
        engine.step()
    engine.cancel(cancelled)
    assert engine.statistics().num_pages_used == 0
    assert (cancelled.state, cancelled.finish_reason, len(cancelled.ids)) == ("finished", "cancelled", steps)
    assert engine.step() == [other]
    finish(engine, other)
    engine.cancel(other)
    assert other.finish_reason == "length"
    assert other.ids == greedy_by_full_forward(glm, [4, 5], 12)


def test_leaving_a_stream_early_cancels_its_request(glm: GLM) -> None:
    engine = Engine(glm)
    stream = engine.stream([1, 2, 3], GREEDY)
    ids = [next(stream), next(stream)]
    assert len(engine.running) == 1
    stream.close()
    assert not engine.running
    assert ids == greedy_by_full_forward(glm, [1, 2, 3], 2)


def test_two_streams_read_in_turn_each_give_their_own_ids(glm: GLM) -> None:
    engine = Engine(glm)
    left, right = engine.stream([1, 2, 3], GREEDY), engine.stream([9, 8], GREEDY)
    pairs = list(zip(left, right, strict=True))
    assert [pair[0] for pair in pairs] == greedy_by_full_forward(glm, [1, 2, 3], 12)
    assert [pair[1] for pair in pairs] == greedy_by_full_forward(glm, [9, 8], 12)


def test_the_same_seed_gives_the_same_ids_and_another_seed_others(glm: GLM) -> None:
    def ids(seed: int | None) -> list[int]:
        params = SamplingParams(temperature=1.5, top_p=1, max_tokens=20, seed=seed, stop_ids=())
        return Engine(glm).generate([[1, 2, 3]], params)[0].ids

    assert ids(5) == ids(5)
    assert ids(5) != ids(6)
    assert ids(None) != ids(None)


def test_each_prompt_may_have_its_own_params(glm: GLM) -> None:
    short, long = SamplingParams(temperature=0, max_tokens=2, stop_ids=()), GREEDY
    completions = Engine(glm).generate([[1, 2], [1, 2]], [short, long])
    assert [len(completion.ids) for completion in completions] == [2, 12]


def test_a_stop_id_ends_the_request_and_is_kept_apart(glm: GLM) -> None:
    ids = greedy_by_full_forward(glm, [1, 2, 3], 12)
    stop_id = ids[5]
    params = SamplingParams(temperature=0, max_tokens=12, stop_ids=(stop_id,))
    completion = Engine(glm).generate([[1, 2, 3]], params)[0]
    assert completion.ids == ids[: ids.index(stop_id)]
    assert (completion.finish_reason, completion.stop_id) == ("stop", stop_id)


def test_the_chat_protocols_stop_ids_are_the_default(glm: GLM, small_tokenizer: Tokenizer) -> None:
    engine = Engine(glm, small_tokenizer)
    special = small_tokenizer.special_ids
    request = engine.submit([1])
    assert request.stop_ids == {small_tokenizer.eos_id, special["<|user|>"], special["<|observation|>"]}
    assert engine.submit([1], SamplingParams(stop_ids=(4,))).stop_ids == {4}
    assert Engine(glm).submit([1]).stop_ids == frozenset()


def test_a_tool_call_is_seen_by_its_stop_id(glm: GLM, small_tokenizer: Tokenizer) -> None:
    prompt = encode_chat([{"role": "user", "content": "今天天气"}], small_tokenizer)
    observation = small_tokenizer.special_ids["<|observation|>"]
    make_likeliest(glm, prompt, observation)
    completion = Engine(glm, small_tokenizer).generate([prompt], SamplingParams(temperature=0))[0]
    assert (completion.ids, completion.stop_id, completion.finish_reason) == ([], observation, "stop")
    assert completion.reply is not None
    assert completion.reply.finish == "tool_call"


def test_max_tokens_ends_with_length(glm: GLM) -> None:
    completion = Engine(glm).generate([[1, 2, 3]], GREEDY)[0]
    assert (len(completion.ids), completion.finish_reason, completion.stop_id) == (12, "length", None)


def test_generation_ends_with_length_where_the_context_ends(prefixed_glm: GLM) -> None:
    prompt = [Random(2).randrange(50) for _ in range(250)]
    completion = Engine(prefixed_glm).generate([prompt], SamplingParams(temperature=0, stop_ids=()))[0]
    assert (len(completion.ids), completion.finish_reason) == (6, "length")
    assert completion.ids == greedy_by_full_forward(prefixed_glm, prompt, 6)


def test_a_prompt_that_fills_the_context_is_refused_with_both_numbers(glm: GLM) -> None:
    engine = Engine(glm, max_seq_len=32)
    assert len(engine.generate([[1] * 31], GREEDY)[0].ids) == 1
    with pytest.raises(RequestError, match=r"the prompt has 32 tokens, but the context holds 32, one of them"):
        engine.submit([1] * 32)


def test_an_empty_prompt_is_refused(glm: GLM) -> None:
    with pytest.raises(RequestError, match="the prompt has no tokens"):
        Engine(glm).submit([])


@pytest.mark.parametrize("bad", [-1, 100_000])
def test_an_id_the_model_does_not_have_is_refused_with_its_place(glm: GLM, bad: int) -> None:
    last = glm.config.vocab_size - 1
    with pytest.raises(RequestError) as caught:
        Engine(glm).submit([1, 2, bad])
    assert f"id {bad} at position 2; this model's ids are 0 to {last}" in str(caught.value)
    assert caught.value.hints() == ["is this the tokenizer that belongs to the model?"]


def test_one_refused_prompt_leaves_nothing_of_the_others_behind(glm: GLM) -> None:
    engine = Engine(glm)
    with pytest.raises(RequestError):
        engine.generate([[1, 2], []], GREEDY)
    assert not engine.waiting and not engine.running


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"max_batch": 0}, "max_batch"),
        ({"max_tokens_per_step": 0}, "max_tokens_per_step"),
        ({"max_seq_len": 1}, "max_seq_len"),
        ({"max_seq_len": 257}, "max_seq_len"),
    ],
)
def test_engine_settings_out_of_range_are_named(glm: GLM, settings: dict[str, int], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Engine(glm, **settings)
    assert sentence in str(caught.value)
    assert str(next(iter(settings.values()))) in str(caught.value)


def test_scores_that_are_not_finite_fail_that_request_alone(prefixed_glm: GLM) -> None:
    poison = 17
    with torch.no_grad():
        prefixed_glm.embed_tokens.weight[poison] = torch.nan
    healthy = [[1, 2, 3], [4, 5, 6, 7, 8]]
    engine = Engine(prefixed_glm, max_batch=3)
    first, failed, last = engine.generate([healthy[0], [1, 2, poison, 9], healthy[1]], GREEDY)
    assert (failed.ids, failed.finish_reason) == ([], "error")
    assert isinstance(failed.error, NumericsError)
    assert "scores after 4 tokens are not finite" in str(failed.error)
    expected = [greedy_by_full_forward(prefixed_glm, prompt, 12) for prompt in healthy]
    assert [first.ids, last.ids] == expected
    # The pages that held NaN serve the next requests beside longer neighbours.
    again = engine.generate([healthy[1], healthy[0], healthy[1] * 2], GREEDY)
    assert [completion.ids for completion in again[:2]] == expected[::-1]
    assert again[2].ids == greedy_by_full_forward(prefixed_glm, healthy[1] * 2, 12)


def test_a_stream_raises_when_its_request_fails(glm: GLM) -> None:
    with torch.no_grad():
        glm.embed_tokens.weight[17] = torch.nan
    with pytest.raises(NumericsError, match="after 1 tokens"):
        list(Engine(glm).stream([17], GREEDY))


def test_memory_is_made_as_it_is_needed_and_not_beyond_the_limits(prefixed_glm: GLM) -> None:
    engine = Engine(prefixed_glm, max_batch=3)
    tensors = engine.memory.tensors
    assert tensors.num_pages == FIRST_PAGES  # the prefix stands in one of them
    engine.generate([[1, 2, 3]], GREEDY)
    assert tensors.num_pages == FIRST_PAGES
    engine.generate(random_prompts(9, 50, longest=200), GREEDY)
    assert FIRST_PAGES < tensors.num_pages <= 3 * 17 + 1 == engine.statistics().num_pages


def test_a_fixed_number_of_pages_is_made_at_once_and_must_hold_one_request(prefixed_glm: GLM) -> None:
    engine = Engine(prefixed_glm, num_pages=18)
    assert engine.memory.tensors.num_pages == 18
    prompt = [Random(2).randrange(50) for _ in range(244)]
    assert engine.generate([prompt], GREEDY)[0].ids == greedy_by_full_forward(prefixed_glm, prompt, 12)
    with pytest.raises(ConfigError, match=r"num_pages: 17 pages of 16 tokens are too few: .* 256 tokens .* needs 18"):
        Engine(prefixed_glm, num_pages=17)


def test_a_request_survives_the_growth_of_the_memory(prefixed_glm: GLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmkit.serving.pages.FIRST_PAGES", 1)
    engine = Engine(prefixed_glm)
    prompts = random_prompts(3, 50)
    expected = [greedy_by_full_forward(prefixed_glm, prompt, 12) for prompt in prompts]
    requests = [engine.submit(prompts[0], GREEDY)]
    engine.step()
    requests += [engine.submit(prompt, GREEDY) for prompt in prompts[1:]]
    finish(engine, *requests)
    assert [request.ids for request in requests] == expected


def test_a_prompt_that_begins_as_an_earlier_one_is_computed_from_where_they_part(prefixed_glm: GLM) -> None:
    engine = Engine(prefixed_glm, max_batch=2)
    prompt = list(range(1, 40))
    first = engine.generate([prompt], GREEDY)[0].ids
    cases = [
        ([*prompt, *first, 30, 31], 43),  # the next turn: 5 places of prefix and 43 ids fill three pages
        ([*prompt[:30], 40, 41], 27),
        ([*prompt[:30], 40, 41], 27),
        (prompt[:27], 11),  # its last id is computed anew, and with it its page
    ]
    for ids, num_cached in cases:
        request = engine.submit(ids, GREEDY)
        finish(engine, request)
        assert request.ids == greedy_by_full_forward(prefixed_glm, ids, 12)
        assert request.num_cached_prompt_tokens == num_cached
    statistics = engine.statistics()
    assert (statistics.prefix_cache_hits, statistics.prefix_cache_queries) == (108, 39 + 53 + 32 + 32 + 27)


def test_ctrl_c_amid_the_layers_leaves_nothing_wrong_behind(prefixed_glm: GLM) -> None:
    engine = Engine(prefixed_glm)
    prompt = list(range(1, 20))
    engine.generate([prompt[:8]], GREEDY)

    def press_ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    hook = prefixed_glm.layers[1].register_forward_pre_hook(press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        list(engine.stream(prompt, GREEDY))
    hook.remove()
    assert not engine.running and not engine.waiting
    assert engine.generate([prompt], GREEDY)[0].ids == greedy_by_full_forward(prefixed_glm, prompt, 12)


def test_dropout_of_a_prefix_in_training_does_not_reach_the_engine(prefixed_glm: GLM) -> None:
    expected = Engine(prefixed_glm).generate([[1, 2, 3]], GREEDY)[0].ids
    assert prefixed_glm.prefix is not None
    prefixed_glm.prefix.dropout = 0.9
    prefixed_glm.train()
    assert Engine(prefixed_glm).generate([[1, 2, 3]], GREEDY)[0].ids == expected
    assert prefixed_glm.prefix.training


def test_a_completion_can_be_read_as_a_chat_reply(glm: GLM, small_tokenizer: Tokenizer) -> None:
    prompt = encode_chat([{"role": "user", "content": "今天天气"}], small_tokenizer)
    completion = Engine(glm, small_tokenizer).generate([prompt], SamplingParams(temperature=0, max_tokens=12))[0]
    assert completion.reply is not None
    assert completion.text == completion.reply.text != ""
    reply_ids = [token for message in completion.reply.messages for token in message.ids or ()]
    assert reply_ids == [token for token in completion.ids if token != small_tokenizer.special_ids["<|assistant|>"]]
    assert Engine(glm).generate([prompt], GREEDY)[0].text == ""


def test_the_layout_of_tools_reaches_the_protocol(glm: GLM, small_tokenizer: Tokenizer) -> None:
    protocol = Engine(glm, small_tokenizer, tools_layout="schema").protocol
    assert isinstance(protocol, ChatGLM3) and protocol.tools_layout == "schema"
    with pytest.raises(ConfigError, match="wizard"):
        Engine(glm, small_tokenizer, tools_layout="wizard")


def test_requests_for_the_same_prompt_at_the_same_time_compute_it_once(glm: GLM) -> None:
    prompt = [Random(5).randrange(50) for _ in range(100)]
    engine = Engine(glm, max_tokens_per_step=64)
    completions = engine.generate([prompt] * 4, [replace(SAMPLED, seed=seed) for seed in range(4)])
    alone = [Engine(glm).generate([prompt], replace(SAMPLED, seed=seed))[0].ids for seed in range(4)]
    assert [completion.ids for completion in completions] == alone
    assert len({tuple(ids) for ids in alone}) == 4
    assert engine.statistics().prefix_cache_hits == 3 * 96


def test_statistics_count_what_happened(glm: GLM) -> None:
    engine = Engine(glm, max_batch=1)
    done, cancelled = engine.submit([1, 2, 3], GREEDY), engine.submit([4, 5], GREEDY)
    engine.step()
    now = engine.statistics()
    assert (now.num_running, now.num_waiting, now.num_pages, now.num_pages_used) == (1, 1, 17, 1)
    finish(engine, done)
    engine.cancel(cancelled)
    after = engine.statistics()
    assert (after.num_running, after.num_waiting, after.num_pages_used) == (0, 0, 0)
    assert after.finished == {"length": 1, "cancelled": 1}
    assert (after.prompt_tokens, after.generation_tokens, after.steps, after.preemptions) == (3, 12, 12, 0)


def test_where_memory_for_more_pages_cannot_be_had_requests_take_turns_or_fail_with_the_number(
    glm: GLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glmkit.serving.pages.FIRST_PAGES", 1)
    engine = Engine(glm)
    real = engine.memory.tensors.grow
    monkeypatch.setattr(engine.pool, "_grow", lambda wanted: real(wanted) if wanted <= 4 else real(4))
    prompts = random_prompts(5, 50, longest=36)
    expected = [greedy_by_full_forward(glm, prompt, 12) for prompt in prompts]
    assert [completion.ids for completion in engine.generate(prompts, GREEDY)] == expected
    assert engine.statistics().num_pages == 4
    failed, fine = engine.generate([[1] * 64, prompts[0]], GREEDY)
    assert isinstance(failed.error, OutOfMemory) and "more than the 4 pages of 16 tokens" in str(failed.error)
    assert fine.ids == expected[0]
