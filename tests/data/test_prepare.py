"""Large files: the same from several processes, from the cache and from this process; what goes wrong is told."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from glmkit.chat.protocol import encode_conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import CheckConfig
from glmkit.data import prepare as prepare_module
from glmkit.data import workers
from glmkit.data.bad_rows import bad_rows_file
from glmkit.data.commands import run_check
from glmkit.data.counting import FileSettings
from glmkit.data.prepare import Prepared, move_bad_rows, prepare
from glmkit.data.read import read
from glmkit.data.row import BLOCK_ROWS, Share
from glmkit.data.workers import VARIABLE, count_workers
from glmkit.errors import ConfigError, DataError, OutOfMemory, set_language
from tests.data.defects import ENDINGS, FORMATS, good_row, plant

SMALL = FileSettings(path="", max_seq_len=200, truncate="history")


@pytest.fixture
def three_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three workers for any file of some blocks."""
    monkeypatch.setenv(VARIABLE, "3")
    monkeypatch.setattr(workers, "MIN_SHARE_BYTES", 1000)


@pytest.fixture
def cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are cached."""
    monkeypatch.setattr(prepare_module, "MIN_CACHED_BYTES", 0)


def write_good(path: Path, count: int, source_format: str = "conversations") -> Path:
    rng = random.Random(3)
    path.write_text("".join(json.dumps(good_row(source_format, rng)) + "\n" for _ in range(count)), encoding="utf-8")
    return path


def contents(prepared: Prepared) -> dict[str, Any]:
    """Return everything that was found, for comparison."""
    report = prepared.report
    found = {field.name: getattr(report, field.name) for field in fields(report) if field.name != "places"}
    found["totals"] = [report.problems.total, report.skipped.total, report.lost_samples.total]
    found["order"] = [list(report.tools), list(report.remarks.counts), list(report.patterns.counts)]
    places = [report.places[index] for index in range(len(report.places))]
    return {**found, "places": places, "samples": list(prepared.samples), "sha256": prepared.sha256}


def in_one_process(settings: FileSettings, tokenizer: Tokenizer | None, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    with monkeypatch.context() as patch:
        patch.setenv(VARIABLE, "1")
        patch.setattr(prepare_module, "MIN_CACHED_BYTES", 10**9)
        return prepare(settings, tokenizer)


@pytest.mark.parametrize("source_format", FORMATS)
def test_several_processes_find_what_one_finds(
    tmp_path: Path,
    source_format: str,
    small_tokenizer: Tokenizer,
    three_processes: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content, places = plant(source_format, 5, num_good=4 * BLOCK_ROWS)
    path = tmp_path / f"rows{ENDINGS.get(source_format, '.jsonl')}"
    path.write_bytes(content)
    settings = replace(SMALL, path=str(path))
    found = prepare(settings, small_tokenizer)
    assert contents(found) == contents(in_one_process(settings, small_tokenizer, monkeypatch))
    faulty = [line for line, defect in places if defect and "-remark-" not in defect.code]
    assert len(found.report.faulty_rows) == len(faulty) == found.report.problems.total
    assert len(found.samples) == len(places) - len(faulty)


@pytest.mark.parametrize("end", ["]", ",\n{oops, {}]", ""])
@pytest.mark.parametrize("has_tokenizer", [False, True])
def test_an_array_packed_or_broken_off_is_the_same_too(
    tmp_path: Path,
    small_tokenizer: Tokenizer,
    end: str,
    has_tokenizer: bool,
    three_processes: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = write_good(tmp_path / "rows.jsonl", 3 * BLOCK_ROWS + 1).read_text(encoding="utf-8").splitlines()
    path = tmp_path / "rows.json.gz"
    path.write_bytes(gzip.compress(f"[{','.join(lines)}{end}".encode()))
    settings = replace(SMALL, path=str(path))
    found = prepare(settings, small_tokenizer if has_tokenizer else None)
    alone = in_one_process(settings, small_tokenizer if has_tokenizer else None, monkeypatch)
    assert contents(found) == contents(alone)
    assert (found.report.problems != []) == (end != "]")


def test_samples_are_those_of_the_conversations(
    tmp_path: Path, small_tokenizer: Tokenizer, three_processes: None
) -> None:
    path = write_good(tmp_path / "rows.jsonl", 2 * BLOCK_ROWS + 5)
    settings = replace(SMALL, path=str(path), tools_layout="natural")
    expected = [
        encode_conversation(talk, small_tokenizer, 200, "history", tools_layout="natural") for talk in read(path)
    ]
    assert list(prepare(settings, small_tokenizer).samples) == expected


def test_an_error_in_a_process_is_the_error_here(
    tmp_path: Path, small_tokenizer: Tokenizer, three_processes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gzip.compress(write_good(tmp_path / "rows.jsonl", 5 * BLOCK_ROWS).read_bytes())
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(whole[: 2 * len(whole) // 3])
    settings = replace(SMALL, path=str(path))
    with pytest.raises(DataError) as expected:
        in_one_process(settings, small_tokenizer, monkeypatch)
    with pytest.raises(DataError) as caught:
        prepare(settings, small_tokenizer)
    assert caught.value.problems == expected.value.problems
    assert caught.value.code == "data-gzip-damaged"


def test_the_language_is_that_of_this_process(
    tmp_path: Path, small_tokenizer: Tokenizer, three_processes: None
) -> None:
    row = {"Name": "a", "Instances": [{"input": "x", "output": "y", "intermediate_steps": "no"}]}
    path = tmp_path / "rows.jsonl"
    path.write_text((json.dumps(row) + "\n") * 3 * BLOCK_ROWS)
    set_language("zh")
    (reason,) = {item.reason for item in prepare(replace(SMALL, path=str(path)), None).report.skipped}
    assert not reason.isascii()


@pytest.mark.parametrize("error", [DataError("data-empty", where="f", value=lambda: 1), ValueError(lambda: 1)])
def test_an_error_that_cannot_travel_is_told_as_text(error: Exception) -> None:
    from multiprocessing import Pipe

    from glmkit.data.worker import _send_error

    ours, theirs = Pipe()
    _send_error(theirs, error)
    again = ours.recv()
    assert type(again) is RuntimeError
    assert str(again) == f"{type(error).__name__}: {error}"


def test_a_process_that_is_killed_is_told_of(tmp_path: Path) -> None:
    path = write_good(tmp_path / "rows.jsonl", 3)
    worker = workers._Worker((replace(SMALL, path=str(path)), "conversations", None, Share(), "en"))
    worker._process.send_signal(signal.SIGKILL)
    with pytest.raises(OutOfMemory, match=r"was ended from outside \(status -9\)") as caught:
        for _ in range(3):  # a block may have been sent before
            workers._next_of(worker, [worker])
    assert caught.value.exit_code == 9
    worker.end()


UNGUARDED = """
import sys
from glmkit.chat.tokenizer import Tokenizer
from glmkit.data import workers
from glmkit.data.counting import FileSettings
from glmkit.data.prepare import prepare
workers.MIN_SHARE_BYTES = 1000
print(len(prepare(FileSettings(path=sys.argv[1]), Tokenizer.from_file(sys.argv[2])).samples))
"""


def children_of(process: subprocess.Popen[str]) -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_when_this_one_is_interrupted_or_killed(
    tmp_path: Path, tokenizer_file: Path, number: signal.Signals
) -> None:
    path = write_good(tmp_path / "rows.jsonl", 400)
    with open(path, "ab") as file:
        for _ in range(60):
            file.write(path.read_bytes()[:200_000].rpartition(b"\n")[0] + b"\n")
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    command = [sys.executable, str(script), str(path), str(tokenizer_file)]
    environment = {**os.environ, VARIABLE: "2", "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as main:
        while len(children := children_of(main)) < 2 and main.poll() is None:
            time.sleep(0.005)
        time.sleep(0.3)
        main.send_signal(number)
        assert main.wait(timeout=20) in (-number, 130, 1)
    assert len(children) == 2
    end = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < end:
        time.sleep(0.02)
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def test_a_script_need_not_guard_its_main_part(tmp_path: Path, tokenizer_file: Path) -> None:
    path = write_good(tmp_path / "rows.jsonl", 300)
    environment = {**os.environ, VARIABLE: "2", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", UNGUARDED, str(path), str(tokenizer_file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("300\n", "")


def test_the_number_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    cores = len(os.sched_getaffinity(0))
    assert [count_workers(size) for size in (0, 2**20, 2**40)] == [1, 1, cores]
    monkeypatch.setenv(VARIABLE, "7")
    assert [count_workers(size) for size in (0, 9 * 2**20, 2**40)] == [1, 2, 7]
    for value in ("0", "-1", "two", "1.5", "²"):
        monkeypatch.setenv(VARIABLE, value)
        with pytest.raises(ConfigError, match=f"GLMKIT_DATA_WORKERS: is {value}; it must be a positive integer"):
            count_workers(0)


def unreadable(*arguments: Any) -> Any:
    raise AssertionError("the file was read again")


def test_a_file_met_before_is_not_read_again(
    tmp_path: Path, small_tokenizer: Tokenizer, cached: None, monkeypatch: pytest.MonkeyPatch, token_cache: Path
) -> None:
    content, _ = plant("conversations", 8)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    settings = replace(SMALL, path=str(path))
    for tokenizer in (small_tokenizer, None):
        first = prepare(settings, tokenizer)
        moved = Path(shutil.copy(path, tmp_path / f"{bool(tokenizer)} moved.jsonl"))
        with monkeypatch.context() as patch:
            patch.setattr(prepare_module, "read_blocks", unreadable)
            assert contents(prepare(settings, tokenizer)) == contents(first)
            again = prepare(replace(settings, path=str(moved)), tokenizer)
        assert contents(again) == contents(in_one_process(replace(settings, path=str(moved)), tokenizer, monkeypatch))
    assert len(os.listdir(token_cache)) == 2


CHANGES: dict[str, Callable[[FileSettings], FileSettings]] = {
    "max_seq_len": lambda settings: replace(settings, max_seq_len=201),
    "truncate": lambda settings: replace(settings, truncate="right"),
    "tools_layout": lambda settings: replace(settings, tools_layout="natural"),
    "source_format": lambda settings: replace(settings, source_format="conversations"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_settings_are_another_entry(
    tmp_path: Path, small_tokenizer: Tokenizer, cached: None, token_cache: Path, change: str
) -> None:
    settings = replace(SMALL, path=str(write_good(tmp_path / "rows.jsonl", 3)))
    prepare(settings, small_tokenizer)
    prepare(CHANGES[change](settings), small_tokenizer)
    assert len(os.listdir(token_cache)) == 2


def test_another_file_tokenizer_name_or_language_is_another_entry(
    tmp_path: Path, tokenizer_file: Path, golden: Path, cached: None, token_cache: Path
) -> None:
    path = write_good(tmp_path / "rows.jsonl", 3)
    tokenizer = Tokenizer.from_file(tokenizer_file)
    prepare(replace(SMALL, path=str(path)), tokenizer)
    path.write_text(path.read_text(encoding="utf-8").replace("Sunny", "Sonny"), encoding="utf-8")
    prepare(replace(SMALL, path=str(path)), tokenizer)
    changed = tmp_path / "tokenizer.model"
    changed.write_bytes(tokenizer_file.read_bytes() + b"\x1a\x00")  # an empty field: the same vocabulary
    prepare(replace(SMALL, path=str(path)), Tokenizer.from_file(changed))
    set_language("zh")
    prepare(replace(SMALL, path=str(path)), tokenizer)
    assert len(os.listdir(token_cache)) == 4


def test_a_damaged_entry_is_made_anew(
    tmp_path: Path, small_tokenizer: Tokenizer, cached: None, token_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(SMALL, path=str(write_good(tmp_path / "rows.jsonl", 3)))
    first = contents(prepare(settings, small_tokenizer))
    (key,) = os.listdir(token_cache)
    (token_cache / key / "tokens").write_bytes(b"1234")
    again = prepare(settings, small_tokenizer)
    assert contents(again) == first
    assert "is damaged; it is made anew" in capsys.readouterr().err
    assert os.listdir(token_cache) == [key]
    prepare(settings, small_tokenizer)
    assert capsys.readouterr().err == ""


def test_without_a_cache_the_check_goes_on_with_one_warning(
    tmp_path: Path, tokenizer_file: Path, cached: None, token_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token_cache.write_text("mine")
    path = write_good(tmp_path / "rows.jsonl", 3)
    config = CheckConfig(file=str(path), tokenizer=str(tokenizer_file))
    assert [run_check(config), run_check(config)] == [0, 0]
    streams = capsys.readouterr()
    assert streams.err.count("\n") == 1
    assert f"the token cache {token_cache} cannot be used" in streams.err
    assert streams.out.count("3 conversations") == 2


def test_a_file_that_changes_meanwhile_is_not_kept(
    tmp_path: Path, small_tokenizer: Tokenizer, cached: None, token_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_good(tmp_path / "rows.jsonl", 3)
    read_blocks = prepare_module.read_blocks

    def changing(*arguments: Any) -> Any:
        yield from read_blocks(*arguments)
        with open(path, "a") as file:
            file.write("\n")

    monkeypatch.setattr(prepare_module, "read_blocks", changing)
    assert len(prepare(replace(SMALL, path=str(path)), small_tokenizer).samples) == 3
    assert os.listdir(token_cache) == []


def test_small_files_are_not_kept(tmp_path: Path, small_tokenizer: Tokenizer, token_cache: Path) -> None:
    prepare(replace(SMALL, path=str(write_good(tmp_path / "rows.jsonl", 3))), small_tokenizer)
    assert not token_cache.exists()


def test_bad_rows_of_a_file_from_the_cache_go_aside_as_they_did(
    tmp_path: Path, small_tokenizer: Tokenizer, cached: None
) -> None:
    content, places = plant("conversations", 8)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    written = []
    for aside in (tmp_path / "one.jsonl", tmp_path / "two.jsonl"):
        with bad_rows_file(aside, path) as bad_rows:
            prepared = prepare(replace(SMALL, path=str(path)), small_tokenizer)
            move_bad_rows(prepared, bad_rows)
        assert prepared.report.problems == []
        written.append(aside.read_bytes())
    assert written[0] == written[1]
    bad = [line for line, defect in places if defect and "-remark-" not in defect.code]
    assert [json.loads(line)["place"] for line in written[0].splitlines()] == [f"{path}:{line}" for line in bad]


MEASURE = """
import resource, sys
from glmkit.chat.tokenizer import Tokenizer
from glmkit.data.counting import FileSettings
from glmkit.data.prepare import prepare
prepare(FileSettings(path=sys.argv[1]), Tokenizer.from_file(sys.argv[2]))
own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))  # ru_maxrss of our own begins with pytest's
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="reads the peak of a process in /proc")
def test_memory_does_not_grow_with_the_file(tmp_path: Path, tokenizer_file: Path) -> None:
    peaks = []
    for count in (10_000, 40_000):
        path = write_good(tmp_path / f"{count}.jsonl", count)
        command = [sys.executable, "-c", MEASURE, str(path), str(tokenizer_file)]
        peaks.append(1024 * int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        assert path.stat().st_size > 2 * workers.MIN_SHARE_BYTES
    more_text = path.stat().st_size * 3 / 4
    assert peaks[1] - peaks[0] < more_text / 4, peaks
