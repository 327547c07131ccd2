"""`glmkit web` as a user starts it, in a process of its own, and the browser in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
START = 90.0  # seconds


class RunningPage:
    """The command ``glmkit web`` with some arguments; ``said`` is what it has written to stderr.

    ``before`` are the words of a command that runs it, as another user or on a poorer machine.
    """

    def __init__(self, *arguments: str, environment: dict[str, str] | None = None, before: Sequence[str] = ()) -> None:
        self.said = ""
        self._has_runner = bool(before)
        self._process = subprocess.Popen(
            [*before, sys.executable, "-m", "glmkit", "--lang", "en", "web", "--port", "0", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(environment or {})},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        end = time.monotonic() + START
        while not (found := re.search(r"the page is at (http://127\.0\.0\.1:\d+) .*\n.*ssh -L", self.said)):
            assert self._process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.05)
        self.url = found[1]

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            for line in stream:
                self.said += line

    def press_ctrl_c(self) -> int:
        """Stop it as a user does and return its exit code."""
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(30)
        self._listener.join(10)
        return code

    def kill(self) -> None:
        """End it without asking."""
        started = self.processes() if self._has_runner else []  # a change of user ends the bond to one's parent
        with suppress(ProcessLookupError):
            self._process.kill()
        for pid in started:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(30)
        self._listener.join(10)

    def processes(self) -> list[int]:
        """Return the processes that it started, and those that they started."""
        parents: dict[int, int] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, ValueError):
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        found = [self._process.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found[1:]


def alive(pids: list[int]) -> list[int]:
    """Return those that have not ended; one that only waits to be reaped has."""
    states = []
    for pid in pids:
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                states.append(pid)
    return states


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's chromium without a window."""
    path = shutil.which("chromium")
    assert path is not None, "chromium is not installed; make test-system installs it"
    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses root; the page it opens here is ours.
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()


def opened(context: BrowserContext, url: str) -> Page:
    """Open the page and wait until it can be used."""
    page = context.new_page()
    page.goto(url)
    page.get_by_test_id("stChatInputTextArea").wait_for(timeout=60_000)
    return page


def load(page: Page, file: Path) -> None:
    """Import a conversation."""
    page.locator("summary").filter(has_text="Import conversation").click()
    settle(page)
    page.locator("input[type=file]").last.set_input_files(file)


def ask(page: Page, question: str) -> None:
    """Type a question and wait until its answer has come."""
    settle(page)  # messages that were cleared have gone by then
    num_messages = page.get_by_test_id("stChatMessage").count()
    page.get_by_test_id("stChatInputTextArea").fill(question)
    page.get_by_test_id("stChatInputTextArea").press("Enter")
    page.get_by_test_id("stChatMessage").nth(num_messages).wait_for(timeout=60_000)
    until_answered(page)


def until_answered(page: Page) -> None:
    """Wait until the last answer has come: the page is drawn until then, and offers to ask again afterwards."""
    page.get_by_role("button", name=re.compile("Retry|重试")).wait_for(timeout=60_000)
    settle(page)


def choose(page: Page, mode: str) -> None:
    """Choose a mode by its name."""
    page.get_by_test_id("stRadio").locator("label").filter(has_text=re.compile(f"{mode}$")).click()
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page is drawn: what is given to a widget that is about to be replaced is lost."""
    page.wait_for_timeout(300)  # the click has to reach the server first
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=60_000)


def select(page: Page, label: str, name: str) -> None:
    """Choose from a list."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=name, exact=True).click()
    settle(page)
