"""What makes two starts the same run, and where a run goes on.

In: the settings, base model and samples of this start, and a run folder. Out: the newest whole step folder and what it
remembers, or an error that shows what has changed. Called by the training loop before the model is loaded.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from glmkit.chat.sample import Sample
from glmkit.chat.tools_layout import common_layout
from glmkit.config import TrainConfig
from glmkit.errors import CheckpointError, ConfigError, DataError, Problem
from glmkit.training.checkpoint import fault_of, point_to, sha256, step_folders

STATE, OPTIMIZER = "training_state/state.json", "training_state/optimizer.safetensors"
# These change where and how often, not what is computed; the last four are compared by content instead of by name.
FREE_SETTINGS = {"save_every", "log_every", "threads", "device", "restart", "allow_data_change", "name", "output_dir"}
FREE_SETTINGS |= {"model", "data", "tokenizer", "source_format"}
PROBE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Identity:
    """What must stay the same for a checkpoint to be continued; stored in each as ``training_state/state.json``."""

    settings: dict[str, Any]
    model: str  # fingerprint of the base model's files
    samples: str  # sha256 of all ids and labels
    num_samples: int
    tools_layout: str  # that the tools of the samples are in; "as_is": several, none, or none of ours
    data_bytes: int  # of the data file, 0 when samples were handed in
    data_sha256: str

    @classmethod
    def of(cls, config: TrainConfig, base: Path, samples: Sequence[Sample]) -> Identity:
        """Look at everything once; costs a pass over the data, none over the weights."""
        data = Path(config.data) if config.data else None
        return cls(
            settings=asdict(config),
            model=fingerprint(base),
            samples=samples_sha256(samples),
            num_samples=len(samples),
            tools_layout=common_layout((sample.tools_layout for sample in samples), config.tools_layout),
            data_bytes=data.stat().st_size if data else 0,
            data_sha256=sha256(data) if data else "",
        )


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole step folder and what its state.json says."""

    step: int
    folder: Path
    state: Mapping[str, Any]


def state_text(step: int, identity: Identity) -> str:
    """Return the text of ``training_state/state.json``."""
    return json.dumps({"step": step, **asdict(identity)}, indent=2, ensure_ascii=False) + "\n"


def find_checkpoint(run: Path, say: Callable[..., None]) -> Checkpoint | None:
    """Return the newest step folder that is whole, or None if no step was ever saved.

    A damaged one is skipped with a line that names the file, and stays where it is for whoever wants to look.

    Raises:
        CheckpointError: all are damaged, or the newest whole one holds no training state.
        StorageError: a step folder is a link.
    """
    faults: list[Problem] = []
    for step, folder in step_folders(run):
        fault = fault_of(folder)
        if fault is not None:
            faults.append(fault)
            continue
        missing = [name for name in (STATE, OPTIMIZER) if not (folder / name).is_file()]
        if missing:
            raise CheckpointError("training-state-missing", where=str(folder), name=missing[0])
        for skipped in faults:
            say("training-checkpoint-skipped", fault=skipped.text())
        point_to(run, step)
        return Checkpoint(step, folder, json.loads((folder / STATE).read_text(encoding="utf-8")))
    if faults:
        raise CheckpointError([Problem("training-no-whole-checkpoint", str(run)), *faults])
    return None


def compare_settings(run: Path, earlier: Mapping[str, Any], config: TrainConfig) -> None:
    """Refuse settings other than those that ``run`` began with.

    Raises:
        ConfigError: one problem for each setting that has changed, with both values.
    """
    now, before = asdict(config), earlier["settings"]
    changed = [name for name in now if name not in FREE_SETTINGS and name in before and before[name] != now[name]]
    if changed:
        raise ConfigError(
            [
                Problem("training-setting-changed", str(run), {"name": name, "old": before[name], "new": now[name]})
                for name in changed
            ]
        )


def compare_inputs(
    earlier: Mapping[str, Any], now: Identity, allow_data_change: bool, say: Callable[..., None]
) -> None:
    """Refuse another base model, or other samples than the run has seen.

    Raises:
        ConfigError: another base model, or another data file.
        DataError: the same data file with another content.
    """
    before = earlier["settings"]
    if earlier["model"] != now.model:
        raise ConfigError("training-base-changed", where="model", old=before["model"], new=now.settings["model"])
    if earlier["samples"] == now.samples:
        return
    counts = {"old_count": earlier["num_samples"], "new_count": now.num_samples}
    if allow_data_change:
        say("training-data-change-allowed", **counts)
    elif before["data"] == now.settings["data"]:
        sizes = {"old_bytes": earlier["data_bytes"], "new_bytes": now.data_bytes}
        raise DataError("training-data-changed", where=now.settings["data"], **counts, **sizes)
    else:
        raise ConfigError("training-data-other", where="data", old=before["data"], new=now.settings["data"], **counts)


def fingerprint(base: Path) -> str:
    """Return a sha256 that tells base models apart without reading all of their gigabytes.

    It covers config.json, and of every weight file the name, the size, its start and its middle.
    """
    digest = hashlib.sha256()
    for path in sorted([base / "config.json", *base.glob("*.safetensors"), *base.glob("*.bin")]):
        if not path.is_file():
            continue
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(PROBE_BYTES))
            file.seek(size // 2)
            digest.update(file.read(PROBE_BYTES))
    return digest.hexdigest()


def samples_sha256(samples: Sequence[Sample]) -> str:
    """Return the sha256 of the samples as they are trained on: tokenizer, format, cut and mask all show in it."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(array("q", [len(sample.input_ids), *sample.input_ids, *sample.labels]).tobytes())
    return digest.hexdigest()
