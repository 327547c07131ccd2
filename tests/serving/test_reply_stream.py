"""What is shown while a reply is generated adds up to what the protocol reads in the whole reply."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glmkit.chat.protocol import make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.serving.reply_stream import CallPiece, ReplyStream


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


def read(tokenizer: Tokenizer, ids: list[int], names: set[str], is_well_formed: bool = False) -> list[str | CallPiece]:
    stream = ReplyStream(tokenizer, make_protocol(tokenizer), names, is_well_formed)
    return [*(piece for token in ids for piece in stream.pieces(token)), *stream.last_pieces()]


CALL = "```python\ntool_call(city='北京', days=3)\n```"
ARGUMENTS = '{"city": "北京", "days": 3}'


def test_a_call_comes_whole_unless_a_grammar_keeps_it_well_formed(small_tokenizer: Tokenizer) -> None:
    ids = message_ids(small_tokenizer, "get_weather", CALL)
    name = CallPiece(name="get_weather")
    assert read(small_tokenizer, ids, {"get_weather"}) == [name, CallPiece(arguments=ARGUMENTS)]
    first, *others = read(small_tokenizer, ids, {"get_weather"}, is_well_formed=True)
    assert first == name and len(others) > 3
    assert "".join(piece.arguments for piece in others if isinstance(piece, CallPiece)) == ARGUMENTS


def test_code_comes_line_by_line_where_it_is_well_formed(small_tokenizer: Tokenizer) -> None:
    ids = message_ids(small_tokenizer, "interpreter", "```python\nprint(1)\nprint(2)\n```")
    for is_well_formed in (False, True):
        first, *others = read(small_tokenizer, ids, {"interpreter"}, is_well_formed)
        assert first == CallPiece(name="interpreter")
        code = "".join(piece.arguments for piece in others if isinstance(piece, CallPiece))
        assert code == '{"code": "print(1)\\nprint(2)"}'
    assert len(others) > 3


def test_another_name_is_text_and_comes_before_its_line_is_over(small_tokenizer: Tokenizer) -> None:
    ids = message_ids(small_tokenizer, "get_time", CALL)
    pieces = read(small_tokenizer, ids, {"get_weather"})
    assert "".join(map(str, pieces)) == f"get_time\n{CALL}"
    assert len(pieces) > 3
    assert "".join(map(str, read(small_tokenizer, ids, set()))) == f"get_time\n{CALL}"


def test_a_call_that_cannot_be_read_is_text(small_tokenizer: Tokenizer) -> None:
    ids = message_ids(small_tokenizer, "get_weather", "```python\ntool_call(city=open('x'))\n```")
    assert read(small_tokenizer, ids, {"get_weather"}) == ["get_weather\n```python\ntool_call(city=open('x'))\n```"]
    words = message_ids(small_tokenizer, "get_weather", "is what I want to know")
    assert "".join(map(str, read(small_tokenizer, words, {"get_weather"}))) == "get_weather\nis what I want to know"


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.integers(0, 700)), max_size=14))
def test_without_calls_the_pieces_are_the_decoded_text_but_for_blanks(
    small_tokenizer: Tokenizer, parts: list[str | int]
) -> None:
    protocol = make_protocol(small_tokenizer)
    ids = [token for part in parts for token in ([part] if isinstance(part, int) else small_tokenizer.encode(part))]
    special = {*protocol.stop_ids, small_tokenizer.special_ids["<|assistant|>"]}
    ids = [token for token in ids if token not in special]
    text = "".join(map(str, read(small_tokenizer, ids, set())))
    assert "".join(text.split()) == "".join(small_tokenizer.decode(ids).split())
    assert text == text.strip()
