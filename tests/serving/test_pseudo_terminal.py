"""`glmkit chat` as a process at a (pseudo-)terminal, once: keys arrive as signals and line ends, words as bytes."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import pytest

from glmkit.model.glm import GLM
from glmkit.model.weights import save_model_folder
from tests.pseudo_terminal import CTRL_C, CTRL_D, at_a_terminal


@pytest.fixture
def model_folder(talking_glm: GLM, tokenizer_file: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "talking"
    save_model_folder(talking_glm, folder)
    copy(tokenizer_file, folder / "tokenizer.model")
    return folder


def test_a_conversation_at_a_terminal(model_folder: Path, tmp_path: Path) -> None:
    with at_a_terminal(["chat", str(model_folder), "--temperature", "0", "--lang", "en"], tmp_path) as keyboard:
        assert "/help lists the commands" in keyboard.read_until("> ")
        keyboard.type("hello")
        assert "The quick 🙂 fox.\r\n" in keyboard.read_until("> ")
        keyboard.press(CTRL_C)
        # Python sees a signal that comes just before it waits for a key only with that key: an empty line does no harm.
        keyboard.read_until("Press Ctrl-C again, Ctrl-D or type /exit to leave.", nudge=b"\n")
        keyboard.read_until("> ")
        keyboard.press(CTRL_D)
        assert keyboard.wait() == 0
