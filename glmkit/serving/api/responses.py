"""OpenAI's response bodies: chunks of a stream and whole responses, for chat and for completions, from the same Deltas.

In: Deltas of each choice. Out: JSON objects. Nothing here waits or touches the engine.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from glmkit.chat.tokenizer import SPACE, Tokenizer
from glmkit.serving.api.choices import Delta
from glmkit.serving.api.tickets import Ticket, Token


@dataclass(slots=True)
class Head:
    """What all objects of one response begin with."""

    kind: str  # "chat.completion" or "text_completion"
    model: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: int = field(default_factory=lambda: int(time.time()))

    def body(self, choices: list[dict[str, Any]], chunk: bool = False) -> dict[str, Any]:
        """Return a response, or a chunk of a stream."""
        is_chat = self.kind == "chat.completion"
        return {
            "id": ("chatcmpl-" if is_chat else "cmpl-") + self.id,
            "object": self.kind + (".chunk" if chunk and is_chat else ""),
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }


def usage(tickets: Sequence[Ticket], num_prompts: int = 1) -> dict[str, Any]:
    """Return the counts of a response; a prompt that has several choices counts once."""
    each = len(tickets) // num_prompts
    prompt = sum(len(ticket.prompt_ids) for ticket in tickets[::each])
    completion = sum(ticket.num_tokens for ticket in tickets)
    cached = sum(ticket.num_cached for ticket in tickets[::each])
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


class ChatChoice:
    """Writes the chunks of one chat choice, and its message out of the same parts."""

    def __init__(self, index: int, tokenizer: Tokenizer, is_legacy: bool, with_logprobs: bool) -> None:
        self._index = index
        self._tokenizer = tokenizer
        self._is_legacy = is_legacy
        self._with_logprobs = with_logprobs
        self._text = ""
        self._calls: list[dict[str, Any]] = []
        self._logprobs: list[dict[str, Any]] = []
        self._finish: str | None = None
        self._raw: Any = None

    def first_chunk(self) -> dict[str, Any]:
        """Return the chunk that names the role."""
        return self._chunk({"role": "assistant", "content": ""}, None, None)

    def chunks(self, delta: Delta) -> list[dict[str, Any]]:
        """Take a delta; return what a stream sends of it."""
        tokens = delta.tokens if self._with_logprobs else []
        entries = [entry for token in tokens if (entry := token_logprob(self._tokenizer, token)) is not None]
        self._logprobs += entries
        self._text += delta.text
        chunks = []
        if delta.text or (entries and not delta.calls):
            chunks.append(self._chunk({"content": delta.text}, entries, None))
            entries = []
        for piece in delta.calls:
            chunks.append(self._chunk(self._call(piece.name, piece.arguments), entries, None))
            entries = []
        if delta.finish_reason is not None:
            called = "function_call" if self._is_legacy else "tool_calls"
            self._finish = called if delta.finish_reason == "tool_calls" else delta.finish_reason
            self._raw = delta.raw
            chunks.append(self._chunk({"raw": delta.raw}, None, self._finish))
        return chunks

    def whole(self) -> dict[str, Any]:
        """Return the choice of a response without stream."""
        message: dict[str, Any] = {"role": "assistant", "content": self._text or (None if self._calls else "")}
        if self._calls:
            functions = [call["function"] for call in self._calls]
            message |= {"function_call": functions[-1]} if self._is_legacy else {"tool_calls": self._calls}
        logprobs = {"content": self._logprobs} if self._with_logprobs else None
        message |= {"refusal": None, "raw": self._raw}
        return {"index": self._index, "message": message, "logprobs": logprobs, "finish_reason": self._finish}

    def _call(self, name: str, arguments: str) -> dict[str, Any]:
        if name:
            call = {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function"}
            self._calls.append({**call, "function": {"name": name, "arguments": arguments}})
            part = {**call, "function": {"name": name, "arguments": arguments}}
        else:
            self._calls[-1]["function"]["arguments"] += arguments
            part = {"function": {"arguments": arguments}}
        if self._is_legacy:
            return {"function_call": part["function"]}
        return {"tool_calls": [{"index": len(self._calls) - 1, **part}]}

    def _chunk(self, delta: dict[str, Any], entries: list[Any] | None, finish: str | None) -> dict[str, Any]:
        logprobs = {"content": entries} if entries else None
        return {"index": self._index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}


class TextChoice:
    """Writes the chunks of one completion, and the whole of it."""

    def __init__(self, index: int, tokenizer: Tokenizer, echoed: str, with_logprobs: bool) -> None:
        self._index = index
        self._tokenizer = tokenizer
        self._echoed = echoed
        self._text = ""
        self._logprobs = _TextLogprobs(tokenizer) if with_logprobs else None
        self._finish: str | None = None

    def chunks(self, delta: Delta) -> list[dict[str, Any]]:
        """Take a delta; return what a stream sends of it."""
        text, self._echoed = self._echoed + delta.text, ""
        self._text += text
        self._finish = delta.finish_reason
        logprobs = self._logprobs.add(delta.tokens) if self._logprobs is not None else None
        if not text and not delta.tokens and delta.finish_reason is None:
            return []
        return [{"index": self._index, "text": text, "logprobs": logprobs, "finish_reason": delta.finish_reason}]

    def whole(self) -> dict[str, Any]:
        """Return the choice of a response without stream."""
        logprobs = self._logprobs.whole() if self._logprobs is not None else None
        return {"index": self._index, "text": self._text, "logprobs": logprobs, "finish_reason": self._finish}


class _TextLogprobs:
    """The four parallel lists of a completion's ``logprobs``."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._entries: list[dict[str, Any]] = []
        self._offsets: list[int] = []
        self._length = 0

    def add(self, tokens: Sequence[Token]) -> dict[str, Any]:
        start = len(self._entries)
        for token in tokens:
            entry = token_logprob(self._tokenizer, token)
            if entry is not None:
                self._entries.append(entry)
                self._offsets.append(self._length)
                self._length += len(entry["token"])
        return self._lists(start)

    def whole(self) -> dict[str, Any]:
        return self._lists(0)

    def _lists(self, start: int) -> dict[str, Any]:
        entries = self._entries[start:]
        return {
            "tokens": [entry["token"] for entry in entries],
            "token_logprobs": [entry["logprob"] for entry in entries],
            "top_logprobs": [{top["token"]: top["logprob"] for top in entry["top_logprobs"]} for entry in entries],
            "text_offset": self._offsets[start:],
        }


def token_logprob(tokenizer: Tokenizer, token: Token) -> dict[str, Any] | None:
    """Return the entry of one generated token; None where the engine was not asked for it."""
    if token.logprob is None:
        return None
    top = [{**_token(tokenizer, id), "logprob": logprob} for id, logprob in token.logprob.top]
    return {**_token(tokenizer, token.id), "logprob": token.logprob.logprob, "top_logprobs": top}


def _token(tokenizer: Tokenizer, id: int) -> dict[str, Any]:
    piece = tokenizer.piece(id)
    if len(piece) == 6 and piece.startswith("<0x"):
        return {"token": f"bytes:\\x{piece[3:5].lower()}", "bytes": [int(piece[3:5], 16)]}
    text = piece.replace(SPACE, " ")
    return {"token": text, "bytes": list(text.encode())}
