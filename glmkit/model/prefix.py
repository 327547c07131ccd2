"""PrefixEncoder: the learned keys and values of P-Tuning v2 (2110.07602), one set of P positions for every layer.

It holds the parameters under the original's names (``transformer.prefix_encoder.*``) and gives the views one tensor
[L, 2, P, K, d]. Prefix keys are not rotated and text positions start at 0, as in ChatGLM3. Training makes and
initialises it; ``adapter`` stores it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from glmkit.errors import ModelError
from glmkit.model.config import ModelConfig
from glmkit.model.embedding import new_embedding

if TYPE_CHECKING:
    from glmkit.model.glm import GLM
    from glmkit.model.views import AttentionView

NORMAL_STD = 0.02


class PrefixEncoder(nn.Module):
    """Float32 prefix parameters; made empty and useless until an ``init_`` method or a file fills them.

    Args:
        config: the model it stands before.
        prefix_len: P, positions per layer.
        projection: put a two-layer network with tanh behind the embedding (more parameters, slower, sometimes stabler).
        dropout: share of the prefix's numbers dropped in training, drawn once per call for all documents of the row.
    """

    def __init__(self, config: ModelConfig, prefix_len: int, projection: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.config, self.prefix_len, self.projection, self.dropout = config, prefix_len, projection, dropout
        width = prefix_width(config)
        self.embedding = new_embedding(prefix_len, width, dtype=torch.float32)
        self.trans: nn.Sequential | None = None
        if projection:
            hidden_size = config.hidden_size
            self.trans = nn.Sequential(
                nn.Linear(width, hidden_size, dtype=torch.float32),
                nn.Tanh(),
                nn.Linear(hidden_size, width, dtype=torch.float32),
            )

    def forward(self) -> Tensor:
        """Return the prefix of every layer: float32 [L, 2, P, K, d], index 0 keys, 1 values."""
        flat = self.embedding.weight if self.trans is None else self.trans(self.embedding.weight)  # [P, L * 2 * K * d]
        sizes = (self.config.num_layers, 2, self.config.num_kv_heads, self.config.head_dim)
        prefix = flat.view(-1, *sizes).permute(1, 2, 0, 3, 4)  # [L, 2, P, K, d]
        return F.dropout(prefix, self.dropout, self.training)

    @torch.no_grad()
    def init_normal(self, std: float = NORMAL_STD, generator: torch.Generator | None = None) -> None:
        """Draw every weight from N(0, std) and set biases to 0; ``generator`` is a CPU one (None: the global one)."""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            else:
                parameter.copy_(torch.empty(parameter.shape).normal_(0.0, std, generator=generator))

    @torch.no_grad()
    def init_from_tokens(self, model: GLM, input_ids: Tensor, generator: torch.Generator | None = None) -> None:
        """Start as the keys and values that ``model`` itself computes for P real tokens.

        With a projection the embedding and first layer are random and the last layer is solved by least squares, so
        that the output is those keys and values where P <= hidden_size, and as near as possible otherwise.

        Args:
            model: the base model.
            input_ids: int64 [P] on the model's device; another number of ids raises ModelError.
            generator: source of the projection's random weights, on the CPU.
        """
        if len(input_ids) != self.prefix_len:
            raise ModelError("model-prefix-token-count", found=len(input_ids), expected=self.prefix_len)
        target = _keys_and_values(model, input_ids).to(self.embedding.weight)  # [P, L * 2 * K * d]
        if self.trans is None:
            self.embedding.weight.copy_(target)
            return
        first, last = self.trans[0], self.trans[2]
        assert isinstance(first, nn.Linear) and isinstance(last, nn.Linear)
        self.embedding.weight.copy_(torch.empty(target.shape).normal_(generator=generator))
        first.weight.copy_(torch.empty(first.weight.shape).normal_(0.0, target.shape[1] ** -0.5, generator=generator))
        first.bias.zero_()
        last.bias.copy_(target.mean(dim=0))
        features = torch.tanh(first(self.embedding.weight))  # [P, D]
        last.weight.copy_((torch.linalg.pinv(features) @ (target - last.bias)).T)


def prefix_width(config: ModelConfig) -> int:
    """Return how many numbers one prefix position holds: a key and a value for every layer."""
    return config.num_layers * 2 * config.num_kv_heads * config.head_dim


def _keys_and_values(model: GLM, input_ids: Tensor) -> Tensor:
    """Return the unrotated keys and the values of one document, [T, L * 2 * K * d]."""
    from glmkit.model.glm import rotate, rotation  # glm imports this module
    from glmkit.model.views import PackedView

    view = _Recorder(PackedView([len(input_ids)], input_ids.device))
    position_ids = torch.arange(len(input_ids), device=input_ids.device)
    model(input_ids, position_ids, view)
    back = rotation(position_ids, model.config).conj()
    layers = [torch.stack([rotate(k, back), v], dim=1) for k, v in view.recorded]  # [T, 2, K, d] each
    return torch.stack(layers, dim=1).flatten(1)


class _Recorder:
    """A view that keeps the keys and values of every layer it passes on."""

    def __init__(self, view: AttentionView) -> None:
        self.view = view
        self.recorded: list[tuple[Tensor, Tensor]] = []

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        self.recorded.append((k, v))
        return self.view.attend(layer, q, k, v)
