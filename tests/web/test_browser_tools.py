"""Tools of an MCP server on the page, in a real browser: named by the option and by a file of settings."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs the extra [test]")

from playwright.sync_api import BrowserContext, expect
from running_page import RunningPage, alive, ask, choose, opened, settle, until_answered

pytestmark = pytest.mark.system
expect.set_options(timeout=20_000)


@pytest.fixture
def servers(tmp_path: Path) -> Path:
    """The usual file of MCP servers, with one that runs beside the page."""
    server = Path(__file__).with_name("parcel_server.py")
    entry = {"command": sys.executable, "args": [str(server)], "env": {"DESK": "${GLMKIT_TEST_DESK}"}}
    file = tmp_path / "servers.json"
    file.write_text(json.dumps({"mcpServers": {"post": entry}}))
    return file


def test_a_tool_of_an_mcp_server_is_called_and_its_card_is_shown(context: BrowserContext, servers: Path) -> None:
    running = RunningPage("--mcp", str(servers), environment={"GLMKIT_TEST_DESK": "desk seven"})
    try:
        page = opened(context, running.url)
        choose(page, "Tool")
        expect(page.get_by_text("From MCP servers")).to_be_visible()
        ask(page, "Track parcel 12345.")
        card = page.get_by_test_id("stChatMessage").nth(1)
        expect(card.get_by_text("post_track_parcel")).to_be_visible()
        expect(card).to_contain_text(re.compile(r'"parcel_id": "12345".*"status": "delivered"', re.DOTALL))
        expect(card).to_contain_text('"desk": "desk seven"')
        expect(card).to_contain_text(re.compile(r"\d+\.\d+ s"))
        server = re.search(r'"server": (\d+)', card.inner_text())
        assert server is not None and int(server[1]) in alive(running.processes())
        assert running.press_ctrl_c() == 0
        assert alive([int(server[1])]) == []
    finally:
        running.kill()


def test_a_server_of_the_settings_file_asks_before_it_changes_anything(context: BrowserContext, servers: Path) -> None:
    settings = servers.with_name("web.yaml")
    settings.write_text(f"mcp: {servers}\nmodel: glmkit-mini\n")
    running = RunningPage("--config", str(settings), environment={"GLMKIT_TEST_DESK": "-"})
    try:
        page = opened(context, running.url)
        choose(page, "Tool")
        for tool in ("post_track_parcel", "post_return_parcel"):  # the user's own are on, the others off
            expect(page.get_by_role("switch", name=tool)).to_be_checked()
        expect(page.get_by_role("switch", name="get_weather")).not_to_be_checked()
        page.get_by_test_id("stCheckbox").filter(has_text="post_track_parcel").locator("label").click()
        expect(page.get_by_role("switch", name="post_track_parcel")).not_to_be_checked()
        settle(page)
        page.get_by_test_id("stChatInputTextArea").fill("Call post_return_parcel with parcel_id=12345")
        page.get_by_test_id("stChatInputTextArea").press("Enter")
        expect(page.get_by_text("The model wants to call post_return_parcel")).to_be_visible()
        expect(page.get_by_text("goes back")).to_have_count(0)
        page.get_by_role("button", name="Allow once").click()
        until_answered(page)
        expect(page.get_by_test_id("stChatMessage").nth(1)).to_contain_text("parcel 12345 goes back")
    finally:
        running.kill()
