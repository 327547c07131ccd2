"""`glmkit web` before anything is loaded: settings, where they come from, and what is refused."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from glmkit.cli import main
from glmkit.errors import ConfigError
from glmkit.web.command import STREAMLIT, run_web
from glmkit.web_config import WebConfig


def test_settings_come_from_the_originals_variables(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("MODEL_PATH", "a"), ("PT_PATH", "b"), ("TOKENIZER_PATH", "c")):
        monkeypatch.setenv(name, value)
    assert main(["web", "--print-config"]) == 0
    shown = capsys.readouterr().out
    for line in ("model: a", "tokenizer: c"):
        assert line in shown
    assert WebConfig(adapter="b").adapter == ("b",)


def test_settings_without_effect_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        WebConfig(api="http://127.0.0.1:1/v1", threads=2, device="cpu")
    assert len(refused.value.problems) == 2
    with pytest.raises(ConfigError, match="api_key_file"):
        WebConfig(api_key_file="key")
    with pytest.raises(ConfigError, match="at level none a model"):
        WebConfig(sandbox="none")
    with pytest.raises(ConfigError, match="accept_unsandboxed"):
        WebConfig(sandbox="full", accept_unsandboxed=True)
    with pytest.raises(ConfigError, match="port"):
        WebConfig(port=70_000)


def test_a_port_in_use_is_said_before_anything_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["web", "glmkit-mini", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"cannot listen on port {port}: Address already in use" in said
    assert "hint: name another one" in said


def test_a_key_file_that_holds_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("\n")
    for path in (file, tmp_path / "missing"):
        with pytest.raises(ConfigError, match="no key can be read here"):
            run_web(WebConfig(api="http://127.0.0.1:1/v1", api_key_file=str(path), port=0))


def test_tools_that_cannot_be_loaded_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.py"):
        run_web(WebConfig(api="http://127.0.0.1:1/v1", tools=[str(tmp_path / "missing.py")], port=0))


def test_a_model_that_is_missing_ends_the_command_with_its_words(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_web(WebConfig(model="no/such/folder/at/all", port=0)) == 2
    said = capfd.readouterr().err
    assert "no/such/folder/at/all" in said
    assert "Traceback" not in said


def test_streamlit_tells_nobody_and_keeps_its_own_guards() -> None:
    assert STREAMLIT["browser.gatherUsageStats"] is False
    assert STREAMLIT["server.enableXsrfProtection"] is True
    assert STREAMLIT["server.enableCORS"] is True
    assert STREAMLIT["client.showErrorDetails"] == "none"
    assert STREAMLIT["server.enableAgentApi"] is False


def test_an_mcp_server_that_does_not_start_is_named_with_its_reason(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "servers.json"
    file.write_text('{"mcpServers": {"post": {"command": "no-such-program-anywhere"}}}')
    assert main(["web", "glmkit-mini", "--port", "0", "--mcp", str(file)]) == 2
    said = capfd.readouterr().err
    assert "the MCP server 'post' cannot be used: " in said and "no-such-program-anywhere" in said
    assert "Traceback" not in said
