"""What all visitors of the page share: the API, the tools and their processes, how code is confined, the sessions."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glmkit.agent.api import Api, ApiError, Sampling
from glmkit.agent.cancellation import Cancellation
from glmkit.agent.loop import Agent
from glmkit.agent.mcp_tools import McpTools
from glmkit.agent.python_tools import SHIPPED, PythonTools
from glmkit.agent.result import ToolResult
from glmkit.agent.sandbox import Interpreter
from glmkit.agent.tool import Tool
from glmkit.agent.toolbox import ManualTools, Toolbox, ToolSource
from glmkit.errors import ConfigError, message
from glmkit.web_config import Sandbox

if TYPE_CHECKING:
    from glmkit.web.reply import Reply
    from glmkit.web.session import Session, Settings

SESSION_PARAMETER = "s"  # of the page's address
BUNDLED = "glmkit-mini"
BUNDLED_MAX_TOOLS = 4  # in the lists that it was trained on
# What is on for it at first, where the user has no tools of their own; of all, the calculator is missed least.
BUNDLED_TOOLS = ("get_current_time", "get_weather", "convert_unit", "random_number_generator")
BUNDLED_MAX_TOKENS = 512  # when it loses itself, it repeats
MODELS_FRESH = 2.0  # seconds for which the list of models is remembered
MAX_SESSIONS = 100
MAX_INTERPRETERS = 8
IDLE_INTERPRETER = 3600.0  # seconds
UNWATCHED_REPLY = 4.0  # seconds that an answer goes on with no page open: a connection may break and come back
SWEEP = 1.0  # seconds between two looks for what nobody uses
MAX_PLAYED_TOOLS = 64


@dataclass(frozen=True, slots=True)
class Chosen:
    """Some tools of a source."""

    source: ToolSource
    tools: Sequence[Tool]

    def call(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> ToolResult:
        """Pass the call on."""
        return self.source.call(name, arguments, cancellation)

    def close(self) -> None:
        """Do nothing: the source lives longer than a reply."""


class Service:
    """Everything behind the page.

    Args:
        api_url: of the OpenAI-compatible server, with the version.
        key: for it, "" for none.
        tools: Python files beside the tools that come with glmkit.
        mcp: file of MCP servers, "" for none.
        sandbox: how code is confined; "off" for no interpreter.
        accept_unsandboxed: run code even where nothing confines it.

    Raises:
        ConfigError: tools or servers that cannot be loaded.
    """

    def __init__(
        self,
        api_url: str,
        key: str = "",
        tools: Sequence[str] = (),
        mcp: str = "",
        sandbox: Sandbox = "auto",
        accept_unsandboxed: bool = False,
    ) -> None:
        self.api_url = api_url
        self.sandbox = sandbox
        self.accept_unsandboxed = accept_unsandboxed
        self._key = key
        self._models: tuple[float, list[str]] = (0.0, [])
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._lister = Api(api_url, key=key)
        self._is_closed = threading.Event()
        self.sources: list[ToolSource] = []
        try:
            self.sources.append(PythonTools(SHIPPED))
            if tools:
                self.sources.append(PythonTools(*tools))
            if mcp:
                self.sources.append(McpTools(mcp))
            Toolbox(self.sources)  # refuses a name that two tools have
        except BaseException:
            self.close()
            raise
        threading.Thread(target=self._sweeping, name="glmkit-sweep", daemon=True).start()

    def models(self) -> list[str]:
        """Return the models of the API. Raises ApiError."""
        when, names = self._models
        if not names or time.monotonic() - when > MODELS_FRESH:
            names = self._lister.models()
            self._models = (time.monotonic(), names)
        return names

    @property
    def tools(self) -> list[Tool]:
        """Every tool there is."""
        return [tool for source in self.sources for tool in source.tools]

    def new_interpreter(self) -> Interpreter:
        """Start an interpreter; the one idle longest makes room. Raises GlmkitError."""
        if self.sandbox == "off":
            raise ConfigError("web-code-off")
        self._free_interpreters(MAX_INTERPRETERS - 1)
        level = None if self.sandbox == "auto" else self.sandbox
        return Interpreter(level=level, accept_unsandboxed=self.accept_unsandboxed)

    def chosen_tools(self, settings: Settings) -> list[Tool]:
        """Return the tools that a visitor has switched on, or plays. Raises ConfigError."""
        if settings.manual:
            return read_tools(settings.manual_tools)
        return [tool for tool in self.tools if tool.name in settings.tools]

    def agent(
        self, settings: Settings, model: str, tools: list[Tool], interpreter: Interpreter | None, reply: Reply
    ) -> Agent:
        """Return the agent for one reply."""
        if settings.manual:
            sources: list[ToolSource] = [ManualTools(tools, reply.play)]
        else:
            names = {tool.name for tool in tools}
            sources = [Chosen(s, [tool for tool in s.tools if tool.name in names]) for s in self.sources]
        sampling = Sampling(
            temperature=settings.temperature,
            top_p=settings.top_p,
            # OpenAI's API does not know it, and some servers refuse what they do not know.
            repetition_penalty=settings.repetition_penalty if settings.repetition_penalty != 1 else None,
            max_tokens=settings.max_tokens,
        )
        return Agent(
            Api(self.api_url, model=model, key=self._key),
            tools=Toolbox(sources),
            interpreter=interpreter,
            approve=reply.approve,
            sampling=sampling,
        )

    def session(self, session_id: str, make: Callable[[], Session]) -> Session:
        """Return the session of that id, or a new one where there is none (any more)."""
        with self._lock:
            session = self._sessions.get(session_id)
        if session is None:
            session = make()
            self._choose_defaults(session.settings)
        session.last_seen = time.monotonic()
        with self._lock:
            self._sessions[session.id] = session
            by_age = sorted(self._sessions.values(), key=lambda each: each.last_seen)
        for oldest in by_age[: max(0, len(by_age) - MAX_SESSIONS)]:
            self.forget(oldest)
        return session

    def expect(self, session_id: str) -> None:
        """A browser loads the page of that session: what is under way there goes on until it is back."""
        with self._lock:
            session = self._sessions.get(session_id)
        if session is not None:
            session.presence.expect()

    def sessions(self) -> list[Session]:
        """Return all sessions."""
        with self._lock:
            return list(self._sessions.values())

    def forget(self, session: Session) -> None:
        """Close a session; its id means nothing any more."""
        with self._lock:
            self._sessions.pop(session.id, None)
        session.close()

    def close(self) -> None:
        """End replies, interpreters, and the processes of tools."""
        self._is_closed.set()
        for session in self.sessions():
            self.forget(session)
        for source in self.sources:
            source.close()
        self._lister.close()

    def _choose_defaults(self, settings: Settings) -> None:
        settings.tools = {tool.name for tool in self.tools}
        settings.manual_tools = example_tools()
        try:
            is_bundled = BUNDLED in self.models()
        except ApiError:
            return
        if is_bundled:
            own = {tool.name for source in self.sources[1:] for tool in source.tools}
            settings.tools &= own or set(BUNDLED_TOOLS)
            settings.temperature = 0.0
            settings.max_tokens = BUNDLED_MAX_TOKENS

    def sweep(self) -> None:
        """Free what nobody uses: the slot of an answer that nobody waits for, the process of an idle interpreter."""
        for session in self.sessions():
            if session.presence.seconds_away() > UNWATCHED_REPLY:
                for dialogue in session.dialogues.values():
                    dialogue.stop()
        self._free_interpreters(MAX_INTERPRETERS)

    def _sweeping(self) -> None:
        while not self._is_closed.wait(SWEEP):
            self.sweep()

    def _free_interpreters(self, limit: int) -> None:
        running = [s for s in self.sessions() if s.has_interpreter and not s.dialogues["code"].is_busy]
        running.sort(key=lambda session: session.last_seen)
        too_many = len(running) - limit
        for index, session in enumerate(running):
            if index < too_many or time.monotonic() - session.last_seen > IDLE_INTERPRETER:
                session.free_interpreter()


def read_tools(text: str) -> list[Tool]:
    """Return the tools that the user plays, from their definitions in JSON: a list, or one of them.

    Raises:
        ConfigError: it is no JSON, or no definitions of tools.
    """
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError) as error:
        raise ConfigError("web-tools-json", reason=error) from error
    found = found if isinstance(found, list) else [found]
    if len(found) > MAX_PLAYED_TOOLS:
        raise ConfigError("web-tools-many", found=len(found), limit=MAX_PLAYED_TOOLS)
    tools = []
    for index, item in enumerate(found):
        item = item.get("function", item) if isinstance(item, dict) else item
        parameters = item.get("parameters", {"type": "object", "properties": {}}) if isinstance(item, dict) else None
        name, description = (item.get("name"), item.get("description", "")) if isinstance(item, dict) else (None, "")
        if not isinstance(name, str) or not isinstance(description, str) or not isinstance(parameters, dict):
            raise ConfigError("web-tools-definition", where=f"[{index}]")
        if not isinstance(parameters.get("properties", {}), dict):
            raise ConfigError("web-tools-definition", where=f"[{index}].parameters")
        tools.append(Tool(name=name, description=description, parameters=parameters))
    if len({tool.name for tool in tools}) < len(tools):
        raise ConfigError("web-tools-repeated")
    return tools


_service: Service | None = None  # of this process; Streamlit runs the page's script without arguments


def set_service(service: Service | None) -> None:
    """Say what ``the_service`` is."""
    global _service
    _service = service


def the_service() -> Service:
    """Return the service of this process."""
    assert _service is not None
    return _service


def example_tools() -> str:
    """Return definitions for the user to begin with, in the current language."""
    parcel_id = {"type": "string", "description": message("web-example-parameter")}
    parameters = {"type": "object", "properties": {"parcel_id": parcel_id}, "required": ["parcel_id"]}
    definition = {"name": "track_parcel", "description": message("web-example-tool"), "parameters": parameters}
    return json.dumps([definition], ensure_ascii=False, indent=2)
