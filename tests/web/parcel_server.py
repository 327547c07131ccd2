"""A small MCP server over stdio: a parcel can be tracked, which only reads, and sent back, which does not."""

from __future__ import annotations

import os
from typing import Any

from mcp.server import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("post")


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def track_parcel(parcel_id: str) -> dict[str, Any]:
    """Get the status of a parcel."""
    return {"status": "delivered", "server": os.getpid(), "desk": os.environ["DESK"], "parcel_id": parcel_id}


@server.tool()
def return_parcel(parcel_id: str) -> str:
    """Send a parcel back."""
    return f"parcel {parcel_id} goes back"


if __name__ == "__main__":
    server.run("stdio")
