"""What training reads through the cache: the samples, the files held out, and what the user is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glmkit.config import DataFile, TrainConfig
from glmkit.data import prepare as prepare_module
from glmkit.data.encode import encode_samples
from glmkit.data.read import read
from glmkit.data.split import split
from glmkit.data.token_store import TokenStore
from glmkit.errors import DataError, ModelError
from glmkit.loading import load_tokenizer
from glmkit.training.data import load_data
from glmkit.training.loop import train
from glmkit.training.resume import samples_sha256
from tests.training.conftest import CONVERSATIONS

Make = Callable[..., TrainConfig]


@pytest.fixture
def cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any size are cached."""
    monkeypatch.setattr(prepare_module, "MIN_CACHED_BYTES", 0)


def unreadable(*arguments: Any) -> Any:
    raise AssertionError("the file was read again")


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def with_tools(count: int) -> list[dict[str, Any]]:
    """Return conversations of which every three have a tool in common."""
    talks = [CONVERSATIONS[number % len(CONVERSATIONS)]["conversations"] for number in range(count)]
    return [{"tools": [f"API {number // 3}: prose"], "conversations": talk} for number, talk in enumerate(talks)]


def test_samples_are_those_of_the_conversations_and_hash_as_they_did(small_config: Make, small_data: Path) -> None:
    samples = load_data(small_config(), None).samples
    assert isinstance(samples, TokenStore)
    listed = encode_samples(read(small_data), load_tokenizer(small_config().model))
    assert list(samples) == listed
    assert samples_sha256(samples) == samples_sha256(listed)


def test_a_run_that_goes_on_finds_its_samples_in_the_cache(
    small_config: Make, cached: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(small_config(name="whole"))
    train(small_config(steps=4, name="other"))
    with monkeypatch.context() as patch:
        patch.setattr(prepare_module, "read_blocks", unreadable)
        assert train(small_config(name="third")).losses == whole.losses


def test_a_run_without_a_cache_goes_on_with_one_warning(
    small_config: Make, tmp_path: Path, cached: None, token_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token_cache.write_text("mine")
    data = [str(small_config().data), write(tmp_path / "more.jsonl", with_tools(3))]
    assert len(train(small_config(data=data, steps=2)).losses) == 2
    assert capsys.readouterr().err.count("cannot be used") == 1


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_the_files_are_split_as_their_conversations_are(
    small_config: Make, tmp_path: Path, cached: None, share: float
) -> None:
    rows = with_tools(20)
    rows[4] = {
        "conversations": [
            {**rows[4]["conversations"][0], "content": "What? " * 90},
            {**CONVERSATIONS[0]["conversations"][1]},
        ]
    }
    paths = [write(tmp_path / "a.jsonl", rows[:7]), write(tmp_path / "b.jsonl", rows[7:])]
    config = small_config(data=[DataFile(path=path) for path in paths], validation=share, max_seq_len=150)
    conversations = [talk for path in paths for talk in read(path)]
    kept, held_out = split(conversations, share, config.seed)
    tokenizer = load_tokenizer(config.model)
    for _ in range(2):  # then from the cache
        data = load_data(config, None)
        assert data.held_out is not None
        assert list(data.held_out.conversations) == [conversations[index] for index in held_out]
        for found, wanted in ((data.samples, kept), (data.held_out.samples, held_out)):
            chosen = [conversations[index] for index in wanted]
            assert list(found) == encode_samples(chosen, tokenizer, 150, config.truncate)
        assert sum(file.num_samples for file in data.files) == len(data.samples) == data.mixture.num_samples


def test_a_row_of_several_conversations_is_split_among_them(small_config: Make, tmp_path: Path) -> None:
    steps = [[["add", '{"a": 2}', "I add."], "5"]]
    instances = [
        {"input": f"What is {n}?", "output": "It is 5", "Final Thought": "I know.", "intermediate_steps": steps}
        for n in range(4)
    ]
    episodes = [
        {"Name": name, "NLDocumentation": f"{name}: adds", "Instances": instances} for name in ("one", "two", "three")
    ]
    path = write(tmp_path / "episodes.jsonl", episodes)
    config = small_config(data=path, validation=0.4)
    data = load_data(config, None)
    assert data.held_out is not None
    talks = read(path)
    assert len(talks) == 12
    assert list(data.held_out.conversations) == [talks[index] for index in split(talks, 0.4, config.seed)[1]]
    assert len(data.samples) == 8


def test_a_file_to_evaluate_on_that_changes_meanwhile_is_told(small_config: Make, tmp_path: Path) -> None:
    path = Path(write(tmp_path / "eval.jsonl", with_tools(3)))
    held_out = load_data(small_config(eval_data=str(path)), None).held_out
    assert held_out is not None
    assert len(held_out.conversations) == len(held_out.samples) == 3
    write(path, with_tools(2))
    with pytest.raises(DataError, match=r"eval\.jsonl: the file has changed since it was read"):
        held_out.conversations[0]


def test_the_data_is_checked_before_a_tokenizer_is_looked_for(small_config: Make, tmp_path: Path) -> None:
    config = small_config(model="no/such/model")
    with pytest.raises(ModelError):
        load_data(config, None)
    path = write(tmp_path / "bad.jsonl", [{"conversations": []}, CONVERSATIONS[0]])
    with pytest.raises(DataError, match=r"bad\.jsonl:1: conversations is empty"):
        load_data(small_config(model="no/such/model", data=path), None)


def test_rows_whose_tools_cannot_be_written_go_aside_with_the_others(
    small_config: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = CONVERSATIONS[0]["conversations"]
    rows = [
        {"tools": [{"name": "add", "description": 3}], "conversations": talk},
        {"tools": [{"name": "add"}], "conversations": talk},
        {"conversations": []},
    ]
    path, aside = write(tmp_path / "rows.jsonl", rows), tmp_path / "aside.jsonl"
    config = small_config(data=path, tools_layout="schema")
    with pytest.raises(DataError) as caught:
        load_data(config, None)
    reasons = [
        f"{path}:1: tools[0].description must be string, not number",
        f"{path}:3: conversations is empty; a row needs at least one message",
    ]
    assert str(caught.value).splitlines() == reasons
    data = load_data(small_config(data=path, tools_layout="schema", skip_bad=str(aside)), None)
    assert [sample.source for sample in data.samples] == [f"{path}:2"]
    records = [json.loads(line) for line in aside.read_text().splitlines()]
    assert [record["reasons"] for record in records] == [[reason] for reason in reasons]
    assert [record["row"] for record in records] == [rows[0], rows[2]]
    assert "2 rows with faults were left out" in capsys.readouterr().err
    assert (
        len(load_data(small_config(data=path, skip_bad=str(aside)), None).samples) == 2
    )  # as they are, they are right
