"""KVCache and CachedView: attention of a serving step, whose keys and values outlive the step.

A step is one flat stream in which some requests bring many tokens (prefill) and others one (decode). Each request owns
a slot of the cache; a P-Tuning prefix is simply what stands in a slot's first places. The engine allocates slots, makes
a view per step, and calls the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from glmkit.model.config import ModelConfig
from glmkit.model.views import grouped_attention


class KVCache:
    """Keys and values of ``num_slots`` requests of at most ``max_len`` places each, prefix included.

    ``memory`` is [L, 2, slots, places, K, d], index 0 keys, 1 values.
    """

    def __init__(
        self,
        config: ModelConfig,
        num_slots: int,
        max_len: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        self.num_slots, self.max_len = num_slots, max_len
        # Zeros, not empty: a masked place still enters a product with weight 0, and 0 * NaN is NaN.
        self.memory = torch.zeros(
            config.num_layers, 2, num_slots, max_len, config.num_kv_heads, config.head_dim, dtype=dtype, device=device
        )
        self.prefix_lens = [0] * num_slots  # places of each slot that a prefix occupies

    @torch.no_grad()
    def fill_prefix(self, slot: int, prefix: Tensor | None) -> None:
        """Start ``slot`` with ``prefix`` [L, 2, P, K, d], or with nothing; what stood in the slot counts no more."""
        self.prefix_lens[slot] = 0 if prefix is None else prefix.shape[2]
        if prefix is not None:
            self.memory[:, :, slot, : prefix.shape[2]] = prefix


class CachedView:
    """One serving step: request i brings ``query_lengths[i]`` tokens, behind ``past_lengths[i]`` cached ones.

    Requests bring their tokens in the order given. ``attend`` writes the new keys and values into the cache, so a view
    serves one forward pass. Past lengths count text tokens; a slot's prefix is found by the view.

    ``position_ids`` is the step's int64 [T], from 0 at the first text token; ``last_rows`` is int64 [requests], the row
    of each request's last token.
    """

    def __init__(
        self, cache: KVCache, slots: Sequence[int], past_lengths: Sequence[int], query_lengths: Sequence[int]
    ) -> None:
        self.cache = cache
        device = cache.memory.device
        positions, places = [], []
        by_length: dict[int, list[tuple[int, int, int]]] = {}  # query length -> (first row, slot, first place)
        starts = [0, *accumulate(query_lengths)]
        for start, slot, past, length in zip(starts, slots, past_lengths, query_lengths, strict=False):
            first = cache.prefix_lens[slot] + past
            if first + length > cache.max_len:
                raise ValueError(f"slot {slot} holds {cache.max_len} places, {first + length} are needed")
            positions.append(torch.arange(past, past + length))
            places.append(slot * cache.max_len + first + torch.arange(length))
            by_length.setdefault(length, []).append((start, slot, first))
        self.position_ids = torch.cat(positions).to(device)
        self.last_rows = torch.tensor(starts[1:], device=device) - 1
        self._places = torch.cat(places).to(device)  # [T], in the cache's flattened slots
        self._groups = [_Group(length, members, device) for length, members in by_length.items()]

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Cache k and v, and return what each query read, [T, H, d]; see ``views.AttentionView``."""
        keys, values = self.cache.memory[layer]  # [slots, places, K, d] each
        keys.flatten(0, 1)[self._places] = k.detach().to(keys.dtype)
        values.flatten(0, 1)[self._places] = v.detach().to(values.dtype)
        if len(self._groups) == 1:
            return self._groups[0].attend(q, keys, values)
        attended = torch.empty_like(q)
        for group in self._groups:
            attended[group.rows] = group.attend(q[group.rows], keys, values)
        return attended


class _Group:
    """Requests of a step that bring equally many tokens, for example all that decode: one batched attention call."""

    def __init__(self, length: int, members: list[tuple[int, int, int]], device: torch.device) -> None:
        starts, slots, firsts = zip(*members, strict=True)
        self.length = length
        self.num_places = max(firsts) + length
        self.rows = (torch.tensor(starts)[:, None] + torch.arange(length)).flatten().to(device)
        neighbours = list(slots) == list(range(slots[0], slots[0] + len(slots)))
        self.slots: slice | Tensor = (  # a slice reads the cache in place, an index copies it
            slice(slots[0], slots[0] + len(slots)) if neighbours else torch.tensor(slots, device=device)
        )
        self.mask: Tensor | None = None  # None: all start in an empty slot, which is plain causal attention
        if any(firsts):
            self.mask = self._visible(firsts).to(device)  # [n, 1, T, S]

    def _visible(self, firsts: tuple[int, ...]) -> Tensor:
        """Return which places each query sees: everything up to its own, bool [n, 1, T, S]."""
        own_place = torch.tensor(firsts)[:, None] + torch.arange(self.length)  # [n, T]
        return (torch.arange(self.num_places) <= own_place[..., None])[:, None]

    def attend(self, q: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return [n * T, H, d] from q of the group's rows and one layer of the cache."""
        k, v = (x[self.slots, : self.num_places] for x in (keys, values))  # [n, S, K, d]
        q = q.view(-1, self.length, *q.shape[1:])  # [n, T, H, d]
        return grouped_attention(q, k.to(q.dtype), v.to(q.dtype), self.mask).flatten(0, 1)
