"""The whole room again where every wall can stand: as root, and as an ordinary user with nothing but a shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from glmkit.agent.sandbox import places, probe
from tests.other_machine import ORDINARY_USER, ordinary_user

pytestmark = pytest.mark.system
REPOSITORY = Path(__file__).resolve().parents[3]


def suite(command: list[str], home: str) -> str:
    tests = [sys.executable, "-m", "pytest", "-q", "-ra", "-m", "not system and not slow", "-p", "no:cacheprovider"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CI": "true",
    }
    names = ["attacks", "interpreter", "layers", "workspace"]
    tests += [f"tests/agent/sandbox/test_{name}.py" for name in names]
    outcome = subprocess.run(
        [*command, *tests], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout[-8000:] + outcome.stderr[-2000:]
    return outcome.stdout


def processes_of(uid: int) -> list[str]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            if f"\nUid:\t{uid}\t" in status.read_text():
                found.append(status.parent.name)
    return found


@pytest.fixture(scope="module")
def bwrap() -> str:
    assert os.geteuid() == 0, "run as root: another user is to be played"
    assert probe().level == "full", probe().lines()
    assert probe().bwrap is not None
    return str(probe().bwrap)


def test_all_of_it_holds_as_root(bwrap: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        said = suite([], home)
    assert "[full" not in said  # nothing was skipped at that level
    assert int(re.findall(r"(\d+) passed", said)[-1]) > 300


def test_all_of_it_holds_as_an_ordinary_user_and_gets_through_without_walls(bwrap: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, ORDINARY_USER, ORDINARY_USER)
        said = suite(ordinary_user(bwrap, [*places.readable(), str(REPOSITORY)]), home)
    end = time.monotonic() + 5  # process 1 reaps what was killed last
    while (left := processes_of(ORDINARY_USER)) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []
    skipped = [line for line in said.splitlines() if line.startswith("SKIPPED")]
    assert not [line for line in skipped if "in a container the advice" not in line]
    assert int(re.findall(r"(\d+) passed", said)[-1]) > 300
