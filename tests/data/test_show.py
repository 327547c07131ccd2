"""Token by token: plain columns off a terminal, colour on one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from glmkit.chat.protocol import encode_conversation
from glmkit.chat.sample import IGNORE_INDEX
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import ConvertConfig, ShowConfig, Truncation
from glmkit.data.commands import run_convert, run_show
from glmkit.data.show import TokenLine, print_sample
from glmkit.errors import ConfigError

ROW = {"conversations": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "Hello"}]}


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + json.dumps(ROW) + "\n")
    return path


def test_each_token_has_its_line_with_piece_id_and_label(
    rows: Path, tokenizer_file: Path, small_tokenizer: Tokenizer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_show(ShowConfig(file=str(rows), index=1, tokenizer=str(tokenizer_file))) == 0
    streams = capsys.readouterr()
    sample = encode_conversation(ROW, small_tokenizer)
    lines = streams.out.splitlines()
    assert len(lines) == len(sample.input_ids)
    user, eos = small_tokenizer.special_ids["<|user|>"], small_tokenizer.eos_id
    assert lines[2] == f"          '<|user|>': {user:6d} ->   -100"
    assert lines[-1] == f"              '</s>': {eos:6d} -> {eos:6d}"
    assert "\x1b" not in streams.out
    num_labels = len(lines) - sample.labels.count(IGNORE_INDEX)
    title = f"sample 1 of 2, {rows}:2: {len(lines)} tokens, {num_labels} with a label, 0 cut\n"
    assert streams.err == title


@pytest.mark.parametrize("truncate", ["history", "right"])
def test_a_long_sample_is_shown_as_training_would_cut_it(
    tmp_path: Path,
    tokenizer_file: Path,
    small_tokenizer: Tokenizer,
    capsys: pytest.CaptureFixture[str],
    truncate: Truncation,
) -> None:
    row = {"conversations": ROW["conversations"] * 2}
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps(row))
    limit = len(encode_conversation(row, small_tokenizer).input_ids) - 1
    settings: dict[str, Any] = {"file": str(path), "tokenizer": str(tokenizer_file), "max_seq_len": limit}
    assert run_show(ShowConfig(**settings, truncate=truncate)) == 0
    sample = encode_conversation(row, small_tokenizer, limit, truncate)
    assert len(capsys.readouterr().out.splitlines()) == len(sample.input_ids)


def test_wide_characters_keep_the_columns() -> None:
    assert TokenLine("你好", 5, 5).text == "              '你好':      5 ->      5"
    assert TokenLine("a very very very long piece", 5, -100).text.startswith("'a very")


def test_labelled_tokens_are_coloured_on_a_terminal(
    small_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    sample = encode_conversation(ROW, small_tokenizer)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    print_sample(sample, small_tokenizer, terminal)
    lines = terminal.getvalue().splitlines()
    assert ["\x1b[1;32m" in line for line in lines] == [label != IGNORE_INDEX for label in sample.labels]


def test_an_index_outside_the_file_is_refused(rows: Path, tokenizer_file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        run_show(ShowConfig(file=str(rows), index=2, tokenizer=str(tokenizer_file)))
    assert str(caught.value) == "index: is 2; the file has 2 conversations, counted from 0"


def test_convert_prints_what_it_kept_and_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = {"input": "a", "intermediate_steps": [], "Final Thought": "b", "output": "c"}
    source, target = tmp_path / "apis.json", tmp_path / "out.jsonl"
    row = {"Name": "Api", "NLDocumentation": "x", "Instances": [good, *[{}] * 22]}
    source.write_text(json.dumps([row]))
    assert run_convert(ConvertConfig(source=str(source), target=str(target))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        f"{target}: kept 1 conversations, skipped 22",
        "  skipped 22: 'input' is missing",
        f"    {source}:1 Api Instances[1]: 'input' is missing",
    ]
    assert lines[22:] == ["    and 2 more", "messages in a conversation: 2: 1"]


def test_a_shortened_sample_shows_both_ends_of_every_long_run(small_tokenizer: Tokenizer) -> None:
    row = {"conversations": [{"role": "user", "content": "a b " * 30}, {"role": "assistant", "content": "c d " * 30}]}
    sample = encode_conversation(row, small_tokenizer)
    whole, short = io.StringIO(), io.StringIO()
    print_sample(sample, small_tokenizer, whole)
    print_sample(sample, small_tokenizer, short, is_shortened=True)
    every, shown = whole.getvalue().splitlines(), short.getvalue().splitlines()
    num_labels = len(sample.labels) - sample.labels.count(IGNORE_INDEX)
    num_others = len(sample.labels) - num_labels
    assert shown[:6] == every[:6]
    assert shown[6] == f"                 ...  {num_others - 12} more tokens, not trained on"
    assert shown[7:19] == every[num_others - 6 : num_others + 6]
    assert shown[19] == f"                 ...  {num_labels - 12} more tokens, trained on"
    assert shown[20:] == every[-6:]
