"""Turn a training step into the folder that ships: bfloat16 shards, config, tokenizer, model card.

    python -m scripts.glmkit_mini.package --run runs-mini/glmkit-mini --output glmkit/bundled/glmkit-mini

Shards hold at most 12 MiB, so that each is a small file in version control. The card is README.md, filled from
``model_card.md`` beside this file with the figures of ``evaluate`` and of ``glmkit eval`` on ToolAlpaca's episodes
where their JSON is given. ``--card-only`` writes the card anew, once the model that ships has been measured.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from glmkit.loading import resolve
from glmkit.model.config import CONFIG_FILE
from glmkit.model.weights import load_model_folder, original_name

SHARD_BYTES = 12 * 2**20
HEADER_BYTES = 64 * 2**10  # room for a shard's table of tensors
CARD = Path(__file__).with_name("model_card.md")


def shards_of(tensors: dict[str, torch.Tensor], limit: int) -> list[dict[str, torch.Tensor]]:
    """Return the tensors in order, split so that no part is larger than ``limit`` bytes."""
    parts: list[dict[str, torch.Tensor]] = [{}]
    size = 0
    for name, tensor in tensors.items():
        if parts[-1] and size + tensor.nbytes > limit:
            parts.append({})
            size = 0
        parts[-1][name] = tensor
        size += tensor.nbytes
    return parts


def write_folder(run: Path, output: Path) -> int:
    """Write shards with their index, config and tokenizer; return the number of parameters."""
    base = resolve(str(run)).base
    model = load_model_folder(base, torch.bfloat16)
    output.mkdir(parents=True, exist_ok=True)
    for old in output.glob("model*.safetensors*"):
        old.unlink()
    tensors = {original_name(name): tensor.contiguous() for name, tensor in model.state_dict().items()}
    parts = shards_of(tensors, SHARD_BYTES - HEADER_BYTES)
    index: dict[str, Any] = {"metadata": {"total_size": sum(x.nbytes for x in tensors.values())}, "weight_map": {}}
    for number, part in enumerate(parts, 1):
        name = f"model-{number:05}-of-{len(parts):05}.safetensors"
        save_file(part, output / name, metadata={"format": "pt"})
        (output / name).chmod(0o644)  # safetensors writes for its owner alone
        index["weight_map"].update(dict.fromkeys(part, name))
    (output / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    values = {**model.config.to_original(), "torch_dtype": "bfloat16"}
    (output / CONFIG_FILE).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    if base.resolve() != output.resolve():
        shutil.copyfile(base / "tokenizer.model", output / "tokenizer.model")
    return sum(tensor.numel() for tensor in tensors.values())


def card_values(
    parameters: int, runs: Sequence[Path], data: Path, figures: Path | None, episodes: Path | None
) -> dict[str, str]:
    """Return what the model card's ``$names`` stand for; "not measured" where a file is missing."""
    values = dict.fromkeys(
        ("rows", "tokens", "steps", "tokens_seen", "gpu_minutes", "figures", "episodes"), "not measured"
    )
    values["parameters"] = f"{parameters / 1e6:.1f}"
    if (data / "summary.json").is_file():
        summary = json.loads((data / "summary.json").read_text())
        values |= {"rows": f"{summary['rows']:,}", "tokens": f"{summary['tokens']:,}"}
    files = [run / "metrics.jsonl" for run in runs]
    if all(file.is_file() for file in files):
        rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        values["steps"] = f"{len(rows):,}"
        values["tokens_seen"] = f"{sum(row['tokens'] for row in rows) / 1e6:.0f} million"
        values["gpu_minutes"] = f"{sum(row['seconds'] for row in rows) / 60:.1f}"
    if figures is not None and figures.is_file():
        values["figures"] = json.loads(figures.read_text())["table"]
    if episodes is not None and episodes.is_file():
        values["episodes"] = episodes_table(json.loads(episodes.read_text()))
    return values


def episodes_table(evaluation: dict[str, Any]) -> str:
    """Return the figures of ``glmkit eval`` on real tool episodes in one sentence."""
    figures = evaluation["figures"]
    names = {"call_made": "a call came", "call_valid": "of a declared tool", "call_name": "of the right one",
             "call_exact": "with exactly the right arguments"}  # fmt: skip
    shares = ", ".join(f"{text} {figures[name]:.1%}" for name, text in names.items())
    return (
        f"On {figures['samples']} real ToolAlpaca episodes, whose natural-language tool documents it never saw: "
        f"loss {figures['loss']:.2f} a token; at {figures['call_turns']} calls {shares}; "
        f"ROUGE-L of {figures['text_turns']} texts {figures['rouge_l']:.2f}."
    )


def number_of_parameters(folder: Path) -> int:
    """Return how many parameters the shards of a packaged model hold."""
    return sum(tensor.numel() for shard in sorted(folder.glob("*.safetensors")) for tensor in load_file(shard).values())


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--run", type=Path, nargs="+", default=[Path("runs-mini/glmkit-mini")], help="its stages; the last is packaged"
    )
    parser.add_argument("--output", type=Path, default=Path("glmkit/bundled/glmkit-mini"))
    parser.add_argument("--data", type=Path, default=Path("data-mini"), help="folder with summary.json")
    parser.add_argument("--figures", type=Path, help="JSON written by evaluate")
    parser.add_argument("--episodes", type=Path, help="JSON written by glmkit eval on ToolAlpaca's episodes")
    parser.add_argument("--card-only", action="store_true", help="leave the weights alone")
    options = parser.parse_args()
    parameters = (
        number_of_parameters(options.output) if options.card_only else write_folder(options.run[-1], options.output)
    )
    card = Template(CARD.read_text(encoding="utf-8"))
    values = card_values(parameters, options.run, options.data, options.figures, options.episodes)
    text = card.substitute(values)
    (options.output / "README.md").write_text(text, encoding="utf-8")
    for path in sorted(options.output.iterdir()):
        print(f"{path.stat().st_size:>12,}  {path}")


if __name__ == "__main__":
    main()
