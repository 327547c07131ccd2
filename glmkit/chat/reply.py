"""What a model answered: its messages, how it ended, the call or code in it. Protocols make it, front ends show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from glmkit.chat.calls import fenced
from glmkit.chat.conversation import Message, ToolCall
from glmkit.errors import Problem

INTERPRETER = "interpreter"  # the header line of a message whose fenced text is Python code to run

# "stop": the model ended its turn; "tool_call": it waits for an observation; "length": no stop token, it was cut off.
Finish = Literal["stop", "tool_call", "length"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A parsed generation.

    Attributes:
        messages: one or more assistant messages, each with the ids it was made of: put behind the prompt's messages
            they encode to the generated ids again.
        finish: how the generation ended.
        call_error: why something that looked like a call or code could not be read; its text is then in ``text``.
    """

    messages: tuple[Message, ...]
    finish: Finish
    call_error: Problem | None = None

    @property
    def text(self) -> str:
        """What a person should read: every message that is neither call nor code, without blanks at the ends."""
        shown = [message for message in self.messages if message.call is None and _code(message) is None]
        return "\n".join(f"{m.metadata}\n{m.content}" if m.metadata else m.content for m in shown).strip()

    @property
    def call(self) -> ToolCall | None:
        """The last tool call, if there is one."""
        return next((message.call for message in reversed(self.messages) if message.call is not None), None)

    @property
    def code(self) -> str | None:
        """The Python code of the last interpreter message, if there is one."""
        return next((code for message in reversed(self.messages) if (code := _code(message)) is not None), None)


def _code(message: Message) -> str | None:
    return fenced(message.content) if message.metadata == INTERPRETER else None
