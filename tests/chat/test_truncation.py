"""What a conversation that is too long loses: old turns first, never the last answer while it fits; all is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from hypothesis import assume, given
from hypothesis import strategies as st

from glmkit.chat.chatglm3 import ChatGLM3
from glmkit.chat.conversation import Conversation, Message
from glmkit.chat.protocol import TRUNCATIONS, encode_conversation
from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import Truncation

Turn = list[dict[str, Any]]

TEXTS = st.text(st.sampled_from("ab 你\n"), max_size=12)
LOSS = st.sampled_from([{}, {}, {"loss": True}, {"loss": False}])
USERS = st.builds(lambda text: {"role": "user", "content": text}, TEXTS)
REPLIES = st.builds(lambda text, loss: {"role": "assistant", "content": text, **loss}, TEXTS, LOSS)
CALLS = st.builds(
    lambda text, loss: {"role": "tool", "name": "f", "parameters": {"x": text}, "observation": text, **loss},
    *(TEXTS, LOSS),
)
TURNS = st.builds(lambda user, middle, last: [user, *middle, last], USERS, st.lists(REPLIES | CALLS), REPLIES)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[Message], list[list[Message]]]:
    """The system messages, and the turns, at least one of which is trained on."""
    turns: list[Turn] = draw(st.lists(TURNS, min_size=1, max_size=5))
    row: dict[str, Any] = {"conversations": []}
    if draw(st.booleans()):
        row["tools"] = [{"name": "f"}]
    if draw(st.booleans()):
        row["conversations"].append({"role": "system", "content": draw(TEXTS)})
    row["conversations"] += [item for turn in turns for item in turn]
    assume(any(item["role"] in ("assistant", "tool") and item.get("loss", True) for turn in turns for item in turn))
    messages = list(Conversation.from_dict(row).messages)
    starts = [i for i, message in enumerate(messages) if message.role == "user"]
    split = [messages[start:end] for start, end in zip(starts, [*starts[1:], len(messages)], strict=True)]
    return messages[: starts[0]], split


def joined(head: list[Message], turns: list[list[Message]]) -> Conversation:
    return Conversation(messages=(*head, *[message for turn in turns for message in turn]), source="a.jsonl:7")


@given(parts=conversations(), num_dropped=st.integers(0, 5), spare=st.sampled_from([-40, -10, -2, -1, 0, 0, 1, 9]))
def test_the_oldest_turns_go_first_and_only_as_many_as_needed(
    small_tokenizer: Tokenizer, parts: tuple[list[Message], list[list[Message]]], num_dropped: int, spare: int
) -> None:
    head, turns = parts
    whole = encode_conversation(joined(head, turns), small_tokenizer, max_seq_len=100_000)
    near = encode_conversation(joined(head, turns[num_dropped:]), small_tokenizer, max_seq_len=100_000)
    limit = max(1, len(near.input_ids) + spare)
    sample = encode_conversation(joined(head, turns), small_tokenizer, limit, "history")
    assert len(sample.input_ids) == len(sample.labels) <= limit

    # The slow way: leave out one more turn until the rest fits or its first turn is the last that is trained on.
    last_trained = max(i for i, turn in enumerate(turns) if any(message.is_trained for message in turn))
    for first in range(last_trained + 1):
        rest = encode_conversation(joined(head, turns[first:]), small_tokenizer, max_seq_len=100_000)
        if len(rest.input_ids) <= limit:
            break
    assert (sample.input_ids, sample.labels) == (rest.input_ids[:limit], rest.labels[:limit])
    assert sample.cut_tokens == len(whole.input_ids) - len(sample.input_ids)
    assert sample.cut_labels == whole.num_labels - sample.num_labels
    if len(whole.input_ids) <= limit:
        assert sample == whole


@given(parts=conversations(), spare=st.integers(0, 20))
def test_the_last_answer_keeps_all_its_labels_while_it_fits_with_the_system_prompt(
    small_tokenizer: Tokenizer, parts: tuple[list[Message], list[list[Message]]], spare: int
) -> None:
    head, turns = parts
    assume(any(message.is_trained for message in turns[-1]))
    whole = encode_conversation(joined(head, turns), small_tokenizer, max_seq_len=100_000)
    last = encode_conversation(joined(head, turns[-1:]), small_tokenizer, max_seq_len=100_000)
    sample = encode_conversation(joined(head, turns), small_tokenizer, len(last.input_ids) + spare, "history")
    # All behind the user's role token, which the turn before may have learned, up to eos.
    size = sum(ChatGLM3(small_tokenizer).message_lengths(turns[-1]))
    assert sample.input_ids[-size:] == whole.input_ids[-size:]
    assert sample.labels[-size:] == whole.labels[-size:]
    before = len(last.input_ids) - size - 1
    assert sample.input_ids[:before] == whole.input_ids[:before]


@given(parts=conversations())
def test_a_conversation_is_as_long_as_its_messages_with_a_constant_around_them(
    small_tokenizer: Tokenizer, parts: tuple[list[Message], list[list[Message]]]
) -> None:
    conversation = joined(*parts)
    lengths = ChatGLM3(small_tokenizer).message_lengths(conversation.messages)
    frame = ["[gMASK]", "sop", "</s>"]
    assert len(encode_conversation(conversation, small_tokenizer, 100_000).input_ids) == len(frame) + sum(lengths)


def talk(*texts: str, system: str = "") -> Conversation:
    messages = [Message(role="user" if i % 2 == 0 else "assistant", content=text) for i, text in enumerate(texts)]
    if system:
        messages.insert(0, Message(role="system", content=system))
    return Conversation(messages=tuple(messages))


def test_the_first_turn_goes_with_its_labels_and_is_counted(small_tokenizer: Tokenizer) -> None:
    whole = encode_conversation(talk("1", "2", "3", "4", system="5"), small_tokenizer)
    sample = encode_conversation(
        talk("1", "2", "3", "4", system="5"), small_tokenizer, len(whole.input_ids) - 1, "history"
    )
    rest = encode_conversation(talk("3", "4", system="5"), small_tokenizer)
    assert sample == replace(rest, cut_tokens=10, cut_labels=5)  # the role token behind "2" is no longer predicted


def test_a_turn_goes_only_when_one_token_is_missing(small_tokenizer: Tokenizer) -> None:
    three, two, one = talk("1", "2", "3", "4", "5", "6"), talk("3", "4", "5", "6"), talk("5", "6")
    fits = len(encode_conversation(two, small_tokenizer).input_ids)
    for limit, kept in ((fits + 9, two), (fits, two), (fits - 1, one)):
        sample = encode_conversation(three, small_tokenizer, limit, "history")
        assert sample.input_ids == encode_conversation(kept, small_tokenizer).input_ids


def test_where_the_last_turn_is_too_long_its_end_is_cut(small_tokenizer: Tokenizer) -> None:
    sample = encode_conversation(talk("1", "2", "3", "4 5 6 7", system="8"), small_tokenizer, 20, "history")
    alone = encode_conversation(talk("3", "4 5 6 7", system="8"), small_tokenizer)
    assert 0 < sample.num_labels < alone.num_labels
    assert (sample.input_ids, sample.labels) == (alone.input_ids[:20], alone.labels[:20])
    lost = alone.num_labels - sample.num_labels
    assert (sample.cut_tokens, sample.cut_labels) == (10 + len(alone.input_ids) - 20, 5 + lost)


def test_turns_that_teach_nothing_do_not_push_out_the_labelled_answer(small_tokenizer: Tokenizer) -> None:
    conversation = talk("1", "2", "3", "4")
    untrained = replace(conversation.messages[-1], trained=False)
    conversation = replace(conversation, messages=(*conversation.messages[:-1], untrained))
    whole = encode_conversation(conversation, small_tokenizer)
    sample = encode_conversation(conversation, small_tokenizer, 14, "history")
    assert sample == Sample(whole.input_ids[:14], whole.labels[:14], cut_tokens=len(whole.input_ids) - 14)
    assert sample.num_labels == whole.num_labels == 5


def test_without_a_user_the_end_is_cut(small_tokenizer: Tokenizer) -> None:
    answer = Conversation(messages=(Message(role="assistant", content="1 2 3"),))
    whole = encode_conversation(answer, small_tokenizer)
    for messages in (answer.messages, ()):
        sample = encode_conversation(replace(answer, messages=messages), small_tokenizer, 2, "history")
        assert sample.labels == [IGNORE_INDEX] * 2
        assert sample.input_ids == whole.input_ids[:2]


def test_the_original_rule_cuts_the_end_whatever_comes_before(small_tokenizer: Tokenizer) -> None:
    conversation = talk("1", "2", "3", "4", system="5")
    whole = encode_conversation(conversation, small_tokenizer)
    for limit in range(1, len(whole.input_ids)):
        sample = encode_conversation(conversation, small_tokenizer, limit)
        assert (sample.input_ids, sample.labels) == (whole.input_ids[:limit], whole.labels[:limit])
        assert sample.cut_labels == whole.num_labels - sample.num_labels


def test_the_settings_offer_the_rules_that_there_are() -> None:
    assert set(get_args(Truncation)) == set(TRUNCATIONS)
