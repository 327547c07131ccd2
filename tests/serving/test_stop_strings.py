"""Stop strings: found whatever tokens they are spread over, never shown in part, as in the whole text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.chat.protocol import encode_chat
from glmkit.chat.tokenizer import StreamDecoder, Tokenizer
from glmkit.errors import RequestError
from glmkit.model.glm import GLM
from glmkit.serving.engine import Engine
from glmkit.serving.params import SamplingParams
from glmkit.serving.stop_strings import StoppedText

texts = st.text(alphabet="ab🙂你", min_size=0, max_size=14)
stop_lists = st.lists(st.text(alphabet="ab🙂你", min_size=1, max_size=4), min_size=1, max_size=3)


def cut(text: str, stops: list[str]) -> tuple[str, str | None]:
    """The definition: the stop string that is complete first, the longest of those that are complete together."""
    ends = [(text.find(stop) + len(stop), text.find(stop), stop) for stop in stops if stop in text]
    if not ends:
        return text, None
    _, place, stop = min(ends)
    return text[:place], stop


@settings(max_examples=150, deadline=None)
@given(text=texts, stops=stop_lists)
def test_any_text_is_cut_as_the_whole_text_is(small_tokenizer: Tokenizer, text: str, stops: list[str]) -> None:
    stopped = StoppedText(StreamDecoder(small_tokenizer), stops)
    seen = ""
    for token in small_tokenizer.encode(text):
        found = stopped.push(token)
        assert stopped.text.startswith(seen), "text that was shown is taken back"
        seen = stopped.text
        if found:
            break
    assert stopped.finish() == (cut(text, stops)[1] is not None)
    assert (stopped.text, stopped.found) == cut(text, stops)


def test_what_may_become_a_stop_string_is_held_back(small_tokenizer: Tokenizer) -> None:
    stopped = StoppedText(StreamDecoder(small_tokenizer), ["def", "exe"])
    for token in small_tokenizer.encode("badedex"):
        assert not stopped.push(token)
    assert stopped.text == "baded"
    assert not stopped.finish()
    assert stopped.text == "badedex"


def test_too_early_a_stop_string_does_not_count(small_tokenizer: Tokenizer) -> None:
    stopped = StoppedText(StreamDecoder(small_tokenizer), ["ab"])
    ids = small_tokenizer.encode("abab")
    assert not any(stopped.push(token, may_stop=False) for token in ids)
    assert stopped.text == "abab"
    assert [stopped.push(token) for token in small_tokenizer.encode("ab")][-1]
    assert stopped.text.rstrip() == "abab"


def reply_to(model: GLM, tokenizer: Tokenizer, user: str, **settings: object) -> tuple[str, str, str | None]:
    engine = Engine(model, tokenizer)
    prompt = encode_chat([{"role": "user", "content": user}], tokenizer)
    params = SamplingParams(temperature=0, max_tokens=60, **settings)  # type: ignore[arg-type]
    request = engine.submit(prompt, params)
    seen = [request.text or ""]
    for _ in engine.follow(request):
        seen.append(request.text or "")
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))
    assert engine.statistics().num_pages_used == 0
    assert request.finish_reason is not None
    completion = Engine(model, tokenizer).generate([prompt], params)[0]
    assert (completion.text, completion.stop_string) == (request.text, request.stop_string)
    return request.text or "", request.finish_reason, request.stop_string


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        ((" fox",), "The quick 🙂"),
        (("🙂",), "The quick "),
        (("k 🙂", "ick"), "The qu"),
        (("\n", "nothing like it"), "The quick 🙂 fox."),  # the header's line break is not part of the reply
        (("The",), ""),
    ],
)
def test_a_chat_reply_ends_before_the_stop_string(
    talking_glm: GLM, small_tokenizer: Tokenizer, stop: tuple[str, ...], text: str
) -> None:
    found, reason, stop_string = reply_to(talking_glm, small_tokenizer, "hello", stop=stop)
    assert (found, reason) == (text, "stop")
    assert (stop_string is None) == (text == "The quick 🙂 fox.")


def test_min_tokens_keeps_a_reply_going_past_an_early_stop_string(talking_glm: GLM, small_tokenizer: Tokenizer) -> None:
    found, _, stop_string = reply_to(talking_glm, small_tokenizer, "hello", stop=("The",), min_tokens=8)
    assert found.startswith("The qu") and stop_string is None


def test_a_plain_continuation_is_searched_as_plain_text(talking_glm: GLM, small_tokenizer: Tokenizer) -> None:
    prompt = encode_chat([{"role": "user", "content": "hello"}], small_tokenizer)
    engine = Engine(talking_glm, small_tokenizer)
    whole = engine.generate([prompt], SamplingParams(temperature=0))[0].ids
    begin = next(i for i in range(len(whole)) if small_tokenizer.decode(whole[:i]).endswith("quick"))
    # Behind ids that go on after <|assistant|> no header line is expected: every line break counts.
    for first, stop, wanted in ((begin, "🙂", " "), (1, "\n", "")):
        request = engine.submit([*prompt, *whole[:first]], SamplingParams(temperature=0, stop=(stop,)))
        list(engine.follow(request))
        assert ((request.text or "").removeprefix(" "), request.stop_string) == (wanted.removeprefix(" "), stop)


def test_stop_strings_need_a_tokenizer(talking_glm: GLM) -> None:
    with pytest.raises(RequestError, match="the engine has no tokenizer"):
        Engine(talking_glm).submit([1], SamplingParams(stop=("a",)))
