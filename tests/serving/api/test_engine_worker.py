"""What drives an engine by messages: answers to all of them, and requests that are cancelled before they have begun."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("llguidance", reason="needs the extra [serve]")

from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import RequestError
from glmkit.model.glm import GLM
from glmkit.serving.api.engine_messages import (
    Cancel,
    Compiled,
    ConstraintSpec,
    LoadAdapter,
    Ready,
    Settled,
    Stepped,
    Submit,
)
from glmkit.serving.api.engine_worker import EngineWorker
from glmkit.serving.engine import Engine
from glmkit.serving.params import SamplingParams

FIVE = SamplingParams(max_tokens=5, seed=1, stop_ids=())


class Driven:
    """A worker in a thread, and all it has said."""

    def __init__(self, build: Callable[[], Engine]) -> None:
        self.reports: list[Any] = []
        self.worker = EngineWorker(build, {}, self.reports.append)
        self.thread = threading.Thread(target=self.worker.run)
        self.thread.start()
        self.wait_for(lambda: any(isinstance(report, Ready) for report in self.reports))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end, self.reports
            time.sleep(0.002)

    def news(self) -> list[Any]:
        return [item for report in self.reports if isinstance(report, Stepped) for item in report.news]

    def finish(self, id: int) -> list[Any]:
        """Wait for the end of a request; return its news."""
        self.wait_for(lambda: any(item.id == id and item.finish_reason for item in self.news()))
        return [item for item in self.news() if item.id == id]


@pytest.fixture
def driven(glm: GLM, small_tokenizer: Tokenizer) -> Iterator[Driven]:
    driven = Driven(lambda: Engine(glm, small_tokenizer))
    yield driven
    driven.worker.take(None)
    driven.thread.join(10)
    assert not driven.thread.is_alive()


def schema(number: int) -> ConstraintSpec:
    properties = {f"p{number}_{i}": {"type": "string", "maxLength": 40} for i in range(30)}
    return ConstraintSpec({"type": "object", "properties": properties, "required": list(properties)})


def test_a_request_comes_back_token_by_token(driven: Driven) -> None:
    driven.worker.take(Submit(1, [5, 6, 7], FIVE))
    news = driven.finish(1)
    assert [len(item.ids) for item in news] == [1] * 5 and news[-1].finish_reason == "length"
    assert all(item.started_at is not None for item in news)
    last = next(report for report in reversed(driven.reports) if isinstance(report, Stepped))
    assert (last.statistics.num_running, last.statistics.generation_tokens) == (0, 5)


def test_every_message_is_answered_with_nothing_to_compute_too(driven: Driven) -> None:
    for number, message in enumerate((Cancel(77), LoadAdapter(78, "x", "no/such/folder")), 1):
        driven.worker.take(message)
        driven.wait_for(lambda number=number: sum(isinstance(r, Stepped) for r in driven.reports) == number)  # type: ignore[misc]
    (settled,) = [report for report in driven.reports if isinstance(report, Settled)]
    assert settled.id == 78 and "no/such/folder" in str(settled.error)


def test_what_cannot_be_served_ends_with_an_error(driven: Driven) -> None:
    driven.worker.take(Submit(1, [5, 6, 7], FIVE, adapter="nobody"))
    (item,) = driven.finish(1)
    assert item.finish_reason == "error" and isinstance(item.error, RequestError)
    driven.worker.take(Submit(2, [5], FIVE, constraint=ConstraintSpec({"type": "nothing"})))
    driven.wait_for(lambda: any(isinstance(report, Compiled) for report in driven.reports))
    (compiled,) = [report for report in driven.reports if isinstance(report, Compiled)]
    assert compiled.id == 2 and isinstance(compiled.error, RequestError)


def test_a_request_that_is_cancelled_while_its_schema_is_compiled_never_runs(driven: Driven) -> None:
    for number in range(15):
        driven.worker.take(Submit(number, [5, 6, 7], FIVE, constraint=schema(number)))
        driven.worker.take(Cancel(number))
    driven.worker.take(Submit(99, [5, 6, 7], FIVE, constraint=schema(99)))  # compiled behind all the others
    assert driven.finish(99)[-1].finish_reason == "length"
    # One whose schema was there before the word came may have made a step.
    assert len({item.id for item in driven.news()} - {99}) < 3
