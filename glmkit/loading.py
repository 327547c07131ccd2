"""The door that joins model and tokenizer: what a user calls a model becomes a GLM, or a clear error.

In: a model folder, a run folder or one of its steps, a hub id, or "glmkit-mini"; perhaps an adapter. Out:
``load_model`` and ``load_tokenizer``, through ``tools_layout_of`` how it was taught its tools, through ``resolve`` the
folders they would read. Commands and training call it; torch is only imported when weights are read.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glmkit import hub
from glmkit.chat.tools_layout import AS_IS, LAYOUTS
from glmkit.errors import ModelError

if TYPE_CHECKING:
    import torch

    from glmkit.chat.tokenizer import Tokenizer
    from glmkit.model.glm import GLM

RUN_FILE = "config.yaml"
LATEST_FILE = "latest"
STEP_NAME = re.compile(r"step-\d+")
TOKENIZER_FILE = "tokenizer.model"
BUNDLED_MODEL = "glmkit-mini"  # the small model that comes with the package, unless a folder here has its name
GLMKIT_FILE = "glmkit.json"  # beside weights of ours: what config.json, which is the model's, has no place for


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a model's parts lie: ``base`` folder, ``adapter`` folder or file or None, ``tokenizer`` file."""

    base: Path
    adapter: Path | None
    tokenizer: Path


def load_model(
    path: str | Path,
    adapter: str | Path | None = None,
    dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
) -> GLM:
    """Return a model in evaluation mode, its prefix in place when ``path`` is a P-Tuning run or ``adapter`` is given.

    Args:
        path: model folder, run folder (its newest step), step folder, hub id "org/name", or "glmkit-mini", the small
            model that comes with glmkit (a folder of that name in the working directory goes first).
        adapter: run folder, step folder, or the original's P-Tuning checkpoint (folder or ``pytorch_model.bin``).
        dtype: of the weights, e.g. "bfloat16"; None: float32 on the CPU, on a card the stored one (bfloat16 for a
            stored float16, where the card has it). A prefix is float32 always.
        device: None: the NVIDIA card if PyTorch sees one, otherwise the CPU.

    Raises:
        ModelError: something is missing, damaged, unsafe, or does not fit; never the base model in its place.
    """
    from glmkit.model.adapter import load_adapter
    from glmkit.model.weights import load_model_folder

    resolved = resolve(path)
    if adapter is not None and resolved.adapter is not None:
        raise ModelError("model-two-adapters", where=str(path), base=resolved.base, adapter=adapter)
    prefix = resolved.adapter if adapter is None else find_adapter(adapter)
    place = _device(device)
    model = load_model_folder(resolved.base, _dtype(dtype, resolved.base, place), place)
    if prefix is not None:
        if model.prefix is not None:
            raise ModelError("model-two-adapters", where=str(path), base=resolved.base, adapter=prefix)
        load_adapter(prefix, model)
    return model


def load_tokenizer(path: str | Path) -> Tokenizer:
    """Return the tokenizer of ``path``: a ``tokenizer.model`` or anything ``load_model`` takes. Raises ModelError."""
    from glmkit.chat.tokenizer import Tokenizer

    file = _bundled(path) or Path(path).expanduser()
    if not file.is_file():
        file = file / TOKENIZER_FILE if (file / TOKENIZER_FILE).is_file() else resolve(path).tokenizer
    if not file.is_file():
        raise ModelError("model-tokenizer-missing", where=str(file.parent), file=TOKENIZER_FILE)
    return Tokenizer.from_file(file)


def tools_layout_of(path: str | Path, adapter: str | Path | None = None) -> str:
    """Return the layout in which a model was taught its tools, one of ``tools_layout.LAYOUTS``, for ``write_tools``.

    An adapter's record goes before the base's. "as_is" where nothing was recorded (a model of others, an adapter of the
    original's) and where the training data had no tools, or no one layout of them.

    Args:
        path: as for ``load_model``.
        adapter: as for ``load_model``.

    Raises:
        ModelError: nothing is there, or the record is damaged or names a layout that this release does not know.
    """
    from glmkit.model.files import DESCRIPTION_FILE, read_description

    resolved = resolve(path)
    prefix = resolved.adapter if adapter is None else find_adapter(adapter)
    if prefix is None:
        file = resolved.base / GLMKIT_FILE
        recorded = _read_record(file).get("tools_layout") if file.is_file() else None
    else:
        file = prefix / DESCRIPTION_FILE
        recorded = read_description(prefix).get("tools_layout") if file.is_file() else None
    if recorded in (None, "as-given"):  # nothing, or adapters from before there was a choice
        return AS_IS
    if recorded not in LAYOUTS:
        raise ModelError("model-tools-layout", where=str(file), found=repr(recorded), expected=", ".join(LAYOUTS))
    return str(recorded)


def _read_record(file: Path) -> dict[str, Any]:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError("model-record-unreadable", where=str(file), reason=error) from error
    if not isinstance(record, dict):
        raise ModelError("model-record-unreadable", where=str(file), reason="not a JSON object")
    return record


def resolve(path: str | Path) -> Resolved:
    """Return where the parts of a model lie; a hub id is downloaded.

    Args:
        path: as for ``load_model``.

    Raises:
        ModelError: no such path, no model in it, or a run that has saved nothing.
    """
    folder = _local(path)
    step = _newest_step(folder) if (folder / RUN_FILE).is_file() else folder
    settings = _run_settings(step.parent) if STEP_NAME.fullmatch(step.name) else {}
    if _is_only_an_adapter(step):
        base = _base_of(step, settings)
        return Resolved(base.base, step, _tokenizer_of(step, settings, base.tokenizer))
    _require_model_folder(step)
    return Resolved(step, None, _tokenizer_of(step, settings, step / TOKENIZER_FILE))


def find_adapter(path: str | Path) -> Path:
    """Return the adapter folder or file that ``path`` stands for: a run's newest step, or ``path`` itself.

    Raises:
        ModelError: nothing is there, or a whole model is.
    """
    from glmkit.model.files import is_adapter

    found = _local(path)
    if (found / RUN_FILE).is_file():
        found = _newest_step(found)
    if not is_adapter(found):
        is_model = (found / "config.json").is_file()
        raise ModelError("model-adapter-is-model" if is_model else "model-adapter-not-found", where=str(found))
    return found


def _local(path: str | Path) -> Path:
    """Return ``path`` as something on this disk, downloading a hub id. Raises ModelError."""
    local = _bundled(path) or Path(path).expanduser()
    if local.exists():
        return local
    name = str(path)
    if hub.is_hub_id(name) and not Path(name).parent.is_dir():  # "runs/typo" beside a folder "runs" is a typo
        return hub.download(name)
    similar = _similar(local)
    code = "model-path-missing-similar" if similar else "model-path-missing"
    raise ModelError(code, where=name, looked=os.path.abspath(local), similar=", ".join(similar))


def _bundled(path: str | Path) -> Path | None:
    """Return the folder of the bundled model if ``path`` is its name and no folder of the user's."""
    is_named = str(path) == BUNDLED_MODEL and not Path(path).is_dir()
    return Path(__file__).parent / "bundled" / BUNDLED_MODEL if is_named else None


def _similar(path: Path) -> list[str]:
    """Return folders beside a missing ``path`` whose names are close to it; beside a bare name, the bundled model."""
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_dir()]
    except OSError:
        return []
    if path.parent == Path() and BUNDLED_MODEL not in names:
        names.append(BUNDLED_MODEL)
    return [str(path.parent / name) for name in difflib.get_close_matches(path.name, names)]


def _newest_step(run: Path) -> Path:
    """Return the newest complete step of a run. Raises ModelError if there is none."""
    latest = run / LATEST_FILE
    if latest.is_file():
        name = latest.read_text(encoding="utf-8", errors="replace").strip()
        if STEP_NAME.fullmatch(name) and (run / name).is_dir():
            return run / name
    steps = [path for path in run.iterdir() if STEP_NAME.fullmatch(path.name) and path.is_dir()]
    if not steps:
        raise ModelError("model-run-without-step", where=str(run))
    return max(steps, key=lambda step: int(step.name.removeprefix("step-")))


def _run_settings(run: Path) -> dict[str, Any]:
    """Return the settings of a run, or nothing if ``run`` is not a run folder. Raises ModelError."""
    import yaml

    file = run / RUN_FILE
    if not file.is_file():
        return {}
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ModelError("model-run-unreadable", where=str(file), reason=str(error).splitlines()[0]) from error
    if not isinstance(settings, dict):
        raise ModelError("model-run-unreadable", where=str(file), reason="not a table of settings")
    return settings


def _is_only_an_adapter(step: Path) -> bool:
    """Tell whether the weights that ``step`` would be loaded from are a prefix; one may also lie beside a model's."""
    from glmkit.model.files import DESCRIPTION_FILE, WEIGHT_FILES, is_adapter

    weights = next((step / name for name in WEIGHT_FILES if (step / name).is_file()), step)
    return (step / DESCRIPTION_FILE).is_file() or is_adapter(weights)


def _base_of(step: Path, settings: dict[str, Any]) -> Resolved:
    """Return the base model of an adapter: what it names itself, then what its run names. Raises ModelError."""
    from glmkit.model.files import DESCRIPTION_FILE, read_description

    described = read_description(step).get("base") if (step / DESCRIPTION_FILE).is_file() else None
    named = [str(name) for name in (described, settings.get("model")) if name]
    if not named:
        raise ModelError("model-is-adapter", where=str(step))
    existing = [name for name in named if _bundled(name) or Path(name).exists()] or [
        name for name in named if hub.is_hub_id(name)
    ]
    if not existing:
        raise ModelError("model-base-missing", where=str(step), bases=", ".join(dict.fromkeys(named)))
    base = resolve(existing[0])
    if base.adapter is not None:
        raise ModelError("model-base-is-adapter", where=str(step), base=existing[0])
    return base


def _tokenizer_of(step: Path, settings: dict[str, Any], otherwise: Path) -> Path:
    """Return the tokenizer file of a model: its own, its run's setting, or ``otherwise``."""
    named = Path(str(settings.get("tokenizer") or "")).expanduser()
    choices = [step / TOKENIZER_FILE]
    if settings.get("tokenizer"):
        choices += [named, named / TOKENIZER_FILE]
    return next((file for file in choices if file.is_file()), otherwise)


def _require_model_folder(folder: Path) -> None:
    """Raise ModelError, listing what is missing, unless ``folder`` holds a configuration and weights."""
    from glmkit.model.config import CONFIG_FILE
    from glmkit.model.files import WEIGHT_FILES

    if not folder.is_dir():
        raise ModelError("model-not-a-folder", where=str(folder))
    missing = [] if (folder / CONFIG_FILE).is_file() else [CONFIG_FILE]
    if not any((folder / name).is_file() for name in WEIGHT_FILES):
        missing.append(" / ".join(WEIGHT_FILES))
    if missing:
        raise ModelError("model-folder-incomplete", where=str(folder), missing=", ".join(missing))


def _device(device: torch.device | str | None) -> torch.device:
    import torch

    if device is not None:
        return torch.device(device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _dtype(dtype: torch.dtype | str | None, base: Path, device: torch.device) -> torch.dtype:
    """Return the dtype asked for, or the one that suits the device. Raises ModelError for a name that is none."""
    import torch

    from glmkit.model.config import DTYPES, ModelConfig

    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype is not None:
        if dtype not in DTYPES:
            raise ModelError("model-dtype-unknown", found=dtype, expected=", ".join(DTYPES))
        return {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}[dtype]
    stored = ModelConfig.from_folder(base).torch_dtype
    if device.type != "cuda" or stored == "float32":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
