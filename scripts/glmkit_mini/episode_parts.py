"""The parts of an episode: tools drawn for it, its messages, the finished row. Read by the makers of episodes."""

from __future__ import annotations

import random
from typing import Any, Literal

from scripts.glmkit_mini.everyday_tools import CLASHES, everyday_tool
from scripts.glmkit_mini.schema_forms import LAYOUT_WEIGHTS, LAYOUTS, Layout, write_tools
from scripts.glmkit_mini.schemas import Tool, fresh_tool, invented_tool, pool
from scripts.glmkit_mini.words import Language, Split

Row = dict[str, Any]
# Where tools come from: the fixed ones of the split, everywhere, descriptions in the other language, everyday tools.
Source = Literal["any", "pool", "crossed", "everyday"]

SOURCE_WEIGHTS = (15, 20, 65)  # tools of the fixed pool, fresh ones of the catalogue, invented ones
CROSSED_WEIGHTS = (0, 55, 45)
NUM_TOOLS_WEIGHTS = (30, 35, 22, 13)  # one to four tools in a list
EVERYDAY_SHARE = 0.06  # of the further tools in a list


def draw_tool(rng: random.Random, language: Language, split: Split, source: Source) -> Tool:
    """Return a tool of the split. Crossed tools that are held out are invented ones: nobody can translate new words."""
    written: Language = language
    which = 0 if source == "pool" else rng.choices(range(3), SOURCE_WEIGHTS)[0]
    if source == "crossed":
        written = "en" if language == "zh" else "zh"
        which = 2 if split == "heldout" else rng.choices(range(3), CROSSED_WEIGHTS)[0]
    if which == 0:
        return rng.choice(pool(language, split))
    return (fresh_tool if which == 1 else invented_tool)(rng, language, split, written)


def tool_list(
    rng: random.Random, wanted: list[Tool], split: Split, source: Source, others: int | None = None
) -> list[Tool]:
    """Return the wanted tools among others that are about something else, or do something else with it."""
    tools = list(wanted)
    target = len(wanted) + (rng.choices(range(4), NUM_TOOLS_WEIGHTS)[0] if others is None else others)
    for _ in range(20):
        if len(tools) >= min(target, 4):
            break
        other = draw_tool(rng, wanted[0].language, split, source)
        if source != "pool" and split == "train" and rng.random() < EVERYDAY_SHARE:
            other = everyday_tool(rng, wanted[0].language, split, wanted[0].written).tool
        given = [tool for tool in (*tools, other) if tool.given is not None]
        if given and any(
            word in tool.name.lower() for tool in (*tools, other) for word in CLASHES if tool not in given
        ):
            continue  # it might be right as well
        if all(other.name != tool.name and (other.noun != tool.noun or other.verb != tool.verb) for tool in tools):
            tools.append(other)
    rng.shuffle(tools)
    return tools


def make_row(
    rng: random.Random,
    kind: str,
    tools: list[Tool],
    items: list[Row],
    key_values: list[str],
    weights: tuple[int, ...] = LAYOUT_WEIGHTS,
) -> Row:
    """Return a finished row."""
    layout: Layout = rng.choices(LAYOUTS, weights)[0]
    about = {"kind": kind, "language": tools[0].language, "layout": layout, "key_values": key_values}
    about["written"] = sorted({tool.written for tool in tools})
    return {"tools": write_tools(tools, layout, rng), "conversations": items, "about": about}


def user(text: str) -> Row:
    """A user message."""
    return {"role": "user", "content": text}


def assistant(text: str) -> Row:
    """An assistant message."""
    return {"role": "assistant", "content": text}


def call(tool: Tool, arguments: dict[str, Any], result: str) -> Row:
    """A call and its result."""
    return {"role": "tool", "name": tool.name, "parameters": arguments, "observation": result}
