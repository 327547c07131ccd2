"""What the training tests share: the golden folders' training runs, and a small model folder with a tokenizer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from glmkit.chat.sample import Sample
from glmkit.config import TrainConfig
from glmkit.model.config import ModelConfig
from glmkit.model.glm import GLM
from glmkit.model.weights import save_model_folder

GOLDEN_MODELS = ("tiny-chatglm3", "tiny-chatglm3-32k-projection")

CONVERSATIONS = [
    {"conversations": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}
    for question, answer in [
        ("What is the weather in Paris?", "It is 21.5 degrees."),
        ("今天天气怎么样？", "今天天气很好。"),
        ("Can you add 2 and 3?", "2 + 3 = 5"),
        ("Where is my parcel 12345?", "It arrives on Monday; its weight is 2.5 kg."),
        ("你好", "你好，我可以运行代码。"),
        ("Say hello.", "hello"),
    ]
]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """The same number of threads in every test, since sums depend on it; the models are too small for two."""
    torch.set_num_threads(1)


def golden_samples(folder: Path) -> list[Sample]:
    """Return the micro-batches of a golden training run, in order."""
    tensors = load_file(folder / "expected.safetensors")
    rows = zip(tensors["train.input_ids"].tolist(), tensors["train.labels"].tolist(), strict=True)
    return [Sample(ids, labels, source=f"golden:{number}") for number, (ids, labels) in enumerate(rows, start=1)]


@pytest.fixture
def golden_config(golden: Path, tmp_path: Path) -> Callable[..., TrainConfig]:
    """Make the settings of a golden folder's training run; keywords change them."""

    def make(model_name: str = GOLDEN_MODELS[0], **changes: Any) -> TrainConfig:
        folder = golden / model_name
        case = json.loads((folder / "case.json").read_text())
        settings: dict[str, Any] = {
            "model": str(folder),
            "output_dir": str(tmp_path / "runs"),
            "name": "golden",
            "prefix_len": case["pre_seq_len"],
            "prefix_projection": case["prefix_projection"],
            "prefix_dropout": 0.0,
            "init_adapter": str(folder / "pytorch_model.bin"),
            "samples_per_step": case["train"]["grad_accumulation"],
            "steps": case["train"]["steps"],
            "learning_rate": case["train"]["lr"],
            "loss_average": "sample",
            "shuffle": False,
            "dtype": "float32",
            "device": "cpu",
        }
        return TrainConfig(**{**settings, **changes})

    return make


@pytest.fixture
def small_model(tmp_path: Path, tokenizer_file: Path) -> Path:
    """A folder with a one-layer random model, its tokenizer, and the vocabulary for it."""
    folder = tmp_path / "small-model"
    config = ModelConfig(
        num_layers=1,
        hidden_size=32,
        num_heads=2,
        num_kv_heads=1,
        head_dim=16,
        intermediate_size=48,
        vocab_size=640,
        qkv_bias=True,
    )
    model = GLM(config)
    model.init_weights(seed=1)
    save_model_folder(model, folder)
    shutil.copyfile(tokenizer_file, folder / "tokenizer.model")
    return folder


@pytest.fixture
def small_data(tmp_path: Path) -> Path:
    """Six short conversations."""
    file = tmp_path / "talks.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in CONVERSATIONS), encoding="utf-8")
    return file


@pytest.fixture
def small_config(small_model: Path, small_data: Path, tmp_path: Path) -> Callable[..., TrainConfig]:
    """Make settings that train the small model on the small data in a second; keywords change them."""

    def make(**changes: Any) -> TrainConfig:
        settings: dict[str, Any] = {
            "model": str(small_model),
            "data": str(small_data),
            "output_dir": str(tmp_path / "runs"),
            "name": "small",
            "steps": 8,
            "samples_per_step": 4,
            "save_every": 4,
            "dtype": "float32",
            "device": "cpu",
        }
        if changes.get("method") != "full":
            settings["prefix_len"] = 4
        return TrainConfig(**{**settings, **changes})

    return make
