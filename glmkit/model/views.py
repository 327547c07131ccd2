"""Attention views: which tokens of the flat stream belong together, and what stands before them.

In: the queries, keys and values of one layer over the whole stream. Out: what each query read. ``PackedView`` is a
training row (documents one after another, causal inside each, a learned prefix before each); the serving view is in
``paged``. The network calls ``attend`` and knows nothing else.

    stream      a a a a b b b          a query of b sees    P P b b b     and never    a
    keys        P P a a a a P P b b b                       (prefix, then its own past)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

# From this many tokens on, attention behind a prefix is faster as a square causal problem; see _attend_behind_prefix.
SQUARE_FROM = 768


class AttentionView(Protocol):
    """What the network needs to know about a stream."""

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Return what each query read, [T, H, d], from q [T, H, d] and the stream's own k, v [T, K, d] (rotated)."""


class PackedView:
    """A training row: documents of the given lengths, causal inside each, an optional prefix before each.

    Args:
        document_lengths: tokens of each document, each at least 1; their sum is the length of the stream.
        device: where the stream is. CUDA cards from Ampere on use one variable-length kernel; everything else SDPA.
        prefix: [L, 2, P, K, d] keys (index 0, not rotated) and values (1), any float dtype: P-Tuning v2, 2110.07602.
    """

    def __init__(
        self, document_lengths: Sequence[int], device: torch.device | str, prefix: Tensor | None = None
    ) -> None:
        self.document_lengths = list(document_lengths)
        self.device = torch.device(device)
        self.prefix = prefix
        self.prefix_len = 0 if prefix is None else prefix.shape[2]
        self._varlen: _VarlenLayout | None = None
        self._groups: _EqualLengths | None = None

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Return what each query read, [T, H, d]; see AttentionView."""
        prefix = None if self.prefix is None else self.prefix[layer]  # [2, P, K, d]
        if has_varlen_kernel(q):
            self._varlen = self._varlen or _VarlenLayout(self.document_lengths, self.prefix_len, self.device)
            return self._varlen.attend(q, k, v, prefix)
        self._groups = self._groups or _EqualLengths(self.document_lengths, self.device)
        return self._groups.attend(q, k, v, prefix)


class _EqualLengths:
    """SDPA for a row: documents of equal length form one batch, so that many short ones cost one call."""

    def __init__(self, lengths: list[int], device: torch.device) -> None:
        starts = [0, *accumulate(lengths)]
        by_length: dict[int, list[int]] = {}
        for start, length in zip(starts, lengths, strict=False):
            by_length.setdefault(length, []).append(start)
        self.sizes = [(len(group), length) for length, group in by_length.items()]
        order = [start + i for length, group in by_length.items() for start in group for i in range(length)]
        self.order: Tensor | None = None  # None: the groups already lie in the stream's order
        if order != list(range(starts[-1])):
            self.order = torch.tensor(order, device=device)
            self.place = torch.argsort(self.order)
        self.longest = max(lengths)
        self.mask: Tensor | None = None  # of the longest document; every shorter one's is its upper left corner

    def attend(self, q: Tensor, k: Tensor, v: Tensor, prefix: Tensor | None) -> Tensor:
        """Return [T, H, d]."""
        if self.order is not None:
            q, k, v = q[self.order], k[self.order], v[self.order]
        # One split, not a slice a group: the gradient of a split is one concatenation, a slice's is a row of zeros.
        tokens = [count * length for count, length in self.sizes]
        if prefix is not None and self.mask is None:
            self.mask = bottom_right_causal(self.longest, prefix.shape[1], q.device)
        outputs = []
        for size, *streams in zip(self.sizes, *(torch.split(x, tokens) for x in (q, k, v)), strict=True):
            q_group, k_group, v_group = (x.unflatten(0, size) for x in streams)  # [count, length, heads, d]
            outputs.append(
                _attend_behind_prefix(q_group, k_group, v_group, prefix, self.mask).flatten(0, 1)
            )  # [.., H, d]
        attended = torch.cat(outputs)  # [T, H, d]
        return attended if self.order is None else attended[self.place]


class _VarlenLayout:
    """The variable-length kernel's view of a row: where each document and its prefix copy stand among the keys."""

    def __init__(self, lengths: list[int], prefix_len: int, device: torch.device) -> None:
        ends = torch.tensor([0, *accumulate(lengths)], dtype=torch.int32)
        key_ends = ends + prefix_len * torch.arange(len(ends), dtype=torch.int32)
        self.num_keys = int(key_ends[-1])
        self.num_documents = len(lengths)
        self.max_lengths = (max(lengths), max(lengths) + prefix_len)
        self.ends = ends.to(device), key_ends.to(device)  # int32 [documents + 1] each
        is_prefix = torch.zeros(self.num_keys, dtype=torch.bool)
        is_prefix[(key_ends[:-1, None] + torch.arange(prefix_len)).flatten()] = True
        self.prefix_places = is_prefix.nonzero()[:, 0].to(device)  # int64 [documents * P]
        self.token_places = (~is_prefix).nonzero()[:, 0].to(device)  # int64 [T]

    def attend(self, q: Tensor, k: Tensor, v: Tensor, prefix: Tensor | None) -> Tensor:
        """Return [T, H, d]."""
        if prefix is not None:
            k, v = self._behind_prefix(k, prefix[0]), self._behind_prefix(v, prefix[1])
        kernel, options = varlen_kernel()
        return kernel(q, k, v, *self.ends, *self.max_lengths, **options)

    def _behind_prefix(self, x: Tensor, prefix: Tensor) -> Tensor:
        """Return the stream's keys or values [T, K, d] with a copy of ``prefix`` [P, K, d] before each document.

        Written with index_copy: its gradient gathers, while a gather's gradient would add rows atomically in bfloat16.
        The copies are made before the cast: the gradient's sum over documents then runs in the prefix's own float32.
        """
        copies = prefix.expand(self.num_documents, -1, -1, -1).to(x.dtype).flatten(0, 1)  # [documents * P, K, d]
        keys = x.new_empty(self.num_keys, *x.shape[1:])
        return keys.index_copy_(0, self.prefix_places, copies).index_copy_(0, self.token_places, x)


@cache
def varlen_kernel() -> tuple[Callable[..., Any], dict[str, Any]]:
    """Return PyTorch's variable-length attention and the options that make it causal and grouped in this release."""
    from torch.nn.attention.varlen import varlen_attn

    known = inspect.signature(varlen_attn).parameters
    options: dict[str, Any] = {"window_size": (-1, 0)} if "window_size" in known else {"is_causal": True}
    if "enable_gqa" in known:
        options["enable_gqa"] = True
    return varlen_attn, options


def has_varlen_kernel(q: Tensor) -> bool:
    """Tell whether the variable-length kernel takes ``q``: a half type on an NVIDIA card from Ampere on."""
    if not q.is_cuda or q.dtype not in (torch.float16, torch.bfloat16) or torch.version.cuda is None:
        return False
    return torch.cuda.get_device_capability(q.device) >= (8, 0)


def bottom_right_causal(num_tokens: int, prefix_len: int, device: torch.device) -> Tensor:
    """Return what is added to the scores of a document behind a prefix: float32 [T, P + T], 0 or minus infinity.

    In this form, because SDPA would turn a boolean mask into it anew for every document and layer.
    """
    hidden = torch.full((num_tokens, prefix_len + num_tokens), -torch.inf, device=device)
    return hidden.triu(prefix_len + 1)  # token i sees the prefix and tokens 0 .. i


def _attend_behind_prefix(q: Tensor, k: Tensor, v: Tensor, prefix: Tensor | None, mask: Tensor | None) -> Tensor:
    """Return causal attention [n, T, H, d] of n equally long documents, each behind the same prefix [2, P, K, d].

    ``mask`` is that of ``bottom_right_causal`` for T tokens or more; None without a prefix.
    """
    if prefix is None or mask is None:
        return grouped_attention(q, k, v, mask=None)
    n, T = q.shape[:2]
    P = prefix.shape[1]
    # The copies are made before the cast: the gradient's sum over documents then runs in the prefix's own float32.
    copies = prefix[:, None].expand(-1, n, -1, -1, -1).to(k.dtype)  # [2, n, P, K, d]
    k, v = torch.cat([copies[0], k], dim=1), torch.cat([copies[1], v], dim=1)  # [n, P + T, K, d]
    if T >= SQUARE_FROM and T >= 4 * P:
        # P idle queries in front make the problem square; without a mask the kernel skips the upper half.
        # Measured forward and backward on two cores, T 1024, P 128: 77 ms, with the mask 105 ms.
        return grouped_attention(F.pad(q, (0, 0, 0, 0, P, 0)), k, v, mask=None)[:, P:]
    return grouped_attention(q, k, v, mask[:T, : P + T])


def grouped_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Return softmax(q k / sqrt(d)) v, [n, T, H, d], by PyTorch's SDPA.

    Args:
        q: [n, T, H, d].
        k: [n, S, K, d]; each key head serves H / K neighbouring query heads.
        v: [n, S, K, d].
        mask: bool, True where a query may look, or float, added to the scores, broadcast to [n, 1, T, S]; None means
            causal, with S == T.
    """
    dtype, T, group = q.dtype, q.shape[1], q.shape[2] // k.shape[2]
    if q.device.type == "cpu" and dtype != torch.float32 and q.requires_grad:
        q, k, v = q.float(), k.float(), v.float()  # SDPA's half backward takes four times as long on the CPU
    if mask is not None and mask.is_floating_point():
        mask = mask.to(q.dtype)
    k, v = k.transpose(1, 2), v.transpose(1, 2)  # [n, K, S, d]
    if T == 1 and mask is not None:  # decoding: a group's query heads become rows of one head, its keys are read once
        rows = q[:, 0].reshape(len(q), -1, group, q.shape[-1])  # [n, K, H / K, d]
        attended = F.scaled_dot_product_attention(rows, k, v, attn_mask=mask)
        return attended.flatten(1, 2)[:, None].to(dtype)  # [n, 1, H, d]
    q = q.transpose(1, 2)  # [n, H, T, d]
    if q.is_cuda:  # the memory-efficient kernel knows no groups
        k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
    attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None, enable_gqa=not q.is_cuda)
    return attended.transpose(1, 2).to(dtype)  # [n, T, H, d]
