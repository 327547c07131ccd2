"""Messages between processes: what comes out is what went in, and one message is one line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit import errors
from glmkit.errors import GlmkitError, Problem
from glmkit.serving.api.engine_messages import (
    Cancel,
    Compiled,
    ConstraintSpec,
    EngineFailure,
    Failed,
    LoadAdapter,
    News,
    Ready,
    Settled,
    Stepped,
    Submit,
    UnloadAdapter,
    decode,
    encode,
)
from glmkit.serving.params import MAX_SEED, SamplingParams, TokenLogprob
from glmkit.serving.statistics import Statistics

ids = st.integers(0, 70_000)
numbers = st.floats(allow_nan=False)
text = st.text(st.characters(), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=10,
)
params = st.builds(
    SamplingParams,
    max_tokens=st.integers(100, 10_000),
    min_tokens=st.integers(0, 100),
    temperature=st.floats(0, 2),
    top_p=st.floats(0.01, 1),
    top_k=st.integers(0, 1000),
    min_p=st.floats(0, 1),
    repetition_penalty=st.floats(0.01, 2),
    presence_penalty=st.floats(-2, 2),
    frequency_penalty=st.floats(-2, 2),
    logit_bias=st.dictionaries(ids, st.floats(-100, 100), max_size=5),
    seed=st.none() | st.integers(0, MAX_SEED),
    stop_ids=st.none() | st.lists(ids, max_size=3).map(tuple),
    ignore_eos=st.booleans(),
    stop=st.lists(st.text(min_size=1), max_size=4).map(tuple),
    logprobs=st.none() | st.integers(0, 20),
)
specs = st.builds(ConstraintSpec, json_values, st.none() | text)
logprobs = st.builds(TokenLogprob, ids, numbers, st.lists(st.tuples(ids, numbers), max_size=3).map(tuple))
news = st.builds(
    News,
    ids,
    st.lists(ids, max_size=4),
    st.lists(logprobs, max_size=4),
    st.none() | numbers,
    ids,
    st.none() | st.sampled_from(["stop", "length", "error"]),
    st.none() | ids,
    st.none(),
)
statistics = st.builds(
    Statistics,
    **dict.fromkeys(("num_running", "num_waiting", "num_pages", "num_pages_used", "num_pages_idle"), ids),
    **dict.fromkeys(("preemptions", "prefix_cache_queries", "prefix_cache_hits", "prompt_tokens"), ids),
    **dict.fromkeys(("generation_tokens", "steps"), ids),
    finished=st.dictionaries(text, ids, max_size=3),
)
messages = st.one_of(
    st.builds(Submit, ids, st.lists(ids, max_size=9), params, st.none() | text, st.none() | specs),
    st.builds(Cancel, ids),
    st.builds(LoadAdapter, ids, text, text),
    st.builds(UnloadAdapter, ids, text),
    st.builds(Ready, ids, ids, st.just({})),
    st.builds(Compiled, ids, st.none()),
    st.builds(Settled, ids, st.none()),
    st.builds(Stepped, st.lists(news, max_size=4), statistics),
)


@given(messages)
def test_a_message_goes_there_and_back_as_one_line(message: Any) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    read = decode(line)
    assert read == message and type(read) is type(message)


@pytest.mark.parametrize("name", ["ModelError", "RequestError", "NumericsError", "OutOfMemory", "GlmkitError"])
@pytest.mark.parametrize("wrap", [Failed, lambda error: Compiled(1, error), lambda error: Settled(2, error)])
def test_our_errors_keep_their_kind_and_their_sentence(name: str, wrap: Any) -> None:
    error: GlmkitError = getattr(errors, name)(
        [
            Problem("serving-adapter-shape", "adapter", {"name": "a", "found": (1, 2), "expected": (3, 4)}),
            Problem("cli-out-of-memory", "", {"reason": MemoryError("all of it")}),
        ]
    )
    read = decode(encode(wrap(error)))
    assert type(read) is type(wrap(error)) and type(read.error) is type(error)
    assert str(read.error) == str(error) and read.error.hints() == error.hints()


def test_other_errors_keep_the_name_of_their_kind() -> None:
    read = decode(encode(Failed(ZeroDivisionError("by nothing")))).error
    assert isinstance(read, EngineFailure)
    assert (read.kind, str(read)) == ("ZeroDivisionError", "ZeroDivisionError: by nothing")


def test_an_error_in_the_news_of_a_step_arrives() -> None:
    numbers = Statistics(**{name: 0 for name in Statistics.__slots__ if name != "finished"}, finished={})
    item = News(7, [1], [], finish_reason="error", error=errors.NumericsError("serving-not-finite", tokens=3))
    (read,) = decode(encode(Stepped([item], numbers))).news
    assert isinstance(read.error, errors.NumericsError) and str(read.error) == str(item.error)
    assert read._replace(error=None) == item._replace(error=None)


def test_what_an_engine_does_without_arrives_with_the_reason() -> None:
    reasons = {"a": errors.ModelError("model-adapter-missing", where="runs/a"), "b": OSError("no such device")}
    read = decode(encode(Ready(8, 1024, reasons)))
    assert read[:2] == (8, 1024) and [*read.unavailable] == ["a", "b"]
    assert type(read.unavailable["a"]) is errors.ModelError
    assert str(read.unavailable["a"]) == str(reasons["a"])
    assert str(read.unavailable["b"]) == "OSError: no such device"
