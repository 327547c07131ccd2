"""A share is held out of all data files together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glmkit.config import DataFile, TrainConfig
from glmkit.training.data import load_data


def test_no_conversation_of_several_files_is_on_both_sides(
    small_config: Callable[..., TrainConfig], small_data: Path, tmp_path: Path
) -> None:
    lines = small_data.read_text(encoding="utf-8").splitlines(keepends=True)
    files = []
    for name, part in (("first", lines[:3]), ("second", lines[3:])):
        files.append(tmp_path / f"{name}.jsonl")
        files[-1].write_text("".join(part), encoding="utf-8")
    settings = small_config(data=[DataFile(path=str(file)) for file in files], validation=0.34)
    data = load_data(settings, None)
    assert data.held_out is not None
    assert len(data.held_out.samples) == 2
    assert data.mixture.num_samples == len(data.samples) == 4
    trained = {tuple(sample.input_ids) for sample in data.samples}
    assert not trained & {tuple(sample.input_ids) for sample in data.held_out.samples}
    assert len(trained) == 4
