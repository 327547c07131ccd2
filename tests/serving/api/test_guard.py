"""Who gets in: keys on every route, foreign hosts and pages, and the sockets that are open."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import Running, Start

import glmkit.serving.api.guard as guard_module
from glmkit.serving.api.app import Access
from glmkit.serving.api.guard import LOOPBACK_HOSTS, OPEN_PATHS

KEY = "s3cret-key"
ROUTES = [
    *[("GET", path) for path in ("/v1/models", "/v1/models/talking", "/metrics", "/v1/adapters", "/nothing")],
    *[
        ("POST", path)
        for path in (
            *("/v1/chat/completions", "/v1/completions", "/tokenize", "/detokenize"),
            *("/v1/adapters/load", "/v1/adapters/unload"),
        )
    ],
]


@pytest.fixture(scope="module")
def guarded(start: Start) -> Iterator[Running]:
    access = Access(key=KEY, hosts=LOOPBACK_HOSTS, origins=("https://chat.example",))
    with start(access=access) as running:
        running.key = None
        yield running


def test_the_list_of_routes_here_is_that_of_the_app(guarded: Running) -> None:
    app = guarded.server.config.app._app  # type: ignore[union-attr]
    known = {path.replace("{name}", "talking") for path in (route.path for route in app.routes)}
    assert known == {path for _, path in ROUTES if path != "/nothing"} | set(OPEN_PATHS)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_the_key_every_route_but_health_is_closed(guarded: Running, method: str, path: str) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {KEY}x"},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"X-Api-Key": KEY},
        {"Cookie": f"key={KEY}"},
        {"Authorization": "Bearer \xff\xfe"},
    ):
        body = {} if method == "POST" else None
        status, answer, fields = guarded.request(method, f"{path}?key={KEY}", body, headers)
        assert (status, answer["error"]["type"]) == (401, "authentication_error")
        assert fields["www-authenticate"] == "Bearer"
        assert KEY not in answer["error"]["message"]


def test_the_key_opens_and_health_needs_none(guarded: Running) -> None:
    for scheme in ("Bearer", "bearer"):
        status, answer, _ = guarded.request("GET", "/v1/models", headers={"Authorization": f"{scheme} {KEY}"})
        assert (status, answer["data"][0]["id"]) == (200, "talking")
    for path in OPEN_PATHS:
        assert guarded.request("GET", path)[0] == 200


@pytest.mark.parametrize(
    "path", ["//health", "/health/", "/health/../v1/models", "/%76%31/models", "/v1/models?x=/health"]
)
def test_no_spelling_of_a_path_gets_around_the_key(guarded: Running, path: str) -> None:
    assert guarded.request("GET", path, headers={"X-Original-URL": "/health", "X-Rewrite-URL": "/health"})[0] == 401


def test_keys_are_compared_in_constant_time_only() -> None:
    tree = ast.parse(Path(guard_module.__file__).read_text(encoding="utf-8"))
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert not [text for text in compared if "_key" in text.replace("self._key is None", "").replace("key is not", "")]
    assert "hmac.compare_digest(given, self._key)" in ast.unparse(tree)


def test_foreign_hosts_are_refused(server: Running) -> None:
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", ""):
        status, answer, _ = server.request("GET", "/v1/models", headers={"Host": host})
        assert (status, answer["error"]["code"]) == (403, "host_not_allowed")
    for host in ("localhost", "127.0.0.1:1", "[::1]:8000"):
        assert server.request("GET", "/v1/models", headers={"Host": host})[0] == 200


def test_pages_of_other_sites_are_refused_unless_allowed(server: Running, guarded: Running) -> None:
    status, answer, fields = server.request("GET", "/health", headers={"Origin": "https://evil.example"})
    assert (status, answer["error"]["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in fields
    own = {"Origin": server.url, "Host": server.url.removeprefix("http://")}
    assert server.request("GET", "/v1/models", headers=own)[0] == 200
    allowed = {"Origin": "https://chat.example"}
    status, _, fields = guarded.request("OPTIONS", "/v1/chat/completions", headers=allowed)
    assert (status, fields["access-control-allow-origin"]) == (204, "https://chat.example")
    assert guarded.request("GET", "/v1/models", headers=allowed)[0] == 401
    assert guarded.request("OPTIONS", "/v1/chat/completions", headers={"Origin": "https://evil.example"})[0] == 403


def test_a_simple_cross_site_post_is_no_json(server: Running) -> None:
    assert server.request("POST", "/v1/chat/completions", b"{}", {"Content-Type": "text/plain"})[0] == 415
