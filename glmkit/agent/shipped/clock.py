"""The current date and time, of this machine or of a time zone."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated
from zoneinfo import ZoneInfo

from glmkit.agent.tool import tool
from glmkit.chat.printable import shown
from glmkit.errors import GlmkitError


@tool
def get_current_time(
    timezone_name: Annotated[str, "such as Asia/Shanghai or UTC; of this computer when left out", False] = "",
) -> dict[str, str]:
    """Get the current date, weekday and time."""
    now = datetime.now(timezone.utc).astimezone(_zone(timezone_name) if timezone_name else None)
    return {
        "date": now.strftime("%Y-%m-%d"),
        "weekday": now.strftime("%A"),
        "time": now.strftime("%H:%M:%S"),
        "timezone": timezone_name or now.tzname() or "",
        "utc_offset": now.strftime("%z"),
    }


def _zone(name: str) -> ZoneInfo | timezone:
    if name.upper() == "UTC":
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:  # a path, a folder, a name nobody knows
        raise GlmkitError("agent-time-zone", name=shown(name)) from error
