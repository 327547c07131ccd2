"""Hold some conversations out for evaluation, so that no tool in them is also trained on.

In: conversations, a share, a seed. Out: those to train on and those held out. Called by training.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from random import Random

from glmkit.chat.conversation import Conversation
from glmkit.chat.sample import Sample
from glmkit.errors import ConfigError


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What a training is evaluated on: encoded samples, and the conversations, where answers are to be generated."""

    conversations: Sequence[Conversation]
    samples: Sequence[Sample]


def split(conversations: Sequence[Conversation], share: float, seed: int) -> tuple[list[int], list[int]]:
    """Return the indices to train on and those held out, both in order; the same for the same seed.

    Conversations that have a tool description in common, directly or through others, go to the same side; one without
    tools goes by itself. Whole groups are drawn at random as long as they fit into the share; at least one is held out.

    Args:
        conversations: at least two groups of them.
        share: of the conversations to hold out, between 0 and 1.
        seed: of the draw.

    Raises:
        ConfigError: all conversations hang together by their tools, so that nothing can be held out.
    """
    return split_by_tools([tool_descriptions(conversation) for conversation in conversations], share, seed)


def split_by_tools(tools: Sequence[Collection[Hashable]], share: float, seed: int) -> tuple[list[int], list[int]]:
    """Do what ``split`` does, given what identifies the tools of each conversation."""
    groups = groups_by_tools(tools)
    if len(groups) < 2:
        raise ConfigError("data-split-one-group", where="validation", count=len(tools))
    Random(seed).shuffle(groups)
    room = share * len(tools)
    held_out: list[int] = []
    for group in groups:
        if len(held_out) + len(group) <= room:
            held_out += group
    if not held_out:
        held_out = min(groups, key=len)
    kept = set(range(len(tools))) - set(held_out)
    return sorted(kept), sorted(held_out)


def groups_by_tools(tools: Sequence[Collection[Hashable]]) -> list[list[int]]:
    """Return the indices of the conversations, those together that share a tool."""
    leader = list(range(len(tools)))  # a union-find forest: follow it up to the group's first member
    first_with: dict[Hashable, int] = {}

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for index, found in enumerate(tools):
        for tool in found:
            left, right = find(index), find(first_with.setdefault(tool, index))
            leader[max(left, right)] = min(left, right)
    groups: dict[int, list[int]] = {}
    for index in range(len(tools)):
        groups.setdefault(find(index), []).append(index)
    return list(groups.values())


def tool_descriptions(conversation: Conversation) -> set[str]:
    """Return each tool of a conversation as a text that is equal for equal descriptions."""
    found = set()
    for message in conversation.messages:
        tools = message.tools
        if isinstance(tools, dict):
            # One schema, or a table by name.
            tools = [tools] if isinstance(tools.get("name"), str) else [[name, tool] for name, tool in tools.items()]
        if tools is not None:
            found |= {json.dumps(tool, sort_keys=True) for tool in (tools if isinstance(tools, list) else [tools])}
    return found
