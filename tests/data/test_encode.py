"""Samples: what the original would train on, and nothing that teaches nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.chat.conversation import Conversation, Message
from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.data.encode import count_targets, encode_samples
from glmkit.data.read import read
from glmkit.errors import DataError


def chat(question: str, reply: str, source: str, trained: bool | None = None) -> Conversation:
    messages = (Message(role="user", content=question), Message(role="assistant", content=reply, trained=trained))
    return Conversation(messages=messages, source=source)


def test_a_file_gives_the_ids_and_labels_of_the_original(shared: Path, tmp_path: Path) -> None:
    golden = (shared / "golden" / "data" / "tokens_and_labels.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in golden]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row["conversation"]) + "\n" for row in rows))
    tokenizer = Tokenizer.from_file(shared / "chatglm3-tokenizer")
    samples = encode_samples(read(path), tokenizer, 2048)
    assert [(s.input_ids, s.labels) for s in samples] == [(row["input_ids"], row["labels"]) for row in rows]
    assert [s.source for s in samples] == [f"{path}:{i + 1}" for i in range(len(rows))]


def test_samples_without_a_label_are_left_out_and_named(
    small_tokenizer: Tokenizer, capsys: pytest.CaptureFixture[str]
) -> None:
    conversations = [
        chat("Hi", "Hello", "a.jsonl:1"),
        chat("Hi", "Hello", "a.jsonl:2", trained=False),
        chat("Hi " * 40, "Hello", "a.jsonl:3"),
        chat("Hi", "Hello " * 40, "a.jsonl:4"),
    ]
    samples = encode_samples(conversations, small_tokenizer, max_seq_len=20)
    assert [sample.source for sample in samples] == ["a.jsonl:1", "a.jsonl:4"]
    total = len(encode_samples(conversations[2:3], small_tokenizer)[0].input_ids)
    lost = len(encode_samples(conversations[3:], small_tokenizer)[0].input_ids) - 20
    assert capsys.readouterr().err.splitlines() == [
        "a.jsonl:2: left out: nothing in it is trained on",
        f"a.jsonl:3: left out: cut to max_seq_len 20, its {total} tokens keep nothing that is trained on",
        f"1 of 2 samples are longer than max_seq_len 20 and were cut; {lost} tokens are lost, "
        f"{lost} of them trained on",
    ]


def test_old_turns_that_were_left_out_are_counted(
    small_tokenizer: Tokenizer, capsys: pytest.CaptureFixture[str]
) -> None:
    first, last = chat("Hi", "Hello", "a.jsonl:1"), chat("And", "Bye", "a.jsonl:1")
    both = Conversation(messages=first.messages + last.messages, source="a.jsonl:1")
    (whole,) = encode_samples([both], small_tokenizer)
    (alone,) = encode_samples([last], small_tokenizer)
    limit = len(whole.input_ids) - 1
    (sample,) = encode_samples([both], small_tokenizer, limit, "history")
    assert (sample.input_ids, sample.labels) == (alone.input_ids, alone.labels)
    tokens, labels = len(whole.input_ids) - len(alone.input_ids), whole.num_labels - alone.num_labels
    assert capsys.readouterr().err == (
        f"1 of 1 samples are longer than max_seq_len {limit} and were cut; {tokens} tokens are lost, "
        f"{labels} of them trained on\n"
    )


def test_many_left_out_are_counted_and_none_left_is_an_error(
    small_tokenizer: Tokenizer, capsys: pytest.CaptureFixture[str]
) -> None:
    conversations = [chat("Hi", "Hello", f"a.jsonl:{i}", trained=False) for i in range(25)]
    with pytest.raises(DataError) as caught:
        encode_samples(conversations, small_tokenizer, max_seq_len=64)
    assert str(caught.value) == "none of the 25 conversations has anything to train on within 64 tokens"
    assert caught.value.hints() == [
        "a larger max_seq_len helps when answers are cut off; `glmkit data check` tells how long the samples are"
    ]
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[20]) == (21, "and 5 more")


def test_a_label_on_the_first_token_is_no_target() -> None:
    assert count_targets(Sample([1, 2, 3], [1, IGNORE_INDEX, 3])) == 1


SPECIAL_TEXTS = [
    "[MASK]",
    "[gMASK]",
    "[sMASK]",
    "sop",
    "eop",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
]
texts = st.lists(st.sampled_from([*SPECIAL_TEXTS, "</s>", "\n", " ", "a", "你"]), max_size=6).map("".join)


@settings(deadline=None, max_examples=60)
@given(question=texts, reply=texts)
def test_special_tokens_in_a_row_stay_text(small_tokenizer: Tokenizer, question: str, reply: str) -> None:
    row = {"conversations": [{"role": "user", "content": question}, {"role": "assistant", "content": reply}]}
    (sample,) = encode_samples([Conversation.from_dict(row)], small_tokenizer)
    names = {token: name for name, token in small_tokenizer.special_ids.items()}
    found = [names[token] for token in sample.input_ids if token in names]
    assert found == ["[gMASK]", "sop", "<|user|>", "<|assistant|>"]
    assert sample.input_ids.count(small_tokenizer.eos_id) == 1
