"""Write the sample data set: invented tool-use episodes in the layout of ToolAlpaca's train_data.json.

`python examples/make_sample.py` writes the file that `glmkit quickstart` learns from again, byte for byte; another
`--seed` gives other episodes of the same APIs. The APIs stand in `sample_data/`. Values (numbers, places, codes) are
drawn at random, so a model has to read an answer to quote it; every answer ends with the same line, a house rule to
learn. Three records are broken on purpose, as real files have.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any

from sample_data import APIS

SEED = 20240124
EPISODES_PER_API = 28
SHIPPED = Path(__file__).parents[1] / "glmkit" / "bundled" / "sample_data" / "toolalpaca.json"


def make(seed: int, episodes_per_api: int) -> list[dict[str, Any]]:
    """All APIs with their episodes. Each API has its own random stream: changing one leaves the rest alone."""
    return [api.record(episodes_per_api, Random(f"{seed} {api.name}")) for api in APIS]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the ToolAlpaca-format sample data set.")
    parser.add_argument("--output", type=Path, default=SHIPPED)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--episodes", type=int, default=EPISODES_PER_API, help="whole episodes of each API")
    arguments = parser.parse_args()
    apis = make(arguments.seed, arguments.episodes)
    text = json.dumps(apis, ensure_ascii=False, indent=1)
    arguments.output.write_text(text + "\n", encoding="utf-8", newline="\n")
    print(f"{arguments.output}: {len(apis)} APIs, {sum(len(api['Instances']) for api in apis)} records")


if __name__ == "__main__":
    main()
