"""The names under which models are served: the base, the run it came from, and every adapter.

Routes look names up here and nowhere else, so that a name in a request never becomes a path by itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glmkit.chat.protocol import ChatProtocol, make_protocol
from glmkit.chat.tokenizer import Tokenizer
from glmkit.serving.api.errors import ApiError
from glmkit.serving.api.types import shown

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class Served:
    """A model by one name.

    Attributes:
        name: what requests call it.
        adapter: the engine's name of its adapter; None for the base.
        protocol: its chat format, with tools in the layout it was tuned on.
    """

    name: str
    adapter: str | None
    protocol: ChatProtocol
    created: int = field(default_factory=lambda: int(time.time()))


class ServedModels:
    """All models of a server; the first one answers requests that name none.

    Args:
        tokenizer: of the base, hence of all.
        base: name of the base.
        unavailable: returns which adapters the engine had to come up without.
    """

    def __init__(self, tokenizer: Tokenizer, base: str, unavailable: Callable[[], Collection[str]]) -> None:
        self.tokenizer = tokenizer
        self.base = base
        self.longest_piece = max(len(tokenizer.piece(id).encode()) for id in range(tokenizer.vocab_size))
        self._unavailable = unavailable
        self._models: dict[str, Served] = {}

    def add(self, name: str, adapter: str | None, tools_layout: str) -> Served:
        """Serve a model under ``name``."""
        protocol = make_protocol(self.tokenizer, tools_layout=tools_layout)
        self._models[name] = Served(name, adapter, protocol)
        return self._models[name]

    def remove(self, name: str) -> None:
        """Stop serving ``name``."""
        self._models.pop(name, None)

    @property
    def names(self) -> list[str]:
        """All names that can be asked for, in order."""
        unavailable = self._unavailable()
        return [name for name, served in self._models.items() if served.adapter not in unavailable]

    def get(self, name: str | None) -> Served:
        """Return the model ``name``, the first one for None, never another in its place. Raises ApiError (404, 503)."""
        if name is None:
            name = next(iter(self._models))
        if name not in self._models:
            known = ", ".join(self.names[:20])
            raise ApiError(
                404, "api-unknown-model", param="model", code="model_not_found", name=shown(name), known=known
            )
        if self._models[name].adapter in self._unavailable():
            raise ApiError(503, "api-model-unavailable", param="model", code="model_unavailable", name=name)
        return self._models[name]

    def entry(self, served: Served, max_seq_len: int) -> dict[str, Any]:
        """Return a model as /v1/models lists it."""
        return {
            "id": served.name,
            "object": "model",
            "created": served.created,
            "owned_by": "glmkit",
            "root": self.base,
            "parent": self.base if served.adapter is not None else None,
            "max_model_len": max_seq_len,
        }


class AdapterFolder:
    """The one folder from which adapters may be loaded by name.

    Args:
        folder: each of its folders is an adapter or a run; None: there is none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Names of what is in the folder now."""
        if self._folder is None or not self._folder.is_dir():  # it may have gone since the server started
            return []
        return sorted(entry.name for entry in self._folder.iterdir() if entry.is_dir() and NAME.fullmatch(entry.name))

    def path(self, name: str) -> Path:
        """Return the path of an adapter by its name; a link out of the folder is none. Raises ApiError (404)."""
        if self._folder is not None and NAME.fullmatch(name) and name in self.names():
            path = self._folder / name
            if path.resolve().is_relative_to(self._folder.resolve()):
                return path
        raise ApiError(404, "api-unknown-adapter", param="name", code="adapter_not_found", name=shown(name))
