"""Tasks: one function of an API, the values its argument and result take, and the words people ask in.

Numbers, codes and names are drawn at random, so a model has to read the request to call, and the result to answer. The
APIs stand in ``english`` and ``chinese``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from .layout import Api, Call, Episode, Function, Parameter

Draw = Callable[[Random], Any]


def one_of(*values: str) -> Draw:
    """Any of these."""
    return lambda random: random.choice(values)


def number(low: int, high: int) -> Draw:
    """A whole number."""
    return lambda random: random.randint(low, high)


def code(letters: str, digits: int) -> Draw:
    """Letters with a random number behind them."""
    return lambda random: letters + "".join(random.choice("0123456789") for _ in range(digits))


def clock(first: int, last: int) -> Draw:
    """A time of the day in quarters of an hour."""
    return lambda random: f"{random.randint(first, last)}:{random.choice(('00', '15', '30', '45'))}"


def json_type(draw: Draw) -> str:
    """The JSON type of what is drawn."""
    return "integer" if isinstance(draw(Random(0)), int) else "string"


@dataclass(frozen=True)
class Task:
    """One function, and how people use it; texts name arguments and results in braces."""

    name: str
    text: str
    parameters: Mapping[str, tuple[str, Draw]]  # name -> what it is, its values
    results: Mapping[str, Draw]
    questions: tuple[str, ...]
    reply: str
    method: str = "get"

    def function(self) -> Function:
        """The function as the API documents it."""
        return Function(
            name=self.name,
            text=self.text,
            path=f"/{self.name}",
            parameters=tuple(
                Parameter(name, json_type(draw), text, required=True) for name, (text, draw) in self.parameters.items()
            ),
            output=", ".join(self.results),
            answer={name: json_type(draw) for name, draw in self.results.items()},
            method=self.method,
        )

    def episode(self, random: Random) -> Episode:
        """A request, its call, the reply."""
        arguments = {name: draw(random) for name, (_, draw) in self.parameters.items()}
        results = {name: draw(random) for name, draw in self.results.items()}
        question = random.choice(self.questions).format(**arguments)
        return Episode(question, (Call(self.name, arguments, results),), self.reply.format(**arguments, **results))


def api(name: str, description: str, category: str, *tasks: Task, flawed: tuple[Episode, ...] = ()) -> Api:
    """An API of these tasks; ``flawed`` are records that a formatter must skip."""
    return Api(
        name=name,
        description=description,
        category=category,
        introduction=description,
        functions=tuple(task.function() for task in tasks),
        writers=tuple(task.episode for task in tasks),
        flawed=flawed,
    )
