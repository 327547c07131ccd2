"""ModelConfig: the sizes and constants of one GLM, read from and written to the original's ``config.json``.

In: a model folder. Out: a frozen dataclass under our names; a value we cannot run is refused by its own name, all at
once. The network (``glm``), the weights and the adapters take every number from here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from glmkit.errors import ModelError, Problem

CONFIG_FILE = "config.json"

# What a configuration must say; everything else has a default.
SIZES = ("num_layers", "hidden_size", "num_heads", "num_kv_heads", "head_dim", "intermediate_size", "vocab_size")

# Our field -> the original's key. Everything else in config.json is either in FIXED_VALUES or does not change a result.
ORIGINAL_KEYS = {
    "num_layers": "num_layers",
    "hidden_size": "hidden_size",
    "num_heads": "num_attention_heads",
    "num_kv_heads": "multi_query_group_num",
    "head_dim": "kv_channels",
    "intermediate_size": "ffn_hidden_size",
    "vocab_size": "padded_vocab_size",
    "max_seq_len": "seq_length",
    "rms_norm_eps": "layernorm_epsilon",
    "rope_ratio": "rope_ratio",
    "qkv_bias": "add_qkv_bias",
    "prefix_len": "pre_seq_len",
    "prefix_projection": "prefix_projection",
    "torch_dtype": "torch_dtype",
    "eos_token_id": "eos_token_id",
    "pad_token_id": "pad_token_id",
}

# Switches of the original that no GLM flips: another value is another network. An absent key means this value.
FIXED_VALUES: dict[str, Any] = {
    "model_type": "chatglm",
    "add_bias_linear": False,
    "rmsnorm": True,
    "post_layer_norm": True,
    "apply_residual_connection_post_layernorm": False,
    "fp32_residual_connection": False,
    "original_rope": True,
    "tie_word_embeddings": False,
    "hidden_dropout": 0.0,
    "quantization_bit": 0,
}

DTYPES = ("float32", "float16", "bfloat16")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes and constants of one GLM. Raises ModelError, naming every impossible value, when it is made."""

    num_layers: int
    hidden_size: int
    num_heads: int
    num_kv_heads: int  # query heads share keys and values in num_kv_heads groups (GQA, 2305.13245)
    head_dim: int
    intermediate_size: int
    vocab_size: int  # rows of the embedding; the tokenizer may use fewer
    max_seq_len: int = 2048
    rms_norm_eps: float = 1e-5
    rope_ratio: float = 1  # the rotary base is 10000 * rope_ratio
    qkv_bias: bool = False
    prefix_len: int | None = None  # a P-Tuning v2 prefix lies inside the model's own weight files
    prefix_projection: bool = False
    torch_dtype: str = "float16"  # how the weights are stored
    eos_token_id: int | tuple[int, ...] = 2
    pad_token_id: int = 0
    source: str = field(default="", compare=False, repr=False)  # the file it came from, for messages

    def __post_init__(self) -> None:
        if problems := _problems(self):
            raise ModelError(problems)

    @property
    def rotary_dim(self) -> int:
        """Channels of each head that rotary turns: the first half."""
        return self.head_dim // 2

    @classmethod
    def from_folder(cls, path: str | Path) -> ModelConfig:
        """Read ``config.json`` of a model folder in the original's layout. Raises ModelError."""
        file = Path(path) / CONFIG_FILE
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ModelError("model-config-missing", where=str(path), file=CONFIG_FILE) from None
        except (OSError, ValueError) as error:
            raise ModelError("model-config-unreadable", where=str(file), reason=error) from error
        if not isinstance(values, dict):
            raise ModelError("model-config-unreadable", where=str(file), reason="not a JSON object")
        return cls.from_original(values, source=str(file))

    @classmethod
    def from_original(cls, values: Mapping[str, Any], source: str = "") -> ModelConfig:
        """Make a config from the original's keys. Raises ModelError for missing, unsupported and impossible values."""
        problems = [
            Problem("model-config-unsupported", source, {"key": key, "found": values[key], "expected": supported})
            for key, supported in FIXED_VALUES.items()
            if values.get(key, supported) not in (supported, None)
        ]
        known = {name: values[key] for name, key in ORIGINAL_KEYS.items() if values.get(key) is not None}
        if not values.get("multi_query_attention"):  # every head has its own keys and values
            known["num_kv_heads"] = known.get("num_heads")
        if "dtype" in values:  # the newer spelling of torch_dtype
            known["torch_dtype"] = values["dtype"]
        if isinstance(known.get("eos_token_id"), list):
            known["eos_token_id"] = tuple(known["eos_token_id"])
        problems += [
            Problem("model-config-key-missing", source, {"key": ORIGINAL_KEYS[name]})
            for name in SIZES
            if name not in known
        ]
        if problems:
            raise ModelError(problems)
        return cls(**known, source=source)

    def to_original(self) -> dict[str, Any]:
        """Return the content of a ``config.json`` that the original and ``from_folder`` read back."""
        ours = {f.name: getattr(self, f.name) for f in fields(self)}
        values = {key: ours[name] for name, key in ORIGINAL_KEYS.items()}
        values["eos_token_id"] = list(self.eos_token_id) if isinstance(self.eos_token_id, tuple) else self.eos_token_id
        return {"architectures": ["ChatGLMModel"], **FIXED_VALUES, "multi_query_attention": True, **values}


def chatglm3_6b() -> ModelConfig:
    """Return the configuration of ChatGLM3-6B."""
    return ModelConfig(
        num_layers=28,
        hidden_size=4096,
        num_heads=32,
        num_kv_heads=2,
        head_dim=128,
        intermediate_size=13696,
        vocab_size=65024,
        max_seq_len=8192,
        qkv_bias=True,
    )


def _problems(config: ModelConfig) -> list[Problem]:
    """Return what is impossible in ``config``, under the original's key names."""
    problems: list[Problem] = []

    def require(name: str, fits: bool, expected: str) -> None:
        if not fits:
            found = getattr(config, name)
            problems.append(
                Problem(
                    "model-config-value",
                    config.source,
                    {"key": ORIGINAL_KEYS[name], "found": repr(found), "expected": expected},
                )
            )

    for name in (*SIZES, "max_seq_len"):
        require(name, _is_count(getattr(config, name)), "a whole number of at least 1")
    require(
        "prefix_len", config.prefix_len is None or _is_count(config.prefix_len), "null or a whole number of at least 1"
    )
    for name in ("rms_norm_eps", "rope_ratio"):
        require(name, _is_positive_number(getattr(config, name)), "a number above 0")
    for name in ("qkv_bias", "prefix_projection"):
        require(name, isinstance(getattr(config, name), bool), "true or false")
    require("torch_dtype", config.torch_dtype in DTYPES, " or ".join(DTYPES))
    if not problems:  # the sizes are numbers, so they can be compared
        divides = config.num_heads % config.num_kv_heads == 0
        require("num_kv_heads", divides, f"a divisor of num_attention_heads ({config.num_heads})")
        require("head_dim", config.head_dim % 4 == 0, "a multiple of 4 (rotary turns pairs in one half of it)")
    return problems


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_positive_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf")
