"""What several tests of this room need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest


@pytest.fixture
def as_nobody() -> AbstractContextManager[None]:
    """Root may read and write everything: inside this context the process acts as an ordinary user."""

    @contextmanager
    def context() -> Iterator[None]:
        is_root = os.geteuid() == 0
        if is_root:
            os.setresuid(65534, 65534, 0)
        try:
            yield
        finally:
            if is_root:
                os.setresuid(0, 0, 0)

    return context()
