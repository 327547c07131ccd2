"""Tools and formats that a reply keeps to: calls that cannot be malformed, whatever the model would rather say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_server import ANSWER, INTERPRETER, TOOLS, Running

PATH = "/v1/chat/completions"
TIME = {
    "type": "function",
    "function": {
        "name": "get_time",
        "parameters": {
            "type": "object",
            "properties": {"zone": {"type": "string", "enum": ["UTC", "CET"]}, "short": {"type": "boolean"}},
            "required": ["zone", "short"],
            "additionalProperties": False,
        },
    },
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 8}, "age": {"type": "integer", "minimum": 0, "maximum": 99}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


def only_call(choice: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    assert choice["finish_reason"] == "tool_calls", choice
    (call,) = choice["message"]["tool_calls"]
    return call["function"]["name"], json.loads(call["function"]["arguments"])


@pytest.mark.parametrize("seed", range(4))
def test_a_required_call_is_made_and_fits_its_schema(server: Running, seed: int) -> None:
    more = {"tools": [TIME], "tool_choice": "required", "temperature": 2, "top_p": 1, "seed": seed}
    name, arguments = only_call(server.chat("hello", **more))
    assert name == "get_time"
    assert set(arguments) == {"zone", "short"}
    assert arguments["zone"] in ("UTC", "CET") and isinstance(arguments["short"], bool)


def test_a_named_call_is_that_one(server: Running) -> None:
    choice = {"type": "function", "function": {"name": "get_time"}}
    name, arguments = only_call(server.chat("weather", tools=[*TOOLS, TIME], tool_choice=choice))
    assert name == "get_time" and arguments["zone"] in ("UTC", "CET")
    function = {"name": "get_time"}
    legacy = server.chat("weather", functions=[TIME["function"]], function_call=function)
    assert (legacy["finish_reason"], legacy["message"]["function_call"]["name"]) == ("function_call", "get_time")


@pytest.mark.parametrize("name", ["auto", "none", "required"])
def test_a_tool_that_is_called_as_a_word_of_the_choice_can_be_named(server: Running, name: str) -> None:
    tools = [*TOOLS, {"type": "function", "function": {**TIME["function"], "name": name}}]
    choice = {"type": "function", "function": {"name": name}}
    called, arguments = only_call(server.chat("weather", tools=tools, tool_choice=choice))
    assert called == name and arguments["zone"] in ("UTC", "CET")
    assert server.chat("weather", tools=tools, tool_choice="none")["finish_reason"] != "tool_calls"
    body = {"messages": [{"role": "user", "content": "weather"}], "tools": tools, "tool_choice": choice}
    status, answer = server.post(PATH, {**body, "response_format": {"type": "json_object"}})
    assert status == 400 and answer["error"]["param"] == "response_format"


def test_auto_leaves_the_choice_to_the_model(server: Running) -> None:
    assert only_call(server.chat("weather", tools=TOOLS)) == ("get_weather", {"city": "北京", "days": 3})
    assert server.chat("hello", tools=TOOLS)["message"]["content"] == "a tool, if you like"


def test_arguments_are_streamed_while_they_are_written(server: Running) -> None:
    body = {"messages": [{"role": "user", "content": "weather"}], "temperature": 0, "tools": TOOLS}
    events = server.events(PATH, body)
    calls = [call for event in events for call in event["choices"][0]["delta"].get("tool_calls", ())]
    pieces = [call["function"]["arguments"] for call in calls]
    assert len([piece for piece in pieces if piece]) >= 3
    assert json.loads("".join(pieces)) == {"city": "北京", "days": 3}


def test_a_call_that_is_cut_has_the_arguments_so_far(server: Running) -> None:
    choice = server.chat("weather", tools=TOOLS, tool_choice="required", max_tokens=18)
    assert choice["finish_reason"] == "length"
    arguments = choice["message"]["tool_calls"][0]["function"]["arguments"]
    assert arguments == "" or arguments.startswith('{"city": "')


def test_the_interpreter_can_be_demanded(server: Running) -> None:
    name, arguments = only_call(server.chat("hello", tools=[INTERPRETER], tool_choice="required"))
    assert name == "interpreter" and isinstance(arguments["code"], str)


@pytest.mark.parametrize("seed", range(3))
def test_a_reply_keeps_to_its_json_schema(server: Running, seed: int) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON, "strict": True}}
    more = {"response_format": schema, "temperature": 2, "top_p": 1, "seed": seed, "max_tokens": 300}
    choice = server.chat("hello", **more)
    assert choice["finish_reason"] == "stop"
    person = json.loads(choice["message"]["content"])
    assert set(person) == {"name", "age"} and 0 <= person["age"] <= 99 and len(person["name"]) <= 8


def test_a_reply_is_a_json_object_or_plain_text_as_asked(server: Running) -> None:
    more = {"temperature": 0.5, "seed": 1, "max_tokens": 800}
    choice = server.chat("hello", response_format={"type": "json_object"}, **more)
    if choice["finish_reason"] == "stop":
        assert isinstance(json.loads(choice["message"]["content"]), dict)
    assert choice["message"]["content"].startswith("{")
    assert server.chat("hello", response_format={"type": "text"})["message"]["content"] == ANSWER


def test_n_choices_are_constrained_each_by_itself(server: Running) -> None:
    body = {"messages": [{"role": "user", "content": "hello"}], "tools": [TIME], "tool_choice": "required", "n": 4}
    answer = server.post(PATH, {**body, "temperature": 2, "top_p": 1, "seed": 5})[1]
    assert [only_call(choice)[0] for choice in answer["choices"]] == ["get_time"] * 4


@pytest.mark.parametrize("held", [{"tools": [TIME]}, {"response_format": {"type": "json_object"}}])
def test_a_reply_that_is_held_to_a_form_cannot_go_on_behind_its_end(server: Running, held: dict[str, Any]) -> None:
    body = {"messages": [{"role": "user", "content": "hello"}], "ignore_eos": True, **held}
    status, answer = server.post(PATH, body)
    assert (status, answer["error"]["param"]) == (400, "ignore_eos")
    assert "ends where it is complete" in answer["error"]["message"]
    assert server.post(PATH, {**body, "max_tokens": 3, "ignore_eos": False})[0] == 200


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"type": "object", "properties": {"x": {"$ref": "http://169.254.169.254/x"}}}, "$ref"),
        ({"type": "object", "properties": {"x": {"enum": list(range(100_000))}}}, "is more than this server takes"),
    ],
)
def test_schemas_that_cannot_be_kept_are_refused(server: Running, parameters: Any, sentence: str) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    body = {"messages": [{"role": "user", "content": "hello"}], "tools": [tool], "tool_choice": "required"}
    status, answer = server.post(PATH, body)
    assert status == 400 and sentence in answer["error"]["message"], answer


def test_langchain_structures_its_output(server: Running) -> None:
    module = pytest.importorskip("langchain_openai", reason="needs the extra [test]")
    model = module.ChatOpenAI(
        model="talking", base_url=f"{server.url}/v1", api_key="none", temperature=0, max_retries=0
    )
    structured = model.with_structured_output({"title": "person", "description": "who", **PERSON})
    assert set(structured.invoke("hello")) == {"name", "age"}
    bound = model.bind_tools([TIME["function"]], tool_choice="any")
    assert bound.invoke("hello").tool_calls[0]["name"] == "get_time"
    named = model.bind_tools([TIME["function"], *[tool["function"] for tool in TOOLS]], tool_choice="get_time")
    assert named.invoke("weather").tool_calls[0]["name"] == "get_time"
