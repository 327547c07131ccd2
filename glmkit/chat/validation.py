"""What may be wrong with a training row: every fault at once, each with its field, in the order of the row.

``Conversation.from_dict`` refuses a row with faults; ``glmkit data check`` lists them with file and line. Rules: the
original's prompt protocol (PROMPT.md of ChatGLM3), stricter than its loader, which let broken rows through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from glmkit.chat.memo import Memo
from glmkit.errors import Problem

ROW_ROLES = ("system", "user", "assistant", "observation", "tool")
SURROGATE = re.compile("[\ud800-\udfff]")  # half a character: JSON can spell it, UTF-8 and the tokenizer cannot

_tools_faults: Memo[list[Problem]] = Memo()
_JSON_TYPES = {type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "list"}


def validate(row: object) -> list[Problem]:
    """Return every fault of a row ``{"tools"?, "conversations": [...]}``; an empty list means it can be encoded.

    Each Problem has a code, an empty ``where`` (the caller knows the file), and ``values`` with at least ``field``,
    such as ``conversations[2].role``. Order: tools, then the messages one by one, then the rules of their order.
    """
    if not isinstance(row, Mapping):
        return [_wrong_type("row", row, "object")]
    problems = []
    if row.get("tools") is not None:
        tools = row["tools"]
        problems += _tools_faults.get(tools, lambda: _json_problems(tools, "tools", (list, dict), "list or object"))
    if "conversations" not in row:
        return [*problems, Problem("chat-missing", values={"field": "conversations"})]
    items = row["conversations"]
    if not isinstance(items, list):
        return [*problems, _wrong_type("conversations", items, "list")]
    if not items:
        return [*problems, Problem("chat-empty-conversation", values={"field": "conversations"})]
    for i, item in enumerate(items):
        problems += message_problems(item, f"conversations[{i}]")
    roles = [_known_role(item) for item in items]
    problems += order_problems([(f"conversations[{i}]", role) for i, role in enumerate(roles)])
    if None not in roles and not any(_is_trained(item) for item in items):
        problems.append(Problem("chat-nothing-trained", values={"field": "conversations"}))
    return problems


def message_problems(item: object, field: str) -> list[Problem]:
    """Return the faults of one message dict, in the forms that ``Conversation.from_dict`` describes."""
    if not isinstance(item, Mapping):
        return [_wrong_type(field, item, "object")]
    if "role" not in item:
        return [Problem("chat-missing", values={"field": f"{field}.role"})]
    if _known_role(item) is None:
        values = {"field": f"{field}.role", "value": _shown(item["role"]), "known": ", ".join(ROW_ROLES)}
        return [Problem("chat-unknown-role", values=values)]
    problems = _tool_problems(item, field) if item["role"] == "tool" else _text_problems(item, field)
    loss = item.get("loss")
    if loss is not None and not isinstance(loss, bool):
        problems.append(_wrong_type(f"{field}.loss", loss, "boolean"))
    return problems


def order_problems(turns: Sequence[tuple[str, str | None]]) -> list[Problem]:
    """Return the faults in the order of roles; ``turns`` holds (field, role), role None where it is unknown.

    System only first and once, no user after user, assistant only after a user, observation only after an assistant,
    an assistant at the end. A ``tool`` turn is an assistant and an observation. Unknown roles excuse their neighbours.
    """
    problems = []
    previous: str | None = "start"
    seen: set[str | None] = set()
    for field, role in turns:
        broken = {
            "chat-second-system": role == "system" and "system" in seen,
            "chat-system-not-first": role == "system" and bool(seen) and "system" not in seen,
            "chat-user-after-user": role == "user" and previous == "user",
            "chat-assistant-before-user": role in ("assistant", "tool") and not seen & {"user", None},
            "chat-observation-without-assistant": role == "observation" and previous not in ("assistant", None),
        }
        values = {"field": field, "role": role}
        problems += [Problem(code, values=values) for code, is_broken in broken.items() if is_broken]
        seen.add(role)
        previous = role
    if turns and previous not in ("assistant", None):
        problems.append(Problem("chat-last-not-assistant", values={"field": turns[-1][0], "role": previous}))
    return problems


def _text_problems(item: Mapping[str, Any], field: str) -> list[Problem]:
    problems = _line_problems(item.get("metadata", ""), f"{field}.metadata", "chat-header-line")
    if "content" not in item:
        problems.append(Problem("chat-missing", values={"field": f"{field}.content"}))
    elif not isinstance(item["content"], str):
        problems.append(_wrong_type(f"{field}.content", item["content"], "string"))
    else:
        problems += surrogate_problems(item["content"], f"{field}.content")
    if item.get("tools") is not None:
        if item["role"] == "system":
            problems += _json_problems(item["tools"], f"{field}.tools", (list, dict), "list or object")
        else:
            problems.append(Problem("chat-tools-role", values={"field": f"{field}.tools", "role": item["role"]}))
    return problems


def _tool_problems(item: Mapping[str, Any], field: str) -> list[Problem]:
    problems = []
    if "name" not in item:
        problems.append(Problem("chat-missing", values={"field": f"{field}.name"}))
    else:
        problems += _line_problems(item["name"], f"{field}.name", "chat-tool-name")
    if "parameters" not in item:
        problems.append(Problem("chat-missing", values={"field": f"{field}.parameters"}))
    else:
        problems += _json_problems(item["parameters"], f"{field}.parameters", (dict,), "object")
    return problems + _json_problems(item.get("observation"), f"{field}.observation", (object,), "")


def _line_problems(value: object, field: str, code: str) -> list[Problem]:
    """A header line: one line of text; a tool's name is also neither empty nor surrounded by blanks."""
    if not isinstance(value, str):
        return [_wrong_type(field, value, "string")]
    if "\n" in value or (code == "chat-tool-name" and (not value or value != value.strip())):
        return [Problem(code, values={"field": field, "value": _shown(value)})]
    return surrogate_problems(value, field)


def _json_problems(value: object, field: str, types: tuple[type, ...], expected: str) -> list[Problem]:
    if not isinstance(value, types):
        return [_wrong_type(field, value, expected)]
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return [Problem("chat-not-json", values={"field": field, "reason": str(error)})]
    return surrogate_problems(text, field)


def surrogate_problems(text: str, field: str) -> list[Problem]:
    """Return the first lone surrogate of ``text`` as a fault."""
    found = SURROGATE.search(text)
    if found is None:
        return []
    values = {"field": field, "character": f"U+{ord(found[0]):04X}", "position": found.start()}
    return [Problem("chat-surrogate", values=values)]


def _known_role(item: object) -> str | None:
    role = item.get("role") if isinstance(item, Mapping) else None
    return role if isinstance(role, str) and role in ROW_ROLES else None


def _is_trained(item: Mapping[str, Any]) -> bool:
    if item["role"] == "observation":
        return item.get("loss") is True
    return item["role"] in ("assistant", "tool") and item.get("loss") is not False


def _wrong_type(field: str, value: object, expected: str) -> Problem:
    found = "object" if isinstance(value, Mapping) else _JSON_TYPES.get(type(value), type(value).__name__)
    return Problem("chat-wrong-type", values={"field": field, "expected": expected, "found": found})


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
