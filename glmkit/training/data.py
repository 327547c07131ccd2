"""The data of a run: its files read, encoded and mixed, and what identifies each of them later.

In: a TrainConfig, or samples handed in. Out: the samples, how often each file's come, a line for the user about each
file. Called by the training loop before the base model is looked for; ``resume`` compares the records.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from glmkit.chat.conversation import Conversation
from glmkit.chat.sample import Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import DataFile, TrainConfig
from glmkit.data.bad_rows import bad_rows_file
from glmkit.data.encode import encode_samples
from glmkit.data.files import find_files
from glmkit.data.joined import JoinedSamples
from glmkit.data.mixture import Mixture, exact
from glmkit.data.read import read
from glmkit.data.split import HeldOut, split
from glmkit.errors import ConfigError, DataError, ModelError, Problem
from glmkit.loading import load_tokenizer
from glmkit.training.checkpoint import sha256


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
        if len(self.files) > 1 or self.mixture.per_epoch != len(self.samples):
            samples = iter(self.samples)
            for file, part in zip(self.files, self.mixture.parts, strict=True):
                tokens = sum(len(next(samples).input_ids) for _ in range(part.num_samples))
                code = "training-file-replayed" if file.is_replayed else "training-file"
                values = {"path": file.path, "samples": f"{part.num_samples:,}", "tokens": f"{tokens:,}"}
                say(code, **values, weight=f"{file.weight:g}", per_epoch=decimal(part.per_epoch))
        steps = self.total_steps(config)
        say(
            "training-samples",
            samples=f"{len(self.samples):,}",
            tokens=f"{sum(len(sample.input_ids) for sample in self.samples):,}",
            labels=f"{sum(sample.num_labels for sample in self.samples):,}",
            samples_per_step=f"{config.samples_per_step:,}",
            steps=f"{steps:,}",
            epochs=f"{float(steps * config.samples_per_step / self.mixture.per_epoch):.4g}",
        )
        doubles = doubles_across(self.samples, [part.num_samples for part in self.mixture.parts])
        if doubles:
            say("training-doubles", count=f"{len(doubles):,}", first=doubles[0][0], second=doubles[0][1])


def load_data(config: TrainConfig, samples: Sequence[Sample] | None) -> RunData:
    """Return the samples, read from the data files unless they are handed in, and their tokenizer.

    Faults of the data come first and those of all files together, before a tokenizer or a model is looked for and
    perhaps downloaded.

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
        talks = read(config.eval_data) if config.eval_data else []
        tokenizer = load_tokenizer(config.tokenizer or config.model) if talks else optional_tokenizer(config)
        mixture = Mixture([(len(samples), 1)])
        return RunData(samples, mixture, (), tokenizer, encode_held_out(talks, tokenizer, config))
    files = config.data_files
    replayed: tuple[DataFile, ...] = ()
    if config.replayed is not None:
        entry = DataFile(path=config.replayed.path, weight=config.replayed.share)
        replayed = find_files([entry], "replay.path")
    conversations, problems = [], list[Problem]()
    evaluated = (DataFile(path=config.eval_data),) if config.eval_data else ()
    read_files = (*files, *replayed, *evaluated)
    with bad_rows_file(config.skip_bad, *(file.path for file in read_files)) as bad_rows:
        for file in read_files:
            try:
                source_format = None if file in evaluated else config.source_format or None
                conversations.append(read(file.path, source_format, bad_rows))
            except DataError as error:
                problems += error.problems
        if problems:
            raise DataError(problems)
    held_out = conversations.pop() if evaluated else []
    if config.validation:
        held_out = take_out(conversations[: len(files)], config)
    tokenizer = load_tokenizer(config.tokenizer or config.model)
    rule = (config.max_seq_len, config.truncate, config.tools_layout)
    parts = [encode_samples(talks, tokenizer, *rule) for talks in conversations]
    records = tuple(
        FileRecord(file.path, file.weight, number >= len(files), len(part), *size_and_sha256(Path(file.path)))
        for number, (file, part) in enumerate(zip((*files, *replayed), parts, strict=True))
    )
    joined = parts[0] if len(parts) == 1 else JoinedSamples(parts)
    return RunData(joined, mixture_of(records), records, tokenizer, encode_held_out(held_out, tokenizer, config))


def take_out(files: Sequence[list[Conversation]], config: TrainConfig) -> list[Conversation]:
    """Take the share ``validation`` of the conversations out of the lists, all files together, and return it."""
    everything = [talk for talks in files for talk in talks]
    held_out = split(everything, config.validation, config.seed)[1]
    chosen, number = set(held_out), 0
    for talks in files:
        end = number + len(talks)
        talks[:] = [everything[index] for index in range(number, end) if index not in chosen]
        number = end
    return [everything[index] for index in held_out]


def encode_held_out(
    conversations: Sequence[Conversation], tokenizer: Tokenizer | None, config: TrainConfig
) -> HeldOut | None:
    """Encode what the run is evaluated on as what it is trained on; None for nothing."""
    if not conversations:
        return None
    assert tokenizer is not None
    samples = encode_samples(conversations, tokenizer, config.max_seq_len, config.truncate, config.tools_layout)
    return HeldOut(conversations, samples)


def mixture_of(files: Sequence[FileRecord]) -> Mixture:
    """Return the mixture of the recorded files."""
    fresh = [(file.num_samples, file.weight) for file in files if not file.is_replayed]
    replayed = [file for file in files if file.is_replayed]
    return Mixture(fresh, [file.num_samples for file in replayed], replayed[0].weight if replayed else None)


def size_and_sha256(path: Path) -> tuple[int, str]:
    return path.stat().st_size, sha256(path)


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
    first: dict[bytes, tuple[int, str]] = {}
    doubles = []
    remaining = iter(samples)
    for part, count in enumerate(counts):
        for _ in range(count):
            sample = next(remaining)
            digest = hashlib.blake2b(array("q", sample.input_ids).tobytes(), digest_size=16).digest()
            earlier, place = first.setdefault(digest, (part, sample.source))
            if earlier != part:
                doubles.append((sample.source, place))
    return doubles


def decimal(number: Fraction) -> str:
    """Return a number of samples as people write it: "1,200", "333.3"."""
    return f"{float(number):,.1f}".removesuffix(".0")
