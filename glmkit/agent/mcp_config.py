"""The ``mcpServers`` configuration that MCP clients share -> one checked entry for each server.

``${NAME}`` in a value is taken from the environment, so that no key needs to stand in the file. What other clients
write beside our keys is passed over. Called by mcp_tools.py.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glmkit.chat.printable import shown
from glmkit.errors import ConfigError, Problem

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEntry:
    """A server to start (``command``) or to connect to (``url``)."""

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def read_servers(servers: str | Path | Mapping[str, Any]) -> list[ServerEntry]:
    """Return the entries of a file, or of what such a file holds.

    Raises:
        ConfigError: the file cannot be read or is no JSON, or entries are wrong (all of them are named).
    """
    where = ""
    if not isinstance(servers, Mapping):
        where = str(servers)
        try:
            servers = json.loads(Path(servers).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigError("agent-mcp-file", where=where, reason=reason) from error
    entries = servers.get("mcpServers") if isinstance(servers, Mapping) else None
    if not isinstance(entries, Mapping) or not entries:
        raise ConfigError("agent-mcp-none", where=where)
    problems: list[Problem] = []
    found = [_entry(str(name), entry, where, problems) for name, entry in entries.items()]
    if problems:
        raise ConfigError(problems)
    return found


def _entry(name: str, entry: Any, where: str, problems: list[Problem]) -> ServerEntry:
    def expect(key: str, kind: type, expected: str) -> Any:
        value = entry.get(key, kind())
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        if not isinstance(value, kind) or not all(isinstance(item, str) for item in inner):
            values = {"field": f"mcpServers.{name}.{key}", "value": shown(value), "expected": expected}
            problems.append(Problem("agent-mcp-field", where, values))
            return kind()
        return value

    if not isinstance(entry, Mapping):
        values = {"field": f"mcpServers.{name}", "value": shown(entry), "expected": "object"}
        problems.append(Problem("agent-mcp-field", where, values))
        return ServerEntry(name=name)
    fill = _Filler(f"mcpServers.{name}", where, problems)
    found = ServerEntry(
        name=name,
        command=fill(expect("command", str, "string")),
        args=tuple(map(fill, expect("args", list, "array of strings"))),
        env={key: fill(value) for key, value in expect("env", dict, "object of strings").items()},
        cwd=fill(expect("cwd", str, "string")),
        url=fill(expect("url", str, "string")),
        headers={key: fill(value) for key, value in expect("headers", dict, "object of strings").items()},
    )
    if bool(found.command) == bool(found.url):
        problems.append(Problem("agent-mcp-entry", where, {"server": name}))
    elif found.url and not re.match(r"https?://[^/\s]", found.url):
        values = {"field": f"mcpServers.{name}.url", "value": shown(found.url), "expected": "http(s)://..."}
        problems.append(Problem("agent-mcp-field", where, values))
    return found


@dataclass(frozen=True, slots=True)
class _Filler:
    """Puts values of the environment into texts."""

    field: str
    where: str
    problems: list[Problem]

    def __call__(self, text: str) -> str:
        return _VARIABLE.sub(self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            values = {"field": self.field, "name": match[1]}
            self.problems.append(Problem("agent-mcp-variable", self.where, values))
        return os.environ.get(match[1], "")
