"""Downloading a model folder by its hub id: huggingface_hub first, then ModelScope.

In: "org/name". Out: a local folder with configuration, weights and tokenizer, never code. ``loading`` calls it for a
name that is no local path.
"""

from __future__ import annotations

import os
import re
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from glmkit.errors import ModelError, notice

# Data only: the Python files of a model repository are neither needed nor trusted.
PATTERNS = ("*.json", "tokenizer.model")
WEIGHT_PATTERNS = ("*.safetensors", "*.bin")  # the first kind a repository has is the one that is downloaded

MODELSCOPE = "https://www.modelscope.cn"
ANSWER_TIMEOUT_S = 10.0


def is_hub_id(name: str) -> bool:
    """Tell whether ``name`` has the form "org/name"."""
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", name) is not None


def download(hub_id: str) -> Path:
    """Return the local folder of ``hub_id``, downloading what is not there yet.

    Raises:
        ModelError: neither hub could give it; the reason of each stands in the message.
    """
    reasons = []
    for hub, fetch in (("Hugging Face", _from_hugging_face), ("ModelScope", _from_modelscope)):
        try:
            notice("model-hub-looking", name=hub_id, hub=hub)
            return fetch(hub_id)
        except Exception as error:  # both clients raise many kinds: network, permission, unknown name, full disk
            reasons.append(f"{hub}: {_reason(error)}")
    raise ModelError("model-hub-failed", name=hub_id, reasons="; ".join(reasons))


def _from_hugging_face(hub_id: str) -> Path:
    from huggingface_hub import constants, list_repo_files, snapshot_download

    if _answers(constants.ENDPOINT):
        return Path(snapshot_download(hub_id, allow_patterns=_wanted(list_repo_files(hub_id))))
    for weights in reversed(WEIGHT_PATTERNS):  # downloaded before; a pattern of files that were left out does not pass
        with suppress(Exception):
            return Path(snapshot_download(hub_id, allow_patterns=[*PATTERNS, weights], local_files_only=True))
    raise ConnectionError(f"no answer from {constants.ENDPOINT}")


def _from_modelscope(hub_id: str) -> Path:
    endpoint = os.environ.get("MODELSCOPE_ENDPOINT", MODELSCOPE)
    if not _answers(endpoint):
        raise ConnectionError(f"no answer from {endpoint}")
    from modelscope.hub.api import HubApi
    from modelscope.hub.snapshot_download import snapshot_download

    names = [str(file["Path"]) for file in HubApi().get_model_files(hub_id)]
    return Path(snapshot_download(hub_id, allow_patterns=_wanted(names)))


def _answers(url: str) -> bool:
    """Tell whether a server answers at ``url``; the hubs' own clients try for half a minute."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=ANSWER_TIMEOUT_S):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except (OSError, ValueError):
        return False


def _wanted(names: list[str]) -> list[str]:
    """Return the patterns to download: one kind of weights, not both."""
    weights = [pattern for pattern in WEIGHT_PATTERNS if any(name.endswith(pattern[1:]) for name in names)]
    return [*PATTERNS, *weights[:1]]


def _reason(error: Exception) -> str:
    """Return the first line of an error, short enough for a message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]
