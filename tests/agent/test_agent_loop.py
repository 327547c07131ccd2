"""The loop: rounds of calls and code, faults told to the model (M01-M07), servers that fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from glmkit.agent.api import Api
from glmkit.agent.cancellation import Cancellation
from glmkit.agent.code_runner import CODE_SYSTEM_PROMPT
from glmkit.agent.events import (
    CallDelta,
    CallImage,
    CallOutput,
    CallReady,
    CallResult,
    CallStarted,
    Done,
    Failed,
    TextDelta,
)
from glmkit.agent.history import History
from glmkit.agent.loop import MAX_ROUNDS, Agent
from glmkit.agent.toolbox import Toolbox
from glmkit.errors import GlmkitError
from tests.agent.conftest import (
    CellDone,
    Error,
    Image,
    Result,
    ScriptedServer,
    StandInInterpreter,
    Text,
    call_chunks,
    results,
    text_chunks,
    text_of,
)


def test_an_answer_in_words_streams_and_is_kept(server: ScriptedServer, api: Api) -> None:
    server.answers = [text_chunks("Hello, 世界!", raw="\n Hello, 世界!"), text_chunks("Yes.")]
    history = History(system="Be short.")
    agent = Agent(api)
    events = list(agent.reply(history, "Hi"))
    assert text_of(events) == "Hello, 世界!"
    assert events[-1] == Done("stop", {"prompt_tokens": 7, "completion_tokens": 4, "total_tokens": 99})
    assert history.messages == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello, 世界!", "raw": "\n Hello, 世界!", "raw_source": server.url},
    ]
    list(agent.reply(history, "Really?"))
    assert server.requests[1]["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello, 世界!", "raw": "\n Hello, 世界!"},
        {"role": "user", "content": "Really?"},
    ]
    assert "tools" not in server.requests[0]


def test_what_one_server_generated_is_not_sent_to_another(server: ScriptedServer, api: Api) -> None:
    server.answers = [text_chunks("Hello", raw=["a", [1, 2]]), text_chunks("Yes.")]
    history = History()
    list(Agent(api).reply(history, "Hi"))
    history.messages[1]["raw_source"] = "http://elsewhere/v1"
    list(Agent(api).reply(history, "Really?"))
    assert server.requests[1]["messages"][1] == {"role": "assistant", "content": "Hello"}


def test_a_call_is_made_and_answered(server: ScriptedServer, api: Api, toolbox: Toolbox) -> None:
    server.answers = [call_chunks("add", {"a": 2, "b": 3}, text="Let me see."), text_chunks("It is 5.")]
    history = History()
    events = list(Agent(api, tools=toolbox).reply(history, "2 + 3?"))
    kinds = [type(event) for event in events]
    assert kinds[0] is TextDelta and kinds[1] is CallStarted
    assert "".join(e.text for e in events if isinstance(e, CallDelta)) == '{"a": 2, "b": 3}'
    ready = next(event for event in events if isinstance(event, CallReady))
    assert ready == CallReady("c1", "add", {"a": 2, "b": 3})
    (result,) = [event for event in events if isinstance(event, CallResult)]
    assert (result.id, result.name, result.text, result.failed) == ("c1", "add", "5", False)
    assert 0 < result.seconds < 10
    assert text_of(events) == "Let me see.It is 5." and isinstance(events[-1], Done)
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2, "b": 3}'}}
    assert server.requests[1]["messages"] == [
        {"role": "user", "content": "2 + 3?"},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "5"},
    ]
    assert [tool["function"]["name"] for tool in server.requests[0]["tools"]] == ["add", "erase", "slow", "inject"]
    assert server.requests[0]["tool_choice"] == "auto"


def test_several_calls_of_one_answer_are_made_in_order(server: ScriptedServer, api: Api, toolbox: Toolbox) -> None:
    first, second = call_chunks("add", {"a": 1}, call_id="x"), call_chunks("add", {"a": 10}, call_id="y")
    for chunk in second[:-1]:
        chunk["choices"][0]["delta"]["tool_calls"][0]["index"] = 1
    server.answers = [[*first[:-1], *second], text_chunks("2 and 11")]
    history = History()
    assert results(list(Agent(api, tools=toolbox).reply(history, "?"))) == [("2", False), ("11", False)]
    assert [m.get("tool_call_id") for m in history.messages] == [None, None, "x", "y", None]


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("add", {"a": "2"}, "'add' was not called: a = \"2\", but it must be integer. Its arguments are: a, b"),
        ("add", {}, "'add' was not called: 'a' is missing. Its arguments are: a, b"),
        ("get_shell", {"query": "id"}, "There is no tool 'get_shell'. The tools are: add, erase, slow, inject"),
        ("add", "tool_call(a=__import__('os'))", "'add' was not called: its arguments are not a JSON object"),
        ("add", "lambda: 1", "'add' was not called: its arguments are not a JSON object"),
        ("add", '{"a": NaN}', "'add' was not called: its arguments are not a JSON object"),
        ("add", '{"a": ' + "[" * 1000 + "]" * 1000 + "}", "'add' was not called: its arguments are not a JSON object"),
        ("add", '{"a": ' + "[" * 200_000, "'add' was not called: its arguments are not a JSON object"),
        ("add", "[1]", "'add' was not called: its arguments are not a JSON object"),
        ("add", '{"a": ' + "9" * 5000 + "}", "'add' was not called: its arguments are not a JSON object"),
        ("interpreter", {"code": "1"}, "There is no code interpreter here."),
    ],
)
def test_a_call_that_cannot_be_made_is_explained_to_the_model(
    server: ScriptedServer, api: Api, toolbox: Toolbox, name: str, arguments: Any, told: str
) -> None:
    server.answers = [call_chunks(name, arguments, size=10_000), text_chunks("Sorry.")]
    events = list(Agent(api, tools=toolbox).reply(History(), "?"))
    assert results(events) == [(told, True)]
    assert server.requests[1]["messages"][-1]["content"] == told
    assert text_of(events) == "Sorry."


def test_a_result_cannot_bring_in_other_tools(server: ScriptedServer, api: Api, toolbox: Toolbox) -> None:
    server.answers = [call_chunks("inject", {}), call_chunks("get_shell", {}), text_chunks("No.")]
    events = list(Agent(api, tools=toolbox).reply(History(), "?"))
    first, second = results(events)
    assert "<|assistant|>" not in first[0]
    assert second == ("There is no tool 'get_shell'. The tools are: add, erase, slow, inject", True)
    assert server.requests[0]["tools"] == server.requests[1]["tools"] == server.requests[2]["tools"]


def test_the_tools_of_a_conversation_are_fixed_by_its_first_reply(
    server: ScriptedServer, api: Api, toolbox: Toolbox
) -> None:
    server.answers = [text_chunks("Hi."), call_chunks("add", {"a": 1}), text_chunks("No.")]
    history = History()
    list(Agent(api).reply(history, "Hi"))
    events = list(Agent(api, tools=toolbox).reply(history, "1 + 1?"))
    assert "tools" not in server.requests[1]
    assert results(events) == [("There is no tool 'add'. The tools are: -", True)]


@pytest.mark.parametrize("agrees", [True, False, None])
def test_a_dangerous_call_asks_the_user(
    server: ScriptedServer, api: Api, toolbox: Toolbox, agrees: bool | None
) -> None:
    server.answers = [call_chunks("erase", {"name": "a.txt"}), text_chunks("OK.")]
    asked: list[Any] = []

    def approve(name: str, arguments: Mapping[str, Any], cancellation: Cancellation) -> bool:
        asked.append((name, dict(arguments)))
        return bool(agrees)

    events = list(Agent(api, tools=toolbox, approve=None if agrees is None else approve).reply(History(), "?"))
    forbidden = ("The user does not allow the call of 'erase'.", True)
    assert results(events) == [("a.txt is gone", False) if agrees else forbidden]
    assert asked == ([] if agrees is None else [("erase", {"name": "a.txt"})])


def test_after_the_last_round_a_plain_answer_is_asked_for(server: ScriptedServer, api: Api, toolbox: Toolbox) -> None:
    server.answers = [
        *(call_chunks("add", {"a": n}, call_id=f"c{n}") for n in range(MAX_ROUNDS)),
        text_chunks("Enough."),
    ]
    history = History()
    events = list(Agent(api, tools=toolbox).reply(history, "For ever?"))
    assert MAX_ROUNDS == 5 and len(results(events)) == 5
    assert [request["tool_choice"] for request in server.requests] == ["auto"] * 5 + ["none"]
    assert text_of(events) == "Enough." and isinstance(events[-1], Done) and events[-1].reason == "rounds"
    assert history.messages[-1] == {"role": "assistant", "content": "Enough."}


def test_a_model_that_calls_even_then_makes_no_call(server: ScriptedServer, api: Api, toolbox: Toolbox) -> None:
    server.answers = [*(call_chunks("add", {"a": 1}) for _ in range(MAX_ROUNDS)), call_chunks("add", {"a": 1}, "Hm.")]
    history = History()
    events = list(Agent(api, tools=toolbox).reply(history, "For ever?"))
    assert len(results(events)) == MAX_ROUNDS == sum(isinstance(event, CallStarted) for event in events)
    assert history.messages[-1] == {"role": "assistant", "content": "Hm.", "untrained": True}


def test_code_runs_and_everything_it_shows_comes_in_order(server: ScriptedServer, api: Api) -> None:
    code = 'import matplotlib\nprint("中文 \\"quoted\\"")\n'
    cell = [Text("a\n"), Text("b"), Image(b"PNG1"), Result("<table>"), Image(b"PNG2"), CellDone()]
    interpreter = StandInInterpreter(cell)
    server.answers = [call_chunks("interpreter", {"code": code}, size=3), text_chunks("Done.")]
    history = History()
    events = list(Agent(api, interpreter=interpreter).reply(history, "Plot"))
    assert interpreter.codes == [code]
    assert "".join(event.text for event in events if isinstance(event, CallDelta)) == code
    assert [event.data for event in events if isinstance(event, CallImage)] == [b"PNG1", b"PNG2"]
    assert [event.text for event in events if isinstance(event, CallOutput)] == ["a\n", "b", "<table>\n"]
    assert results(events) == [("a\nb\n[Image]\n<table>\n[Image]", False)]
    request = server.requests[0]
    assert request["messages"][0] == {"role": "system", "content": CODE_SYSTEM_PROMPT}
    assert [tool["function"]["name"] for tool in request["tools"]] == ["interpreter"]


def test_an_error_of_the_code_goes_back_to_the_model(server: ScriptedServer, api: Api) -> None:
    failing = [Text("x" * 10_000), Error("ValueError", "bad", "Traceback\n" + "y" * 100_000 + "\nValueError: bad")]
    interpreter = StandInInterpreter([*failing, CellDone("error")], [Result("4"), CellDone("died", state_lost=True)])
    answers = [call_chunks("interpreter", {"code": c}) for c in ("1/0", "2+2")]
    server.answers = [*answers, text_chunks("4.")]
    first, second = results(list(Agent(api, interpreter=interpreter).reply(History(), "?")))
    assert first[1] and first[0].startswith("xxx") and first[0].endswith("ValueError: bad") and len(first[0]) < 9000
    assert second == ("4\nThe interpreter was restarted: earlier variables are gone.", False)


def test_an_interpreter_that_cannot_start_is_a_result(server: ScriptedServer, api: Api) -> None:
    class Broken(StandInInterpreter):
        def run(self, code: str) -> Iterator[Any]:
            raise GlmkitError("agent-code-none")

    server.answers = [call_chunks("interpreter", {"code": "1"}), text_chunks("OK.")]
    events = list(Agent(api, interpreter=Broken()).reply(History(), "?"))
    assert results(events) == [("There is no code interpreter here.", True)]


@pytest.mark.parametrize("arguments", [{}, {"code": 3}, {"code": "1", "timeout": 5}, {"source": "1"}])
def test_the_interpreter_takes_code_and_nothing_else(server: ScriptedServer, api: Api, arguments: Any) -> None:
    server.answers = [call_chunks("interpreter", arguments), text_chunks("OK.")]
    events = list(Agent(api, interpreter=StandInInterpreter()).reply(History(), "?"))
    assert results(events) == [("The interpreter takes one argument, code, a text.", True)]


def test_a_server_that_fails_ends_the_reply_with_one_event(server: ScriptedServer, api: Api, toolbox: Toolbox) -> None:
    server.answers = [call_chunks("add", {"a": 1}), (503, {"error": {"message": "overloaded"}}), text_chunks("2.")]
    history = History()
    agent = Agent(api, tools=toolbox)
    events = list(agent.reply(history, "1 + 1?"))
    assert events[-1] == Failed(f"{server.url} answered with status 503: overloaded")
    assert not any(isinstance(event, Done) for event in events)
    assert text_of(list(agent.reply(history))) == "2."  # retry goes on behind the call that was made
    assert [m["role"] for m in history.messages] == ["user", "assistant", "tool", "assistant"]


def test_a_reply_that_is_cut_says_so(server: ScriptedServer, api: Api) -> None:
    server.answers = [text_chunks("Hi,", finish="length")]
    assert list(Agent(api).reply(History(), "Hi"))[-1].reason == "length"  # type: ignore[union-attr]


def test_a_question_can_be_taken_back(server: ScriptedServer, api: Api) -> None:
    server.answers = [text_chunks("A."), text_chunks("B.")]
    history = History()
    agent = Agent(api)
    list(agent.reply(history, "one"))
    list(agent.reply(history, "two"))
    assert history.take_back() == "two"
    assert [m["content"] for m in history.messages] == ["one", "A."]
    assert History().take_back() is None
