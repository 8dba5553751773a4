"""HEAD as GET."""

from __future__ import annotations

import pytest

from soundforge.web.head import HeadAsGet, is_head


async def ask(path, method):
    seen, sent = [], []

    async def app(scope, _receive, send):
        seen.append((scope["method"], is_head(scope)))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"body"})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "state": {"csp_nonce": "n"}}
    await HeadAsGet(app)(scope, None, send)
    assert scope["method"] == method
    return seen[0], sent[-1]["body"]


@pytest.mark.parametrize("path", ["/api/v1/tracks", "/health", "/health/live"])
async def test_a_head_is_answered_as_a_get_without_body(path):
    assert await ask(path, "HEAD") == (("GET", True), b"")


@pytest.mark.parametrize(("path", "method"), [("/api/v1/tracks", "GET"), ("/api/v1/x", "POST")])
async def test_everything_else_passes_untouched(path, method):
    assert await ask(path, method) == ((method, False), b"body")


async def test_the_pages_answer_their_heads_themselves():
    assert await ask("/", "HEAD") == (("HEAD", True), b"body")
