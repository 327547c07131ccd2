"""Arrays are read through a window: whatever its size, rows and faults are those of the whole text."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glmkit.data import array_rows
from glmkit.data.row import BLOCK_ROWS, Share
from glmkit.data.rows import read_rows
from glmkit.errors import DataError

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.sampled_from([*'ab"\\{}[],: \n', "\u4f60", "\U0001f600"]), max_size=12)
values = st.recursive(
    scalars | texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
file_settings = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def scan(path: Path, piece_bytes: int) -> list[tuple[str, Any, list[str]]]:
    """Return place, value and faults of every row; a file that is refused gives its sentence."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(array_rows, "PIECE_BYTES", piece_bytes)
        try:
            return [(row.where, row.value, [fault.text() for fault in row.problems]) for row in read_rows(path)]
        except DataError as error:
            return [(str(error), None, [])]


@pytest.mark.parametrize("piece_bytes", range(1, 9))
def test_a_number_cut_anywhere_is_read_whole(tmp_path: Path, piece_bytes: int) -> None:
    path = tmp_path / "rows.json"
    path.write_text("[0.5, -1e+3, 0, 1E-2]", encoding="utf-8")
    assert [value for _, value, _ in scan(path, piece_bytes)] == [0.5, -1e3, 0, 1e-2]


@file_settings
@given(
    elements=st.lists(values, min_size=1, max_size=6),
    indent=st.none() | st.integers(0, 2),
    is_ascii=st.booleans(),
    piece_bytes=st.integers(1, 40),
)
def test_an_array_gives_its_elements_whatever_the_window(
    tmp_path: Path, elements: list[Any], indent: int | None, is_ascii: bool, piece_bytes: int
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(elements, indent=indent, ensure_ascii=is_ascii), encoding="utf-8", newline="")
    found = scan(path, piece_bytes)
    assert [value for _, value, _ in found] == elements
    assert found == scan(path, 10_000)


@file_settings
@given(
    elements=st.lists(values, min_size=1, max_size=4),
    cuts=st.lists(
        st.tuples(st.integers(0, 200), st.integers(0, 3), st.sampled_from([b"", b'"', b"}", b"1", b"\xe9", b"\n"]))
    ),
    piece_bytes=st.integers(1, 40),
)
def test_a_damaged_array_gives_the_same_rows_and_faults_whatever_the_window(
    tmp_path: Path, elements: list[Any], cuts: list[tuple[int, int, bytes]], piece_bytes: int
) -> None:
    content = json.dumps(elements, indent=1, ensure_ascii=False).encode()
    for start, length, scrap in cuts:
        content = content[:start] + scrap + content[start + length :]
    path = tmp_path / "rows.json"
    path.write_bytes(b"[" + content.removeprefix(b"["))
    small, whole = scan(path, piece_bytes), scan(path, 10_000)
    if b"\xe9" not in content:  # a small window meets a syntax error before a byte that a large one has seen already
        assert small == whole


def test_memory_holds_a_window_and_not_the_array(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    with path.open("w") as file:
        file.write("[")
        file.writelines(f'{{"a": "{"x" * 1000}", "b": {index}}},' for index in range(20_000))
        file.write("0]")
    tracemalloc.start()
    count = sum(1 for _ in read_rows(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_001
    assert peak < 3_000_000 < path.stat().st_size // 6


@pytest.mark.parametrize("form", ["lines", "array", "csv"])
def test_shares_together_are_the_file(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"rows.{'csv' if form == 'csv' else 'json'}"
    rows = [{"prompt": str(index), "response": "x"} for index in range(3 * BLOCK_ROWS + 5)]
    if form == "csv":
        path.write_text("prompt,response\n" + "".join(f"{row['prompt']},x\n" for row in rows) + '"')
    else:
        text = json.dumps(rows) if form == "array" else "\n\n".join(map(json.dumps, rows))
        path.write_text(text + "\n{")
    whole = list(read_rows(path))
    assert [row.value for row in whole[:-1]] == rows
    assert len(whole[-1].problems) == 1

    def shares() -> Iterator[Any]:
        for index in range(3):
            yield from read_rows(path, Share(index, 3))

    assert sorted(shares(), key=lambda row: row.number) == whole
    assert {row.number // BLOCK_ROWS % 3 for row in read_rows(path, Share(2, 3))} == {2}
