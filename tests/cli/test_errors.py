"""Errors are messages, and go from one process to another as they are."""

from __future__ import annotations

import copy
import pickle

import pytest

from glmkit import errors
from glmkit.errors import DataError, GlmkitError, Problem

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GlmkitError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_to_another_process(kind: type[GlmkitError]) -> None:
    error = kind("data-csv-cells", where="a.csv:3", found=2, expected=3)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is kind
        assert (again.problems, again.exit_code) == (error.problems, kind.exit_code)
        assert str(again) == "a.csv:3: the number of cells is 2; the header names 3 columns"


def test_many_problems_keep_their_number() -> None:
    error = DataError([Problem("data-empty", f"f:{i}") for i in range(3)], num_problems=70)
    again = pickle.loads(pickle.dumps(error))
    assert (again.num_problems, again.problems) == (70, error.problems)
