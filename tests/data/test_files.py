"""Paths and patterns: found in a fixed order, or every fault of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmkit.config import DataFile
from glmkit.data.files import find_files
from glmkit.errors import DataError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: data files, some of them in a folder below."""
    for name in ("b.jsonl", "a.jsonl", "notes.txt", "below/c.jsonl", "below/deep/d.jsonl", "odd[1].jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.jsonl").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(folder: Path, *paths: str) -> list[str]:
    files = find_files([DataFile(path=path) for path in paths])
    assert all(Path(file.path).is_absolute() for file in files)
    return [Path(file.path).relative_to(folder).as_posix() for file in files]


def test_files_come_as_listed_and_the_matches_of_a_pattern_by_name(folder: Path) -> None:
    assert found(folder, "b.jsonl", "a.jsonl") == ["b.jsonl", "a.jsonl"]
    assert found(folder, "?.jsonl") == ["a.jsonl", "b.jsonl"]
    assert found(folder, "below/*.jsonl", "*.txt") == ["below/c.jsonl", "notes.txt"]
    assert found(folder, "below/**/*.jsonl") == ["below/c.jsonl", "below/deep/d.jsonl"]
    assert found(folder, "*.jsonl") == ["a.jsonl", "b.jsonl", "odd[1].jsonl"]  # a folder is no data file


def test_a_name_that_looks_like_a_pattern_is_the_file_of_that_name(folder: Path) -> None:
    assert found(folder, "odd[1].jsonl") == ["odd[1].jsonl"]


def test_every_match_has_the_weight_of_its_pattern(folder: Path) -> None:
    files = find_files([DataFile(path="?.jsonl", weight=0.5), DataFile(path="notes.txt", weight=3)])
    assert [file.weight for file in files] == [0.5, 0.5, 3]


def test_a_missing_file_is_left_to_the_reader_and_the_home_folder_is_known(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(folder, "none.jsonl") == ["none.jsonl"]
    monkeypatch.setenv("HOME", str(folder))
    assert found(folder, "~/a.jsonl") == ["a.jsonl"]


def test_every_fault_of_the_patterns_is_named(folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_files([DataFile(path=path) for path in ("blow/*.jsonl", "*.jsonl", "b.jsonl", "zzz*", "below/*.json")])
    assert str(caught.value).splitlines() == [
        f"data[0]: no file matches 'blow/*.jsonl'; what comes near it in {folder}: below",
        f"data[2]: {folder}/b.jsonl is in data[1] already; a file that is to come twice as often gets weight 2",
        f"data[3]: no file matches 'zzz*', nor anything like it in {folder}",
        f"data[4]: no file matches 'below/*.json'; what comes near it in {folder}/below: c.jsonl",
    ]
    with pytest.raises(DataError, match=r"^replay\.path: no file matches '\[a\]\.jso'; "):
        find_files([DataFile(path="[a].jso")], "replay.path")


def test_a_link_to_a_listed_file_is_that_file_again(folder: Path) -> None:
    (folder / "link.jsonl").symlink_to("a.jsonl")
    with pytest.raises(DataError, match=r"data\[1\]: .*/link\.jsonl is in data\[0\] already"):
        find_files([DataFile(path="a.jsonl"), DataFile(path="link.jsonl")])
