"""The places of running requests in the key-value cache: chosen, grown, and remembered for prompts that begin alike.

A slot is ``[prefix | text]``: the model's learned prefix, put there once, then the keys and values of a request's ids.
``Engine`` is the only caller.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from glmkit.model.cached import CachedView, KVCache
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder

FIRST_LENGTH = 256  # tokens a new cache has room for


class Slots:
    """At most ``max_slots`` slots of at most ``max_seq_len`` text tokens; memory grows with use, by doubling."""

    def __init__(self, model: GLM, max_slots: int, max_seq_len: int) -> None:
        self.model = model
        self.max_slots = max_slots
        self.prefix = None if model.prefix is None else evaluated(model.prefix)  # [L, 2, P, K, d]
        self.prefix_len = 0 if self.prefix is None else self.prefix.shape[2]
        self.max_len = self.prefix_len + max_seq_len
        self.cache: KVCache | None = None
        self.held_ids: list[list[int]] = []  # per slot: the ids whose keys and values it holds

    def choose(self, prompt_ids: Sequence[int], busy: Collection[int]) -> tuple[int, int]:
        """Return a slot that is not busy and how many of the prompt's first ids it already holds."""
        free = [slot for slot in range(len(self.held_ids)) if slot not in busy]
        if not free:
            self.held_ids.append([])
            return len(self.held_ids) - 1, 0
        # The last id is always computed anew: the token after it is what the request is here for.
        held = {slot: shared_length(self.held_ids[slot], prompt_ids[:-1]) for slot in free}
        slot = max(free, key=lambda slot: (held[slot], -len(self.held_ids[slot])))
        return slot, held[slot]

    def release(self, slot: int, ids: list[int]) -> None:
        """Remember the ids whose keys and values the slot holds from now on."""
        self.held_ids[slot] = ids

    @torch.inference_mode()
    def clear(self, slot: int) -> None:
        """Empty a slot whose request failed: a NaN in it would reach later neighbours, since 0 * NaN is NaN."""
        self.held_ids[slot] = []
        if self.cache is not None:
            self.cache.memory[:, :, slot] = 0
            self.cache.fill_prefix(slot, self.prefix)

    def view(self, slots: list[int], *, past_lengths: list[int], query_lengths: list[int]) -> CachedView:
        """Return the attention view of one step, after making room for its tokens.

        Args:
            slots: One per request, in the order of the flat stream.
            past_lengths: Text tokens that already stand in each slot.
            query_lengths: New tokens of each request.
        """
        longest = max(past + query for past, query in zip(past_lengths, query_lengths, strict=True))
        self.cache = self._with_room(1 + max(slots), self.prefix_len + longest)
        return CachedView(self.cache, slots, past_lengths, query_lengths)

    def _with_room(self, num_slots: int, length: int) -> KVCache:
        """Return the cache, or a larger one that holds what it held."""
        old = self.cache
        old_slots, old_length = (old.num_slots, old.max_len) if old is not None else (0, 0)
        if old is not None and num_slots <= old_slots and length <= old_length:
            return old
        if num_slots > old_slots:
            num_slots = min(max(num_slots, 2 * old_slots), self.max_slots)
        if length > old_length:
            length = min(max(length, 2 * old_length, self.prefix_len + FIRST_LENGTH), self.max_len)
        new = KVCache(
            self.model.config, max(num_slots, old_slots), max(length, old_length), self.model.dtype, self.model.device
        )
        if old is not None:
            new.memory[:, :, :old_slots, :old_length] = old.memory
            new.prefix_lens[:old_slots] = old.prefix_lens
        for slot in range(old_slots, new.num_slots):
            new.fill_prefix(slot, self.prefix)
        return new


@torch.inference_mode()
def evaluated(encoder: PrefixEncoder) -> Tensor:
    """Return the prefix [L, 2, P, K, d] without dropout, whatever mode the encoder is in."""
    training = encoder.training
    try:
        return encoder.eval()()
    finally:
        encoder.train(training)


def shared_length(left: Sequence[int], right: Sequence[int]) -> int:
    """Return how many leading ids two sequences have in common."""
    limit = min(len(left), len(right))
    return next((index for index in range(limit) if left[index] != right[index]), limit)
