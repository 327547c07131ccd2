"""Ending a reply: from another thread, by leaving, with Ctrl-C; whatever was going on ends, the history stays whole."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from glmkit.agent.api import Api
from glmkit.agent.cancellation import Cancellation
from glmkit.agent.events import CallOutput, CallReady, CallResult, CallStarted, Done, Event, TextDelta
from glmkit.agent.history import History
from glmkit.agent.loop import Agent
from glmkit.agent.toolbox import Toolbox
from tests.agent.conftest import ScriptedServer, StandInInterpreter, Text, call_chunks, text_chunks, text_of


def cancelled_at(kind: type, agent: Agent, history: History) -> list[Event]:
    """Return the events of a reply that another thread cancels shortly after the first event of ``kind``."""
    cancellation = Cancellation()
    events: list[Event] = []
    pressed = 0.0
    for event in agent.reply(history, "Hi", cancellation):
        if isinstance(event, kind) and not pressed:
            pressed = time.monotonic()
            threading.Timer(0.1, cancellation.cancel).start()
        events.append(event)
    assert time.monotonic() - pressed < 5
    assert events[-1] == Done("cancelled")
    return events


def test_cancelling_while_the_model_talks_keeps_what_it_said(server: ScriptedServer, api: Api) -> None:
    server.answers = [[*text_chunks("Hi, you")[:1], 30.0]]
    history = History()
    assert text_of(cancelled_at(TextDelta, Agent(api), history)) == "Hi,"
    assert history.messages[1:] == [{"role": "assistant", "content": "Hi,", "untrained": True}]


def test_cancelling_in_the_middle_of_a_call_forgets_the_call(
    server: ScriptedServer, api: Api, toolbox: Toolbox
) -> None:
    server.answers = [[*call_chunks("add", {"a": 1})[:2], 30.0]]
    history = History()
    cancelled_at(CallStarted, Agent(api, tools=toolbox), history)
    assert history.messages == [{"role": "user", "content": "Hi"}]


def test_cancelling_while_a_tool_runs_closes_every_call(server: ScriptedServer, api: Api, toolbox: Toolbox) -> None:
    first, second = call_chunks("slow", {}, call_id="x"), call_chunks("add", {"a": 10}, call_id="y")
    for chunk in second[:-1]:
        chunk["choices"][0]["delta"]["tool_calls"][0]["index"] = 1
    server.answers = [[*first[:-1], *second]]
    history = History()
    cancelled_at(CallReady, Agent(api, tools=toolbox), history)
    assert [(m["tool_call_id"], m["content"]) for m in history.messages[2:]] == [
        ("x", "The user stopped the call."),
        ("y", "The user stopped the call."),
    ]


def test_cancelling_while_code_runs_keeps_what_it_showed(server: ScriptedServer, api: Api) -> None:
    interpreter = StandInInterpreter([Text("begun\n"), 30.0])
    server.answers = [call_chunks("interpreter", {"code": "work()"})]
    history = History()
    cancelled_at(CallOutput, Agent(api, interpreter=interpreter), history)
    assert history.messages[-1]["content"] == "begun\ninterrupted"


@pytest.mark.parametrize("leave_at", [TextDelta, CallStarted, CallReady, CallOutput, CallResult])
def test_a_listener_that_leaves_ends_everything(server: ScriptedServer, api: Api, leave_at: type) -> None:
    interpreter = StandInInterpreter([Text("begun\n"), 30.0 if leave_at is CallOutput else Text("end")])
    server.answers = [call_chunks("interpreter", {"code": "work()"}, text="Well."), text_chunks("Next.")]
    history = History()
    agent = Agent(api, interpreter=interpreter)
    events = agent.reply(history, "Hi")
    for event in events:
        if isinstance(event, leave_at):
            break
    events.close()  # type: ignore[attr-defined]
    assert history.open_calls() == []
    assert interpreter.interrupted.is_set() == (leave_at is CallOutput)
    server.answers = [text_chunks("Still here.")]
    assert text_of(list(agent.reply(history, "And now?"))) == "Still here."


def test_ctrl_c_while_a_tool_runs_leaves_the_history_whole(server: ScriptedServer, api: Api, toolbox: Toolbox) -> None:
    server.answers = [call_chunks("slow", {})]
    history = History()
    signal.setitimer(signal.ITIMER_REAL, 0.4)
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(Agent(api, tools=toolbox).reply(history, "Hi"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert history.messages[-1] == {"role": "tool", "tool_call_id": "c1", "content": "The user stopped the call."}
