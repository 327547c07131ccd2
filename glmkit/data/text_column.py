"""Many short texts in two flat arrays: a few bytes each, where a list of str takes a hundred.

Called where something is kept for every row of a file of any size: the places of conversations.
"""

from __future__ import annotations

from array import array


class TextColumn:
    """Texts one behind the other as UTF-8, and where each ends."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.ends = array("q")

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> str:
        start = self.ends[index - 1] if index else 0
        return self.content[start : self.ends[index]].decode("utf-8", "surrogateescape")

    def append(self, text: str) -> None:
        """Add one text."""
        self.content += text.encode("utf-8", "surrogateescape")
        self.ends.append(len(self.content))

    def extend(self, other: TextColumn) -> None:
        """Add all texts of another column."""
        start = len(self.content)
        self.content += other.content
        self.ends.extend(array("q", [start + end for end in other.ends]) if start else other.ends)
