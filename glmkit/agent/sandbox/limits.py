"""How much a cell may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one interpreter. Sizes in bytes, times in seconds, text in characters.

    seconds: wall-clock time of a cell; then it is interrupted, and ``grace`` later its process is killed.
    memory_bytes: address space of the process (a cell gets MemoryError). file_bytes: any one file.
    workspace_bytes, workspace_files: all files together, looked at while a cell runs. free_disk_bytes: a cell that
    leaves less than this free on the disk is stopped. max_characters: printed text kept of a cell; the rest is cut.
    """

    seconds: float = 30.0
    grace: float = 2.0
    start_seconds: float = 30.0
    memory_bytes: int = 2 << 30
    file_bytes: int = 64 << 20
    workspace_bytes: int = 512 << 20
    workspace_files: int = 10_000
    free_disk_bytes: int = 256 << 20
    max_characters: int = 1 << 20
    max_code: int = 1 << 20
    max_images: int = 20
    max_results: int = 200
    image_bytes: int = 8 << 20
    image_pixels: int = 16_000_000
    threads: int = 64
    open_files: int = 256
