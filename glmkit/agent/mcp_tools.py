"""MCP servers as a source of tools: over stdio or Streamable HTTP, named in the usual ``mcpServers`` JSON.

    {"mcpServers": {"files": {"command": "some-server", "args": ["--root", "."]},
                    "search": {"url": "https://example.com/mcp", "headers": {"Authorization": "Bearer ${SEARCH_KEY}"}}}}

A server's tool ``read`` becomes ``files_read``; small models lose themselves in a double underscore. Connections live
in the background loop, one task each, and are made again when a server has gone. Unless a server says that a tool only
reads or destroys nothing, its calls are dangerous.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmkit.agent.background import background, wait
from glmkit.agent.cancellation import Cancellation, Cancelled
from glmkit.agent.mcp_config import ServerEntry, read_servers
from glmkit.agent.result import PICTURE, RESULT_LIMIT, Picture, ToolResult, as_text, clean, error_text
from glmkit.agent.tool import MAX_NAME, Tool
from glmkit.errors import ConfigError, message

if TYPE_CHECKING:
    from mcp import Client

START_LIMIT = 30.0  # seconds: some servers are downloaded on their first start
CALL_LIMIT = 60.0
CLOSE_LIMIT = 10.0
MAX_TOOLS = 500  # of one server
MAX_PICTURES = 8
MAX_PICTURE_BYTES = 10_000_000
_PICTURE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")  # none that can hold a script


class McpTools:
    """The tools of every server of a configuration.

    Args:
        servers: a file with ``mcpServers``, or what it holds.
        result_limit: characters of a result.
        call_limit: seconds of a call.

    Raises:
        ConfigError: the configuration is wrong, a server does not start, or the package ``mcp`` is not installed.
    """

    def __init__(
        self,
        servers: str | Path | Mapping[str, Any],
        *,
        result_limit: int = RESULT_LIMIT,
        call_limit: float = CALL_LIMIT,
    ) -> None:
        entries = read_servers(servers)
        try:
            import mcp  # noqa: F401  (missing before any server starts)
        except ImportError as error:
            raise ConfigError("agent-no-mcp", reason=error) from error
        self._result_limit = result_limit
        self._call_limit = call_limit
        self._connections: list[_Connection] = []
        self._places: dict[str, tuple[_Connection, str]] = {}  # our name -> the server and its own name
        self._tools: list[Tool] = []
        try:
            for entry in entries:
                connection = _Connection(entry)
                self._connections.append(connection)
                for offered in connection.start():
                    self._add(connection, offered)
        except BaseException:
            self.close()
            raise

    @property
    def tools(self) -> Sequence[Tool]:
        """The tools of all servers."""
        return self._tools

    def call(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> ToolResult:
        """Call a server's tool; a server that fails, hangs or has gone gives a result that says so."""
        connection, own_name = self._places[name]
        try:
            work = connection.connected(cancellation).call_tool(own_name, dict(arguments))
            return read_result(wait(work, cancellation, self._call_limit), self._result_limit)
        except Cancelled:
            raise
        except TimeoutError:
            text = message("agent-call-timeout", tool=name, seconds=f"{self._call_limit:g}")
        except ConfigError as error:
            return ToolResult(text=clean(str(error), self._result_limit), failed=True)
        except Exception as error:  # the library's, the transport's and the server's
            text = error_text(_innermost(error))
        connection.drop()  # the server may be gone, or still busy with this call
        return ToolResult(text=clean(text, self._result_limit), failed=True)

    def close(self) -> None:
        """End every connection and the servers that were started."""
        for connection in self._connections:
            connection.close()

    def _add(self, connection: _Connection, offered: Any) -> None:
        name = re.sub(r"[^\w-]", "_", f"{connection.entry.name}_{offered.name}")[:MAX_NAME]
        hints = offered.annotations
        is_harmless = hints is not None and (hints.read_only_hint or hints.destructive_hint is False)
        self._places[name] = (connection, offered.name)
        self._tools.append(
            Tool(
                name=name,
                description=clean(offered.description or offered.title or offered.name, 4 * RESULT_LIMIT),
                parameters={"type": "object", "properties": {}, **offered.input_schema},
                dangerous=not is_harmless,
                time_limit=self._call_limit,
            )
        )


class _Connection:
    """One server: a task of the background loop that holds its client open until it is told to leave."""

    def __init__(self, entry: ServerEntry) -> None:
        self.entry = entry
        self._client: Client | None = None
        self._tasks: dict[asyncio.Task[None], asyncio.Event] = {}  # each with what tells it to leave
        self._lock = threading.Lock()

    def start(self, cancellation: Cancellation | None = None) -> list[Any]:
        """Connect and return the tools the server offers.

        Raises:
            ConfigError: it does not start, or does not speak MCP.
            Cancelled: the user did not want to wait for it.
        """
        try:
            return wait(self._start(), cancellation, START_LIMIT)
        except Exception as error:
            self.drop()
            if isinstance(error, Cancelled):
                raise
            late = isinstance(error, TimeoutError)
            reason = message("agent-mcp-slow", seconds=f"{START_LIMIT:g}") if late else error_text(error)
            raise ConfigError("agent-mcp-start", server=self.entry.name, reason=reason) from error

    def connected(self, cancellation: Cancellation) -> Client:
        """Return the client, connected anew where the server has gone; raises as ``start`` does."""
        with self._lock:
            if self._client is None:
                self.start(cancellation)
            if self._client is None:
                raise ConfigError("agent-mcp-start", server=self.entry.name, reason="-")
            return self._client

    def drop(self) -> None:
        """Forget the connection, which then ends by itself: the next call makes a new one."""
        self._client = None
        background().call_soon_threadsafe(self._leave)

    def close(self) -> None:
        """End the connection; a server that was started is ended with it."""
        with suppress(Exception):
            wait(self._end(), timeout=CLOSE_LIMIT)

    async def _start(self) -> list[Any]:
        ready: asyncio.Future[list[Any]] = background().create_future()
        leave = asyncio.Event()
        task = background().create_task(self._hold(ready, leave))
        self._tasks[task] = leave
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        try:
            return await ready
        except asyncio.CancelledError:
            task.cancel()  # it has not got as far as waiting for ``leave``
            raise

    def _leave(self) -> None:
        for leave in self._tasks.values():
            leave.set()

    async def _end(self) -> None:
        self._client = None
        self._leave()
        if self._tasks:
            await asyncio.wait([*self._tasks], timeout=CLOSE_LIMIT / 2)
        for task in self._tasks:
            task.cancel()

    async def _hold(self, ready: asyncio.Future[list[Any]], leave: asyncio.Event) -> None:
        try:
            async with AsyncExitStack() as stack:
                client = await stack.enter_async_context(await self._open(stack))
                tools = await _all_tools(client)
                self._client = client
                ready.set_result(tools)
                await leave.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(ConnectionError(error_text(_innermost(error))))
            if isinstance(error, asyncio.CancelledError):
                raise

    async def _open(self, stack: AsyncExitStack) -> Client:
        from mcp import Client, StdioServerParameters, stdio_client

        entry = self.entry
        if entry.url:
            import httpx2
            from mcp.client.streamable_http import streamable_http_client

            http = httpx2.AsyncClient(headers=dict(entry.headers), timeout=httpx2.Timeout(CALL_LIMIT, connect=10))
            await stack.enter_async_context(http)
            return Client(streamable_http_client(entry.url, http_client=http))
        silence = stack.enter_context(open(os.devnull, "w"))  # noqa: SIM115  # the terminal belongs to the conversation
        parameters = StdioServerParameters(
            command=entry.command, args=list(entry.args), env=dict(entry.env), cwd=entry.cwd or None
        )
        return Client(stdio_client(parameters, errlog=silence))


async def _all_tools(client: Client) -> list[Any]:
    tools: list[Any] = []
    cursor = None
    while len(tools) < MAX_TOOLS:
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if not cursor or not page.tools:
            break
    return tools[:MAX_TOOLS]


def read_result(result: Any, limit: int) -> ToolResult:
    """Return a CallToolResult as text and pictures; without a text, its structured content as JSON."""
    texts: list[str] = []
    pictures: list[Picture] = []
    for block in result.content:
        if block.type == "text":
            texts.append(block.text)
        elif block.type == "image":
            texts.append(PICTURE)
            if block.mime_type in _PICTURE_TYPES and len(pictures) < MAX_PICTURES:
                with suppress(binascii.Error, ValueError):
                    data = base64.b64decode(block.data[: MAX_PICTURE_BYTES * 4 // 3], validate=True)
                    pictures.append(Picture(data, block.mime_type))
        elif block.type == "resource":
            texts.append(getattr(block.resource, "text", None) or f"[{block.resource.uri}]")
        elif block.type == "resource_link":
            texts.append(f"[{block.uri}]")
        else:
            texts.append(f"[{block.type}]")
    text = "\n".join(texts)
    if not text and result.structured_content is not None:
        text = as_text(result.structured_content, limit)
    return ToolResult(text=clean(text, limit), pictures=tuple(pictures), failed=bool(result.is_error))


def _innermost(error: BaseException) -> BaseException:
    """Return the first exception of a group of groups, which says what happened."""
    while (inner := getattr(error, "exceptions", None)) and isinstance(inner[0], BaseException):
        error = inner[0]
    return error
