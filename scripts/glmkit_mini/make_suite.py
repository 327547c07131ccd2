"""Write the regression suite that ships with glmkit: small talk, tools and code, from a seed that no other file uses.

    python -m scripts.glmkit_mini.make_suite

Words, schemas and phrasings are held-out ones, which no training row of glmkit-mini has. The two languages take turns.
`glmkit eval MODEL --suite` asks the questions. Results are comparable as long as the files stay as they are,
so write them anew only when the suite itself is to change.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
from pathlib import Path

from scripts.glmkit_mini import interpreter_episodes, talk_episodes, tool_episodes
from scripts.glmkit_mini.mixture import Generator, Row
from scripts.glmkit_mini.words import Language

SEED = 20261
OUTPUT = Path("glmkit/bundled/suite")
MAX_CHARACTERS = 4000  # of a row: the suite is asked on CPUs, too
PARTS: dict[str, tuple[Generator, int]] = {  # name of the file -> its generator, rows of each language
    "chat": (talk_episodes.episodes, 14),
    "tools": (tool_episodes.episodes, 10),
    "code": (interpreter_episodes.episodes, 9),
}
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def rows_of(part: str, seed: int) -> list[Row]:
    """Return the rows of a part: a pure function of its arguments and the generators."""
    generator, count = PARTS[part]
    streams = [
        itertools.islice(
            filter(is_short, generator(random.Random(f"suite {seed} {part} {language}"), language, "heldout")), count
        )
        for language in LANGUAGES
    ]
    rows = itertools.chain.from_iterable(zip(*streams, strict=True))
    return [{key: value for key, value in row.items() if key != "about"} for row in rows]


def is_short(row: Row) -> bool:
    """Whether a row is short enough for the suite."""
    return len(json.dumps(row, ensure_ascii=False)) <= MAX_CHARACTERS


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        lines = [json.dumps(row, ensure_ascii=False) for row in rows_of(part, options.seed)]
        (options.output / f"{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        print(f"{options.output / part}.jsonl: {len(lines)} rows")


if __name__ == "__main__":
    main()
