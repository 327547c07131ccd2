"""A save that fails costs a save, and says how much room it wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from glmkit.errors import StorageError
from glmkit.training.checkpoint import fault_of
from glmkit.training.run_folder import RunFolder
from glmkit.training.saving import Saver

TOO_MUCH = 1 << 60


def write_file(folder: Path) -> None:
    """Put one file into a step folder."""
    (folder / "adapter.safetensors").write_bytes(b"weights")


def test_too_little_room_is_told_with_both_numbers_before_anything_is_written(tmp_path: Path) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    with RunFolder(str(tmp_path), "a") as run:
        Saver(run, lambda code, **values: told.append((code, values))).save(1, write_file, TOO_MUCH)
    ((code, values),) = told
    assert code == "training-save-failed"
    assert values["needed"] == "1,152,921,504,606,846,976"
    assert 0 < int(values["free"].replace(",", "")) < TOO_MUCH
    assert values["reason"] == "No space left on device"
    assert not list((tmp_path / "a").glob("*step*"))


def test_only_failures_in_a_row_end_the_run(tmp_path: Path) -> None:
    told: list[str] = []
    with RunFolder(str(tmp_path), "a") as run:
        saver = Saver(run, lambda code, **values: told.append(code))
        for needed in (TOO_MUCH, TOO_MUCH, 0, TOO_MUCH, TOO_MUCH):
            saver.save(len(told) + 1, write_file, needed)
        with pytest.raises(StorageError, match=r"could not save: No space left on device .* failures in a row: 3"):
            saver.save(6, write_file, TOO_MUCH)
    assert told == [
        f"training-{word}" for word in ("save-failed", "save-failed", "saved", "save-failed", "save-failed")
    ]
    assert fault_of(tmp_path / "a" / "step-000003") is None


def test_a_save_that_no_other_follows_must_succeed(tmp_path: Path) -> None:
    with RunFolder(str(tmp_path), "a") as run:
        saver = Saver(run, lambda code, **values: None)
        with pytest.raises(StorageError, match="failures in a row: 1"):
            saver.save(1, write_file, TOO_MUCH, must_succeed=True)
