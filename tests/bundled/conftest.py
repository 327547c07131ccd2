"""What the tests of the bundled model share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import glmkit

ROW = {"conversations": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}


@pytest.fixture
def bundled() -> Path:
    """The folder of glmkit-mini in the package."""
    return Path(glmkit.__file__).parent / "bundled" / "glmkit-mini"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory that holds nothing but a data file of one row."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    return tmp_path
