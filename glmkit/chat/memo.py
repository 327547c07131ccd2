"""What was worked out for a JSON value and is wanted again soon: rows of a file share tool lists, as requests do.

In: a value, and how to work it out. Out: the result, remembered by the value's content. Called where a tool list is
read, checked or encoded.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """Results by the content of the values they were made from; forgotten all at once when there are too many.

    Args:
        max_entries: results kept.
        max_bytes: of a value; the result for a larger one is worked out anew every time.
    """

    def __init__(self, max_entries: int = 1024, max_bytes: int = 100_000) -> None:
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._results: dict[bytes, T] = {}

    def get(self, value: Any, make: Callable[[], T]) -> T:
        """Return the result of ``make`` for ``value``, which is made of JSON values and tuples of them.

        Whoever gets the result must leave it as it is. What ``make`` raises is not remembered.
        """
        try:
            content = marshal.dumps(value, 2)  # tells JSON values apart as json.dumps does, in a fifth of its time
        except ValueError:  # a mapping of some other class
            return make()
        if len(content) > self._max_bytes:
            return make()
        key = hashlib.blake2b(content, digest_size=16).digest()
        if key not in self._results:
            result = make()
            if len(self._results) >= self._max_entries:
                self._results.clear()
            self._results[key] = result
            return result
        return self._results[key]
