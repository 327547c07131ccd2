"""One visitor of the page: settings, a conversation for each mode, and the interpreter of the code mode.

It lives in the server, under an id that stands in the page's address: a reload finds it again, and nobody can guess
another one's. Only ``page`` and its parts use it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from glmkit.agent.code_runner import CODE_SYSTEM_PROMPT
from glmkit.agent.loop import Agent
from glmkit.agent.sandbox import Interpreter
from glmkit.errors import GlmkitError, RequestError
from glmkit.web.dialogue import Dialogue, MakeAgent
from glmkit.web.presence import Presence
from glmkit.web.reply import Reply
from glmkit.web.service import Service

Mode = Literal["chat", "tool", "code"]
MODES: tuple[Mode, ...] = ("chat", "tool", "code")
MAX_IMPORT_MB = 16


@dataclass(slots=True)
class Settings:
    """What a visitor has chosen. ``manual_tools`` is the JSON of the tools that the user plays."""

    language: str
    mode: Mode = "chat"
    model: str = ""
    second: str = ""
    temperature: float = 0.8
    top_p: float = 0.8
    repetition_penalty: float = 1.0
    max_tokens: int | None = None
    tools: set[str] = field(default_factory=set)
    manual: bool = False
    manual_tools: str = ""


class Session:
    """Everything of one visitor. Closing it ends its replies and its interpreter.

    Args:
        service: what all visitors share.
        language: "en" or "zh".
    """

    def __init__(self, service: Service, language: str) -> None:
        self.id = secrets.token_urlsafe(16)
        self.service = service
        self.settings = Settings(language=language)
        self.dialogues: dict[Mode, Dialogue] = {mode: Dialogue() for mode in MODES}
        self.presence = Presence()
        self.last_seen = time.monotonic()  # by a page that was drawn, or that follows an answer
        self.trouble: GlmkitError | None = None  # what the page says once
        self.num_uploads = 0  # each has a widget of its own
        self.has_lost_python = False  # variables and files went while the user was away; said once
        self._interpreter: Interpreter | None = None
        self._lock = threading.Lock()

    @property
    def dialogue(self) -> Dialogue:
        """The conversation of the mode that is shown."""
        return self.dialogues[self.settings.mode]

    @property
    def default_system(self) -> str:
        """The system prompt that stands in where the user gave none."""
        return CODE_SYSTEM_PROMPT if self.settings.mode == "code" else ""

    def interpreter(self) -> Interpreter:
        """Return the interpreter, started on first use.

        Raises:
            GlmkitError: it cannot be had here, with the reason.
        """
        with self._lock:
            if self._interpreter is None:
                self._interpreter = self.service.new_interpreter()
            return self._interpreter

    @property
    def has_interpreter(self) -> bool:
        """Whether the interpreter has been started."""
        return self._interpreter is not None

    def free_interpreter(self) -> None:
        """End the interpreter; variables and files are gone."""
        with self._lock:
            interpreter, self._interpreter = self._interpreter, None
        if interpreter is not None:
            self.has_lost_python = True
            interpreter.close()

    def ask(self, text: str) -> None:
        """Put a question in the mode that is shown."""
        self._attempt(lambda: self.dialogue.ask(text, *self._means()))

    def ask_again(self, index: int, text: str | None = None) -> None:
        """Put question ``index`` again, edited where ``text`` is given; what came behind it goes."""
        self._attempt(lambda: self.dialogue.ask_again(index, text, *self._means()))

    def clear(self) -> None:
        """Begin the conversation that is shown anew; the interpreter forgets its variables with it."""
        self.dialogue.clear()
        if self.settings.mode == "code" and self.has_interpreter:
            self._attempt(self.interpreter().restart)

    def load(self, content: bytes) -> None:
        """Replace the conversation that is shown by an exported one."""
        if len(content) > MAX_IMPORT_MB << 20:  # the browser has been told, but it is the server that holds it
            self.trouble = RequestError("web-import-large", found=len(content), megabytes=MAX_IMPORT_MB)
            return
        self._attempt(lambda: self.dialogue.load(content.decode("utf-8", "replace")))

    def upload(self, name: str, content: bytes) -> None:
        """Put a file where the model's code finds it."""
        self._attempt(lambda: self.interpreter().add_file(name, content))

    def restart(self) -> None:
        """Start the interpreter anew; files stay."""
        self._attempt(lambda: self.interpreter().restart())

    def close(self) -> None:
        """End what belongs to it."""
        for dialogue in self.dialogues.values():
            dialogue.stop()
        self.free_interpreter()

    def _attempt(self, action: Callable[[], Any]) -> None:
        """Do something for the page; what goes wrong is shown there."""
        try:
            action()
        except GlmkitError as error:
            self.trouble = error

    def _means(self) -> tuple[list[dict[str, Any]], MakeAgent]:
        """Return what a reply needs: the tools that are on, and what makes the agent."""
        mode = self.settings.mode
        tools = self.service.chosen_tools(self.settings) if mode == "tool" else []

        def make_agent(model: str, reply: Reply) -> Agent:
            interpreter = self.interpreter() if mode == "code" else None
            return self.service.agent(self.settings, model, tools, interpreter, reply)

        return [tool.definition() for tool in tools], make_agent
