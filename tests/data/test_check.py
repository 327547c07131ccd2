"""The report on a data file: its numbers, its text, its exit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import CheckConfig, Truncation
from glmkit.data.check import check, render_report
from glmkit.data.commands import run_check
from glmkit.errors import DataError

USER = {"role": "user", "content": "What is the weather in Rome?"}
REPLY = {"role": "assistant", "content": "Sunny."}
CALL = {"role": "tool", "name": "weather", "parameters": {"city": "Rome"}, "observation": {"sky": "clear"}}
SHORT = {"conversations": [USER, REPLY]}
WITH_CALL = {"conversations": [USER, CALL, REPLY]}


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_roles_turns_tools_and_duplicates_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, SHORT, WITH_CALL, {**SHORT, "id": 3}, SHORT)
    report = check(path)
    assert (report.num_conversations, report.format, report.unit) == (4, "conversations", "characters")
    assert report.roles == {"user": 4, "assistant": 5, "observation": 1}
    assert report.turns == {2: 3, 3: 1}
    assert report.tools == {"weather": 1}
    assert report.duplicates == [(f"{path}:3", f"{path}:1"), (f"{path}:4", f"{path}:1")]
    assert report.lengths[0] == len(USER["content"]) + len(REPLY["content"])


def test_tokens_labels_and_what_the_limit_cuts_are_counted(tmp_path: Path, small_tokenizer: Tokenizer) -> None:
    path = write(tmp_path, SHORT, {"conversations": [{**USER, "content": "Rome " * 30}, REPLY]})
    whole = check(path, tokenizer=small_tokenizer, max_seq_len=4096)
    assert (whole.num_cut, whole.lost_tokens, whole.lost_labels, whole.lost_samples) == (0, 0, 0, [])
    limit = whole.lengths[0] - 1
    report = check(path, tokenizer=small_tokenizer, max_seq_len=limit)
    assert report.lengths == whole.lengths
    assert (report.num_cut, report.lost_tokens) == (2, sum(whole.lengths) - 2 * limit)
    assert report.num_labels == whole.num_labels
    assert report.lost_labels == 1 + whole.num_labels // 2
    assert report.lost_samples == [f"{path}:2"]
    assert report.labelled_share == pytest.approx(whole.num_labels / sum(whole.lengths))


@pytest.mark.parametrize("truncate", ["history", "right"])
def test_the_report_is_on_the_rule_that_training_would_follow(
    tmp_path: Path,
    tokenizer_file: Path,
    small_tokenizer: Tokenizer,
    capsys: pytest.CaptureFixture[str],
    truncate: Truncation,
) -> None:
    short = check(write(tmp_path, SHORT), tokenizer=small_tokenizer)
    path = write(tmp_path, {"conversations": [USER, REPLY, USER, CALL, REPLY]})
    whole = check(path, tokenizer=small_tokenizer)
    limit = whole.lengths[0] - 1
    report = check(path, None, small_tokenizer, limit, truncate)
    assert (report.lengths, report.num_labels, report.num_cut) == (whole.lengths, whole.num_labels, 1)
    frame = len(["[gMASK]", "sop", "</s>"])
    tokens, labels = {"history": (short.lengths[0] - frame, short.num_labels), "right": (1, 1)}[truncate]
    assert (report.lost_tokens, report.lost_labels) == (tokens, labels)
    settings: dict[str, Any] = {"file": str(path), "tokenizer": str(tokenizer_file), "max_seq_len": limit}
    assert run_check(CheckConfig(**settings, truncate=truncate)) == 0
    lost = f"loses {tokens} tokens, {labels} of them trained on"
    lines = capsys.readouterr().out.splitlines()
    assert f"max_seq_len {limit}, truncate {truncate}: cuts 1 samples, {lost}" in lines


def test_percentiles_are_lengths_that_occur(tmp_path: Path) -> None:
    report = check(write(tmp_path, SHORT))
    report.lengths = list(range(10, 0, -1))
    assert report.percentiles(0, 50, 90, 99, 100) == [1, 5, 9, 10, 10]


def test_the_report_reads_as_lines(tmp_path: Path, tokenizer_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, SHORT, WITH_CALL, SHORT)
    assert run_check(CheckConfig(file=str(path), tokenizer=str(tokenizer_file), max_seq_len=40)) == 0
    streams = capsys.readouterr()
    report = check(path, tokenizer=Tokenizer.from_file(tokenizer_file), max_seq_len=40)
    short, long, _ = report.lengths
    assert streams.err == ""
    assert streams.out.splitlines() == [
        f"{path}: 3 conversations, format conversations",
        "messages: user 3, assistant 4, observation 1",
        "messages in a conversation: 2: 2, 3: 1",
        "tool calls: weather 1",
        f"length in tokens: min {short}, 50% {short}, 90% {long}, 99% {long}, max {long}; {sum(report.lengths)} in all",
        f"trained on: {report.num_labels} tokens, {report.labelled_share:.1%} of all",
        f"max_seq_len 40, truncate history: cuts {report.num_cut} samples, loses {report.lost_tokens} tokens, "
        f"{report.lost_labels} of them trained on",
        f"exact duplicates: 1 (first: {path}:3 repeats {path}:1)",
        "remarks: 0",
        "faults: 0",
    ]


def test_without_a_tokenizer_characters_are_counted_and_said_so(tmp_path: Path) -> None:
    lines = render_report(check(write(tmp_path, SHORT))).splitlines()
    length = len(USER["content"]) + len(REPLY["content"])
    marks = ", ".join(f"{mark} {length}" for mark in ("min", "50%", "90%", "99%", "max"))
    assert f"length in characters: {marks}; {length} in all (tokens are counted with --tokenizer)" in lines
    assert "exact duplicates: 0" in lines


def test_samples_that_lose_every_label_are_named(tmp_path: Path, tokenizer_file: Path) -> None:
    path = write(tmp_path, SHORT, {"conversations": [{**USER, "content": "Rome " * 90}, REPLY]})
    report = check(path, tokenizer=Tokenizer.from_file(tokenizer_file), max_seq_len=100)
    assert f"samples that lose everything they train on: 1 (first: {path}:2)" in render_report(report).splitlines()
    with pytest.raises(DataError, match="none of the 2 conversations has anything to train on within 5 tokens"):
        run_check(CheckConfig(file=str(path), tokenizer=str(tokenizer_file), max_seq_len=5))


def test_faults_end_the_check_with_exit_code_3_after_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, SHORT, {"conversations": []}, 5)
    with pytest.raises(DataError) as caught:
        run_check(CheckConfig(file=str(path)))
    assert caught.value.exit_code == 3
    assert capsys.readouterr().out.splitlines()[-1] == "faults: 2"
    assert str(caught.value).split("\n") == [
        f"{path}:2: conversations is empty; a row needs at least one message",
        f"{path}:3: the row is 5; it must be a JSON object",
    ]


def test_a_file_with_nothing_but_incomplete_episodes_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, {"Name": "a", "Instances": [{}]})
    with pytest.raises(DataError, match="no conversation is left: 1 were left out"):
        run_check(CheckConfig(file=str(path)))
    assert "incomplete episodes left out: 1" in capsys.readouterr().out
