"""What a model wrote becomes Markdown without pictures of others, and with its formulas."""

from __future__ import annotations

import pytest

from glmkit.web.markdown import MAX_CHARACTERS, label, plain, safe_markdown


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
