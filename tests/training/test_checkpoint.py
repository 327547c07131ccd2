"""A step folder is there whole or not at all, and what is not whole is never loaded."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glmkit.errors import CheckpointError, StorageError
from glmkit.training.checkpoint import fault_of, publish, step_folders
from glmkit.training.resume import OPTIMIZER, STATE, find_checkpoint


def write_files(folder: Path) -> None:
    """Put two files of a kind into a step folder, one of them where the training state belongs."""
    (folder / "adapter.safetensors").write_bytes(bytes(range(256)) * 10)
    (folder / STATE).parent.mkdir()
    (folder / STATE).write_text('{"step": 1}')
    (folder / OPTIMIZER).write_bytes(b"moments" * 100)


def keep_quiet(code: str, **values: object) -> None:
    """A user who does not listen."""


def test_a_published_step_is_whole_and_named_by_latest(tmp_path: Path) -> None:
    folder = publish(tmp_path, 500, write_files)
    assert folder == tmp_path / "step-000500"
    assert fault_of(folder) is None
    assert (tmp_path / "latest").read_text() == "step-000500\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "step-000500"]


def test_steps_are_ordered_by_number_not_by_time_or_text(tmp_path: Path) -> None:
    for step in (1_000_000, 999_999, 2):
        publish(tmp_path, step, write_files)
    assert [step for step, _ in step_folders(tmp_path)] == [1_000_000, 999_999, 2]


CRASH_EVERYWHERE = """
import errno, os, signal, sys
from pathlib import Path
from glmkit.training.checkpoint import fault_of, publish, step_folders

run, action = Path(sys.argv[1]), sys.argv[2]
EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir"}

def write(folder):
    (folder / "adapter.safetensors").write_bytes(b"weights" * 1000)
    (folder / "training_state").mkdir()
    (folder / "training_state" / "optimizer.safetensors").write_bytes(b"moments" * 1000)

def crash_at(point):
    seen = [0]
    def hook(event, arguments):
        if event in EVENTS:
            seen[0] += 1
            if seen[0] == point:
                if action == "KILL":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(getattr(errno, action), os.strerror(getattr(errno, action)))
    sys.addaudithook(hook)

publish(run, 1, write)
for point in range(1, 1000):
    child = os.fork()
    if child == 0:
        crash_at(point)
        try:
            publish(run, 2, write)
        except OSError:
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    whole = [step for step, folder in step_folders(run) if fault_of(folder) is None]
    assert 1 in whole, f"point {point}: the earlier step is gone"
    assert len(whole) == len(step_folders(run)), f"point {point}: half a step was published"
    assert (run / "latest").read_text() in ("step-000001\\n", "step-000002\\n")
    if status == 0:
        break
    publish(run, 2, write)  # what the next start does: it must not stumble over what is left
    assert fault_of(run / "step-000002") is None
    assert not list(run.glob(".unfinished*")), f"point {point}: something is left behind"
print(point)
"""


@pytest.mark.parametrize("action", ["KILL", "ENOSPC", "EIO"])
def test_a_crash_or_a_full_disk_at_any_point_of_a_save_leaves_only_whole_steps(tmp_path: Path, action: str) -> None:
    command = [sys.executable, "-c", CRASH_EVERYWHERE, str(tmp_path), action]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 15  # it did go through the whole save


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


def replace_by_link(path: Path) -> None:
    target = path.parent.parent / "elsewhere"
    path.rename(target)
    path.symlink_to(target)


DAMAGES: list[tuple[Callable[[Path], None], str, str]] = [
    (cut, "adapter.safetensors", "the file has 1280 bytes, 2560 were saved"),
    (lambda path: path.write_bytes(b""), "adapter.safetensors", "the file has 0 bytes, 2560 were saved"),
    (flip_a_bit, "adapter.safetensors", "the content is not what was saved (sha256 differs)"),
    (Path.unlink, OPTIMIZER, "the file is missing"),
    (replace_by_link, "adapter.safetensors", "the file does not belong here"),
    (lambda path: path.write_bytes(b"?"), "surprise.bin", "the file does not belong here"),
    (Path.unlink, "manifest.json", "the file is missing"),
    (cut, "manifest.json", "the list of saved files cannot be read"),
    (lambda path: path.write_text("[]"), "manifest.json", "the list of saved files cannot be read"),
]


@pytest.mark.parametrize(("damage", "name", "text"), DAMAGES)
def test_a_damaged_step_is_skipped_with_the_file_and_the_reason(
    tmp_path: Path, damage: Callable[[Path], None], name: str, text: str
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    publish(run, 1, write_files)
    damaged = publish(run, 2, write_files)
    damage(damaged / name)
    fault = fault_of(damaged)
    assert fault is not None
    assert fault.text() == f"{damaged / name}: {text}"

    told: list[str] = []
    checkpoint = find_checkpoint(run, lambda code, **values: told.append(f"{code} {values['fault']}"))
    assert checkpoint is not None
    assert checkpoint.step == 1
    assert told == [f"training-checkpoint-skipped {fault.text()}"]
    assert (run / "latest").read_text() == "step-000001\n"  # readers of the run get the whole one, too
    assert damaged.is_dir()


def test_a_file_that_can_no_longer_be_read_is_a_damage_too(tmp_path: Path) -> None:
    folder = publish(tmp_path, 1, lambda folder: (folder / "empty").touch())
    (folder / "empty").unlink()
    with socket.socket(socket.AF_UNIX) as unreadable:  # has no bytes, as the file, and cannot be opened
        unreadable.bind(os.path.relpath(folder / "empty"))
        fault = fault_of(folder)
    assert fault is not None
    assert fault.text() == f"{folder / 'empty'}: the file cannot be read: No such device or address"


def test_training_past_a_damaged_step_keeps_the_damaged_one_aside(tmp_path: Path) -> None:
    flip_a_bit(publish(tmp_path, 2, write_files) / "adapter.safetensors")
    assert fault_of(publish(tmp_path, 2, write_files)) is None
    assert fault_of(tmp_path / "step-000002.damaged-1") is not None


def test_a_run_whose_steps_are_all_damaged_is_never_started_over_in_silence(tmp_path: Path) -> None:
    for step in (1, 2):
        cut(publish(tmp_path, step, write_files) / "adapter.safetensors")
    with pytest.raises(CheckpointError) as caught:
        find_checkpoint(tmp_path, keep_quiet)
    assert caught.value.exit_code == 8
    assert str(caught.value).splitlines() == [
        f"{tmp_path}: none of the checkpoints is whole, so this run cannot be continued",
        f"{tmp_path / 'step-000002' / 'adapter.safetensors'}: the file has 1280 bytes, 2560 were saved",
        f"{tmp_path / 'step-000001' / 'adapter.safetensors'}: the file has 1280 bytes, 2560 were saved",
    ]
    assert caught.value.hints() == ["start anew with --restart (the old folder is kept) or another --name"]


def test_a_run_without_steps_starts_from_the_beginning(tmp_path: Path) -> None:
    assert find_checkpoint(tmp_path, keep_quiet) is None


def test_a_checkpoint_saved_without_optimizer_state_is_refused(tmp_path: Path) -> None:
    publish(tmp_path, 1, write_files)
    folder = publish(tmp_path, 2, lambda folder: (folder / "adapter.safetensors").write_bytes(b"weights") and None)
    with pytest.raises(CheckpointError) as caught:
        find_checkpoint(tmp_path, keep_quiet)
    assert str(caught.value) == (
        f"{folder}: training_state/state.json is not in this checkpoint; going on without it would be another training"
    )


def test_a_step_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    run = tmp_path / "run"
    run.mkdir()
    (run / "step-000001").symlink_to(outside)
    with pytest.raises(StorageError) as caught:
        find_checkpoint(run, keep_quiet)
    assert str(caught.value) == (
        f"{run / 'step-000001'}: this is a link to {outside}; "
        "a run folder and its steps are never followed through links"
    )
    assert caught.value.exit_code == 4


def test_a_link_under_the_name_a_save_works_in_is_removed_and_its_target_is_not(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    run = tmp_path / "run"
    run.mkdir()
    (run / ".unfinished-step-000001").symlink_to(outside)
    assert fault_of(publish(run, 1, write_files)) is None
    assert [path.name for path in outside.iterdir()] == ["precious"]


def test_files_of_a_step_have_the_rights_the_user_gives_to_new_files(tmp_path: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "weights").write_text("1")
        (folder / "weights").chmod(0o600)

    earlier = os.umask(0o022)
    try:
        step = publish(tmp_path, 1, write)
    finally:
        os.umask(earlier)
    assert {oct(path.stat().st_mode & 0o777) for path in step.iterdir()} == {oct(0o644)}
