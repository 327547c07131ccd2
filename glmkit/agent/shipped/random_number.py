"""A random whole number, as in the original's registry; unlike there, both ends can come."""

from __future__ import annotations

import random
from typing import Annotated

from glmkit.agent.tool import tool
from glmkit.errors import GlmkitError


@tool
def random_number_generator(
    range: Annotated[tuple[int, int], "the smallest and the largest number, both included", True],
    seed: Annotated[int | None, "the same seed gives the same number; leave it out for chance", False] = None,
) -> int:
    """Generate a random whole number between two numbers."""
    smallest, largest = range
    if smallest > largest:
        raise GlmkitError("agent-random-range", smallest=smallest, largest=largest)
    return random.Random(seed).randint(smallest, largest)
