"""Layouts of tools: literal examples, what survives the way there and back, every fault by field, one place for all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.chat.conversation import TOOL_SENTENCE
from glmkit.chat.protocol import encode_chat, encode_conversation, make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import LAYOUTS, common_layout, layout_of, tool_problems, write_tools, written_layout
from glmkit.errors import ConfigError, DataError

SCHEMA = [
    {
        "name": "get_weather",
        "description": "查询天气",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "The city"},
                "unit": {"type": "string", "description": "", "enum": ["c", "f"], "default": "c"},
                "days": {"type": "array", "items": {"type": "integer"}, "description": "Which\ndays."},
                "place": {
                    "type": "object",
                    "description": "",
                    "properties": {"lat": {"type": "number"}, "tags": {"type": "array"}, "x": {}},
                    "required": ["lat"],
                },
            },
            "required": ["city", "days"],
        },
    },
    {"name": "now", "description": "Tells the time.", "parameters": {"type": "object", "properties": {}}},
]
ORIGINAL = {
    "get_weather": {
        "name": "get_weather",
        "description": "查询天气",
        "params": [
            {"name": "city", "description": "The city", "type": "str", "required": True},
            {
                "name": "unit",
                "description": "",
                "type": "str",
                "required": False,
                "schema": {"enum": ["c", "f"], "default": "c"},
            },
            {"name": "days", "description": "Which\ndays.", "type": "list[int]", "required": True},
            {
                "name": "place",
                "description": "",
                "type": "dict",
                "required": False,
                "schema": {
                    "properties": {"lat": {"type": "number"}, "tags": {"type": "array"}, "x": {}},
                    "required": ["lat"],
                },
            },
        ],
    },
    "now": {"name": "now", "description": "Tells the time.", "params": []},
}
NATURAL = [
    "get_weather: 查询天气\n"
    'Parameters: {"city": "Required. string. The city", "unit": "string. One of: [c, f]. Default: \\"c\\".", '
    '"days": "Required. Array[integer]. Which days.", "place": "Object{lat: number, tags: Array, x}."}\n'
    "now: Tells the time.\n"
    "Parameters: {}"
]
OPENAI = [{"type": "function", "function": function} for function in SCHEMA]
WRITTEN = {"schema": SCHEMA, "original": ORIGINAL, "natural": NATURAL}


@pytest.mark.parametrize("given_tools", [SCHEMA, ORIGINAL, OPENAI], ids=["schema", "original", "openai"])
@pytest.mark.parametrize("layout", WRITTEN)
def test_every_form_is_written_in_every_layout(given_tools: Any, layout: str) -> None:
    written = write_tools(given_tools, layout)
    assert written == WRITTEN[layout]
    assert layout_of(written) == layout
    assert list(written) == list(WRITTEN[layout])
    assert write_tools(given_tools, "as_is") is given_tools
    for tools in (given_tools, ["text"], []):
        for name in LAYOUTS:
            assert written_layout(tools, name) == layout_of(write_tools(tools, name))


def test_a_schema_that_is_whole_keeps_its_bytes() -> None:
    assert json.dumps(write_tools(SCHEMA, "schema")) == json.dumps(SCHEMA)


def test_natural_text_is_kept_in_any_layout(shared: Any) -> None:
    apis = json.loads((shared / "data" / "toolalpaca_train_format.json").read_text(encoding="utf-8"))
    for text in (api["NLDocumentation"] for api in apis):
        for layout in LAYOUTS:
            assert write_tools([text], layout) == [text]
        assert layout_of([text]) == "natural"
        assert tool_problems([text]) == []


def test_our_natural_text_has_the_form_of_toolalpacas(shared: Any) -> None:
    """The two lines of each tool that are not about its output are read by one pattern in theirs and in ours."""
    (api, *_) = json.loads((shared / "data" / "toolalpaca_train_format.json").read_text(encoding="utf-8"))
    for text in (api["NLDocumentation"], NATURAL[0]):
        lines = [line for line in text.strip().split("\n") if not line.startswith(("Output:", " - "))]
        assert all(line.split(": ", 1)[0].isidentifier() for line in lines[::2])
        assert all(isinstance(json.loads(line.removeprefix("Parameters: ")), dict) for line in lines[1::2])


def test_what_is_missing_or_unknown_of_a_definition() -> None:
    assert write_tools([{"name": "f", "strict": True}], "schema") == [
        {"name": "f", "description": "", "parameters": {"type": "object", "properties": {}}}
    ]
    assert write_tools({"f": {"params": [{"name": "x", "type": "tuple[int, int]"}, {"name": "y"}]}}, "schema") == [
        {
            "name": "f",
            "description": "",
            "parameters": {
                "type": "object",
                "properties": {"x": {"type": "array", "description": ""}, "y": {"description": ""}},
            },
        }
    ]
    for layout, empty in (("schema", []), ("original", {}), ("natural", [])):
        assert write_tools([], layout) == empty


def test_layouts_are_told_apart() -> None:
    for tools in (OPENAI, [], {}, [SCHEMA[0], "text"], [7], {"f": 7}, {"f": {"name": "f"}}, "x", None):
        assert layout_of(tools) == "as_is", tools
    assert common_layout(["schema", "", "schema"], "as_is") == "schema"
    assert common_layout(["schema", "natural"], "as_is") == "as_is"
    assert common_layout(["", ""], "original") == "original"


NAMES = st.text(min_size=1).filter(lambda name: name == name.strip() and "\n" not in name)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null"])
PROPERTY = st.fixed_dictionaries(
    {"description": st.text(max_size=8)},
    optional={
        "type": TYPES | st.lists(TYPES, min_size=2, max_size=3, unique=True),
        "enum": st.lists(JSON, max_size=3),
        "items": st.fixed_dictionaries({"type": TYPES}) | JSON,
        "properties": JSON,
        "required": JSON,
        "default": JSON,
        "name": JSON,
    },
)


@st.composite
def schemas(draw: st.DrawFn) -> list[dict[str, Any]]:
    tools = []
    for name in draw(st.lists(NAMES, max_size=3, unique=True)):
        properties = draw(st.dictionaries(NAMES, PROPERTY, max_size=3))
        required = [key for key in properties if draw(st.booleans())]
        parameters = {"type": "object", "properties": properties, **({"required": required} if required else {})}
        parameters |= draw(st.dictionaries(st.sampled_from(["title", "additionalProperties"]), JSON))
        tools.append({"name": name, "description": draw(st.text(max_size=8)), "parameters": parameters})
    return tools


@given(schemas())
def test_schemas_survive_the_original_layout_whole(tools: list[dict[str, Any]]) -> None:
    """Names, descriptions, required, types, and by "schema" everything else."""
    original = write_tools(tools, "original")
    assert list(original) == [tool["name"] for tool in tools]
    assert write_tools(original, "schema") == tools
    assert write_tools(original, "original") == original


@given(schemas())
def test_natural_text_names_everything_on_two_lines_a_tool(tools: list[dict[str, Any]]) -> None:
    lines = [line for text in write_tools(tools, "natural") for line in text.split("\n")]
    assert len(lines) == 2 * len(tools)
    for tool, header, parameters in zip(tools, lines[::2], lines[1::2], strict=True):
        assert header.startswith(f"{tool['name']}: ")
        texts = json.loads(parameters.removeprefix("Parameters: "))
        assert list(texts) == list(tool["parameters"]["properties"])
        required = tool["parameters"].get("required", [])
        assert all(text.startswith("Required.") for name, text in texts.items() if name in required)


@given(JSON | st.lists(st.dictionaries(st.sampled_from(["name", "description", "parameters", "params"]), JSON)))
def test_any_value_is_written_or_refused_with_its_field(tools: Any) -> None:
    faults = tool_problems(tools)
    assert all(fault.values["field"].startswith("tools") and fault.text() for fault in faults)
    for layout in ("schema", "original", "natural"):
        if faults:
            with pytest.raises(DataError):
                write_tools(tools, layout)
        else:
            json.dumps(write_tools(tools, layout))


def tool(**changes: Any) -> list[dict[str, Any]]:
    whole = {"name": "f", "description": "", "parameters": {}} | changes
    return [{key: value for key, value in whole.items() if value is not ...}]


@pytest.mark.parametrize(
    ("tools", "fault"),
    [
        (tool(name=...), "tools[0].name is missing"),
        (tool(name=7), "tools[0].name must be string, not number"),
        (
            tool(name=" f"),
            "tools[0].name is ' f'; a tool's name must be one line, not empty, without blanks around it",
        ),
        (tool(description=["x"]), "tools[0].description must be string, not list"),
        (tool(parameters="none"), "tools[0].parameters must be object, not string"),
        (
            tool(parameters={"type": "array"}),
            "tools[0].parameters.type is 'array'; the parameters of a tool are an object",
        ),
        (tool(parameters={"properties": []}), "tools[0].parameters.properties must be object, not list"),
        (
            tool(parameters={"properties": {"x": "string"}}),
            "tools[0].parameters.properties.x must be object, not string",
        ),
        (
            tool(parameters={"properties": {"x": {"type": 3}}}),
            "tools[0].parameters.properties.x.type must be string, not number",
        ),
        (tool(parameters={"required": True}), "tools[0].parameters.required must be list, not boolean"),
        (tool(parameters={"required": [1]}), "tools[0].parameters.required[0] must be string, not number"),
        ([*tool(), *tool()], "tools[1].name is 'f', which another one has; names must differ"),
        ([*tool(), "g: text"], "tools[1] must be object, not string"),
        ([{"type": "function", "function": {}}], "tools[0].function.name is missing"),
        ("f", "tools must be list or object, not string"),
        ({"f": 1}, "tools.f must be object, not number"),
        ({"f": {"name": "g"}}, "tools.f.name is 'g' under the key 'f'; both must be the tool's name"),
        ({"f": {"params": {}}}, "tools.f.params must be list, not object"),
        ({"f": {"params": [1]}}, "tools.f.params[0] must be object, not number"),
        ({"f": {"params": [{}]}}, "tools.f.params[0].name is missing"),
        (
            {"f": {"params": [{"name": "x"}] * 2}},
            "tools.f.params[1].name is 'x', which another one has; names must differ",
        ),
        ({"f": {"params": [{"name": "x", "type": 1}]}}, "tools.f.params[0].type must be string, not number"),
        ({"f": {"params": [{"name": "x", "required": 1}]}}, "tools.f.params[0].required must be boolean, not number"),
        ({"f": {"params": [], "schema": 1}}, "tools.f.schema must be object, not number"),
    ],
)
def test_every_fault_names_its_field(tools: Any, fault: str, small_tokenizer: Tokenizer) -> None:
    assert [problem.text() for problem in tool_problems(tools)] == [fault]
    assert tool_problems(tools, "as_is") == []
    assert write_tools(tools, "as_is") is tools


def test_an_unknown_layout_is_named(small_tokenizer: Tokenizer) -> None:
    sentence = "'xml' is not a layout of tools; the layouts are as_is, schema, original, natural"
    for refused in (lambda: write_tools([], "xml"), lambda: make_protocol(small_tokenizer, tools_layout="xml")):
        with pytest.raises(ConfigError) as caught:
            refused()
        assert str(caught.value) == sentence


TALK = [{"role": "user", "content": "Rain?"}, {"role": "assistant", "content": "No."}]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_training_and_chat_write_the_same_ids(layout: str, small_tokenizer: Tokenizer) -> None:
    sample = encode_conversation({"tools": OPENAI, "conversations": TALK}, small_tokenizer, 4096, tools_layout=layout)
    system = {"role": "system", "content": TOOL_SENTENCE, "tools": OPENAI}
    prompt = encode_chat([system, TALK[0]], small_tokenizer, tools_layout=layout)
    assert sample.input_ids[: len(prompt)] == prompt
    assert sample.tools_layout == layout
    by_hand = {**system, "tools": WRITTEN.get(layout, OPENAI)}
    assert encode_chat([by_hand, TALK[0]], small_tokenizer) == prompt


def test_a_fault_met_in_encoding_names_the_row(small_tokenizer: Tokenizer) -> None:
    from glmkit.chat.conversation import Conversation

    row = Conversation.from_dict({"tools": tool(name=...), "conversations": TALK}, source="a.jsonl:7")
    with pytest.raises(DataError) as caught:
        encode_conversation(row, small_tokenizer, tools_layout="schema")
    assert str(caught.value) == "a.jsonl:7: tools[0].name is missing"
    assert encode_conversation(row, small_tokenizer).tools_layout == "as_is"
