"""What is shown while a reply is generated adds up to what the protocol reads in the whole reply."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glmkit.chat.protocol import make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.serving.reply_stream import ReplyStream


def pieces(tokenizer: Tokenizer, ids: list[int]) -> list[str]:
    stream = ReplyStream(tokenizer, make_protocol(tokenizer))
    return [*(stream.push(token) for token in ids), stream.finish()]


def message_ids(tokenizer: Tokenizer, header: str, content: str) -> list[int]:
    return [*tokenizer.encode(f"{header}\n"), *tokenizer.encode(content)]


def test_an_answer_comes_out_token_by_token_without_header_and_blanks(small_tokenizer: Tokenizer) -> None:
    ids = message_ids(small_tokenizer, "", "  The weather 今天🙂 is fine. \n\n")
    shown = pieces(small_tokenizer, ids)
    assert "".join(shown) == "The weather 今天🙂 is fine."
    assert not any("\ufffd" in piece for piece in shown)
    assert len([piece for piece in shown if piece]) > 5


def test_a_call_is_not_shown_and_a_thought_before_it_is(small_tokenizer: Tokenizer) -> None:
    call = message_ids(small_tokenizer, "get_weather", "```python\ntool_call(city='北京')\n```")
    assistant = small_tokenizer.special_ids["<|assistant|>"]
    assert "".join(pieces(small_tokenizer, call)) == ""
    thought = message_ids(small_tokenizer, "", "I want to know.\n")
    assert "".join(pieces(small_tokenizer, [*thought, assistant, *call])) == "I want to know."


def test_code_for_the_interpreter_is_not_shown(small_tokenizer: Tokenizer) -> None:
    code = message_ids(small_tokenizer, "interpreter", "```python\nprint(1)\n```")
    assert "".join(pieces(small_tokenizer, code)) == ""


def test_text_without_a_header_line_is_shown_whole(small_tokenizer: Tokenizer) -> None:
    assert "".join(pieces(small_tokenizer, small_tokenizer.encode("no header"))) == "no header"
    assert "".join(pieces(small_tokenizer, small_tokenizer.encode("two\nlines"))) == "two\nlines"
    assert "".join(pieces(small_tokenizer, [])) == ""


FRAGMENTS = [
    "\n",
    " ",
    "a",
    "天",
    "🙂",
    "get",
    "interpreter",
    "```python\n",
    "\n```",
    "tool_call(",
    "x=1)",
    ". ",
    "\x0b",
]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.integers(0, 700)), max_size=14))
def test_the_pieces_add_up_to_the_parsed_reply_whatever_the_ids(
    small_tokenizer: Tokenizer, parts: list[str | int]
) -> None:
    protocol = make_protocol(small_tokenizer)
    ids = [token for part in parts for token in ([part] if isinstance(part, int) else small_tokenizer.encode(part))]
    mixed = [small_tokenizer.special_ids["<|assistant|>"] if token % 23 == 5 else token for token in ids]
    for reply_ids in (ids, mixed):
        reply_ids = [token for token in reply_ids if token not in protocol.stop_ids]
        assert "".join(pieces(small_tokenizer, reply_ids)) == protocol.parse_reply(reply_ids).text
