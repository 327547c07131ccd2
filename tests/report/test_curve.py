"""The picture of a run."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from glmkit.report.curve import loss_curve, smooth


def test_the_smoothed_curve_of_a_constant_is_that_constant() -> None:
    assert smooth([3.0] * 100) == pytest.approx([3.0] * 100)


def test_smoothing_removes_noise_and_keeps_the_trend() -> None:
    trend = [math.exp(-step / 100) for step in range(400)]
    noisy = [value + (0.2 if step % 2 else -0.2) for step, value in enumerate(trend)]
    assert max(abs(found - value) for found, value in zip(smooth(noisy), trend, strict=True)) < 0.07


@pytest.mark.parametrize("losses", [[2.5], [3.0, 2.0], [100.0 * 0.9**step for step in range(200)]])
def test_the_curve_is_a_png_and_nothing_else_is_left_in_the_folder(tmp_path: Path, losses: list[float]) -> None:
    picture = loss_curve(losses, [0.0] * len(losses), tmp_path / "curve.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["curve.png"]


def test_a_new_curve_replaces_the_old_one(tmp_path: Path) -> None:
    first = loss_curve([2.0, 1.0], [0.1, 0.0], tmp_path / "curve.png").read_bytes()
    assert loss_curve([2.0, 1.5], [0.1, 0.0], tmp_path / "curve.png").read_bytes() != first


def test_lists_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got 1 and 2"):
        loss_curve([2.0, 1.0], [0.1], tmp_path / "curve.png")


def test_a_curve_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        loss_curve([2.0], [0.1], tmp_path / "missing" / "curve.png")
    assert list(tmp_path.iterdir()) == []


def test_evaluations_are_drawn_beside_the_losses(tmp_path: Path) -> None:
    without = loss_curve([2.0, 1.0, 0.5], [0.1] * 3, tmp_path / "curve.png").read_bytes()
    assert loss_curve([2.0, 1.0, 0.5], [0.1] * 3, tmp_path / "curve.png", [(2, 1.5)]).read_bytes() != without
