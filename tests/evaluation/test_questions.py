"""Questions are asked in the layout of tools that the model was trained on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glmkit.chat.conversation import Conversation
from glmkit.chat.protocol import encode_chat, encode_conversation, make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import LAYOUTS, write_tools
from glmkit.evaluation.questions import questions_of

TOOLS: list[dict[str, Any]] = [
    {
        "name": "add",
        "description": "adds two numbers",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer", "description": "first"}, "b": {"type": "integer"}},
            "required": ["a"],
        },
    }
]
ROW = {
    "tools": TOOLS,
    "conversations": [
        {"role": "user", "content": "2 + 3?"},
        {"role": "tool", "name": "add", "parameters": {"a": 2, "b": 3}, "observation": "5"},
        {"role": "assistant", "content": "5"},
    ],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_prompt_is_the_beginning_of_the_sample_in_its_layout(small_tokenizer: Tokenizer, layout: str) -> None:
    conversation = Conversation.from_dict(ROW, source="f:1")
    sample = encode_conversation(conversation, small_tokenizer, 4096, tools_layout=layout)
    questions = list(questions_of(conversation, make_protocol(small_tokenizer, tools_layout=layout)))
    assert len(questions) == 2
    for question in questions:
        assert question.prompt_ids == sample.input_ids[: len(question.prompt_ids)]
        assert question.prompt_ids == encode_chat(
            conversation.messages[: question.turn], small_tokenizer, tools_layout=layout
        )
        assert question.tools == {"add"}
        written = json.dumps(write_tools(TOOLS, layout), indent=4, ensure_ascii=False)
        assert written in small_tokenizer.decode(question.prompt_ids)
    call, answer = (question.wanted.messages for question in questions)
    assert call[0].call is not None and call[0].call.arguments == {"a": 2, "b": 3}
    assert answer[0].content == "5"


def test_layouts_give_other_prompts(small_tokenizer: Tokenizer) -> None:
    conversation = Conversation.from_dict(ROW)
    prompts = {
        layout: next(questions_of(conversation, make_protocol(small_tokenizer, tools_layout=layout))).prompt_ids
        for layout in LAYOUTS
    }
    assert prompts["as_is"] == prompts["schema"]
    assert len({tuple(prompt) for prompt in prompts.values()}) == 3
