"""The weather of a city from wttr.in, with the original's fields.

The host is fixed; the city becomes one escaped part of the path. One answer of bounded size within bounded time, no
redirects. Without a network there is one clear sentence.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from typing import Annotated, Any

from glmkit.agent.tool import tool
from glmkit.chat.printable import shown
from glmkit.errors import GlmkitError

HOST = "https://wttr.in"
TIME_LIMIT = 8.0  # seconds
MAX_BYTES = 1_000_000  # an answer has about 50,000
MAX_CITY = 80  # characters

_FIELDS = ("temp_C", "FeelsLikeC", "humidity", "observation_time")


@tool(time_limit=TIME_LIMIT + 4)
def get_weather(city_name: Annotated[str, "the city, in any language, such as Beijing or 北京"]) -> dict[str, str]:
    """Get the current weather of a city."""
    return weather(city_name, HOST)


def weather(city: str, host: str, time_limit: float = TIME_LIMIT) -> dict[str, str]:
    """Return temperature, humidity, description and time of observation from a server that answers as wttr.in does.

    Raises:
        GlmkitError: ``city`` is no name, or the server cannot be reached or answers something else.
    """
    name = " ".join(city.split())
    if not name or len(name) > MAX_CITY or not any(c.isalpha() for c in name) or not name.isprintable():
        raise GlmkitError("agent-weather-city", city=shown(city))
    try:
        name.encode()
        answer = _get(f"{host}/{urllib.parse.quote(name, safe='')}?format=j1", time_limit)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise GlmkitError("agent-weather-offline", host=HOST, reason=shown(str(reason))) from error
    try:
        current = json.loads(answer)["current_condition"][0]
        description = str(current["weatherDesc"][0]["value"])
        return {**{field: str(current[field]) for field in _FIELDS}, "weatherDesc": description}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise GlmkitError("agent-weather-answer", city=shown(city)) from error


def _get(url: str, time_limit: float) -> bytes:
    """Return a body of at most MAX_BYTES; raises OSError or HTTPException for anything else than such an answer."""
    opener = urllib.request.build_opener(_NoRedirect)
    end = time.monotonic() + time_limit
    with opener.open(urllib.request.Request(url, headers={"User-Agent": "glmkit"}), timeout=time_limit) as response:
        body = b""
        while piece := response.read1(65_536):
            body += piece
            if len(body) > MAX_BYTES:
                raise OSError(f"> {MAX_BYTES} bytes")
            if time.monotonic() > end:  # a server that sends a byte now and then
                raise TimeoutError(f"> {time_limit:g} s")
        return body


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        """Follow nothing: the answer then counts as an error."""
        return None
