"""One question and everything that came of it, in the order in which it came: what the page shows of a conversation.

A reply's thread feeds events in; the page reads at any time. An exchange of an imported conversation is made from the
history instead. The history beside it is what the model is sent; nothing here goes to a model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from glmkit.agent.events import (
    CallDelta,
    CallImage,
    CallOutput,
    CallReady,
    CallResult,
    CallStarted,
    Done,
    Event,
    Failed,
    Reason,
    TextDelta,
)
from glmkit.agent.history import History
from glmkit.agent.turn import read_arguments

MAX_OUTPUT = 100_000  # characters of a program's output that the page keeps


@dataclass(slots=True)
class Words:
    """What the model said."""

    text: str = ""

    def state(self) -> tuple[Any, ...]:
        """Something that differs whenever it looks different."""
        return (len(self.text),)


@dataclass(slots=True)
class Call:
    """A call as far as it has come.

    Attributes:
        draft: the code, while it is written.
        arguments: None until the call is complete.
        output: what running code printed.
        result: what the model reads; None while the call runs.
        seconds: None where it is not known (imported).
    """

    id: str
    name: str
    draft: str = ""
    arguments: dict[str, Any] | None = None
    output: str = ""
    pictures: list[bytes] = field(default_factory=list)
    result: str | None = None
    failed: bool = False
    seconds: float | None = None

    def state(self) -> tuple[Any, ...]:
        """Something that differs whenever it looks different."""
        is_ready, is_done = self.arguments is not None, self.result is not None
        return (len(self.draft), is_ready, len(self.output), len(self.pictures), is_done)


Block = Words | Call


@dataclass(slots=True)
class Exchange:
    """A question and its answer; ``ending`` is None while the answer comes.

    Attributes:
        failure: what the model's server said when it failed, with the step that helps.
    """

    question: str
    blocks: list[Block] = field(default_factory=list)
    ending: Reason | None = None
    failure: tuple[str, str] | None = None
    usage: dict[str, int] | None = None

    @property
    def words(self) -> str:
        """Everything the model said in words."""
        return "\n\n".join(block.text for block in self.blocks if isinstance(block, Words))

    @property
    def size(self) -> int:
        """Characters that the page shows of it, or nearly so."""
        num_characters = len(self.question)
        for block in self.blocks:
            if isinstance(block, Words):
                num_characters += len(block.text)
            else:
                num_characters += len(block.draft) + len(block.output or block.result or "")
        return num_characters

    def take(self, event: Event) -> None:
        """Add what has happened."""
        if isinstance(event, TextDelta):
            if not self.blocks or not isinstance(self.blocks[-1], Words):
                self.blocks.append(Words())
            last = self.blocks[-1]
            assert isinstance(last, Words)
            last.text += event.text
        elif isinstance(event, CallStarted):
            self.blocks.append(Call(event.id, event.name))
        elif isinstance(event, Done):
            self.ending, self.usage = event.reason, event.usage
        elif isinstance(event, Failed):
            self.failure = (event.text, event.hint)
        else:
            self._take_call(event)

    def _take_call(self, event: CallDelta | CallReady | CallOutput | CallImage | CallResult) -> None:
        # Some servers repeat ids: the newest call of that id is meant.
        call = next((b for b in reversed(self.blocks) if isinstance(b, Call) and b.id == event.id), None)
        if call is None:
            call = Call(event.id, getattr(event, "name", ""))
            self.blocks.append(call)
        if isinstance(event, CallDelta):
            call.draft += event.text
        elif isinstance(event, CallReady):
            call.name, call.arguments = event.name, event.arguments
        elif isinstance(event, CallOutput):
            call.output = (call.output + event.text)[:MAX_OUTPUT]
        elif isinstance(event, CallImage):
            call.pictures.append(event.data)
        else:
            call.result, call.failed, call.seconds = event.text, event.failed, event.seconds


def exchanges_of(history: History) -> list[Exchange]:
    """Return what the page shows of an imported conversation: one exchange a question."""
    found: list[Exchange] = []
    for item in history.messages:
        if item["role"] == "user" or not found:
            found.append(Exchange(item["content"] if item["role"] == "user" else "", ending="stop"))
        blocks = found[-1].blocks
        if item["role"] == "assistant":
            if item["content"]:
                blocks.append(Words(item["content"]))
            for call in item.get("tool_calls", []):
                function = call["function"]
                blocks.append(Call(call["id"], function["name"], arguments=read_arguments(function["arguments"]) or {}))
        elif item["role"] == "tool":
            waiting = next((b for b in blocks if isinstance(b, Call) and b.result is None), None)
            if waiting is not None:
                waiting.result = item["content"]
    return found
