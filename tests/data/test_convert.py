"""Conversion: the original's bytes for ToolAlpaca, nothing half-written, nothing lost in silence."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

import glmkit
from glmkit.data.convert import write_lines
from glmkit.data.read import Skipped, read
from glmkit.errors import ConfigError, DataError, GlmkitError, StorageError

HELLO = {"conversations": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "Hi."}]}


def episode(**changes: Any) -> dict[str, Any]:
    """One recorded episode in ToolAlpaca's layout; a change to None removes the key."""
    raw = "I look it up.\nAction: weather\nAction Input: {}"
    whole = {
        "input": "Rain in 北京?",
        "intermediate_steps": [[["weather", '{"city": "北京"}', raw], "Status Code: 200."]],
        "Final Thought": "I know.",
        "output": "No rain.",
    } | changes
    return {key: value for key, value in whole.items() if value is not None}


def api_file(folder: Path, *episodes: Any, name: str = "Weather") -> Path:
    path = folder / "apis.json"
    row = {"Name": name, "NLDocumentation": "weather: tells it", "Instances": list(episodes)}
    path.write_text(json.dumps([row], indent=1), encoding="utf-8")
    return path


def test_toolalpaca_gives_exactly_the_originals_bytes(shared: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    counts = glmkit.convert(shared / "data" / "toolalpaca_train_format.json", target)
    assert target.read_bytes() == (shared / "golden" / "data" / "toolalpaca_formatted.jsonl").read_bytes()
    assert (counts.kept, counts.skipped) == (99, {})
    assert sum(counts.histogram.values()) == 99
    assert list(counts.histogram) == sorted(counts.histogram)


def test_an_episode_becomes_thought_call_and_reply(tmp_path: Path) -> None:
    glmkit.convert(api_file(tmp_path, episode()), tmp_path / "out.jsonl", "toolalpaca")
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8")) == {
        "tools": ["weather: tells it"],
        "conversations": [
            {"role": "user", "content": "Rain in 北京?"},
            {"role": "assistant", "content": "I look it up."},
            {"role": "tool", "name": "weather", "parameters": {"city": "北京"}, "observation": "Status Code: 200."},
            {"role": "assistant", "content": "I know.\nNo rain."},
        ],
    }


def test_incomplete_episodes_are_skipped_with_a_reason_and_listed(tmp_path: Path) -> None:
    bad_step = [[["weather", "{city}", "x"], "y"]]
    source = api_file(
        tmp_path,
        episode(),
        episode(output=None),
        episode(intermediate_steps=bad_step),
        episode(intermediate_steps=[["weather"]]),
        {"error": "timeout"},
        episode(input=7),
        episode(intermediate_steps=[[["weather", '{"a": NaN}', "x"], "y"]]),
        episode(intermediate_steps=[[["weather", '"text"', "x"], "y"]]),
        "nothing",
    )
    counts = glmkit.convert(source, tmp_path / "out.jsonl")
    assert counts.kept == 1
    assert counts.histogram == {4: 1}
    assert counts.skipped == {
        "'output' is missing": 1,
        "a tool input is not JSON": 2,
        "a field has the wrong form": 4,
        "'input' is missing": 1,
    }
    assert counts.skipped_places[0] == Skipped(f"{source}:2 Weather Instances[1]", "'output' is missing")


def test_reading_toolalpaca_says_what_it_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = api_file(tmp_path, episode(output=None), episode())
    (conversation,) = read(source)
    assert conversation.source == f"{source}:2 Weather Instances[1]"
    assert capsys.readouterr().err == (
        f"{source}: left out 1 incomplete episodes; the first is {source}:2 Weather Instances[0]: 'output' is missing\n"
    )


def test_a_source_with_nothing_left_is_an_error(tmp_path: Path) -> None:
    source = api_file(tmp_path, episode(output=None))
    for convert_or_read in (lambda: glmkit.convert(source, tmp_path / "out.jsonl"), lambda: read(source)):
        with pytest.raises(DataError, match="no conversation is left: 1 were left out"):
            convert_or_read()
    assert not (tmp_path / "out.jsonl").exists()


def test_an_api_without_instances_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "apis.json"
    path.write_text('[{"Name": "a", "Instances": 3}, {"Name": "b"}]')
    with pytest.raises(DataError) as caught:
        glmkit.convert(path, tmp_path / "out.jsonl")
    assert str(caught.value).split("\n") == [
        f"{path}:1: Instances is 3; it must be a list",
        f"{path}:1: Instances is missing",
    ]


def test_the_original_format_passes_through_and_openai_is_translated(tmp_path: Path) -> None:
    source, target, again = tmp_path / "a.json", tmp_path / "b.jsonl", tmp_path / "c.jsonl"
    source.write_text(json.dumps([{"messages": HELLO["conversations"]}]))
    glmkit.convert(source, target)
    assert target.read_text(encoding="utf-8") == json.dumps(HELLO, ensure_ascii=False) + "\n"
    assert glmkit.convert(target, again).histogram == {2: 1}
    assert again.read_bytes() == target.read_bytes()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.jsonl"
    path.write_text(json.dumps(HELLO), encoding="utf-8")
    return path


def refused(convert: Callable[[], object], error: type[GlmkitError], text: str) -> None:
    with pytest.raises(error) as caught:
        convert()
    assert str(caught.value) == text


def test_the_source_is_never_overwritten(source: Path, tmp_path: Path) -> None:
    content = source.read_bytes()
    link = tmp_path / "link.jsonl"
    link.symlink_to(source)
    for target in (source, link, tmp_path / "." / "source.jsonl"):
        text = f"{target}: is {source} itself, which is in use; name another file to write"
        refused(lambda target=target: glmkit.convert(source, target), ConfigError, text)  # type: ignore[misc]
    assert source.read_bytes() == content


def test_a_target_without_a_folder_is_a_storage_error_with_its_path(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "absent" / "out.jsonl"
    text = f"{target}: cannot be written: there is no folder {target.parent}"
    refused(lambda: glmkit.convert(source, target), StorageError, text)
    refused(lambda: glmkit.convert(source, tmp_path), StorageError, f"{tmp_path}: is a folder; name the file to write")
    text = "/proc/glmkit.jsonl: could not be written: No such file or directory"
    refused(lambda: write_lines(Path("/proc/glmkit.jsonl"), []), StorageError, text)
    assert StorageError.exit_code == 4


def test_a_read_only_folder_is_a_storage_error(as_nobody: AbstractContextManager[None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        target = Path(folder, "out.jsonl")
        text = f"{target}: cannot be written: the folder {folder} is read-only for this user"
        with as_nobody:
            refused(lambda: glmkit.convert("source.jsonl", target), StorageError, text)


def test_a_write_that_fails_leaves_the_old_target_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old\n")

    def lines() -> Iterator[str]:
        yield "new"
        raise OSError(28, os.strerror(28))

    refused(lambda: write_lines(target, lines()), StorageError, f"{target}: could not be written: {os.strerror(28)}")
    assert target.read_text() == "old\n"
    assert os.listdir(tmp_path) == ["out.jsonl"]


def test_faults_of_the_source_leave_no_target(source: Path, tmp_path: Path) -> None:
    with source.open("a") as file:
        file.write("\n{}\n")
    target = tmp_path / "out.jsonl"
    refused(lambda: glmkit.convert(source, target), DataError, f"{source}:2: conversations is missing")
    assert not target.exists()
