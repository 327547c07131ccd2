"""Walls that are missing: each is really taken away, and what is said and done then is checked (C20)."""

from __future__ import annotations

import platform
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from glmkit.agent.sandbox import Interpreter, probe
from glmkit.agent.sandbox.inside import seccomp
from glmkit.agent.sandbox.inside.syscalls import NUMBERS, REFUSED, SILENT
from glmkit.errors import ConfigError, GlmkitError, set_language
from tests.agent.sandbox.conftest import LEVELS, run
from tests.other_machine import refusing


@pytest.fixture(autouse=True)
def fresh_probe() -> Iterator[None]:
    probe.cache_clear()
    yield
    probe.cache_clear()


def without(refused: dict[int, int], code: str) -> str:
    """Run ``code`` where the kernel answers these system calls with these errors, as a container's profile does."""
    program = """
    from glmkit.agent.sandbox import Interpreter, probe
    from glmkit.errors import GlmkitError, set_language
    set_language("en")
    """
    outcome = subprocess.run(
        [*refusing(refused), sys.executable, "-c", textwrap.dedent(program) + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


REFUSAL = """
print("\\n".join(probe().lines()))
try:
    Interpreter()
except GlmkitError as error:
    print(error.exit_code, error)
    print(*error.hints())
"""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (38, "this kernel has none. use Linux 5.13 or later"),
        (95, "switched off at boot. on the machine itself, add landlock to the kernel's boot setting lsm="),
        (1, "the container refuses it: Operation not permitted. start the container with --security-opt seccomp="),
    ],
)
def test_without_landlock_it_refuses_and_says_what_to_set(error: int, said: str) -> None:
    if error == 38 and Path("/.dockerenv").exists():
        pytest.skip("in a container the advice is about the container")
    output = without({444: error}, REFUSAL)
    assert output.startswith("sandbox: none\n  landlock    missing  ")
    assert "2 there is no sandbox on this machine, so no code of a model is run: landlock: " in output
    assert said in output
    assert "--i-accept-unsandboxed-code" in output


@pytest.mark.skipif(not LEVELS, reason="needs Landlock and seccomp")
def test_where_namespaces_are_refused_the_level_is_restricted() -> None:
    """As Docker's default profile does it: no mount, no unshare, no clone with a namespace flag."""
    column = 1 if platform.machine() == "aarch64" else 0
    refused = {NUMBERS[name][column]: 1 for name in ("mount", "unshare", "umount2", "pivot_root")}
    code = """
    print("\\n".join(probe().lines()))
    with Interpreter() as python:
        print(python.level, next(python.run("6 * 7")).text)
    try:
        Interpreter(level="full")
    except GlmkitError as error:
        print(error)
    """
    output = without(refused, code)
    assert output.startswith("sandbox: restricted\n")
    assert "\nrestricted 42\n" in output
    assert "sandbox level full cannot be had here, restricted can: bubblewrap: " in output
    if probe().bwrap:
        assert "installed, but: " in output
        assert "start the container with " in output and "--security-opt seccomp=unconfined" in output


def test_without_bubblewrap_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    report = probe()
    assert report.level != "full"
    assert report.layer("bubblewrap").detail.startswith("not installed")
    assert "install bubblewrap" in report.layer("bubblewrap").fix
    set_language("zh")
    probe.cache_clear()
    assert "沙箱：" in probe().lines()[0] and "未安装" in "".join(probe().lines())


def test_another_machine_has_no_seccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert probe().level == "none"
    assert not probe().layer("seccomp").there
    with pytest.raises(ConfigError, match=r"seccomp: not for .*x86_64 or aarch64"):
        Interpreter()


def test_another_system_is_told_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert probe().level == "none"
    assert "needs Linux; this is Darwin" in probe().lines()[1]
    with pytest.raises(ConfigError, match="needs Linux; this is Darwin"):
        Interpreter(level="none", accept_unsandboxed=True)


def test_levels_that_are_none() -> None:
    with pytest.raises(ConfigError, match="'high' is no sandbox level; it must be full, restricted or none"):
        Interpreter(level="high")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="at level none a model's code could read and delete your files"):
        Interpreter(level="none")


def test_a_python_that_does_not_start_is_said_with_its_reason(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setattr("glmkit.agent.sandbox.places.package_folders", list)
    with pytest.raises(GlmkitError, match=r"did not start: ModuleNotFoundError: No module named 'IPython'"):
        Interpreter(level=level)  # type: ignore[arg-type]


def test_the_filter_of_the_other_machine_holds_the_same_rules() -> None:
    for machine in seccomp.MACHINES:
        code = seccomp.program(machine, 1)
        assert len(code) < 4096
        for place, (operation, yes, no, _) in enumerate(code):
            if operation in (seccomp.JUMP_EQUAL, seccomp.JUMP_GREATER):
                assert place + 1 + max(yes, no) < len(code)
    for column in range(2):
        numbers = [pair[column] for pair in NUMBERS.values() if pair[column]]
        assert len(set(numbers)) == len(numbers)
    assert not set(REFUSED) & set(SILENT)


def test_shutil_copy_works_although_modes_are_not_set(shared_python: Interpreter) -> None:
    code = "import os, shutil\nos.mkdir('one'); open('one/a', 'w').write('x')\nshutil.copy2('one/a', 'one/copy')"
    code += "\nshutil.copytree('one', '/mnt/data/tree')"
    assert run(shared_python, code)[-1].status == "ok"  # type: ignore[union-attr]
    run(shared_python, "shutil.rmtree('/mnt/data/tree')")
