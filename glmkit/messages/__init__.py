"""Every sentence a user can get, in one place: code -> (English, Chinese[, English hint, Chinese hint]).

One table a room, two for data and for serving, joined here. ``glmkit.errors`` looks sentences up; nothing else reads
them. A row's two languages name the same ``{values}``; a test holds that, and that every row is used.
"""

from __future__ import annotations

from importlib import import_module

Row = tuple[str, str] | tuple[str, str, str, str]

ROOMS = (
    "cli",
    "chat",
    "data",
    "data_remarks",
    "model",
    "training",
    "serving",
    "api",
    "report",
    "evaluation",
    "agent",
    "agent_chat",
    "sandbox",
    "quickstart",
    "web",
)

TABLE: dict[str, Row] = {}
for room in ROOMS:
    TABLE.update(import_module(f"glmkit.messages.{room}").TABLE)
