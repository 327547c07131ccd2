"""The token cache: whole entries or none, whoever writes, dies, or damages them, and never a run that fails for it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glmkit.data import cache
from glmkit.data.cache import ABOUT, UNFINISHED, Entry, entry_writer, find, tidy

TYPES = {"numbers": "q", "bytes": "B", "nothing": "i"}
NUMBERS = np.arange(5000)
ABOUT_IT = {"a": [1, "中"], "b": None}


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_told", set())


def write(folder: Path | None, key: str | None = "k") -> Entry:
    with entry_writer(folder, TYPES) as writer:
        for piece in np.array_split(NUMBERS, 7):
            writer.write("numbers", piece.tobytes())
        writer.write("bytes", b"abc")
        return writer.finish(key, ABOUT_IT)


def assert_whole(entry: Entry | None) -> None:
    assert entry is not None
    assert entry.columns["numbers"].tolist() == NUMBERS.tolist()
    assert entry.columns["bytes"].tobytes() == b"abc"
    assert entry.columns["nothing"].tolist() == []
    assert entry.about == ABOUT_IT


def test_what_was_written_is_found_again_under_its_key(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "tokens"
    assert find(folder, "k", TYPES) is None
    assert_whole(write(folder))
    assert_whole(find(folder, "k", TYPES))
    assert find(folder, "other", TYPES) is None
    assert os.listdir(folder) == ["k"]


def test_memory_and_a_missing_key_leave_nothing_on_disk(tmp_path: Path) -> None:
    assert_whole(write(None))
    assert_whole(write(tmp_path / "tokens", key=None))
    assert os.listdir(tmp_path / "tokens") == []


def change(path: Path, edit: Callable[[bytes], bytes]) -> None:
    path.write_bytes(edit(path.read_bytes()))


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "a bit": lambda entry: change(entry / "numbers", lambda content: content[:99] + b"\x01" + content[100:]),
    "cut off": lambda entry: change(entry / "numbers", lambda content: content[:-8]),
    "longer": lambda entry: change(entry / "bytes", lambda content: content + b"d"),
    "a file gone": lambda entry: (entry / "bytes").unlink(),
    "no list of sums": lambda entry: (entry / ABOUT).unlink(),
    "sums half written": lambda entry: change(entry / ABOUT, lambda content: content[:20]),
    "sums of another kind": lambda entry: (entry / ABOUT).write_text("[]"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_told_of_and_removed(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    DAMAGES[damage](tmp_path / "k")
    assert find(tmp_path, "k", TYPES) is None
    assert capsys.readouterr().err == f"{tmp_path / 'k'}: this entry of the token cache is damaged; it is made anew\n"
    assert os.listdir(tmp_path) == []
    assert_whole(write(tmp_path))
    assert_whole(find(tmp_path, "k", TYPES))


def test_two_who_write_the_same_entry_both_have_it(tmp_path: Path) -> None:
    with entry_writer(tmp_path, TYPES) as writer:
        writer.write("numbers", NUMBERS.tobytes())
        writer.write("bytes", b"abc")
        first = write(tmp_path)
        second = writer.finish("k", ABOUT_IT)
    assert_whole(first)
    assert_whole(second)
    assert_whole(find(tmp_path, "k", TYPES))
    assert os.listdir(tmp_path) == ["k"]


def test_an_error_amid_writing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), entry_writer(tmp_path, TYPES) as writer:
        writer.write("bytes", b"abc")
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


WRITE_AND_WAIT = """
import sys, time
from pathlib import Path
from glmkit.data.cache import EntryWriter
writer = EntryWriter(Path(sys.argv[1]), {"numbers": "q"})
writer.write("numbers", bytes(8000))
print("written", flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_left_is_never_found_and_goes_when_it_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        (left,) = os.listdir(tmp_path)
        assert left.startswith(UNFINISHED)
        tidy(tmp_path)
        monkeypatch.setattr(cache, "SAFE_AGE_S", -1.0)
        tidy(tmp_path)
        assert os.listdir(tmp_path) == [left]  # its writer lives
        process.send_signal(signal.SIGKILL)
        process.wait()
    monkeypatch.setattr(cache, "SAFE_AGE_S", 60.0)
    tidy(tmp_path)
    assert os.listdir(tmp_path) == [left]  # too young to be sure
    monkeypatch.setattr(cache, "SAFE_AGE_S", -1.0)
    tidy(tmp_path)
    assert os.listdir(tmp_path) == []


@contextmanager
def full_disk(num_bytes: int) -> Iterator[None]:
    """No file may grow beyond ``num_bytes``: writing further is an OSError, as it is on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("num_bytes", [0, 1, 5000, 39_999])
def test_a_full_disk_gives_one_warning_and_nothing_is_lost(
    tmp_path: Path, num_bytes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with full_disk(num_bytes):
        entries = [write(tmp_path), write(tmp_path)]
    for entry in entries:
        assert_whole(entry)
    assert capsys.readouterr().err == (
        f"the token cache {tmp_path} cannot be used (File too large); this run goes on without it "
        "(GLMKIT_CACHE names another folder)\n"
    )
    assert os.listdir(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_gives_one_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tokens").write_text("mine")
    assert find(tmp_path / "tokens", "k", TYPES) is None
    assert_whole(write(tmp_path / "tokens"))
    assert capsys.readouterr().err.count("cannot be used") == 1
    assert (tmp_path / "tokens").read_text() == "mine"


def test_a_folder_that_is_closed_gives_one_warning(
    tmp_path: Path, as_nobody: AbstractContextManager[None], capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.parent.chmod(0o755)
    tmp_path.chmod(0o555)
    try:
        with as_nobody:
            assert_whole(write(tmp_path))
    finally:
        tmp_path.chmod(0o755)
    assert capsys.readouterr().err.count("cannot be used (Permission denied)") == 1


def test_the_oldest_used_go_first_and_who_reads_them_keeps_them(tmp_path: Path) -> None:
    for age, key in enumerate("abcd"):
        write(tmp_path, key)
        os.utime(tmp_path / key, (time.time() - 100 + age,) * 2)
    entry = find(tmp_path, "a", TYPES)  # used now
    other = find(tmp_path, "d", TYPES)
    os.utime(tmp_path / "d", (1, 1))
    size = sum(file.stat().st_size for file in (tmp_path / "a").iterdir())
    tidy(tmp_path, 2 * size)
    assert sorted(os.listdir(tmp_path)) == ["a", "c"]
    assert_whole(other)
    tidy(tmp_path, size - 1)
    assert os.listdir(tmp_path) == []
    assert_whole(entry)


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLMKIT_CACHE", str(tmp_path / "mine"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.cache_folder() == tmp_path / "mine" / "tokens"
    monkeypatch.setenv("GLMKIT_CACHE", "")
    assert cache.cache_folder() == tmp_path / "xdg" / "glmkit" / "tokens"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.cache_folder() == tmp_path / "home" / ".cache" / "glmkit" / "tokens"
