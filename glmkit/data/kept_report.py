"""A CheckReport as JSON and columns, and back: what the cache keeps of a file beside its tokens.

In: a report. Out: an equal one, for any path the same content may have. What names a place is kept without the path.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from glmkit.data.capped import CappedList
from glmkit.data.check_report import CheckReport
from glmkit.data.counting import FileSettings
from glmkit.data.read import Skipped
from glmkit.errors import Problem

if TYPE_CHECKING:
    import numpy as np

COLUMNS: Mapping[str, str] = {"lengths": "q", "digests": "q", "faulty_rows": "q", "packed_lengths": "q"}
PLACES: Mapping[str, str] = {"place_texts": "B", "place_ends": "q"}
_NUMBERS = ("num_conversations", "num_text_tools", "num_labels", "num_cut", "lost_tokens", "lost_labels")
_COUNTERS = ("roles", "tools")
_COUNTERS_BY_NUMBER = ("turns", "label_shares")


def to_json(report: CheckReport) -> dict[str, Any]:
    """Return all but the columns."""

    def problem(item: Problem) -> list[Any]:
        return [item.code, _without(report.path, item.where), dict(item.values)]

    patterns = report.patterns
    return {
        "format": report.format,
        "unit": report.unit,
        **{name: getattr(report, name) for name in _NUMBERS},
        **{name: getattr(report, name) for name in (*_COUNTERS, *_COUNTERS_BY_NUMBER)},
        "problems": [report.problems.total, [problem(item) for item in report.problems]],
        "skipped": [
            report.skipped.total,
            [[_without(report.path, item.place), item.reason] for item in report.skipped],
        ],
        "lost_samples": [
            report.lost_samples.total,
            [_without(report.path, place) for place in report.lost_samples],
        ],
        "remarks": [
            [code, count, [problem(item) for item in report.remarks.examples[code]]]
            for code, count in report.remarks.counts.items()
        ],
        "patterns": [[*pattern, count] for pattern, count in patterns.counts.items()],
        "first": [[*pattern, number] for pattern, number in patterns.first.items()],
        "num_other": patterns.num_other,
    }


def to_columns(report: CheckReport) -> dict[str, bytes]:
    """Return the columns, by the names of COLUMNS and PLACES."""
    places = {"place_texts": bytes(report.places.content), "place_ends": report.places.ends.tobytes()}
    return {name: getattr(report, name).tobytes() for name in COLUMNS} | places


def from_kept(kept: Mapping[str, Any], columns: Mapping[str, np.ndarray], settings: FileSettings) -> CheckReport:
    """Return the report on the file of ``settings``."""
    path = settings.path

    def problems(items: Iterable[Any]) -> list[Problem]:
        return [Problem(code, path + where, values) for code, where, values in items]

    report = settings.empty_report(kept["format"], kept["unit"])
    for name in _NUMBERS:
        setattr(report, name, kept[name])
    for name in _COUNTERS:
        setattr(report, name, Counter(kept[name]))
    for name in _COUNTERS_BY_NUMBER:
        setattr(report, name, Counter({int(key): count for key, count in kept[name].items()}))
    for name, code in COLUMNS.items():
        setattr(report, name, array(code, columns[name].tobytes()))
    report.places.content = bytearray(columns["place_texts"].tobytes())
    report.places.ends = array("q", columns["place_ends"].tobytes())
    report.problems = _capped(problems(kept["problems"][1]), kept["problems"][0])
    skipped = [Skipped(path + place, reason) for place, reason in kept["skipped"][1]]
    report.skipped = _capped(skipped, kept["skipped"][0])
    report.lost_samples = _capped([path + place for place in kept["lost_samples"][1]], kept["lost_samples"][0])
    for code, count, examples in kept["remarks"]:
        report.remarks.counts[code] = count
        report.remarks.examples[code] = problems(examples)
    report.patterns.counts = Counter({tuple(pattern): count for *pattern, count in kept["patterns"]})
    report.patterns.first = {tuple(pattern): number for *pattern, number in kept["first"]}
    report.patterns.num_other = kept["num_other"]
    return report


def _capped(items: list[Any], total: int) -> CappedList[Any]:
    capped = CappedList(items)
    capped.total = total
    return capped


def _without(path: str, place: str) -> str:
    assert place.startswith(path), (path, place)
    return place[len(path) :]
