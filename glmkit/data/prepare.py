"""A data file -> its report and its samples, checked and encoded once: from the cache, or by a process per core.

In: the settings of a file, a tokenizer. Out: Prepared. Called by `glmkit data check` and by training, so that what one
has worked out the other finds. Small files are read in this process and not kept.
"""

from __future__ import annotations

import hashlib
import json
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import sentencepiece

from glmkit.chat.chatglm3 import ChatGLM3
from glmkit.chat.tokenizer import Tokenizer
from glmkit.data import cache, kept_report, sample_columns
from glmkit.data.bad_rows import BadRows
from glmkit.data.capped import CappedList
from glmkit.data.check_report import CheckReport
from glmkit.data.counting import Block, FileSettings, read_blocks
from glmkit.data.csv_rows import is_csv
from glmkit.data.read import check_format, find_format, walk
from glmkit.data.row import Numbered
from glmkit.data.rows import open_plain_file
from glmkit.data.token_store import TokenStore
from glmkit.data.workers import blocks_in_parallel, count_workers
from glmkit.errors import Problem, current_language

MIN_CACHED_BYTES = 2**20  # a smaller file is encoded in a fraction of a second
READ_BYTES = 2**20
TYPES = {**sample_columns.TYPES, **kept_report.COLUMNS, **kept_report.PLACES}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a file holds. ``samples`` are those of all conversations, in order; empty without a tokenizer."""

    settings: FileSettings
    report: CheckReport
    samples: TokenStore
    num_bytes: int
    sha256: str  # of the file


def prepare(settings: FileSettings, tokenizer: Tokenizer | None) -> Prepared:
    """Check and encode a file, or find in the cache what that gave; faults of rows are in the report.

    Raises:
        DataError: the file cannot be read, or no row is in a known format.
        ConfigError: the format has no such name.
        OutOfMemory: a worker was killed.
    """
    check_format(settings.source_format)
    path = Path(settings.path)
    num_bytes, sha256 = _size_and_sha256(path)
    version = _version(path)
    folder = cache.cache_folder() if num_bytes >= MIN_CACHED_BYTES else None
    key = _entry_key(settings, sha256, tokenizer)
    entry = cache.find(folder, key, TYPES) if folder else None
    if entry is not None:
        report = kept_report.from_kept(entry.about, entry.columns, settings)
    else:
        source_format = find_format(path, settings.source_format)
        unit = "tokens" if tokenizer else "characters"
        report = settings.empty_report(source_format, unit)
        num_workers = count_workers(num_bytes)
        if num_workers > 1:
            blocks = blocks_in_parallel(settings, source_format, tokenizer, num_workers)
        else:
            blocks = read_blocks(settings, source_format, tokenizer)
        with cache.entry_writer(folder, TYPES) as writer:
            _add_up(blocks, report, writer)
            entry = writer.finish(key if _version(path) == version else None, kept_report.to_json(report))
        if folder:
            cache.tidy(folder)
    samples = TokenStore(settings.path, entry.columns, report.places)
    if tokenizer is not None:
        report.remarks.discard("data-remark-long-turn")  # tokens tell better than characters
        report.patterns.make_examples(samples, tokenizer)
    return Prepared(settings, report, samples, num_bytes, sha256)


def move_bad_rows(prepared: Prepared, bad_rows: BadRows) -> None:
    """Move the rows with faults aside, which are read again for it; only the faults of the others stay in the report.

    Raises:
        DataError: nothing would be left.
    """
    report, settings = prepared.report, prepared.settings
    bad_rows.begin_file()
    if not bad_rows.is_open or not report.faulty_rows:
        return
    report.problems = CappedList()
    chosen = Numbered(frozenset(report.faulty_rows))
    for row, items in walk(settings.path, report.format, chosen, settings.tools_layout):
        for item in bad_rows.sort_out(row, items):
            if isinstance(item, Problem):
                report.problems.add(item)
    bad_rows.refuse_if_all(report.num_conversations)


def _add_up(blocks: Iterable[Block], report: CheckReport, writer: cache.EntryWriter) -> None:
    num_before = dict.fromkeys(sample_columns.RUNNING, 0)
    for block in blocks:
        report.extend(block.report)
        arrays = block.samples.arrays
        for name, content in arrays.items():
            if name in num_before:
                before = num_before[name]
                num_before[name] += len(arrays[sample_columns.RUNNING[name]])
                content = array("q", [before + end for end in content])
            writer.write(name, content.tobytes())
    for name, column in kept_report.to_columns(report).items():
        writer.write(name, column)


def _size_and_sha256(path: Path) -> tuple[int, str]:
    """Return size and sha256 of a file. Raises DataError: it cannot be read."""
    digest, size = hashlib.sha256(), 0
    with open_plain_file(path) as file:
        while piece := file.read(READ_BYTES):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def _version(path: Path) -> tuple[int, ...]:
    """Return what changes when somebody writes to a file."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _entry_key(settings: FileSettings, sha256: str, tokenizer: Tokenizer | None) -> str:
    """Return a name for whatever decides the samples and the report of a file."""
    parts = {
        "file": sha256,
        "is_csv": is_csv(Path(settings.path)),  # told by the name; a packed file by its first bytes, too
        "is_packed": Path(settings.path).suffix.lower() == ".gz",
        "tokenizer": hashlib.sha256(tokenizer.path.read_bytes()).hexdigest() if tokenizer else "",
        "protocol": ChatGLM3.name,
        "source_format": settings.source_format,
        "max_seq_len": settings.max_seq_len,
        "truncate": settings.truncate,
        "tools_layout": settings.tools_layout,
        "language": current_language(),  # of sentences inside the report
        "byte_order": sys.byteorder,
        "code": _code_sha256(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:40]


@lru_cache(maxsize=1)
def _code_sha256() -> str:
    """Return a sha256 of the code that makes samples: no number to be forgotten when it changes."""
    digest = hashlib.sha256(sentencepiece.__version__.encode())
    package = Path(__file__).resolve().parents[1]
    for file in sorted([*(package / "chat").rglob("*.py"), *(package / "data").rglob("*.py")]):
        digest.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()
