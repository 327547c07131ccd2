"""A conversation of the page: one history for each model that answers it, what is shown of them, and the replies.

With a second model every question goes to both, side by side; each goes on from its own answers.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from glmkit.agent.history import History
from glmkit.agent.loop import Agent
from glmkit.errors import RequestError
from glmkit.web.exchange import Exchange, exchanges_of
from glmkit.web.reply import Reply

MAX_QUESTION = 200_000  # characters

# Makes the agent for a model's reply: (name of the model, the reply, which answers its questions).
MakeAgent = Callable[[str, Reply], Agent]


@dataclass(slots=True)
class Side:
    """One model's half of a conversation; ``offered`` are all tools it has been told of, by name."""

    model: str
    history: History = field(default_factory=History)
    exchanges: list[Exchange] = field(default_factory=list)
    offered: dict[str, dict[str, Any]] = field(default_factory=dict)
    reply: Reply | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an answer is coming."""
        return self.reply is not None and self.reply.is_running


class Dialogue:
    """A conversation; ``system`` is the prompt that stands first where the history has none of its own."""

    def __init__(self, system: str = "") -> None:
        self.system = system
        self.sides = [Side("")]

    @property
    def is_busy(self) -> bool:
        """Whether an answer is coming."""
        return any(side.is_busy for side in self.sides)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been said."""
        return not any(side.exchanges for side in self.sides)

    def set_models(self, names: list[str]) -> None:
        """Name the models that answer, one or two; the second begins with what the first has said so far."""
        if self.is_busy:
            return
        for index, name in enumerate(names):
            if index == len(self.sides):
                first = self.sides[0]
                copied = deepcopy((first.history, first.exchanges, first.offered))
                self.sides.append(Side(name, *copied))
            self.sides[index].model = name
        del self.sides[len(names) :]

    def ask(self, text: str, tools: list[dict[str, Any]], make_agent: MakeAgent) -> None:
        """Put a question to every side.

        Args:
            text: the question.
            tools: definitions of the tools that are switched on now.
            make_agent: for each side's reply.

        Raises:
            RequestError: it is empty or too long.
        """
        if not text.strip():
            raise RequestError("web-question-empty")
        if len(text) > MAX_QUESTION:
            raise RequestError("web-question-long", found=len(text), limit=MAX_QUESTION)
        if self.is_busy:
            return
        for side in self.sides:
            side.exchanges.append(Exchange(text))
            self._start(side, tools, make_agent)

    def ask_again(self, index: int, text: str | None, tools: list[dict[str, Any]], make_agent: MakeAgent) -> None:
        """Take back question ``index`` and all behind it, and put it again, as ``text`` where it was edited."""
        if self.is_busy or not 0 <= index < len(self.sides[0].exchanges):
            return
        question = self.sides[0].exchanges[index].question if text is None else text
        if not question.strip():
            raise RequestError("web-question-empty")
        for side in self.sides:
            for _ in side.exchanges[index:]:
                side.history.take_back()
            del side.exchanges[index:]
        self.ask(question, tools, make_agent)

    def stop(self) -> None:
        """End the answers that are coming."""
        for side in self.sides:
            if side.reply is not None:
                side.reply.stop()

    def clear(self) -> None:
        """Forget everything but the system prompt."""
        self.stop()
        for side in self.sides:
            if side.reply is not None:
                side.reply.join(10)
        self.sides = [Side(side.model) for side in self.sides]

    def to_json(self, default_system: str = "") -> str | None:
        """Return the conversation (of the first model) as training data; None while there is nothing to learn from."""
        side = self.sides[0]
        history = replace(side.history, system=self.system, tools=[*side.offered.values()] or None)
        return history.to_json(default_system)

    def load(self, text: str) -> None:
        """Replace the conversation by an exported one.

        Raises:
            DataError: it is no conversation.
        """
        history = History.from_json(text)
        self.stop()
        self.system = history.system
        offered = {tool["name"]: tool for tool in history.tools or []}
        self.sides = [Side(side.model, deepcopy(history), exchanges_of(history), dict(offered)) for side in self.sides]

    def _start(self, side: Side, tools: list[dict[str, Any]], make_agent: MakeAgent) -> None:
        side.history.system = self.system
        side.history.tools = tools
        side.offered.update({tool["name"]: tool for tool in tools})
        model = side.model
        side.reply = Reply(lambda reply: make_agent(model, reply), side.history, side.exchanges[-1])
