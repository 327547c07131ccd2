"""What the training data consists of: the generators, their shares, and the held-out files. Read by ``make_data``.

A generator is ``episodes(rng, language, split)``: an endless stream of rows of the original's conversation format.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from scripts.glmkit_mini import interpreter_episodes, talk_episodes, tool_episodes
from scripts.glmkit_mini.words import Language, Split

Row = dict[str, Any]
Generator = Callable[[random.Random, Language, Split], Iterator[Row]]

GENERATORS: dict[str, Generator] = {
    "tools": tool_episodes.episodes,
    "interpreter": interpreter_episodes.episodes,
    "talk": talk_episodes.episodes,
}
# Shares of rows. Copying into calls is what is hard for a small model, so it gets most.
SHARES = {"tools": 0.62, "interpreter": 0.30, "talk": 0.08}
