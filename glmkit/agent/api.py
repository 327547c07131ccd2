"""The only door to a model: an OpenAI-compatible API, glmkit's own server or any other.

``Api.stream`` sends a conversation and yields the chunks of the answer; ``Api.models`` lists what the server has.
Every way in which a server can fail is one ``ApiError`` with a sentence. Called by loop.py and by the page.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from glmkit.agent.background import iterate, wait
from glmkit.agent.cancellation import Cancellation
from glmkit.chat.printable import printable
from glmkit.errors import ConfigError, GlmkitError

if TYPE_CHECKING:
    import httpx2

CONNECT_LIMIT = 10.0  # seconds
SILENCE_LIMIT = 600.0  # seconds without a byte: a long prompt on a slow machine takes minutes
MAX_ERROR_BYTES = 65_536
MAX_SHOWN_ERROR = 300  # characters
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ApiError(GlmkitError):
    """The model's server cannot be reached, refused, or failed in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the model chooses its words; None leaves it to the server. Ranges are the server's to check."""

    temperature: float | None = None
    top_p: float | None = None
    repetition_penalty: float | None = None  # not of OpenAI's API; glmkit and vLLM know it
    max_tokens: int | None = None
    seed: int | None = None


class Api:
    """A server and one of its models.

    Args:
        base_url: with the version, such as "http://127.0.0.1:8000/v1".
        model: as the server lists it; "" takes the first it lists.
        key: sent as bearer token where given.
        silence_limit: seconds without a byte after which a reply counts as failed.

    Raises:
        ConfigError: ``base_url`` is no http(s) address, or the HTTP library is not installed.
    """

    def __init__(self, base_url: str, *, model: str = "", key: str = "", silence_limit: float = SILENCE_LIMIT) -> None:
        try:
            import httpx2
        except ImportError as error:
            raise ConfigError("agent-no-http", reason=error) from error
        try:
            url = httpx2.URL(base_url)
        except (httpx2.InvalidURL, TypeError) as error:
            raise ConfigError("agent-api-address", url=printable(str(base_url))) from error
        if url.scheme not in ("http", "https") or not url.host:
            raise ConfigError("agent-api-address", url=printable(base_url))
        self.base_url = base_url.rstrip("/")
        self.model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._timeout = httpx2.Timeout(silence_limit, connect=CONNECT_LIMIT)
        self._is_local = url.host in _LOOPBACK
        self._client: httpx2.AsyncClient | None = None

    def models(self, cancellation: Cancellation | None = None) -> list[str]:
        """Return the ids of the server's models.

        Raises:
            ApiError: it cannot be reached or does not answer as such a server does.
        """
        return wait(self._models(), cancellation)

    def stream(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        may_call: bool = True,
        sampling: Sampling = Sampling(),
        cancellation: Cancellation,
    ) -> Generator[dict[str, Any], None, None]:
        """Yield the chunks of the model's answer to ``messages``; leaving early ends the request.

        Args:
            messages: in OpenAI's form.
            tools: definitions as ``Tool.definition`` gives them.
            may_call: False asks for an answer without a call.
            sampling: how words are chosen.
            cancellation: ends the wait and the request.

        Raises:
            ApiError: the server failed.
            Cancelled: the user stopped it.
        """
        body: dict[str, Any] = {
            "messages": list(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
            **{name: value for name, value in asdict(sampling).items() if value is not None},
        }
        if tools:
            body["tools"] = [{"type": "function", "function": dict(tool)} for tool in tools]
            body["tool_choice"] = "auto" if may_call else "none"
        return iterate(self._chunks(body), cancellation)

    def close(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            wait(client.aclose())

    async def _models(self) -> list[str]:
        import httpx2

        try:
            response = await self._open().get(f"{self.base_url}/models", headers=self._headers)
        except httpx2.HTTPError as error:
            raise self._unreachable(error) from error
        if response.status_code != 200:
            raise self._refused(response.status_code, response.content)
        try:
            return [str(entry["id"]) for entry in response.json()["data"]]
        except (ValueError, KeyError, TypeError) as error:
            raise ApiError("agent-api-foreign", url=self.base_url, found=_shown(response.text)) from error

    async def _chunks(self, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        import httpx2

        if not self.model:
            self.model = next(iter(await self._models()), "")
        request = {"model": self.model, **body}
        is_finished = False
        try:
            async with self._open().stream(
                "POST", f"{self.base_url}/chat/completions", json=request, headers=self._headers
            ) as response:
                if response.status_code != 200:
                    raise self._refused(response.status_code, await _beginning(response))
                if not response.headers.get("content-type", "").startswith("text/event-stream"):
                    beginning = (await _beginning(response)).decode("utf-8", "replace")
                    raise ApiError("agent-api-foreign", url=self.base_url, found=_shown(beginning))
                async for line in response.aiter_lines():
                    if not line.startswith("data:"):
                        continue  # comments keep the connection open; event names say nothing here
                    data = line[5:].strip()
                    if data == "[DONE]":
                        return
                    chunk = self._chunk(data)
                    is_finished = is_finished or _has_finished(chunk)
                    yield chunk
        except httpx2.TimeoutException as error:
            raise self._unreachable(error) from error
        except httpx2.HTTPError as error:
            if not is_finished:
                raise self._unreachable(error) from error
        if not is_finished:
            raise ApiError("agent-api-cut", url=self.base_url)

    def _chunk(self, data: str) -> dict[str, Any]:
        try:
            chunk = json.loads(data)
        except ValueError as error:
            raise ApiError("agent-api-foreign", url=self.base_url, found=_shown(data)) from error
        if not isinstance(chunk, dict):
            raise ApiError("agent-api-foreign", url=self.base_url, found=_shown(data))
        if chunk.get("error"):
            raise ApiError("agent-api-failed", url=self.base_url, reason=_shown(_said(chunk)))
        return chunk

    def _open(self) -> httpx2.AsyncClient:
        import httpx2

        if self._client is None:  # made in the loop that uses it; a proxy of the environment is not for this machine
            self._client = httpx2.AsyncClient(timeout=self._timeout, trust_env=not self._is_local)
        return self._client

    def _unreachable(self, error: Exception) -> ApiError:
        reason = str(error) or type(error).__name__
        return ApiError("agent-api-unreachable", url=self.base_url, reason=_shown(reason))

    def _refused(self, status: int, content: bytes) -> ApiError:
        try:
            reason = _said(json.loads(content))
        except ValueError:
            reason = content.decode("utf-8", "replace")
        if status in (401, 403):
            return ApiError("agent-api-key", url=self.base_url, status=status, reason=_shown(reason))
        return ApiError("agent-api-refused", url=self.base_url, status=status, reason=_shown(reason) or "-")


async def _beginning(response: httpx2.Response) -> bytes:
    content = b""
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > MAX_ERROR_BYTES:
            break
    return content[:MAX_ERROR_BYTES]


def _said(body: Any) -> str:
    """Return the message of OpenAI's error body, or the body."""
    error = body.get("error", body) if isinstance(body, dict) else body
    said = error.get("message", error) if isinstance(error, dict) else error
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


def _has_finished(chunk: Mapping[str, Any]) -> bool:
    choices = chunk.get("choices")
    return isinstance(choices, list) and any(isinstance(c, dict) and c.get("finish_reason") for c in choices)


def _shown(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= MAX_SHOWN_ERROR else f"{text[: MAX_SHOWN_ERROR - 1]}…"
