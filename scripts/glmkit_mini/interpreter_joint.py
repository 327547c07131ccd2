"""Training rows where tools and the interpreter are both there: the tools' list, then the interpreter's system prompt.

That is what the serving API writes when an agent has both. A request for a tool is answered by a call of it, one for a
computation or a plot by the interpreter; some rows ask for one after the other. Read by ``interpreter_episodes``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from scripts.glmkit_mini import tool_episodes
from scripts.glmkit_mini.interpreter_cells import Message
from scripts.glmkit_mini.interpreter_values import Language, Split

# A tool of such a name may do what the interpreter would: which of them is right nobody can say.
RIVALS = re.compile(r"calc|convert|unit|math|random|number|date|time|count|sum|plot|chart|average", re.IGNORECASE)
ORDERS = ("code", "tool", "tool code", "code tool")
ORDER_WEIGHTS = (40, 30, 15, 15)


def names_of(tools: Any) -> list[str]:
    """Return the names in a tool list of any layout."""
    if isinstance(tools, dict):
        return [str(name) for name in tools]
    return [str(tool.get("function", tool)["name"]) for tool in tools]


def tool_rows(rng: random.Random, language: Language, split: Split) -> Iterator[dict[str, Any]]:
    """Yield tool episodes that call a tool and whose tools leave computing to the interpreter."""
    for row in tool_episodes.episodes(rng, language, split):
        calls = [item["name"] for item in row["conversations"] if item["role"] == "tool"]
        if calls and not any(RIVALS.search(name) for name in names_of(row["tools"])):
            yield row


def joint_row(
    rng: random.Random, language: Language, split: Split, system: Message, coded: Callable[[], list[Message]]
) -> dict[str, Any]:
    """Return one row; ``coded`` draws the messages of a request that the interpreter answers."""
    row = next(tool_rows(rng, language, split))
    (order,) = rng.choices(ORDERS, ORDER_WEIGHTS)
    messages = [system]
    for part in order.split():
        messages += coded() if part == "code" else row["conversations"]
    return {"tools": row["tools"], "conversations": messages}
