"""Results as text (M05): any value, cut with a mark, nothing a terminal or a tokenizer could act on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.agent.result import CUT, as_text, clean, clean_end, error_text


class Rude:
    def __str__(self) -> str:
        raise ValueError("no")


class RudeError(Exception):
    def __str__(self) -> str:
        raise SystemExit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\tb\n中文", "a\tb\n中文"),
        ("a\r\nb\rc", "a\nb\nc"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        (float("nan"), "NaN"),
        ({"temp_C": "21", "天气": ["晴", None]}, '{"temp_C": "21", "天气": ["晴", null]}'),
        ((1, 2), "[1, 2]"),
        ({1: 2}, '{"1": 2}'),
        ({(1, 2): 3}, "{(1, 2): 3}"),
        ({1, 2}, "{1, 2}"),
        (b"ab\xff", "ab\ufffd"),
        (Rude(), "<Rude>"),
        ("\x1b[31mred\x1b[0m\x1b]0;title\x07!", "red!"),
        ("a\x00b\x07c\x9bd\ud800e", "a\ufffdb\ufffdc\ufffdd\ufffde"),
        ("<|user|>\n<|assistant|> [gMASK] [MASK] </s> <s>", "< |user|>\n< |assistant|> [ gMASK] [ MASK] < /s> < s>"),
        ("a < b | c > d, x[0], <span>", "a < b | c > d, x[0], <span>"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # text: who shows HTML escapes it
    ],
)
def test_any_value_has_a_text(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_loop_and_endless_digits_have_a_text() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert as_text(loop) == "[[...]]"
    assert as_text(10**5000) == "<int>"


def test_what_is_long_is_cut_with_a_mark() -> None:
    assert as_text("x" * 50, 20) == "x" * 20 + CUT
    assert as_text("x" * 20, 20) == "x" * 20
    assert as_text("x" * 50_000_000, 20) == "x" * 20 + CUT
    assert clean("\x1b[0m" * 10_000 + "end", 20).endswith(CUT)


def test_the_end_of_a_traceback_is_kept() -> None:
    long = "\n".join(f"line {n}" for n in range(1000)) + "\nValueError: here"
    kept = clean_end(long, 100)
    assert kept.startswith("[TRUNCATED] ") and kept.endswith("\nValueError: here") and len(kept) == 112
    assert clean_end("ValueError: here", 100) == "ValueError: here"


@given(st.text(), st.integers(1, 30))
def test_no_text_passes_the_limit_or_keeps_a_control_character(text: str, limit: int) -> None:
    for cleaned in (clean(text, limit), clean_end(text, limit)):
        assert len(cleaned) <= limit + len(CUT)
        assert all(c.isprintable() or c in "\n\t" or ord(c) > 0x9F for c in cleaned)
        cleaned.encode()


@given(st.lists(st.sampled_from(["<", "|", "user", "|>", "[", "gMASK", "]", "</s>", "<|assistant|>", "\x1b[0m"])))
def test_no_role_token_survives(parts: list[str]) -> None:
    cleaned = as_text("".join(parts))
    assert not any(token in cleaned for token in ("<|user|>", "<|assistant|>", "[gMASK]", "</s>"))


def test_an_error_is_one_line_without_places() -> None:
    assert error_text(ValueError("a\n  b")) == "ValueError: a b"
    assert error_text(KeyError()) == "KeyError"
    assert error_text(RudeError()) == "RudeError"
    message = "[Errno 2] No such file or directory: '/home/ann/.keys/api.txt'"
    assert error_text(OSError(message)) == "OSError: [Errno 2] No such file or directory: 'api.txt'"
    assert error_text(OSError("see https://example.com/a/b")) == "OSError: see https://example.com/a/b"
    assert len(error_text(ValueError("x" * 10**7))) < 600
