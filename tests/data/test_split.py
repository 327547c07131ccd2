"""Held-out conversations: no tool on both sides, the share kept, the same for the same seed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.conversation import Conversation
from glmkit.data.split import split, tool_descriptions
from glmkit.errors import ConfigError


def conversation(tools: Any) -> Conversation:
    talk = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    return Conversation.from_dict({"tools": tools, "conversations": talk})


def tool(number: int) -> dict[str, Any]:
    return {"name": f"tool{number}", "parameters": {"type": "object"}}


TOOL_LISTS = st.none() | st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True)


@given(st.lists(TOOL_LISTS, min_size=2, max_size=30), st.floats(0.01, 0.9), st.integers(0, 99))
def test_no_tool_is_on_both_sides_and_nothing_is_lost(lists: list[Any], share: float, seed: int) -> None:
    conversations = [conversation(numbers and [tool(number) for number in numbers]) for numbers in lists]
    try:
        kept, held_out = split(conversations, share, seed)
    except ConfigError as error:
        assert error.code == "data-split-one-group"
        assert None not in lists
        return
    assert sorted(kept + held_out) == list(range(len(lists)))
    assert kept
    assert held_out
    sides = [set().union(*(tool_descriptions(conversations[i]) for i in side)) for side in (kept, held_out)]
    assert not sides[0] & sides[1]
    assert (kept, held_out) == split(conversations, share, seed)


def test_the_share_is_kept_where_groups_allow() -> None:
    conversations = [conversation([f"API {number // 4}: prose"]) for number in range(400)]
    _, held_out = split(conversations, 0.1, seed=1)
    assert len(held_out) == 40
    assert all(
        group in ([0] * 4, [1] * 4)
        for group in ([int(i in held_out) for i in range(n, n + 4)] for n in range(0, 400, 4))
    )
    assert split(conversations, 0.1, seed=2)[1] != held_out


def test_rows_without_tools_go_one_by_one_and_one_at_least_is_held_out() -> None:
    conversations = [conversation(None) for _ in range(10)]
    assert len(split(conversations, 0.3, seed=1)[1]) == 3
    assert len(split(conversations, 0.01, seed=1)[1]) == 1


def test_the_order_of_keys_and_the_layout_of_the_list_do_not_hide_a_tool() -> None:
    reordered = {"parameters": {"type": "object"}, "name": "tool1"}
    assert tool_descriptions(conversation([tool(1)])) == tool_descriptions(conversation([reordered]))
    assert tool_descriptions(conversation(tool(1))) == tool_descriptions(conversation([tool(1)]))
    table = {"add": {"params": []}, "sub": {"params": []}}
    assert len(tool_descriptions(conversation(table))) == 2


def test_conversations_that_all_share_a_tool_cannot_be_split() -> None:
    conversations = [conversation([tool(0), tool(number)]) for number in range(5)]
    with pytest.raises(ConfigError, match="all 5 conversations hang together by the tools they share") as raised:
        split(conversations, 0.2, seed=1)
    assert raised.value.hints() == ["give a file of its own with --eval-data"]
