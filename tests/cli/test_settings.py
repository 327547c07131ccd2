"""Settings: defaults, YAML and flags joined; every fault named at once."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from glmkit.chat_config import ChatConfig
from glmkit.config import CheckConfig, ConvertConfig, DataFile, EvalConfig, Replay, ShowConfig, TrainConfig
from glmkit.errors import ConfigError
from glmkit.settings import resolve, settings_of, to_yaml

CONFIGS = [TrainConfig, EvalConfig, ChatConfig, ConvertConfig, CheckConfig, ShowConfig]


def yaml_file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "train.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_flags_beat_yaml_and_yaml_beats_defaults(tmp_path: Path) -> None:
    path = yaml_file(tmp_path, "model: base\nsteps: 5\nseed: 7\n")
    resolved = resolve(TrainConfig, {"steps": "9"}, path)
    assert (resolved.config.steps, resolved.config.seed, resolved.config.epochs) == (9, 7, 3.0)
    assert resolved.sources["steps"] == "--steps"
    assert resolved.sources["seed"] == f"{path}:3"
    assert resolved.sources["epochs"] == "default"


def test_numbers_in_scientific_notation_are_numbers(tmp_path: Path) -> None:
    resolved = resolve(TrainConfig, {}, yaml_file(tmp_path, "model: m\nlearning_rate: 1e-4\nsteps: 1e3\n"))
    assert resolved.config.learning_rate == 1e-4
    assert resolved.config.steps == 1000


def test_every_fault_of_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    text = "model: m\nlerning_rate: 3\nsteps: soon\nshuffle: maybe\nepochs: 0\nsteps: 4\nschedule: square\n"
    path = yaml_file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        resolve(TrainConfig, {}, path)
    assert str(caught.value).splitlines() == [
        f"{path}:6: 'steps' stands here a second time",
        f"{path}:2: unknown key 'lerning_rate'; did you mean 'learning_rate'?",
        f"{path}:3: steps is 'soon'; it must be a whole number",
        f"{path}:4: shuffle is 'maybe'; it must be one of true, false",
        f"{path}:7: schedule is 'square'; it must be one of linear, cosine, constant",
        f"{path}:5: epochs: must be greater than 0, got 0.0",
    ]


def test_a_missing_model_does_not_hide_the_other_faults() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(TrainConfig, {"prefix_len": "0", "weight_decay": "nan"})
    assert str(caught.value).splitlines() == [
        "--weight-decay: weight_decay is 'nan'; it must be a number",
        "model is missing: give --model",
        "prefix_len: must be at least 1, got 0",
    ]


def test_a_key_far_from_all_others_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r":1: unknown key 'xyzzy'; the keys are source, target, source_format"):
        resolve(ConvertConfig, {"source": "a", "target": "b"}, yaml_file(tmp_path, "xyzzy: 1\n"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b\n", "train.yaml:1: a configuration file holds lines of the form 'key: value'"),
        ("model: [a\n", "train.yaml:2:1: this is not valid YAML: expected ',' or ']'"),
        ("model: [a]\n", "train.yaml:1: model is ['a']; it must be text"),
    ],
)
def test_a_broken_file_is_named_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(TrainConfig, {"data": "d"}, yaml_file(tmp_path, text))
    assert expected in str(caught.value)


def test_a_missing_configuration_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml: cannot read this configuration file: No such file or directory"):
        resolve(TrainConfig, {"model": "m"}, str(tmp_path / "none.yaml"))


def test_a_saved_config_runs_again_unchanged(tmp_path: Path) -> None:
    config = TrainConfig(model="模型", data="a b.jsonl", learning_rate=1e-4, shuffle=False, seed=3)
    assert resolve(TrainConfig, {}, yaml_file(tmp_path, to_yaml(config))).config == config


def test_a_saved_mixture_runs_again_unchanged(tmp_path: Path) -> None:
    data = ["a b.jsonl", {"path": "数据.jsonl", "weight": 0.5}, DataFile(path="c.jsonl", weight=1.0)]
    config = TrainConfig(model="m", data=data, replay={"path": "g.jsonl", "share": 0.1})
    assert config.data_files == (
        DataFile(path="a b.jsonl"),
        DataFile(path="数据.jsonl", weight=0.5),
        DataFile(path="c.jsonl"),
    )
    assert config.replayed == Replay(path="g.jsonl", share=0.1)
    text = to_yaml(config)
    assert "data:\n- a b.jsonl\n- path: 数据.jsonl\n  weight: 0.5\n- c.jsonl\nreplay:\n  path: g.jsonl\n" in text
    assert resolve(TrainConfig, {}, yaml_file(tmp_path, text)).config == config
    shown = to_yaml(config, dict.fromkeys(settings_of(TrainConfig), "here"))
    assert "data:  # here\n- a b.jsonl\n" in shown
    assert resolve(TrainConfig, {}, yaml_file(tmp_path, shown)).config == config
    assert TrainConfig(**json.loads(json.dumps(asdict(config)))) == config


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ("a.jsonl", "a.jsonl"),
        (["a.jsonl"], "a.jsonl"),
        ([{"path": "a.jsonl"}], "a.jsonl"),
        ([{"path": "a.jsonl", "weight": 2}], (DataFile(path="a.jsonl", weight=2.0),)),
        ([], ""),
        ((), ""),
    ],
)
def test_a_single_file_is_kept_as_its_path(data: object, kept: object) -> None:
    config = TrainConfig(model="m", data=data)  # type: ignore[arg-type]
    assert config.data == kept
    assert len(config.data_files) == (kept != "")


def test_files_and_replay_are_given_by_flags_as_in_yaml() -> None:
    flags = {"data": ("a.jsonl", "{path: b.jsonl, weight: 2}"), "replay": "{path: g.jsonl, share: 0.25}"}
    config = resolve(TrainConfig, {"model": "m", **flags}).config
    assert config == TrainConfig(
        model="m", data=["a.jsonl", {"path": "b.jsonl", "weight": 2}], replay={"path": "g.jsonl", "share": 0.25}
    )
    assert resolve(TrainConfig, {"model": "m", "replay": "none"}).config.replay is None


def test_every_fault_of_a_mixture_is_named(tmp_path: Path) -> None:
    text = """model: m
data:
- a.jsonl
- {path: b.jsonl, weights: 2}
- {path: c.jsonl, weight: heavy}
- {path: d.jsonl, weight: 0}
- {weight: 2, path: ""}
- {weight: 2}
- 7
- [e.jsonl]
replay: {path: g.jsonl, share: 1}
"""
    path = yaml_file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        resolve(TrainConfig, {}, path)
    assert str(caught.value).splitlines() == [
        f"{path}:2: data[1]: unknown key 'weights'; did you mean 'weight'?",
        f"{path}:2: data[2]: weight is 'heavy'; it must be a number",
        f"{path}:2: data[4].path: must not be empty",
        f"{path}:2: data[5]: path is missing",
        f"{path}:2: data[6]: data[6] is 7; it must be of the form {{path: text, weight: float}}",
        f"{path}:2: data[7]: data[7] is ['e.jsonl']; it must be of the form {{path: text, weight: float}}",
        f"{path}:2: data[3].weight: must be greater than 0, got 0.0",
        f"{path}:11: replay.share: must be between 0 (exclusive) and 1 (exclusive), got 1.0",
    ]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"data": ("{path: a",)}, "--data: data is ('{path: a',); it must be a file, or a list of files"),
        (
            {"replay": "g.jsonl"},
            "--replay: replay is 'g.jsonl'; it must be of the form {path: text, share: float, distill: float}",
        ),
        ({"replay": "{path: g.jsonl}"}, "replay: share is missing"),
    ],
)
def test_a_flag_that_holds_no_entry_is_refused(flags: dict[str, object], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(TrainConfig, {"model": "m", **flags})
    assert str(caught.value) == expected


def test_an_option_of_the_other_method_is_an_error() -> None:
    with pytest.raises(ConfigError) as caught:
        TrainConfig(model="m", method="full", prefix_len=5)
    assert str(caught.value) == "prefix_len: is set to 5 but has no effect here; it needs method: ptuning"
    with pytest.raises(ConfigError, match="from_scratch: is set to True but has no effect here; it needs method: full"):
        TrainConfig(model="m", from_scratch=True)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("temperature", 3.5, "temperature: must be between 0 and 2, got 3.5"),
        ("top_p", 0.0, "top_p: must be greater than 0, got 0.0"),
        ("max_tokens", 0, "max_tokens: must be at least 1, got 0"),
        ("repetition_penalty", 2.5, "repetition_penalty: must be between 0 and 2, got 2.5"),
    ],
)
def test_chat_settings_out_of_range_are_named(name: str, value: object, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ChatConfig(**{"model": "m", name: value})  # type: ignore[arg-type]
    assert str(caught.value) == expected


@pytest.mark.parametrize("config_class", CONFIGS)
def test_every_setting_has_help_in_both_languages(config_class: type) -> None:
    for item in fields(config_class):
        assert item.metadata["en"] and item.metadata["zh"], item.name
        assert any("\u4e00" <= letter <= "\u9fff" for letter in item.metadata["zh"]), item.name
    assert list(settings_of(config_class)) == [item.name for item in fields(config_class)]
