"""PageMemory and PagedView: attention of a serving step, whose keys and values outlive the step in fixed-size pages.

A step is one flat stream in which some requests bring many tokens (prefill) and others one (decode). Each request has
a page table: its places 0, 1, 2, ... stand in the pages of its row, page_size to a page, without holes. A P-Tuning
prefix is what stands in the first places; requests may share pages that none of them writes any more.

    page table of a request   [ 7, 2, 9 ]           pages of 4 places, prefix of 6, text of 5 tokens
    places                     PPPP PPtt ttt.       7 is shared by all requests of the adapter; . is empty
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor

from glmkit.model.config import ModelConfig
from glmkit.model.views import grouped_attention

# Requests attended to in one call, neighbours in length. Measured on two cores, 32 requests decoding, 6 heads of 64 in
# 2 groups, lengths 40 to 970: 1.1 ms a layer with 8 (of it 0.3 for the gather), 2.4 with 1, 2.5 with 32.
GROUP_ON_CPU = 8
GROUP_ON_CARD = 64  # launches cost more than padding


class PageMemory:
    """Keys and values of ``num_pages`` pages.

    ``tensor`` is [L, pages, page_size, 2, K, d], index 0 keys, 1 values: a place's keys and values stand together, so
    that one gather brings both.
    """

    def __init__(
        self,
        config: ModelConfig,
        num_pages: int,
        page_size: int = 16,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        self.page_size = page_size
        shape = (config.num_layers, num_pages, page_size, 2, config.num_kv_heads, config.head_dim)
        self.tensor = torch.zeros(shape, dtype=dtype, device=device)

    @property
    def num_pages(self) -> int:
        """How many pages there are."""
        return self.tensor.shape[1]

    @property
    def bytes_per_page(self) -> int:
        """Memory of one page in all layers."""
        layers, _, *page = self.tensor.shape
        return layers * torch.Size(page).numel() * self.tensor.element_size()

    @torch.inference_mode()
    def grow(self, num_pages: int) -> int:
        """Make room for ``num_pages`` pages, keeping what stands in the present ones; return how many there are now.

        Where the memory for it cannot be had, everything stays as it was.
        """
        old = self.tensor
        try:
            new = old.new_zeros(old.shape[0], max(num_pages, self.num_pages), *old.shape[2:])
        except RuntimeError:  # torch.OutOfMemoryError is one; the CPU's allocator raises it plain
            return self.num_pages
        new[:, : self.num_pages] = old
        self.tensor = new
        return self.num_pages

    @torch.inference_mode()
    def clear(self, pages: Sequence[int]) -> None:
        """Fill pages with zeros: an empty place enters products with weight 0, and 0 * NaN is NaN."""
        if pages:
            self.tensor.index_fill_(1, torch.tensor(pages, device=self.tensor.device), 0)

    @torch.inference_mode()
    def copy(self, source: int, target: int) -> None:
        """Copy one page in all layers."""
        self.tensor[:, target] = self.tensor[:, source]

    @torch.inference_mode()
    def write_prefix(self, pages: Sequence[int], prefix: Tensor) -> None:
        """Put ``prefix`` [L, 2, P, K, d] (keys not rotated) into the first P places of ``pages``."""
        self.clear(pages)
        for start in range(0, prefix.shape[2], self.page_size):
            part = prefix[:, :, start : start + self.page_size].transpose(1, 2)  # [L, places, 2, K, d]
            self.tensor[:, pages[start // self.page_size], : part.shape[1]] = part.to(self.tensor)

    def is_finite(self, pages: Sequence[int]) -> bool:
        """Tell whether every number in ``pages`` is finite."""
        held = self.tensor[:, torch.tensor(pages, device=self.tensor.device)]
        return bool(held.isfinite().all())


class PagedView:
    """One serving step: request i brings ``query_lengths[i]`` tokens, behind ``past_lengths[i]`` text tokens of before.

    Requests bring their tokens in the order given. ``attend`` writes the new keys and values into the pages, so a view
    serves one forward pass.

    Args:
        memory: the pages.
        page_table: int64 [requests, W] on the CPU, from ``page_table_of``.
        past_lengths: text tokens whose keys and values already stand in the pages.
        query_lengths: new tokens, at least 1.
        prefix_lens: places before the text; None means no prefixes.

    Attributes:
        position_ids: int64 [T], from 0 at the first text token.
        last_rows: int64 [requests], the row of each request's last token.
    """

    def __init__(
        self,
        memory: PageMemory,
        page_table: Tensor,
        past_lengths: Sequence[int],
        query_lengths: Sequence[int],
        prefix_lens: Sequence[int] | None = None,
    ) -> None:
        self.memory = memory
        device, size = memory.tensor.device, memory.page_size
        lengths, past = torch.tensor(query_lengths), torch.tensor(past_lengths)
        firsts = past + torch.tensor(prefix_lens) if prefix_lens is not None else past  # place of the first new token
        needed, width = int((firsts + lengths).max()), page_table.shape[1]
        if needed > width * size:
            raise ValueError(f"{width} pages of {size} hold {width * size} places, {needed} are needed")
        starts = torch.tensor([0, *accumulate(query_lengths)])
        request = torch.repeat_interleave(torch.arange(len(lengths)), lengths)  # [T]
        step = torch.arange(int(starts[-1])) - starts[request]  # [T], 0 at each request's first new token
        place = firsts[request] + step
        self.position_ids = (past[request] + step).to(device)
        self.last_rows = (starts[1:] - 1).to(device)
        self._slots = (page_table[request, place // size] * size + place % size).to(device)  # [T], in flattened pages
        groups = _groups_of(firsts.tolist(), query_lengths, GROUP_ON_CPU if device.type == "cpu" else GROUP_ON_CARD)
        self._groups = [_Group(members, page_table, firsts, lengths, size, device) for members in groups]
        order = torch.cat([(starts[members][:, None] + torch.arange(query_lengths[members[0]])).flatten()
                           for members in groups])  # fmt: skip
        self._order: Tensor | None = None  # None: the groups already lie in the stream's order
        if not torch.equal(order, torch.arange(len(order))):
            self._order, self._back = order.to(device), torch.argsort(order).to(device)

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Store k and v, and return what each query read, [T, H, d]; see ``views.AttentionView``."""
        pages = self.memory.tensor[layer]  # [pages, page_size, 2, K, d]
        pages.flatten(0, 1).index_copy_(0, self._slots, torch.stack([k, v], dim=1).detach().to(pages.dtype))
        if self._order is not None:
            q, k, v = q[self._order], k[self._order], v[self._order]
        attended, start = [], 0
        for group in self._groups:
            rows = slice(start, start + group.num_tokens)
            attended.append(group.attend(q[rows], k[rows], v[rows], pages))
            start += group.num_tokens
        out = attended[0] if len(attended) == 1 else torch.cat(attended)  # [T, H, d]
        return out if self._order is None else out[self._back]


def page_table_of(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return the page numbers of each request as int64 [requests, W]; short rows go on with their own first page.

    What stands there is read and weighted with 0, so it must be nobody else's.
    """
    width = max(map(len, rows))
    return torch.tensor([[*row, *[row[0]] * (width - len(row))] for row in rows])


def _groups_of(firsts: Sequence[int], query_lengths: Sequence[int], most: int) -> list[list[int]]:
    """Return the requests in groups of at most ``most`` that bring equally many tokens, neighbours in length."""
    order = sorted(range(len(firsts)), key=lambda i: (query_lengths[i], firsts[i]))
    groups: list[list[int]] = []
    for i in order:
        last = groups[-1] if groups else []
        # Those with nothing before them stay among themselves: no gather, no mask.
        alike = last and query_lengths[last[0]] == query_lengths[i] and (firsts[last[0]] == 0) == (firsts[i] == 0)
        if alike and len(last) < most:
            last.append(i)
        else:
            groups.append([i])
    return groups


class _Group:
    """Requests of a step that bring equally many tokens, for example some that decode: one batched attention call."""

    def __init__(
        self, members: list[int], table: Tensor, firsts: Tensor, lengths: Tensor, page_size: int, device: torch.device
    ) -> None:
        self.count, self.length = len(members), int(lengths[members[0]])
        self.num_tokens = self.count * self.length
        own = firsts[members]  # [n]
        self.pages: Tensor | slice | None = None  # None: nothing stands before them, which is plain causal attention
        if own.any():
            width = -(-(int(own.max()) + self.length) // page_size)
            pages = table[members, :width].flatten()  # [n * width]
            self.pages = pages.to(device)
            if bool((pages.diff() == 1).all()):  # neighbours, as a lone request's are as a rule: read in place
                self.pages = slice(int(pages[0]), int(pages[-1]) + 1)
            last_place = own[:, None] + torch.arange(self.length)  # [n, T], each query's own place
            hidden = torch.arange(width * page_size) > last_place[..., None]  # [n, T, S]
            mask = torch.zeros(hidden.shape).masked_fill_(hidden, -torch.inf)
            self.mask = mask[:, None].to(device)  # [n, 1, T, S], float: SDPA would convert a bool one in every layer

    def attend(self, q: Tensor, k: Tensor, v: Tensor, pages: Tensor) -> Tensor:
        """Return [n * T, H, d] from the group's own rows and one layer of the memory."""
        q, k, v = (x.view(self.count, self.length, *x.shape[1:]) for x in (q, k, v))  # [n, T, heads, d]
        if self.pages is None:
            return grouped_attention(q, k, v, mask=None).flatten(0, 1)
        held = pages[self.pages] if isinstance(self.pages, slice) else pages.index_select(0, self.pages)
        held = held.view(self.count, -1, *pages.shape[2:])  # [n, S, 2, K, d]
        k, v = held[:, :, 0].to(q.dtype), held[:, :, 1].to(q.dtype)
        return grouped_attention(q, k, v, self.mask).flatten(0, 1)
