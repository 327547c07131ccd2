"""Cells as users write them: state, outputs in order, errors, limits, endings, restarts."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from glmkit.agent.sandbox import Done, Error, Event, Image, Interpreter, Limits, Result, observation, probe
from glmkit.errors import ConfigError
from tests.agent.sandbox.conftest import printed, run

QUICK = Limits(seconds=0.5, grace=0.2)


def done(events: list[Event]) -> Done:
    assert isinstance(events[-1], Done)
    assert not any(isinstance(event, Done) for event in events[:-1])
    return events[-1]


def error(events: list[Event]) -> Error:
    [found] = [event for event in events if isinstance(event, Error)]
    return found


@pytest.fixture(scope="module")
def quick(level: str) -> Iterator[Interpreter]:
    with Interpreter(level=level, limits=QUICK) as python:  # type: ignore[arg-type]
        yield python


# State and outputs


def test_state_lives_on_from_cell_to_cell(shared_python: Interpreter) -> None:
    run(shared_python, "numbers = [3, 1, 2]\ndef twice(x):\n    return 2 * x")
    events = run(shared_python, "twice(sorted(numbers))")
    assert events[0] == Result("[1, 2, 3, 1, 2, 3]", {"text/plain": "[1, 2, 3, 1, 2, 3]"})
    assert done(events).status == "ok"


def test_outputs_come_in_the_order_they_were_made(shared_python: Interpreter) -> None:
    code = """
    import os, sys
    from IPython.display import display
    import matplotlib.pyplot as plt
    print("one")
    print("two", file=sys.stderr)
    display({"three": 3})
    os.write(1, b"four\\n")
    print("five")
    plt.plot([1, 2, 3])
    plt.show()
    sys.stdout.buffer.write(b"six\\n")
    plt.figure(); plt.figure()
    "seven"
    """
    events = run(shared_python, textwrap.dedent(code))
    shown: list[tuple[str, ...]] = []
    for event in events[:-1]:
        kind, stream, text = type(event).__name__, getattr(event, "stream", ""), getattr(event, "text", "")
        if kind == "Text" and shown and shown[-1][:2] == (kind, stream):  # it may come in pieces
            text = shown.pop()[2] + text
        shown.append((kind, stream, text))
    assert shown[:5] == [
        ("Text", "stdout", "one\n"),
        ("Text", "stderr", "two\n"),
        ("Result", "", "{'three': 3}"),
        ("Text", "stdout", "four\nfive\n"),
        ("Image", "", ""),
    ]
    assert [kind for kind, _, _ in shown[5:]] == ["Text", "Result", "Image", "Image"]
    assert observation(events) == "\n".join(
        ["one", "two", "{'three': 3}", "four", "five", "[Image]", "six", "'seven'", "[Image]", "[Image]"]
    )


def test_a_traceback_shows_the_cell_and_nothing_of_the_machine(shared_python: Interpreter) -> None:
    run(shared_python, "import json\ndef load(text):\n    return json.loads(text)")
    events = run(shared_python, "import matplotlib.pyplot as plt; plt.figure()\nload('{')")
    assert isinstance(events[0], Image)  # drawn before the error
    found = error(events)
    assert found.name == "JSONDecodeError"
    assert found.message.startswith("Expecting property name")
    assert "load('{')" in found.traceback and "return json.loads(text)" in found.traceback
    assert "site-packages" not in found.traceback and ".py" not in found.traceback
    assert done(events).status == "error"
    assert run(shared_python, "1 + 1")[0] == Result("2", {"text/plain": "2"})


def test_an_error_within_an_error_and_one_that_cannot_be_shown(shared_python: Interpreter) -> None:
    events = run(
        shared_python, "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('second') from e"
    )
    assert error(events).traceback.count("Traceback") == 2
    code = "class Bad(Exception):\n    def __str__(self):\n        raise RuntimeError\nraise Bad"
    assert error(run(shared_python, code)).name in {"Bad", "RuntimeError"}
    assert error(run(shared_python, "def f(): f()\nf()")).name == "RecursionError"
    assert error(run(shared_python, "raise BaseException('b')")).message == "b"


@pytest.mark.parametrize("code", ["def f(:", "print('a", "  x = 1\n y = 2", "\0", "\ud800", "if", "(" * 2000])
def test_what_is_no_python_is_said_to_be_none(shared_python: Interpreter, code: str) -> None:
    events = run(shared_python, code)
    assert done(events).status == "error"
    assert error(events).name in {"SyntaxError", "IndentationError", "ValueError", "UnicodeEncodeError", "MemoryError"}


def test_empty_cells_await_and_the_data_folder(shared_python: Interpreter) -> None:
    assert [type(event) for event in run(shared_python, "")] == [Done]
    assert [type(event) for event in run(shared_python, "# nothing")] == [Done]
    assert run(shared_python, "import asyncio\nawait asyncio.sleep(0, 'slept')")[0].text == "'slept'"  # type: ignore
    events = run(shared_python, "name = 'b.txt'\nopen(f'/mnt/data/{name}', 'w').write('hello')")
    assert done(events).files == ("b.txt",)
    assert error(run(shared_python, "input('name? ')")).name == "EOFError"
    assert "only Python runs here" in error(run(shared_python, "!pip install nothing")).message
    assert error(run(shared_python, "import sys; sys.exit(1)")).name == "SystemExit"
    assert printed(run(shared_python, "print(name)")) == "b.txt\n"


def test_figures_of_any_size_and_number(shared_python: Interpreter) -> None:
    events = run(shared_python, "import matplotlib.pyplot as plt\nfig = plt.figure(figsize=(100, 100))\nfig.show()")
    [image] = [event for event in events if isinstance(event, Image)]
    assert image.png.startswith(b"\x89PNG") and 3900 < image.width == image.height <= 4000
    code = "import matplotlib\nmatplotlib.use('Agg')\nfor _ in range(3): plt.figure(figsize=(1, 1))"
    assert [type(event) for event in run(shared_python, code)] == [Image] * 3 + [Done]
    code = "from IPython.display import SVG, HTML, display\ndisplay(SVG('<svg onload=\"x()\"></svg>'))"
    assert not any(isinstance(event, Image) for event in run(shared_python, code))
    events = run(shared_python, "fig, ax = plt.subplots(figsize=(1, 1))\nfig")
    assert [type(event) for event in events] == [Image, Done]
    events = run(shared_python, "for _ in range(25): plt.figure(figsize=(.1, .1))")
    assert sum(isinstance(event, Image) for event in events) == 20
    assert "[cut: more than 20 figures]" in printed(events)


def test_chinese_in_a_figure_is_drawn_or_said_to_lack_a_font_once(level: str) -> None:
    with Interpreter(level=level) as python:  # type: ignore[arg-type]
        code = "plt.rcParams['font.sans-serif'] = ['SimHei']\nplt.figure(figsize=(1, 1)); plt.title('图表')"
        events = run(python, "import matplotlib.pyplot as plt\n" + code)
        assert [type(event) for event in events[-2:]] == [Image, Done] or isinstance(events[-3], Image)
        said = printed(events)
        drawn = "len(plt.rcParams['font.family']) > 1"
        assert ("no font on this machine" in said) == (
            run(python, drawn)[0] == Result("False", {"text/plain": "False"})
        )
        assert len(said.splitlines()) <= 1
        assert printed(run(python, code)) == ""


# Limits (C01-C05)


@pytest.mark.parametrize(
    ("code", "state_lost"),
    [
        ("while True: pass", False),
        ("import time; time.sleep(1e6)", False),
        ("import time\nwhile True:\n    try: time.sleep(9)\n    except KeyboardInterrupt: pass", True),
        ("import signal\nfor s in (2, 14, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: pass", True),
        ("import re; re.match('(a+)+b', 'a' * 40)", True),
    ],
)
def test_time_is_limited(quick: Interpreter, code: str, state_lost: bool) -> None:
    run(quick, "kept = 1")
    began = time.monotonic()
    events = run(quick, code)
    assert time.monotonic() - began < 3
    assert (done(events).status, done(events).state_lost) == ("timeout", state_lost)
    assert any(isinstance(event, Error) and "timed out after 0.5 s" in event.message for event in events)
    assert ("kept" in printed(run(quick, "print(*globals())"))) == (not state_lost)


def test_much_output_is_cut_and_costs_no_memory(shared_python: Interpreter) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for code in ("print('x' * (200 << 20))", "for i in range(120000): print('line', i)", "'x' * (1 << 20)"):
        events = run(shared_python, code)
        text = printed(events)
        assert done(events).status == "ok"
        assert len(text) <= (1 << 20) + 100 and (len(text) < 1000 or "[cut: more than 1,048,576 characters" in text)
        assert len(observation(events)) < 65536 + 100 and "cut" in observation(events)
    events = run(shared_python, "import os\nfor _ in range(400): os.write(1, bytes(range(256)) * 1000)")
    assert "[cut:" in printed(events) and "\x1b" not in printed(events)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10
    assert printed(run(shared_python, "print('fresh')")) == "fresh\n"


def test_terminal_codes_are_taken_out(shared_python: Interpreter) -> None:
    code = r"print('\x1b]0;title\x07\x1b[31mred\x1b[0m 10%\r 20%\u202eover\ud800')"
    assert printed(run(shared_python, code)) == " 20%over?\n"


@pytest.mark.parametrize(
    "code",
    [
        "for i in range(10**6): open(f'f{i}', 'w')",
        "for i in range(9): open(f'g{i}', 'wb').write(bytes(4 << 20))",
        "os.mkdir('d', 0o300)\nfor i in range(99): open(f'd/{i}', 'w')",
        "for i in range(200):\n    os.mkdir('d'); os.chdir('d')",
    ],
    ids=["many", "large", "hidden", "deep"],
)
def test_files_beyond_the_quota_end_the_cell(level: str, code: str) -> None:
    limits = Limits(workspace_bytes=8 << 20, workspace_files=50)
    with Interpreter(level=level, limits=limits) as python:  # type: ignore[arg-type]
        events = run(python, f"import os, time\n{code}\ntime.sleep(9)")
        assert done(events).status == "quota" and done(events).state_lost
        assert "8 MB or 50 files" in error(events).message
        assert done(run(python, "print('again')")).status == "ok"  # or nothing could ever be removed
        folder = python.folder
    assert not folder.exists()


# Endings (C02, C13, C16, C17, C19)


@pytest.mark.parametrize(
    "code",
    [
        "import os; os._exit(0)",
        "import ctypes; ctypes.string_at(0)",
        "import os\nfor n in range(3, 99):\n    try: os.close(n)\n    except OSError: pass",
    ],
)
def test_a_process_that_ends_is_replaced(quick: Interpreter, code: str) -> None:
    run(quick, "kept = 1")
    began = time.monotonic()
    events = run(quick, code)
    assert done(events).status == "died" and done(events).state_lost
    assert "variables and imports are gone" in error(events).message
    assert printed(run(quick, "print('kept' in globals())")) == "False\n"
    assert time.monotonic() - began < 2


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x86 code")
def test_a_call_by_the_32_bit_door_ends_the_process(shared_python: Interpreter) -> None:
    code = """
    import ctypes, mmap
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
    print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())
    """
    events = run(shared_python, textwrap.dedent(code))
    assert done(events).status == "died" and printed(events) == ""


def test_a_cell_cannot_speak_for_the_host(shared_python: Interpreter) -> None:
    code = """
    import os, sys
    done = b'\\n' + b'0' * 32 + b' {"kind": "done"}\\n'
    for number in range(3, 20):
        try: os.write(number, done + b'garbage without an end')
        except OSError: pass
    sys.stdout = sys.stderr = None
    import builtins; builtins.print = None
    """
    assert done(run(shared_python, textwrap.dedent(code))).status in {"ok", "died"}
    run(shared_python, "import builtins, sys; builtins.print = lambda *x: sys.stdout.write(f'{x[0]}\\n')")
    assert printed(run(shared_python, "print('heard')")) == "heard\n"
    shared_python.restart()


def test_a_frame_that_is_not_as_ours_is_passed_over(shared_python: Interpreter) -> None:
    code = """
    import gc
    channel = next(x for x in gc.get_objects() if type(x).__name__ == "Channel")
    for frame in ({"kind": "image", "png": "QUJD"}, {"kind": "image"}, {"kind": "image", "png": 3}, {"kind": []},
                  {"kind": "text", "text": "x"}, {"kind": "result", "formats": 1}, {"kind": "error"}, {"kind": "?"}):
        channel.send(**frame)
    import os; os.write(channel._descriptor, f"\\n{channel.nonce} [[[[\\n{channel.nonce} {'[' * 100000}\\n".encode());
    """
    assert [type(event) for event in run(shared_python, textwrap.dedent(code))] == [Done]


def test_threads_of_an_earlier_cell_cannot_speak_in_a_later_one_and_go_with_a_restart(level: str) -> None:
    with Interpreter(level=level) as python:  # type: ignore[arg-type]
        run(python, "import threading, time, sys\nsys.modules['json'].poison = 1")
        run(python, "import threading\ndef forever():\n    while True: time.sleep(.01)")
        run(python, "threading.Thread(target=forever, daemon=True).start()")
        assert printed(run(python, "import json; print(threading.active_count(), json.poison)")) == "4 1\n"
        began = time.monotonic()
        python.restart()
        assert time.monotonic() - began < 2
        assert printed(run(python, "import threading, json; print(threading.active_count(), hasattr(json, 'poison'))"))
        assert error(run(python, "forever")).name == "NameError"


def test_interrupt_from_another_thread_and_by_leaving(shared_python: Interpreter) -> None:
    run(shared_python, "kept = 2")
    events = shared_python.run("import time\nprint('begun', flush=True)\ntime.sleep(60)")
    assert next(events).text.startswith("begun")  # type: ignore[union-attr]
    shared_python.interrupt()
    left = list(events)
    assert done(left).status == "interrupted" and not done(left).state_lost
    events = shared_python.run("print('begun', flush=True)\ntime.sleep(60)")
    next(events)
    began = time.monotonic()
    events.close()  # type: ignore[attr-defined]
    assert printed(run(shared_python, "print(kept)")) == "2\n"
    assert time.monotonic() - began < 2
    shared_python.interrupt()  # nothing runs: nothing happens
    assert printed(run(shared_python, "print(kept)")) == "2\n"


def test_a_slow_reader_stops_no_clock(quick: Interpreter) -> None:
    events = quick.run("print('x' * 500000)")
    next(events)
    time.sleep(0.8)
    assert done(list(events)).status == "ok"


def test_code_that_is_too_long_is_refused_and_a_long_one_runs(shared_python: Interpreter) -> None:
    events = run(shared_python, "#" * ((1 << 20) + 1))
    assert "1,048,577 characters; the limit is 1,048,576" in error(events).message
    assert printed(run(shared_python, f"x = {'a' * 900_000!r}\nprint(len(x))")) == "900000\n"


def children() -> set[int]:
    found = set()
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with suppress(OSError, IndexError):
                if int((path / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                    found.add(int(path.name))
    return found


def test_restarts_leave_no_process_descriptor_or_folder(level: str, restarts: int = 5) -> None:
    before = children(), len(os.listdir("/proc/self/fd"))
    with Interpreter(level=level) as python:  # type: ignore[arg-type]
        one = len(os.listdir("/proc/self/fd"))
        for number in range(restarts):
            python.restart()
            assert run(python, f"{number}")[0].text == f"{number}"  # type: ignore[union-attr]
        assert len(os.listdir("/proc/self/fd")) == one
    assert (children(), len(os.listdir("/proc/self/fd"))) == before
    assert not python.folder.exists()
    with pytest.raises(ConfigError, match="closed"):
        python.run("1")
    python.close()


@pytest.mark.slow
def test_a_hundred_restarts_leave_nothing(level: str) -> None:
    test_restarts_leave_no_process_descriptor_or_folder(level, 100)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_the_worker_dies_with_its_owner(level: str) -> None:
    code = f"""
    import threading, time
    from glmkit.agent.sandbox import Interpreter
    def start():
        global python
        python = Interpreter(level={level!r})
    thread = threading.Thread(target=start); thread.start(); thread.join()
    time.sleep(.3)                      # the thread that asked for it has ended; the worker has not
    print(next(python.run("print('alive')")).text.strip(), python._worker.pid, python.folder, flush=True)
    python.run("while True:\\n    try:\\n        while True: pass\\n    except BaseException: pass")
    time.sleep(60)
    """
    owner = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    said, pid, folder = owner.stdout.readline().split()
    assert said == "alive"
    assert not gone(int(pid))
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert within(3, lambda: gone(int(pid)))
    subprocess.run(["rm", "-rf", str(Path(folder).parent)], check=True)


def test_it_starts_with_little_work(level: str) -> None:
    """Processor time, which other work on the machine does not change; on an idle one that is the time to start."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Interpreter(level=level) as python:  # type: ignore[arg-type]
        assert printed(run(python, "import sys; print('matplotlib' in sys.modules)")) == "False\n"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.4


@pytest.mark.skipif(probe().search, reason="Python lies where only root may look: without walls, root runs no cell")
def test_without_walls_closing_ends_what_a_cell_started_all_the_same() -> None:
    code = """
    import os, time
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                open(str(os.getpid()), "w").close()
                time.sleep(60)
            os._exit(0)
    while len(os.listdir(".")) < 3:
        time.sleep(.01)
    """
    with Interpreter(level="none", accept_unsandboxed=True) as python:
        events = run(python, textwrap.dedent(code))
        pids = [int(name) for name in done(events).files]
        assert len(pids) == 3 and not any(map(gone, pids))
    assert within(2, lambda: all(map(gone, pids)))
