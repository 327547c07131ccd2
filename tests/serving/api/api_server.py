"""What tests of the API share: a model's conversations by heart, and a running server with a plain client for it."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glmkit.chat.conversation import TOOL_SENTENCE, Conversation, Message, ToolCall
from glmkit.chat.tokenizer import Tokenizer
from glmkit.model.glm import GLM
from glmkit.serving.api.engine_process import EngineProcess, EngineSettings
from glmkit.serving.api.routes import Api
from glmkit.serving.api.server import Server
from glmkit.serving.statistics import Statistics

Start = Callable[..., Any]  # the fixture ``start``
AGAIN_S = 5.0  # an engine that failed is there again so long after the time that a start takes: the promise

WEATHER = {
    "name": "get_weather",
    "description": "tells it",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
TOOLS = [{"type": "function", "function": WEATHER}]
INTERPRETER = {"type": "function", "function": {"name": "interpreter", "parameters": {"type": "object"}}}
CODE = "print('hello')\nprint(1)"
ANSWER = "The quick 🙂 fox.\n\n今天 jumps  over."
HEADERLESS = (
    "The parcel 12345 arrives on Monday; its weight is 2.5 kg. 人工智能助手可以运行代码并得到结果。 " * 3 + "Bye."
)
UNUSUAL = "Monday"  # written byte by byte: its text alone would be tokenized differently


def user(text: str) -> Message:
    return Message(role="user", content=text)


def assistant(text: str = "", **more: Any) -> Message:
    return Message(role="assistant", content=text, **more)


def conversations(tokenizer: Tokenizer) -> list[Conversation]:
    """What the model of these tests has learned by heart."""
    tools = Message(role="system", content=TOOL_SENTENCE, tools=TOOLS)
    call = assistant(call=ToolCall(name="get_weather", arguments={"city": "北京", "days": 3}))
    ids = {tokenizer.piece(id): id for id in range(tokenizer.vocab_size)}
    letters = [ids[f"<0x{byte:02X}>"] for byte in UNUSUAL.encode()]
    header = tuple(tokenizer.encode("\n"))
    groups = [
        [user("hello"), assistant(ANSWER), user("again"), assistant("你好，谢谢！")],
        [Message(role="system", content="brief"), user("hello"), assistant("ok")],
        [
            tools,
            user("weather"),
            assistant("I look."),
            call,
            Message(role="observation", content="21.5"),
            assistant("ok"),
        ],
        [tools, user("hello"), assistant("a tool, if you like")],
        [user("tool"), call],
        [user("run"), assistant(f"```python\n{CODE}\n```", metadata="interpreter")],
        [user("base"), assistant(ids=tuple(tokenizer.encode(HEADERLESS)))],
        [user("letters"), assistant(ids=(*header, *letters))],
        [user("nothing"), assistant()],
    ]
    return [Conversation(messages=tuple(group)) for group in groups]


def fail_once(model: GLM) -> None:
    """Make the next step of a model's engine raise."""

    def fail(*_: Any) -> None:
        hook.remove()
        raise RuntimeError("the device is gone")

    hook = model.layers[0].register_forward_pre_hook(fail)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Running:
    """A server in a thread of the test's process, and a plain client for it."""

    server: Server
    api: Api
    port: int
    key: str | None = None
    statistics: Statistics | None = None  # the last ones of the engine that is there

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Return status, JSON body (or text) and headers; a body that is no bytes is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        auth = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        json_type = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, data, {**json_type, **auth, **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode()
        fields = {name.lower(): value for name, value in response.getheaders()}
        connection.close()
        return response.status, json.loads(text) if fields.get("content-type") == "application/json" else text, fields

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        status, answer, _ = self.request("POST", path, body, headers)
        return status, answer

    def chat(self, text: str = "hello", **more: Any) -> dict[str, Any]:
        """Return the first choice of a greedy chat."""
        body = {"messages": [{"role": "user", "content": text}], "temperature": 0, **more}
        status, answer = self.post("/v1/chat/completions", body)
        assert status == 200, answer
        choice: dict[str, Any] = answer["choices"][0]
        return choice

    def events(self, path: str, body: Any) -> list[Any]:
        """Return the events of a stream; the last one must be [DONE]."""
        status, text, fields = self.request("POST", path, {**body, "stream": True})
        assert status == 200 and fields["content-type"].startswith("text/event-stream"), text
        events = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
        assert events[-1] == "[DONE]"
        return [json.loads(event) for event in events[:-1]]

    @property
    def num_running(self) -> int:
        """Requests that the engine was running when it last said something."""
        return 0 if self.statistics is None else self.statistics.num_running

    def wait_until(self, condition: Callable[[], bool], seconds: float = 5) -> float:
        """Wait for a condition; return how long it took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < seconds, "it did not happen"
            time.sleep(0.005)
        return time.monotonic() - began


def host_of(folder: Path) -> EngineProcess:
    """Return what starts engines of a model folder, each in a process of its own."""
    return EngineProcess(EngineSettings(model=str(folder), tokenizer=str(folder), threads=1, max_batch=16))


def wait_until_healthy(server: Running) -> float:
    """Return how much longer than a start it took."""
    seconds = server.wait_until(lambda: server.request("GET", "/health")[0] == 200, 60)
    return seconds - server.api.loop.startup_s


def counted(server: Running) -> tuple[int, int]:
    """Return how many tokens of prompts and replies the engine has counted."""
    server.wait_until(lambda: server.num_running == 0)
    statistics = server.statistics
    return (0, 0) if statistics is None else (statistics.prompt_tokens, statistics.generation_tokens)


def head(body: bytes) -> bytes:
    return (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )


def begin(server: Running, body: Any) -> socket.socket:
    """Send a chat request and return the connection."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    data = json.dumps(body).encode()
    connection.sendall(head(data) + data)
    return connection
