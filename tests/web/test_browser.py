"""The page in a real browser, with glmkit-mini: what a user sees and does, end to end."""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs the extra [test]")

from playwright.sync_api import Browser, BrowserContext, Page, expect
from running_page import RunningPage, alive, ask, choose, load, opened, settle, until_answered

from glmkit.data.read import read
from tests.agent.conftest import ScriptedServer, text_chunks

pytestmark = pytest.mark.system
expect.set_options(timeout=20_000)  # a busy machine draws slowly


def test_a_new_user_talks_within_a_minute(page: Page) -> None:
    expect(page.get_by_text("a tiny model that comes with glmkit")).to_be_visible()
    page.get_by_role("button", name="Who are you?").click()
    until_answered(page)
    expect(page.get_by_text("I am glmkit-mini")).to_be_visible()
    ask(page, "Tell me a joke.")
    expect(page.get_by_text("Why did the token cross the road?")).to_be_visible()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)


def test_a_tool_is_called_and_its_card_is_shown(page: Page) -> None:
    choose(page, "Tool")
    for number in range(5):  # what the model is told of each tool
        button = page.get_by_test_id("stPopoverButton").nth(number)
        button.click()
        page.wait_for_timeout(500)
        expect(page.get_by_test_id("stPopoverBody").get_by_text('"parameters"')).to_be_visible()
        button.click()
        expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    page.get_by_role("button", name="Get the current time in Europe/Paris.").click()
    until_answered(page)
    card = page.get_by_test_id("stChatMessage").nth(1)
    expect(card.get_by_text("get_current_time")).to_be_visible()
    expect(card).to_contain_text('"timezone_name": "Europe/Paris"')
    expect(card).to_contain_text('"weekday"')
    expect(card).to_contain_text(re.compile(r"\d+\.\d+ s"))
    time = re.search(r'"time": "(\d\d:\d\d:\d\d)"', card.inner_text())
    assert time is not None and card.inner_text().count(time[1]) == 2  # in the result, and quoted by the answer


def test_the_user_plays_a_tool(page: Page) -> None:
    choose(page, "Tool")
    page.get_by_text("Manual mode").click()
    page.get_by_text("Known to the model:").wait_for()
    page.get_by_test_id("stChatInputTextArea").fill("Where is my parcel 12345?")
    page.get_by_test_id("stChatInputTextArea").press("Enter")
    page.get_by_test_id("stForm").locator("textarea").fill('{"status": "delivered"}')
    page.get_by_role("button", name="Send the result").click()
    until_answered(page)
    expect(page.get_by_test_id("stChatMessage").nth(1)).to_contain_text("The status is delivered")


def test_code_draws_and_an_uploaded_file_is_read(page: Page, tmp_path: Path) -> None:
    choose(page, "Code Interpreter")
    expect(page.get_by_text(re.compile("Sandbox: (full|restricted)"))).to_be_visible()
    page.get_by_role("button", name="Plot a bar chart of 3, 5, 2, 8.").click()
    until_answered(page)
    picture = page.get_by_test_id("stImage").locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 300
    expect(page.get_by_test_id("stChatMessage").nth(1)).to_contain_text("plt.bar")
    file = tmp_path / "sales.csv"
    file.write_text("month,amount\nJan,10\nFeb,20\n")
    settle(page)
    page.locator("input[type=file]").first.set_input_files(file)
    download = page.get_by_role("button", name=re.compile("sales.csv · "))
    expect(download).to_be_visible()
    ask(page, "Read the file sales.csv. What is the sum of the column amount?")
    expect(page.get_by_test_id("stChatMessage").nth(3)).to_contain_text("30")
    with page.expect_download() as started:
        download.click()
    assert Path(started.value.path()).read_text() == file.read_text()
    page.get_by_role("button", name="Restart Python").click()
    expect(download).to_be_visible()  # files outlive a restart


def test_an_answer_is_stopped_and_asked_for_again(context: BrowserContext) -> None:
    server = ScriptedServer()
    for word in ("first", "again"):
        server.answers.append([part for n in range(2000) for part in (*text_chunks(f"{word}{n} ", size=9)[:1], 0.05)])
    server.answers.append(text_chunks("I am glmkit-mini"))
    running = RunningPage("--api", server.url, "--sandbox", "off")
    try:
        page = opened(context, running.url)
        page.get_by_test_id("stChatInputTextArea").fill("Who are you?")
        page.get_by_test_id("stChatInputTextArea").press("Enter")
        stop = page.get_by_role("button", name="Stop", exact=True)
        for number, word in ((1, "first"), (2, "again")):
            answer = page.get_by_test_id("stChatMessage").nth(1)
            expect(answer).to_contain_text(f"{word}5 ")
            pressed = time.monotonic()
            stop.click()
            expect(page.get_by_text("Stopped.", exact=True)).to_be_visible(timeout=5_000)
            assert time.monotonic() - pressed < 5
            expect(answer).to_contain_text(f"{word}5 ")  # what had come stays
            page.get_by_role("button", name="Retry").click()
            expect(page.get_by_text("Stopped.", exact=True)).to_have_count(0)
            assert server.hang_ups == number  # nobody generates on
        expect(page.get_by_text("I am glmkit-mini")).to_be_visible()
        until_answered(page)
        expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    finally:
        running.kill()
        server.close()


def test_a_question_is_edited_and_the_conversation_cleared(page: Page) -> None:
    ask(page, "Who are you?")
    page.get_by_role("button", name="Edit").click()
    page.get_by_test_id("stPopoverBody").get_by_role("textbox").fill("Tell me a joke.")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Why did the token cross the road?")).to_be_visible()
    expect(page.get_by_text("I am glmkit-mini")).to_have_count(0)
    until_answered(page)
    page.get_by_role("button", name="Clear conversation").click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)


def test_a_reload_in_the_middle_of_an_answer_loses_nothing(page: Page) -> None:
    page.get_by_test_id("stChatInputTextArea").fill("Tell me a joke.")
    page.get_by_test_id("stChatInputTextArea").press("Enter")
    page.get_by_test_id("stChatMessage").first.wait_for()
    page.reload()
    until_answered(page)
    expect(page.get_by_text("Why did the token cross the road?")).to_be_visible()
    ask(page, "Who are you?")
    page.reload()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)


def test_two_visitors_are_apart(context: BrowserContext, running: RunningPage, chromium: Browser) -> None:
    first = opened(context, running.url)
    choose(first, "Code Interpreter")
    ask(first, "Plot a bar chart of 3, 5, 2, 8.")
    other = chromium.new_context(locale="en-US")
    second = opened(other, running.url)
    choose(second, "Code Interpreter")
    second.get_by_text(re.compile("Sandbox: (full|restricted)")).wait_for()
    expect(second.get_by_test_id("stChatMessage")).to_have_count(0)
    assert first.url != second.url
    guessed = opened(other, f"{running.url}/?s=aaaaaaaaaaaaaaaaaaaaaa")
    expect(guessed).not_to_have_url(re.compile("aaaaaaaa"))
    expect(guessed.get_by_test_id("stChatMessage")).to_have_count(0)
    other.close()


def test_chinese(chromium: Browser, running: RunningPage, page: Page) -> None:
    context = chromium.new_context(locale="zh-CN")
    chinese = opened(context, running.url)
    expect(chinese.get_by_text("想聊点什么？")).to_be_visible()
    ask(chinese, "你是谁？")
    expect(chinese.get_by_text("我是glmkit-mini")).to_be_visible()
    choose(chinese, "代码解释器")
    chinese.get_by_role("button", name="画出 3、5、2、8 的柱状图").click()
    until_answered(chinese)
    expect(chinese.get_by_test_id("stImage").locator("img")).to_be_visible()
    context.close()
    page.get_by_text("中文").click()
    expect(page.get_by_text("想聊点什么？")).to_be_visible()
    page.get_by_text("English").click()
    expect(page.get_by_text("What would you like to talk about?")).to_be_visible()


def test_an_export_is_training_data_and_comes_back(page: Page, tmp_path: Path) -> None:
    choose(page, "Tool")
    page.get_by_role("button", name="Get the current time in Europe/Paris.").click()
    until_answered(page)
    with page.expect_download() as started:
        page.get_by_role("button", name="Export conversation").click()
    file = tmp_path / "exported.json"
    started.value.save_as(file)
    (conversation,) = read(file)
    assert [message.call.name for message in conversation.messages if message.call] == ["get_current_time"]
    choose(page, "Chat")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
    load(page, file)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2)
    expect(page.get_by_test_id("stChatMessage").nth(1)).to_contain_text('"timezone_name": "Europe/Paris"')


def shown_words(page: Page, selector: str) -> list[str]:
    """Return what styles put in the place of an element's own words, which have no size."""
    script = """elements => elements.map(e => [getComputedStyle(e).fontSize, getComputedStyle(e, "::after").content])"""
    found = page.locator(selector).evaluate_all(script)
    return [json.loads(content) if size == "0px" else f"own words in {size}" for size, content in found]


def test_the_words_of_widgets_are_in_the_language_of_the_page(
    chromium: Browser, running: RunningPage, tmp_path: Path
) -> None:
    context = chromium.new_context(locale="zh-CN")
    page = opened(context, running.url)
    choose(page, "代码解释器")
    page.get_by_text("沙箱").first.wait_for()
    page.locator("summary").filter(has_text="导入对话").click()
    settle(page)
    button, limit = "[data-testid=stFileUploaderDropzone] button p", "[data-testid=stFileUploaderDropzoneInstructions]"
    assert shown_words(page, button) == ["选择文件", "选择文件"]
    assert shown_words(page, f"{limit} span") == ["每个文件最多 64 MB", "JSON 或 JSONL，最多 16 MB"]
    dragged = page.evaluate_handle("() => { const t = new DataTransfer(); t.items.add(new File([], 'a')); return t; }")
    for event in ("dragenter", "dragover"):
        page.get_by_test_id("stFileUploaderDropzone").first.dispatch_event(event, {"dataTransfer": dragged})
    own = page.get_by_text(re.compile("^Drag and drop"))
    own.wait_for(state="attached")
    script = "e => [getComputedStyle(e).fontSize, getComputedStyle(e, '::after').content]"
    assert own.evaluate(script) == ["0px", '"拖放到此处"']
    page.get_by_test_id("stFileUploaderDropzone").first.dispatch_event("dragleave", {"dataTransfer": dragged})
    program = tmp_path / "program.exe"
    program.write_bytes(b"MZ")
    page.locator("input[type=file]").last.set_input_files(program)
    refused = page.locator('[class*="st-key-import"] [data-testid=stFileUploader]:has([aria-invalid=true])')
    assert "16 MB 的 JSON" in refused.evaluate("e => getComputedStyle(e, '::after').content")
    page.get_by_test_id("stTextArea").locator("textarea").first.fill("请用中文回答。")
    assert shown_words(page, "[data-testid=stTextArea] [data-testid=InputInstructions] span") == [
        "按 Ctrl/⌘+Enter 应用"
    ]
    context.close()


EVIL = [
    "<script>window.hurt = 1</script>",
    '<img src="http://evil.example/1.png" onerror="window.hurt = 2">',
    "![x](http://evil.example/2.png)",
    "![x][ref]\n\n[ref]: http://evil.example/3.png",
    "[click](javascript:window.hurt=3)",
    '<svg onload="window.hurt = 4"></svg>',
    "<math><mtext><img src=x onerror=window.hurt=5></mtext></math>",
    r"$\includegraphics{http://evil.example/4.png}$ $\href{javascript:window.hurt=6}{x}$",
    '<iframe src="http://evil.example/"></iframe>',
    ":material/star: :red[x] ```\n![x](http://evil.example/5.png)",
]


def test_what_a_model_writes_runs_nothing_and_loads_nothing(page: Page, running: RunningPage, tmp_path: Path) -> None:
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if "evil.example" in request.url else None)
    turns = [{"role": role, "content": text} for text in EVIL for role in ("user", "assistant")]
    call = {"role": "tool", "name": "get_weather", "parameters": {"city": EVIL[1]}, "observation": EVIL[0] + EVIL[2]}
    turns += [{"role": "user", "content": "x"}, call, {"role": "assistant", "content": "x"}]
    file = tmp_path / "evil.json"
    file.write_text(json.dumps([{"conversations": turns}]), encoding="utf-8")
    load(page, file)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(2 * len(EVIL) + 2)
    page.wait_for_timeout(1500)
    assert page.evaluate("window.hurt") is None
    assert foreign == []
    assert page.locator("[data-testid=stChatMessage] :is(iframe, script, img[src^=http])").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0


def test_long_answers_formulas_tables_and_code_are_drawn(page: Page, tmp_path: Path) -> None:
    rich = "\\(x^2\\)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```\n\nIt costs $5 and $10."
    long = "\n\n".join(f"Paragraph {number} with **bold** words." for number in range(4000))
    turns = [{"role": role, "content": text} for text in (rich, long) for role in ("user", "assistant")]
    file = tmp_path / "rich.json"
    file.write_text(json.dumps([{"conversations": turns}]), encoding="utf-8")
    load(page, file)
    answer = page.get_by_test_id("stChatMessage").nth(1)
    expect(answer.locator(".katex").first).to_be_visible()
    expect(answer.locator("table")).to_be_visible()
    expect(answer.locator("pre code")).to_be_visible()
    expect(answer).to_contain_text("It costs $5 and $10.")
    page.get_by_role("button", name="Clear conversation").click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0, timeout=60_000)  # much is taken down


def test_other_origins_and_hosts_are_refused(running: RunningPage) -> None:
    port = int(running.url.rpartition(":")[2])
    own = f"127.0.0.1:{port}"
    for host, origin, expected in (
        (own, f"http://{own}", b"101"),
        (own, "http://evil.example", b"403"),
        ("evil.example", "http://evil.example", b"403"),
    ):
        head = f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
        head += (
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(head.encode())
            assert connection.recv(100).split()[1] == expected, (host, origin)


@pytest.mark.parametrize("how", ["ctrl-c", "killed"])
def test_nothing_is_left_when_it_ends(context: BrowserContext, how: str) -> None:
    running = RunningPage("--threads", "1", environment={"MODEL_PATH": "glmkit-mini"})
    try:
        assert "no model named" not in running.said
        page = opened(context, running.url)
        choose(page, "Code Interpreter")
        ask(page, "Plot a bar chart of 3, 5, 2, 8.")
        started = running.processes()
        assert len(alive(started)) >= 3  # the API, the worker of the tools, the interpreter
        if how == "ctrl-c":
            assert running.press_ctrl_c() == 0
    finally:
        running.kill()
    end = time.monotonic() + 15
    while (left := alive(started)) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []
    assert "Traceback" not in running.said


def test_another_server_is_used_with_api(context: BrowserContext, running: RunningPage) -> None:
    commands = [Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in alive(running.processes())]
    (command,) = [command for command in commands if "serve" in command]
    port = command[command.index("--port") + 1]
    second = RunningPage("--api", f"http://127.0.0.1:{port}/v1", "--sandbox", "off")
    try:
        assert all("serve" not in Path(f"/proc/{p}/cmdline").read_text().split("\0") for p in second.processes())
        page = opened(context, second.url)
        ask(page, "Who are you?")
        expect(page.get_by_text("I am glmkit-mini")).to_be_visible()
        choose(page, "Code Interpreter")
        expect(page.get_by_text("the code interpreter is switched off")).to_be_visible()
        assert second.press_ctrl_c() == 0
    finally:
        second.kill()
