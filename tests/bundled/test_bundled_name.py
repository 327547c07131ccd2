"""`glmkit-mini` is a name that every command knows, from any working directory; the wheel carries its files."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from glmkit.cli import main
from glmkit.errors import ModelError
from glmkit.loading import load_tokenizer, resolve

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_name_stands_for_the_tokenizer_in_the_package(elsewhere: Path, bundled: Path) -> None:
    assert load_tokenizer("glmkit-mini").path == bundled / "tokenizer.model"


def test_a_folder_of_that_name_goes_first(elsewhere: Path, bundled: Path) -> None:
    mine = elsewhere / "glmkit-mini"
    mine.mkdir()
    shutil.copy(bundled / "tokenizer.model", mine)
    assert load_tokenizer("glmkit-mini").path.absolute() == mine / "tokenizer.model"
    with pytest.raises(ModelError, match=r"^glmkit-mini: not a model folder: config\.json, .* is missing$"):
        resolve("glmkit-mini")


def test_a_typing_mistake_is_told_the_name(elsewhere: Path) -> None:
    with pytest.raises(ModelError, match=r"; did you mean glmkit-mini\?$"):
        resolve("glmkit-mni")


@pytest.mark.parametrize("command", ["check", "show"])
def test_the_data_commands_take_its_tokenizer(
    command: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", command, "rows.jsonl", "--tokenizer", "glmkit-mini"]) == 0
    captured = capsys.readouterr()
    assert {"check": "max 15; 15 in all", "show": "15 tokens, 7 with a label"}[command] in captured.out + captured.err


def test_a_question_in_the_models_place_is_told_where_it_goes(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert main(["chat", "What is 2+2?"]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        f"error: What is 2+2?: no such model or run; looked for {elsewhere}/What is 2+2?\n"
        'a question stands behind the model: glmkit chat glmkit-mini "your question"\n'
    )


def test_a_wheel_carries_the_bundled_files(tmp_path: Path, bundled: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, tmp_path)
    shutil.copytree(REPOSITORY / "glmkit", tmp_path / "glmkit", ignore=shutil.ignore_patterns("__pycache__"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--disable-pip-version-check",
        "--no-deps",
        "--wheel-dir",
        "out",
        ".",
    ]
    if int(version("setuptools").split(".")[0]) >= 77:  # as pyproject.toml asks; otherwise pip gets one for the build
        command.append("--no-build-isolation")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [file] = (tmp_path / "out").glob("glmkit-*.whl")
    with zipfile.ZipFile(file) as wheel:
        held = {item.filename: item.file_size for item in wheel.infolist()}
    ours = {path.relative_to(REPOSITORY).as_posix(): path.stat().st_size for path in bundled.iterdir()}
    assert "glmkit/bundled/glmkit-mini/tokenizer.model" in ours
    assert ours.items() <= held.items()
