"""One suite through three clients: OpenAI's own, LangChain's ChatOpenAI, and curl."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from api_server import ANSWER, TOOLS, WEATHER, Running

openai = pytest.importorskip("openai", reason="needs the extra [test]")

MODEL = "talking"
HELLO = [{"role": "user", "content": "hello"}]
ASK_WEATHER = [{"role": "user", "content": "weather"}]
ARGUMENTS = {"city": "北京", "days": 3}


@pytest.fixture
def client(server: Running) -> Any:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_openai_chats(client: Any) -> None:
    completion = client.chat.completions.create(model=MODEL, messages=HELLO, temperature=0)
    assert completion.choices[0].message.content == ANSWER
    assert completion.choices[0].message.raw == "\n" + ANSWER
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_openai_streams(client: Any) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=HELLO, temperature=0, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER
    assert chunks[-1].usage.completion_tokens > 5


def test_openai_assembles_a_streamed_call(client: Any) -> None:
    with client.chat.completions.stream(model=MODEL, messages=ASK_WEATHER, temperature=0, tools=TOOLS) as stream:
        kinds = {event.type for event in stream}
        message = stream.get_final_completion().choices[0].message
    assert "tool_calls.function.arguments.delta" in kinds
    assert json.loads(message.tool_calls[0].function.arguments) == ARGUMENTS
    assert message.content == "I look."


def test_openai_lists_models_and_completes(client: Any) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).max_model_len == 1024
    completion = client.completions.create(model=MODEL, prompt="The quick brown", temperature=0, max_tokens=4)
    assert (completion.usage.completion_tokens, completion.choices[0].finish_reason) == (4, "length")


def test_openai_raises_its_own_errors(client: Any) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-9", messages=HELLO)
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model=MODEL, messages=HELLO, temperature=3)
    assert (bad.value.param, bad.value.type) == ("temperature", "invalid_request_error")
    assert "less than or equal to 2; it is 3" in str(bad.value)
    with pytest.raises(openai.BadRequestError) as long:
        client.chat.completions.create(model=MODEL, messages=HELLO, max_tokens=5000)
    assert long.value.code == "context_length_exceeded"
    assert "the reply needs 5000, but the context holds 1024" in str(long.value)


def test_openai_leaves_a_stream_and_its_request_ends(server: Running, client: Any) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=HELLO, stream=True, max_tokens=900, extra_body={"ignore_eos": True}
    )
    next(iter(stream))
    assert server.api.loop.num_open == 1
    stream.close()
    assert server.wait_until(lambda: server.api.loop.num_open == 0) < 1


@pytest.fixture
def langchain(server: Running) -> Any:
    module = pytest.importorskip("langchain_openai", reason="needs the extra [test]")
    return module.ChatOpenAI(
        model=MODEL, base_url=f"{server.url}/v1", api_key="none", temperature=0, max_retries=0, stream_usage=True
    )


def test_langchain_chats_and_streams(langchain: Any) -> None:
    assert langchain.invoke("hello").content == ANSWER
    chunks = list(langchain.stream("hello"))
    assert "".join(chunk.content for chunk in chunks) == ANSWER
    assert sum((chunk.usage_metadata or {}).get("output_tokens", 0) for chunk in chunks) > 5


def test_langchain_calls_tools_and_sends_their_results(langchain: Any) -> None:
    bound = langchain.bind_tools([{"type": "function", "function": WEATHER}])
    message = bound.invoke("weather")
    assert message.tool_calls[0]["args"] == ARGUMENTS and message.content == "I look."
    whole = None
    for chunk in bound.stream("weather"):
        whole = chunk if whole is None else whole + chunk
    assert whole.tool_calls[0]["args"] == ARGUMENTS
    result = {"role": "tool", "content": "21.5", "tool_call_id": message.tool_calls[0]["id"]}
    assert bound.invoke([("user", "weather"), message, result]).content == "ok"


def curl(*arguments: str) -> str:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def test_curl_chats_streams_and_reads_errors(server: Running) -> None:
    url, json_type = f"{server.url}/v1/chat/completions", ["-H", "Content-Type: application/json"]
    body = {"model": MODEL, "messages": HELLO, "temperature": 0}
    answer = json.loads(curl(url, *json_type, "-d", json.dumps(body)))
    assert answer["choices"][0]["message"]["content"] == ANSWER
    lines = curl("-N", url, *json_type, "-d", json.dumps({**body, "stream": True})).split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""] and len(lines) > 5
    fault = json.loads(curl(url, *json_type, "-d", '{"messages": []}'))
    assert fault["error"] == {
        "message": "messages is empty",
        "type": "invalid_request_error",
        "param": "messages",
        "code": None,
    }
    assert json.loads(curl(f"{server.url}/health")) == {"status": "ok"}
    assert "415" in curl("-o", "/dev/null", "-w", "%{http_code}", url, "-d", "{}")
