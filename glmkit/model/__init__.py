"""The GLM network, its attention views, the learned prefix, and their files on disk.

The public names below are resolved on first use: what only looks at files (``files``, ``config``) loads no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_EXPORTS = {
    "GLM": "glm",
    "AttentionView": "views",
    "ModelConfig": "config",
    "PackedView": "views",
    "PageMemory": "paged",
    "PagedView": "paged",
    "PrefixEncoder": "prefix",
    "base_fingerprint": "weights",
    "chatglm3_6b": "config",
    "load_adapter": "adapter",
    "load_model_folder": "weights",
    "page_table_of": "paged",
    "save_adapter": "adapter",
    "save_model_folder": "weights",
    "token_losses": "loss",
}
__all__ = [*_EXPORTS]

if TYPE_CHECKING:
    from glmkit.model.adapter import load_adapter, save_adapter
    from glmkit.model.config import ModelConfig, chatglm3_6b
    from glmkit.model.glm import GLM
    from glmkit.model.loss import token_losses
    from glmkit.model.paged import PagedView, PageMemory, page_table_of
    from glmkit.model.prefix import PrefixEncoder
    from glmkit.model.views import AttentionView, PackedView
    from glmkit.model.weights import base_fingerprint, load_model_folder, save_model_folder


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
