"""The page of a data check: its numbers are the report's, its texts the file's, and it stays small."""

from __future__ import annotations

import io
import json
import os
import pty
import random
import tempfile
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest

from glmkit.chat.conversation import Conversation, Message, Role
from glmkit.chat.protocol import encode_conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.cli import main
from glmkit.config import CheckConfig
from glmkit.data.check import CheckReport, check
from glmkit.data.check_page import render_page, row_fills
from glmkit.data.commands import print_lengths, run_check
from glmkit.data.patterns import MAX_EXAMPLES
from glmkit.data.remarks import Remarks
from glmkit.errors import DataError, Problem, StorageError, set_language

HOSTILE = "<script>alert(1)</script></style></title>\"'><img src=x onerror=y>&amp; \u202eevil \x1b[31m <|user|> 🙂𠮷\n"
USER = {"role": "user", "content": "What is the weather in Rome?"}
REPLY = {"role": "assistant", "content": "Sunny."}
CALL = {"role": "tool", "name": "weather", "parameters": {"city": "Rome"}, "observation": {"sky": "clear"}}
SHORT = {"conversations": [USER, REPLY]}
WITH_CALL = {"conversations": [USER, CALL, CALL, REPLY]}
LONG = {"conversations": [{**USER, "content": "Rome " * 90}, REPLY, USER, REPLY]}


class Tables(HTMLParser):
    """Collects the tables under each heading as lists of rows of texts; every tag must be closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.heading = ""
        self.open: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: set[str] = set()
        self.names: set[str] = set()  # of attributes
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        if tag in {"meta", "br"}:
            return
        self.open.append(tag)
        if tag == "h2":
            self.heading = ""
        elif tag == "tr":
            self.tables.setdefault(self.heading, []).append([])
        elif tag in {"td", "th"}:
            self.tables[self.heading][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "h2" in self.open:
            self.heading += data
        if {"td", "th"} & set(self.open):
            self.tables[self.heading][-1][-1] += data
        if "style" not in self.open:
            self.words.append(data)


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def numbers(rows: list[list[str]]) -> dict[str, int]:
    """The first and second column of a table without its head."""
    return {row[0]: int(row[1].replace(",", "")) for row in rows[1:]}


@pytest.fixture
def report(tmp_path: Path, small_tokenizer: Tokenizer) -> CheckReport:
    rows = [SHORT, WITH_CALL, SHORT, LONG, {"conversations": []}]
    return check(write(tmp_path, *rows), tokenizer=small_tokenizer, max_seq_len=200, truncate="history")


def test_every_table_says_what_the_report_says(report: CheckReport) -> None:
    page = Tables(render_page(report))
    tables = page.tables
    problem = report.problems[0]
    assert tables["faults"][1:] == [[problem.where, problem.text().removeprefix(f"{problem.where}: ")]]
    percents = tables["How long the conversations are"]
    assert percents[1][1:] == [f"{n:,}" for n in report.percentiles(*(int(name[:-1]) for name in percents[0][1:]))]
    lengths = [row for row in percents[3:] if row]
    assert sum(int(row[1]) for row in lengths) == report.num_conversations
    for row, fill in zip(tables["How full the rows get"][1:], row_fills(report), strict=True):
        assert int(row[0].split()[0].replace(",", "")) == fill.max_tokens_per_row
        assert row[1] == f"{fill.share:.1%}"
        assert row[2] == f"{fill.num_rows / fill.num_steps:.1f}"
    assert sum(numbers(tables["What is trained on"]).values()) == report.num_conversations
    speaks = tables["Who speaks"]
    assert numbers(speaks[:4]) == {**report.roles}
    turns = {int(name): count for name, count in numbers(speaks[4:]).items() if count}
    assert turns == report.turns
    assert numbers(tables["Tools that are called"]) == report.tools == {"weather": 2}
    orders = tables["In which order they speak, with an example each"]
    assert numbers(orders) == {"user → assistant": 3, "user → assistant → observation → assistant": 1}
    assert tables["exact duplicates"][1:] == [list(report.duplicates[0])]
    text = " ".join(page.words)
    assert f"{report.num_labels} of {sum(report.lengths)} tokens are trained on" in text
    lost = f"loses {report.lost_tokens:,} tokens, {report.lost_labels:,} of them trained on"
    assert f"max_seq_len 200 (truncate history) cuts 1 of 4 samples and {lost}" in text
    assert "Faults: 1. Training refuses this file" in text


def test_the_numbers_behind_the_page_are_those_of_the_samples(report: CheckReport) -> None:
    assert report.label_shares.total() == report.num_conversations
    assert sum(report.packed_lengths) == sum(report.lengths) - report.lost_tokens
    assert report.patterns.counts.total() == report.num_conversations


def test_what_a_row_holds_cannot_leave_its_place(tmp_path: Path, small_tokenizer: Tokenizer) -> None:
    words = "words " * 40
    plain = {"conversations": [{**USER, "content": words}, {**CALL, "name": "name", "observation": words}, REPLY]}
    nasty = {
        "conversations": [{**USER, "content": HOSTILE}, {**CALL, "name": "<b>\u202e", "observation": HOSTILE}, REPLY]
    }
    pages = []
    for row in (plain, nasty):
        path = write(tmp_path, row, row, {"conversations": [{"role": HOSTILE, "content": ""}]})
        pages.append(render_page(check(path, tokenizer=small_tokenizer)))
    expected, found = map(Tables, pages)
    assert found.tags == expected.tags
    assert found.names == expected.names
    assert not {"script", "img", "link", "a", "iframe"} & found.tags
    assert not {"src", "href", "onerror"} & found.names
    assert not any(character in pages[1] for character in "\u202e\x1b\x00")
    assert "<script>alert(1)</script></style></title>" in "".join(found.words)
    assert "<b>\\u202e" in numbers(found.tables["Tools that are called"])


def test_without_a_tokenizer_the_page_says_what_it_cannot_know(tmp_path: Path) -> None:
    page = Tables(render_page(check(write(tmp_path, SHORT, WITH_CALL))))
    assert any("No tokenizer was given, so lengths are in characters" in text for text in page.words)
    assert not {"How full the rows get", "What is trained on"} & set(page.tables)
    assert "article" not in page.tags


def test_a_chinese_page(report: CheckReport) -> None:
    set_language("zh")
    text = render_page(report)
    assert '<html lang="zh-CN">' in text
    page = Tables(text)
    assert numbers(page.tables["被调用的工具"]) == report.tools
    assert "rows.jsonl：数据概览" in page.words


def test_an_empty_and_an_entirely_faulty_file_have_pages_too(tmp_path: Path) -> None:
    faulty = check(write(tmp_path, {"conversations": []}))
    assert set(Tables(render_page(faulty)).tables) == {"faults"}


def test_a_file_of_anything_gives_a_small_page(tmp_path: Path, small_tokenizer: Tokenizer) -> None:
    rows: list[Any] = []
    for i in range(200):
        rows.append({"conversations": [{**USER, "content": HOSTILE}, {**CALL, "name": f"tool{i}" * 200}, REPLY]})
        rows.append({"conversations": [{"role": "x" * 5000, "content": HOSTILE}]})
    report = check(write(tmp_path, *rows), tokenizer=small_tokenizer, max_seq_len=8192)
    for _ in range(50_000):
        report.problems.add(Problem("data-missing", "place" * 1000))
    draw = random.Random(0)
    roles = get_args(Role)
    report.patterns.first.clear()
    samples = []
    for number in range(100):
        messages = tuple(Message(role=draw.choice(roles), content=HOSTILE * 20) for _ in range(20))
        conversation = Conversation(messages=messages, source="f:" + "9" * 5000)
        samples.append(encode_conversation(conversation, small_tokenizer, 100_000))
        report.patterns.add(conversation, number)
    report.patterns.make_examples(samples, small_tokenizer)
    page = render_page(report)
    assert report.problems.total > 50_000
    assert 200_000 < len(page.encode()) < 2_000_000
    assert len(report.patterns.examples) == MAX_EXAMPLES
    assert f"and {report.problems.total - 50:,} more" in Tables(page).words


def test_incomplete_episodes_are_counted_by_reason(tmp_path: Path) -> None:
    complete = {"Input": "a", "Action": "t", "Action Input": "{}", "Observation": "b", "Output": "c"}
    path = write(tmp_path, {"Name": "a", "Instances": [{}, {"input": "x"}, complete]})
    report = check(path, "toolalpaca")
    assert report.skipped.total >= 2
    rows = Tables(render_page(report)).tables["incomplete episodes left out"]
    split = next(i for i, row in enumerate(rows) if i and row[0] == "place")
    assert sum(numbers(rows[:split]).values()) == report.skipped.total
    assert rows[split + 1 :] == [[item.place, item.reason] for item in report.skipped]


def test_remarks_are_shown_by_kind_and_place(report: CheckReport) -> None:
    report.remarks = Remarks()
    assert "worth a look" not in Tables(render_page(report)).tables
    values = {"field": "conversations[1]", "token": "<5>"}
    report.remarks.add(Problem("data-remark-role-token", f"f:{line}", values) for line in range(3, 10))
    rows = Tables(render_page(report)).tables["worth a look"]
    assert rows[1][:2] == ["role tokens in text", "7"]
    said = "conversations[1] has <5> in its text; it is kept as text and never becomes the special token"
    assert [row for row in rows if row[-1] == said] == [[f"f:{line}", said] for line in range(3, 8)]


def test_the_command_writes_the_page_and_says_where(
    tmp_path: Path, tokenizer_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, target = write(tmp_path, SHORT, WITH_CALL), tmp_path / "out.html"
    target.write_text("older")
    assert main(["data", "check", str(path), "--tokenizer", str(tokenizer_file), "--report", str(target)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"page: {target}"
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out.html", "rows.jsonl"]


def test_a_file_with_faults_has_its_page_before_the_error(tmp_path: Path) -> None:
    path, target = write(tmp_path, SHORT, 5), tmp_path / "out.html"
    with pytest.raises(DataError):
        run_check(CheckConfig(file=str(path), report=str(target)))
    assert "the row is 5; it must be a JSON object" in target.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_is_refused_before_the_file_is_read(
    tmp_path: Path, as_nobody: AbstractContextManager[None]
) -> None:
    path = write(tmp_path, SHORT)
    for target, words in ((tmp_path / "no" / "x.html", "there is no folder"), (tmp_path, "is a folder")):
        with pytest.raises(StorageError, match=words) as caught:
            run_check(CheckConfig(file=str(path), report=str(target)))
        assert caught.value.exit_code == 4
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    for folder in [tmp_path, *tmp_path.parents]:  # up to the one of all temporary folders
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    with as_nobody, pytest.raises(StorageError, match="is read-only for this user"):
        run_check(CheckConfig(file=str(path), report=str(closed / "x.html")))


def test_on_a_terminal_the_lengths_are_a_picture_in_colour(
    report: CheckReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    main_end, terminal_end = pty.openpty()
    with open(terminal_end, "w", encoding="utf-8") as stream:
        print_lengths(report, stream)
        print("the end", file=stream, flush=True)
        pieces = b""
        while b"the end" not in pieces:
            pieces += os.read(main_end, 4096)
    os.close(main_end)
    shown = pieces.decode()
    assert shown.startswith("conversations by length in tokens:")
    assert "█" in shown and "\x1b[33m" in shown and "> max_seq_len 200" in shown
    stream = io.StringIO()
    print_lengths(report, stream)
    assert "\x1b" not in stream.getvalue()
