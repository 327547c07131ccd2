"""A reply that comes in a thread of its own, so that neither a reload nor a closed window loses it.

The page waits for ``version`` to grow and draws the exchange again. Where a tool needs the user (a dangerous call, a
tool that the user plays), the thread stands at a ``Question`` until the page has an answer.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Literal

from glmkit.agent.cancellation import Cancellation
from glmkit.agent.history import History
from glmkit.agent.loop import Agent
from glmkit.errors import GlmkitError, message
from glmkit.web.exchange import Exchange

MAX_WAIT = 3600.0  # seconds a question stays open; then the call counts as refused


@dataclass(frozen=True, slots=True)
class Question:
    """What the user is asked: whether a call may be made, or what a tool answers."""

    kind: Literal["approve", "play"]
    name: str
    arguments: Mapping[str, Any]


class Reply:
    """The answer to one question, while it comes.

    Args:
        agent: made from the reply itself, whose ``approve`` and ``play`` ask the user.
        history: of the conversation; grows.
        exchange: what the page shows, the question in it; grows.
    """

    def __init__(
        self,
        agent: Callable[[Reply], Agent],
        history: History,
        exchange: Exchange,
    ) -> None:
        self.exchange = exchange
        self.version = 0
        self.question: Question | None = None
        self._answer: str | None = None
        self._changed = threading.Condition()
        self._cancellation = Cancellation()
        self._history = history
        self._agent = agent
        context = copy_context()  # the language of the user's page
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="glmkit-reply", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether more may come."""
        return self.exchange.ending is None and self.exchange.failure is None

    def stop(self) -> None:
        """End it; what has come stays."""
        self._cancellation.cancel()

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended."""
        self._thread.join(seconds)

    def wait(self, seen: int, seconds: float) -> int:
        """Wait until there is more than version ``seen``, at most ``seconds``; return the version."""
        with self._changed:
            self._changed.wait_for(lambda: self.version > seen or not self.is_running, seconds)
            return self.version

    def answer(self, text: str | None) -> None:
        """Answer the open question: a tool's result; for an approval any text is a yes and None a no."""
        with self._changed:
            self._answer, self.question = text, None
            self._grow()

    def approve(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> bool:
        """Ask whether a dangerous call may be made (``Agent``'s ``approve``)."""
        return self._ask(Question("approve", name, arguments), cancellation) is not None

    def play(self, name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> str:
        """Ask the user for a tool's answer (``ManualTools``' ``answer``)."""
        return self._ask(Question("play", name, arguments), cancellation) or ""

    def _ask(self, question: Question, cancellation: Cancellation) -> str | None:
        with self._changed:
            self._answer, self.question = None, question
            self._grow()
        with cancellation.calling(self._wake), self._changed:
            self._changed.wait_for(lambda: self.question is not question or cancellation.is_cancelled, MAX_WAIT)
            self.question = None
            self._grow()
        cancellation.check()
        return self._answer

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _grow(self) -> None:
        self.version += 1
        self._changed.notify_all()

    def _run(self) -> None:
        try:
            self._history.add_user(self.exchange.question)
            agent = self._agent(self)
            try:
                for event in agent.reply(self._history, None, self._cancellation):
                    with self._changed:
                        self.exchange.take(event)
                        self._grow()
            finally:
                agent.api.close()
        except GlmkitError as error:
            self.exchange.failure = (str(error), "\n".join(error.hints()))
        except Exception as error:  # a fault of ours must not leave the page waiting
            traceback.print_exc()
            self.exchange.failure = (message("cli-unexpected", kind=type(error).__name__, reason=error), "")
        finally:
            with self._changed:
                if self.is_running:
                    self.exchange.ending = "cancelled"
                self._grow()
