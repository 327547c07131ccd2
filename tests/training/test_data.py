"""Runs on several files: what is drawn, what the user is told, what may not change before the run goes on."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from glmkit.cli import main
from glmkit.config import TrainConfig
from glmkit.data.order import SampleOrder
from glmkit.errors import ConfigError, DataError
from glmkit.settings import resolve
from glmkit.training import loop
from glmkit.training.checkpoint import sha256
from glmkit.training.data import load_data
from glmkit.training.loop import train
from glmkit.training.packed_steps import PackedStep
from glmkit.training.setup import resolve_config
from tests.training.conftest import CONVERSATIONS
from tests.training.test_loop import TRAIN_UNTIL_KILLED, assert_same_bits

Make = Callable[..., TrainConfig]


@pytest.fixture
def files(small_data: Path) -> list[Path]:
    """Three files of 6, 4 and 5 samples; two of the second are among the first's, too."""
    tools = [*CONVERSATIONS[:2], *(talk(f"Add {n} and 3", f"It is {n + 3}.") for n in range(2))]
    general = [talk(f"Say {word}.", word) for word in ("code", "Monday", "parcel", "fox", "dog")]
    paths = [small_data]
    for name, rows in (("tools", tools), ("general", general)):
        paths.append(small_data.with_name(f"{name}.jsonl"))
        paths[-1].write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return paths


def talk(question: str, answer: str) -> dict[str, Any]:
    return {"conversations": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


@pytest.fixture
def mixed(small_config: Make, files: list[Path]) -> Make:
    """Make settings of a run on all three files: the second half as often, the third replayed."""

    def make(**changes: Any) -> TrainConfig:
        data = [str(files[0]), {"path": str(files[1]), "weight": 0.5}]
        return small_config(**{"data": data, "replay": {"path": str(files[2]), "share": 0.2}, **changes})

    return make


def test_a_weighted_run_draws_exactly_its_epochs(
    mixed: Make, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """6 samples and half of 4 make 8 an epoch, of which replay is another 2: all read off the steps themselves."""
    seen: list[str] = []
    optimizer_step = loop.optimizer_step

    def watched(model: Any, optimizer: Any, trained: Any, packed: PackedStep, *rest: Any) -> Any:
        seen.extend(sample.source for sample in packed.samples)
        return optimizer_step(model, optimizer, trained, packed, *rest)

    monkeypatch.setattr(loop, "optimizer_step", watched)
    result = train(mixed(steps=0, epochs=4, samples_per_step=5))
    assert result.steps == 8
    times = Counter(seen)
    assert {times[f"{files[0]}:{line}"] for line in range(1, 7)} == {4}
    assert {times[f"{files[1]}:{line}"] for line in range(1, 5)} == {2}
    assert sum(times[f"{files[2]}:{line}"] for line in range(1, 6)) == 8 == sum(times.values()) / 5
    for step in range(8):  # replay is spread evenly: one in each step of five
        assert sum(source.startswith(str(files[2])) for source in seen[5 * step : 5 * step + 5]) == 1
    for epoch in range(4):
        assert len({*seen[10 * epoch : 10 * epoch + 10]}) == 10
    rows = [json.loads(line) for line in (result.folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [0.5 * step for step in range(1, 9)]


def test_the_user_is_told_what_each_file_gives(
    mixed: Make, files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    train(mixed(steps=1))
    lines = capsys.readouterr().err.splitlines()
    data = load_data(resolve_config(mixed(steps=1), "float32"), None)
    tokens = [sum(len(sample.input_ids) for sample in part) for part in data.samples.parts]  # type: ignore[attr-defined]
    assert f"{files[0]}: 6 samples with {tokens[0]} tokens, weight 1: 6 samples an epoch" in lines
    assert f"{files[1]}: 4 samples with {tokens[1]} tokens, weight 0.5: 2 samples an epoch" in lines
    assert f"{files[2]}: 5 samples with {tokens[2]} tokens, replayed, share 0.2: 2 samples an epoch" in lines
    assert any(line.endswith("; 1 steps of 4 samples, 0.4 epochs") for line in lines)
    doubles = "2 samples stand in more than one file, word for word"
    assert f"{doubles}; the first is {files[1]}:1, the same as {files[0]}:1" in lines
    shown = f"  data                [{str(files[0])!r}, {{'path': {str(files[1])!r}, 'weight': 0.5}}]"
    assert shown in lines


@pytest.mark.parametrize("saved_as", ["now", "before"])
def test_a_run_of_one_file_has_the_order_and_the_records_of_before(small_config: Make, saved_as: str) -> None:
    """A run that began when there was one file only goes on, and its changed file is still known."""
    whole = train(small_config())
    shutil.rmtree(whole.folder / "step-000008")
    data = Path(small_config().data_files[0].path)
    if saved_as == "before":
        step = whole.folder / "step-000004"
        state = json.loads((step / "training_state/state.json").read_text())
        del state["settings"]["replay"]
        (record,) = state.pop("files")
        state |= {"data_bytes": record["num_bytes"], "data_sha256": record["sha256"]}
        (step / "training_state/state.json").write_text(json.dumps(state))
        manifest = json.loads((step / "manifest.json").read_text())
        written = step / "training_state/state.json"
        manifest["files"]["training_state/state.json"] = {
            "bytes": written.stat().st_size,
            "sha256": sha256(written),
        }
        (step / "manifest.json").write_text(json.dumps(manifest))
    assert train(small_config()).losses == whole.losses
    shutil.rmtree(whole.folder / "step-000008")
    data.write_text(data.read_text(encoding="utf-8").replace("Paris", "Lyon!"), encoding="utf-8")
    with pytest.raises(DataError, match=r"the file has changed since this run began: then 6 samples in \d+ bytes"):
        train(small_config())


def test_a_killed_run_on_a_mixture_continues_with_the_losses_of_an_uninterrupted_one(mixed: Make) -> None:
    whole = train(mixed(steps=24, name="whole"))
    config = mixed(steps=24, save_every=1, name="killed")
    metrics = Path(config.output_dir) / "killed" / "metrics.jsonl"
    command = [sys.executable, "-c", TRAIN_UNTIL_KILLED, json.dumps(asdict(config))]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as training:
        while training.poll() is None and not (metrics.is_file() and metrics.read_bytes().count(b"\n") >= 5):
            time.sleep(0.002)
        training.send_signal(signal.SIGKILL)
    assert training.returncode == -signal.SIGKILL
    again = train(config)
    assert again.losses == whole.losses
    assert_same_bits(again.folder / "step-000024", whole.folder / "step-000024")


def test_the_saved_settings_of_a_mixture_continue_the_run_from_any_folder(
    mixed: Make, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files[0].parent)
    data = ["talks.jsonl", {"path": "t*ols.jsonl", "weight": 0.5}]
    result = train(mixed(data=data, replay={"path": "gener*.jsonl", "share": 0.2}, name=""))
    assert result.folder.name == "talks-ptuning"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    saved = resolve(TrainConfig, {}, str(result.folder / "config.yaml")).config
    assert [(file.path, file.weight) for file in saved.data_files] == [(str(files[0]), 1), (str(files[1]), 0.5)]
    shutil.rmtree(result.folder / "step-000008")
    assert train(saved).losses == result.losses
    assert main(["train", "--config", str(result.folder / "config.yaml")]) == 0


def test_the_page_of_a_run_names_its_files(mixed: Make, files: list[Path]) -> None:
    page = (train(mixed(steps=2)).folder / "report.html").read_text(encoding="utf-8")
    assert f"{files[0]}, {files[1]}" in page
    assert "DataFile" not in page and "Replay(" not in page


def test_a_moved_file_is_the_same_file(mixed: Make, files: list[Path]) -> None:
    first = train(mixed())
    for path in files:
        path.rename(path.with_name(f"moved-{path.name}"))
    moved = [str(path.with_name(f"moved-{path.name}")) for path in files]
    data = [moved[0], {"path": moved[1], "weight": 0.5}]
    assert train(mixed(data=data, replay={"path": moved[2], "share": 0.2})).losses == first.losses


def test_every_change_of_the_files_is_named_with_both_values(mixed: Make, files: list[Path]) -> None:
    first = train(mixed(steps=2))
    with pytest.raises(ConfigError) as caught:
        train(mixed(steps=2, data=[str(files[0]), str(files[1])], replay={"path": str(files[2]), "share": 0.25}))
    assert str(caught.value).splitlines() == [
        f"{files[1]}: its weight was 0.5 when this run began, is 1 now",
        f"{files[2]}: its share was 0.2 when this run began, is 0.25 now",
    ]
    assert caught.value.exit_code == 2
    old_bytes, old_sha256 = files[0].stat().st_size, sha256(files[0])[:12]
    files[0].write_text(files[0].read_text(encoding="utf-8").replace("Paris", "Milan"), encoding="utf-8")
    with pytest.raises(DataError) as changed:
        train(mixed(steps=2, data=[str(files[0]), str(files[2])], replay=None))
    assert str(changed.value).splitlines() == [
        f"{files[1]}: this file with 4 samples was among the data when this run began and is not now",
        f"{files[2]}: this file with 5 samples was among the data when this run began and is not now",
        f"{files[2]}: this file with 5 samples was not among the data when this run began",
        f"{files[0]}: the file has changed since this run began: then 6 samples in {old_bytes} bytes "
        f"(sha256 {old_sha256}), now 6 samples in {old_bytes} bytes (sha256 {sha256(files[0])[:12]})",
    ]
    assert changed.value.exit_code == 3
    allowed = train(mixed(steps=2, data=[str(files[0]), str(files[2])], replay=None, allow_data_change=True))
    assert allowed.losses == first.losses  # complete already


def test_the_same_files_in_another_order_are_another_run(mixed: Make, files: list[Path]) -> None:
    names = [str(path) for path in files[:2]]
    train(mixed(steps=2, data=names))
    with pytest.raises(ConfigError) as caught:
        train(mixed(steps=2, data=names[::-1]))
    assert str(caught.value) == (
        f"data: the same files in another order: {', '.join([*names, str(files[2])])} when this run began, "
        f"{', '.join([*names[::-1], str(files[2])])} now"
    )


def test_other_samples_than_the_run_began_with_are_refused(small_config: Make) -> None:
    """No file to point at: they were handed in; other ids of the same files, by another tokenizer, end here, too."""
    samples = load_data(small_config(), None).samples
    train(small_config(steps=2, data=""), samples=samples)
    with pytest.raises(ConfigError) as caught:
        train(small_config(steps=2, data=""), samples=samples[1:])
    assert str(caught.value) == (
        "data: these are not the samples this run began with: 6 then, 5 now; no file has changed"
    )


def test_faults_of_all_files_are_told_together_and_before_the_model_is_looked_for(
    mixed: Make, files: list[Path]
) -> None:
    files[0].write_text("{broken")
    files[2].unlink()
    with pytest.raises(DataError) as caught:
        train(mixed(model="no/such/model"))
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"{files[0]}:1:2: not JSON")
    assert second == f"{files[2]}: there is no such file"


def test_a_pattern_without_a_match_leaves_no_run_folder(mixed: Make, files: list[Path]) -> None:
    config = mixed(data=[str(files[0]), str(files[1].with_name("tolls*.jsonl"))])
    with pytest.raises(DataError, match=r"data\[1\]: no file matches '.*tolls\*\.jsonl'; .*: tools\.jsonl"):
        train(config)
    assert not Path(config.output_dir).exists()


def test_replay_needs_files_to_be_mixed_with(mixed: Make) -> None:
    samples = load_data(mixed(), None).samples
    with pytest.raises(
        ConfigError, match=r"replay: is set to '.*general\.jsonl' but has no effect here; it needs data"
    ):
        train(mixed(), samples=samples)


def test_replay_keeps_the_order_of_the_data(small_config: Make, mixed: Make, files: list[Path]) -> None:
    alone = load_data(small_config(), None)
    with_replay = load_data(small_config(replay={"path": str(files[2]), "share": 0.5}), None)
    plain = SampleOrder(alone.mixture, 6, seed=42).step(0)
    assert [index for index in SampleOrder(with_replay.mixture, 12, seed=42).step(0) if index < 6] == plain
    assert with_replay.total_steps(small_config(steps=0, epochs=1, samples_per_step=12)) == 1
