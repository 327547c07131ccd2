"""What a model wrote becomes Markdown without pictures of others, and with its formulas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.web.markdown import MAX_CHARACTERS, PIECE, label, piece_end, plain, safe_markdown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("![a](http://evil.example/x.png)", "!\u200b[a](http://evil.example/x.png)"),
        ("![a][r]\n\n[r]: http://evil.example", "!\u200b[a][r]\n\n[r]: http://evil.example"),
        ("```rust\nvec![1]\n```\n![a](b)", "```rust\nvec![1]\n```\n!\u200b[a](b)"),
        ("`vec![1]` and ![a](b)", "`vec![1]` and !\u200b[a](b)"),
        ("~~~\n![a](b)\n~~~~\n![a](b)", "~~~\n![a](b)\n~~~~\n!\u200b[a](b)"),
        ("``` a`b\n![a](b)", "``` a`b\n!\u200b[a](b)"),  # no fence: its line holds a backtick
        (r"\(x^2\) and \[y\]", "$x^2$ and $$y$$"),
        ("it costs $5 and $10", r"it costs \$5 and \$10"),
        ("$5x^2$ is a formula", "$5x^2$ is a formula"),
        (":red[loud] and :material/star: at 12:30:45", r"\:red[loud] and \:material/star: at 12:30:45"),
        ("http://127.0.0.1:9/v1: gone :smile:", r"http://127.0.0.1:9/v1: gone \:smile:"),
        ("a\x00b\u202ec\r\nd", "a\ufffdb\ufffdc\nd"),
        ("| a |\n|---|\n| `b` |", "| a |\n|---|\n| `b` |"),
    ],
)
def test_pictures_become_links_and_formulas_and_code_stay(written: str, shown: str) -> None:
    assert safe_markdown(written) == shown


def test_a_megabyte_is_cut() -> None:
    assert len(safe_markdown("word " * 250_000)) == MAX_CHARACTERS + 2


def test_a_label_is_code_in_one_line() -> None:
    assert label("a`b\n![x](y)") == "`a'b ![x](y)`"
    assert label("") == "`?`"
    assert label("x" * 200) == f"`{'x' * 80}`"


def test_plain_text_cannot_turn_the_direction_of_writing() -> None:
    assert plain("safe\u202etxt.exe") == "safe\ufffdtxt.exe"


def pieces(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = piece_end(text, start)
        yield text[start:end]
        start = end


LONG = "word " * (PIECE // 4)
LINES = ["", "text", LONG, "```python", "```", "~~~", "- item", "  more", "1. one", "| a | b |", "> said", "# Title"]
LINES += [r"\[", r"\]", "$$", "x = 1 $$", "\r", "    code", "-", "9" * 12]


@given(st.lists(st.sampled_from(LINES), max_size=40), st.data())
def test_a_growing_text_keeps_its_pieces(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    whole = [*pieces(text)]
    assert "".join(whole) == text
    early = [*pieces(text[: data.draw(st.integers(0, len(text)))])]
    assert early[:-1] == whole[: max(0, len(early) - 1)]
    assert all(len(piece) >= PIECE for piece in whole[:-1])


def test_paragraphs_are_pieces_and_what_belongs_together_is_one() -> None:
    assert [*pieces(f"{LONG}\n\n{LONG}\n\nend\n")] == [f"{LONG}\n\n", f"{LONG}\n\n", "end\n"]
    for whole in (
        f"```\n{LONG}\n\n{LONG}\n\nx = 1\n```\n",
        f"- {LONG}\n\n- {LONG}\n\n  more\n\n1. one\n",
        f"\\[ {LONG}\n\n{LONG}\n\nx \\]\n",
        f"$$\n{LONG}\n\n{LONG}\n\nx $$\n",
        f"{LONG}\n{LONG}\n",
    ):
        assert [*pieces(whole)] == [whole]
