"""The tools that come along: right answers, and nothing that a model's arguments could do with them (M08)."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glmkit.agent.cancellation import Cancellation
from glmkit.agent.python_tools import SHIPPED, PythonTools
from glmkit.agent.shipped.calculator import calculate, calculator
from glmkit.agent.shipped.clock import get_current_time
from glmkit.agent.shipped.random_number import random_number_generator
from glmkit.agent.shipped.units import convert_unit
from glmkit.agent.shipped.weather import HOST, weather
from glmkit.errors import GlmkitError


def test_the_shipped_tools_load_and_none_runs_commands() -> None:
    tools = PythonTools(SHIPPED)
    try:
        assert [tool.name for tool in tools.tools] == [
            "calculator",
            "get_current_time",
            "random_number_generator",
            "convert_unit",
            "get_weather",
        ]
        assert not any(tool.dangerous for tool in tools.tools)
        result = tools.call("random_number_generator", {"range": [3, 3], "seed": 1}, Cancellation())
        assert result.text == "3"
        result = tools.call("random_number_generator", {"range": [3]}, Cancellation())
        assert (result.text, result.failed) == ("ValueError: 2 values expected, 1 given", True)
    finally:
        tools.close()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(3+4)*2**10", "7168"),
        ("2^10", "1024"),
        ("３² − 1", "8"),
        ("7 // 2 + 7 % 2 - -1", "5"),
        ("1/4", "0.25"),
        ("1/3", "0.333333333333333"),
        ("0.1 + 0.2", "0.3"),
        ("4/2", "2"),
        ("６×７", "42"),
        ("（8÷2） =", "4"),
        ("sqrt(16) + abs(-2)", "6"),
        ("round(2.567, 1)", "2.6"),
        ("max(1, 5, 3) - min(4, 2)", "3"),
        ("factorial(20)", "2432902008176640000"),
        ("2**200", "1.60693804425899e+60"),
        ("log(e) + ln(1)", "1"),
        ("sin(pi/2)", "1"),
        ("1_000 * 2", "2000"),
        ("1" + "+1" * 200, "201"),
        ("2**-2", "0.25"),
        ("2 ** -5000", "0"),
    ],
)
def test_the_calculator_is_right(expression: str, value: str) -> None:
    assert calculator(expression) == value


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("1/0", "divides by zero"),
        ("5 % 0", "divides by zero"),
        ("9**9**9", "too large"),
        ("9**999999999", "too large"),
        ("2**1000000 % 7", "too large"),
        ("factorial(10**9)", "too large"),
        ("1e308*10", "too large"),
        ("exp(1e9)", "too large"),
        ("1e999", "too large"),
        ("*".join(["2**4000"] * 9), "too large"),
        ("(-8) ** 0.5", "is no arithmetic"),
        ("sqrt(-1)", "is no arithmetic"),
        ("__import__('os').system('id')", "is no arithmetic"),
        ("().__class__", "is no arithmetic"),
        ("abs.__globals__", "is no arithmetic"),
        ("open('/etc/passwd')", "is no arithmetic"),
        ("[x for x in range(9)]", "is no arithmetic"),
        ("lambda: 1", "is no arithmetic"),
        ("1 if 1 else 2", "is no arithmetic"),
        ("'a' * 9", "is no arithmetic"),
        ("f'{1}'", "is no arithmetic"),
        ("True + 1", "is no arithmetic"),
        ("1j", "is no arithmetic"),
        ("max(*[1, 2])", "is no arithmetic"),
        ("round(1.5, ndigits=1)", "is no arithmetic"),
        ("abs()", "is no arithmetic"),
        ("x + 1", "is no arithmetic"),
        ("1 << 9999", "is no arithmetic"),
        ("1; 2", "is no arithmetic"),
        ("x := 3", "is no arithmetic"),
        ("", "is no arithmetic"),
        ("1 +", "is no arithmetic"),
        ("(" * 250 + "1" + ")" * 249, "is no arithmetic"),
        ("-" * 499 + "x", "is no arithmetic"),
        ("\0", "is no arithmetic"),
        ("1" * 501, "has 501 characters; at most 500 are read"),
    ],
)
def test_the_calculator_refuses_what_is_no_arithmetic(expression: str, sentence: str) -> None:
    start = time.perf_counter()
    with pytest.raises(GlmkitError, match=sentence):
        calculator(expression)
    assert time.perf_counter() - start < 1


NUMBERS = st.integers(-999, 999) | st.floats(-999, 999).map(lambda x: round(x, 3))


@given(NUMBERS, NUMBERS, st.sampled_from("+-*/"), NUMBERS, st.sampled_from("+-*"))
def test_the_calculator_agrees_with_python(a: Any, b: Any, first: str, c: Any, second: str) -> None:
    if first == "/" and b == 0:
        return
    left = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else 0}[first]
    wanted = {"+": left + c, "-": left - c, "*": left * c}[second]
    assert calculate(f"(({a}) {first} ({b})) {second} ({c})") == wanted


@given(st.text(max_size=40) | st.text("0123456789+-*/()^., sqrtpie", max_size=60))
def test_any_text_gives_a_number_or_a_sentence(text: str) -> None:
    try:
        assert math.isfinite(calculate(text))
    except GlmkitError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (5, "km", "mile", 3.106855961),
        (1, "英里", "公里", 1.609344),
        (100, "celsius", "F", 212.0),
        (-40, "℉", "摄氏度", -40.0),
        (0, "K", "c", -273.15),
        (2, "斤", "kg", 1.0),
        (1, "GiB", "MB", 1073.741824),
        (36, "km/h", "m/s", 10.0),
        (1, " Acre ", "m²", 4046.856422),
    ],
)
def test_units_are_converted(value: float, source: str, target: str, result: float) -> None:
    assert convert_unit(value, source, target) == {"value": result, "unit": target}


@pytest.mark.parametrize(
    ("value", "source", "target", "sentence"),
    [
        (1, "parsnip", "km", 'the unit "parsnip" is not known; quantities known are length, area'),
        (1, "km", "kg", '"km" cannot become "kg"'),
        (1, "km", "celsius", '"km" cannot become "celsius"'),
        (-300, "celsius", "f", "-300 C is below absolute zero"),
    ],
)
def test_units_that_do_not_fit_are_named(value: float, source: str, target: str, sentence: str) -> None:
    with pytest.raises(GlmkitError, match=re.escape(sentence)):
        convert_unit(value, source, target)


def test_a_random_number_is_within_its_range_and_follows_its_seed() -> None:
    drawn = {random_number_generator((1, 3)) for _ in range(200)}
    assert drawn == {1, 2, 3}
    assert random_number_generator((1, 10**9), 42) == random_number_generator((1, 10**9), 42)
    with pytest.raises(GlmkitError, match="the range begins at 3 and ends at 1"):
        random_number_generator((3, 1))


def test_the_time_is_now_where_asked() -> None:
    now = get_current_time("UTC")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", now["date"]) and now["utc_offset"] == "+0000"
    assert abs(time.mktime(time.strptime(f"{now['date']} {now['time']}", "%Y-%m-%d %H:%M:%S")) - time.time()) < 100_000
    assert get_current_time()["timezone"]
    for name in ("../etc/passwd", "Nowhere/Place", "/etc/localtime", "a\0b", "Asia"):
        with pytest.raises(GlmkitError, match="there is no time zone"):
            get_current_time(name)


ANSWER = {
    "current_condition": [
        {
            "temp_C": "21",
            "FeelsLikeC": "20",
            "humidity": "40",
            "observation_time": "09:00 AM",
            "weatherDesc": [{"value": "Sunny"}],
            "pressure": "1000",
        }
    ]
}


@pytest.fixture
def weather_server() -> Iterator[Any]:
    """A server whose answer depends on the city asked for; ``paths`` are what it was asked."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            city = unquote(self.path[1:].partition("?")[0])
            if city == "Away":
                self.send_response(302)
                self.send_header("Location", "/Beijing?format=j1")
                self.end_headers()
                return
            self.send_response(404 if city == "Lost" else 200)
            self.end_headers()
            try:
                if city == "Endless":
                    for _ in range(100):
                        self.wfile.write(b" " * 65_536)
                elif city == "Slow":
                    for _ in range(100):
                        self.wfile.write(b" ")
                        time.sleep(0.05)
                else:
                    text = "<html>" if city == "Page" else "[]" if city == "Other" else json.dumps(ANSWER)
                    self.wfile.write(text.encode())
            except OSError:
                pass

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    server.paths = paths  # type: ignore[attr-defined]
    server.url = f"http://127.0.0.1:{server.server_address[1]}"  # type: ignore[attr-defined]
    yield server
    server.shutdown()
    server.server_close()


def test_the_weather_has_the_fields_of_the_original(weather_server: Any) -> None:
    assert weather("北京", weather_server.url) == {
        "temp_C": "21",
        "FeelsLikeC": "20",
        "humidity": "40",
        "observation_time": "09:00 AM",
        "weatherDesc": "Sunny",
    }
    assert HOST == "https://wttr.in"


@pytest.mark.parametrize("city", ["../../secret", "x?format=p1#", "a/b", "@evil.example", "x&y=1", "a\\b", "%2e%2e/x"])
def test_a_city_is_one_escaped_part_of_the_path(weather_server: Any, city: str) -> None:
    weather(city, weather_server.url)
    (path,) = weather_server.paths
    assert path.startswith("/") and path.endswith("?format=j1")
    part = path[1:].removesuffix("?format=j1")
    assert unquote(part) == city and not re.search(r"[/?#&@\\]", part)


@pytest.mark.parametrize("city", ["", "  ", "1234", "a\0b", "x" * 81, "a\x1bb", ":", "\ud800a"])
def test_what_is_no_city_is_not_asked_for(weather_server: Any, city: str) -> None:
    with pytest.raises(GlmkitError, match=r"is no name of a city"):
        weather(city, weather_server.url)
    assert weather_server.paths == []


@pytest.mark.parametrize(
    ("city", "sentence"),
    [
        ("Away", "the weather service https://wttr.in cannot be reached"),
        ("Lost", "the weather service https://wttr.in cannot be reached"),
        ("Endless", "cannot be reached: .* bytes"),
        ("Slow", "cannot be reached: .* s"),
        ("Page", 'the weather service has no weather of "Page"'),
        ("Other", 'the weather service has no weather of "Other"'),
    ],
)
def test_a_server_that_misbehaves_gives_one_sentence(weather_server: Any, city: str, sentence: str) -> None:
    start = time.monotonic()
    with pytest.raises(GlmkitError, match=sentence):
        weather(city, weather_server.url, time_limit=0.4)
    assert time.monotonic() - start < 3
    assert len(weather_server.paths) == 1  # no redirect was followed


def test_without_a_network_there_is_one_sentence() -> None:
    with pytest.raises(GlmkitError, match=r"the weather service https://wttr.in cannot be reached: .*refused"):
        weather("Rome", "http://127.0.0.1:9")
