"""The gate: who may ask from where, how much, and what every answer carries."""

from __future__ import annotations

import pytest

from tests.fakes import spotify as fake
from tests.plugins.app import client_of, services_of

IMPORT = {"url": f"https://open.spotify.com/track/{fake.TRACK}", "stages": ["download"]}
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


async def broken():
    raise RuntimeError("the secret of /etc/shadow")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/tracks", 200),
        ("/health/live", 200),
        ("/", 200),
        ("/api/v1/nothing", 404),
        ("/nothing", 404),
        ("/static/nothing.css", 404),
        ("/api/v1/tracks/x", 422),
        ("/api/v1/uploads", 405),
        ("/health", 500),
    ],
)
async def test_every_answer_carries_the_headers_that_protect(node, path, status):
    async with client_of(services_of(node, health=broken)) as api:
        answer = await api.get(path)

    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self' 'nonce-" in policy
    assert len(answer.headers["x-request-id"]) == 16


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html"])
async def test_no_traceback_reaches_a_client(node, caplog, accept):
    async with client_of(services_of(node, health=broken)) as api:
        answer = await api.get("/health", headers={"Accept": accept})

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "internal_error" in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert "the secret of /etc/shadow" in caplog.text


async def test_a_problem_names_its_request(api):
    answer = await api.get("/api/v1/nothing")

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:4000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "localhost:4000:80",
        "localhost:x",
        "localhost/../evil",
        "local host",
        "[::1",
        "0.0.0.0",
        "\u217cocalhost".encode(),
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/v1/tracks", "/health", "/static/x.css"])
async def test_a_foreign_host_name_is_refused(api, path, host):
    answer = await api.get(path, headers={"Host": host})

    assert answer.status_code == 421
    assert answer.json()["code"] == "host_not_allowed"


@pytest.mark.parametrize("host", ["localhost:4000", "LOCALHOST", "127.0.0.1", "[::1]:4000"])
async def test_our_own_names_are_served(api, host):
    assert (await api.get("/health/live", headers={"Host": host})).status_code == 200


FOREIGN = {
    "another site": {"Origin": "https://evil.example"},
    "another port": {"Origin": "http://127.0.0.1:3000"},
    "another name": {"Origin": "http://localhost:4000"},
    "a sandbox": {"Origin": "null"},
    "nothing": {"Origin": ""},
    "a file": {"Origin": "file://"},
    "an extension": {"Origin": "chrome-extension://127.0.0.1:4000"},
    "a user": {"Origin": "http://127.0.0.1:4000@evil.example"},
    "a bad port": {"Origin": "http://127.0.0.1:99999"},
    "a fetch from elsewhere": {"Sec-Fetch-Site": "cross-site"},
    "a fetch from beside": {"Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
async def test_a_change_from_another_site_is_refused(api, headers):
    answer = await api.post("/api/v1/imports", json=IMPORT, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    assert (await api.get("/api/v1/tracks")).json()["data"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:4000"},
        {"Origin": "HTTP://127.0.0.1:4000".lower(), "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_our_own_pages_and_programs_may_change_things(api, headers):
    answer = await api.post("/api/v1/imports", json=IMPORT, headers=headers)

    assert answer.status_code == 201


async def test_reading_from_elsewhere_gives_no_permission_to_read(api):
    answer = await api.get("/api/v1/tracks", headers={"Origin": "https://evil.example"})

    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/api/v1/imports", "/api/spotify/fetch", "/api/download/track", "/nothing"]
)
async def test_a_body_over_a_megabyte_is_refused_by_its_length(api, path):
    answer = await api.post(path, content=b"x" * 1_000_001)

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/api/v1/imports", "/api/spotify/fetch", "/api/download/track"])
async def test_a_body_without_a_length_is_refused_when_it_grows_too_large(api, path):
    async def chunks():
        for _ in range(30):
            yield b" " * 50_000

    answer = await api.post(path, content=chunks(), headers={"Content-Type": "application/json"})

    assert "content-length" not in answer.request.headers
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/api/v1/tracks", "GET"),
        ("PUT", "/api/v1/imports", "POST"),
        ("PATCH", "/health", "GET"),
        ("GET", "/api/download/track", "POST"),
        ("DELETE", "/api/v1/models", "GET, HEAD"),
        ("PUT", "/api/v1/tracks/00000000-0000-4000-8000-000000000001", "DELETE, GET, HEAD"),
        ("TRACE", "/api/v1/tracks", "GET"),
        ("BREW", "/api/v1/tracks", "GET"),
    ],
)
async def test_a_wrong_method_is_told_the_right_one(api, method, path, allow):
    answer = await api.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert allow in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/api/v1/tracks", "/health", "/api/processing/models", "/"])
async def test_a_head_is_a_get_without_its_body(api, path):
    got, head = await api.get(path), await api.head(path)

    assert head.status_code == got.status_code == 200
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.content == b""


@pytest.mark.parametrize(
    "path",
    [
        "/static/%00",
        "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static//etc/passwd",
        "/static/" + "a" * 3000,
        "/art/%00.svg",
        "/art/" + "a" * 3000 + ".svg",
        "/art/%ff%fe.svg",
        "/%ff",
        "//evil.example",
        "/api/v1/tracks/",
        "/tracks/%00",
        "/tracks/..%2f..",
    ],
)
async def test_a_hostile_address_never_breaks_the_server(api, path):
    answer = await api.get(path)

    assert answer.status_code in (200, 404, 422)
    assert "root:" not in answer.text
