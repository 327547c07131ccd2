"""Role orders and their examples: counted, shortened, and never more than bounded."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from glmkit.chat.conversation import Conversation, Message
from glmkit.chat.protocol import encode_conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.data.patterns import MAX_EXAMPLES, MAX_PATTERNS, RUN_EDGE, RolePatterns, make_example, pattern_of

ROLE = {"s": "system", "u": "user", "a": "assistant", "o": "observation"}


def conversation(letters: str, text: str = "hello") -> Conversation:
    return Conversation(messages=tuple(Message(role=ROLE[letter], content=text) for letter in letters), source="f:1")


@pytest.mark.parametrize(
    ("letters", "pattern"),
    [
        ("ua", "ua"),
        ("uauaua", "ua"),
        ("suaoaoa", "suaoa"),
        ("suaoaoauaoa", "suaoa"),
        ("uaaaoa", "uaoa"),
        ("uaoaua", "uaoaua"),
        ("uaoauauaoaua", "uaoaua"),
    ],
)
def test_what_is_said_again_at_once_is_taken_out(letters: str, pattern: str) -> None:
    assert pattern_of(conversation(letters)) == tuple(ROLE[letter] for letter in pattern)


def test_a_long_order_ends_in_an_ellipsis() -> None:
    letters = "".join(random.Random(0).choices("uaos", k=400))
    assert pattern_of(conversation(letters))[12:] == ("…",)


def test_patterns_and_examples_of_noise_are_bounded(small_tokenizer: Tokenizer) -> None:
    patterns = RolePatterns()
    draw = random.Random(1)
    samples = []
    for number in range(3000):
        item = conversation("".join(draw.choices("uaos", k=9)), "a")
        patterns.add(item, number)
        samples.append(encode_conversation(item, small_tokenizer))
    patterns.make_examples(samples, small_tokenizer)
    assert len(patterns.counts) == MAX_PATTERNS
    assert len(patterns.examples) == MAX_EXAMPLES
    assert patterns.counts.total() + patterns.num_other == 3000


def test_counting_in_parts_is_counting_in_one(small_tokenizer: Tokenizer) -> None:
    letters = ["ua", "uaoa", "ua", "sua", "uaoa", "suaoa"]
    items = [replace(conversation(order), source=f"f:{i}") for i, order in enumerate(letters)]
    parts = [RolePatterns(), RolePatterns(), RolePatterns()]  # all rows; the first two; the others
    for i, item in enumerate(items):
        parts[0].add(item, i)
        parts[1 if i < 2 else 2].add(item, i if i < 2 else i - 2)
    whole, first, rest = parts
    first.extend(rest, 2)
    samples = [encode_conversation(item, small_tokenizer) for item in items]
    for part in (whole, first):
        part.make_examples(samples, small_tokenizer)
    assert first == whole
    assert [example.source for example in whole.examples.values()] == ["f:0", "f:1", "f:3", "f:5"]


def test_an_example_shows_each_token_once_and_shortens_long_runs(small_tokenizer: Tokenizer) -> None:
    item = Conversation(
        messages=(
            Message(role="user", content="Rome <|user|>\n𠮷 " + "and on " * 60),
            Message(role="assistant", content="yes 你好"),
        ),
        source="f:7",
    )
    sample = encode_conversation(item, small_tokenizer)
    example = make_example(sample, small_tokenizer)
    read, said = example.runs
    assert (example.source, example.num_tokens, example.num_labels) == ("f:7", len(sample.input_ids), sample.num_labels)
    assert (read.is_labelled, said.is_labelled, said.left_out) == (False, True, 0)
    assert read.left_out == len(sample.input_ids) - sample.num_labels - 2 * RUN_EDGE
    text = "".join(token.text for token in read.head)
    assert text.startswith("[gMASK]sop<|user|> \n Rome <|user|>\n𠮷 and")
    assert [token.text for token in read.head if token.is_special] == ["[gMASK]", "sop", "<|user|>"]
    assert "".join(token.text for token in said.head) == " \n yes 你好</s>"
    assert example.left_out == 0


def test_a_conversation_of_many_turns_is_cut_off_and_counted(small_tokenizer: Tokenizer) -> None:
    sample = encode_conversation(conversation("ua" * 50), small_tokenizer, 100_000)
    example = make_example(sample, small_tokenizer)
    shown = sum(len(run.head) + run.left_out + len(run.tail) for run in example.runs)
    assert shown + example.left_out == len(sample.input_ids)
    assert example.left_out > 0
