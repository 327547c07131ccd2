"""ChatGLM3's protocol: labels, prompts, replies, and that what was generated is encoded again as it was."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glmkit.chat.chatglm3 import DEFAULT_SYSTEM_PROMPT, ChatGLM3
from glmkit.chat.conversation import TOOL_SENTENCE, Conversation, Message, ToolCall
from glmkit.chat.protocol import PROTOCOLS, encode_chat, encode_conversation, make_protocol
from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import ConfigError, DataError, Problem

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(TEXT, SCALARS | st.lists(SCALARS), max_size=3)
TOOL_NAMES = TEXT.map(lambda text: text.replace("\n", "").strip()).filter(lambda name: name and name != "interpreter")
CALLS = st.builds(
    ToolCall, name=TOOL_NAMES, arguments=st.dictionaries(TEXT | st.just("start-date"), VALUES, max_size=3)
)


@pytest.fixture(scope="session")
def original(shared: Path) -> Tokenizer:
    return Tokenizer.from_file(shared / "chatglm3-tokenizer")


@pytest.fixture(scope="session")
def protocol(small_tokenizer: Tokenizer) -> ChatGLM3:
    return ChatGLM3(small_tokenizer)


def test_labels_are_those_drawn_in_the_docstring(small_tokenizer: Tokenizer) -> None:
    rows = {
        words[0]: words[1:]
        for line in inspect.getdoc(ChatGLM3.encode_conversation).splitlines()  # type: ignore[union-attr]
        if (words := line.split()) and words[0] in ("token", "trained", "label") and len(words) == 14
    }
    sample = encode_conversation(conversation("1", "2"), small_tokenizer)
    shown = [small_tokenizer.piece(id).replace("\n", "\\n") for id in sample.input_ids]
    assert shown == rows["token"]
    learned = [label == id for id, label in zip(sample.input_ids, sample.labels, strict=True)]
    assert [token if learns else "." for token, learns in zip(shown, learned, strict=True)] == rows["label"]
    assert [mark == "x" for mark in rows["trained"][:-1]] == [label != IGNORE_INDEX for label in sample.labels[1:]]


def conversation(*texts: str, **last: Any) -> dict[str, Any]:
    """User and assistant in turn."""
    items: list[dict[str, Any]] = [
        {"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)
    ]
    items[-1] |= last
    return {"conversations": items}


@pytest.mark.parametrize(
    ("name", "max_seq_len"), [("tokens_and_labels.jsonl", 2048), ("tokens_and_labels_truncated_256.jsonl", 256)]
)
def test_every_golden_conversation_has_the_ids_and_labels_of_the_original(
    shared: Path, original: Tokenizer, name: str, max_seq_len: int
) -> None:
    for line in (shared / "golden/data" / name).read_text("utf-8").splitlines():
        case = json.loads(line)
        sample = encode_conversation(case["conversation"], original, max_seq_len)
        assert sample.input_ids == case["input_ids"]
        assert sample.labels == case["labels"]


def test_every_golden_prompt_has_the_ids_of_the_original(shared: Path, original: Tokenizer) -> None:
    for case in json.loads((shared / "golden/data/chat_inputs.json").read_text("utf-8")):
        messages = [*case["history"], {"role": case["role"], "content": case["query"]}]
        assert encode_chat(messages, original) == case["input_ids"]


def labelled(sample: Sample, tokenizer: Tokenizer) -> list[str]:
    return [tokenizer.piece(label) for label in sample.labels if label != IGNORE_INDEX]


def test_the_token_behind_a_trained_message_is_learned_and_its_role_token_is_not(small_tokenizer: Tokenizer) -> None:
    sample = encode_conversation(conversation("1", "2", "3", "4", loss=False), small_tokenizer)
    assert labelled(sample, small_tokenizer) == ["▁", "\n", "▁", "2", "<|user|>"]


def test_a_call_learns_to_stop_at_the_observation_and_a_thought_to_go_on(small_tokenizer: Tokenizer) -> None:
    row = conversation("1", "2")
    row["conversations"] += [
        {"role": "tool", "name": "3", "parameters": {}, "observation": "4"},
        {"role": "assistant", "content": "5", "loss": False},
    ]
    pieces = labelled(encode_conversation(row, small_tokenizer), small_tokenizer)
    assert pieces[:5] == ["▁", "\n", "▁", "2", "<|assistant|>"]
    assert pieces[-1] == "<|observation|>" and "4" not in pieces


def test_an_observation_is_learned_only_when_the_row_says_so(small_tokenizer: Tokenizer) -> None:
    row = conversation("1", "2")
    row["conversations"] += [{"role": "observation", "content": "4"}, {"role": "assistant", "content": "5"}]
    assert "4" not in labelled(encode_conversation(row, small_tokenizer), small_tokenizer)
    row["conversations"][2]["loss"] = True
    assert "4" in labelled(encode_conversation(row, small_tokenizer), small_tokenizer)


def test_user_and_system_tokens_are_never_trained(small_tokenizer: Tokenizer) -> None:
    row = conversation("1", "2")
    plain = encode_conversation(row, small_tokenizer)
    row["conversations"][0]["loss"] = True
    assert encode_conversation(row, small_tokenizer) == plain


@given(texts=st.lists(TEXT, min_size=2, max_size=6).filter(lambda texts: len(texts) % 2 == 0))
def test_special_ids_stand_only_where_the_protocol_puts_them(small_tokenizer: Tokenizer, texts: list[str]) -> None:
    texts = [f"{text}<|user|>[gMASK]sop" for text in texts]
    sample = encode_conversation(conversation(*texts), small_tokenizer, max_seq_len=10_000)
    special = [small_tokenizer.piece(id) for id in sample.input_ids if id >= small_tokenizer.special_ids["[MASK]"]]
    assert special == ["[gMASK]", "sop", *["<|user|>", "<|assistant|>"] * (len(texts) // 2)]


def test_right_truncation_counts_what_it_cut_and_may_cut_every_label(small_tokenizer: Tokenizer) -> None:
    whole = encode_conversation(conversation("1", "2"), small_tokenizer)
    assert (len(whole.input_ids), whole.num_labels, whole.cut_tokens) == (13, 5, 0)
    cut = encode_conversation(conversation("1", "2"), small_tokenizer, max_seq_len=8)
    assert cut == Sample(input_ids=whole.input_ids[:8], labels=[IGNORE_INDEX] * 8, cut_tokens=5, cut_labels=5)
    assert cut.num_labels == 0


def test_the_source_of_a_conversation_goes_into_its_sample(small_tokenizer: Tokenizer) -> None:
    row = Conversation.from_dict(conversation("1", "2"), source="a.jsonl:4")
    assert encode_conversation(row, small_tokenizer).source == "a.jsonl:4"


def test_wrong_settings_are_refused_with_the_choices(small_tokenizer: Tokenizer) -> None:
    row = conversation("1", "2")
    for settings, sentence in (
        ({"truncate": "left"}, "truncate is 'left'; it must be one of: history, right"),
        ({"max_seq_len": 0}, "max_seq_len must be at least 1, got 0"),
        ({"protocol": "chatml"}, "protocol is 'chatml'; it must be one of: chatglm3"),
    ):
        with pytest.raises(ConfigError) as caught:
            encode_conversation(row, small_tokenizer, **settings)  # type: ignore[arg-type]
        assert str(caught.value) == sentence


def test_faults_of_rows_and_chats_are_raised(small_tokenizer: Tokenizer) -> None:
    with pytest.raises(DataError, match=r"conversations\[1\]\.content must be string, not null"):
        encode_conversation(conversation("1", "2", content=None), small_tokenizer)
    with pytest.raises(DataError, match=r"messages\[0\]\.role is 'human'"):
        encode_chat([{"role": "human", "content": ""}], small_tokenizer)
    with pytest.raises(DataError, match=r"text holds half a character"):
        encode_chat([Message(role="user", content="\ud800")], small_tokenizer)


def test_a_tool_list_follows_the_system_text_as_indented_json(small_tokenizer: Tokenizer) -> None:
    tools = [{"name": "天气"}]
    plain = Message(role="system", content=TOOL_SENTENCE + '\n[\n    {\n        "name": "天气"\n    }\n]')
    listed = {"role": "system", "content": TOOL_SENTENCE, "tools": tools}
    assert encode_chat([listed], small_tokenizer) == encode_chat([plain], small_tokenizer)


def test_the_default_system_prompt_is_the_one_of_the_demos_and_never_added(small_tokenizer: Tokenizer) -> None:
    assert DEFAULT_SYSTEM_PROMPT.startswith("You are ChatGLM3, a large language model trained by Zhipu.AI. Follow")
    assert small_tokenizer.special_ids["<|system|>"] not in encode_chat([], small_tokenizer)


def test_chatglm3_is_in_the_table_of_protocols(small_tokenizer: Tokenizer) -> None:
    assert list(PROTOCOLS) == ["chatglm3"]
    special = small_tokenizer.special_ids
    assert make_protocol(small_tokenizer).stop_ids == (2, special["<|user|>"], special["<|observation|>"])


# Replies


def generated(tokenizer: Tokenizer, *parts: str) -> list[int]:
    """Ids a model could write: "<|...|>" parts are special tokens, the others text (header and content apart)."""
    special = tokenizer.special_ids | {"</s>": tokenizer.eos_id}
    return [id for part in parts for id in ([special[part]] if part in special else tokenizer.encode(part))]


CALL = "```python\ntool_call(city='Paris')\n```"


def test_an_answer_is_its_text_without_the_dummy_space(small_tokenizer: Tokenizer, protocol: ChatGLM3) -> None:
    ids = generated(small_tokenizer, "\n", "Hello, [[训练时间]]\n  x ", "<|user|>")
    reply = protocol.parse_reply(ids)
    assert reply.messages == (Message(role="assistant", content="Hello, [[训练时间]]\n  x ", ids=tuple(ids[:-1])),)
    assert (reply.text, reply.finish, reply.call, reply.code) == ("Hello, [[训练时间]]\n  x", "stop", None, None)


def test_a_thought_and_a_call(small_tokenizer: Tokenizer, protocol: ChatGLM3) -> None:
    ids = generated(small_tokenizer, "\n", "I look it up.", "<|assistant|>", "get_weather\n", CALL, "<|observation|>")
    reply = protocol.parse_reply(ids)
    assert [message.content for message in reply.messages] == ["I look it up.", ""]
    assert reply.call == ToolCall(name="get_weather", arguments={"city": "Paris"})
    assert (reply.text, reply.finish, reply.call_error) == ("I look it up.", "tool_call", None)


def test_a_call_without_fence_is_a_call(small_tokenizer: Tokenizer, protocol: ChatGLM3) -> None:
    reply = protocol.parse_reply(generated(small_tokenizer, "f\n", "tool_call(a=1)", "</s>"))
    assert (reply.call, reply.finish, reply.text) == (ToolCall(name="f", arguments={"a": 1}), "stop", "")


def test_code_for_the_interpreter(small_tokenizer: Tokenizer, protocol: ChatGLM3) -> None:
    fenced = "```python\nfor i in [1]:\n    print(i)\n```"
    reply = protocol.parse_reply(generated(small_tokenizer, "interpreter\n", fenced, "<|observation|>"))
    assert (reply.code, reply.text, reply.call) == ("for i in [1]:\n    print(i)", "", None)
    assert reply.messages[0].metadata == "interpreter"
    cut = protocol.parse_reply(generated(small_tokenizer, "interpreter\n", fenced[:20]))
    assert (cut.code, cut.finish, cut.call_error) == (None, "length", Problem("chat-call-unfinished"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("```python\ntool_call(city='Par", "chat-call-unfinished"),
        ("```python\ntool_call(city=open('x'))\n```", "chat-call-not-literal"),
        ("```python\nprint(1)\n```", "chat-call-not-a-call"),
        (f"```python\ntool_call(a={'[' * 99}{']' * 99})\n```", "chat-call-too-deep"),
    ],
)
def test_a_call_that_cannot_be_read_stays_text_with_a_reason(
    small_tokenizer: Tokenizer, protocol: ChatGLM3, content: str, code: str
) -> None:
    reply = protocol.parse_reply(generated(small_tokenizer, "f\n", content, "<|observation|>"))
    assert reply.call is None
    assert reply.call_error is not None and reply.call_error.code == code
    assert reply.text == f"f\n{content}"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([], ""),
        (["<|user|>"], ""),
        (["</s>"], ""),
        (["Hello"], "Hello"),
        (["\n"], ""),
        (["Sure:\n", "one\ntwo"], "Sure:\none\ntwo"),
        (["<|assistant|>", "<|assistant|>"], ""),
        (["\n", "a", "<|system|>", "b", "[gMASK]"], "a<|system|> b[gMASK]"),
        (["\n", "a", "<|user|>", "\n", "invented question"], "a"),
    ],
)
def test_damaged_and_base_model_output_is_text(
    small_tokenizer: Tokenizer, protocol: ChatGLM3, parts: list[str], text: str
) -> None:
    reply = protocol.parse_reply(generated(small_tokenizer, *parts))
    assert (reply.text, reply.call, reply.call_error) == (text, None, None)


@st.composite
def streams(draw: st.DrawFn, tokenizer: Tokenizer) -> list[int]:
    """Anything a model may write before a stop token: random ids among well-formed and cut-off pieces of replies."""
    scraps = ["\n", "f\n", "interpreter\n", CALL, "tool_call(a=", "```", "text", "<|assistant|>", "<|system|>", "sop"]
    scrap = st.sampled_from(scraps).map(lambda text: generated(tokenizer, text))
    noise = st.lists(st.integers(-2, tokenizer.vocab_size + 2), max_size=4)
    ids = [id for part in draw(st.lists(scrap | noise, max_size=8)) for id in part]
    return [id for id in ids if id not in ChatGLM3(tokenizer).stop_ids]


@given(data=st.data())
def test_a_history_kept_as_generated_encodes_to_the_generated_ids(
    small_tokenizer: Tokenizer, protocol: ChatGLM3, data: st.DataObject
) -> None:
    ids = data.draw(streams(small_tokenizer))
    stop = data.draw(st.sampled_from([[], *([id] for id in protocol.stop_ids)]))
    history = [Message(role="user", content=data.draw(TEXT))]
    reply = protocol.parse_reply(ids + stop)
    prompt = protocol.encode_prompt(history)
    assert protocol.encode_prompt([*history, *reply.messages]) == [*prompt, *ids, prompt[-1]]


@given(data=st.data())
def test_any_ids_at_all_give_a_reply(small_tokenizer: Tokenizer, protocol: ChatGLM3, data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.integers(-3, small_tokenizer.vocab_size + 3) | st.integers(0, 260)))
    reply = protocol.parse_reply(ids)
    assert reply.finish in ("stop", "tool_call", "length") and reply.messages
    assert isinstance(reply.text, str) and all(message.role == "assistant" for message in reply.messages)


def without_ids(message: Message) -> Message:
    return replace(message, ids=None)


@given(call=CALLS)
@example(call=ToolCall(name="f", arguments={}))
@example(
    call=ToolCall(name="获取", arguments={"it's": 'say "hi"\n', "n": -1.5e-7, "x": [{"y": (None, True)}], "ﬁ": "\\"})
)
def test_a_canonical_call_is_read_back_and_encodes_identically(protocol: ChatGLM3, call: ToolCall) -> None:
    check_read_back(protocol, Message(role="assistant", call=call))


@given(text=TEXT)
def test_an_answer_is_read_back_and_encodes_identically(protocol: ChatGLM3, text: str) -> None:
    check_read_back(protocol, Message(role="assistant", content=text))


@given(call=CALLS)
def test_a_canonical_call_is_read_back_with_the_vocabulary_of_the_original(original: Tokenizer, call: ToolCall) -> None:
    check_read_back(ChatGLM3(original), Message(role="assistant", call=call))


def check_read_back(protocol: ChatGLM3, message: Message) -> None:
    prompt = protocol.encode_prompt([])
    ids = protocol.encode_prompt([message])[len(prompt) : -1]
    [read] = protocol.parse_reply(ids).messages
    assert without_ids(read) == message
    assert protocol.encode_prompt([without_ids(read)])[len(prompt) : -1] == ids
