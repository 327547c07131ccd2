"""Long answers, long conversations, odd text, and visitors who reload, go back, open tabs and leave; a real browser."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs the extra [test]")

from playwright.sync_api import BrowserContext, Page, expect
from running_page import RunningPage, ask, load, opened, settle, until_answered

from glmkit.web.service import SWEEP, UNWATCHED_REPLY
from tests.agent.conftest import ScriptedServer, text_chunks

pytestmark = pytest.mark.system
expect.set_options(timeout=20_000)

USABLE = (
    15.0  # seconds of processor time: unlike a clock, it hardly counts what else the machine does; 3 to 12 were seen
)
NUM_NODES = 25_000  # of a document


def conversation(folder: Path, texts: list[str]) -> Path:
    """Write a conversation in which the user and the model take turns with ``texts``."""
    turns = [{"role": ("user", "assistant")[index % 2], "content": text} for index, text in enumerate(texts)]
    file = folder / "conversation.json"
    file.write_text(json.dumps([{"conversations": turns}]), encoding="utf-8")
    return file


def processor_seconds(page: Page, running: RunningPage) -> float:
    """Return the processor time that the browser and the page's server have taken so far."""
    assert page.context.browser is not None
    session = page.context.browser.new_browser_cdp_session()
    in_browser = sum(process["cpuTime"] for process in session.send("SystemInfo.getProcessInfo")["processInfo"])
    session.detach()
    fields = Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()
    return float(in_browser) + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds_until_usable(page: Page, running: RunningPage, num_messages: int) -> float:
    """Reload and return the processor time it takes until all messages are there and a question can be typed."""
    began = processor_seconds(page, running)
    page.reload()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(num_messages, timeout=60_000)
    page.get_by_test_id("stChatInputTextArea").fill("typed")
    assert page.get_by_test_id("stChatInputTextArea").input_value() == "typed"
    took = processor_seconds(page, running) - began
    print(f"usable after {took:.1f} s of processor time")
    return took


def num_nodes(page: Page) -> int:
    return int(page.evaluate("document.querySelectorAll('*').length"))


def test_answers_of_a_megabyte_leave_the_page_usable(page: Page, running: RunningPage, tmp_path: Path) -> None:
    line = "Paragraph with **bold** words, `code` and a [link](http://127.0.0.1/) and more words to fill it.\n\n"
    answer = line * (1_000_000 // len(line))
    load(page, conversation(tmp_path, ["first", answer] * 9 + ["last", answer]))
    expect(page.get_by_text("last", exact=True)).to_be_visible()
    expect(page.get_by_text("9 older messages are not shown; the model still knows them.")).to_be_visible()
    assert seconds_until_usable(page, running, 2) < USABLE
    assert num_nodes(page) < NUM_NODES
    page.get_by_role("button", name="Clear conversation").click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
    ask(page, "Who are you?")
    expect(page.get_by_text("I am glmkit-mini")).to_be_visible()


def test_ten_thousand_messages_leave_the_page_usable(page: Page, running: RunningPage, tmp_path: Path) -> None:
    load(page, conversation(tmp_path, [f"message {number}" for number in range(10_000)]))
    expect(page.get_by_text("message 9999", exact=True)).to_be_visible()
    expect(page.get_by_text("4950 older messages are not shown")).to_be_visible()
    assert seconds_until_usable(page, running, 100) < USABLE
    assert num_nodes(page) < NUM_NODES
    with page.expect_download() as started:
        page.get_by_role("button", name="Export conversation").click()
    (row,) = json.loads(Path(started.value.path()).read_text())
    assert len(row["conversations"]) == 10_000  # all of them, shown or not


BROKEN = [
    "```python\nprint(1)",
    "[" * 2000 + "x",
    "> " * 300 + "deep",
    "| a | b\n|---\n| 1 | 2 | 3 |\n|",
    "*" * 3001 + "_" * 3001 + "~" * 501,
    "$\\frac{1}{ $$ \\[ \\( x",
    "1. a\n" + "".join(f"{' ' * depth}- x\n" for depth in range(0, 120, 2)),
    "<!-- <![CDATA[ <div",
    "\\" * 999,
    "e\u0301" * 100 + "\u0300" * 1000,
    "A" * 20_000,
]


def test_broken_markdown_and_marks_of_direction_leave_the_page_usable(
    page: Page, running: RunningPage, tmp_path: Path
) -> None:
    marks = "\u202e\u2066\u2067\u2068\u202d"
    texts = [text for broken in [*BROKEN, f"safe{marks}txt.exe \u05e9\u05dc\u05d5\u05dd"] for text in ("q", broken)]
    load(page, conversation(tmp_path, texts))
    expect(page.get_by_test_id("stChatMessage")).to_have_count(len(texts))
    assert seconds_until_usable(page, running, len(texts)) < USABLE
    shown = page.get_by_test_id("stChatMessage").last
    expect(shown).to_contain_text("txt.exe \u05e9\u05dc\u05d5\u05dd")  # Hebrew is left as it is
    assert not set(marks) & set(page.locator("body").inner_text())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")  # nothing is pushed aside
    page.get_by_role("button", name="Clear conversation").click()
    ask(page, "Who are you?")
    expect(page.get_by_text("I am glmkit-mini")).to_be_visible()


def test_a_growing_answer_costs_the_same_at_its_end_as_at_its_beginning(context: BrowserContext) -> None:
    paragraph = "Some **bold** words, a list:\n\n- one\n- two\n\n```python\nprint(1)\n```\n\n"
    text = paragraph * (100_000 // len(paragraph)) + "The end."
    server = ScriptedServer()
    server.answers = [[part for chunk in text_chunks(text, size=50) for part in (chunk, 0.003)]]
    running = RunningPage("--api", server.url)
    try:
        frames: list[int] = []
        page = context.new_page()
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
        page.goto(running.url)
        page.get_by_test_id("stChatInputTextArea").wait_for(timeout=60_000)
        settle(page)
        frames.clear()
        page.get_by_test_id("stChatInputTextArea").fill("Go")
        page.get_by_test_id("stChatInputTextArea").press("Enter")
        stop = page.get_by_role("button", name="Stop", exact=True)
        stop.wait_for()
        stop.wait_for(state="detached", timeout=120_000)
        expect(page.get_by_test_id("stChatMessage").last).to_contain_text("The end.")
        drawn = [size for size in frames if size > 1500]
        assert len(drawn) > 25
        assert max(drawn) < 12_000  # a piece or two, not the whole of it
        assert sum(frames) < 12 * len(text)
    finally:
        running.kill()
        server.close()


def test_an_answer_outlives_a_reload_and_ends_when_its_page_is_closed(context: BrowserContext) -> None:
    server = ScriptedServer()
    server.answers = [[part for n in range(2000) for part in (*text_chunks(f"word{n} ", size=9)[:1], 0.05)]]
    running = RunningPage("--api", server.url, "--sandbox", "off")
    try:
        page = opened(context, running.url)
        page.get_by_test_id("stChatInputTextArea").fill("Go")
        page.get_by_test_id("stChatInputTextArea").press("Enter")
        expect(page.get_by_test_id("stChatMessage").last).to_contain_text("word9")
        page.reload()
        expect(page.get_by_test_id("stChatMessage").last).to_contain_text("word9")
        page.wait_for_timeout(2000 * (UNWATCHED_REPLY + SWEEP))
        assert server.hang_ups == 0
        come = int(re.findall(r"word(\d+)", page.get_by_test_id("stChatMessage").last.inner_text())[-1])
        address = page.url
        page.close()
        closed = time.monotonic()
        while not server.hang_ups:
            assert time.monotonic() - closed < 3 * (UNWATCHED_REPLY + SWEEP)
            time.sleep(0.05)
        again = opened(context, address)
        answer = again.get_by_test_id("stChatMessage").last
        expect(answer).to_contain_text("Stopped.")
        expect(answer).to_contain_text(f"word{come} ")  # what had come is there
        again.reload()
        expect(again.get_by_test_id("stChatMessage").last).to_contain_text(f"word{come} ")
    finally:
        running.kill()
        server.close()


def test_history_is_kept_over_back_a_second_tab_and_a_closed_page(context: BrowserContext, page: Page) -> None:
    ask(page, "Who are you?")
    address = page.url
    page.goto("about:blank")
    page.go_back()
    expect(page.get_by_text("I am glmkit-mini")).to_be_visible()
    second = opened(context, address)
    expect(second.get_by_text("I am glmkit-mini")).to_be_visible()
    second.get_by_test_id("stChatInputTextArea").fill("Tell me a joke.")
    second.get_by_test_id("stChatInputTextArea").press("Enter")
    expect(second.get_by_test_id("stChatMessage")).to_have_count(4)
    second.close()  # in the middle of the answer
    page.reload()  # the first tab follows the same answer
    until_answered(page)
    expect(page.get_by_text("Why did the token cross the road?")).to_be_visible()
    page.close()
    third = opened(context, address)
    expect(third.get_by_test_id("stChatMessage")).to_have_count(4)
    expect(third.get_by_test_id("stChatMessage").last).to_contain_text(re.compile("Why did the token"))
