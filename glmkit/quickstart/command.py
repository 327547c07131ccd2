"""`glmkit quickstart`: the whole road on one data file, with each step explained, and what it brought.

In: a QuickstartConfig. Out: a folder with the run, ``curve.png`` and ``report.html``; a table on stdout; the exit code.
Called by ``commands``. Stopped and started again it goes on: what was measured and trained is kept in the folder.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import torch
from rich.console import Console
from rich.table import Table

import glmkit
from glmkit.chat.conversation import TOOL_SENTENCE, Conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.data.check import check, render_report
from glmkit.data.check_page import render_page
from glmkit.data.convert import convert, write_lines
from glmkit.data.encode import encode_samples
from glmkit.data.read import read, refuse_unusable
from glmkit.data.show import print_sample
from glmkit.errors import Stopped, StorageError, message, notice
from glmkit.evaluation.result import save_json
from glmkit.loading import BUNDLED_MODEL, load_model, load_tokenizer, tools_layout_of
from glmkit.quickstart.config import QuickstartConfig
from glmkit.quickstart.division import Division, divide
from glmkit.quickstart.going_on import commands_to_go_on
from glmkit.quickstart.measuring import Advance, Measured, measure_model
from glmkit.quickstart.page import ROWS, changes, render_quickstart_page
from glmkit.quickstart.stages import Stages
from glmkit.quickstart.tuning import RUN, plan_steps, tune
from glmkit.training.checkpoint import sha256

SAMPLE_DATA = Path(__file__).parents[1] / "bundled" / "sample_data" / "toolalpaca.json"
NUM_STAGES = 6
INTERRUPTED = 130  # exit code
MAX_SEQ_LEN = 2048


@dataclass(slots=True)
class State:
    """What an earlier start in the same folder came to, for the same settings and data; saved after each stage."""

    path: Path
    key: dict[str, Any]
    before: Measured | None = None
    steps: int = 0
    after: Measured | None = None  # for whoever reads the file; measured anew at every start

    @classmethod
    def of(cls, path: Path, config: QuickstartConfig, data: Path) -> State:
        """Read the folder's state; a new one if there is none, or it is of something else."""
        settings = asdict(config)
        for name in ("output", "threads", "data"):
            del settings[name]
        state = cls(path, {**settings, "sha256": sha256(data), "version": glmkit.__version__})
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            if saved["key"] == state.key:
                state.before = Measured.from_dict(saved["before"]) if saved["before"] else None
                state.steps = int(saved["steps"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return state

    def save(self) -> None:
        """Write it. Raises StorageError."""
        before, after = (found.to_dict() if found else None for found in (self.before, self.after))
        save_json({"key": self.key, "before": before, "steps": self.steps, "after": after}, self.path)


def run_quickstart(config: QuickstartConfig) -> int:
    """Go the whole road; return the exit code. Ctrl-C leaves a folder that the same command goes on with."""
    try:
        go(config)
    except Stopped as stopped:
        notice("quickstart-interrupted")
        return stopped.exit_code
    except KeyboardInterrupt:
        notice("quickstart-interrupted")
        return INTERRUPTED
    return 0


def go(config: QuickstartConfig) -> None:
    """Convert, check, show, measure, tune, measure again, report."""
    started = time.monotonic()
    output, data = Path(config.output), Path(config.data or SAMPLE_DATA)
    if not config.data:
        notice("quickstart-sample-data", path=shown(data))
    if not config.model:
        notice("quickstart-mini")
        config = replace(config, model=BUNDLED_MODEL)
    make_folder(output)
    if config.threads:
        torch.set_num_threads(config.threads)
    tokenizer = load_tokenizer(config.model)
    tools_layout = tools_layout_of(config.model)
    stages = Stages(NUM_STAGES)

    conversations = prepare(config, data, tokenizer, tools_layout, stages)
    division = divide(conversations, config.questions, config.seed)
    tuning, held_out = output / "tuning.jsonl", output / "held_out.jsonl"
    write_lines(tuning, map(as_line, division.tuning))
    write_lines(held_out, map(as_line, [*division.tuned, *division.absent]))
    tell_division(division)
    state = State.of(output / "quickstart.json", config, data)

    with stages.stage("quickstart-before", "quickstart-before-why") as advance:
        if state.before is None:
            state.before = measured(config, config.model, tokenizer, division, tools_layout, advance)
            state.steps = 0
            state.save()
        else:
            notice("quickstart-before-kept")
    with stages.stage("quickstart-train", "quickstart-train-why", prefix_len=config.prefix_len):
        is_new = state.steps == 0
        if is_new:
            notice("quickstart-train-probe")
            state.steps = plan_steps(config, tuning, tools_layout)
            state.save()
        notice("quickstart-train-steps", steps=state.steps, samples=state.steps * config.samples_per_step)
        result = tune(config, tuning, tools_layout, state.steps, restart=is_new and (output / RUN).exists())
        shutil.copyfile(result.folder / "curve.png", output / "curve.png")
    with stages.stage("quickstart-after", "quickstart-after-why") as advance:
        after = measured(config, str(output / RUN), tokenizer, division, tools_layout, advance)
        state.after = after
        state.save()

    request, tools = write_example(output, division)
    commands = commands_to_go_on(config, held_out, request, tools)
    page = render_quickstart_page(config, division, state.before, after, stages.seconds, commands)
    write_lines(output / "report.html", [page])
    print_results(state.before, after, sys.stdout)
    notice(
        "quickstart-done", page=output / "report.html", curve=output / "curve.png", seconds=time.monotonic() - started
    )
    print(message("quickstart-go-on"))
    for code, line in commands:
        print(f"  {line}  # {message(code)}")


def prepare(
    config: QuickstartConfig, data: Path, tokenizer: Tokenizer, tools_layout: str, stages: Stages
) -> list[Conversation]:
    """Convert, check and show the data; return its conversations."""
    output = Path(config.output)
    target = output / "conversations.jsonl"
    with stages.stage("quickstart-convert", "quickstart-convert-why") as advance:
        counts = convert(data, target, config.source_format or None)
        skipped = counts.skipped_places.total
        advance("quickstart-conversations", counts.kept, counts.kept)
        notice("quickstart-converted", kept=counts.kept, skipped=skipped, path=target)
    with stages.stage("quickstart-check", "quickstart-check-why") as advance:
        report = check(target, None, tokenizer, MAX_SEQ_LEN, "history", tools_layout)
        advance("quickstart-conversations", report.num_conversations, report.num_conversations)
        print(render_report(report), file=sys.stderr)
        refuse_unusable(str(target), report.num_conversations, report.problems, report.skipped)
        write_lines(output / "data.html", [render_page(report)])
    with stages.stage("quickstart-show", "quickstart-show-why") as advance:
        conversations = read(target)
        (sample,) = encode_samples(conversations[:1], tokenizer, MAX_SEQ_LEN, "history", tools_layout)
        print_sample(sample, tokenizer, sys.stderr, is_shortened=True)
        advance("quickstart-samples", 1, 1)
    return conversations


def measured(
    config: QuickstartConfig,
    model_or_run: str,
    tokenizer: Tokenizer,
    division: Division,
    tools_layout: str,
    advance: Advance,
) -> Measured:
    """Load a model and ask it everything."""
    dtype = None if config.dtype == "auto" else config.dtype
    device = None if config.device == "auto" else config.device
    model = load_model(model_or_run, dtype=dtype, device=device)
    return measure_model(model, tokenizer, division, tools_layout, config.max_tokens, advance)


def make_folder(folder: Path) -> None:
    """Make the folder for everything. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as error:
        raise StorageError("quickstart-output", where=str(folder), reason=error.strerror) from error


def as_line(talk: Conversation) -> str:
    """Return a conversation as a row of the conversation format."""
    return json.dumps(talk.to_dict(), ensure_ascii=False)


def tell_division(division: Division) -> None:
    """Say what is tuned on and what is kept for questions."""
    values = {"tuning": len(division.tuning), "tuned": len(division.tuned), "absent": len(division.absent)}
    notice("quickstart-divided", **values, groups=division.num_groups, absent_groups=division.num_absent_groups)


def write_example(output: Path, division: Division) -> tuple[str, Path | None]:
    """Write the system prompt with the tools of one held-out request; return the request and the file."""
    for talk in division.tuned:
        first = talk.messages[0]
        requests = [item.content for item in talk.messages if item.role == "user"]
        if first.tools is not None and requests and "\n" not in requests[0]:
            tools = json.dumps(first.tools, indent=4, ensure_ascii=False)
            write_lines(output / "tools.txt", [f"{TOOL_SENTENCE}\n{tools}"])
            return requests[0], output / "tools.txt"
    return "", None


def print_results(before: Measured, after: Measured, stream: TextIO) -> None:
    """Print before and after."""
    table = Table(
        "",
        message("quickstart-column-questions"),
        message("quickstart-column-before"),
        message("quickstart-column-after"),
        message("quickstart-column-change"),
        title=message("quickstart-page-table"),
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name, was, now, count in changes(before, after, [*ROWS]):
        table.add_row(message(ROWS[name]), str(count), f"{was:.1%}", f"{now:.1%}", f"{100 * (now - was):+.1f}")
    Console(file=stream).print(table)


def shown(path: Path) -> str:
    """Return a path as one types it from here, where that is shorter."""
    return shlex.quote(min(os.path.relpath(path), str(path), key=len))
