"""The first signal asks, the second one does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from glmkit.training.interrupt import StopRequest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_only_asks(number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.default_int_handler
    earlier = signal.signal(number, before)  # whoever started the tests may have it ignored, as nohup does
    try:
        with StopRequest() as stop:
            assert not stop.requested
            os.kill(os.getpid(), number)
            assert stop.requested
        assert signal.getsignal(number) is before
    finally:
        signal.signal(number, earlier)
    assert capfd.readouterr().err == (
        "stopping: this step is finished and saved first; a second signal stops at once\n"
    )


def test_a_second_ctrl_c_interrupts_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), StopRequest():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_a_second_sigterm_ends_the_process_at_once() -> None:
    code = "import os, signal, time; from glmkit.training.interrupt import StopRequest\n"
    code += "with StopRequest() as stop:\n  os.kill(os.getpid(), signal.SIGTERM); print(stop.requested, flush=True)\n"
    code += "  os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (result.returncode, result.stdout) == (-signal.SIGTERM, "True\n")


def test_in_another_thread_nothing_is_heard_and_nothing_fails() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def listen() -> None:
        with StopRequest() as stop:
            seen.extend([stop.requested, signal.getsignal(signal.SIGTERM)])

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert seen == [False, before]


def test_a_closed_terminal_is_not_heard_under_nohup() -> None:
    earlier = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopRequest() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.requested
    finally:
        signal.signal(signal.SIGHUP, earlier)
