"""ChatGLM3's chat format: ``[gMASK] sop``, then for each message its role token, header line and content.

Conversation -> ids and labels for training, messages -> prompt ids, generated ids -> Reply. Header and content are
encoded apart (each gets SentencePiece's dummy space); the next role token ends a message. Reached through ``protocol``.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from typing import Any

from glmkit.chat.calls import fenced, looks_like_call, parse_call, write_call
from glmkit.chat.conversation import TOOL_SENTENCE, Conversation, Message, ToolCall
from glmkit.chat.reply import INTERPRETER, Finish, Reply
from glmkit.chat.sample import IGNORE_INDEX
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import AS_IS, write_tools
from glmkit.errors import Problem

__all__ = ["DEFAULT_SYSTEM_PROMPT", "TOOL_SENTENCE", "ChatGLM3"]

# What the original's demos put first when the user gives no system prompt; nothing here adds it by itself.
DEFAULT_SYSTEM_PROMPT = (
    "You are ChatGLM3, a large language model trained by Zhipu.AI. "
    "Follow the user's instructions carefully. Respond using markdown."
)


class ChatGLM3:
    """The protocol of ChatGLM3-6B, its long-context siblings and every model tuned from them.

    Args:
        tokenizer: of the model.
        tools_layout: how every tool list is written, in training and in prompts alike (``tools_layout.LAYOUTS``).
    """

    name = "chatglm3"

    def __init__(self, tokenizer: Tokenizer, tools_layout: str = AS_IS) -> None:
        special = tokenizer.special_ids
        self.tools_layout = tools_layout
        self._tokenizer = tokenizer
        self._start = [special["[gMASK]"], special["sop"]]
        self._role_ids = {role: special[f"<|{role}|>"] for role in ("system", "user", "assistant", "observation")}
        self._finishes: dict[int, Finish] = {
            tokenizer.eos_id: "stop",
            self._role_ids["user"]: "stop",
            self._role_ids["observation"]: "tool_call",
        }
        self.stop_ids = tuple(self._finishes)

    def encode_conversation(self, conversation: Conversation) -> tuple[list[int], list[int]]:
        r"""Return (input_ids, labels) of a whole conversation, equally long, ended by eos, not cut.

        A message is trained or not as a whole, and that decides which predictions count: those made FROM its tokens.
        So the label of token t is the token itself where token t-1 belongs to a trained message. User "1",
        assistant "2" (▁ is the dummy space, . no label)::

            token    [gMASK]  sop  <|user|>  ▁  \n  ▁  1  <|assistant|>  ▁  \n  ▁  2  </s>
            trained     .      .      .      .   .  .  .        x        x   x  x  x    .
            label       .      .      .      .   .  .  .        .        ▁  \n  ▁  2  </s>

        The role token is given, never learned; the token behind the message is learned, for it is how the model stops:
        eos at the end, otherwise the next role token (``<|observation|>`` after a call).
        """
        input_ids, trained = [*self._start], list[slice]()
        for message in conversation.messages:
            start = len(input_ids)
            input_ids += self._encode_message(message)
            if message.is_trained:
                trained.append(slice(start + 1, len(input_ids) + 1))
        input_ids.append(self._tokenizer.eos_id)
        labels = [IGNORE_INDEX] * len(input_ids)
        for learned in trained:
            labels[learned] = input_ids[learned]
        return input_ids, labels

    def message_lengths(self, messages: Sequence[Message]) -> list[int]:
        """Return how many ids each message is: what a conversation becomes shorter by without it."""
        return [len(self._encode_message(message)) for message in messages]

    def encode_prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return the ids of ``messages`` behind ``[gMASK] sop``, ending in a bare ``<|assistant|>``."""
        ids = [*self._start]
        for message in messages:
            ids += self._encode_message(message)
        return [*ids, self._role_ids["assistant"]]

    def parse_reply(self, ids: Sequence[int]) -> Reply:
        """Read what a model generated behind a prompt; any ids give a Reply, nothing is raised.

        The reply ends before the first stop token; without one its finish is "length". Every ``<|assistant|>`` in it
        starts another message (a thought, then a call). A header line followed by a fence or a bare ``tool_call(`` is a
        call; a first line without a header's line break, as base models write, is text.
        """
        end = next((i for i, id in enumerate(ids) if id in self._finishes), None)
        finish: Finish = "length" if end is None else self._finishes[ids[end]]
        messages: list[Message] = []
        call_error = None
        for part in _split(ids[:end], self._role_ids["assistant"]):
            message, problem = self._parse_message(tuple(part))
            messages.append(message)
            call_error = problem or call_error
        return Reply(messages=tuple(messages), finish=finish, call_error=call_error)

    def _encode_message(self, message: Message) -> list[int]:
        ids = [self._role_ids[message.role]]
        if message.ids is not None:
            return [*ids, *message.ids]
        header, content = message.metadata, message.content
        if message.call is not None:
            header, content = message.call.name, write_call(message.call.arguments)
        ids += self._tokenizer.encode(f"{header}\n")
        if message.tools is None:
            return ids + self._tokenizer.encode(content)
        key = (content, message.tools, self.tools_layout)  # the longest part of a row, and that of the row before
        return [*ids, *self._tokenizer.remembered.get(key, lambda: self._encode_tools(content, message.tools))]

    def _encode_tools(self, content: str, tools: Any) -> array[int]:
        written = json.dumps(write_tools(tools, self.tools_layout), indent=4, ensure_ascii=False)
        return array("i", self._tokenizer.encode(f"{content}\n{written}"))

    def _parse_message(self, ids: tuple[int, ...]) -> tuple[Message, Problem | None]:
        header, content = self._header_and_content(ids)
        plain = Message(role="assistant", metadata=header, content=content, ids=ids)
        if header == INTERPRETER:
            return plain, Problem("chat-call-unfinished") if fenced(content) is None else None
        if not header or not looks_like_call(content):
            return plain, None
        arguments = parse_call(content)
        if isinstance(arguments, Problem):
            return plain, arguments
        return Message(role="assistant", call=ToolCall(name=header, arguments=arguments), ids=ids), None

    def _header_and_content(self, ids: tuple[int, ...]) -> tuple[str, str]:
        """Split at the first line break; decoding the halves apart drops the dummy space of each."""
        decode = self._tokenizer.decode
        end = next((i + 1 for i, id in enumerate(ids) if "\n" in decode([id])), None)
        if end is None:
            return "", decode(ids)
        header, _, rest = decode(ids[:end]).partition("\n")
        # Some vocabularies have pieces that go on behind a line break; then no dummy space stands there.
        content = decode(ids).partition("\n")[2] if rest else decode(ids[end:])
        return header.strip(), content


def _split(ids: Sequence[int], separator: int) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for id in ids:
        if id == separator:
            parts.append([])
        else:
            parts[-1].append(id)
    return parts
