"""Conversations -> those to tune on, and two sets of questions: on the same tools, and on tools nobody is tuned on.

In: the conversations of a file. Out: a Division; the same for the same seed. Called by ``command``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from glmkit.chat.conversation import Conversation
from glmkit.data.split import groups_by_tools, tool_descriptions
from glmkit.errors import DataError

MIN_CONVERSATIONS = 8
ABSENT_GROUPS_OF = 6  # one group of tools in so many is kept out of the tuning data altogether
HELD_OUT_OF = 4  # of a group at most one conversation in so many is held out


@dataclass(frozen=True, slots=True)
class Division:
    """What is tuned on and what is asked.

    Attributes:
        tuning: to tune on.
        tuned: questions on tools that ``tuning`` has; of conversations without tools, simply others.
        absent: questions on tools that ``tuning`` does not have; none where there are too few kinds of tools.
        num_groups: sets of tools that are tuned on.
        num_absent_groups: sets of tools kept out.
    """

    tuning: list[Conversation]
    tuned: list[Conversation]
    absent: list[Conversation]
    num_groups: int
    num_absent_groups: int


def divide(conversations: Sequence[Conversation], questions: int, seed: int) -> Division:
    """Hold conversations out.

    Conversations that share a tool are one group. A sixth of the groups is kept out of the tuning data, where
    there are three or more and so long as that is less than a third of all conversations; of each other group up to a
    quarter.

    Args:
        conversations: of one file.
        questions: most conversations in ``tuned``; ``absent`` has at most half as many, both spread over the groups.
        seed: of the draw.

    Raises:
        DataError: too few conversations.
    """
    if len(conversations) < MIN_CONVERSATIONS:
        raise DataError("quickstart-too-few", count=len(conversations), least=MIN_CONVERSATIONS)
    random = Random(seed)
    groups, plain = [], []
    tools = [tool_descriptions(talk) for talk in conversations]
    for group in groups_by_tools(tools):
        if tools[group[0]]:
            groups.append(group)
        else:
            plain += group
    for group in groups:
        random.shuffle(group)
    random.shuffle(groups)
    absent_groups: list[list[int]] = []
    if len(groups) >= 3:
        wanted = max(1, len(groups) // ABSENT_GROUPS_OF)
        for group in groups:
            if len(absent_groups) < wanted and 3 * sum(map(len, [*absent_groups, group])) < len(conversations):
                absent_groups.append(group)
    groups = [group for group in groups if group not in absent_groups]
    random.shuffle(plain)
    sources = [*groups, plain] if plain else groups
    tuned = spread([group[: len(group) // HELD_OUT_OF] for group in sources], questions)
    absent = spread(absent_groups, max(1, questions // 2))
    kept_out = {*tuned, *(index for group in absent_groups for index in group)}
    return Division(
        tuning=[talk for index, talk in enumerate(conversations) if index not in kept_out],
        tuned=[conversations[index] for index in tuned],
        absent=[conversations[index] for index in absent],
        num_groups=len(sources),
        num_absent_groups=len(absent_groups),
    )


def spread(groups: Sequence[Sequence[int]], count: int) -> list[int]:
    """Return up to ``count`` indices, one of each group in turn, in ascending order."""
    longest = max(map(len, groups), default=0)
    in_turn = [group[place] for place in range(longest) for group in groups if place < len(group)]
    return sorted(in_turn[:count])
