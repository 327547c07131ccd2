"""`glmkit chat` with tools and code: glmkit-mini behind a real API, real calls, real Python, at a (pseudo-)terminal."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from glmkit.agent.sandbox import Layer, Report
from glmkit.chat.conversation import Conversation
from glmkit.cli import main
from tests.agent.conftest import ScriptedServer, call_chunks, text_chunks
from tests.pseudo_terminal import CTRL_C, CTRL_D, at_a_terminal

TOOLS = '''
import time
from typing import Annotated
from glmkit.agent import tool

@tool
def get_weather(city: Annotated[str, "The city"]) -> dict[str, object]:
    """Get the weather."""
    return {"temperature": 21.5, "condition": "sunny"}

@tool(time_limit=100)
def get_news(city: Annotated[str, "The city"]) -> str:
    """Get the news."""
    time.sleep(90)
    return "late"
'''
ONE_ANSWER = ["--temperature", "0", "--lang", "en", "glmkit-mini"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tools.py").write_text(TOOLS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started, and theirs."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children_of(child)]
    return found


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are looked up in /proc")
def test_a_tool_call_a_stopped_one_and_a_saved_conversation_at_a_terminal(folder: Path) -> None:
    with at_a_terminal(["chat", "--tools", "tools.py", *ONE_ANSWER], folder) as keyboard:
        assert "tools: get_weather, get_news\r\n" in keyboard.read_until("> ")
        keyboard.type("What is the weather in Paris?")
        seen = keyboard.read_until("> ")
        assert 'Call of get_weather:\r\n{"city": "Paris"}\r\nResult of get_weather (0.0 s)\r\n' in seen
        assert '{"temperature": 21.5, "condition": "sunny"}\r\n' in seen
        assert "21.5" in seen.rpartition("}")[2] and "sunny" in seen.rpartition("}")[2]  # the answer, in words
        keyboard.type("/save talk.json")
        assert "Saved as training data: talk.json" in keyboard.read_until("> ")
        keyboard.type("/clear")
        keyboard.read_until("> ")
        keyboard.type("Get the news for Rome.")
        keyboard.read_until('{"city": "Rome"}')
        keyboard.press(CTRL_C)
        assert "(reply stopped)" in keyboard.read_until("> ")
        keyboard.type("/load talk.json")
        assert "Loaded 4 messages from talk.json" in keyboard.read_until("> ")
        started = children_of(keyboard.process.pid)
        assert started
        keyboard.press(CTRL_D)
        assert keyboard.wait() == 0
        assert [pid for pid in started if os.path.exists(f"/proc/{pid}")] == []
    (row,) = json.loads((folder / "talk.json").read_text(encoding="utf-8"))
    call = Conversation.from_dict(row).messages[2].call
    assert call is not None and (call.name, call.arguments) == ("get_weather", {"city": "Paris"})


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
def test_code_runs_in_the_sandbox_at_a_terminal(folder: Path) -> None:
    with at_a_terminal(["chat", "--code", *ONE_ANSWER], folder) as keyboard:
        seen = keyboard.read_until("> ")
        assert "sandbox: full" in seen or "sandbox: restricted" in seen
        keyboard.type("What is the sum of the numbers from 1 to 100?")
        seen = keyboard.read_until("> ")
        assert "Python code:\r\nprint(sum(range(1, 100 + 1)))\r\n5050\r\nResult of interpreter" in seen
        assert seen.endswith("The sum is 5050.\r\n")
        keyboard.type("/add tools.py")
        assert "The model's code finds it as /mnt/data/tools.py" in keyboard.read_until("> ")
        keyboard.type("/files")
        assert f"{len(TOOLS)}  tools.py" in keyboard.read_until("> ")
        keyboard.type("/get tools.py")
        assert "error: the file cannot be used" not in keyboard.unread.decode()
        assert "tools.py: the file cannot be used: File exists" in keyboard.read_until("> ")
        keyboard.type("/exit")
        assert keyboard.wait() == 0


def test_a_pipe_gets_the_answer_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("What is the weather in Paris?\n"))
    assert main(["chat", "--tools", "tools.py", *ONE_ANSWER]) == 0
    captured = capsys.readouterr()
    assert "21.5" in captured.out and "get_weather" not in captured.out
    assert '{"city": "Paris"}' in captured.err


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
def test_another_server_is_asked_with_its_key_and_ctrl_c_stops_code(
    server: ScriptedServer, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "print('begun')\nwhile True:\n    pass"
    server.answers = [call_chunks("interpreter", {"code": code}), text_chunks("late")]
    monkeypatch.setenv("GLMKIT_API_KEY", "secret")
    pressing = threading.Thread(target=press_ctrl_c_after, args=(server, 1.0))
    pressing.start()
    assert main(["chat", "--code", "--api", server.url, "other", "Run it"]) == 130
    pressing.join()
    captured = capsys.readouterr()
    assert "while True:" in captured.err and "(reply stopped)" in captured.err and captured.out == ""
    assert server.headers[0]["Authorization"] == "Bearer secret"
    request = server.requests[0]
    assert (request["model"], request["max_tokens"], "repetition_penalty" in request) == ("other", 1024, False)


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
def test_a_figure_is_saved_in_the_current_folder(
    server: ScriptedServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()"
    server.answers = [call_chunks("interpreter", {"code": code}), text_chunks("There it is.")]
    assert main(["chat", "--code", "--api", server.url, "other", "Draw it"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "There it is.\n"
    assert "Picture: glmkit-pictures/figure-1.png" in captured.err
    assert (folder / "glmkit-pictures" / "figure-1.png").read_bytes().startswith(b"\x89PNG")


def press_ctrl_c_after(server: ScriptedServer, seconds: float) -> None:
    while not server.requests:
        time.sleep(0.01)
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGINT)


def test_a_model_that_the_server_does_not_have_is_named(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hi"))
    assert main(["chat", "--api", server.url, "How are you?", "--lang", "en"]) == 2
    err = capsys.readouterr().err
    assert f"error: {server.url} has no model 'How are you?'; it has: glmkit-mini, other" in err
    assert f'glmkit chat --api {server.url} glmkit-mini "your question"' in err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no sandbox at all")
@pytest.mark.parametrize(("language", "risk"), [("en", "accept the risk with"), ("zh", "自担风险")])
def test_without_a_sandbox_no_code_is_run_unasked(
    language: str, risk: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = Layer("landlock", False, "this kernel has none"), Layer("seccomp", False, "not here")
    report = Report("none", bare, None, False, False)
    monkeypatch.setattr("glmkit.agent.sandbox.interpreter.probe", lambda: report)
    assert main(["chat", "--code", "no-such-model", "hi", "--lang", language]) == 2
    err = capsys.readouterr().err
    assert "landlock: this kernel has none" in err and "--i-accept-unsandboxed-code" in err and risk in err
    assert "no-such-model" not in err


@pytest.mark.parametrize(
    ("flags", "lines"),
    [
        (
            ["--tools", "tools.txt", "--tools", "mini"],
            [
                "error: tools: 'tools.txt' is none of: 'shipped', a Python file (.py), a JSON file with mcpServers",
                "tools: 'mini' is none of: ",
            ],
        ),
        (["--tools", "nothing.py"], ["error: nothing.py: there is no such file of tools"]),
        (["--tools", "nothing.json"], ["error: nothing.json: this file of MCP servers cannot be read: No such file"]),
        (["--tools", "tools.py", "--tools", "tools.py"], ["error: tools.py: two tools are called 'get_weather'"]),
        (["--api", "127.0.0.1"], ["error: '127.0.0.1' is no address of an API"]),
        (["--api", "http://127.0.0.1:1/v1", "--threads", "2"], ["error: threads: is set to 2 but has no effect here"]),
        (["--i-accept-unsandboxed-code"], ["error: accept_unsandboxed: is set to True but has no effect here"]),
    ],
)
def test_what_cannot_work_is_refused_before_a_model_is_loaded(
    flags: list[str], lines: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["chat", *flags, "no-such-model", "hi"]) == 2
    err = capsys.readouterr().err
    assert "no-such-model" not in err
    for line in lines:
        assert line in err
