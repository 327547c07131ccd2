"""What happens while a reply comes: the events that loop.py yields and that the terminal and the page show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

# "stop": the model ended its turn; "length": cut by a limit; "cancelled": by the user; "rounds": the answer had to be
# asked for without tools, since the model went on calling.
Reason = Literal["stop", "length", "cancelled", "rounds"]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the model's words."""

    text: str


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The model began a call; for name "interpreter" it writes code."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CallDelta:
    """More of a call: of its code for the interpreter, of its arguments' JSON otherwise."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class CallReady:
    """The call is complete and is now checked and made; ``arguments`` are as the model gave them, {} if unreadable."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CallOutput:
    """Something that running code printed, as it comes; the result holds it again."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class CallImage:
    """A picture that a call gave."""

    id: str
    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class CallResult:
    """What the model reads as the call's result, and how long it took."""

    id: str
    name: str
    text: str
    failed: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Done:
    """The reply has ended and stands in the history."""

    reason: Reason
    usage: dict[str, int] | None = None  # prompt_tokens, completion_tokens of the last request, where the server says


@dataclass(frozen=True, slots=True)
class Failed:
    """The model's server failed, and with it the reply; what had come stands in the history."""

    text: str
    hint: str = ""


Event = TextDelta | CallStarted | CallDelta | CallReady | CallOutput | CallImage | CallResult | Done | Failed
