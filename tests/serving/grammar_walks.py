"""Helpers of the grammar tests: schemas with arguments that fit them, replies walked at random through the masks."""

from __future__ import annotations

import functools
import random
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from glmkit.chat.conversation import Message, ToolCall
from glmkit.chat.protocol import ChatProtocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.serving.constraint import Constraint

PADDED = 37  # ids of the embedding that the tokenizer does not know

# SentencePiece writes a space for U+2581, so a name or a choice that holds it cannot be spelled in canonical ids.
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="▁"), max_size=6)
NAMES = st.one_of(
    st.sampled_from(["city", "days", "a b", "a,b", "from", "x'y", "日期", "", "=", "**k", 'q"', "City", "ci"]), TEXT
)
TOOL_NAMES = st.sampled_from(["get_weather", "天气", "a.b/c-d", "f", "get", "two words", "interpreter2"])
PATTERNS = {"^[A-Z]{3}$": "[A-Z]{3}", "b+": "[ab]*b[ab]*", "^(x|yz)\\d": "(x|yz)[0-9]a?", "a$|^b": "c?a|bc?"}
FORMATS = {
    "date": ["2024-02-29", "1999-12-31"],
    "ipv4": ["10.0.255.1"],
    "uuid": ["0" * 8 + "-1111" * 3 + "-" + "a" * 12],
}


def tokens_allowed(constraint: Constraint, vocab_size: int) -> np.ndarray:
    """Return the ids that the constraint's mask allows."""
    row = torch.full(((vocab_size + 31) // 32,), -1, dtype=torch.int32)
    assert constraint.write_mask(row)
    return np.unpackbits(row.numpy().view(np.uint8), bitorder="little").nonzero()[0]


@functools.cache
def _closers(tokenizer: Tokenizer) -> np.ndarray:
    closing = (b"'", b'"', b")", b"]", b"}", b"\n", b"=", b"`")
    return np.array([tokenizer.token_bytes(id)[:1] in closing for id in range(tokenizer.vocab_size)])


def refusal(constraint: Constraint, ids: list[int], vocab_size: int, tokenizer: Tokenizer) -> str:
    """Follow ``ids``; return "" when every one is allowed, else the text before the first that is not."""
    for index, id in enumerate(ids):
        if id not in tokens_allowed(constraint, vocab_size):
            return f"{tokenizer.decode(ids[:index])!r}, then {tokenizer.piece(id)!r}"
        constraint.accept(id)
    return ""


def reply_ids(protocol: ChatProtocol, tokenizer: Tokenizer, messages: list[Message], stop: str) -> list[int]:
    """Return canonical ids of a reply: what training teaches behind ``<|assistant|>``, and the stop token."""
    prompt = protocol.encode_prompt([])
    with_reply = protocol.encode_prompt(messages)
    return [*with_reply[len(prompt) : -1], tokenizer.special_ids.get(stop, tokenizer.eos_id)]


class NoEnd(AssertionError):
    """A random walk stayed inside a text: a pattern such as ``a$`` lets it end behind one letter only."""


def walk(
    constraint: Constraint, tokenizer: Tokenizer, stops: tuple[int, ...], rng: random.Random, calm: int = 40
) -> list[int]:
    """Return a reply of random allowed tokens; after ``calm`` of them, mostly tokens that close something."""
    ids: list[int] = []
    while len(ids) < 3_000:
        allowed = tokens_allowed(constraint, tokenizer.vocab_size + PADDED)
        assert len(allowed) and allowed[-1] < tokenizer.vocab_size
        if len(ids) > calm and rng.random() < 0.7:
            closers = [id for id in stops if id in allowed] or allowed[_closers(tokenizer)[allowed]]
            allowed = closers if len(closers) else allowed
        id = int(allowed[rng.randrange(len(allowed))])
        constraint.accept(id)
        ids.append(id)
        if id in stops:
            return ids
    raise NoEnd(f"no end: {tokenizer.decode(ids)[:500]}")


def tool(name: str, parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "description": "", "parameters": parameters}}


def call(name: str, arguments: dict[str, Any]) -> Message:
    return Message(role="assistant", call=ToolCall(name=name, arguments=arguments))


@st.composite
def cases(draw: st.DrawFn, depth: int = 3) -> tuple[dict[str, Any], Any]:
    """A schema and a value that fits it."""
    kinds = ["string", "integer", "number", "boolean", "null", "enum", "const", "pattern", "format", "any"]
    kind = draw(st.sampled_from(kinds + ["array", "object", "anyOf", "types", "ref", "tuple", "allOf"] * (depth > 0)))
    if kind in ("array", "object", "anyOf", "types", "ref", "tuple", "allOf"):
        return draw(_compound(kind, depth))
    if kind == "pattern":
        pattern = draw(st.sampled_from(sorted(PATTERNS)))
        return {"type": "string", "pattern": pattern}, draw(st.from_regex(PATTERNS[pattern], fullmatch=True))
    if kind == "format":
        name = draw(st.sampled_from(sorted(FORMATS)))
        return {"type": "string", "format": name}, draw(st.sampled_from(FORMATS[name]))
    if kind == "any":
        return {}, draw(JSON)
    if kind in ("enum", "const"):
        values = draw(st.lists(SCALARS, min_size=1, max_size=4))
        return (
            ({"enum": values}, draw(st.sampled_from(values))) if kind == "enum" else ({"const": values[0]}, values[0])
        )
    return draw(_scalar(kind))


SCALARS = st.one_of(TEXT, st.integers(-(10**12), 10**12), st.booleans(), st.none(), st.floats(-1e300, 1e300))
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=4
)


@st.composite
def _scalar(draw: st.DrawFn, kind: str) -> tuple[dict[str, Any], Any]:
    if kind == "string":
        value = draw(st.text(st.characters(exclude_categories=("Cs",)), max_size=8))
        least, most = draw(st.integers(0, len(value))), draw(st.integers(len(value), 12))
        return {"type": "string", **draw(_some({"minLength": least, "maxLength": most}))}, value
    if kind == "integer":
        value = draw(st.integers(-300, 300) | st.integers(-(10**20), 10**20))
        bounds = {"minimum": value - draw(st.integers(0, 99)), "maximum": value + draw(st.integers(0, 99))}
        strict = {"exclusiveMinimum": value - 1 - draw(st.integers(0, 99)), "exclusiveMaximum": value + 1}
        return {"type": "integer", **draw(_some(bounds)), **draw(_some(strict))}, value
    if kind == "number":
        if draw(st.booleans()):
            return {"type": "number"}, draw(st.floats(-1e300, 1e300) | st.integers(-(10**20), 10**20))
        value = draw(st.integers(-1000, 1000)) / 8  # a bounded number is written without an exponent
        return {"type": "number", **draw(_some({"minimum": value - 1.5, "maximum": value + 1}))}, value
    return {"type": kind}, draw(st.booleans()) if kind == "boolean" else None


def _some(words: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.sets(st.sampled_from(sorted(words))).map(lambda chosen: {word: words[word] for word in sorted(chosen)})


@st.composite
def _compound(draw: st.DrawFn, kind: str, depth: int) -> tuple[dict[str, Any], Any]:
    schema, value = draw(cases(depth - 1))
    if kind == "array":
        values = [value] * draw(st.integers(0, 3))
        bounds = {"minItems": draw(st.integers(0, len(values))), "maxItems": draw(st.integers(len(values), 5))}
        return {"type": "array", "items": schema, **draw(_some(bounds))}, values
    if kind == "tuple":
        other, second = draw(cases(depth - 1))
        return {"type": "array", "prefixItems": [schema, other], "items": False, "minItems": 2}, [value, second]
    if kind == "anyOf":
        other, second = draw(cases(depth - 1))
        return {"anyOf": [schema, other]}, draw(st.sampled_from([value, second]))
    if kind == "types":
        return {"type": ["string", "null", "integer"]}, draw(st.none() | TEXT | st.integers(-9, 9))
    if kind == "allOf":
        return {"allOf": [schema, {"description": "the same"}]}, value
    if kind == "ref":  # resolved where the whole schema is put together
        return {"$ref": "#/$defs/shared"}, draw(st.just([]) | st.just([True]) | st.just([[False, True], True]))
    return draw(objects(depth - 1))


@st.composite
def objects(draw: st.DrawFn, depth: int = 2) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of an object and an object that fits it, its members in any order while they are few."""
    names = draw(st.lists(NAMES, max_size=4, unique=True))
    drawn = {name: draw(cases(depth)) for name in names}
    given = draw(st.permutations(names)) if len(names) < 5 else names
    required = [name for name in names if draw(st.booleans())]
    value = {name: drawn[name][1] for name in given if name in required or draw(st.booleans())}
    schema: dict[str, Any] = {"type": "object", "properties": {name: inner for name, (inner, _) in drawn.items()}}
    schema |= draw(_some({"required": required, "additionalProperties": False}))
    return schema, value


@st.composite
def parameters(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters of a tool and arguments that fit them."""
    schema, value = draw(objects())
    shared = {"type": "array", "items": {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/shared"}]}}
    return {**schema, "$defs": {"shared": shared}}, value
