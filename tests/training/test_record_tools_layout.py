"""The layout of tools is recorded where a model is saved and read back by what serves it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glmkit.chat.conversation import TOOL_SENTENCE
from glmkit.chat.protocol import encode_chat, encode_conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import TrainConfig
from glmkit.errors import ConfigError, DataError, ModelError
from glmkit.loading import tools_layout_of
from glmkit.model.files import DESCRIPTION_FILE
from glmkit.training.loop import train

Configs = Callable[..., TrainConfig]

FUNCTION = {
    "name": "add",
    "description": "adds",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer", "description": ""}}, "required": ["a"]},
}
ORIGINAL = {
    "add": {
        "name": "add",
        "description": "adds",
        "params": [{"name": "a", "description": "", "type": "int", "required": True}],
    }
}
TALK = [{"role": "user", "content": "2 + 3?"}, {"role": "assistant", "content": "5"}]


@pytest.fixture
def data(tmp_path: Path) -> Callable[..., str]:
    def write(*tools: Any) -> str:
        file = tmp_path / "tools.jsonl"
        rows = [{**({"tools": given} if given is not None else {}), "conversations": TALK} for given in tools]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(file)

    return write


@pytest.mark.parametrize("method", ["ptuning", "full"])
def test_a_run_records_its_layout_and_chat_writes_the_same_ids(
    method: str, small_config: Configs, data: Callable[..., str], small_tokenizer: Tokenizer
) -> None:
    config = small_config(method=method, data=data([FUNCTION], ORIGINAL), tools_layout="original", steps=2)
    run = train(config).folder
    assert tools_layout_of(run) == tools_layout_of(run / "step-000002") == "original"
    row = {"tools": [FUNCTION], "conversations": TALK}
    trained = encode_conversation(row, small_tokenizer, tools_layout="original").input_ids
    tools = [{"type": "function", "function": FUNCTION}]  # as a request brings them
    system = {"role": "system", "content": TOOL_SENTENCE, "tools": tools}
    prompt = encode_chat([system, TALK[0]], small_tokenizer, tools_layout=tools_layout_of(run))
    assert trained[: len(prompt)] == prompt


@pytest.mark.parametrize(
    ("setting", "tools", "recorded"),
    [
        ("as_is", [[FUNCTION], [FUNCTION], None], "schema"),
        ("as_is", [ORIGINAL], "original"),
        ("as_is", [["add: adds"]], "natural"),
        ("as_is", [[FUNCTION], ORIGINAL], "as_is"),
        ("as_is", [[{"type": "function", "function": FUNCTION}]], "as_is"),
        ("as_is", [None], "as_is"),
        ("schema", [[FUNCTION], ORIGINAL], "schema"),
        ("schema", [["add: adds"]], "natural"),  # text is kept, and that is what the model has seen
        ("schema", [["add: adds"], ORIGINAL], "schema"),
        ("natural", [None], "natural"),
    ],
)
def test_what_is_recorded_is_what_the_model_saw(
    setting: Any, tools: list[Any], recorded: str, small_config: Configs, data: Callable[..., str]
) -> None:
    run = train(small_config(data=data(*tools), tools_layout=setting, steps=1, samples_per_step=1)).folder
    assert tools_layout_of(run) == recorded
    assert json.loads((run / "step-000001" / DESCRIPTION_FILE).read_text())["tools_layout"] == recorded


def test_a_run_that_keeps_text_says_so(
    small_config: Configs, data: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    train(small_config(data=data(["add: adds"], [FUNCTION]), tools_layout="schema", steps=1))
    sentence = "1 of 2 conversations keep their tools as natural text; it cannot be turned into layout schema"
    assert sentence in capsys.readouterr().err


def test_faults_of_definitions_are_all_named_before_a_step(small_config: Configs, data: Callable[..., str]) -> None:
    file = data([{"description": "x"}], [FUNCTION])
    with pytest.raises(DataError) as caught:
        train(small_config(data=file, tools_layout="natural"))
    assert str(caught.value).split("\n") == [
        f"{file}:1: tools[0].name is missing",
    ]


def test_another_layout_is_another_run(small_config: Configs, data: Callable[..., str]) -> None:
    file = data([FUNCTION])
    train(small_config(data=file, steps=1))
    with pytest.raises(ConfigError, match="tools_layout"):
        train(small_config(data=file, steps=1, tools_layout="natural"))


def test_models_without_a_record_leave_tools_as_they_are(
    small_model: Path, small_config: Configs, golden: Path, data: Callable[..., str]
) -> None:
    assert tools_layout_of(small_model) == "as_is"
    original = golden / "tiny-chatglm3"
    assert tools_layout_of(original, original / "pytorch_model.bin") == "as_is"
    step = train(small_config(data=data([FUNCTION]), steps=1)).folder / "step-000001"
    file = step / DESCRIPTION_FILE
    description = json.loads(file.read_text())
    for old in ({"tools_layout": "as-given"}, {}):
        file.write_text(json.dumps({k: v for k, v in description.items() if k != "tools_layout"} | old))
        assert tools_layout_of(small_model, step) == "as_is"
    file.write_text(json.dumps(description | {"tools_layout": "xml"}))
    with pytest.raises(ModelError) as caught:
        tools_layout_of(step)
    assert str(caught.value) == f"{file}: tools_layout is 'xml'; this release knows as_is, schema, original, natural"


def test_a_damaged_record_beside_weights_is_named(small_config: Configs, data: Callable[..., str]) -> None:
    step = train(small_config(method="full", data=data([FUNCTION]), steps=1)).folder / "step-000001"
    file = step / "glmkit.json"
    assert json.loads(file.read_text()) == {"tools_layout": "schema"}
    for text, reason in (("[]", "not a JSON object"), ("{", "")):
        file.write_text(text)
        with pytest.raises(ModelError) as caught:
            tools_layout_of(step)
        assert str(caught.value).startswith(f"{file}: cannot be read: {reason}")
    file.unlink()
    assert tools_layout_of(step) == "as_is"
