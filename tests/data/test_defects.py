"""Every defect of the corpus is named at its line, with its field; about a good row nothing is said."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

import glmkit
from glmkit.data.bad_rows import bad_rows_file
from glmkit.data.check import check
from glmkit.data.read import Located, find_format, read, walk
from glmkit.errors import DataError, Problem
from tests.data.defects import DEFECTS, ENDINGS, FORMATS, Defect, plant, plant_doubles

SEEDS = range(3)
SAMPLE = Path(__file__).parents[2] / "glmkit" / "bundled" / "sample_data" / "toolalpaca.json"


def write(folder: Path, source_format: str, seed: int) -> tuple[Path, list[tuple[int, Defect | None]]]:
    content, places = plant(source_format, seed)
    path = folder / f"rows{ENDINGS.get(source_format, '.jsonl')}"
    path.write_bytes(content)
    return path, places


def findings(path: Path) -> list[tuple[int, str, str]]:
    """Return (line, code, field) of every fault and remark, in the order of the file."""
    found = []
    for _, items in walk(path, find_format(path)):
        for item in items:
            problems = item.remarks if isinstance(item, Located) else [item] if isinstance(item, Problem) else []
            for problem in problems:
                line = re.match(r":(\d+)", problem.where.removeprefix(str(path)))
                assert line, problem
                found.append((int(line[1]), problem.code, problem.values.get("field", problem.values.get("path", ""))))
    return found


def test_the_corpus_has_forty_defects_and_more_each_with_a_name() -> None:
    assert len(DEFECTS) >= 40
    assert [name for name, count in Counter(defect.name for defect in DEFECTS).items() if count > 1] == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("source_format", FORMATS)
def test_every_defect_is_named_at_its_line_and_nothing_else_is(tmp_path: Path, source_format: str, seed: int) -> None:
    path, places = write(tmp_path, source_format, seed)
    planted = [(line, defect) for line, defect in places if defect]
    found = findings(path)
    assert [(line, code) for line, code, _ in found] == [(line, defect.code) for line, defect in planted]
    for (_, _, field), (_, defect) in zip(found, planted, strict=True):
        assert not defect.field or field == defect.field, defect.name


@pytest.mark.parametrize("source_format", FORMATS)
def test_exact_duplicates_are_listed_with_the_first_and_nothing_else_is(tmp_path: Path, source_format: str) -> None:
    path, places = write(tmp_path, source_format, 4)
    content, doubles = plant_doubles(path.read_bytes(), places, 4)
    before = check(path)
    path.write_bytes(content)
    report = check(path)
    assert before.duplicates == []
    assert report.duplicates == [(f"{path}:{line}", f"{path}:{first}") for line, first in doubles]
    assert report.problems == before.problems
    assert report.num_conversations == before.num_conversations + len(doubles)


@pytest.mark.parametrize("source_format", FORMATS)
def test_every_defect_is_named_in_an_array_as_it_is_in_lines(tmp_path: Path, source_format: str) -> None:
    """A syntax error ends an array, so the defects of bytes stay out."""
    if source_format == "csv":
        pytest.skip("CSV has no arrays")
    path, places = write(tmp_path, source_format, 7)
    lines = path.read_bytes().split(b"\n")
    kept = [(line, defect) for line, defect in places if not (defect and defect.line_edit)]
    array = tmp_path / "rows.json"
    array.write_bytes(b"[\n" + b",\n".join(lines[line - 1] for line, _ in kept) + b"\n]")
    expected = [(number, defect.code) for number, (_, defect) in enumerate(kept, 2) if defect]
    assert [(line, code) for line, code, _ in findings(array)] == expected


@pytest.mark.parametrize("source_format", FORMATS)
def test_bad_rows_go_aside_with_reasons_and_the_good_ones_go_on(
    tmp_path: Path, source_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, places = write(tmp_path, source_format, 11)
    bad = [(line, defect) for line, defect in places if defect and "-remark-" not in defect.code]
    aside, target = tmp_path / "bad.jsonl", tmp_path / "good.jsonl"
    counts = glmkit.convert(path, target, skip_bad=aside)
    assert counts.kept == len(places) - len(bad)
    assert f"{len(bad)} rows with faults were left out" in capsys.readouterr().err
    records = [json.loads(line) for line in aside.read_text(encoding="utf-8").splitlines()]
    assert [record["place"] for record in records] == [f"{path}:{line}" for line, _ in bad]
    lines = path.read_bytes().split(b"\n")
    for record, (line, defect) in zip(records, bad, strict=True):
        (reason,) = record["reasons"]
        assert reason.startswith(f"{path}:{line}")
        if defect.code == "data-row-too-long":
            assert lines[line - 1].decode().startswith(record["text"])
        elif defect.line_edit:
            assert record["text"] == lines[line - 1].decode("utf-8", "backslashreplace")
        elif source_format != "csv":
            assert record["row"] == json.loads(lines[line - 1])
    assert Counter(code for _, code, _ in findings(target)) == counts.remarks.counts
    with bad_rows_file(aside, path) as bad_rows:
        good = read(path, bad_rows=bad_rows)
    assert [c.messages for c in good] == [c.messages for c in read(target)]


@pytest.mark.parametrize("source_format", FORMATS)
def test_without_leave_nothing_is_left_out(tmp_path: Path, source_format: str) -> None:
    path, places = write(tmp_path, source_format, 12)
    with pytest.raises(DataError) as caught:
        glmkit.convert(path, tmp_path / "good.jsonl")
    assert caught.value.exit_code == 3
    faulty = [defect for _, defect in places if defect and "-remark-" not in defect.code]
    assert [problem.code for problem in caught.value.problems] == [defect.code for defect in faulty]
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_the_sample_data_gives_no_alarm() -> None:
    assert findings(SAMPLE) == []


def test_the_real_episodes_give_no_alarm_but_for_an_argument_the_original_cannot_read(shared: Path) -> None:
    """``tool_call(from='USD')`` is no Python: the row is right, and the remark is too."""
    found = findings(shared / "data" / "toolalpaca_train_format.json")
    assert found == [(1527, "data-remark-argument-name", "conversations[2]")] * 2
    report = check(shared / "data" / "toolalpaca_train_format.json")
    assert (report.problems, sum(report.remarks.counts.values())) == ([], 2)
