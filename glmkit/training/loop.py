"""Fine-tune a GLM: one function from settings to a run folder, in the order in which things happen.

In: a TrainConfig, and samples or the data files it names. Out: a run folder (``run_folder``, ``checkpoint``) and the
losses. Called by ``glmkit train`` and as ``glmkit.train``. What must be in place before the first step is in ``data``
and ``setup``, what makes two starts the same run in ``resume``, what one optimiser step computes in ``step``.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from glmkit.chat.sample import Sample
from glmkit.config import TrainConfig
from glmkit.data.order import SampleOrder
from glmkit.errors import ConfigError, Stopped
from glmkit.report.curve import loss_curve
from glmkit.settings import to_yaml
from glmkit.training import setup
from glmkit.training.checkpoint import write_whole
from glmkit.training.data import load_data
from glmkit.training.evaluating import Evaluate, Evaluations
from glmkit.training.interrupt import StopRequest
from glmkit.training.optimizer import learning_rate_at, make_optimizer, restore_optimizer, set_learning_rate
from glmkit.training.packed_steps import packed_steps
from glmkit.training.progress import Display, settings_table
from glmkit.training.resume import OPTIMIZER, Identity, compare_inputs, compare_settings, find_checkpoint
from glmkit.training.run_folder import CONFIG, CURVE, PAGE, RunFolder, storage_errors
from glmkit.training.run_page import render_run_page
from glmkit.training.saving import Saver, bytes_of, write_step
from glmkit.training.step import ROUND_ROWS_TO, explained_memory, optimizer_step

CURVE_EVERY_S = 60.0  # a picture takes half a second to draw


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to."""

    losses: list[float]  # of steps 1, 2, ...; those of earlier starts of the run included
    folder: Path
    steps: int


def train(
    config: TrainConfig,
    *,
    samples: Sequence[Sample] | None = None,
    evaluate: Evaluate | None = None,
    is_brief: bool = False,
) -> RunResult:
    """Train, or go on with the run of that name from where it stopped.

    Args:
        config: the settings.
        samples: encoded samples to train on; the config's ``data`` is then not read.
        evaluate: measures the model where the settings ask for it (``eval_data`` or ``validation``).
        is_brief: show the steps alone on stderr; the log has everything.

    Returns:
        Losses, run folder and number of steps. A finished run trains nothing and returns what it has.

    Raises:
        ConfigError: settings that cannot work, or other settings than the run's.
        DataError: faults of the data. StorageError: the folder cannot be used. LockError: another process uses it.
        ModelError: base model, adapter or tokenizer missing or unfitting. CheckpointError: no checkpoint is usable.
        NumericsError: a loss or gradient is not finite. OutOfMemory: a row does not fit.
        Stopped: SIGINT or SIGTERM came; the run is saved and the same call continues it.
    """
    # --- settings: whatever cannot work is refused before anything is touched
    if samples is None and not config.data:
        raise ConfigError("training-no-data", where="data")
    if samples is not None and config.replayed is not None:
        raise ConfigError("cli-has-no-effect", where="replay", value=config.replayed.path, because="data")
    if config.is_evaluated and evaluate is None:
        raise ConfigError("training-no-evaluate", where="evaluate")
    device = setup.choose_device(config)
    allow_data_change, restart = config.allow_data_change, config.restart
    config = setup.resolve_config(config, setup.choose_dtype(config, device))
    if config.threads:
        torch.set_num_threads(config.threads)

    # --- run folder: usable and ours alone, before anything large is read
    with (
        RunFolder(config.output_dir, config.name, restart) as run,
        Display(run.log.append, config.log_every, is_brief=is_brief) as display,
    ):
        if run.moved_aside:
            display.say("training-moved-aside", folder=run.moved_aside)
        with storage_errors(run.path):
            checkpoint = find_checkpoint(run.path, display.say)
        if checkpoint is not None:
            compare_settings(run.path, checkpoint.state, config)

        # --- data, and the folder of the base model
        if samples is not None:
            config = replace(config, data="")
        data = load_data(config, samples)
        samples, tokenizer = data.samples, data.tokenizer
        base = setup.find_base(config)
        if Path(config.model).is_dir():
            config = replace(config, model=str(base))  # a run's newest step today, whatever is newest tomorrow
        identity = Identity.of(config, base, data)
        if checkpoint is not None:
            compare_inputs(checkpoint.state, identity, allow_data_change, display.say)
        order = SampleOrder(data.mixture, config.samples_per_step, config.seed, config.shuffle)
        total_steps = data.total_steps(config)
        first_step = checkpoint.step if checkpoint is not None else 0
        if first_step >= total_steps:
            display.say("training-already-done", folder=run.path, steps=first_step)
            return RunResult(losses_of(run.metrics_until(first_step)), run.path, first_step)
        run.save_config(to_yaml(config))
        recorded = run.rewind_metrics(first_step)
        rows = [row for row in recorded if "loss" in row]  # the others are of evaluations
        evaluations = None
        if evaluate is not None and data.held_out is not None:
            assert tokenizer is not None  # held_out was encoded with it
            evaluations = Evaluations(evaluate, tokenizer, data.held_out, config, run, display, recorded)
        if tokenizer is not None:
            display.sanity_check(samples[0], tokenizer)
        display.show(settings_table(config))

        # --- model and what is trained in it
        step_folder = checkpoint.folder if checkpoint is not None else None
        fit = {"device": device, "method": config.method, "dtype": config.dtype}
        with explained_memory("training-model-out-of-memory", where=config.model, **fit):
            model = setup.load_trained_model(config, base, step_folder, samples, device)
        optimizer, trained = make_optimizer(model.named_parameters(), config.weight_decay)
        if step_folder is not None:
            file = step_folder / OPTIMIZER
            restore_optimizer(optimizer, trained, load_file(file), file)
            display.say("training-resumed", folder=step_folder, step=first_step)
        display.say("training-parameters", **setup.parameter_counts(model))
        data.describe(config, display.say)

        # --- loop
        saver = Saver(run, display.say)
        needed_bytes = bytes_of(trained)
        command = f"glmkit train --config {shlex.quote(shown_path(run.path / CONFIG))}"
        last_curve = time.monotonic()
        round_to = ROUND_ROWS_TO[device.type]
        with (
            StopRequest() as stop,
            closing(packed_steps(samples, order, config, round_to, first_step, total_steps)) as steps,
        ):
            for step in range(first_step, total_steps):
                learning_rate = learning_rate_at(
                    step, total_steps, config.peak_learning_rate, config.schedule, config.warmup_steps
                )
                set_learning_rate(optimizer, learning_rate)
                started = time.perf_counter()
                result = optimizer_step(model, optimizer, list(trained.values()), next(steps), config, step)
                seconds = time.perf_counter() - started
                row = {
                    "step": step + 1,
                    "loss": result.loss,
                    "lr": learning_rate,
                    "grad_norm": result.grad_norm,
                    "tokens": result.num_tokens,
                    "labels": result.num_labels,
                    "seconds": round(seconds, 6),
                    "tokens_per_s": round(result.num_tokens / seconds, 1),
                    "epoch": round(order.epoch_of(step + 1), 4),
                }
                rows.append(row)
                run.record(row)
                display.step(row, total_steps)

                # --- evaluate when due, unless asked to stop
                is_last = step + 1 == total_steps
                is_saving = is_last or (step + 1) % config.save_every == 0
                is_best = False
                if evaluations is not None and not stop.requested and evaluations.is_due(step + 1, is_saving, is_last):
                    is_best = evaluations.run(model, step + 1, lambda: stop.requested) and config.keep_best

                # --- save when due, when it is the best to keep, when asked to stop, and at the end
                is_leaving = is_last or stop.requested
                if is_saving or is_best or is_leaving:
                    write = partial(write_step, step + 1, identity, model, tokenizer, optimizer, trained)
                    is_passing = not (is_saving or is_leaving)
                    saver.save(step + 1, write, needed_bytes, is_leaving, is_best, is_replaceable=is_passing)
                    if is_leaving or time.monotonic() - last_curve > CURVE_EVERY_S:
                        write_reports(run, config, rows, evaluations, total_steps, display)
                        last_curve = time.monotonic()
                if stop.requested and not is_last:
                    raise Stopped("training-stopped", where=str(run.path), step=step + 1, command=command)

        # --- last words
        display.say("training-done", folder=run.path, loss=f"{losses_of(rows)[-1]:.4f}")
        if evaluations is not None and evaluations.best is not None:
            display.say("training-eval-best", step=evaluations.best[0], loss=f"{evaluations.best[1]:.4f}")
        if tokenizer is not None:
            display.say("training-try", command=f"glmkit chat {shlex.quote(shown_path(run.path))}")
        return RunResult(losses_of(rows), run.path, total_steps)


def losses_of(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return the training losses in rows of ``metrics.jsonl``; a row of an evaluation has none."""
    return [row["loss"] for row in rows if "loss" in row]


def write_reports(
    run: RunFolder,
    config: TrainConfig,
    rows: Sequence[Mapping[str, Any]],
    evaluations: Evaluations | None,
    total_steps: int,
    display: Display,
) -> None:
    """Write ``curve.png`` and ``report.html``; one that cannot be written is no reason to lose a training."""
    evaluated = evaluations.losses if evaluations is not None else ()
    with told_failure(run.path / CURVE, display):
        loss_curve([row["loss"] for row in rows], [row["lr"] for row in rows], run.path / CURVE, evaluated)
    with told_failure(run.path / PAGE, display):
        write_whole(run.path / PAGE, render_run_page(config, rows, total_steps))


@contextmanager
def told_failure(path: Path, display: Display) -> Iterator[None]:
    """Tell of a file that cannot be written and go on."""
    try:
        yield
    except OSError as error:
        display.say("training-report-failed", path=path, reason=error.strerror)


def shown_path(path: Path) -> str:
    """Return the path as one would type it here: relative when it is below the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
