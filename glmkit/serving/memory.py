"""How much memory the keys and values of an engine may take: a fixed number of pages, or as many as turn out necessary.

Joins ``model.paged.PageMemory`` (what stands in pages) and ``pages.PagePool`` (whose they are). The engine makes one.
"""

from __future__ import annotations

from pathlib import Path

import torch

from glmkit.errors import ConfigError, RequestError
from glmkit.model.glm import GLM
from glmkit.model.paged import PageMemory
from glmkit.serving.pages import PagePool

PAGE_SIZE = 16  # places; 32 is as fast, and wastes twice as many at the end of each text

# Of the memory that is free when the engine is made; the rest is for activations, and for the moment of growing, when
# old and new pages exist.
SHARE_OF_FREE = 0.5


class ServingMemory:
    """Pages for up to ``max_batch`` requests of ``max_seq_len`` tokens, and the prefixes before them.

    Args:
        model: whose keys and values they are.
        prefix_len: of the model's own prefix.
        num_pages: made at once, prefixes included; None makes them as they are needed.
        max_batch: most requests that run at once.
        max_seq_len: most tokens of a request.

    Raises:
        ConfigError: ``num_pages`` cannot hold one request.
    """

    def __init__(self, model: GLM, prefix_len: int, num_pages: int | None, max_batch: int, max_seq_len: int) -> None:
        self.pages_of_one = num_pages_for(PAGE_SIZE - 1 + max_seq_len)  # the longest end of a prefix, and a text
        needed = num_pages_for(prefix_len) + self.pages_of_one
        if num_pages is not None and num_pages < needed:
            values = {"value": num_pages, "size": PAGE_SIZE, "tokens": max_seq_len, "needed": needed}
            raise ConfigError("serving-too-few-pages", where="num_pages", **values)
        self.is_fixed = num_pages is not None
        self.tensors = PageMemory(model.config, num_pages or 0, PAGE_SIZE, model.dtype, model.device)
        self._pages_of_text = min(
            max_batch * self.pages_of_one,
            max(self.pages_of_one, affordable_bytes(model.device) // self.tensors.bytes_per_page),
        )
        limit = num_pages or self._pages_of_text + num_pages_for(prefix_len)
        self.pool = PagePool(limit, None if self.is_fixed else self.tensors.grow)

    def make_room(self, name: str, needed: int, held: int) -> None:
        """See to it that one request can still run when another adapter is loaded.

        Args:
            name: of the adapter.
            needed: pages it takes.
            held: pages that adapters hold already.

        Raises:
            RequestError: the pages are too few.
        """
        if not self.is_fixed:
            self.pool.limit = max(self.pool.limit, self._pages_of_text + held + needed)
        available = self.pool.limit - held - self.pages_of_one
        if available < needed:
            raise RequestError("serving-adapter-no-pages", name=name, needed=needed, available=available)


def num_pages_for(num_places: int) -> int:
    """Return how many pages hold so many places."""
    return -(-num_places // PAGE_SIZE)


def affordable_bytes(device: torch.device) -> int:
    """Return how much of the free memory keys and values may take; without limit where nobody tells what is free."""
    if device.type == "cuda":
        return int(SHARE_OF_FREE * torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (available,) = (int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError):  # not Linux
        return 1 << 62
    return int(SHARE_OF_FREE * 1024 * available)
