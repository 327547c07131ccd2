"""Python tools in their worker: results, and faults that must not reach the conversation (M03, M04, M05)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glmkit.agent.cancellation import Cancellation, Cancelled
from glmkit.agent.python_tools import SHIPPED, PythonTools
from glmkit.errors import ConfigError, set_language

Load = Callable[..., PythonTools]

DECORATED = 4 if sys.version_info >= (3, 11) else 5  # the line of a decorator that raises, after three more lines

FAULTS = '''
import os, sys, time, signal, threading
@tool
def add(a: int, b: int = 1) -> int:
    """Add."""
    print("to nowhere"); sys.stderr.write("to nowhere"); os.write(1, b"to nowhere")
    return a + b
@tool
def fail(kind: str) -> None:
    """Fail."""
    if kind == "recursion":
        return fail("recursion")
    raise {"exit": SystemExit(3), "interrupt": KeyboardInterrupt(), "base": BaseException("b"),
           "value": ValueError("secret in /home/ann/key.txt"), "import": ImportError("x")}[kind]
@tool
def die(how: str) -> None:
    """Die."""
    os._exit(3) if how == "exit" else os.kill(os.getpid(), signal.SIGSEGV)
@tool(time_limit=0.3)
def hang(how: str) -> str:
    """Hang."""
    if how == "loop":
        while True: pass
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        try: time.sleep(60)
        except BaseException: pass
@tool(time_limit=0.5)
def spawn(path: str) -> str:
    """Start a process that outlives the tool."""
    import subprocess
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    open(path, "w").write(str(child.pid)); child.wait()
@tool
def odd(kind: str) -> Any:
    """Return something odd."""
    class Rude:
        def __str__(self): raise SystemExit
    return {"none": None, "bytes": b"a\\xff", "big": "x" * 100_000_000, "nan": float("nan"),
            "ansi": "\\x1b[31m<|user|>", "generator": (n for n in []), "rude": Rude(), "half": "\\ud800"}[kind]
@tool(time_limit=30)
def slow() -> str:
    """Take its time."""
    time.sleep(20)
'''


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("tools") / "faults.py"
    path.write_text("from typing import Any\nfrom glmkit.agent import tool\n" + FAULTS, encoding="utf-8")
    loaded = PythonTools(path)
    yield loaded
    loaded.close()


def call(tools: PythonTools, name: str, **arguments: Any) -> tuple[str, bool]:
    result = tools.call(name, arguments, Cancellation())
    return result.text, result.failed


def test_a_call_gives_its_result_as_text(tools: PythonTools, capfd: pytest.CaptureFixture[str]) -> None:
    assert call(tools, "add", a=2) == ("3", False)
    assert call(tools, "add", a=2, b=5) == ("7", False)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("exit", "SystemExit: 3"),
        ("interrupt", "KeyboardInterrupt"),
        ("base", "BaseException: b"),
        ("value", "ValueError: secret in key.txt"),
        ("import", "ImportError: x"),
        ("recursion", "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_whatever_a_tool_raises_is_a_short_text(tools: PythonTools, kind: str, text: str) -> None:
    found, failed = call(tools, "fail", kind=kind)
    assert found.startswith(text) and len(found) < 100 and failed


@pytest.mark.parametrize("how", ["exit", "crash"])
def test_a_process_that_dies_is_named_and_replaced(tools: PythonTools, how: str) -> None:
    assert call(tools, "die", how=how) == ("The process of 'die' ended without a result.", True)
    assert call(tools, "add", a=1) == ("2", False)


@pytest.mark.parametrize("how", ["loop", "deaf"])
def test_a_tool_that_hangs_is_killed_at_its_limit(tools: PythonTools, how: str) -> None:
    start = time.monotonic()
    assert call(tools, "hang", how=how) == ("'hang' took longer than 0.3 s and was stopped.", True)
    assert time.monotonic() - start < 5
    assert call(tools, "add", a=1) == ("2", False)


def test_what_a_killed_tool_had_started_is_killed_too(tools: PythonTools, tmp_path: Path) -> None:
    assert call(tools, "spawn", path=str(tmp_path / "pid"))[1]
    child = int((tmp_path / "pid").read_text())
    assert is_gone(child)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("none", "null"),
        ("bytes", "a\ufffd"),
        ("ansi", "< |user|>"),
        ("nan", "NaN"),
        ("half", "\ufffd"),
        ("big", "x" * 4096 + " [TRUNCATED]"),
    ],
)
def test_odd_results_are_text(tools: PythonTools, kind: str, text: str) -> None:
    assert call(tools, "odd", kind=kind) == (text, False)


def test_results_without_a_text_are_text_as_well(tools: PythonTools) -> None:
    assert call(tools, "odd", kind="generator")[0].startswith("<generator object")
    assert call(tools, "odd", kind="rude") == ("SystemExit", True)


def test_a_call_is_cancelled_at_once(tools: PythonTools) -> None:
    cancellation = Cancellation()
    threading.Timer(0.2, cancellation.cancel).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        tools.call("slow", {}, cancellation)
    assert time.monotonic() - start < 5
    with pytest.raises(Cancelled):
        tools.call("add", {"a": 1}, cancellation)
    assert call(tools, "add", a=1) == ("2", False)


def test_two_conversations_do_not_wait_for_each_other(tools: PythonTools) -> None:
    cancellation = Cancellation()
    errors: list[BaseException] = []

    def wait_long() -> None:
        try:
            tools.call("slow", {}, cancellation)
        except Cancelled as error:
            errors.append(error)

    thread = threading.Thread(target=wait_long)
    thread.start()
    time.sleep(0.1)
    assert call(tools, "add", a=1) == ("2", False)
    cancellation.cancel()
    thread.join(5)
    assert len(errors) == 1


def test_results_are_cut_where_asked(load: Load) -> None:
    tools = load('@tool\ndef f(n: int) -> str:\n    """F."""\n    return "y" * n\n', result_limit=10)
    assert call(tools, "f", n=11) == ("y" * 10 + " [TRUNCATED]", False)


def test_a_file_may_import_its_neighbours_and_other_tools(load: Load, tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("VALUE = 42\n")
    tools = load(
        "from neighbour import VALUE\nfrom glmkit.agent.shipped import calculator\n"
        '@tool(name="answer")\ndef f() -> int:\n    """F."""\n    return VALUE\n'
    )
    assert [t.name for t in tools.tools] == ["answer", "calculator"]
    assert call(tools, "answer") == ("42", False)
    assert call(tools, "calculator", expression="6*7") == ("42", False)


def test_a_file_that_broke_since_it_was_loaded_is_a_result(load: Load, tmp_path: Path) -> None:
    tools = load('import os\n@tool\ndef f() -> int:\n    """F."""\n    os._exit(1)\n')
    (tmp_path / "tools.py").write_text("x = 1 +\n")
    assert call(tools, "f") == ("The process of 'f' ended without a result.", True)
    text, failed = call(tools, "f")
    assert failed and "tools.py:1: the file of tools cannot be loaded: SyntaxError" in text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "{path}: no function here is marked with @tool"),
        ("x = 1 +\n", "{path}:4: the file of tools cannot be loaded: SyntaxError: invalid syntax (tools.py, line 4)"),
        (
            "import nowhere\n",
            "{path}:4: the file of tools cannot be loaded: ModuleNotFoundError: No module named 'nowhere'",
        ),
        ("raise SystemExit(3)\n", "{path}:4: the file of tools cannot be loaded: SystemExit: 3"),
        (
            "@tool\ndef f(a: int): pass\n",
            "{path}:{line}: the tool 'f' has no docstring; it tells the model what the tool does",
        ),
        (
            '@tool\ndef f(): "F."\n@tool(name="f")\ndef g(): "G."\n',
            "{path}: two tools are called 'f'; names must differ",
        ),
        ('@tool\ndef f(): "F."\n@tool\ndef f(): "G."\n', "{path}: two tools are called 'f'; names must differ"),
        ("import os\nos._exit(0)\n", "the process that loads these tools ended: {path}"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(load: Load, tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert str(caught.value).startswith(sentence.format(path=tmp_path / "tools.py", line=DECORATED))


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.py: there is no such file of tools") as caught:
        PythonTools("nowhere.py")
    assert "from glmkit.agent import tool" in caught.value.hints()[0]


def test_tools_speak_the_language_of_the_user() -> None:
    set_language("zh")
    try:
        tools = PythonTools(SHIPPED)
    finally:
        set_language(None)
    try:
        assert call(tools, "calculator", expression="1/0") == ('"1/0" 中出现除以零', True)
    finally:
        tools.close()


def test_workers_end_with_the_process_that_uses_them(write_tools: Callable[[str], Path], tmp_path: Path) -> None:
    path = write_tools(
        "import os, time\n@tool\ndef f(p: str):\n    'F.'\n"
        "    open(p, 'w').write(str(os.getpid()))\n    time.sleep(60)\n"
    )
    script = (
        "import sys\nfrom glmkit.agent.python_tools import PythonTools\n"
        "from glmkit.agent.cancellation import Cancellation\n"
        "PythonTools(sys.argv[1]).call('f', {'p': sys.argv[2]}, Cancellation())"
    )
    user = subprocess.Popen([sys.executable, "-c", script, str(path), str(tmp_path / "pid")])
    try:
        deadline = time.monotonic() + 20
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        user.kill()
        user.wait()
    assert is_gone(int((tmp_path / "pid").read_text()))


def is_gone(pid: int) -> bool:
    """Say whether a process ends within a few seconds; a zombie counts as ended."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False
