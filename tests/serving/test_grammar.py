"""Constraints by example: each tool choice, code, JSON, what is refused, and bounds on what a stranger may ask for."""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

import pytest
from grammar_walks import PADDED, call, refusal, reply_ids, tokens_allowed, tool, walk

from glmkit.chat.conversation import Message
from glmkit.chat.json_schema import mismatches
from glmkit.chat.protocol import make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import ConfigError, RequestError
from glmkit.serving.constraint import Constraint
from glmkit.serving.grammar import GrammarCompiler

pytest.importorskip("llguidance")

WEATHER = tool(
    "get_weather",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "unit": {"enum": ["celsius", "it's"]},
            "options": {"type": "object"},
        },
        "required": ["city"],
    },
)
TRAIN = {"name": "book_train", "description": "", "parameters": {"type": "object", "properties": {"to": {}}}}
CODE = tool("interpreter", {"type": "object", "properties": {"code": {"type": "string"}}})
TOOLS = [WEATHER, TRAIN, CODE]


class World:
    """A tokenizer with its protocol and compiler."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer, self.protocol = tokenizer, make_protocol(tokenizer)
        self.vocab_size = tokenizer.vocab_size + PADDED
        self.compiler = GrammarCompiler(tokenizer, self.protocol, self.vocab_size)

    def refusal(self, constraint: Constraint, messages: list[Message], stop: str) -> str:
        ids = reply_ids(self.protocol, self.tokenizer, messages, stop)
        return refusal(constraint, ids, self.vocab_size, self.tokenizer)


@pytest.fixture(scope="module", params=["glmkit-mini", "chatglm3"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "glmkit-mini":
        return World(request.getfixturevalue("mini_tokenizer"))
    return World(Tokenizer.from_file(request.getfixturevalue("shared") / "chatglm3-tokenizer"))


def says(content: str, header: str = "") -> Message:
    return Message(role="assistant", metadata=header, content=content)


CALL = call(
    "get_weather", {"city": '北京 "it\'s" \u3000\n🙂', "days": 3, "options": {"a": [1, 2.5, None, {"b": True}]}}
)
PROGRAM = says("```python\nfor i in range(3):\n    print('``', i)\n\n```", "interpreter")
ANSWER = says("Use it so:\n```python\ntool_call(city='x')\n```\n你好 🙂")


@pytest.mark.parametrize(
    ("choice", "messages", "stop", "refused"),
    [
        ("auto", [ANSWER], "<|user|>", False),
        ("auto", [ANSWER], "eos", False),
        ("auto", [ANSWER], "<|observation|>", True),
        ("auto", [CALL], "<|observation|>", False),
        ("auto", [CALL], "<|user|>", True),
        ("auto", [says("I look it up."), CALL], "<|observation|>", False),
        ("auto", [says("First this."), says("Then that."), PROGRAM], "<|observation|>", False),
        ("auto", [call("get_weather", {"city": 1})], "<|observation|>", True),
        ("auto", [call("get_weather", {"days": 2})], "<|observation|>", True),
        ("auto", [call("get_weather", {"city": "x", "days": 15})], "<|observation|>", True),
        ("auto", [call("unknown", {})], "<|observation|>", True),
        ("auto", [says("hello", "get_weather")], "<|user|>", True),
        ("auto", [says("hello", "\u3000get_weather")], "<|user|>", True),
        ("auto", [says("hello", "get_weather today")], "<|user|>", False),
        ("auto", [says("tool_call()", "something")], "<|user|>", True),
        ("required", [CALL], "<|observation|>", False),
        ("required", [call("book_train", {})], "<|observation|>", False),
        ("required", [PROGRAM], "<|observation|>", False),
        ("required", [ANSWER], "<|user|>", True),
        ("get_weather", [CALL], "<|observation|>", False),
        ("get_weather", [call("book_train", {})], "<|observation|>", True),
        ("get_weather", [PROGRAM], "<|observation|>", True),
        ("none", [ANSWER], "<|user|>", False),
        ("none", [CALL], "<|observation|>", True),
        ("none", [PROGRAM], "<|observation|>", True),
        ("none", [call("unknown", {})], "<|observation|>", True),
    ],
)
def test_what_each_tool_choice_admits(
    world: World, choice: str, messages: list[Message], stop: str, refused: bool
) -> None:
    assert bool(world.refusal(world.compiler.tool_calls(TOOLS, choice), messages, stop)) == refused


def test_without_the_tool_interpreter_no_code_can_begin(world: World) -> None:
    assert world.refusal(world.compiler.tool_calls([WEATHER], "auto"), [PROGRAM], "<|observation|>")


def test_arguments_of_odd_names_are_admitted_in_any_order(world: World) -> None:
    names = ["a,b", "from", "c'd", "", "日期"]
    tools = [tool("f", {"type": "object", "properties": {name: {"type": "null"} for name in names}})]
    for _ in range(10):
        random.Random(1).shuffle(names)
        calls = [call("f", dict.fromkeys(names))]
        assert world.refusal(world.compiler.tool_calls(tools, "f"), calls, "<|observation|>") == ""


def test_many_arguments_come_in_the_order_of_the_schema(world: World) -> None:
    names = [f"p{i}" for i in range(200)]
    tools = [tool("f", {"type": "object", "properties": {name: {} for name in names}, "required": ["p7"]})]
    admitted = call("f", {name: 1 for name in names if name != "p3"})
    assert world.refusal(world.compiler.tool_calls(tools, "f"), [admitted], "<|observation|>") == ""
    for wrong in ({"p8": 1, "p7": 1}, {"p3": 1}):
        assert world.refusal(world.compiler.tool_calls(tools, "f"), [call("f", wrong)], "<|observation|>")


def test_unnamed_arguments_need_permission_and_cannot_repeat_a_named_one(world: World) -> None:
    body = {"type": "object", "properties": {"o": {"type": "object", "properties": {"a": {"type": "null"}}}}}
    body["properties"]["o"]["additionalProperties"] = {"type": "integer"}
    constraint = world.compiler.tool_calls([tool("f", body)], "f")
    assert world.refusal(constraint, [call("f", {"o": {"a": None, "b": 1}})], "<|observation|>") == ""
    for wrong in ({"o": {"a": 1}}, {"o": {"b": None}}, {"x": 1}):
        assert world.refusal(world.compiler.tool_calls([tool("f", body)], "f"), [call("f", wrong)], "<|observation|>")


def test_padded_ids_and_structure_tokens_are_never_allowed(world: World) -> None:
    special = world.tokenizer.special_ids
    allowed = set(tokens_allowed(world.compiler.tool_calls(TOOLS, "auto"), world.vocab_size).tolist())
    assert max(allowed) < world.tokenizer.vocab_size
    structure = ("[MASK]", "[gMASK]", "[sMASK]", "sop", "eop", "<|system|>", "<|observation|>")
    assert allowed.isdisjoint([special[name] for name in structure])
    assert allowed.isdisjoint([world.tokenizer.unk_id])
    assert {world.tokenizer.eos_id, special["<|user|>"]} <= allowed


def test_free_text_is_whole_characters(world: World) -> None:
    constraint = world.compiler.tool_calls(TOOLS, "auto")
    for id in reply_ids(world.protocol, world.tokenizer, [says("𠮷")], "eos")[:-1][:-1]:
        constraint.accept(id)
    assert world.tokenizer.eos_id not in tokens_allowed(constraint, world.vocab_size)


def test_behind_the_stop_token_only_stop_tokens_may_come(world: World) -> None:
    constraint = world.compiler.tool_calls(TOOLS, "auto")
    ids = reply_ids(world.protocol, world.tokenizer, [CALL], "<|observation|>")
    assert refusal(constraint, ids, world.vocab_size, world.tokenizer) == ""
    assert sorted(tokens_allowed(constraint, world.vocab_size).tolist()) == sorted(world.protocol.stop_ids)


def test_a_token_that_the_mask_forbids_is_an_error(world: World) -> None:
    constraint = world.compiler.tool_calls(TOOLS, "required")
    with pytest.raises(RequestError, match=r"^token \d+ is not allowed here"):
        constraint.accept(world.tokenizer.eos_id)


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_random_replies_hold_no_call_but_a_valid_one(world: World, choice: str) -> None:
    for seed in range(30):
        constraint = world.compiler.tool_calls(TOOLS, choice)
        ids = walk(constraint, world.tokenizer, world.protocol.stop_ids, random.Random(seed), calm=20)
        reply = world.protocol.parse_reply(ids)
        assert reply.call_error is None
        assert (reply.finish == "tool_call") == (reply.call is not None or reply.code is not None)
        assert choice == "auto" or reply.finish == "stop"


def valid(world: World, tools: list[dict[str, Any]], seed: int) -> bool:
    ids = walk(
        world.compiler.tool_calls(tools, "required"), world.tokenizer, world.protocol.stop_ids, random.Random(seed)
    )
    call = world.protocol.parse_reply(ids).call
    schemas = {"get_weather": WEATHER["function"]["parameters"], "book_train": TRAIN["parameters"]}
    return call is not None and call.name in schemas and not mismatches(schemas[call.name], call.arguments)


def test_random_calls_are_valid(mini_tokenizer: Tokenizer) -> None:
    world = World(mini_tokenizer)
    assert all(valid(world, [WEATHER, TRAIN], seed) for seed in range(200))


@pytest.mark.slow
def test_ten_thousand_random_calls_are_valid(mini_tokenizer: Tokenizer) -> None:
    world = World(mini_tokenizer)
    assert sum(not valid(world, [WEATHER, TRAIN], seed) for seed in range(10_000)) == 0


SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 3}},
    "required": ["name", "tags"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("indent", [None, 4])
def test_json_replies_fit_their_schema(world: World, indent: int | None) -> None:
    right = json.dumps({"name": "北京 'x'\n", "tags": ["b"]}, ensure_ascii=False, indent=indent)
    assert world.refusal(world.compiler.json_schema(SCHEMA), [says(right)], "<|user|>") == ""
    assert world.refusal(world.compiler.json_object(), [says(right)], "eos") == ""
    for wrong in ('{"name": 1}', '{"name": "x"}', "text"):
        assert world.refusal(world.compiler.json_schema(SCHEMA), [says(wrong)], "<|user|>")
    for seed in range(20):
        constraint = world.compiler.json_schema(SCHEMA)
        ids = walk(constraint, world.tokenizer, world.protocol.stop_ids, random.Random(seed))
        assert mismatches(SCHEMA, json.loads(world.protocol.parse_reply(ids).text)) == []


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
    return schema


DOUBLING = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(40)}


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        (nested(2_000), r"tools: the schema is nested too deeply; at most 64"),
        ({"properties": {f"p{i}": {"type": "string"} for i in range(10_000)}}, "tools: the schema is too large"),
        ({"properties": {"a": {"enum": [*range(1_001)]}}}, r"properties.a.enum: 1001 values are too many"),
        ({"properties": {"a": {"$ref": "#/properties/a"}}}, r"properties.a.\$ref: '#/properties/a' leads back"),
        ({"properties": {"a": {"$ref": "https://x/y"}}}, r"properties.a.\$ref: 'https://x/y' points to nothing"),
        ({"properties": {"a": {"$ref": "#/nowhere"}}}, r"properties.a.\$ref: '#/nowhere' points to nothing"),
        ({"properties": {"a": {"$ref": "#/$defs/a0"}}, "$defs": {**DOUBLING, "a40": {}}}, "the schema is too large"),
        ({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, r"parameters: no arguments can fit"),
        ({"properties": {"a": {"allOf": [False]}}, "required": ["a"]}, r"parameters: no arguments can fit"),
        ({"properties": {"a": {"pattern": "(("}}}, r"properties.a.pattern: no grammar can be made of this: unclosed"),
        ({"properties": {"a": {"pattern": "(a{1000}){1000}"}}}, r"properties.a.pattern: no grammar can be made"),
        ({"properties": {"a": {"pattern": "a" * 1_001}}}, r"properties.a.pattern: the pattern is longer than 1000"),
        ({"properties": {"a": {"minLength": "3"}}}, r"properties.a.minLength: expected number"),
        ({"properties": {"a\ud800": {}}}, r"tools: 'a\\ud800' cannot be written"),
        ({"properties": {"a": {"const": float("nan")}}}, r"tools: nan cannot be written"),
        ({"properties": {"a": {"allOf": [{"anyOf": [{}, {}, {}]}] * 5}}}, r"properties.a: anyOf, oneOf and allOf"),
    ],
    ids=range(16),
)
def test_what_a_stranger_asks_for_is_bounded(mini_tokenizer: Tokenizer, schema: dict[str, Any], line: str) -> None:
    compiler = World(mini_tokenizer).compiler
    start = time.monotonic()
    with pytest.raises(RequestError, match=line) as caught:
        compiler.tool_calls([tool("f", {"type": "object", **schema})], "auto")
    assert time.monotonic() - start < 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("schema", "line"),
    [
        (nested(2_000), "response_format.json_schema.schema: the schema is nested too deeply"),
        ({"$ref": "http://x/y"}, "response_format.json_schema.schema.*points to nothing"),
        ({"$ref": "#"}, "leads back to itself"),
        ({"not": {}}, r'schema: no grammar can be made of this: Unimplemented keys: \["not"\]'),
        ([], "response_format.json_schema.schema: expected object"),
    ],
)
def test_a_schema_for_replies_is_bounded(mini_tokenizer: Tokenizer, schema: Any, line: str) -> None:
    with pytest.raises(RequestError, match=line):
        World(mini_tokenizer).compiler.json_schema(schema)


@pytest.mark.parametrize(
    ("tools", "choice", "line"),
    [
        (TOOLS, "fly", "tool_choice: there is no tool 'fly' among the request's tools"),
        ([], "required", "tool_choice: a call is required, but the request has no tools"),
        (["weather: tells it"], "auto", "tools: expected array of objects"),
        ([{"name": ""}], "auto", "tools"),
        ([tool(f"f{i}", {}) for i in range(129)], "auto", "tools: 129 tools are too many"),
    ],
)
def test_wrong_tools_are_named(mini_tokenizer: Tokenizer, tools: Any, choice: str, line: str) -> None:
    with pytest.raises(RequestError, match=line):
        World(mini_tokenizer).compiler.tool_calls(tools, choice)


def test_grammars_are_kept_and_let_go(mini_tokenizer: Tokenizer) -> None:
    compiler = World(mini_tokenizer).compiler
    for i in range(70):
        compiler.tool_calls([tool(f"f{i}", {})], "auto")
    assert len(compiler._grammars) == 64
    first = compiler._grammars[next(reversed(compiler._grammars))]
    compiler.tool_calls([tool("f69", {})], "auto")
    assert compiler._grammars[next(reversed(compiler._grammars))] is first


def test_a_reply_does_not_disturb_another_of_the_same_grammar(world: World) -> None:
    one, other = (world.compiler.tool_calls(TOOLS, "auto") for _ in range(2))
    before = tokens_allowed(other, world.vocab_size).tolist()
    assert world.refusal(one, [CALL], "<|observation|>") == ""
    assert tokens_allowed(other, world.vocab_size).tolist() == before


def test_without_llguidance_the_way_to_get_it_is_named(
    mini_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "llguidance", None)
    with pytest.raises(ConfigError, match="llguidance") as caught:
        World(mini_tokenizer)
    assert caught.value.hints() == ["pip install 'glmkit[serve]'"]
