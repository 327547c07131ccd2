"""What the quickstart tests share: a model of random weights with the bundled tokenizer, a part of the bundled data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from glmkit.evaluation import suite
from glmkit.model.config import ModelConfig
from glmkit.model.glm import GLM
from glmkit.model.weights import save_model_folder
from glmkit.quickstart.command import SAMPLE_DATA

TOKENIZER = Path(__file__).parents[2] / "glmkit" / "bundled" / "glmkit-mini" / "tokenizer.model"


@pytest.fixture(scope="session")
def random_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of two small layers."""
    torch.set_num_threads(1)
    torch.manual_seed(3)
    sizes = {"num_layers": 2, "hidden_size": 32, "num_heads": 4, "num_kv_heads": 2, "head_dim": 8}
    model = GLM(ModelConfig(**sizes, intermediate_size=48, vocab_size=8256, max_seq_len=2048))  # type: ignore[arg-type]
    model.init_weights()
    folder = tmp_path_factory.mktemp("random")
    save_model_folder(model, folder)
    shutil.copyfile(TOKENIZER, folder / "tokenizer.model")
    return folder


@pytest.fixture
def some_data(tmp_path: Path) -> Path:
    """Four APIs of the bundled data with eight whole episodes each."""
    apis = json.loads(SAMPLE_DATA.read_text(encoding="utf-8"))[:4]
    for api in apis:
        api["Instances"] = api["Instances"][:8]
    path = tmp_path / "some.json"
    path.write_text(json.dumps(apis, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def short_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two rows of each part of the suite."""
    folder = tmp_path / "suite"
    folder.mkdir()
    for file in suite.SUITE.iterdir():
        rows = file.read_text(encoding="utf-8").splitlines()[:2]
        (folder / file.name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.setattr(suite, "SUITE", folder)
