"""Waiting for answers, as long as a busy machine may need."""

from __future__ import annotations

import time
from collections.abc import Callable

from glmkit.web.reply import Reply
from glmkit.web.session import Session

TIME = 60.0  # seconds an answer may take


def finished(session: Session) -> list[Reply]:
    """Wait until the answers of the conversation shown have come, and return them."""
    replies = [side.reply for side in session.dialogue.sides if side.reply is not None]
    for reply in replies:
        reply.join(TIME)
        assert not reply.is_running
    return replies


def wait_for(condition: Callable[[], object], seconds: float = TIME) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
