"""What the evaluation tests share: a folder with a model that has learned a few conversations by heart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from glmkit.chat.conversation import Conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.data.encode import encode_samples
from glmkit.data.pack import pack_step
from glmkit.model.config import ModelConfig
from glmkit.model.glm import GLM
from glmkit.model.loss import token_losses
from glmkit.model.views import PackedView
from glmkit.model.weights import save_model_folder

TOOLS = [{"name": "get_weather", "parameters": {}}, {"name": "add", "parameters": {}}]


def call(name: str, parameters: dict[str, Any], observation: str) -> dict[str, Any]:
    return {"role": "tool", "name": name, "parameters": parameters, "observation": observation}


def user(content: str) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: str, metadata: str = "") -> dict[str, Any]:
    return {"role": "assistant", "content": content, "metadata": metadata}


# What the model has learned by heart: a thought before a call, a plain call, code, Chinese, an empty reply.
ROWS: list[dict[str, Any]] = [
    {
        "tools": TOOLS,
        "conversations": [
            user("weather"),
            assistant("I look."),
            call("get_weather", {"city": "北京", "days": 3}, "21.5"),
            assistant("It is 21.5"),
        ],
    },
    {"tools": TOOLS, "conversations": [user("add"), call("add", {"a": 2, "b": 3}, "5"), assistant("5")]},
    {"conversations": [user("run"), assistant("```python\nprint('hello')\n```", "interpreter")]},
    {"conversations": [user("你好"), assistant("今天天气很好。"), user("nothing"), assistant("")]},
]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def learned_folder(tmp_path_factory: pytest.TempPathFactory, small_tokenizer: Tokenizer) -> Path:
    """A model folder whose greedy replies are those of ROWS."""
    torch.set_num_threads(1)
    sizes = {"num_layers": 2, "hidden_size": 48, "num_heads": 4, "num_kv_heads": 2, "head_dim": 12}
    model = GLM(
        ModelConfig(**sizes, intermediate_size=64, vocab_size=small_tokenizer.vocab_size, max_seq_len=512)  # type: ignore[arg-type]
    )
    model.init_weights(std=0.1)
    samples = encode_samples([Conversation.from_dict(row) for row in ROWS], small_tokenizer)
    (row,) = pack_step(samples, 8192, round_to=1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(300):
        hidden = model(row.input_ids, row.position_ids, PackedView(row.document_lengths, "cpu"))
        loss, _ = token_losses(model, hidden, row.targets, row.weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss < 0.01:
            break
    else:
        pytest.fail(f"the test model has not learned its conversations: loss {loss.item()}")
    folder = tmp_path_factory.mktemp("learned")
    save_model_folder(model, folder)
    shutil.copyfile(small_tokenizer.path, folder / "tokenizer.model")
    return folder


@pytest.fixture
def learned_data(tmp_path: Path) -> Path:
    """The file of ROWS."""
    return write_rows(tmp_path / "learned.jsonl", ROWS)
