"""What several tests of this room need."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from glmkit.cli import main
from glmkit.data.read import find_format, read
from glmkit.errors import DataError

Converted = Callable[..., dict[str, Any]]
Faults = Callable[..., list[str]]


@pytest.fixture
def as_nobody() -> AbstractContextManager[None]:
    """Root may read and write everything: inside this context the process acts as an ordinary user."""

    @contextmanager
    def context() -> Iterator[None]:
        is_root = os.geteuid() == 0
        if is_root:
            os.setresuid(65534, 65534, 0)
        try:
            yield
        finally:
            if is_root:
                os.setresuid(0, 0, 0)

    return context()


@pytest.fixture
def converted(tmp_path: Path) -> Converted:
    """Write one row, convert it with `glmkit data convert`, and return the row written; its format is detected."""

    def convert_row(source_format: str, row: dict[str, Any]) -> dict[str, Any]:
        source, target = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
        source.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
        assert find_format(source) == source_format
        assert main(["data", "convert", str(source), str(target), "--lang", "en"]) == 0
        (line,) = target.read_text(encoding="utf-8").splitlines()
        return json.loads(line)

    return convert_row


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """Read one row in a named format and return its faults without the place, which is the first line."""

    def faults_of(source_format: str, row: dict[str, Any]) -> list[str]:
        path = tmp_path / "rows.jsonl"
        path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
        with pytest.raises(DataError) as caught:
            read(path, source_format)
        lines = str(caught.value).split("\n")
        assert all(line.startswith(f"{path}:1: ") for line in lines)
        return [line.removeprefix(f"{path}:1: ") for line in lines]

    return faults_of
