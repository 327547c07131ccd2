"""The GLM network on a flat stream of tokens: ids and positions go in, hidden states come out.

``hidden = glm(input_ids, position_ids, view)``. The view (``views``, ``paged``) knows which tokens belong together and
which keys and values stand before them; nothing here does. Training, serving and tests all call this one forward.

Shapes: B rows, T tokens of the stream, N rows somebody reads, D hidden_size, H query heads, K key/value heads,
d head_dim, F intermediate_size, V vocab_size, P prefix length, L layers. ChatGLM: 2406.12793.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from glmkit.model.config import ModelConfig
from glmkit.model.embedding import new_embedding
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.views import AttentionView, PackedView

ROTARY_BASE = 10000.0


class RMSNorm(nn.Module):
    """Divide by the root mean square of the last dimension (1910.07467); float32, because squares overflow float16."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` normalised, in the dtype of ``x``."""
        return F.rms_norm(x.float(), self.weight.shape, self.weight.float(), self.eps).to(x.dtype)


def rotation(position_ids: Tensor, config: ModelConfig) -> Tensor:
    """Return how far each position turns each pair of channels (2104.09864), complex64 [T, 1, rotary_dim / 2]."""
    exponent = torch.arange(0, config.rotary_dim, 2, device=position_ids.device).float() / config.rotary_dim
    frequency = 1.0 / (ROTARY_BASE * config.rope_ratio) ** exponent
    angle = torch.outer(position_ids.float(), frequency)  # float32: positions in a half type are off from 257 on
    return torch.polar(torch.ones_like(angle), angle)[:, None]  # [T, 1, rotary_dim / 2]


def rotate(x: Tensor, rotation: Tensor) -> Tensor:
    """Turn the first half of each head of ``x`` [T, heads, d]; the other half passes. Computed in float32.

    GLM's pairs are neighbours (2j, 2j + 1), not the two halves: each pair is one complex number.
    """
    rotary_dim = 2 * rotation.shape[-1]
    pairs = x[..., :rotary_dim].float().reshape(*x.shape[:-1], -1, 2)
    turned = torch.view_as_complex(pairs) * rotation  # [T, heads, rotary_dim / 2]
    return torch.cat([torch.view_as_real(turned).flatten(-2).to(x.dtype), x[..., rotary_dim:]], dim=-1)  # [T, heads, d]


class Attention(nn.Module):
    """Grouped-query attention (2305.13245): one fused projection in, rotary, whatever the view attends to, one out."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.num_heads, self.num_kv_heads, self.head_dim = config.num_heads, config.num_kv_heads, config.head_dim
        qkv_size = (config.num_heads + 2 * config.num_kv_heads) * config.head_dim
        self.qkv_proj = nn.Linear(config.hidden_size, qkv_size, bias=config.qkv_bias)
        self.o_proj = nn.Linear(config.num_heads * config.head_dim, config.hidden_size, bias=False)

    def forward(self, x: Tensor, rotation: Tensor, view: AttentionView, layer: int) -> Tensor:
        """Return the attention output [T, D] of ``x`` [T, D]."""
        H, K = self.num_heads, self.num_kv_heads
        qkv = self.qkv_proj(x).view(-1, H + 2 * K, self.head_dim)  # [T, H + 2K, d]
        qk = rotate(qkv[:, : H + K], rotation)
        attended = view.attend(layer, qk[:, :H], qk[:, H:], qkv[:, H + K :])  # [T, H, d]
        return self.o_proj(attended.flatten(1))  # [T, D]


class MLP(nn.Module):
    """SwiGLU (2002.05202); the gate is the first half of the fused projection."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_up_proj = nn.Linear(config.hidden_size, 2 * config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return [T, D] from ``x`` [T, D]."""
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)  # [T, F] each
        return self.down_proj(F.silu(gate) * up)  # [T, D]


class Block(nn.Module):
    """One layer: attention and MLP, each behind a norm and beside a residual."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = MLP(config)

    def forward(
        self, x: Tensor, rotation: Tensor, view: AttentionView, layer: int, rows: Tensor | None = None
    ) -> Tensor:
        """Return [T, D] from ``x`` [T, D], or only the rows [N] that somebody reads, [N, D]."""
        x = x + self.self_attn(self.input_layernorm(x), rotation, view, layer)
        if rows is not None:
            x = x[rows]  # [N, D]: every token's keys and values were needed, its MLP is not
        return x + self.mlp(self.post_attention_layernorm(x))


class GLM(nn.Module):
    """The whole network. ``prefix`` is a P-Tuning v2 encoder or None; only the padded door ``logits`` reads it.

    A large model is built on the meta device and given its weights afterwards (``weights.load_model_folder``), or
    emptied onto a device and filled by ``init_weights``.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = new_embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.prefix: PrefixEncoder | None = None

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.embed_tokens.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the weights and of the hidden states; norms, rotary, softmax and logits are float32."""
        return self.embed_tokens.weight.dtype

    def forward(
        self, input_ids: Tensor, position_ids: Tensor, view: AttentionView, rows: Tensor | None = None
    ) -> Tensor:
        """Return hidden states after the final norm.

        Args:
            input_ids: int64 [T], documents or requests one after another, no padding.
            position_ids: int64 [T], from 0 in each document, whether or not a prefix stands before it.
            view: what each token attends to.
            rows: int64 [N], the tokens whose hidden states are wanted; None means all.

        Returns:
            [N, D] (or [T, D]) in the model's dtype.
        """
        x = self.embed_tokens(input_ids)  # [T, D]
        turn = rotation(position_ids, self.config)
        last = len(self.layers) - 1
        for layer, block in enumerate(self.layers):
            x = block(x, turn, view, layer, rows if layer == last else None)
        return self.norm(x)  # [N, D]

    def logits_of(self, hidden: Tensor) -> Tensor:
        """Return float32 logits [N, V] of hidden states [N, D]; pass only the rows somebody reads."""
        return self.lm_head(hidden).float()

    def logits(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, position_ids: Tensor | None = None
    ) -> Tensor:
        """Return the logits of a padded batch: the door for tests and scripts; the system itself never pads.

        Args:
            input_ids: int64 [B, T].
            attention_mask: [B, T], 1 for a token and 0 for padding on either side; None means all tokens.
            position_ids: int64 [B, T]; None counts each row's tokens from 0.

        Returns:
            float32 [B, T, V]; zeros where attention_mask is 0.
        """
        real = torch.ones_like(input_ids, dtype=torch.bool) if attention_mask is None else attention_mask.bool()
        if position_ids is None:
            position_ids = real.long().cumsum(dim=1) - 1
        lengths = [n for n in real.sum(dim=1).tolist() if n > 0]
        view = PackedView(lengths, input_ids.device, prefix=None if self.prefix is None else self.prefix())
        stream = self.logits_of(self(input_ids[real], position_ids[real], view))  # [tokens, V]
        return stream.new_zeros(*input_ids.shape, self.config.vocab_size).masked_scatter(real[..., None], stream)

    @torch.no_grad()
    def init_weights(self, std: float = 0.02, seed: int = 0) -> None:
        """Fill every weight for training from scratch: N(0, std), norms 1, biases 0.

        The projections that write into the residual stream get std / sqrt(2 * num_layers), so that the stream does
        not grow with depth (GPT-2, section 2.3). One seed gives one model on every device.
        """
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            if "norm" in name:
                parameter.fill_(1.0)
            elif name.endswith("bias"):
                parameter.zero_()
            else:
                scale = (
                    math.sqrt(2 * self.config.num_layers) if name.endswith(("o_proj.weight", "down_proj.weight")) else 1
                )
                parameter.copy_(torch.empty(parameter.shape).normal_(0.0, std / scale, generator=generator))
