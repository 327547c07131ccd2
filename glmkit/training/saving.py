"""Save a step of the run: what is trained, the optimiser's state, and what must stay the same to go on from it.

In: the model and the optimiser. Out: a step folder through ``checkpoint.publish``. A save that fails leaves the run
going, with a warning; the third in a row ends it. Called by the training loop.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import StorageError
from glmkit.loading import GLMKIT_FILE
from glmkit.model.adapter import save_adapter
from glmkit.model.glm import GLM
from glmkit.model.weights import base_fingerprint, save_model_folder
from glmkit.training.checkpoint import BEST, point_to, publish, remove, step_name
from glmkit.training.optimizer import optimizer_tensors
from glmkit.training.resume import OPTIMIZER, STATE, Identity, state_text
from glmkit.training.run_folder import RunFolder

MAX_FAILURES = 3
SPARE_BYTES = 1 << 20  # for the small files of a step folder


class Saver:
    """Saves the steps of one run.

    Args:
        run: the run folder.
        say: tells the user a sentence of the catalogue.
    """

    def __init__(self, run: RunFolder, say: Callable[..., None]) -> None:
        self._run = run
        self._say = say
        self._failures = 0
        self._replaceable: Path | None = None  # saved for no other reason than being the best then

    def save(
        self,
        step: int,
        write: Callable[[Path], None],
        needed_bytes: int,
        must_succeed: bool = False,
        is_best: bool = False,
        is_replaceable: bool = False,
    ) -> None:
        """Publish a step folder that ``write`` fills with about ``needed_bytes``; tell whether it is on disk.

        With ``is_best`` the file ``best`` names it then; the best one before goes, if it was saved ``is_replaceable``.

        Raises:
            StorageError: it failed, and there will be no later save, or this was the third failure in a row.
        """
        folder = self._run.path / step_name(step)
        try:
            if shutil.disk_usage(self._run.path).free < needed_bytes:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._run.flush_metrics()
            publish(self._run.path, step, write)
            if is_best:
                point_to(self._run.path, step, BEST)
        except (OSError, SafetensorError) as error:
            self._failures += 1
            values: dict[str, Any] = {
                "reason": getattr(error, "strerror", None) or error,
                "needed": f"{needed_bytes:,}",
                "free": f"{shutil.disk_usage(self._run.path).free:,}",
            }
            if must_succeed or self._failures == MAX_FAILURES:
                count = self._failures
                raise StorageError("training-save-given-up", where=str(folder), count=count, **values) from error
            self._say("training-save-failed", folder=folder, **values)
            return
        self._failures = 0
        self._say("training-saved", folder=folder)
        if is_best:
            if self._replaceable is not None:
                remove(self._replaceable)
            self._replaceable = folder if is_replaceable else None


def bytes_of(trained: Mapping[str, torch.nn.Parameter]) -> int:
    """Return about how large a step folder is: the trained parameters and AdamW's two moments of them."""
    return SPARE_BYTES + 3 * sum(parameter.numel() * parameter.element_size() for parameter in trained.values())


def write_step(
    step: int,
    identity: Identity,
    model: GLM,
    tokenizer: Tokenizer | None,
    optimizer: torch.optim.Optimizer,
    trained: Mapping[str, torch.nn.Parameter],
    folder: Path,
) -> None:
    """Fill an empty step folder: an adapter, or a whole model with its tokenizer; and ``training_state/``."""
    if identity.settings["method"] == "ptuning":
        assert model.prefix is not None
        metadata = {
            "tools_layout": identity.tools_layout,
            "base": identity.settings["model"],
            "base_fingerprint": base_fingerprint(model),
            "step": step,
        }
        save_adapter(folder, model.prefix, metadata)
    else:
        save_model_folder(model, folder)
        description = json.dumps({"tools_layout": identity.tools_layout}, indent=2)
        (folder / GLMKIT_FILE).write_text(description + "\n", encoding="utf-8")
        if tokenizer is not None:
            shutil.copyfile(tokenizer.path, folder / "tokenizer.model")
    (folder / STATE).parent.mkdir()
    (folder / STATE).write_text(state_text(step, identity), encoding="utf-8")
    save_file(optimizer_tensors(optimizer, trained), folder / OPTIMIZER)
