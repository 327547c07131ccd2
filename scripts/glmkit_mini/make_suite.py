"""Write what ships with glmkit beside the model: the regression suite, and general data to replay in the quickstart.

    python -m scripts.glmkit_mini.make_suite

Both hold small talk, tools and code from a seed that no other file uses; the two languages take turns. Words, schemas
and phrasings of the suite are held-out ones, which no training row of glmkit-mini has; those of the general data are
training ones. `glmkit eval MODEL --suite` asks the questions. Results are comparable as long as the files stay as they
are, so write them anew only when the suite itself is to change.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
from pathlib import Path

from scripts.glmkit_mini import interpreter_episodes, talk_episodes, tool_episodes
from scripts.glmkit_mini.mixture import Generator, Row
from scripts.glmkit_mini.words import Language, Split

SEED = 20261
OUTPUT = Path("glmkit/bundled")
MAX_CHARACTERS = 4000  # of a row: the suite is asked on CPUs, too
PARTS: dict[str, tuple[Generator, int, int]] = {  # part -> its generator; rows of each language in suite, in general
    "chat": (talk_episodes.episodes, 28, 80),
    "tools": (tool_episodes.episodes, 20, 200),
    "code": (interpreter_episodes.episodes, 18, 100),
}
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def suite_rows(part: str, seed: int) -> list[Row]:
    """Return the rows of a part of the suite: a pure function of its arguments and the generators."""
    return draw(part, f"suite {seed}", "heldout", PARTS[part][1])


def general_rows(seed: int) -> list[Row]:
    """Return the general data, all parts mixed."""
    rows = [row for part in PARTS for row in draw(part, f"general {seed}", "train", PARTS[part][2])]
    random.Random(seed).shuffle(rows)
    return rows


def draw(part: str, seed: str, split: Split, count: int) -> list[Row]:
    """Return ``count`` short rows of each language."""
    streams = []
    for language in LANGUAGES:
        rows = PARTS[part][0](random.Random(f"{seed} {part} {language}"), language, split)
        streams.append(itertools.islice(filter(is_short, rows), count))
    both = itertools.chain.from_iterable(zip(*streams, strict=True))
    return [{key: value for key, value in row.items() if key != "about"} for row in both]


def is_short(row: Row) -> bool:
    """Whether a row is short enough for the suite."""
    return len(json.dumps(row, ensure_ascii=False)) <= MAX_CHARACTERS


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    files = {f"suite/{part}.jsonl": suite_rows(part, options.seed) for part in PARTS}
    files["sample_data/general.jsonl"] = general_rows(options.seed)
    for name, rows in files.items():
        path = options.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        print(f"{path}: {len(lines)} rows")


if __name__ == "__main__":
    main()
