"""Events in a terminal: words to stdout alone, calls readable on stderr, no control character or markup is obeyed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from glmkit.agent.cancellation import Cancellation
from glmkit.agent.events import (
    CallDelta,
    CallImage,
    CallOutput,
    CallReady,
    CallResult,
    CallStarted,
    Done,
    Event,
    Failed,
    TextDelta,
)
from glmkit.agent.terminal_events import AskInTerminal, TerminalEvents
from glmkit.errors import set_language


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(tmp_path: Path, *events: Event, stdout: io.StringIO | None = None) -> tuple[str, str]:
    stdout, stderr = stdout or io.StringIO(), io.StringIO()
    screen = TerminalEvents(stdout, stderr, tmp_path / "pictures")
    for event in events:
        screen.show(event)
    return stdout.getvalue(), stderr.getvalue()


TOOL_CALL = (
    TextDelta("Let me "),
    TextDelta("look."),
    CallStarted("c", "get_weather"),
    CallDelta("c", '{"city": '),
    CallDelta("c", '"[bold]Rome[/bold] :smile:"}'),
    CallReady("c", "get_weather", {"city": "Rome"}),
    CallResult("c", "get_weather", '{"temp_C": "21"}', False, 0.42),
    TextDelta("It is 21 degrees."),
    Done("stop"),
)


def test_a_tool_call_reads_from_top_to_bottom(tmp_path: Path) -> None:
    out, err = shown(tmp_path, *TOOL_CALL)
    assert out == "Let me look.\nIt is 21 degrees.\n"
    assert err.split("\n") == [
        "Call of get_weather:",
        '{"city": "[bold]Rome[/bold] :smile:"}',
        "Result of get_weather (0.4 s)",
        '{"temp_C": "21"}',
        "",
    ]


def test_the_same_in_chinese(tmp_path: Path) -> None:
    set_language("zh")
    try:
        _, err = shown(tmp_path, *TOOL_CALL)
    finally:
        set_language(None)
    assert err.startswith("调用 get_weather：\n") and "get_weather 的结果（0.4 秒）" in err


def test_code_output_and_pictures_come_in_order(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "figure-1.png").write_bytes(b"older")
    events = (
        CallStarted("c", "interpreter"),
        CallDelta("c", "for i in range(2):\n    print(i)"),
        CallReady("c", "interpreter", {}),
        CallOutput("c", "0\n"),
        CallOutput("c", "1"),
        CallImage("c", b"PNG", "image/png"),
        CallResult("c", "interpreter", "0\n1\n[Image]", False, 1.0),
        TextDelta("Done."),
        Done("stop"),
    )
    out, err = shown(tmp_path, *events)
    assert out == "Done.\n"
    assert err.split("\n") == [
        "Python code:",
        "for i in range(2):",
        "    print(i)",
        "0",
        "1",
        f"Picture: {tmp_path / 'pictures' / 'figure-2.png'}",
        "Result of interpreter (1.0 s)",
        "",
    ]
    assert (tmp_path / "pictures" / "figure-2.png").read_bytes() == b"PNG"
    assert (tmp_path / "pictures" / "figure-1.png").read_bytes() == b"older"


def test_a_long_result_is_cut_on_the_screen(tmp_path: Path) -> None:
    text = "\n".join(["x" * 1000, *map(str, range(40))])
    _, err = shown(tmp_path, CallResult("c", "f", text, True, 0))
    lines = err.split("\n")
    assert lines[0] == "f failed (0.0 s)" and lines[1] == "x" * 399 + "…"
    assert lines[-2] == "... 29 more lines" and len(lines) == 15


def test_no_control_character_reaches_a_terminal(tmp_path: Path) -> None:
    evil = "\x1b]0;title\x07\x1b[31m\x9b2J\x00"
    events = (
        TextDelta(evil),
        CallStarted("c", evil),
        CallDelta("c", evil),
        CallOutput("c", evil),
        CallResult("d", evil, evil, True, 0),
        Failed(evil, evil),
    )
    out, err = shown(tmp_path, *events, stdout=Terminal())
    assert not any(character in out + err for character in "\x1b\x07\x9b\x00")
    piped, _ = shown(tmp_path, TextDelta(evil))
    assert piped == evil  # a file gets what the model said


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Done("length"), "(reply cut at its limit of tokens)"),
        (Done("cancelled"), "(reply stopped)"),
        (Done("rounds"), "(the model kept calling tools; it was asked for an answer without them)"),
        (Failed("no answer", "start the server"), "error: no answer\nstart the server"),
    ],
)
def test_an_end_that_is_not_the_models_is_said(tmp_path: Path, event: Event, line: str) -> None:
    assert shown(tmp_path, TextDelta("Hi"), event) == ("Hi\n", f"{line}\n")


@pytest.mark.parametrize(
    ("answer", "agrees"),
    [("y", True), (" YES ", True), ("是", True), ("a", True), ("n", False), ("", False), ("ja", False), (None, False)],
)
def test_a_dangerous_call_is_asked_for(answer: str | None, agrees: bool) -> None:
    stderr = io.StringIO()
    ask = AskInTerminal(lambda: answer, stderr)
    assert ask("erase", {"name": "a\x1b[31m.txt", "n": 3, "long": "x" * 3000}, Cancellation()) is agrees
    lines = stderr.getvalue().split("\n")
    assert lines[0] == "The model wants to call 'erase', which may change something:"
    assert lines[3].endswith("xxx (and 1002 more characters)")
    assert lines[1:3] == ['  name = "a\\u001b[31m.txt"', "  n = 3"]


def test_always_holds_for_that_tool() -> None:
    answers = iter(["a", "n"])
    ask = AskInTerminal(lambda: next(answers), io.StringIO())
    assert ask("erase", {}, Cancellation()) and ask("erase", {}, Cancellation())
    assert not ask("other", {}, Cancellation())
