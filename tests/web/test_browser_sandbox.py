"""The page on machines whose kernel refuses walls of the sandbox, and for an ordinary user, in a real browser."""

from __future__ import annotations

import os
import platform
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs the extra [test]")

from playwright.sync_api import BrowserContext, Page, expect
from running_page import REPOSITORY, RunningPage, alive, ask, choose, opened, settle, until_answered

from glmkit.agent.sandbox import places, probe
from glmkit.agent.sandbox.inside.syscalls import NUMBERS
from tests.other_machine import ORDINARY_USER, ordinary_user, refusing

pytestmark = pytest.mark.system
expect.set_options(timeout=20_000)

COLUMN = 1 if platform.machine() == "aarch64" else 0
NO_NAMESPACES = {NUMBERS[name][COLUMN]: 1 for name in ("mount", "unshare", "umount2", "pivot_root")}  # as Docker's
NO_LANDLOCK = {444: 1}  # landlock_create_ruleset, on both


@contextmanager
def served(*arguments: str, before: list[str], home: str = "") -> Iterator[RunningPage]:
    environment = {"HOME": home, "TMPDIR": home, "PYTHONDONTWRITEBYTECODE": "1", "USER": "somebody"} if home else {}
    running = RunningPage(*arguments, before=before, environment=environment)
    try:
        yield running
    finally:
        running.kill()


@pytest.fixture
def user() -> Iterator[tuple[list[str], str]]:
    """What runs a command as an ordinary user, and that user's home."""
    assert os.geteuid() == 0, "run as root: another user is to be played"
    bwrap = probe().bwrap
    assert bwrap is not None, probe().lines()
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, ORDINARY_USER, ORDINARY_USER)
        yield ordinary_user(bwrap, [*places.readable(), str(REPOSITORY)]), home


def plot(page: Page) -> None:
    """Let the model draw, and see the picture."""
    page.get_by_role("button", name="Plot a bar chart of 3, 5, 2, 8.").click()
    until_answered(page)
    picture = page.get_by_test_id("stImage").locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 300


def test_in_a_container_the_level_is_restricted_and_the_page_says_what_is_missing(context: BrowserContext) -> None:
    with served(before=refusing(NO_NAMESPACES)) as running:
        page = opened(context, running.url)
        choose(page, "Code Interpreter")
        expect(page.get_by_text(re.compile("Sandbox: restricted"))).to_be_visible()
        page.get_by_text("What confines the code").click()
        expect(page.get_by_text(re.compile("bubblewrap +missing +installed, but: "))).to_be_visible()
        expect(page.get_by_text("--security-opt seccomp=unconfined")).to_be_visible()
        plot(page)


def test_a_level_that_was_chosen_is_told_from_what_the_machine_can(context: BrowserContext) -> None:
    with served("--sandbox", "restricted", before=[]) as running:
        page = opened(context, running.url)
        choose(page, "Code Interpreter")
        expect(page.get_by_text(re.compile("Sandbox: restricted"))).to_be_visible()
        page.get_by_text("What confines the code").click()
        expect(page.get_by_text("This level was chosen with --sandbox; this machine can do:")).to_be_visible()
        expect(page.get_by_text(re.compile("sandbox: full"))).to_be_visible()
        plot(page)


def test_without_walls_code_is_refused_with_the_setting_a_container_needs(context: BrowserContext) -> None:
    with served(before=refusing(NO_LANDLOCK)) as running:
        page = opened(context, running.url)
        choose(page, "Code Interpreter")
        refusal = page.get_by_test_id("stAlert").filter(has_text="no code of a model is run")
        expect(refusal).to_contain_text("start the container with --security-opt seccomp=unconfined")
        expect(refusal).to_contain_text("landlock_create_ruleset, landlock_add_rule and landlock_restrict_self")
        expect(refusal).to_contain_text("--i-accept-unsandboxed-code")
        expect(page.get_by_text(re.compile("Sandbox:"))).to_have_count(0)
        expect(page.get_by_test_id("stChatInputTextArea")).to_have_count(0)
        choose(page, "Chat")
        ask(page, "Who are you?")
        expect(page.get_by_text("I am glmkit-mini")).to_be_visible()


def test_with_the_flag_an_ordinary_user_runs_code_without_walls(
    context: BrowserContext, user: tuple[list[str], str]
) -> None:
    before, home = user
    flag = "--i-accept-unsandboxed-code"
    with served(flag, before=[*before, *refusing(NO_LANDLOCK)], home=home) as running:
        assert "runs WITHOUT a sandbox" in running.said
        page = opened(context, running.url)
        choose(page, "Code Interpreter")
        expect(page.get_by_text("No sandbox!")).to_be_visible()
        plot(page)


def test_an_ordinary_user_has_the_code_interpreter(
    context: BrowserContext, user: tuple[list[str], str], tmp_path: Path
) -> None:
    before, home = user
    with served(before=before, home=home) as running:
        assert "somebody@" in running.said
        page = opened(context, running.url)
        choose(page, "Code Interpreter")
        expect(page.get_by_text(re.compile("Sandbox: full"))).to_be_visible()
        page.get_by_text("What confines the code").click()
        expect(page.get_by_text(f"cells run as user {ORDINARY_USER}")).to_be_visible()
        plot(page)
        file = tmp_path / "sales.csv"
        file.write_text("month,amount\nJan,10\nFeb,20\n")
        settle(page)
        page.locator("input[type=file]").first.set_input_files(file)
        expect(page.get_by_role("button", name=re.compile("sales.csv · "))).to_be_visible()
        ask(page, "Read the file sales.csv. What is the sum of the column amount?")
        expect(page.get_by_test_id("stChatMessage").nth(3)).to_contain_text("30")
        started = alive(running.processes())  # the page, the API, the worker of the tools, the cells
        assert len(started) >= 4
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in started} == {ORDINARY_USER}
