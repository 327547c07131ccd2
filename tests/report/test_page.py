"""A page shows texts as texts, whatever they hold, and is one file."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.errors import set_language
from glmkit.report.markup import Html, escaped, visible
from glmkit.report.page import counted, details, document, paragraph, section, table, tiles
from glmkit.report.tokens import Run, TokenText, token_runs

VOID = {"meta", "br", "rect"}


class Reader(HTMLParser):
    """Reads a page strictly: every tag closed in order; keeps attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text: list[tuple[str, str]] = []  # (innermost tag, text)
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append((self.open[-1] if self.open else "", data))

    def texts(self, *tags: str) -> list[str]:
        return [text for tag, text in self.text if tag in tags]


def test_controls_directions_and_halves_of_characters_are_spelled_out() -> None:
    assert visible("a\u202eb\x00\n\x1b\ud800\u200f") == "a\\u202eb\\x00\\n\\x1b\\ud800\\u200f"
    assert visible("你好\u3000🙂 é\u00a0") == "你好\u3000🙂 é\u00a0"


def test_text_is_escaped_once_and_markup_never() -> None:
    assert escaped("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"
    assert escaped(escaped("<")) == "&lt;"
    assert escaped("x" * 300) == "x" * 239 + "…"


@given(st.text())
def test_whatever_the_text_the_page_has_the_same_tags_and_shows_it(text: str) -> None:
    def page(word: str) -> Reader:
        run = Run(True, [TokenText(word, False)], 3, [TokenText(word, True)])
        blocks = [paragraph(word, tone="note"), tiles([(word, word, "")]), table([word], [[word]])]
        return Reader(document(word, section(word, *blocks), details(word, token_runs([run]))))

    found, plain = page(text), page("plain")
    assert [tag for tag, *_ in found.attributes] == [tag for tag, *_ in plain.attributes]
    assert "".join(found.texts("title")) == visible(text if len(text) <= 240 else text[:239] + "…")


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    page = Reader(document("title", paragraph("text")))
    assert {tag for tag, *_ in page.attributes} == {"html", "meta"}
    assert ("html", "lang", "en") in page.attributes
    assert not {"src", "href"} & {name for _, name, _ in page.attributes}
    policy = next(value for _, name, value in page.attributes if name == "content" and "default-src" in (value or ""))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    style = "".join(page.texts("style"))
    assert "url(" not in style and "@import" not in style
    assert "prefers-color-scheme:dark" in style and "@media print" in style


def test_a_chinese_page_says_so() -> None:
    set_language("zh")
    assert ("html", "lang", "zh-CN") in Reader(document("标题")).attributes


@pytest.mark.parametrize(("total", "more"), [(0, "and 7 more"), (1234, "and 1,231 more")])
def test_rows_beyond_the_limit_are_counted(total: int, more: str) -> None:
    reader = Reader(table(["name", "count"], [[f"row {i}", 1000 * i] for i in range(10)], limit=3, total=total))
    assert reader.texts("th") == ["name", "count", "row 0", "row 1", "row 2"]
    assert reader.texts("td") == ["0", "1,000", "2,000", more]
    assert ("th", "scope", "row") in reader.attributes and ("th", "scope", "col") in reader.attributes


def test_counts_come_with_their_shares() -> None:
    reader = Reader(counted(("role", "messages", "share"), [("user", 3), ("assistant", 1)], 4))
    assert reader.texts("th") == ["role", "messages", "share", "user", "assistant"]
    assert reader.texts("td") == ["3", "1"]
    assert reader.texts("span") == ["75.0%", "25.0%"]


def test_tokens_are_coloured_by_label_and_control_tokens_stand_out() -> None:
    runs = [
        Run(False, [TokenText("<|user|>", True), TokenText(" <|user|>\n", False)]),
        Run(True, [TokenText("yes", False)], 5, [TokenText("</s>", True)]),
    ]
    html = token_runs(runs, 9)
    assert html == Html(
        '<div class="tokens" dir="ltr"><b>&lt;|user|&gt;</b><i> &lt;|user|&gt;⏎\n</i>'
        "<ins><i>yes</i><em> … 5 more, trained on … </em><b>&lt;/s&gt;</b></ins><em> … 9 more tokens</em></div>"
    )
