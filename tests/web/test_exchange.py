"""Events become what the page shows; an imported history shows the same."""

from __future__ import annotations

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
from glmkit.web.exchange import MAX_OUTPUT, Call, Exchange, Words, exchanges_of


def test_words_and_calls_stand_in_their_order() -> None:
    exchange = Exchange("Plot it")
    for event in (
        TextDelta("I "),
        TextDelta("plot"),
        CallStarted("c", "interpreter"),
        CallDelta("c", "plot"),
        CallDelta("c", "()"),
        CallReady("c", "interpreter", {"code": "plot()"}),
        CallOutput("c", "drawn\n"),
        CallImage("c", b"\x89PNG", "image/png"),
        CallResult("c", "interpreter", "drawn\n[Image]", False, 0.5),
        TextDelta("Done."),
        Done("stop", {"completion_tokens": 3}),
    ):
        exchange.take(event)
    call = Call("c", "interpreter", "plot()", {"code": "plot()"}, "drawn\n", [b"\x89PNG"], "drawn\n[Image]", False, 0.5)
    assert exchange.blocks == [Words("I plot"), call, Words("Done.")]
    assert (exchange.ending, exchange.usage, exchange.words) == ("stop", {"completion_tokens": 3}, "I plot\n\nDone.")


def test_a_repeated_id_means_the_newest_call() -> None:
    exchange = Exchange("")
    for event in (
        CallStarted("c", "a"),
        CallResult("c", "a", "1", False, 0),
        CallStarted("c", "b"),
        CallResult("c", "b", "2", True, 0),
    ):
        exchange.take(event)
    assert [(call.name, call.result) for call in exchange.blocks if isinstance(call, Call)] == [("a", "1"), ("b", "2")]


def test_endless_output_is_cut_and_a_failure_is_kept() -> None:
    exchange = Exchange("")
    exchange.take(CallStarted("c", "interpreter"))
    for _ in range(3):
        exchange.take(CallOutput("c", "x" * MAX_OUTPUT))
    exchange.take(Failed("gone", "start it"))
    assert len(exchange.blocks[0].output) == MAX_OUTPUT  # type: ignore[union-attr]
    assert (exchange.failure, exchange.ending) == (("gone", "start it"), None)


def test_every_change_changes_the_state() -> None:
    call = Call("c", "t")
    states = [call.state()]
    for name, value in (("draft", "x"), ("arguments", {}), ("output", "o"), ("pictures", [b""]), ("result", "")):
        setattr(call, name, value)
        states.append(call.state())
    assert len(set(states)) == len(states)


def test_an_imported_history_shows_as_it_happened() -> None:
    row = {
        "conversations": [
            {"role": "user", "content": "weather?"},
            {"role": "assistant", "content": "I look."},
            {"role": "tool", "name": "get_weather", "parameters": {"city": "Rome"}, "observation": '{"t": 20}'},
            {"role": "assistant", "content": "20 degrees."},
            {"role": "user", "content": "thanks"},
            {"role": "assistant", "content": "welcome"},
        ]
    }
    first, second = exchanges_of(History.from_row(row))
    assert first.question == "weather?"
    call = Call("call_1", "get_weather", arguments={"city": "Rome"}, result='{"t": 20}')
    assert [block for block in first.blocks if isinstance(block, Words)] == [Words("I look."), Words("20 degrees.")]
    assert [(c.name, c.arguments, c.result) for c in first.blocks if isinstance(c, Call)] == [
        (call.name, call.arguments, call.result)
    ]
    assert (second.question, second.blocks, second.ending) == ("thanks", [Words("welcome")], "stop")
