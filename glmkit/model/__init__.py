"""The GLM network, its attention views, the learned prefix, and their files on disk."""

from __future__ import annotations

from glmkit.model.adapter import load_adapter, save_adapter
from glmkit.model.config import ModelConfig, chatglm3_6b
from glmkit.model.glm import GLM
from glmkit.model.loss import token_losses
from glmkit.model.paged import PagedView, PageMemory, page_table_of
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.views import AttentionView, PackedView
from glmkit.model.weights import base_fingerprint, load_model_folder, save_model_folder

__all__ = [
    "GLM",
    "AttentionView",
    "ModelConfig",
    "PackedView",
    "PageMemory",
    "PagedView",
    "PrefixEncoder",
    "base_fingerprint",
    "chatglm3_6b",
    "load_adapter",
    "load_model_folder",
    "page_table_of",
    "save_adapter",
    "save_model_folder",
    "token_losses",
]
