"""Files, covers and pages over HTTP, without a browser."""

from __future__ import annotations

import httpx
import pytest

from soundforge.web import assets, drawing
from tests.fakes.library import library
from tests.fakes.studio import FakeStudio
from tests.fakes.studio_app import make_app


@pytest.fixture
async def client():
    transport = httpx.ASGITransport(app=make_app(FakeStudio(library())))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_fingerprinted_files_are_kept_for_ever(client):
    response = await client.get(assets.static_path("css/base.css"))

    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"].startswith("text/css")


async def test_other_files_are_asked_for_again(client):
    response = await client.get("/static/manifest.json")

    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/../site.py", "/static/%2e%2e/site.py", "/static/nope.js"]
)
async def test_nothing_but_static_files_is_served(client, path):
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("seed", ["0", drawing.seed_of("A", "B"), "<svg onload=x>", "x" * 5000])
async def test_any_seed_has_a_cover(client, seed):
    response = await client.get(f"/art/{seed}.svg")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("image/svg+xml")
    assert "onload" not in response.text


@pytest.mark.parametrize("path", ["/", "/?show=ready", "/tracks/salt", "/tracks/kettle"])
async def test_pages_are_whole_before_any_script_has_run(client, path):
    response = await client.get(path)

    assert response.status_code == 200
    assert "Salt on the Wire" in response.text or "Kettle Drum Weather" in response.text
    assert response.headers["cache-control"] == "no-store"


async def test_the_inline_script_carries_the_nonce_of_the_policy(client):
    response = await client.get("/")

    nonce = response.text.split('<script type="importmap" nonce="')[1].split('"')[0]
    assert f"'nonce-{nonce}'" in response.headers["content-security-policy"]
    assert response.text.count("<script") == 3


@pytest.mark.parametrize("track_id", ["nope", "%00", "..%2f..", "x" * 500, "<b>"])
async def test_an_unknown_track_is_a_page_with_404(client, track_id):
    response = await client.get(f"/tracks/{track_id}")

    assert response.status_code == 404
    assert "There is nothing here." in response.text or track_id == "..%2f.."
