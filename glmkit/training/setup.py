"""What a run needs before its first step: device and number type, the model with what is trained in it.

In: a TrainConfig. Out: each of these, or the error that says which setting cannot work here. Called by the training
loop in the order of this file: whatever is quick to check is checked before anything large is read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from glmkit.chat.sample import Sample
from glmkit.config import DType, TrainConfig
from glmkit.data.files import find_files
from glmkit.data.token_store import max_ids_of
from glmkit.errors import ConfigError, ModelError
from glmkit.loading import find_adapter, resolve
from glmkit.model.adapter import load_adapter
from glmkit.model.config import ModelConfig
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.weights import load_model_folder

INIT_STD = 0.02


def choose_device(config: TrainConfig, root: Path = Path("/")) -> torch.device:
    """Return where to compute; the CPU never stands in for a card that is there.

    Args:
        config: its ``device`` is "auto", "cpu" or "cuda".
        root: where to look for ``dev/nvidia0``.

    Raises:
        ConfigError: "cuda" where PyTorch finds no card, or "auto" where there is one that PyTorch cannot use.
    """
    if config.device == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda")
    cards = nvidia_cards(root)
    if config.device == "cuda" or cards:
        code = "training-card-unused" if cards else "training-no-card"
        raise ConfigError(code, where="device", card=", ".join(cards), torch=torch.__version__)
    return torch.device("cpu")


def nvidia_cards(root: Path) -> list[str]:
    """Return the device files of the NVIDIA cards here that the user has not hidden with CUDA_VISIBLE_DEVICES."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all") in {"", "-1"}:
        return []
    return sorted(str(path) for path in (root / "dev").glob("nvidia[0-9]*"))


def choose_dtype(config: TrainConfig, device: torch.device, cpuinfo: Path = Path("/proc/cpuinfo")) -> DType:
    """Return the number type of the computation: bfloat16 where the hardware has it, unless told otherwise.

    A CPU has it when it has AMX; without, bfloat16 is emulated and slower than float32.
    """
    if config.dtype != "auto":
        return config.dtype
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = cpuinfo.is_file() and "amx_bf16" in cpuinfo.read_text()
    return "bfloat16" if fast else "float32"


def resolve_config(config: TrainConfig, dtype: DType) -> TrainConfig:
    """Return the settings with nothing left open, so that they run again unchanged from any folder.

    Raises:
        DataError: a pattern in ``data`` matches no file, or a file is there twice.
    """
    files = find_files(config.data_files)
    replay = config.replayed
    if replay is not None:
        replay = replace(replay, path=os.path.abspath(os.path.expanduser(replay.path)))
    stem = Path(files[0].path).name.split(".")[0] if files else "samples"
    return replace(
        config,
        model=absolute(config.model),
        data=files,
        replay=replay,
        eval_data=absolute(config.eval_data),
        tokenizer=absolute(config.tokenizer),
        skip_bad=str(Path(config.skip_bad).expanduser().absolute()) if config.skip_bad else "",
        init_adapter=absolute(config.init_adapter),
        output_dir=str(Path(config.output_dir).expanduser().absolute()),
        name=config.name or f"{stem}-{config.method}",
        learning_rate=config.peak_learning_rate,
        dtype=dtype,
        restart=False,  # what happens once is not a setting of the run
        allow_data_change=False,
    )


def absolute(path: str) -> str:
    """Return an existing path from the root; anything else ("", a hub id) as it is."""
    found = Path(path).expanduser()
    return str(found.absolute()) if path and found.exists() else path


def find_base(config: TrainConfig) -> Path:
    """Return the folder of the base model; a hub id is downloaded, a run stands for its newest step.

    Raises:
        ModelError: there is none, or it is an adapter.
    """
    if config.from_scratch and Path(config.model).is_dir():
        return Path(config.model)  # holds a config.json and need not hold weights
    resolved = resolve(config.model)
    if resolved.adapter is not None:
        raise ModelError("training-model-is-adapter", where="model", path=resolved.adapter, base=resolved.base)
    return resolved.base


def load_trained_model(
    config: TrainConfig, base: Path, step_folder: Path | None, samples: Sequence[Sample], device: torch.device
) -> GLM:
    """Return the model with what is trained in it: everything in float32 ("full"), or a float32 prefix before a frozen
    base in the computation's number type ("ptuning").

    Args:
        config: resolved settings.
        base: folder of the base model.
        step_folder: checkpoint to go on from, or None to begin.
        samples: their first tokens make the first prefix.
        device: where the model goes.

    Raises:
        ModelError: the base, the adapter or the ids of the samples do not fit together.
    """
    if config.method == "full":
        if step_folder is None and config.from_scratch:
            model = GLM(ModelConfig.from_folder(base)).to(device)
            model.init_weights(INIT_STD, config.seed)
        else:
            model = load_model_folder(step_folder or base, torch.float32, device)
        model.requires_grad_(True)
    else:
        model = load_model_folder(base, getattr(torch, config.dtype), device)
        model.requires_grad_(False)
    if model.prefix is not None:  # inside the base's own weights; training would drop it or mistake it for its own
        raise ModelError("training-base-has-prefix", where=config.model, found=model.prefix.prefix_len)
    check_ids(samples, model.config.vocab_size)
    if config.method == "ptuning":
        attach_prefix(model, config, step_folder, samples, device)
    return model.train()


def check_ids(samples: Sequence[Sample], vocab_size: int) -> None:
    """Refuse samples encoded with a tokenizer that is not the model's."""
    max_ids = max_ids_of(samples)
    if (max_ids >= vocab_size).any():
        index = int((max_ids >= vocab_size).argmax())
        values = {"found": int(max_ids[index]), "vocab_size": vocab_size}
        raise ModelError("training-id-outside-model", where=samples[index].source, **values)


def attach_prefix(
    model: GLM, config: TrainConfig, step_folder: Path | None, samples: Sequence[Sample], device: torch.device
) -> None:
    """Give the frozen model its prefix: from the checkpoint, from ``init_adapter``, or a new one."""
    if step_folder is not None:
        load_adapter(step_folder, model)
    elif config.init_adapter:
        load_adapter(find_adapter(config.init_adapter), model)
    else:
        model.prefix = PrefixEncoder(model.config, config.prefix_len, config.prefix_projection).to(device)
        generator = torch.Generator().manual_seed(config.seed)
        if config.prefix_init == "tokens":
            ids = torch.tensor(first_tokens(samples, config.prefix_len), device=device)
            model.prefix.init_from_tokens(model, ids, generator)
        else:
            model.prefix.init_normal(INIT_STD, generator)
    assert model.prefix is not None
    for name, found, expected in (
        ("prefix_len", model.prefix.prefix_len, config.prefix_len),
        ("prefix_projection", model.prefix.projection, config.prefix_projection),
    ):
        if found != expected:
            raise ModelError(
                "training-adapter-fit", where=config.init_adapter, name=name, found=found, expected=expected
            )
    model.prefix.dropout = config.prefix_dropout
    model.prefix.requires_grad_(True)


def first_tokens(samples: Sequence[Sample], count: int) -> list[int]:
    """Return the first ``count`` tokens of the data, repeated if it is shorter."""
    tokens = [token for sample in samples[:count] for token in sample.input_ids[:count]][:count]
    return (tokens * -(-count // len(tokens)))[:count]


def parameter_counts(model: GLM) -> dict[str, str]:
    """Return the values of the sentence that tells how much is trained."""
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    everything = sum(parameter.numel() for parameter in model.parameters())
    return {"trained": f"{trained:,}", "all": f"{everything:,}", "percent": f"{100 * trained / everything:.4g}"}
