"""glmkit-mini behind the API: one suite through OpenAI's client, LangChain's ChatOpenAI and curl, and held replies."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from shutil import which
from typing import Any

import pytest
from api_server import Running, Start

from glmkit.chat.tokenizer import Tokenizer
from glmkit.loading import load_model, tools_layout_of

openai = pytest.importorskip("openai", reason="needs the extra [test]")
jsonschema = pytest.importorskip("jsonschema", reason="needs the extra [test]")

NAME = "glmkit-mini"
WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "Get the weather of a city",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "name of the city", "maxLength": 30},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
        },
        "required": ["city"],
        "additionalProperties": False,
    },
}
TRIP: dict[str, Any] = {
    "name": "book_trip",
    "description": "Book a train",
    "parameters": {
        "type": "object",
        "properties": {
            "places": {"type": "array", "items": {"type": "string", "maxLength": 12}, "minItems": 1, "maxItems": 3},
            "class": {"type": "string", "enum": ["first", "second"]},
            "price": {"type": "number"},
            "quiet": {"type": ["boolean", "null"]},
        },
        "required": ["places", "class", "quiet"],
        "additionalProperties": False,
    },
}
TOOLS = [{"type": "function", "function": function} for function in (WEATHER, TRIP)]
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "age": {"type": "integer", "minimum": 0, "maximum": 99},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
HELLO = [{"role": "user", "content": "Hello"}]
ASKED = [{"role": "user", "content": "What is the weather in Paris?"}]


@pytest.fixture(scope="module")
def mini(start: Start, mini_tokenizer: Tokenizer) -> Iterator[Running]:
    assert tools_layout_of(NAME) == "as_is"
    model = load_model(NAME, dtype="float32", device="cpu")
    with start(model=model, tokenizer=mini_tokenizer, name=NAME, max_batch=32) as running:
        yield running


@pytest.fixture(scope="module")
def client(mini: Running) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{mini.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def ask(client: Any, messages: list[dict[str, Any]], **more: Any) -> Any:
    return client.chat.completions.create(
        model=NAME, messages=messages, **{"temperature": 0, "max_tokens": 100, **more}
    )


def check_call(call: Any, *functions: dict[str, Any]) -> None:
    """Fail unless a call is of one of the functions, and its arguments fit as jsonschema reads the schema."""
    schema = {function["name"]: function["parameters"] for function in functions}[call.function.name]
    jsonschema.validate(json.loads(call.function.arguments), schema)


def test_openai_chats_and_streams(client: Any) -> None:
    choice = ask(client, HELLO).choices[0]
    assert choice.finish_reason == "stop" and "Hello" in choice.message.content
    chunks = list(ask(client, HELLO, stream=True, stream_options={"include_usage": True}))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == choice.message.content
    assert chunks[-1].usage.completion_tokens > 3


def test_all_four_forms_of_tool_choice(client: Any) -> None:
    (call,) = ask(client, ASKED, tools=TOOLS).choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)["city"]) == ("get_weather", "Paris")
    assert ask(client, HELLO, tools=TOOLS).choices[0].message.tool_calls is None
    assert ask(client, ASKED, tools=TOOLS, tool_choice="none").choices[0].message.tool_calls is None
    (call,) = ask(client, HELLO, tools=TOOLS, tool_choice="required").choices[0].message.tool_calls
    check_call(call, WEATHER, TRIP)
    named = {"type": "function", "function": {"name": "book_trip"}}
    (call,) = ask(client, HELLO, tools=TOOLS, tool_choice=named, max_tokens=200).choices[0].message.tool_calls
    check_call(call, TRIP)


def test_a_streamed_call_is_the_call_without_a_stream(client: Any) -> None:
    (call,) = ask(client, ASKED, tools=TOOLS).choices[0].message.tool_calls
    with client.chat.completions.stream(
        model=NAME, messages=ASKED, tools=TOOLS, temperature=0, max_tokens=100
    ) as stream:
        message = stream.get_final_completion().choices[0].message
    assert message.tool_calls[0].function.arguments == call.function.arguments


def test_the_result_of_a_call_is_told(client: Any) -> None:
    message = ask(client, ASKED, tools=TOOLS).choices[0].message
    history = [*ASKED, message.model_dump(exclude_none=True)]
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": '{"temperature": 17}'}
    answer = ask(client, [*history, result], tools=TOOLS).choices[0]
    assert answer.finish_reason == "stop" and "17" in answer.message.content


def test_formats_hold_the_reply(client: Any) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON, "strict": True}}
    drawn = {"temperature": 1, "top_p": 1, "seed": 0}
    for choice in ask(client, HELLO, response_format=schema, n=8, max_tokens=600, **drawn).choices:
        assert choice.finish_reason == "stop"
        jsonschema.validate(json.loads(choice.message.content), PERSON)
    for choice in ask(client, HELLO, response_format={"type": "json_object"}, n=8, max_tokens=60, **drawn).choices:
        assert choice.message.content.startswith("{")
        if choice.finish_reason == "stop":
            assert isinstance(json.loads(choice.message.content), dict)


def test_errors_and_leaving_a_stream(mini: Running, client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as bad:
        ask(client, HELLO, max_tokens=5000)
    assert bad.value.code == "context_length_exceeded"
    stream = ask(client, HELLO, stream=True, max_tokens=3000, extra_body={"ignore_eos": True})
    next(iter(stream))
    stream.close()
    assert mini.wait_until(lambda: mini.api.loop.num_open == 0) < 1


def test_langchain_chats_streams_and_calls(mini: Running) -> None:
    module = pytest.importorskip("langchain_openai", reason="needs the extra [test]")
    model = module.ChatOpenAI(
        model=NAME, base_url=f"{mini.url}/v1", api_key="none", temperature=0, max_retries=0, max_tokens=100
    )
    assert model.invoke("Hello").content == "".join(chunk.content for chunk in model.stream("Hello")) != ""
    bound = model.bind_tools(TOOLS)
    message = bound.invoke("What is the weather in Paris?")
    assert message.tool_calls[0]["name"] == "get_weather" and message.tool_calls[0]["args"]["city"] == "Paris"
    structured = model.with_structured_output({"title": "person", "description": "who", **PERSON})
    assert set(structured.invoke("Hello")) == {"name", "age"}


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_curl_chats_and_calls(mini: Running) -> None:
    body = {"model": NAME, "messages": ASKED, "temperature": 0, "tools": TOOLS, "tool_choice": "required"}
    command = ["curl", "-sS", "--max-time", "20", f"{mini.url}/v1/chat/completions"]
    command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    choice = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["choices"][0]
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "get_weather"


@pytest.mark.parametrize("count", [48, pytest.param(2000, marks=[pytest.mark.slow, pytest.mark.long])])
def test_no_call_sampled_at_temperature_one_is_invalid(client: Any, count: int) -> None:
    """Whatever it says: top_p 1 draws from the whole vocabulary; what the mask lets through must be a call."""

    def draw(seed: int) -> list[Any]:
        messages = HELLO if seed % 32 else ASKED
        more = {"tools": TOOLS, "tool_choice": "required", "temperature": 1, "top_p": 1, "n": 16, "seed": 1000 * seed}
        return list(ask(client, messages, max_tokens=600, **more).choices)

    with ThreadPoolExecutor(2) as pool:
        choices = [choice for some in pool.map(draw, range(count // 16)) for choice in some]
    assert len(choices) == count
    for choice in choices:
        assert choice.finish_reason == "tool_calls", choice
        (call,) = choice.message.tool_calls
        check_call(call, WEATHER, TRIP)
    assert len({choice.message.tool_calls[0].function.name for choice in choices}) == 2
