"""The two laws of the call grammar: what it admits is a valid call, and every valid call is admitted as we write it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from grammar_walks import PADDED, TOOL_NAMES, NoEnd, call, parameters, refusal, reply_ids, tool, walk
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from glmkit.chat.json_schema import mismatches
from glmkit.chat.protocol import ChatProtocol, make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.serving.grammar import GrammarCompiler

pytest.importorskip("llguidance")
jsonschema = pytest.importorskip("jsonschema")

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(scope="module")
def world(mini_tokenizer: Tokenizer) -> tuple[Tokenizer, ChatProtocol, GrammarCompiler]:
    protocol = make_protocol(mini_tokenizer)
    return mini_tokenizer, protocol, GrammarCompiler(mini_tokenizer, protocol, mini_tokenizer.vocab_size + PADDED)


World = tuple[Tokenizer, ChatProtocol, GrammarCompiler]


def check_valid(world: World, ids: list[int], name: str, schema: dict[str, Any]) -> None:
    tokenizer, protocol, _ = world
    reply = protocol.parse_reply(ids)
    assert reply.call_error is None, (tokenizer.decode(ids), reply.call_error.text())
    assert reply.call is not None and reply.call.name == name, tokenizer.decode(ids)
    assert mismatches(schema, reply.call.arguments) == [], tokenizer.decode(ids)
    jsonschema.Draft202012Validator(schema).validate(reply.call.arguments)


@quick
@given(case=parameters(), name=TOOL_NAMES, choice=st.sampled_from(["auto", "required", "named"]))
def test_every_valid_call_is_admitted_as_the_protocol_writes_it(
    world: World, case: tuple[dict[str, Any], dict[str, Any]], name: str, choice: str
) -> None:
    tokenizer, protocol, compiler = world
    schema, arguments = case
    constraint = compiler.tool_calls([tool("other", {}), tool(name, schema)], name if choice == "named" else choice)
    ids = reply_ids(protocol, tokenizer, [call(name, arguments)], "<|observation|>")
    assert refusal(constraint, ids, tokenizer.vocab_size + PADDED, tokenizer) == ""


@quick
@given(case=parameters(), name=TOOL_NAMES, seed=st.integers(0, 2**32))
def test_every_admitted_call_is_valid(
    world: World, case: tuple[dict[str, Any], dict[str, Any]], name: str, seed: int
) -> None:
    tokenizer, protocol, compiler = world
    constraint = compiler.tool_calls([tool(name, case[0])], "required")
    try:
        ids = walk(constraint, tokenizer, protocol.stop_ids, random.Random(seed))
    except NoEnd:
        reject()  # hypothesis fails the test where that happens often
    check_valid(world, ids, name, case[0])
