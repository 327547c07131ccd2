"""A corpus of damaged files, grown from a seed: good rows in every source format, and defects planted among them.

``DEFECTS`` lists each defect with the format it is planted in, what it does to a good row, and what the reader must
say about it: a code and the field of the source. ``plant`` builds a file and tells where it put what.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from glmkit.data.remarks import MAX_TURN_CHARACTERS
from glmkit.data.rows import MAX_ROW_BYTES

RowEdit = Callable[[dict[str, Any]], Any]
LineEdit = Callable[[bytes], bytes]

ENDINGS = {"csv": ".csv"}  # the other formats are written as .jsonl
COLUMNS = ("prompt", "response")
PARAMETERS = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer"},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "hour": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "stops": {"type": "array", "items": {"$ref": "#/$defs/Stop"}},
    },
    "required": ["city"],
    "$defs": {"Stop": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
}
STRICT = {"type": "object", "properties": {"to": {"type": "string"}}, "additionalProperties": False}


def good_row(source_format: str, rng: random.Random) -> dict[str, Any]:
    """Return a row nothing can be said against, unlike any other."""
    question, answer = f"第 {rng.getrandbits(60)} 问: weather, sop?", f"Sunny, {rng.randint(-9, 40)} °C."
    arguments = {
        "city": rng.choice(["Rome", "北京"]),
        "days": rng.choice([1, 2.0]),
        "unit": "celsius",
        "hour": rng.choice([None, "12"]),
        "stops": [{"name": "a"}],
    }
    tools: list[dict[str, Any]] = [
        {"name": "weather", "description": "tells it", "parameters": PARAMETERS},
        {"name": "book-seat", "parameters": STRICT},
    ]
    if source_format == "openai":
        call = {"id": "c1", "function": {"name": "weather", "arguments": json.dumps(arguments)}}
        return {
            "tools": [{"type": "function", "function": tool} for tool in tools],
            "messages": [
                {"role": "user", "content": question},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": ""},
                {"role": "assistant", "content": answer},
            ],
        }
    if source_format == "sharegpt":
        return {
            "tools": json.dumps(tools),
            "conversations": [
                {"from": "human", "value": question},
                {"from": "function_call", "value": json.dumps({"name": "weather", "arguments": arguments})},
                {"from": "observation", "value": "{}"},
                {"from": "gpt", "value": answer},
            ],
        }
    if source_format == "alpaca":
        return {"instruction": question, "input": "", "output": answer, "history": [["Hello", "Hi."]]}
    if source_format in ("prompt_response", "csv"):
        return {"prompt": question, "response": answer}
    return {
        "tools": tools,
        "conversations": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": question},
            {"role": "tool", "name": "weather", "parameters": arguments, "observation": {"sky": "clear"}},
            {"role": "tool", "name": "book-seat", "parameters": {"to": "x"}, "observation": ""},
            {"role": "assistant", "content": answer},
        ],
    }


@dataclass(frozen=True, slots=True)
class Defect:
    """One way to damage a row of a format, and what must be said about it."""

    name: str
    format: str
    edit: RowEdit | None  # changes the row; what it returns, unless None, takes the row's place
    code: str
    field: str = ""
    line_edit: LineEdit | None = None  # changes the bytes of the line instead


def _set(*path: Any, to: Any) -> RowEdit:
    def edit(row: dict[str, Any]) -> None:
        inner: Any = row
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = to

    return edit


def _insert(index: int, message: dict[str, Any]) -> RowEdit:
    return lambda row: row["conversations"].insert(index, message)


def _remove(*path: Any) -> RowEdit:
    def edit(row: dict[str, Any]) -> None:
        inner: Any = row
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]

    return edit


def _all(*edits: RowEdit) -> RowEdit:
    def edit(row: dict[str, Any]) -> None:
        for one in edits:
            one(row)

    return edit


def _no_loss(row: dict[str, Any]) -> None:
    for message in row["conversations"]:
        message["loss"] = False


def _replace(old: bytes, new: bytes) -> LineEdit:
    return lambda line: line.replace(old, new, 1)


def _openai_arguments(**arguments: Any) -> RowEdit:
    return _set("messages", 1, "tool_calls", 0, "function", "arguments", to=json.dumps(arguments))


def _bytes(name: str, code: str, line_edit: LineEdit) -> Defect:
    return Defect(name, "conversations", None, code, line_edit=line_edit)


def _row(name: str, code: str, field: str, edit: RowEdit, source_format: str = "conversations") -> Defect:
    return Defect(name, source_format, edit, code, field)


USER, OBSERVATION = {"role": "user", "content": "And?"}, {"role": "observation", "content": "1"}
SYSTEM = {"role": "system", "content": "Be long."}
CALL = ("conversations", 2, "parameters")
SPELLED = {"role": "assistant", "metadata": "weather", "content": "```python\ntool_call(city=Rome)\n```"}

DEFECTS = (
    # The bytes of a line
    _bytes("a byte that is not UTF-8", "data-not-utf8", _replace(b"Be brief", b"Be \xffbrief")),
    _bytes("a key without quotes", "data-broken-json", _replace(b'{"role"', b"{role")),
    _bytes("text behind the row", "data-broken-json", lambda line: line + b" {}"),
    _bytes("half a row", "data-broken-json", lambda line: line[: len(line) // 2]),
    _bytes("a key twice", "data-duplicate-key", _replace(b'{"role": "user"', b'{"role": "user", "role": "user"')),
    _bytes("NaN", "data-not-a-number", _replace(b'"celsius"', b"NaN")),
    _bytes("a number beyond all", "data-not-a-number", _replace(b'"celsius"', b"1e999")),
    _bytes("a number of thousands of digits", "data-number-too-long", _replace(b'"celsius"', b"9" * 5_000)),
    _bytes("half a character", "data-surrogate", _replace(b"Be brief", b"Be \\ud83d brief")),
    _bytes("NUL as an escape", "data-nul", _replace(b"Be brief", b"Be \\u0000brief")),
    _bytes("NUL as a byte", "data-broken-json", _replace(b"Be brief", b"Be \0brief")),
    _bytes("brackets without end", "data-too-deep", _replace(b'"celsius"', b"[" * 200 + b"]" * 200)),
    _bytes("a line of 16 MB", "data-row-too-long", _replace(b"Be brief", b"Be brief" + b"." * MAX_ROW_BYTES)),
    # The order of roles, and fields
    _row("no object", "data-row-not-object", "", lambda row: [row]),
    _row("no conversation", "chat-missing", "conversations", _remove("conversations")),
    _row("an empty conversation", "chat-empty-conversation", "conversations", _set("conversations", to=[])),
    _row(
        "an unknown role", "chat-unknown-role", "conversations[0].role", _set("conversations", 0, "role", to="wizard")
    ),
    _row("a second system", "chat-second-system", "conversations[1]", _insert(1, SYSTEM)),
    _row(
        "a late system",
        "chat-system-not-first",
        "conversations[1]",
        lambda row: row["conversations"].insert(1, row["conversations"].pop(0)),
    ),
    _row("user after user", "chat-user-after-user", "conversations[2]", _insert(1, USER)),
    _row("an answer first", "chat-assistant-before-user", "conversations[1]", _insert(1, {**SPELLED, "metadata": ""})),
    _row(
        "an observation of nothing", "chat-observation-without-assistant", "conversations[2]", _insert(2, OBSERVATION)
    ),
    _row("no answer", "chat-last-not-assistant", "conversations[5]", _insert(5, USER)),
    _row("a null text", "chat-wrong-type", "conversations[4].content", _set("conversations", 4, "content", to=None)),
    _row("no text", "chat-missing", "conversations[1].content", _remove("conversations", 1, "content")),
    _row("tools as text", "chat-wrong-type", "tools", _set("tools", to="weather")),
    _row("a call of nothing", "chat-missing", "conversations[2].name", _remove("conversations", 2, "name")),
    _row(
        "no label",
        "chat-nothing-trained",
        "conversations",
        _no_loss,
    ),
    # Tools and calls
    _row("a tool without a name", "data-tool-unnamed", "tools[1]", _remove("tools", 1, "name")),
    _row("a tool twice", "data-tool-repeated", "tools[1]", _set("tools", 1, "name", to="weather")),
    _row("parameters as a list", "data-tool-schema", "tools[1]", _set("tools", 1, "parameters", to=["to"])),
    _row(
        "required as text",
        "data-tool-schema",
        "tools[1]",
        _set("tools", 1, "parameters", to={**STRICT, "required": "to"}),
    ),
    _row(
        "an unknown tool", "data-call-undeclared", "conversations[2]", _set("conversations", 2, "name", to="sunshine")
    ),
    _row("an argument missing", "data-call-missing", "conversations[2]", _remove(*CALL, "city")),
    _row("an argument missing inside", "data-call-missing", "conversations[2]", _set(*CALL, "stops", to=[{}])),
    _row("text for a number", "data-call-type", "conversations[2]", _set(*CALL, "days", to="3")),
    _row("true for a number", "data-call-type", "conversations[2]", _set(*CALL, "days", to=True)),
    _row("none of the choices", "data-call-enum", "conversations[2]", _set(*CALL, "unit", to="kelvin")),
    _row("neither text nor null", "data-call-form", "conversations[2]", _set(*CALL, "hour", to=12)),
    _row(
        "an argument forbidden",
        "data-call-unknown",
        "conversations[3]",
        _set("conversations", 3, "parameters", "at", to=1),
    ),
    # What is merely remarked on
    _row(
        "a tool name with a dot",
        "data-remark-tool-name",
        "tools[1]",
        _all(_set("tools", 1, "name", to="book.seat"), _set("conversations", 3, "name", to="book.seat")),
    ),
    _row(
        "a keyword as a name",
        "data-remark-argument-name",
        "conversations[2]",
        _all(_remove("tools"), _set(*CALL, "class", to=1)),
    ),
    _row(
        "a dash in a name",
        "data-remark-argument-name",
        "conversations[2]",
        _all(_remove("tools"), _set(*CALL, "start-date", to=1)),
    ),
    _row("an argument nobody knows", "data-remark-extra-argument", "conversations[2]", _set(*CALL, "wind", to=1)),
    _row(
        "a call that is no literal",
        "data-remark-unreadable-call",
        "conversations[4]",
        _set("conversations", 4, to=SPELLED),
    ),
    _row(
        "an empty answer", "data-remark-empty-turn", "conversations[4]", _set("conversations", 4, "content", to=" \n")
    ),
    _row(
        "an endless result",
        "data-remark-long-turn",
        "conversations[3]",
        _set("conversations", 3, "observation", to="." * (MAX_TURN_CHARACTERS + 1)),
    ),
    _row(
        "a role token",
        "data-remark-role-token",
        "conversations[1]",
        _set("conversations", 1, "content", to="<|user|> hi"),
    ),
    _row("a role token in a call", "data-remark-role-token", "conversations[2]", _set(*CALL, "city", to="[gMASK]")),
    # The other formats
    _row(
        "a role OpenAI lacks",
        "data-role-unknown",
        "messages[0].role",
        _set("messages", 0, "role", to="human"),
        "openai",
    ),
    _row(
        "an answer to another call",
        "data-openai-answer",
        "messages[2].tool_call_id",
        lambda row: row["messages"].insert(2, {"role": "tool", "tool_call_id": "c2", "content": "x"}),
        "openai",
    ),
    _row("a call unanswered", "data-openai-unanswered", "messages[1].tool_calls", _remove("messages", 2), "openai"),
    _row(
        "arguments that are no JSON",
        "data-call-arguments",
        "messages[1].tool_calls[0].function.arguments",
        _set("messages", 1, "tool_calls", 0, "function", "arguments", to="{city}"),
        "openai",
    ),
    _row("a half weight", "data-weight", "messages[3].weight", _set("messages", 3, "weight", to=0.5), "openai"),
    _row("an argument of another type", "data-call-type", "messages[1]", _openai_arguments(city=["Rome"]), "openai"),
    _row(
        "a speaker nobody knows",
        "data-role-unknown",
        "conversations[0].from",
        _set("conversations", 0, "from", to="elf"),
        "sharegpt",
    ),
    _row(
        "a call that is no JSON",
        "data-sharegpt-broken-call",
        "conversations[1].value",
        _set("conversations", 1, "value", to="weather()"),
        "sharegpt",
    ),
    _row(
        "a call without its result",
        "data-sharegpt-unanswered",
        "conversations[1]",
        _remove("conversations", 2),
        "sharegpt",
    ),
    _row("tools that are no JSON", "data-sharegpt-tools", "tools", _set("tools", to="weather"), "sharegpt"),
    _row(
        "a tool undeclared",
        "data-call-undeclared",
        "conversations[1]",
        _set("tools", to=json.dumps([{"name": "alarm"}])),
        "sharegpt",
    ),
    _row("no output", "data-field-missing", "output", _remove("output"), "alpaca"),
    _row("a history of one", "data-history-pair", "history[0]", _set("history", 0, to=["Hello"]), "alpaca"),
    _row("an empty turn of history", "data-remark-empty-turn", "history[0][1]", _set("history", 0, 1, to=""), "alpaca"),
    _row("two pairs", "data-one-pair", "", _set("context", to="x"), "prompt_response"),
    _row("a number for a text", "data-not-text", "response", _set("response", to=3), "prompt_response"),
    _row("a cell too many", "data-csv-cells", "", _set("rest", to="x"), "csv"),
    _row("NUL in a cell", "data-nul", "response", _set("response", to="a\0b"), "csv"),
    _row("an empty cell", "data-remark-empty-turn", "response", _set("response", to=""), "csv"),
)
FORMATS = tuple(dict.fromkeys(defect.format for defect in DEFECTS))


def plant(source_format: str, seed: int, num_good: int = 60) -> tuple[bytes, list[tuple[int, Defect | None]]]:
    """Return a file with every defect of a format among good rows, and (line, defect, None for a good row) in order."""
    rng = random.Random(f"{source_format} {seed}")
    content: list[Defect | None] = [defect for defect in DEFECTS if defect.format == source_format]
    content += [None] * num_good
    rng.shuffle(content)
    first = next(index for index, defect in enumerate(content) if defect is None)
    content.insert(0, content.pop(first))  # the format is known by a row that has its keys
    lines = [b",".join(column.encode() for column in COLUMNS)] if source_format == "csv" else []
    places: list[tuple[int, Defect | None]] = []
    for defect in content:
        if rng.random() < 0.1:
            lines.append(b"")
        row: Any = good_row(source_format, rng)
        if defect and defect.edit and (instead := defect.edit(row)) is not None:
            row = instead
        line = _spelled(source_format, row, rng)
        lines.append(defect.line_edit(line) if defect and defect.line_edit else line)
        places.append((len(lines), defect))
    return b"\n".join(lines) + b"\n", places


def plant_doubles(
    content: bytes, places: list[tuple[int, Defect | None]], seed: int, count: int = 5
) -> tuple[bytes, list[tuple[int, int]]]:
    """Return the file with some of its good rows once more at its end, keys in another order, and their (line, line of
    the first)."""
    lines = content.split(b"\n")[:-1]
    good = [line for line, defect in places if defect is None]
    doubles = []
    for first in random.Random(seed).sample(good, count):
        line = lines[first - 1]
        if line.startswith(b"{"):
            line = json.dumps(dict(reversed(json.loads(line).items())), ensure_ascii=False).encode()
        lines.append(line)
        doubles.append((len(lines), first))
    return b"\n".join(lines) + b"\n", doubles


def _spelled(source_format: str, row: Any, rng: random.Random) -> bytes:
    if source_format != "csv":
        return json.dumps(row, ensure_ascii=False).encode()
    text = io.StringIO()
    csv.writer(text, quoting=rng.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), lineterminator="").writerow(row.values())
    return text.getvalue().encode()
