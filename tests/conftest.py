"""Fixtures every room's tests use: the golden outputs of the original, and a small tokenizer trained on the spot."""

from __future__ import annotations

import os
from pathlib import Path

# Before torch is imported; see glmkit/commands.py. Processes that test side by side share the cores.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

import pytest
import sentencepiece

from glmkit.chat.tokenizer import Tokenizer

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are asserted in English unless a test asks for Chinese."""
    monkeypatch.setattr("glmkit.errors._language", "en")


@pytest.fixture(autouse=True)
def token_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of this test's own token cache; nothing is written to the user's."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("GLMKIT_CACHE", str(folder))
    return folder / "tokens"


@pytest.fixture(scope="session")
def golden() -> Path:
    """The committed golden folder: two tiny random models with the original's outputs."""
    return REPOSITORY / "tests" / "golden"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder beside the repository with the original's tokenizer and data, which are not ours to publish."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "golden" / "data").is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder} is missing: in CI the original's golden data must be present")
        pytest.skip(f"needs {folder} (the original's tokenizer and data, which cannot be published)")
    return folder


SENTENCES = [
    "The quick brown fox jumps over the lazy dog.",
    "今天天气怎么样？我想知道北京和上海的气温。",
    "Answer the following questions as best as you can. You have access to the following tools:",
    "tool_call(city='Paris', days=3)",
    "```python\nprint('hello')\n```",
    "你好，请帮我查询一下明天的火车票，谢谢！",
    '{"status": 200, "response": {"temperature": 21.5, "humidity": 40}}',
    "The parcel 12345 arrives on Monday; its weight is 2.5 kg.",
    "def add(a, b):\n    return a + b",
    "人工智能助手可以运行代码并得到结果。",
]


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SentencePiece BPE model of 600 pieces with the original's settings, trained on ten sentences."""
    folder = tmp_path_factory.mktemp("tokenizer")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 3),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=600,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=True,
        remove_extra_whitespaces=False,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return folder / "tokenizer.model"


@pytest.fixture(scope="session")
def small_tokenizer(tokenizer_file: Path) -> Tokenizer:
    """The tokenizer of ``tokenizer_file``; its special ids follow its own vocabulary."""
    return Tokenizer.from_file(tokenizer_file)
