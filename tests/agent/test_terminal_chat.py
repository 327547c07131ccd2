"""A conversation with the agent at a terminal, against scripted answers over real HTTP: commands, files, Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from glmkit.agent.api import Api, Sampling
from glmkit.agent.terminal_chat import TerminalChat
from glmkit.agent.toolbox import Toolbox
from glmkit.chat.conversation import Conversation
from glmkit.errors import set_language
from tests.agent.conftest import ScriptedServer, call_chunks, text_chunks

CTRL_C = "^C"


class Keyboard(io.StringIO):
    """A terminal on which someone types lines; the line CTRL_C is that key."""

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        line = super().readline(size)
        if line.strip() == CTRL_C:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)  # the signal comes within that time
        return line


class Typed:
    """Types lines and then Ctrl-D, and keeps what came out."""

    def __init__(self, api: Api, tools: Toolbox, folder: Path) -> None:
        self.api, self.tools, self.folder = api, tools, folder
        self.out = self.err = ""

    def __call__(self, *lines: str, system: str = "") -> int:
        stdin, stdout, stderr = Keyboard("".join(f"{line}\n" for line in lines)), io.StringIO(), io.StringIO()
        chat = TerminalChat(
            self.api, self.tools, None, Sampling(), system, (stdin, stdout, stderr), self.folder / "pictures"
        )
        code = chat.converse()
        self.out, self.err = stdout.getvalue(), stderr.getvalue()
        return code


@pytest.fixture
def typed(api: Api, toolbox: Toolbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    monkeypatch.chdir(tmp_path)
    return Typed(api, toolbox, tmp_path)


def asked(server: ScriptedServer) -> list[list[tuple[str, Any]]]:
    """Return role and content of every message of every request."""
    return [[(message["role"], message["content"]) for message in body["messages"]] for body in server.requests]


def test_a_call_is_shown_and_made_and_only_words_reach_stdout(server: ScriptedServer, typed: Typed) -> None:
    server.answers = [call_chunks("add", {"a": 2, "b": 3}), text_chunks("It is 5.")]
    assert typed("2 + 3?") == 0
    assert typed.out == "It is 5.\n"
    assert 'Call of add:\n{"a": 2, "b": 3}\nResult of add' in typed.err
    assert asked(server)[1][-1] == ("tool", "5")


def test_a_conversation_is_saved_loaded_and_goes_on(server: ScriptedServer, typed: Typed) -> None:
    server.answers = [call_chunks("add", {"a": 2, "b": 3}), text_chunks("It is 5."), text_chunks("Bye.")]
    typed("2 + 3?", "/save talk.json", "/clear", "/load talk.json", "Thanks")
    assert "Saved as training data: talk.json" in typed.err
    assert "Loaded 4 messages from talk.json" in typed.err
    assert [role for role, _ in asked(server)[-1]] == ["user", "assistant", "tool", "assistant", "user"]
    (row,) = json.loads(Path("talk.json").read_text(encoding="utf-8"))
    assert [tool["name"] for tool in row["tools"]] == ["add", "erase", "slow", "inject"]
    assert [message.role for message in Conversation.from_dict(row).messages][1:] == [
        "user",
        "assistant",
        "observation",
        "assistant",
    ]


def test_a_file_is_written_over_only_by_the_conversation_that_wrote_it(server: ScriptedServer, typed: Typed) -> None:
    Path("mine.json").write_text("mine")
    server.answers = [text_chunks("A"), text_chunks("B")]
    typed("a", "/save mine.json", "/save talk.json", "b", "/save talk.json")
    assert "error: mine.json: the file cannot be used: File exists" in typed.err
    assert Path("mine.json").read_text() == "mine"
    assert "B" in Path("talk.json").read_text()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/save", "error: /save needs the name of a file"),
        ("/save talk.json", "error: there is no reply yet, so there is nothing to save"),
        ("/load", "error: /load needs the name of a file"),
        ("/load none.json", "error: none.json: the file cannot be used: No such file or directory"),
        ("/load bytes.json", "error: this is no JSON: 'utf-8' codec can't decode"),
        ("/load text.json", "error: this is no JSON: "),
        ("/files", "error: there is no code interpreter\nhint: start glmkit chat with --code"),
        ("/add x", "error: there is no code interpreter"),
        ("/get x", "error: there is no code interpreter"),
        ("/retry", "There is no question to answer again."),
        ("/claer x", "unknown command /claer; /help lists the commands"),
        ("/help", "/load FILE     go on with a conversation from such a file"),
        ("/tools", "add  Add two numbers.\nerase  Erase a file.\n"),
        ("/system brief", "System prompt: brief"),
    ],
)
def test_commands_that_send_nothing(line: str, said: str, server: ScriptedServer, typed: Typed) -> None:
    Path("bytes.json").write_bytes(b"\xff")
    Path("text.json").write_text("hello")
    assert typed(line) == 0
    assert said in typed.err
    assert server.requests == []


def test_tools_that_are_not_here_are_named(server: ScriptedServer, typed: Typed) -> None:
    tools = [{"name": "fly", "description": "Fly.", "parameters": {"type": "object", "properties": {}}}]
    row = {
        "conversations": [
            {"role": "system", "content": "Go.", "tools": tools},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Ho"},
        ]
    }
    Path("talk.json").write_text(json.dumps([row]))
    typed("/load talk.json")
    assert "Tools of that conversation that are not here, so that calls of them will fail: fly" in typed.err


def test_system_clear_and_retry_shape_what_is_sent(server: ScriptedServer, typed: Typed) -> None:
    server.answers = [text_chunks("A"), text_chunks("B"), text_chunks("C")]
    typed("one", "/retry", "/system", "/clear", "two", system="brief")
    assert typed.out == "A\nB\nC\n"
    assert asked(server) == [[("system", "brief"), ("user", "one")]] * 2 + [[("user", "two")]]


def test_a_message_that_a_failing_server_did_not_answer_is_taken_back(server: ScriptedServer, typed: Typed) -> None:
    server.answers = [(500, "busy"), text_chunks("A"), (400, "too long")]
    assert typed("one", "two", "three") == 0
    assert typed.err.count("/clear starts a new conversation.") == 1  # the first time there was nothing to clear
    assert "answered with status 500: busy" in typed.err and "Your message was not sent." in typed.err
    assert asked(server)[1] == [("user", "two")]


def test_an_empty_reply_is_named(server: ScriptedServer, typed: Typed) -> None:
    server.answers = [text_chunks("")]
    typed("one")
    assert "(the model ended its turn without a word)" in typed.err


@pytest.mark.parametrize(
    ("answer", "is_kept"), [([*text_chunks("I was")[:2], 20.0], True), ([20.0, *text_chunks("late")], False)]
)
def test_ctrl_c_stops_a_reply_and_the_conversation_goes_on(
    answer: list[Any], is_kept: bool, server: ScriptedServer, typed: Typed
) -> None:
    server.answers = [answer, text_chunks("Here.")]

    def press() -> None:
        while not server.requests:
            time.sleep(0.01)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    began = time.monotonic()
    assert typed("one", "two") == 0
    thread.join()
    assert time.monotonic() - began < 10
    assert "(reply stopped)" in typed.err and typed.out.endswith("Here.\n")
    kept = [("user", "one"), ("assistant", "I was")] if is_kept else []
    assert asked(server)[1] == [*kept, ("user", "two")]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("answer", "result"),
    [("y", "a is gone"), ("", "The user does not allow the call of 'erase'."), (CTRL_C, None)],
)
def test_a_dangerous_call_waits_for_the_user(
    answer: str, result: str | None, server: ScriptedServer, typed: Typed
) -> None:
    server.answers = [call_chunks("erase", {"name": "a"}), text_chunks("Well."), text_chunks("Two.")]
    typed("erase a", answer, "two")
    assert "The model wants to call 'erase'" in typed.err
    if result is None:
        assert "(reply stopped)" in typed.err and typed.out == "Well.\n"
        result = "The user stopped the call."
    assert asked(server)[1][2] == ("tool", result)


def test_the_same_in_chinese(server: ScriptedServer, typed: Typed) -> None:
    server.answers = [(500, "busy")]
    set_language("zh")
    try:
        typed("一", "/save", "/tools")
    finally:
        set_language(None)
    assert "消息未发送。" in typed.err and "错误: /save 后面需要文件名" in typed.err
