"""The data of a run: its files read, encoded and mixed, and what identifies each of them later.

In: a TrainConfig, or samples handed in. Out: the samples, how often each file's come, a line for the user about each
file. Called by the training loop before the base model is looked for; ``resume`` compares the records.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from glmkit.chat.sample import Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import DataFile, TrainConfig
from glmkit.data.bad_rows import bad_rows_file
from glmkit.data.counting import FileSettings
from glmkit.data.encode import choose_samples
from glmkit.data.files import find_files
from glmkit.data.joined import JoinedSamples
from glmkit.data.mixture import Mixture, exact
from glmkit.data.prepare import Prepared, move_bad_rows, prepare
from glmkit.data.read import notice_skipped, refuse_unusable
from glmkit.data.reread import ChosenConversations
from glmkit.data.split import HeldOut, split_by_tools
from glmkit.data.token_store import TokenStore, arrays_of, labels_of, lengths_of
from glmkit.errors import ConfigError, DataError, ModelError, Problem, notice
from glmkit.loading import TOKENIZER_FILE, load_tokenizer


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of a run, as its checkpoints remember it."""

    path: str
    weight: float  # of a replayed file: its share
    is_replayed: bool
    num_samples: int
    num_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RunData:
    """The samples of a run, all files together, and the mixture that says how often each comes."""

    samples: Sequence[Sample]
    mixture: Mixture
    files: tuple[FileRecord, ...]  # none when samples were handed in
    tokenizer: Tokenizer | None
    held_out: HeldOut | None = None  # what the run is evaluated on

    def total_steps(self, config: TrainConfig) -> int:
        """Return how many optimiser steps the settings ask for."""
        wanted = exact(config.epochs) * self.mixture.per_epoch / config.samples_per_step
        return config.steps or max(1, math.ceil(wanted))

    def describe(self, config: TrainConfig, say: Callable[..., None]) -> None:
        """Tell how much there is to train on: all of it, and each file where there are several or one is weighted."""
        lengths = lengths_of(self.samples)
        if len(self.files) > 1 or self.mixture.per_epoch != len(self.samples):
            start = 0
            for file, part in zip(self.files, self.mixture.parts, strict=True):
                tokens = int(lengths[start : start + part.num_samples].sum())
                start += part.num_samples
                code = "training-file-replayed" if file.is_replayed else "training-file"
                values = {"path": file.path, "samples": f"{part.num_samples:,}", "tokens": f"{tokens:,}"}
                say(code, **values, weight=f"{file.weight:g}", per_epoch=decimal(part.per_epoch))
        steps = self.total_steps(config)
        say(
            "training-samples",
            samples=f"{len(self.samples):,}",
            tokens=f"{int(lengths.sum()):,}",
            labels=f"{int(labels_of(self.samples).sum()):,}",
            samples_per_step=f"{config.samples_per_step:,}",
            steps=f"{steps:,}",
            epochs=f"{float(steps * config.samples_per_step / self.mixture.per_epoch):.4g}",
        )
        doubles = doubles_across(self.samples, [part.num_samples for part in self.mixture.parts])
        if doubles:
            say("training-doubles", count=f"{len(doubles):,}", first=doubles[0][0], second=doubles[0][1])


def load_data(config: TrainConfig, samples: Sequence[Sample] | None) -> RunData:
    """Return the samples, read from the data files unless they are handed in, and their tokenizer.

    Faults of the data come first and those of all files together, before a tokenizer is downloaded or a model looked
    for.

    Args:
        config: resolved settings: no pattern is left in ``data``.
        samples: encoded samples to use instead of the files.

    Raises:
        DataError: with every fault of the files, or nothing is left to train or evaluate on.
        ModelError: no tokenizer; with samples handed in only if the settings name one or ask for an evaluation.
        ConfigError: a share is to be held out of samples that are handed in, or of conversations that share all tools.
    """
    if samples is not None:
        if not samples:
            raise DataError("training-no-samples")
        if config.validation:
            raise ConfigError("training-validation-needs-data", where="validation")
        held_out, tokenizer = None, None
        if config.eval_data:
            (evaluated,), tokenizer = prepare_files(config, [DataFile(path=config.eval_data)])
            held_out = hold_out([(evaluated, range(len(evaluated.samples)))], config)
        tokenizer = tokenizer or optional_tokenizer(config)
        return RunData(samples, Mixture([(len(samples), 1)]), (), tokenizer, held_out)
    files = config.data_files
    replayed: tuple[DataFile, ...] = ()
    if config.replayed is not None:
        entry = DataFile(path=config.replayed.path, weight=config.replayed.share)
        replayed = find_files([entry], "replay.path")
    others = (DataFile(path=config.eval_data),) if config.eval_data else ()
    prepared, tokenizer = prepare_files(config, (*files, *replayed, *others))
    parts = [file.samples for file in prepared]
    taken: list[tuple[Prepared, Sequence[int]]] = [(file, range(len(file.samples))) for file in prepared[-1:] if others]
    if config.validation:
        parts[: len(files)], taken = take_out(prepared[: len(files)], config)
    trained = [*files, *replayed]
    chosen = [choose_samples(part, config.max_seq_len, config.tools_layout) for part in parts[: len(trained)]]
    records = tuple(
        FileRecord(file.path, file.weight, number >= len(files), len(part), source.num_bytes, source.sha256)
        for number, (file, part, source) in enumerate(zip(trained, chosen, prepared[: len(trained)], strict=True))
    )
    joined = chosen[0] if len(chosen) == 1 else JoinedSamples(chosen)
    return RunData(joined, mixture_of(records), records, tokenizer, hold_out(taken, config))


def prepare_files(config: TrainConfig, files: Sequence[DataFile]) -> tuple[list[Prepared], Tokenizer]:
    """Check and encode files; a tokenizer that is not at hand is looked for when they have no faults.

    Raises:
        DataError: with every fault of the files.
        ModelError: there is no tokenizer.
    """
    tokenizer = tokenizer_at_hand(config.tokenizer or config.model)
    prepared, problems = [], list[Problem]()
    with bad_rows_file(config.skip_bad, *(file.path for file in files)) as bad_rows:
        for file in files:
            try:
                prepared.append(prepare(settings_of(file, config), tokenizer))
                move_bad_rows(prepared[-1], bad_rows)
                report = prepared[-1].report
                refuse_unusable(file.path, report.num_conversations, report.problems, report.skipped)
            except DataError as error:
                problems += error.problems
        if problems:
            raise DataError(problems)
    if tokenizer is None:
        tokenizer = load_tokenizer(config.tokenizer or config.model)
        prepared = [prepare(file.settings, tokenizer) for file in prepared]
    for source in prepared:
        report = source.report
        notice_skipped(report.path, report.skipped)
        if report.remarks.counts:
            kinds = report.remarks.by_kind()
            notice("data-remarks", path=report.path, count=report.remarks.counts.total(), kinds=kinds)
    return prepared, tokenizer


def settings_of(file: DataFile, config: TrainConfig) -> FileSettings:
    """Return how a file is read; the one to evaluate on may be in another format than the others."""
    return FileSettings(
        path=file.path,
        source_format="" if file.path == config.eval_data else config.source_format,
        max_seq_len=config.max_seq_len,
        truncate=config.truncate,
        tools_layout=config.tools_layout,
    )


def tokenizer_at_hand(path: str) -> Tokenizer | None:
    """Return the tokenizer that ``path`` itself is or holds, so that nothing is downloaded for it; or None."""
    file = Path(path).expanduser()
    file = file / TOKENIZER_FILE if file.is_dir() else file
    if not file.is_file():
        return None
    try:
        return load_tokenizer(file)
    except ModelError:  # said when the data has been checked
        return None


def take_out(
    files: Sequence[Prepared], config: TrainConfig
) -> tuple[list[TokenStore], list[tuple[Prepared, Sequence[int]]]]:
    """Split the samples of the files, all files together: those to train on, and which are held out of each file."""
    tools = [file.samples.tools_of(index) for file in files for index in range(len(file.samples))]
    held_out = np.zeros(len(tools), dtype=bool)
    held_out[split_by_tools(tools, config.validation, config.seed)[1]] = True
    kept, taken, start = [], list[tuple[Prepared, Sequence[int]]](), 0
    for file in files:
        of_file = held_out[start : start + len(file.samples)]
        kept.append(file.samples.select(~of_file))
        taken.append((file, np.flatnonzero(of_file).tolist()))
        start += len(of_file)
    return kept, taken


def hold_out(taken: Sequence[tuple[Prepared, Sequence[int]]], config: TrainConfig) -> HeldOut | None:
    """Return what the run is evaluated on; None for nothing."""
    taken = [(file, indices) for file, indices in taken if len(indices)]
    if not taken:
        return None
    parts = [file.samples.select(np.array(indices)) for file, indices in taken]
    samples = JoinedSamples([choose_samples(part, config.max_seq_len, config.tools_layout) for part in parts])
    return HeldOut(ChosenConversations(taken), samples)


def mixture_of(files: Sequence[FileRecord]) -> Mixture:
    """Return the mixture of the recorded files."""
    fresh = [(file.num_samples, file.weight) for file in files if not file.is_replayed]
    replayed = [file for file in files if file.is_replayed]
    return Mixture(fresh, [file.num_samples for file in replayed], replayed[0].weight if replayed else None)


def optional_tokenizer(config: TrainConfig) -> Tokenizer | None:
    """Return the tokenizer for samples that are encoded already: it only shows them, so none is needed."""
    try:
        return load_tokenizer(config.tokenizer or config.model)
    except ModelError:
        if config.tokenizer:
            raise
        return None


def doubles_across(samples: Sequence[Sample], counts: Sequence[int]) -> list[tuple[str, str]]:
    """Return (where, where first) of each sample that an earlier file holds, too, token by token; [] for one file."""
    if len(counts) < 2:
        return []
    parts = [part for part, count in enumerate(counts) for _ in range(count)]
    first: dict[bytes, int] = {}
    doubles = []
    for index, (ids, _) in enumerate(arrays_of(samples)):
        earlier = first.setdefault(hashlib.blake2b(ids.tobytes(), digest_size=16).digest(), index)
        if parts[earlier] != parts[index]:
            doubles.append((index, earlier))
    return [(samples[index].source, samples[earlier].source) for index, earlier in doubles]


def decimal(number: Fraction) -> str:
    """Return a number of samples as people write it: "1,200", "333.3"."""
    return f"{float(number):,.1f}".removesuffix(".0")
