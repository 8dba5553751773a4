"""POST /api/spotify/fetch as the original answers."""

from __future__ import annotations

import pytest

from tests.fakes import spotify as fake
from tests.fakes.spotify import Reply
from tests.fixtures import hostile

FETCH = "/api/spotify/fetch"


def link(kind, spotify_id):
    return f"https://open.spotify.com/{kind}/{spotify_id}"


async def test_the_metadata_is_spotifys_own_object(api, spotify):
    answer = await api.post(FETCH, json={"url": link("track", fake.TRACK)})

    assert answer.status_code == 200
    assert answer.json() == {"success": True, "metadata": spotify.tracks[fake.TRACK]}


@pytest.mark.parametrize(
    ("kind", "spotify_id"),
    [
        ("album", fake.ALBUM),
        ("playlist", fake.PLAYLIST),
        ("playlist", fake.PLAYLIST_NEW),
        ("intl-de/track", fake.TRACK),
    ],
)
async def test_every_form_that_the_parser_knows_is_fetched(api, kind, spotify_id):
    answer = await api.post(FETCH, json={"url": link(kind, spotify_id)})

    assert answer.status_code == 200
    assert answer.json()["metadata"]["id"] == spotify_id


async def test_no_rows_are_made(api):
    await api.post(FETCH, json={"url": link("album", fake.ALBUM)})

    assert (await api.get("/api/v1/tracks")).json()["data"] == []


@pytest.mark.parametrize("value", hostile.NOT_A_TEXT.values(), ids=hostile.NOT_A_TEXT)
async def test_a_url_that_is_no_text_is_missing(api, value):
    body = hostile.with_field("url", value)

    answer = await api.post(FETCH, content=body, headers=hostile.JSON)

    assert (answer.status_code, answer.json()["error"]) == (400, "url parameter is required")


@pytest.mark.parametrize("body", hostile.NOT_AN_OBJECT.values(), ids=hostile.NOT_AN_OBJECT)
async def test_a_body_that_is_no_object_has_no_url(api, body):
    answer = await api.post(FETCH, content=body, headers=hostile.JSON)

    assert (answer.status_code, answer.json()["error"]) == (400, "url parameter is required")


@pytest.mark.parametrize(
    "url", ["hello", "https://evil.example/track/x", "file:///etc/passwd", "|id", "--help"]
)
async def test_a_bad_link_is_a_400_with_a_code(api, url):
    answer = await api.post(FETCH, json={"url": url})

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert answer.json()["code"]


@pytest.mark.parametrize("status", [404, 403, 500, 502])
async def test_a_failure_of_spotify_is_a_400(api, spotify, status):
    replies = [Reply(status, {"error": {"status": status}})] * 5
    path = f"/v1/tracks/{fake.make_id('failing', status)}"
    spotify.script(path, *replies)

    answer = await api.post(FETCH, json={"url": link("track", path.rpartition("/")[2])})

    assert answer.status_code == 400
    assert answer.json()["error"]
