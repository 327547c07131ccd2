"""glmkit: fine-tune GLM models on your conversations and put the result to work.

The public names below are resolved on first use: `import glmkit` and `glmkit --help` load neither torch nor numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

_EXPORTS = {
    "Conversation": "glmkit.chat.conversation",
    "Engine": "glmkit.serving.engine",
    "EvalConfig": "glmkit.config",
    "Evaluation": "glmkit.evaluation.result",
    "GLM": "glmkit.model.glm",
    "GlmkitError": "glmkit.errors",
    "Message": "glmkit.chat.conversation",
    "RunResult": "glmkit.training.loop",
    "Sample": "glmkit.chat.sample",
    "SamplingParams": "glmkit.serving.params",
    "Tokenizer": "glmkit.chat.tokenizer",
    "ToolCall": "glmkit.chat.conversation",
    "TrainConfig": "glmkit.config",
    "convert": "glmkit.data.convert",
    "encode_chat": "glmkit.chat.protocol",
    "encode_conversation": "glmkit.chat.protocol",
    "evaluate": "glmkit.evaluation.command",
    "load_model": "glmkit.loading",
    "load_tokenizer": "glmkit.loading",
    "train": "glmkit.tuning",
}
__all__ = ["__version__", *_EXPORTS]

if TYPE_CHECKING:
    from glmkit.chat.conversation import Conversation, Message, ToolCall
    from glmkit.chat.protocol import encode_chat, encode_conversation
    from glmkit.chat.sample import Sample
    from glmkit.chat.tokenizer import Tokenizer
    from glmkit.config import EvalConfig, TrainConfig
    from glmkit.data.convert import convert
    from glmkit.errors import GlmkitError
    from glmkit.evaluation.command import evaluate
    from glmkit.evaluation.result import Evaluation
    from glmkit.loading import load_model, load_tokenizer
    from glmkit.model.glm import GLM
    from glmkit.serving.engine import Engine
    from glmkit.serving.params import SamplingParams
    from glmkit.training.loop import RunResult
    from glmkit.tuning import train


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'glmkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
