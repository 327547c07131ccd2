"""Whatever is sent: a 4xx that says what is wrong, in OpenAI's form, and a server that goes on."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from api_server import TOOLS, Running
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glmkit.serving.api.limits import LIMITS

PATH = "/v1/chat/completions"
HELLO = {"role": "user", "content": "hello"}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def deep(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"properties": {"x": value}}
    return value


def tool(**more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", **more}}


# what is added to a good request -> the field that is named, and part of the sentence
FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"messages": []}, "messages", "is empty"),
    ({"messages": None}, "messages", "valid array; it is None"),
    ({"messages": "hello"}, "messages", "valid array; it is 'hello'"),
    ({"messages": [HELLO] * (LIMITS.messages + 1)}, "messages", "2049 is more than this server takes (2048)"),
    ({"messages": [1]}, "messages[0]", "should be an object; it is 1"),
    ({"messages": [{"content": "x"}]}, "messages[0].role", "is missing"),
    (
        {"messages": [{"role": "wizard", "content": "x"}]},
        "messages[0].role",
        "unknown role 'wizard'; the roles are sys",
    ),
    ({"messages": [{"role": ["user"], "content": "x"}]}, "messages[0].role", "unknown role ['user']"),
    (
        {"messages": [HELLO, {"role": "assistant", "content": "x"}]},
        "messages[1].role",
        "the last message is the assist",
    ),
    ({"messages": [{"role": "user", "content": ""}]}, "messages[0].content", "is empty"),
    (
        {"messages": [{"role": "user", "content": 5}]},
        "messages[0].content",
        "must be text or a list of text parts, not 5",
    ),
    (
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://169.254.0.1"}}]}
            ]
        },
        "messages[0].content[0]",
        "this model reads text; a part of type 'image_url' is none",
    ),
    (
        {"messages": [{"role": "tool", "content": "x"}]},
        "messages[0].role",
        "a message of role tool must follow the ass",
    ),
    (
        {"messages": [HELLO, {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "b"}]},
        "messages[2].tool_call_id",
        "no call before it has the id 'b'",
    ),
    (
        {
            "messages": [
                HELLO,
                {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "["}}]},
                HELLO,
            ]
        },
        "messages[1].tool_calls[0].function.arguments",
        "must be a JSON object as text, not '['",
    ),
    (
        {"messages": [HELLO, {"role": "assistant", "tool_calls": [{"function": {"name": "a\nb"}}]}, HELLO]},
        "messages[1].tool_calls[0].function.name",
        "'a\\nb' is no tool name",
    ),
    (
        {"messages": [HELLO, {"role": "assistant", "tool_calls": 5}, HELLO]},
        "messages[1].tool_calls",
        "should be a list",
    ),
    ({"messages": [HELLO, {"role": "assistant", "raw": 5}, HELLO]}, "messages[1].raw", "must be the raw of a response"),
    ({"messages": [HELLO, {"role": "assistant", "raw": [[10**9]]}, HELLO]}, "messages[1].raw", "must be the raw"),
    ({"n": 0}, "n", "greater than or equal to 1; it is 0"),
    ({"n": LIMITS.n + 1}, "n", "less than or equal to 16; it is 17"),
    ({"n": "1"}, "n", "valid integer; it is '1'"),
    ({"temperature": -0.1}, "temperature", "greater than or equal to 0"),
    ({"temperature": "hot"}, "temperature", "valid number; it is 'hot'"),
    ({"top_p": 0}, "top_p", "greater than 0"),
    ({"top_k": -2}, "top_k", "greater than or equal to -1"),
    ({"repetition_penalty": 0}, "repetition_penalty", "greater than 0"),
    ({"presence_penalty": 3}, "presence_penalty", "less than or equal to 2"),
    ({"frequency_penalty": -3}, "frequency_penalty", "greater than or equal to -2"),
    ({"seed": -1}, "seed", "greater than or equal to 0"),
    ({"seed": 2**63}, "seed", "less than or equal to"),
    ({"max_tokens": 0}, "max_tokens", "greater than or equal to 1"),
    ({"max_tokens": 10**30}, "messages", "but the context holds 1024"),
    ({"max_completion_tokens": -5}, "max_completion_tokens", "greater than or equal to 1"),
    ({"stop": ["x"] * (LIMITS.stop + 1)}, "stop", "at most 16 items"),
    ({"stop": [""]}, "stop", "at least 1 character"),
    ({"stop": "x" * 300}, "stop", "at most 256 characters"),
    ({"logit_bias": {"zzz": 1}}, "logit_bias", "'zzz' is no token id; they are 0 to"),
    ({"logit_bias": {"1": 101}}, "logit_bias", "less than or equal to 100"),
    ({"top_logprobs": LIMITS.top_logprobs + 1, "logprobs": True}, "top_logprobs", "less than or equal to 20"),
    ({"top_logprobs": 2}, "top_logprobs", "needs logprobs: true"),
    ({"stream": "yes"}, "stream", "valid boolean"),
    ({"stream_options": 1}, "stream_options", "it is 1"),
    ({"tools": [1]}, "tools[0].type", "tools must be functions, not 1"),
    ({"tools": [{"type": "browser"}]}, "tools[0].type", "tools must be functions"),
    ({"tools": [{"type": "function"}]}, "tools[0].function", "is missing"),
    ({"tools": [tool(name="")]}, "tools[0].function.name", "''"),
    ({"tools": [tool(), tool()]}, "tools[1].name", "f"),
    ({"tools": [tool(parameters=5)]}, "tools[0].function.parameters", "object"),
    ({"tools": [tool(parameters=deep(40))]}, "tools", "nested deeper than 32 levels"),
    ({"tools": [tool(description="x" * 300_000)]}, "tools", "is more than this server takes (262144)"),
    (
        {"tools": [tool(name=f"f{i}") for i in range(LIMITS.tools + 1)]},
        "tools",
        "129 is more than this server takes (128)",
    ),
    (
        {"tools": TOOLS, "tool_choice": "maybe"},
        "tool_choice",
        "must be one of none, auto, required, or name a function",
    ),
    (
        {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "g"}}},
        "tool_choice",
        "names 'g', which",
    ),
    ({"tool_choice": "required"}, "tool_choice", "asks for a call, but tools is empty"),
    ({"functions": [], "function_call": {"name": "f"}}, "function_call", "asks for a call, but functions is empty"),
    ({"response_format": {"type": "xml"}}, "response_format", "must be one of text, json_object, json_schema"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema", "is missing"),
    (
        {"tools": TOOLS, "tool_choice": "required", "response_format": {"type": "json_object"}},
        "response_format",
        "exclude each other",
    ),
]


@pytest.mark.parametrize(("more", "param", "sentence"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_names_its_field_and_its_value(
    server: Running, more: dict[str, Any], param: str, sentence: str
) -> None:
    status, body = server.post(PATH, {"messages": [HELLO], **more})
    assert status == 400
    error = body["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert sentence in error["message"]
    assert len(error["message"]) < 500


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{" * 5000,
        b"[" * 200_000,
        b"\xff\xfe",
        b'{"messages": "\xc3"}',
        rb'{"messages": [{"role": "user", "content": "\ud800"}]}',
        b'{"messages": [], "temperature": NaN}',
        b'{"messages": [], "temperature": 1e400}',
        b'{"messages": [], "seed": 9223372036854775808}',
        b'{"messages": [], "top_p": Infinity}',
        b"null",
        b"[]",
        b'"x"',
        b"1",
    ],
)
def test_a_body_that_is_no_request_is_a_400(server: Running, body: bytes) -> None:
    status, answer = server.post(PATH, body)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")


def test_paths_and_methods_that_are_not_there(server: Running) -> None:
    for method, path, expected in [
        ("GET", "/v1/nothing", 404),
        ("GET", "//v1/models", 404),
        ("GET", "/v1/models/", 404),
        ("GET", "/v1/models/other", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", PATH, 405),
        ("DELETE", "/v1/models", 405),
        ("GET", "/v1/models?" + "x" * 9000, 414),
    ]:
        status, body, _ = server.request(method, path)
        assert status == expected, (path, body)
        assert body["error"]["type"] == "invalid_request_error"


def test_forms_that_are_not_plain_json_are_refused(server: Running) -> None:
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ):
        status, body, _ = server.request("POST", PATH, b"{}", headers)
        assert (status, body["error"]["code"]) == (415, "unsupported_media_type")


def test_a_body_over_the_limit_is_answered_and_the_connection_goes_on(server: Running) -> None:
    status, body = server.post(PATH, b" " * (3 * LIMITS.body_bytes))
    assert (status, body["error"]["code"]) == (413, "body_too_large")


def raw(server: Running, data: bytes, seconds: float = 5) -> bytes:
    """Send bytes as they are; return all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as connection:
        connection.sendall(data)
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return received


HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


def test_a_body_over_the_limit_is_refused_announced_or_not(server: Running) -> None:
    size = LIMITS.body_bytes + 1
    assert b" 413 " in raw(server, HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % size)
    chunks = (b"%x\r\n%b\r\n" % (2**20, b" " * 2**20)) * 4 + b"1\r\n \r\n"
    answer = raw(server, HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks)
    assert b" 413 " in answer and b"the body is larger than 4194304 bytes" in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\r\n b\x00\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        HEAD + b"Content-Length: x\r\n\r\n{}",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 200_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_400_and_the_connection_closes(server: Running, request_bytes: bytes) -> None:
    answer = raw(server, request_bytes)
    assert answer.startswith(b"HTTP/1.1 400") and b'"type": "invalid_request_error"' in answer


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 40_000, 431),
        (b"GET /health HTTP/1.1\r\nHost: 127.0.0.1" + b"\r\nX: a" * 1000, 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: 127.0.0.1", 414),
    ],
)
def test_a_head_over_the_limit_is_refused(server: Running, head: bytes, status: int) -> None:
    answer = raw(server, head + b"\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d" % status) and b'"type":"invalid_request_error"' in answer


def test_a_request_hidden_in_another_ones_body_is_not_executed(server: Running) -> None:
    hidden = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    head = HEAD + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" % len(hidden)
    answer = raw(server, head + b"0\r\n\r\n" + hidden)
    assert answer.count(b"HTTP/1.1") == 1 and b'"object": "list"' not in answer


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [
    *("model", "messages", "tools", "tool_choice", "functions", "function_call", "response_format", "n", "stop"),
    *("temperature", "top_p", "top_k", "min_p", "seed", "logit_bias", "logprobs", "top_logprobs", "max_tokens"),
    *("stream", "stream_options", "ignore_eos", "min_tokens", "presence_penalty", "user", "echo", "prompt", "tokens"),
]
parts = st.sampled_from([HELLO, CALL, *TOOLS, {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool"}, "f"])
near_misses = st.dictionaries(
    st.sampled_from(FIELDS), json_values | st.lists(parts | json_values, max_size=3) | parts, max_size=5
)
PATHS = st.sampled_from([PATH, "/v1/completions", "/tokenize", "/detokenize", "/v1/adapters/load"])


def check_survives(server: Running, path: str, fields: dict[str, Any], cut: int) -> None:
    base: dict[str, Any] = {"messages": [HELLO], "max_tokens": 2} if path != "/v1/completions" else {"max_tokens": 2}
    body = json.dumps({**base, **fields}).encode()
    status, answer, _ = server.request("POST", path, body[: len(body) - cut] if cut else body)
    assert status < 500, answer
    if status >= 400:
        assert set(answer["error"]) == {"message", "type", "param", "code"}


NO_CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=300, deadline=None, suppress_health_check=NO_CHECKS)
@given(path=PATHS, fields=near_misses, cut=st.sampled_from([0, 0, 0, 1, 7]))
def test_no_request_makes_a_server_error(server: Running, path: str, fields: dict[str, Any], cut: int) -> None:
    check_survives(server, path, fields, cut)


@pytest.mark.slow
@pytest.mark.long
@settings(max_examples=10_000, deadline=None, suppress_health_check=NO_CHECKS)
@given(path=PATHS, fields=near_misses, cut=st.sampled_from([0, 0, 0, 1, 7]))
def test_no_request_of_ten_thousand_makes_a_server_error(
    server: Running, path: str, fields: dict[str, Any], cut: int
) -> None:
    check_survives(server, path, fields, cut)


def test_a_prompt_that_is_too_long_is_refused_with_both_numbers(server: Running) -> None:
    status, body = server.post(PATH, {"messages": [{"role": "user", "content": "hello " * 600}]})
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")
    assert "but the context holds 1024" in body["error"]["message"]
    status, body = server.post(PATH, {"messages": [{"role": "user", "content": "x" * 3_000_000}]})
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")
    assert "the prompt has >= " in body["error"]["message"]
