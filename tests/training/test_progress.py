"""What a user sees: lines now and then off a terminal, a bar on one, and never a crash because nobody reads."""

from __future__ import annotations

import os
import pty
from contextlib import suppress
from typing import Any

import pytest

from glmkit.errors import set_language
from glmkit.training.progress import Display, clock_time


def row(step: int, **changes: Any) -> dict[str, Any]:
    """One step as the loop hands it over."""
    return {"step": step, "loss": 1.5, "lr": 0.02, "tokens_per_s": 1234.5, "seconds": 30.0, **changes}


def shown_steps(log_every: int, seconds_between: float, total: int = 12) -> list[int]:
    """Return the steps of which a log gets a line."""
    lines: list[str] = []
    clock = iter(number * seconds_between for number in range(1000))
    display = Display(lines.append, log_every, clock=lambda: next(clock))
    for step in range(1, total + 1):
        display.step(row(step), total)
    return [int(line.split()[1].split("/")[0]) for line in lines]


def test_off_a_terminal_slow_steps_each_get_a_line() -> None:
    assert shown_steps(log_every=1, seconds_between=5.0) == list(range(1, 13))


def test_off_a_terminal_log_every_thins_the_lines_and_the_last_one_stays() -> None:
    assert shown_steps(log_every=5, seconds_between=5.0) == [5, 10, 12]


def test_off_a_terminal_fast_steps_give_a_line_every_other_second() -> None:
    assert shown_steps(log_every=1, seconds_between=0.5) == [1, 5, 9, 12]


def test_a_line_tells_loss_rate_speed_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    Display(lines.append).step(row(9), 100)
    assert lines == ["step   9/100  loss 1.5000  lr 0.02  1,234 tokens/s  45:30 left"]
    assert capsys.readouterr() == ("", lines[0] + "\n")


def test_a_line_speaks_chinese_when_asked_to() -> None:
    lines: list[str] = []
    set_language("zh")
    Display(lines.append).step(row(1), 1)
    assert lines == ["步 1/1  损失 1.5000  学习率 0.02  1,234 词元/秒  剩余 0:00"]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (3599, "59:59"), (90061, "25:01:01")])
def test_times_read_as_a_clock(seconds: float, text: str) -> None:
    assert clock_time(seconds) == text


def read_all(descriptor: int) -> str:
    """Return what was written to a terminal whose other end is closed."""
    pieces = []
    with suppress(OSError):  # the end of a terminal is an error on Linux
        while piece := os.read(descriptor, 1 << 16):
            pieces.append(piece)
    os.close(descriptor)
    return b"".join(pieces).decode()


def test_on_a_terminal_there_is_a_bar_and_other_lines_stand_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    main_end, terminal_end = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    lines: list[str] = []
    with os.fdopen(terminal_end, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        with Display(lines.append) as display:
            display.step(row(1), 4)
            display.say("training-saved", folder="runs/a/step-000001")
            display.step(row(2), 4)
    seen = read_all(main_end)
    assert "\x1b[?25l" in seen  # the cursor is hidden while the bar moves
    assert seen.rstrip().endswith("\x1b[?25h")  # and there again afterwards
    assert "━" in seen
    assert "step 2/4  loss 1.5000" in seen
    assert "saved runs/a/step-000001" in seen
    assert lines == ["saved runs/a/step-000001"]  # the bar is not for the log


def test_training_survives_a_reader_that_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    lines: list[str] = []
    with os.fdopen(os.dup(write_end), "w", buffering=1) as gone:
        monkeypatch.setattr("sys.stderr", gone)
        Display(lines.append).show("hello")
        os.dup2(os.open(os.devnull, os.O_WRONLY), gone.fileno())  # so that closing can flush what is left
    os.close(write_end)
    assert lines == ["hello"]
