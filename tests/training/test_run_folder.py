"""A run folder that cannot be used is known before anything is loaded, and one that is used is used alone."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glmkit.errors import LockError, StorageError
from glmkit.training.run_folder import LineFile, RunFolder


def test_an_output_dir_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(StorageError) as caught:
        RunFolder(str(tmp_path / "runs"), "a")
    assert str(caught.value) == f"{tmp_path / 'runs'}: this folder cannot be used: File exists"
    assert caught.value.exit_code == 4


def test_a_run_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(StorageError, match=f"{tmp_path / 'a'}: this folder cannot be used: File exists"):
        RunFolder(str(tmp_path), "a")


def test_a_missing_parent_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        RunFolder(str(tmp_path / "disk" / "runs"), "a")
    assert str(caught.value) == f"{tmp_path / 'disk' / 'runs'}: this folder cannot be used: No such file or directory"
    assert not (tmp_path / "disk").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_right_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="Permission denied"):
            RunFolder(str(tmp_path), "a")
    finally:
        tmp_path.chmod(0o700)


def test_a_run_folder_that_is_a_link_is_refused_and_its_target_untouched(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "a").symlink_to(outside)
    with pytest.raises(StorageError) as caught:
        RunFolder(str(tmp_path), "a")
    assert str(caught.value).startswith(f"{tmp_path / 'a'}: this is a link to {outside};")
    assert list(outside.iterdir()) == []


def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(StorageError):
        RunFolder(str(tmp_path), "a")
    assert not (tmp_path / "precious").exists()


def test_a_second_training_in_the_same_folder_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with RunFolder(str(tmp_path), "a"):
        with pytest.raises(LockError) as caught:
            RunFolder(str(tmp_path), "a")
        with pytest.raises(LockError):
            RunFolder(str(tmp_path), "a", restart=True)
    holder = f"pid {os.getpid()} on {os.uname().nodename}"
    assert str(caught.value) == f"{tmp_path / 'a'}: another training is using this folder: {holder}"
    assert caught.value.exit_code == 6
    with RunFolder(str(tmp_path), "a"):
        pass


def test_a_killed_training_leaves_no_lock_behind(tmp_path: Path) -> None:
    code = "import sys, time; from glmkit.training.run_folder import RunFolder\n"
    code += "with RunFolder(sys.argv[1], 'a'): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LockError, match=f"pid {holder.pid} on"):
            RunFolder(str(tmp_path), "a")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with RunFolder(str(tmp_path), "a"):
        pass


def test_restart_moves_earlier_runs_aside_and_keeps_every_one(tmp_path: Path) -> None:
    for number in range(3):
        with RunFolder(str(tmp_path), "a", restart=True) as run:
            run.save_config(f"number: {number}\n")
    found = {path.name: (path / "config.yaml").read_text() for path in tmp_path.iterdir()}
    assert found == {"a": "number: 2\n", "a.old-1": "number: 0\n", "a.old-2": "number: 1\n"}


def test_what_a_killed_save_left_is_removed_by_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "a" / ".unfinished-step-000005" / "training_state").mkdir(parents=True)
    with RunFolder(str(tmp_path), "a") as run:
        assert not (run.path / ".unfinished-step-000005").exists()


def test_metrics_after_the_resumed_step_and_torn_lines_are_forgotten(tmp_path: Path) -> None:
    with RunFolder(str(tmp_path), "a") as run:
        for step in (1, 2, 3):
            run.record({"step": step, "loss": 1 / 3})
    with (tmp_path / "a" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')
    with RunFolder(str(tmp_path), "a") as run:
        assert [row["step"] for row in run.metrics_until(9)] == [1, 2, 3]
        assert run.rewind_metrics(2) == [{"step": 1, "loss": 1 / 3}, {"step": 2, "loss": 1 / 3}]
        run.record({"step": 3, "loss": 0.5})
        assert run.metrics_until(9)[2:] == [{"step": 3, "loss": 0.5}]


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_costs_log_lines_never_whole_ones_and_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = LineFile(tmp_path / "log")
    file.append("before")
    with file_size_limit(20):
        file.append("a line that is too long for the disk")
        file.append("another line that is too long for it")
    file.append("after")
    file.close()
    assert (tmp_path / "log").read_text() == "before\nafter\n"
    warnings = capsys.readouterr().err.splitlines()
    assert len(warnings) == 1
    assert warnings[0].startswith(f"cannot write {tmp_path / 'log'} (")
    assert warnings[0].endswith("); training goes on, this warning comes once")


def test_a_start_that_fails_before_anything_is_saved_leaves_no_run_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such data"), RunFolder(str(tmp_path), "a") as run:
        run.log.append("reading the data")
        raise ValueError("no such data")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="later"), RunFolder(str(tmp_path), "a") as run:
        run.save_config("steps: 1\n")
        raise ValueError("later")
    assert (tmp_path / "a" / "config.yaml").is_file()
