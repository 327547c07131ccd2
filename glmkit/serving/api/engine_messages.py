"""What the server and an engine tell each other: a few kinds of messages, and their form on the way between processes.

An engine in a thread is handed the messages themselves. To one in a process of its own they go as lines of JSON: plain
data, so that neither side can make the other run anything; a step's tokens of all requests are one line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any, NamedTuple

from glmkit import errors
from glmkit.errors import GlmkitError, Problem
from glmkit.serving.params import SamplingParams, TokenLogprob
from glmkit.serving.statistics import Statistics

DEFAULTS = SamplingParams()


class EngineFailure(Exception):
    """What no sentence of ours tells about: an exception of an engine by its kind, or how its process ended."""

    def __init__(self, kind: str, reason: str = "") -> None:
        self.kind = kind
        super().__init__(f"{kind}: {reason}" if reason else kind)


class ConstraintSpec(NamedTuple):
    """What a reply is held to; whoever has the engine compiles it.

    Attributes:
        value: the tools, or the JSON schema; True for any object.
        choice: which tools may or must be called; None: it is a schema.
    """

    value: Any
    choice: str | None = None


# To the engine. Each message is answered by a Stepped at the latest, which is how a hanging engine is noticed.


class Submit(NamedTuple):
    """Continue a prompt; ``id`` names it from now on."""

    id: int
    prompt_ids: list[int]
    params: SamplingParams
    adapter: str | None = None
    constraint: ConstraintSpec | None = None


class Cancel(NamedTuple):
    """Drop a request."""

    id: int


class LoadAdapter(NamedTuple):
    """Load an adapter; answered by Settled."""

    id: int
    name: str
    folder: str


class UnloadAdapter(NamedTuple):
    """Unload an adapter; answered by Settled."""

    id: int
    name: str


# From the engine.


class Ready(NamedTuple):
    """The engine has been built.

    Attributes:
        max_batch, max_seq_len: its limits.
        unavailable: adapters that it had to come up without, and why.
    """

    max_batch: int
    max_seq_len: int
    unavailable: dict[str, Exception]


class Compiled(NamedTuple):
    """The constraint of a request has been compiled, or refused."""

    id: int
    error: Exception | None = None


class News(NamedTuple):
    """What a step brought to one request: see ``Request`` for the fields."""

    id: int
    ids: list[int]
    logprobs: list[TokenLogprob]
    started_at: float | None = None
    num_cached: int = 0
    finish_reason: str | None = None
    stop_id: int | None = None
    error: Exception | None = None


class Stepped(NamedTuple):
    """What was asked has been done, and a step where there was something to compute."""

    news: list[News]
    statistics: Statistics


class Settled(NamedTuple):
    """An adapter has been loaded or unloaded, or could not be."""

    id: int
    error: Exception | None = None


class Failed(NamedTuple):
    """The engine could not be built, or has raised; nothing follows."""

    error: Exception


Command = Submit | Cancel | LoadAdapter | UnloadAdapter
Report = Ready | Compiled | Stepped | Settled | Failed


def encode(message: Command | Report) -> bytes:
    """Return a message as a line."""
    return json.dumps([type(message).__name__, *message], default=_plain, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Any:
    """Return the message of a line."""
    name, *values = json.loads(line)
    return READERS[name](*values)


def _plain(value: Any) -> Any:
    """Return what JSON has no form for as something it has one for."""
    if isinstance(value, TokenLogprob):
        return [value.token, value.logprob, value.top]
    if isinstance(value, SamplingParams):
        given = {name: getattr(value, name) for name in PARAMS}
        return {name: item for name, item in given.items() if item != getattr(DEFAULTS, name)}
    if isinstance(value, Statistics):
        return [getattr(value, name) for name in STATISTICS]
    if isinstance(value, GlmkitError):
        problems = [[problem.code, problem.where, _told(problem.values)] for problem in value.problems]
        return [type(value).__name__, problems, value.num_problems]
    if isinstance(value, Exception):
        return [getattr(value, "kind", type(value).__name__), str(value)]
    raise TypeError(f"{type(value).__name__} is no part of a message")


def _told(values: Any) -> dict[str, Any]:
    """Return the values of a sentence; what is neither number nor text is told as text."""
    return {name: value if isinstance(value, (int, float, str)) else str(value) for name, value in values.items()}


def _error(plain: list[Any] | None) -> Exception | None:
    if plain is None:
        return None
    if len(plain) == 2:
        return EngineFailure(*plain)
    name, problems, num_problems = plain
    kind = getattr(errors, name)
    assert issubclass(kind, GlmkitError)
    error: GlmkitError = kind([Problem(*problem) for problem in problems], num_problems=num_problems)
    return error


def _ready(max_batch: int, max_seq_len: int, unavailable: dict[str, list[Any]]) -> Ready:
    errors_of = {name: error for name, plain in unavailable.items() if (error := _error(plain)) is not None}
    return Ready(max_batch, max_seq_len, errors_of)


def _submit(
    id: int, prompt_ids: list[int], params: dict[str, Any], adapter: str | None, constraint: list[Any] | None
) -> Submit:
    for name in ("stop", "stop_ids"):
        if params.get(name) is not None:
            params[name] = tuple(params[name])
    if "logit_bias" in params:
        params["logit_bias"] = {int(token): bias for token, bias in params["logit_bias"].items()}
    spec = None if constraint is None else ConstraintSpec(*constraint)
    return Submit(id, prompt_ids, SamplingParams(**params), adapter, spec)


def _news(
    id: int,
    ids: list[int],
    logprobs: list[Any],
    started_at: float | None,
    num_cached: int,
    finish_reason: str | None,
    stop_id: int | None,
    error: list[Any] | None,
) -> News:
    read = [TokenLogprob(token, logprob, tuple((t, value) for t, value in top)) for token, logprob, top in logprobs]
    return News(id, ids, read, started_at, num_cached, finish_reason, stop_id, _error(error))


def _stepped(news: list[list[Any]], statistics: list[Any]) -> Stepped:
    return Stepped([_news(*item) for item in news], Statistics(**dict(zip(STATISTICS, statistics, strict=True))))


def _failed(error: list[Any]) -> Failed:
    read = _error(error)
    assert read is not None
    return Failed(read)


PARAMS = tuple(field.name for field in fields(SamplingParams))
STATISTICS = tuple(field.name for field in fields(Statistics))
READERS: dict[str, Callable[..., Command | Report]] = {
    "Submit": _submit,
    "Cancel": Cancel,
    "LoadAdapter": LoadAdapter,
    "UnloadAdapter": UnloadAdapter,
    "Ready": _ready,
    "Compiled": lambda id, error: Compiled(id, _error(error)),
    "Stepped": _stepped,
    "Settled": lambda id, error: Settled(id, _error(error)),
    "Failed": _failed,
}
