"""The bundled model's tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from glmkit.chat.tokenizer import Tokenizer

BUNDLED = Path(__file__).resolve().parents[2] / "glmkit" / "bundled" / "glmkit-mini"


@pytest.fixture(scope="session")
def mini_tokenizer() -> Tokenizer:
    """Made by ``scripts/glmkit_mini/train_tokenizer.py``."""
    return Tokenizer.from_file(BUNDLED)
