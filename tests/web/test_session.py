"""Conversations with glmkit-mini as a session holds them: ask, stop, retry, edit, compare, tools, code, files."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from web_waiting import finished, wait_for

from glmkit.agent.sandbox import probe
from glmkit.chat.conversation import Conversation
from glmkit.data.read import read
from glmkit.errors import ConfigError
from glmkit.web import service as service_module
from glmkit.web.exchange import Call, Exchange
from glmkit.web.presence import Presence
from glmkit.web.service import BUNDLED_TOOLS, Service, read_tools
from glmkit.web.session import Session

needs_sandbox = pytest.mark.skipif(probe().level == "none", reason="this machine cannot confine code")


def calls(exchange: Exchange) -> list[Call]:
    return [block for block in exchange.blocks if isinstance(block, Call)]


def test_a_question_is_answered_and_asked_again(session: Session) -> None:
    session.ask("Who are you?")
    finished(session)
    first = session.dialogue.sides[0].exchanges[0]
    assert "glmkit-mini" in first.words
    assert first.ending == "stop"
    session.ask_again(0)
    finished(session)
    (again,) = session.dialogue.sides[0].exchanges
    assert again is not first
    assert again.words == first.words  # temperature 0: the small model's default
    session.ask_again(0, "Tell me a joke.")
    finished(session)
    assert [m["role"] for m in session.dialogue.sides[0].history.messages] == ["user", "assistant"]
    assert session.dialogue.sides[0].exchanges[0].question == "Tell me a joke."


def test_a_stopped_answer_stays_and_is_not_learned_from(session: Session) -> None:
    session.settings.temperature, session.settings.max_tokens = 1.5, None  # goes on for long
    session.settings.top_p = 1.0
    session.ask("Tell me a joke.")
    (side,) = session.dialogue.sides
    wait_for(lambda: len(side.exchanges[0].words) > 0 or not side.is_busy)
    session.dialogue.stop()
    finished(session)
    if side.exchanges[0].ending == "cancelled":  # it may have been quicker
        assert side.history.messages[-1].get("untrained") or side.history.messages[-1]["role"] == "user"
        assert session.dialogue.to_json() is None
    session.ask_again(0)
    session.dialogue.stop()
    finished(session)


def test_two_models_answer_side_by_side(session: Session) -> None:
    session.dialogue.set_models(["glmkit-mini"])
    session.ask("Hello!")
    finished(session)
    session.dialogue.set_models(["glmkit-mini", "second"])
    session.ask("Who are you?")
    assert len(finished(session)) == 2
    left, right = session.dialogue.sides
    assert [e.question for e in left.exchanges] == [e.question for e in right.exchanges] == ["Hello!", "Who are you?"]
    assert left.exchanges[1].words == right.exchanges[1].words
    assert left.history is not right.history
    session.dialogue.set_models(["second"])
    assert [side.model for side in session.dialogue.sides] == ["second"]
    assert len(session.dialogue.sides[0].exchanges) == 2


def test_a_tool_is_called_and_the_export_is_training_data(session: Session, tmp_path: Path) -> None:
    session.settings.mode = "tool"
    assert session.settings.tools == {*BUNDLED_TOOLS}
    session.ask("Get the current time in Europe/Paris.")
    finished(session)
    (side,) = session.dialogue.sides
    (call,) = calls(side.exchanges[0])
    assert (call.name, call.arguments, call.failed) == ("get_current_time", {"timezone_name": "Europe/Paris"}, False)
    assert call.result is not None
    assert json.loads(call.result)["timezone"] == "Europe/Paris"
    session.settings.tools = {"get_weather"}
    session.ask("Hello!")
    finished(session)
    assert [tool["name"] for tool in side.history.tools or []] == ["get_weather"]
    exported = session.dialogue.to_json()
    assert exported is not None
    (row,) = json.loads(exported)
    assert [tool["name"] for tool in row["tools"]] == [  # all that were offered
        tool.name for tool in session.service.tools if tool.name in BUNDLED_TOOLS
    ]
    conversation = Conversation.from_dict(row)
    assert [m.call.name for m in conversation.messages if m.call] == ["get_current_time"]
    file = tmp_path / "exported.json"
    file.write_text(exported, encoding="utf-8")
    assert len([*read(file)]) == 1
    other = session.dialogues["chat"]
    other.load(exported)
    assert other.to_json() == exported
    assert [e.question for e in other.sides[0].exchanges] == [e.question for e in side.exchanges]


def test_the_user_plays_the_tool(session: Session) -> None:
    session.settings.mode, session.settings.manual = "tool", True
    session.ask("Where is my parcel 12345?")
    reply = session.dialogue.sides[0].reply
    assert reply is not None
    wait_for(lambda: reply.question is not None)
    question = reply.question
    assert question is not None
    assert (question.kind, question.name, question.arguments) == ("play", "track_parcel", {"parcel_id": "12345"})
    reply.answer('{"status": "lost"}')
    finished(session)
    assert calls(session.dialogue.sides[0].exchanges[0])[0].result == '{"status": "lost"}'
    assert "lost" in session.dialogue.sides[0].exchanges[0].words


def test_an_open_question_ends_with_stop_and_clear_forgets_all(session: Session) -> None:
    session.settings.mode, session.settings.manual = "tool", True
    session.ask("Where is my parcel 12345?")
    reply = session.dialogue.sides[0].reply
    assert reply is not None
    wait_for(lambda: reply.question is not None)
    session.clear()
    assert (reply.question, reply.exchange.ending) == (None, "cancelled")
    assert session.dialogue.is_empty
    assert session.dialogue.sides[0].history.messages == []


@pytest.mark.parametrize(("answer", "failed"), [("yes", False), (None, True)])
def test_a_dangerous_tool_is_called_only_with_consent(
    api_url: str, tmp_path: Path, answer: str | None, failed: bool
) -> None:
    file = tmp_path / "danger.py"
    file.write_text(
        "from glmkit.agent import tool\n\n@tool(dangerous=True)\ndef track_parcel(parcel_id: str) -> str:\n"
        '    "Get the status of a parcel."\n    return "status: on the way"\n'
    )
    service = Service(api_url, tools=[str(file)])
    try:
        session = service.session("", lambda: Session(service, "en"))
        session.settings.mode, session.settings.tools = "tool", {"track_parcel"}
        session.ask("Where is my parcel 12345?")
        reply = session.dialogue.sides[0].reply
        assert reply is not None
        wait_for(lambda: reply.question is not None or not reply.is_running)
        assert reply.question is not None
        assert reply.question.kind == "approve"
        reply.answer(answer)
        finished(session)
        assert calls(session.dialogue.sides[0].exchanges[-1])[0].failed is failed
    finally:
        service.close()


@needs_sandbox
def test_code_reads_an_upload(session: Session) -> None:
    session.settings.mode = "code"
    session.upload("sales.csv", b"month,amount\nJan,10\nFeb,20\n")
    assert session.trouble is None
    assert [file.name for file in session.interpreter().files()] == ["sales.csv"]
    session.ask("Read the file sales.csv. What is the sum of the column amount?")
    finished(session)
    assert "30" in session.dialogue.sides[0].exchanges[-1].words
    session.upload("../escape", b"")
    assert session.trouble is not None
    session.clear()
    assert session.dialogue.is_empty
    assert [file.name for file in session.interpreter().files()] == ["sales.csv"]  # files outlive a clear


def test_faults_are_said_on_the_page(session: Session) -> None:
    session.ask("  ")
    assert str(session.trouble) == "the message is empty"
    session.ask("x" * 200_001)
    assert str(session.trouble) == "the message has 200,001 characters; at most 200,000 can be sent"
    session.load(b"no json")
    assert "JSON" in str(session.trouble)
    session.load(b"[" + b" " * (16 << 20))
    assert str(session.trouble) == "the file has 16,777,217 bytes; at most 16 MB can be imported"
    for content in (b"\x89PNG\r\n\x1a\n", b"PK\x03\x04" + bytes(1000), b"[" * 100_000):
        session.trouble = None
        session.load(content)
        assert "JSON" in str(session.trouble)
    assert session.dialogue.is_empty
    session.settings.max_tokens = 32_000  # more than the context
    session.ask("Hello!")
    finished(session)
    assert session.dialogue.sides[0].exchanges[0].failure is not None


def test_sessions_are_apart_and_the_oldest_go(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "MAX_SESSIONS", 2)
    first = service.session("", lambda: Session(service, "en"))
    second = service.session("guessed", lambda: Session(service, "zh"))
    assert first.id != second.id != "guessed"
    assert min(len(first.id), len(second.id)) >= 22
    assert service.session(first.id, lambda: pytest.fail("it exists")) is first
    third = service.session("", lambda: Session(service, "en"))
    assert [session.id for session in service.sessions()] == [first.id, third.id]


@needs_sandbox
def test_the_interpreter_idle_longest_makes_room(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "MAX_INTERPRETERS", 1)
    first, second = (service.session("", lambda: Session(service, "en")) for _ in range(2))
    first.interpreter()
    second.interpreter()
    assert (first.has_interpreter, second.has_interpreter) == (False, True)


@needs_sandbox
def test_an_idle_interpreter_is_freed_and_the_user_told(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    first = session.interpreter()
    session.service.sweep()
    assert session.has_interpreter
    monkeypatch.setattr(service_module, "IDLE_INTERPRETER", 0.0)
    session.service.sweep()
    assert not session.has_interpreter and session.has_lost_python
    with pytest.raises(ConfigError, match="closed"):
        first.run("1")
    assert session.interpreter() is not first


def test_an_answer_that_no_page_shows_is_stopped_and_what_came_is_kept(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.settings.mode, session.settings.manual = "tool", True
    session.ask("Where is my parcel 12345?")  # ends in a question to the user, so it waits
    (side,) = session.dialogue.sides
    reply = side.reply
    assert reply is not None
    wait_for(lambda: reply.question is not None)
    pages = {"first", "second"}
    session.presence = Presence(lambda page: page in pages)
    session.presence.enter("first")
    session.presence.enter("second")
    monkeypatch.setattr(service_module, "UNWATCHED_REPLY", 0.0)
    pages.remove("first")
    session.service.sweep()
    session.service.expect(session.id)  # a reload: the browser has asked for the page,
    pages.clear()  # and the connection of the old one is gone
    session.service.sweep()
    assert reply.question is not None
    session.presence.enter("third")  # which is closed at once
    time.sleep(0.01)
    session.service.sweep()
    finished(session)
    assert side.exchanges[0].ending == "cancelled"
    assert [call.name for call in calls(side.exchanges[0])] == ["track_parcel"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "the tools are no JSON: "),
        ("[1]", "[0]: this is no definition of a tool"),
        ('[{"name": "a", "parameters": []}]', "[0]: this is no definition of a tool"),
        ('[{"name": "a", "parameters": {"properties": 1}}]', "[0].parameters: this is no definition"),
        ('[{"name": "a"}, {"name": "a"}]', "two tools have the same name"),
        ('{"name": "a b"}', "'a b' cannot be a tool's name"),
        (json.dumps([{"name": f"t{i}"} for i in range(65)]), "there are 65 tools; at most 64 are possible"),
    ],
)
def test_definitions_that_are_none_are_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_tools(text)
    assert said in str(refused.value)


def test_definitions_are_read_in_both_forms() -> None:
    assert read_tools("") == []
    (tool,) = read_tools('{"type": "function", "function": {"name": "a", "description": "d"}}')
    assert (tool.name, tool.description, tool.parameters) == ("a", "d", {"type": "object", "properties": {}})


def test_without_an_interpreter_the_page_says_so(api_url: str) -> None:
    service = Service(api_url, sandbox="off")
    try:
        with pytest.raises(ConfigError, match="switched off"):
            service.new_interpreter()
    finally:
        service.close()
