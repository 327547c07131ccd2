"""Stop strings across pieces: nothing of a stop gets out, nothing else is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.serving.api.stop_text import StopText


def shown(stops: list[str], pieces: list[str]) -> tuple[str, bool]:
    stop = StopText(stops)
    return "".join([*(stop.push(piece) for piece in pieces), stop.finish()]), stop.stopped


@settings(max_examples=500, deadline=None)
@given(
    stops=st.lists(st.text("ab", min_size=1, max_size=4), max_size=3),
    pieces=st.lists(st.text("abc", max_size=5), max_size=8),
)
def test_text_ends_before_the_first_stop_however_it_is_cut(stops: list[str], pieces: list[str]) -> None:
    text = "".join(pieces)
    for cut in (pieces, list(text)):
        found = [(place + len(stop), place) for stop in stops if (place := text.find(stop)) >= 0]
        assert shown(stops, cut) == (text[: min(found)[1]] if found else text, bool(found))


def test_nothing_is_held_back_that_cannot_become_a_stop() -> None:
    stop = StopText(["END"])
    assert [stop.push(piece) for piece in ["abc", "E", "N", "x", "EN", "D!"]] == ["abc", "", "", "ENx", "", ""]
    assert stop.stopped and stop.push("more") == "" and stop.finish() == ""


def test_without_stops_text_passes_at_once() -> None:
    stop = StopText([])
    assert stop.push("abc") == "abc" and not stop.stopped
