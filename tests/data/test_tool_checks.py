"""Tools and calls against their schemas: what is a fault, what a remark, and what a stranger's schema may not do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.data.tool_checks import check_tools
from tests.chat.test_json_schema import json_values, words

USER, REPLY = {"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}


def row(tools: Any, *calls: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    messages = [{"role": "tool", "name": name, "parameters": arguments} for name, arguments in calls]
    return {"tools": tools, "conversations": [USER, *messages, REPLY]}


def faults(tools: Any, *calls: tuple[str, dict[str, Any]]) -> list[str]:
    return [problem.text() for problem in check_tools(row(tools, *calls)).faults]


def tool(**schema: Any) -> list[dict[str, Any]]:
    return [{"name": "f", "parameters": {"type": "object", **schema}}]


def properties(**by_name: Any) -> list[dict[str, Any]]:
    return tool(properties=by_name)


@pytest.mark.parametrize(
    ("tools", "call", "fault"),
    [
        (properties(), ("g", {}), "conversations[1] calls 'g', which the row does not declare; its tools are f"),
        (
            tool(required=["a"], properties={}),
            ("f", {}),
            "conversations[1] calls 'f' without 'a', which that tool requires",
        ),
        (
            properties(a={"type": "integer"}),
            ("f", {"a": "3"}),
            "conversations[1] calls 'f' with a = \"3\"; the type of 'a' is integer",
        ),
        (
            properties(a={"type": ["string", "null"]}),
            ("f", {"a": 3}),
            "conversations[1] calls 'f' with a = 3; the type of 'a' is string | null",
        ),
        (
            properties(a={"type": "array", "items": {"type": "object", "required": ["b"], "properties": {}}}),
            ("f", {"a": [{"b": 1}, {}]}),
            "conversations[1] calls 'f' without 'a[1].b', which that tool requires",
        ),
        (
            properties(a={"enum": ["x", "y"]}),
            ("f", {"a": "z"}),
            "conversations[1] calls 'f' with a = \"z\"; 'a' is one of: x, y",
        ),
        (properties(a={"const": 1}), ("f", {"a": True}), "conversations[1] calls 'f' with a = true; 'a' is one of: 1"),
        (
            properties(a={"anyOf": [{"type": "string"}, {"type": "null"}]}),
            ("f", {"a": 3}),
            "conversations[1] calls 'f' with a = 3, which fits none of the forms of 'a': string | null",
        ),
        (
            tool(properties={"a": {}, "b": {}}, additionalProperties=False),
            ("f", {"c": 3}),
            "conversations[1] calls 'f' with 'c', which that tool does not allow; it knows a, b",
        ),
        (
            tool(properties={"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": {"type": "string"}}}),
            ("f", {"a": 1}),
            "conversations[1] calls 'f' with a = 1; the type of 'a' is string",
        ),
        (
            tool(allOf=[{"properties": {"a": {"type": "string"}}}]),
            ("f", {"a": 1}),
            "conversations[1] calls 'f' with a = 1; the type of 'a' is string",
        ),
    ],
)
def test_a_call_that_its_tool_does_not_allow_is_named(tools: Any, call: Any, fault: str) -> None:
    assert faults(tools, call) == [fault]
    wrapped = [{"type": "function", "function": function} for function in tools]
    assert faults(wrapped, call) == [fault]
    in_system = {
        "conversations": [{"role": "system", "content": "", "tools": tools}, *row(None, call)["conversations"]]
    }
    assert [p.text() for p in check_tools(in_system).faults] == [fault.replace("conversations[1]", "conversations[2]")]


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        ({"type": "integer"}, 3.0),
        ({"type": "number"}, 3),
        ({"type": "string", "nullable": True}, None),
        ({"type": "dict"}, {"x": 1}),  # no type of JSON Schema: nothing is known about it
        ({"type": "string", "enum": None, "items": None}, "x"),  # a table fills up its rows with nulls
        ({"enum": ["a"], "const": "a"}, "a"),
        ({"type": "string", "pattern": "(a+)+$"}, "a" * 60 + "!"),  # patterns are not run
        ({"$ref": "https://example.com/schema.json"}, 1),  # nothing is fetched
        ({"$ref": "#/components/schemas/City"}, 1),
        ({"oneOf": [{"type": "string"}, {"minLength": 1}]}, "both fit"),
        (True, 1),
    ],
)
def test_what_a_schema_does_not_forbid_is_no_fault(schema: Any, arguments: Any) -> None:
    assert faults(properties(a=schema), ("f", {"a": arguments})) == []


@pytest.mark.parametrize(
    "tools",
    [
        None,
        [],
        ["f: a document in natural language"],
        ["a document", {"name": "g"}],
        {"f": {"description": "tools by name"}},
        [{"name_for_model": "f", "parameters": [{"name": "a"}]}],
        [{"name": "g", "parameters": {"a": {"type": "str"}}}, "f"],
    ],
)
def test_tools_in_another_layout_say_nothing_about_calls(tools: Any) -> None:
    found = check_tools(row(tools, ("f", {"a": 1})))
    assert (found.faults, found.remarks) == ([], [])


def test_arguments_by_name_without_a_schema_are_not_checked() -> None:
    assert faults([{"name": "f", "parameters": {"type": {"description": "a kind"}}}], ("f", {"type": 1})) == []
    assert faults([{"name": "f"}], ("f", {"a": 1})) == []


@pytest.mark.parametrize(
    ("tools", "fault"),
    [
        (
            [{"name": "f"}, {"description": "x"}],
            'tools[1] is {"description": "x"}, which has no name; '
            'a tool is {"name": ..., "description": ..., "parameters": {...}}',
        ),
        (
            [{"name": "f"}, 5],
            'tools[1] is 5, which has no name; a tool is {"name": ..., "description": ..., "parameters": {...}}',
        ),
        ([{"name": "f"}, {"name": "f"}], "tools[1] declares the tool 'f' a second time; names must differ"),
        (
            [{"name": "f", "parameters": "none"}],
            "tools[0], tool 'f': parameters is \"none\"; in a JSON Schema it is: object",
        ),
        (
            properties(a="a city"),
            "tools[0], tool 'f': parameters.properties.a is \"a city\"; in a JSON Schema it is: object",
        ),
        (
            properties(a={"enum": "x"}),
            "tools[0], tool 'f': parameters.properties.a.enum is \"x\"; in a JSON Schema it is: array",
        ),
        (
            tool(required="a"),
            "tools[0], tool 'f': parameters.required is \"a\"; in a JSON Schema it is: array of strings",
        ),
        (tool(items={"type": 3}), "tools[0], tool 'f': parameters.items.type is 3; in a JSON Schema it is: string"),
        (tool(anyOf=[4]), "tools[0], tool 'f': parameters.anyOf[0] is 4; in a JSON Schema it is: object"),
    ],
)
def test_a_malformed_declaration_is_named_and_its_calls_are_not_blamed(tools: Any, fault: str) -> None:
    assert faults(tools, ("nobody knows", {})) == [fault]


def test_names_and_unknown_arguments_are_remarked_on() -> None:
    tools = [{"name": "get.sky", "parameters": {"type": "object", "properties": {"class": {}}}}]
    found = check_tools(row(tools, ("get.sky", {"class": 1, "start-date": 2})))
    assert found.faults == []
    python = "which is not a Python name; glmkit writes and reads it, the original cannot read such a call"
    extra = "which its schema neither knows nor forbids; it knows class"
    assert [remark.text() for remark in found.remarks] == [
        'tools[0] is called "get.sky"; other programs want letters, digits, _ and - in the name of a tool',
        f"conversations[1] calls 'get.sky' with the argument name \"class\", {python}",
        f"conversations[1] calls 'get.sky' with the argument name \"start-date\", {python}",
        f"conversations[1] calls 'get.sky' with 'start-date', {extra}",
    ]
    assert check_tools(row([{"name": "查询-天气_2"}], ("查询-天气_2", {"城市": 1}))).remarks == []


def test_calls_written_out_in_text_are_checked_too() -> None:
    def spelled(text: str) -> dict[str, Any]:
        return {
            "tools": properties(a={"type": "string"}),
            "conversations": [USER, {**REPLY, "metadata": "f", "content": text}],
        }

    found = check_tools(spelled("```python\ntool_call(a=1)\n```"))
    assert [fault.code for fault in found.faults] == ["data-call-type"]
    found = check_tools(spelled("```python\ntool_call(a=b)\n```"))
    assert ([fault.code for fault in found.faults], [remark.code for remark in found.remarks]) == (
        [],
        ["data-remark-unreadable-call"],
    )
    assert check_tools(spelled("```python\nprint(1)\n```")).remarks == []  # the interpreter's


@given(tools=st.lists(json_values, max_size=3) | json_values, arguments=st.dictionaries(words, json_values, max_size=3))
def test_any_tools_give_findings_that_have_a_sentence(tools: Any, arguments: dict[str, Any]) -> None:
    if not isinstance(tools, (list, dict)):
        tools = [tools]
    found = check_tools(row(tools, ("a", arguments)))
    for problem in [*found.faults, *found.remarks]:
        assert problem.text().startswith(("tools", "conversations[1]"))
