"""POST /api/download/track and GET /api/download/job/:id as the original answers."""

from __future__ import annotations

import uuid

import pytest

from soundforge import errors
from soundforge.library import jobs
from tests.fakes import spotify as fake
from tests.fixtures import hostile

CREATE = "/api/download/track"
TRACK = f"https://open.spotify.com/track/{fake.TRACK}"


async def create(api, url):
    return await api.post(CREATE, json={"url": url})


async def test_a_download_is_queued(api):
    answer = await create(api, TRACK)

    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"success", "job_id", "status", "track_id"}
    assert (body["success"], body["status"]) == (True, "queued")
    assert uuid.UUID(body["job_id"])
    assert uuid.UUID(body["track_id"])


async def test_only_the_download_is_planned(api):
    body = (await create(api, TRACK)).json()

    track = (await api.get(f"/api/v1/tracks/{body['track_id']}")).json()["data"]

    assert [job["stage"] for job in track["jobs"]] == ["download"]


async def test_the_same_song_again_is_the_same_download(api):
    first = (await create(api, TRACK)).json()

    assert (await create(api, TRACK)).json() == first


async def test_a_cancelled_download_begins_anew(api):
    first = (await create(api, TRACK)).json()
    await api.post(f"/api/v1/jobs/{first['job_id']}/cancel")

    again = (await create(api, TRACK)).json()

    assert again["track_id"] == first["track_id"]
    assert again["job_id"] != first["job_id"]
    assert again["status"] == "queued"


@pytest.mark.parametrize(
    ("kind", "spotify_id", "count"), [("album", fake.ALBUM, 12), ("playlist", fake.PLAYLIST, 250)]
)
async def test_a_list_downloads_every_track_and_names_the_first(api, kind, spotify_id, count):
    body = (await create(api, f"https://open.spotify.com/{kind}/{spotify_id}")).json()

    page = (await api.get("/api/v1/tracks?limit=200")).json()
    rest = (await api.get(f"/api/v1/tracks?limit=200&cursor={page['next_cursor'] or ''}")).json()
    found = page["data"] + (rest["data"] if page["next_cursor"] else [])
    assert len(found) == count
    assert all([job["stage"] for job in track["jobs"]] == ["download"] for track in found)
    assert body["track_id"] in {track["id"] for track in found}
    assert body["status"] == "queued"


async def test_a_job_says_how_far_it_is(api):
    job_id = (await create(api, TRACK)).json()["job_id"]

    answer = await api.get(f"/api/download/job/{job_id}")

    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "job_id": job_id,
        "status": "queued",
        "progress": 0,
        "result": None,
        "error": None,
    }


async def test_a_failed_job_says_why(api, node):
    job_id = (await create(api, TRACK)).json()["job_id"]
    sad = errors.Invalid("download_no_match", "Nothing matches.", "Send the file.")
    async with node.database.transaction() as session:
        await jobs.fail(session, uuid.UUID(job_id), 1, sad)

    body = (await api.get(f"/api/download/job/{job_id}")).json()

    assert (body["status"], body["error"]["code"]) == ("failed", "download_no_match")


@pytest.mark.parametrize("value", hostile.NOT_A_TEXT.values(), ids=hostile.NOT_A_TEXT)
async def test_a_url_that_is_no_text_is_missing(api, value):
    body = hostile.with_field("url", value)

    answer = await api.post(CREATE, content=body, headers=hostile.JSON)

    assert answer.status_code == 400
    assert answer.json()["error"] == "url parameter is required"


@pytest.mark.parametrize("body", hostile.NOT_AN_OBJECT.values(), ids=hostile.NOT_AN_OBJECT)
async def test_a_body_that_is_no_object_has_no_url(api, body):
    answer = await api.post(CREATE, content=body, headers=hostile.JSON)

    assert answer.status_code == 400
    assert answer.json()["error"] == "url parameter is required"


@pytest.mark.parametrize(
    "url",
    [
        "hello",
        "https://open.spotify.com/intl-de/track/" + fake.TRACK,
        "https://open.spotify.com/artist/" + fake.TRACK,
        "https://open.spotify.com/track/",
        "ftp://open.spotify.com/track/" + fake.TRACK,
        "https://evil.example/?x=open.spotify.com/track/" + fake.TRACK,
        "https://open.spotify.com.evil.example/track/" + fake.TRACK,
        TRACK + "\nhttps://evil.example",
        TRACK + "/../../x",
        "--output=/etc/passwd",
        "spotify:track:" + fake.TRACK,
    ],
)
async def test_another_link_has_an_invalid_format(api, url):
    answer = await create(api, url)

    assert answer.status_code == 400
    assert answer.json()["error"] == "Invalid Spotify URL format"


async def test_a_song_that_spotify_does_not_know_is_a_400(api):
    answer = await create(api, f"https://open.spotify.com/track/{fake.make_id('nobody')}")

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert answer.json()["code"]


@pytest.mark.parametrize("job_id", [str(uuid.UUID(int=7)), "1", "x" * 500, "%00", "\u00fc"])
async def test_an_unknown_or_malformed_job_is_not_found(api, job_id):
    answer = await api.get(f"/api/download/job/{job_id}")

    assert (answer.status_code, answer.json()["error"]) == (404, "Job not found")
