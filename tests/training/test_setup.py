"""Where and in which numbers a run computes, what it starts from, and the recipe that ships with the project."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from glmkit.chat.protocol import encode_conversation
from glmkit.chat.sample import Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.config import TrainConfig, Truncation
from glmkit.data.pack import pack_step
from glmkit.errors import ConfigError, OutOfMemory
from glmkit.settings import resolve
from glmkit.training.data import load_data
from glmkit.training.setup import choose_device, choose_dtype, first_tokens
from glmkit.training.step import explained_memory, sources_in

Make = Callable[..., TrainConfig]
RECIPES = Path(__file__).resolve().parents[2] / "recipes"
needs_no_card = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a card that works")


@pytest.fixture
def machine_with_card(tmp_path: Path) -> Path:
    """The root of a machine with two NVIDIA cards."""
    (tmp_path / "dev").mkdir()
    for name in ("nvidia0", "nvidia1", "nvidiactl", "null"):
        (tmp_path / "dev" / name).touch()
    return tmp_path


@needs_no_card
def test_the_cpu_does_not_stand_in_for_a_card_that_is_there(machine_with_card: Path, small_config: Make) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_device(small_config(device="auto"), machine_with_card)
    cards = f"{machine_with_card}/dev/nvidia0, {machine_with_card}/dev/nvidia1"
    assert str(caught.value) == (
        f"device: there is an NVIDIA card ({cards}), but PyTorch {torch.__version__} cannot use it, "
        "and the CPU is not taken unasked"
    )
    assert caught.value.hints() == ["install a PyTorch built for CUDA and your driver, or give --device cpu"]


@needs_no_card
def test_the_cpu_is_taken_when_asked_for_or_when_there_is_nothing_else(
    machine_with_card: Path, small_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose_device(small_config(device="cpu"), machine_with_card).type == "cpu"
    assert choose_device(small_config(device="auto"), machine_with_card / "dev").type == "cpu"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # the user has hidden the cards
    assert choose_device(small_config(device="auto"), machine_with_card).type == "cpu"


@needs_no_card
def test_cuda_without_a_card_is_refused(tmp_path: Path, small_config: Make) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_device(small_config(device="cuda"), tmp_path)
    assert str(caught.value) == (
        f"device: cuda was asked for, but PyTorch {torch.__version__} sees no NVIDIA card here"
    )


@pytest.mark.parametrize(("flags", "dtype"), [("avx2 amx_bf16 amx_tile", "bfloat16"), ("avx2 avx512_bf16", "float32")])
def test_a_cpu_computes_in_bfloat16_only_where_it_is_faster(
    tmp_path: Path, small_config: Make, flags: str, dtype: str
) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: {flags}\n")
    cpu = torch.device("cpu")
    assert choose_dtype(small_config(dtype="auto"), cpu, tmp_path / "cpuinfo") == dtype
    assert choose_dtype(small_config(dtype="float32"), cpu, tmp_path / "cpuinfo") == "float32"
    assert choose_dtype(small_config(dtype="auto"), cpu, tmp_path / "missing") == "float32"


def test_the_first_prefix_takes_the_first_tokens_and_repeats_them_when_there_are_too_few() -> None:
    samples = [Sample([1, 2, 3], [-100, 2, 3]), Sample([4, 5], [-100, 5])]
    assert first_tokens(samples, 2) == [1, 2]
    assert first_tokens(samples, 4) == [1, 2, 3, 4]
    assert first_tokens(samples, 12) == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]


def test_the_samples_of_a_row_are_found_again() -> None:
    samples = [
        Sample([token] * length, [token] * length, source=f"f:{token}") for token, length in ((1, 9), (2, 5), (3, 4))
    ]
    rows = pack_step(samples, max_tokens_per_row=9, round_to=16)
    assert [sources_in(row, samples) for row in rows] == [["f:1"], ["f:2", "f:3"]]
    assert sources_in(rows[0], [Sample([1] * 9, [1] * 9)]) == ["samples[0]"]


NUMBERS = {"tokens": 8192, "max_tokens_per_row": 8192, "max_seq_len": 2048}


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
    ids=["python", "card", "cpu"],
)
def test_out_of_memory_is_told_with_the_numbers_that_decide(error: Exception) -> None:
    with pytest.raises(OutOfMemory) as caught, explained_memory("training-out-of-memory", **NUMBERS):
        raise error
    assert str(caught.value) == "out of memory in a step whose longest row has 8192 tokens"
    assert caught.value.hints() == [
        "lower --max-tokens-per-row (now 8192; changes no result) or --max-seq-len (now 2048)"
    ]
    assert caught.value.exit_code == 9


def test_a_model_that_does_not_fit_is_told_as_that() -> None:
    values = {"device": "cuda", "method": "full", "dtype": "bfloat16"}
    with (
        pytest.raises(OutOfMemory, match=r"m: this model does not fit into the memory of cuda \(full, bfloat16\)"),
        explained_memory("training-model-out-of-memory", where="m", **values),
    ):
        raise MemoryError


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    with pytest.raises(RuntimeError, match="shapes differ"), explained_memory("training-out-of-memory", **NUMBERS):
        raise RuntimeError("shapes differ")


@pytest.mark.parametrize("truncate", ["history", "right"])
def test_long_samples_are_cut_by_the_rule_of_the_settings(
    small_config: Make, small_data: Path, small_tokenizer: Tokenizer, truncate: Truncation
) -> None:
    row = json.loads(small_data.read_text(encoding="utf-8").splitlines()[0])
    row["conversations"] *= 2
    small_data.write_text(json.dumps(row), encoding="utf-8")
    limit = len(encode_conversation(row, small_tokenizer).input_ids) - 1
    data = load_data(small_config(max_seq_len=limit, truncate=truncate), None)
    expected = encode_conversation(row, small_tokenizer, limit, truncate)
    assert [(sample.input_ids, sample.labels) for sample in data.samples] == [(expected.input_ids, expected.labels)]
    assert expected.cut_tokens > (1 if truncate == "history" else 0)


def test_the_default_keeps_the_last_answer() -> None:
    assert TrainConfig(model="m").truncate == "history"


def test_the_recipe_holds_the_settings_of_the_original_run() -> None:
    config = resolve(TrainConfig, {"data": "d.jsonl"}, str(RECIPES / "chatglm3-6b-ptuning.yaml")).config
    assert (config.method, config.prefix_len, config.prefix_projection, config.prefix_dropout) == (
        "ptuning",
        128,
        False,
        0.1,
    )
    assert (config.max_seq_len, config.samples_per_step, config.steps, config.save_every) == (2048, 16, 1000, 500)
    assert config.truncate == "right"
    assert (config.peak_learning_rate, config.schedule, config.warmup_steps) == (2e-2, "linear", 0)
    assert (config.weight_decay, config.max_grad_norm, config.seed) == (0.0, 1.0, 42)
