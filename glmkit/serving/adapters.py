"""Adapters beside the plain model: what each puts before the text of its requests, loaded and unloaded while serving.

A P-Tuning prefix is pages: filled once, shared by all its requests, never written again. Where its length is no
multiple of the page size, the rest stands in a page of its own, the tail, which every request copies into its first
page and goes on from there. The engine calls ``AdapterTable``; another kind of adapter (LoRA) needs only what
``Adapter`` holds, with a prefix of length 0, and a place where the model runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import torch
from torch import Tensor

from glmkit.errors import RequestError
from glmkit.model.prefix import PrefixEncoder
from glmkit.serving.memory import PAGE_SIZE, ServingMemory, num_pages_for
from glmkit.serving.pages import KEY_BYTES

_numbers = count(1)


def _new_key() -> bytes:
    return next(_numbers).to_bytes(KEY_BYTES, "big")


@dataclass(slots=True, eq=False, kw_only=True)
class Adapter:
    """What a request runs with.

    Attributes:
        name: as loaded; None for the model as the engine was given it.
        prefix_len: P, places before the text.
        pages: the prefix's full pages; every request's page table begins with them.
        tail_page: page that holds the last ``tail_len`` places of the prefix; None when these are none.
        key: where the content keys of its requests' pages begin, so that no two adapters share text pages. A name that
            is loaded again has another key.
        num_requests: how many requests hold it.
        is_unloading: no new request gets it; its pages go when the last request does.
    """

    name: str | None = None
    prefix_len: int = 0
    pages: list[int] = field(default_factory=list)
    tail_page: int | None = None
    tail_len: int = 0
    key: bytes = field(default_factory=_new_key)
    num_requests: int = 0
    is_unloading: bool = False

    @property
    def all_pages(self) -> list[int]:
        """Every page that the adapter holds."""
        return self.pages if self.tail_page is None else [*self.pages, self.tail_page]


class AdapterTable:
    """The adapters of one engine by name; None is the model as it was given."""

    def __init__(self, memory: ServingMemory) -> None:
        self._memory = memory
        self._by_name: dict[str | None, Adapter] = {}
        self._num_pages = 0  # held, those of adapters that are unloading included

    def names(self) -> list[str]:
        """Return the names that requests may ask for, in the order of loading."""
        return [name for name in self._by_name if name is not None]

    def load(self, name: str | None, prefix: Tensor | None) -> Adapter:
        """Put ``prefix`` [L, 2, P, K, d] into pages and offer it as ``name``.

        Raises:
            RequestError: the name is taken, or there are not enough free pages.
        """
        if name in self._by_name:
            raise RequestError("serving-adapter-name-taken", name=name)
        adapter = Adapter(name=name)
        if prefix is not None:
            adapter.prefix_len, adapter.tail_len = prefix.shape[2], prefix.shape[2] % PAGE_SIZE
            needed = num_pages_for(prefix.shape[2])
            self._memory.make_room(name or "-", needed, self._num_pages)
            pages = self._memory.pool.allocate(needed)
            if pages is None:
                available = self._memory.pool.num_available
                raise RequestError("serving-adapter-no-pages", name=name, needed=needed, available=available)
            self._num_pages += needed
            self._memory.tensors.write_prefix(pages, prefix)
            adapter.tail_page = pages.pop() if adapter.tail_len else None
            adapter.pages = pages
        self._by_name[name] = adapter
        return adapter

    def unload(self, name: str) -> Adapter:
        """Stop offering ``name``; its pages are given up now, or with the last request that uses it.

        Raises:
            RequestError: there is no such adapter.
        """
        adapter = self.get(name)
        del self._by_name[name]
        adapter.is_unloading = True
        self._give_up_if_unused(adapter)
        return adapter

    def get(self, name: str | None) -> Adapter:
        """Return the adapter ``name``. Raises RequestError, with the names there are, when there is none."""
        if name not in self._by_name:
            known = ", ".join(self.names()) or "-"
            raise RequestError("serving-unknown-adapter", name=name, known=known)
        return self._by_name[name]

    def acquire(self, name: str | None) -> Adapter:
        """Return the adapter ``name`` for one more request. Raises RequestError as ``get``."""
        adapter = self.get(name)
        adapter.num_requests += 1
        return adapter

    def release(self, adapter: Adapter) -> None:
        """One request less uses ``adapter``."""
        adapter.num_requests -= 1
        self._give_up_if_unused(adapter)

    def _give_up_if_unused(self, adapter: Adapter) -> None:
        if adapter.is_unloading and adapter.num_requests == 0:
            self._memory.pool.release(adapter.all_pages)
            self._num_pages -= len(adapter.all_pages)
            adapter.pages, adapter.tail_page = [], None


@torch.inference_mode()
def evaluated(encoder: PrefixEncoder) -> Tensor:
    """Return the prefix [L, 2, P, K, d] without dropout, whatever mode the encoder is in."""
    training = encoder.training
    try:
        return encoder.eval()()
    finally:
        encoder.train(training)
