"""Hostile cells, at every level this machine has: nothing gets through, and it is the walls that stop it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from glmkit.agent.sandbox import Image, Interpreter, probe
from tests.agent.sandbox import attacks
from tests.agent.sandbox.conftest import printed, run


def prepare(python: Interpreter, targets: dict[str, Any]) -> None:
    run(python, f"A = {targets!r}\n{attacks.PREAMBLE}")


def state_of(folder: str) -> dict[str, tuple[Any, ...]]:
    found = {}
    for path in sorted(Path(folder).iterdir()):
        status = path.lstat()
        content = path.read_text() if path.is_file() else ""
        found[path.name] = (status.st_mode, status.st_uid, status.st_nlink, status.st_mtime_ns, content)
    return found


@pytest.fixture(scope="module")
def attacked(shared_python: Interpreter, targets: dict[str, Any]) -> Iterator[Interpreter]:
    os.environ["GLMKIT_TEST_SECRET"] = "canary"
    prepare(shared_python, targets)
    yield shared_python
    del os.environ["GLMKIT_TEST_SECRET"]


@pytest.mark.parametrize("name", attacks.ALL)
def test_an_attack_is_stopped(attacked: Interpreter, targets: dict[str, Any], name: str) -> None:
    before = state_of(targets["folder"])
    events = run(attacked, attacks.cell(name))
    assert "stopped: " in printed(events) and "THROUGH" not in printed(events), events
    assert events[-1].status == "ok", events  # type: ignore[union-attr]  # and the session goes on
    assert state_of(targets["folder"]) == before


def test_a_figure_is_drawn_all_the_same(attacked: Interpreter) -> None:
    events = run(attacked, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert [type(event) for event in events[:-1]] == [Image]


@pytest.mark.skipif(probe().search, reason="Python lies where only root may look: without walls, root runs no cell")
def test_the_same_attacks_get_through_without_walls(targets: dict[str, Any]) -> None:
    with Interpreter(level="none", accept_unsandboxed=True) as python:
        prepare(python, targets)
        for name in attacks.THROUGH_WITHOUT_WALLS:
            events = run(python, attacks.cell(name))
            assert printed(events).endswith("THROUGH\n"), (name, events)
    folder = Path(targets["folder"])
    (folder / "movable.moved").rename(folder / "movable")
