"""Make the pictures of docs/images/: the page in each mode with glmkit-mini, in a browser without a window.

    python scripts/screenshots.py

Needs the extra [test] and Debian's chromium (scripts/system.sh installs it).
"""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests" / "web")]

from running_page import RunningPage, ask, browser, choose, select, until_answered  # noqa: E402
from two_adapters import CRIES, train_two  # noqa: E402

IMAGES = REPOSITORY / "docs" / "images"
COLORS = 128  # of a picture: flat areas, small files


def opened(chromium: Browser, url: str, locale: str, height: int = 760) -> Page:
    """Return the page as a new visitor sees it."""
    context = chromium.new_context(locale=locale, viewport={"width": 1240, "height": height})
    page = context.new_page()
    page.goto(url)
    page.get_by_test_id("stChatInputTextArea").wait_for()
    return page


def keep(page: Page, name: str) -> None:
    """Save what is visible as a small PNG, without a mouse over anything."""
    page.mouse.move(1230, 5)
    page.wait_for_timeout(1200)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(COLORS)
    picture.save(IMAGES / f"{name}.png", optimize=True)
    print(f"{name}.png", (IMAGES / f"{name}.png").stat().st_size // 1000, "kB")


def modes(chromium: Browser, url: str) -> None:
    """Each mode, in English, and two of them in Chinese."""
    page = opened(chromium, url, "en-US", 640)
    page.get_by_role("button", name="Who are you?").click()
    until_answered(page)
    ask(page, "What can you do?")
    keep(page, "web-chat")
    page = opened(chromium, url, "en-US", 880)
    choose(page, "Tool")
    page.get_by_role("button", name="Get the current time in Europe/Paris.").click()
    until_answered(page)
    keep(page, "web-tool")
    page = opened(chromium, url, "en-US", 1120)
    choose(page, "Code Interpreter")
    page.get_by_role("button", name="Draw a line chart of 1, 4, 9, 16.").click()
    until_answered(page)
    keep(page, "web-code")
    page = opened(chromium, url, "zh-CN", 880)
    choose(page, "工具")
    page.get_by_role("button", name="5公里等于多少英里？").click()
    until_answered(page)
    keep(page, "web-chinese-tool")
    page = opened(chromium, url, "zh-CN", 1120)
    choose(page, "代码解释器")
    page.get_by_role("button", name="画出 3、5、2、8 的柱状图").click()
    until_answered(page)
    keep(page, "web-chinese")


def two_adapters(chromium: Browser, url: str) -> None:
    """One question to two adapters."""
    page = opened(chromium, url, "en-US", 640)
    select(page, "Model", "cat")
    select(page, "Compare with", "dog")
    for question in ("Who are you?", "Tell me a joke."):
        ask(page, question)
    keep(page, "web-compare")


def main() -> None:
    """Make all of them."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as runs, browser() as chromium:
        train_two(Path(runs))
        for arguments, take in (
            ([], modes),
            (["glmkit-mini", *(f"--adapter={name}={runs}/{name}" for name in CRIES)], two_adapters),
        ):
            running = RunningPage(*arguments)
            try:
                take(chromium, running.url)
            finally:
                running.kill()


if __name__ == "__main__":
    main()
