"""What makes two starts the same run, and where a run goes on.

In: the settings, base model and samples of this start, and a run folder. Out: the newest whole step folder and what it
remembers, or an error that shows what has changed. Called by the training loop before the model is loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glmkit.chat.sample import Sample
from glmkit.chat.tools_layout import common_layout
from glmkit.config import TrainConfig
from glmkit.data.token_store import arrays_of, layouts_of
from glmkit.errors import CheckpointError, ConfigError, DataError, Problem
from glmkit.training.checkpoint import fault_of, point_to, step_folders
from glmkit.training.data import FileRecord, RunData

STATE, OPTIMIZER = "training_state/state.json", "training_state/optimizer.safetensors"
# These change where and how often, not what is computed; the last five are compared by content instead of by name.
FREE_SETTINGS = {"save_every", "log_every", "threads", "device", "restart", "allow_data_change", "name", "output_dir"}
FREE_SETTINGS |= {"eval_data", "eval_every", "eval_generate", "keep_best"}
FREE_SETTINGS |= {"skip_bad", "model", "data", "replay", "tokenizer", "source_format"}
PROBE_BYTES = 1 << 16
SHOWN_DIGITS = 12  # of a sha256 in messages


@dataclass(frozen=True, slots=True)
class Identity:
    """What must stay the same for a checkpoint to be continued; stored in each as ``training_state/state.json``."""

    settings: dict[str, Any]
    model: str  # fingerprint of the base model's files
    samples: str  # sha256 of all ids and labels
    num_samples: int
    tools_layout: str  # that the tools of the samples are in; "as_is": several, none, or none of ours
    files: tuple[FileRecord, ...]  # none when samples were handed in

    @classmethod
    def of(cls, config: TrainConfig, base: Path, data: RunData) -> Identity:
        """Look at everything once; costs a pass over the data, none over the weights."""
        return cls(
            settings=asdict(config),
            model=fingerprint(base),
            samples=samples_sha256(data.samples),
            num_samples=len(data.samples),
            tools_layout=common_layout(layouts_of(data.samples), config.tools_layout),
            files=data.files,
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
    now, before = (flattened(settings) for settings in (asdict(config), earlier["settings"]))
    changed = [name for name in now if name not in FREE_SETTINGS and name in before and before[name] != now[name]]
    if changed:
        raise ConfigError(
            [
                Problem("training-setting-changed", str(run), {"name": name, "old": before[name], "new": now[name]})
                for name in changed
            ]
        )


def flattened(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with those of ``replay`` that do not say which samples are taken beside the others."""
    return {**settings, "replay.distill": (settings.get("replay") or {}).get("distill", 0.0)}


def compare_inputs(
    earlier: Mapping[str, Any], now: Identity, allow_data_change: bool, say: Callable[..., None]
) -> None:
    """Refuse another base model, or other samples than the run has seen.

    Raises:
        ConfigError: another base model, or other files, weights or replay share.
        DataError: a data file with another content.
    """
    before = earlier["settings"]
    if earlier["model"] != now.model:
        raise ConfigError("training-base-changed", where="model", old=before["model"], new=now.settings["model"])
    files = recorded_files(earlier)
    counts = {"old_count": earlier["num_samples"], "new_count": now.num_samples}
    if earlier["samples"] == now.samples and mixing(files, earlier["num_samples"]) == mixing(
        now.files, now.num_samples
    ):
        return
    if allow_data_change:
        say("training-data-change-allowed", **counts)
        return
    if len(files) <= 1 and len(now.files) <= 1 and before["data"] != now.settings["data"]:
        raise ConfigError("training-data-other", where="data", old=before["data"], new=now.settings["data"], **counts)
    problems = changes(files, now.files) or [Problem("training-samples-other", "data", counts)]
    is_content = any(problem.code == "training-data-changed" for problem in problems)
    raise (DataError if is_content else ConfigError)(problems)


def recorded_files(state: Mapping[str, Any]) -> tuple[FileRecord, ...]:
    """Return the data files of a state.json; one from before there could be several has a single file's numbers."""
    if "files" in state:
        return tuple(FileRecord(**file) for file in state["files"])
    if not state["data_sha256"]:
        return ()
    num_bytes, digest = state["data_bytes"], state["data_sha256"]
    return (FileRecord(state["settings"]["data"], 1.0, False, state["num_samples"], num_bytes, digest),)


def mixing(files: Sequence[FileRecord], num_samples: int) -> list[tuple[int, float, bool]]:
    """Return what the order of samples depends on, beside the seed."""
    return [(file.num_samples, file.weight, file.is_replayed) for file in files] or [(num_samples, 1.0, False)]


def changes(before: Sequence[FileRecord], now: Sequence[FileRecord]) -> list[Problem]:
    """Name each file that was added, removed, moved to another place in the order, or has another content or weight."""
    removed, added = list(before), list(now)
    pairs: list[tuple[FileRecord, FileRecord]] = []
    for key in ("path", "sha256"):  # a moved file is the same file
        for new in list(added):
            same = [old for old in removed if getattr(old, key) == getattr(new, key)]
            if same and same[0].is_replayed == new.is_replayed:
                pairs.append((same[0], new))
                removed.remove(same[0])
                added.remove(new)
    problems = [Problem("training-data-removed", old.path, {"count": old.num_samples}) for old in removed]
    problems += [Problem("training-data-added", new.path, {"count": new.num_samples}) for new in added]
    for old, new in pairs:
        if old.sha256 != new.sha256:
            problems.append(Problem("training-data-changed", new.path, {**numbers("old", old), **numbers("new", new)}))
        if old.weight != new.weight:
            what = {"name": "share" if new.is_replayed else "weight", "old": old.weight, "new": new.weight}
            problems.append(Problem("training-data-weight", new.path, what))
    order = [before.index(old) for new in now for old, paired in pairs if paired is new]
    if not problems and order != sorted(order):
        names = [", ".join(file.path for file in files) for files in (before, now)]
        problems.append(Problem("training-data-order", "data", {"old": names[0], "new": names[1]}))
    return problems


def numbers(prefix: str, file: FileRecord) -> dict[str, Any]:
    """Return what the sentence about a changed file tells of it."""
    values = {"count": file.num_samples, "bytes": file.num_bytes, "sha256": file.sha256[:SHOWN_DIGITS]}
    return {f"{prefix}_{name}": value for name, value in values.items()}


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
    for ids, labels in arrays_of(samples):
        digest.update(np.concatenate([[len(ids)], ids, labels]).tobytes())
    return digest.hexdigest()
