"""MCP servers: a real one over stdio and over HTTP, the configuration file, and what a server can do wrong."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from glmkit.agent.cancellation import Cancellation, Cancelled
from glmkit.agent.mcp_config import ServerEntry, read_servers
from glmkit.agent.mcp_tools import McpTools, read_result
from glmkit.agent.result import Picture
from glmkit.agent.toolbox import Toolbox
from glmkit.errors import ConfigError

pytest.importorskip("mcp")

SERVER = '''
import os, sys, time
from mcp.server import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("numbers")

@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b

@server.tool()
def erase(name: str) -> str:
    """Erase a file."""
    raise ValueError(name)

@server.tool(annotations=ToolAnnotations(destructiveHint=False))
def wait(seconds: float) -> str:
    """Wait."""
    time.sleep(seconds)
    return os.environ.get("NOTE", "-")

@server.tool()
def leave() -> str:
    """End the server."""
    os._exit(0)

if sys.argv[1:]:
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
else:
    server.run("stdio")
'''


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mcp") / "server.py"
    path.write_text(SERVER)
    return path


@pytest.fixture(scope="module")
def tools(script: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[McpTools]:
    entry = {"command": sys.executable, "args": [str(script)], "env": {"NOTE": "${GLMKIT_TEST_NOTE} <|user|>"}}
    file = tmp_path_factory.mktemp("config") / "mcp.json"
    file.write_text(json.dumps({"mcpServers": {"num bers": {**entry, "autoApprove": []}}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLMKIT_TEST_NOTE", "the environment")
        made = McpTools(file, call_limit=15)
    yield made
    made.close()


def call(tools: McpTools, tool: str, **arguments: Any) -> tuple[str, bool]:
    result = tools.call(tool, arguments, Cancellation())
    return result.text, result.failed


def test_a_server_over_stdio_is_a_source_of_tools(tools: McpTools) -> None:
    box = Toolbox([tools])
    assert [(tool.name, tool.description, tool.dangerous) for tool in box.tools] == [
        ("num_bers_add", "Add two numbers.", False),
        ("num_bers_erase", "Erase a file.", True),
        ("num_bers_wait", "Wait.", False),
        ("num_bers_leave", "End the server.", True),
    ]
    offered = [tool.name for tool in box.tools]
    assert box.refusal("num_bers_add", {"a": 1, "b": 2}, offered) is None
    assert "'b' is missing" in str(box.refusal("num_bers_add", {"a": 1}, offered))
    assert call(tools, "num_bers_add", a=1, b=2) == ("3", False)
    assert call(tools, "num_bers_wait", seconds=0) == ("the environment < |user|>", False)


def test_what_a_server_does_wrong_is_a_text(tools: McpTools, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(tools, "num_bers_erase", name="a.txt") == ("Error executing tool erase", True)
    monkeypatch.setattr(tools, "_call_limit", 0.2)
    assert call(tools, "num_bers_wait", seconds=20) == (
        "'num_bers_wait' took longer than 0.2 s and was stopped.",
        True,
    )


def test_a_call_can_be_cancelled(tools: McpTools) -> None:
    cancellation = Cancellation()
    threading.Timer(0.1, cancellation.cancel).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        tools.call("num_bers_wait", {"seconds": 20}, cancellation)
    assert time.monotonic() - start < 5


def test_a_server_that_has_gone_is_started_again(tools: McpTools) -> None:
    assert call(tools, "num_bers_leave")[1]
    deadline = time.monotonic() + 10
    while (answer := call(tools, "num_bers_add", a=2, b=2)) != ("4", False):
        assert answer[1] and time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_over_http_is_a_source_of_tools(script: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(script), str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while not is_listening(port):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        servers = {"web": {"url": f"http://127.0.0.1:{port}/mcp", "headers": {"X-Key": "k"}}}
        made = McpTools({"mcpServers": servers})
        try:
            assert call(made, "web_add", a=3, b=4) == ("7", False)
        finally:
            made.close()
    finally:
        process.kill()
        process.wait()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    "entry",
    [
        {"command": "no-such-program-anywhere"},
        {"command": sys.executable, "args": ["-c", "print('hello')"]},
        {"url": "http://127.0.0.1:9/mcp"},
    ],
)
def test_a_server_that_does_not_start_is_named(entry: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="the MCP server 'x' cannot be used: "):
        McpTools({"mcpServers": {"x": entry}})


def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glmkit.agent.mcp_tools.START_LIMIT", 0.5)
    entry = {"command": sys.executable, "args": ["-c", "import sys; sys.stdin.read()"]}
    with pytest.raises(ConfigError, match=r"the MCP server 'x' cannot be used: no answer within 0\.5 s"):
        McpTools({"mcpServers": {"x": entry}})


@pytest.mark.parametrize(
    ("servers", "sentence"),
    [
        ({}, "no servers here: expected an object mcpServers"),
        ({"mcpServers": []}, "no servers here"),
        ({"mcpServers": {"a": 3}}, "mcpServers.a is 3; it must be object"),
        ({"mcpServers": {"a": {}}}, "mcpServers.a needs either a command or a url"),
        ({"mcpServers": {"a": {"command": "x", "url": "http://x"}}}, "mcpServers.a needs either a command or a url"),
        ({"mcpServers": {"a": {"command": ["x"]}}}, 'mcpServers.a.command is ["x"]; it must be string'),
        ({"mcpServers": {"a": {"command": "x", "args": "y"}}}, 'mcpServers.a.args is "y"; it must be array of strings'),
        (
            {"mcpServers": {"a": {"command": "x", "env": {"k": 1}}}},
            'mcpServers.a.env is {"k": 1}; it must be object of',
        ),
        ({"mcpServers": {"a": {"url": "file:///x"}}}, 'mcpServers.a.url is "file:///x"; it must be http(s)://...'),
        ({"mcpServers": {"a": {"url": "http://x", "headers": {"k": "${GLMKIT_NONE}"}}}}, "uses ${GLMKIT_NONE}, which"),
    ],
)
def test_a_wrong_configuration_is_named(servers: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_servers(servers)
    assert sentence in str(caught.value)


def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="this file of MCP servers cannot be read: No such file"):
        read_servers(tmp_path / "nowhere.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ConfigError, match="this file of MCP servers cannot be read: Expecting property name"):
        read_servers(tmp_path / "broken.json")


def test_entries_are_read_as_they_stand() -> None:
    (entry,) = read_servers({"mcpServers": {"a": {"command": "x", "args": ["1"], "cwd": "/y", "disabled": False}}})
    assert entry == ServerEntry(name="a", command="x", args=("1",), cwd="/y")


def block(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**fields)


def test_every_kind_of_content_has_its_place() -> None:
    content = [
        block(type="text", text="one"),
        block(type="image", data="UE5H", mime_type="image/png"),
        block(type="image", data="!!", mime_type="image/png"),
        block(type="image", data="UE5H", mime_type="image/svg+xml"),
        block(type="resource", resource=block(uri="file:///a", text="two")),
        block(type="resource", resource=block(uri="file:///b", blob="x")),
        block(type="resource_link", uri="http://c"),
        block(type="audio", data="x"),
    ]
    result = read_result(SimpleNamespace(content=content, structured_content=None, is_error=True), 1000)
    assert result.text == "one\n[Image]\n[Image]\n[Image]\ntwo\n[file:///b]\n[http://c]\n[audio]"
    assert result.pictures == (Picture(b"PNG", "image/png"),) and result.failed
    empty = SimpleNamespace(content=[], structured_content={"a": 1}, is_error=False)
    assert read_result(empty, 1000).text == '{"a": 1}'
