"""ModelConfig: reading the original's config.json, refusing what we cannot run by its own name, writing it back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glmkit.errors import ModelError, message
from glmkit.model import ModelConfig, chatglm3_6b


@pytest.fixture
def values(golden: Path) -> dict[str, Any]:
    return json.loads((golden / "tiny-chatglm3-32k-projection" / "config.json").read_text())


def write(folder: Path, content: str) -> Path:
    (folder / "config.json").write_text(content, encoding="utf-8")
    return folder


def test_every_size_is_read_from_the_originals_keys(values: dict[str, Any]) -> None:
    assert ModelConfig.from_original(values) == ModelConfig(
        num_layers=2,
        hidden_size=96,
        num_heads=6,
        num_kv_heads=2,
        head_dim=16,
        intermediate_size=128,
        vocab_size=256,
        max_seq_len=256,
        rms_norm_eps=1e-5,
        rope_ratio=50,
        qkv_bias=True,
        torch_dtype="float32",
    )


@pytest.mark.parametrize("config", [chatglm3_6b(), ModelConfig(
    num_layers=40, hidden_size=4096, num_heads=32, num_kv_heads=4, head_dim=128, intermediate_size=13696,
    vocab_size=151552, max_seq_len=131072, rms_norm_eps=1.5625e-07, rope_ratio=500, qkv_bias=True, prefix_len=128,
    prefix_projection=True, torch_dtype="bfloat16", eos_token_id=(151329, 151336), pad_token_id=151329,
)])  # fmt: skip
def test_what_is_written_is_read_back(config: ModelConfig, tmp_path: Path) -> None:
    assert ModelConfig.from_folder(write(tmp_path, json.dumps(config.to_original()))) == config


def test_without_multi_query_attention_every_head_has_its_own_keys(values: dict[str, Any]) -> None:
    assert ModelConfig.from_original({**values, "multi_query_attention": False}).num_kv_heads == 6


def test_the_newer_spelling_of_torch_dtype_is_read(values: dict[str, Any]) -> None:
    assert ModelConfig.from_original({**values, "dtype": "bfloat16"}).torch_dtype == "bfloat16"


def test_code_that_the_config_names_is_ignored(values: dict[str, Any]) -> None:
    named = {**values, "auto_map": {"AutoModel": "evil.Evil"}}
    assert ModelConfig.from_original(named) == ModelConfig.from_original(values)


@pytest.mark.parametrize(
    ("key", "value", "supported"),
    [
        ("add_bias_linear", True, False),
        ("rmsnorm", False, True),
        ("post_layer_norm", False, True),
        ("quantization_bit", 4, 0),
        ("tie_word_embeddings", True, False),
        ("hidden_dropout", 0.1, 0.0),
        ("apply_residual_connection_post_layernorm", True, False),
        ("fp32_residual_connection", True, False),
        ("original_rope", False, True),
        ("model_type", "llama", "chatglm"),
    ],
)
def test_an_unsupported_switch_is_refused_by_name(
    values: dict[str, Any], key: str, value: object, supported: object
) -> None:
    with pytest.raises(ModelError) as caught:
        ModelConfig.from_original({**values, key: value}, source="m/config.json")
    assert str(caught.value) == f"m/config.json: {key} is {value!r}; only {supported!r} is supported"


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("hidden_size", "4096", "hidden_size is '4096'; it must be a whole number of at least 1"),
        ("num_layers", 0, "num_layers is 0; it must be a whole number of at least 1"),
        ("seq_length", True, "seq_length is True; it must be a whole number of at least 1"),
        ("multi_query_group_num", 4, "multi_query_group_num is 4; it must be a divisor of num_attention_heads (6)"),
        ("kv_channels", 18, "kv_channels is 18; it must be a multiple of 4 (rotary turns pairs in one half of it)"),
        ("layernorm_epsilon", -1.0, "layernorm_epsilon is -1.0; it must be a number above 0"),
        ("rope_ratio", float("inf"), "rope_ratio is inf; it must be a number above 0"),
        ("pre_seq_len", -3, "pre_seq_len is -3; it must be null or a whole number of at least 1"),
        ("add_qkv_bias", "yes", "add_qkv_bias is 'yes'; it must be true or false"),
        ("torch_dtype", "int8", "torch_dtype is 'int8'; it must be float32 or float16 or bfloat16"),
    ],
)
def test_an_impossible_value_is_one_clear_error(values: dict[str, Any], key: str, value: object, sentence: str) -> None:
    with pytest.raises(ModelError) as caught:
        ModelConfig.from_original({**values, key: value}, source="m/config.json")
    assert str(caught.value) == f"m/config.json: {sentence}"


def test_all_faults_come_at_once(values: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        ModelConfig.from_original({**values, "hidden_size": "a", "num_layers": None, "rmsnorm": False})
    assert str(caught.value).splitlines() == ["rmsnorm is False; only True is supported", "num_layers is missing"]
    with pytest.raises(ModelError) as caught:
        ModelConfig.from_original({**values, "hidden_size": "a", "num_layers": -1})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("content", "reason"), [("{", "Expecting property name"), ("[]", "not a JSON object"), ("\ud800", "")]
)
def test_a_damaged_config_is_named(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "config.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelError) as caught:
        ModelConfig.from_folder(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/config.json: cannot be read as a model configuration: {reason}")


def test_a_folder_without_config_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        ModelConfig.from_folder(tmp_path)
    assert str(caught.value) == f"{tmp_path}: no model here: config.json is missing"
    assert message("model-config-missing", file="config.json") in str(caught.value)
