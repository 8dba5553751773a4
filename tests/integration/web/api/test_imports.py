"""Links over HTTP: what becomes of them, and of bodies that are no links."""

from __future__ import annotations

import uuid

import pytest

from soundforge.library import jobs
from tests.fakes import spotify as fake
from tests.fixtures import hostile

IMPORTS = "/api/v1/imports"


def link(kind, spotify_id):
    return f"https://open.spotify.com/{kind}/{spotify_id}"


async def test_a_track_goes_in_and_its_download_waits(api):
    answer = await api.post(IMPORTS, json={"url": link("track", fake.TRACK)})

    assert answer.status_code == 201
    imported = answer.json()["data"]
    assert (imported["kind"], imported["total"], imported["skipped"]) == ("track", 1, [])
    (track,) = imported["added"]
    assert track["title"] == "Ground Loop"
    (job,) = track["jobs"]
    assert (job["stage"], job["status"], job["progress"]) == ("download", "queued", 0)
    assert job["queue_position"] == 1


async def test_the_same_track_again_is_the_existing_one(api):
    first = (await api.post(IMPORTS, json={"url": link("track", fake.TRACK)})).json()["data"]

    again = (await api.post(IMPORTS, json={"url": link("track", fake.TRACK)})).json()["data"]

    assert again["added"] == []
    assert [track["id"] for track in again["existing"]] == [first["added"][0]["id"]]
    assert len(again["existing"][0]["jobs"]) == 1


async def test_an_album_of_twelve_becomes_twelve_tracks(api):
    imported = (await api.post(IMPORTS, json={"url": link("album", fake.ALBUM)})).json()["data"]

    assert (imported["kind"], imported["total"], len(imported["added"])) == ("album", 12, 12)


@pytest.mark.parametrize("playlist", [fake.PLAYLIST, fake.PLAYLIST_NEW])
async def test_a_playlist_of_250_becomes_250_tracks(api, playlist):
    imported = (await api.post(IMPORTS, json={"url": link("playlist", playlist)})).json()["data"]

    assert (imported["total"], len(imported["added"])) == (250, 250)


async def test_what_cannot_become_a_track_is_reported(api):
    answer = await api.post(IMPORTS, json={"url": link("playlist", fake.PLAYLIST_MIXED)})

    imported = answer.json()["data"]
    assert len(imported["added"]) == 2
    assert imported["total"] == 6
    assert len(imported["skipped"]) >= 3
    assert all(skipped["reason"] for skipped in imported["skipped"])


async def test_stages_narrow_the_way(api):
    body = {"url": link("track", fake.TRACK), "stages": ["download"]}

    (track,) = (await api.post(IMPORTS, json=body)).json()["data"]["added"]

    assert [job["stage"] for job in track["jobs"]] == ["download"]


async def test_what_the_separation_shall_make_waits_for_the_recording(api, node):
    asked = {"stems": ["vocals"], "sample_rate": "source"}
    body = {"url": link("track", fake.TRACK), "stages": ["download", "separate"], **asked}

    (track,) = (await api.post(IMPORTS, json=body)).json()["data"]["added"]

    async with node.database.transaction() as session:
        job = await jobs.find(session, uuid.UUID(track["jobs"][0]["id"]))
    assert [plan["options"] for plan in job.then] == [asked]


REFUSED = {
    "an option": "--output=/etc/passwd",
    "a newline": "https://open.spotify.com/track/x\nhttps://evil.example",
    "a pipe": "|id",
    "a file": "file:///etc/passwd",
    "another host": "https://evil.example/?x=open.spotify.com/track/" + fake.TRACK,
    "a name that ends like ours": "https://notopen.spotify.com.evil.example/track/" + fake.TRACK,
    "credentials": f"https://open.spotify.com@evil.example/track/{fake.TRACK}",
    "the cloud's metadata": "http://169.254.169.254/latest/meta-data",
    "an episode": link("episode", fake.TRACK),
    "an artist": link("artist", fake.TRACK),
    "an id too short": link("track", "abc"),
    "spaces": "   ",
    "words": "play me something",
    "4096 characters": "https://open.spotify.com/" + "a" * 4071,
}


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED)
async def test_a_link_that_is_not_ours_is_refused_with_a_code(api, url):
    answer = await api.post(IMPORTS, json={"url": url})

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] not in ("", "refused")


async def test_a_track_that_spotify_does_not_know_is_not_found(api):
    answer = await api.post(IMPORTS, json={"url": link("track", fake.make_id("nobody"))})

    assert answer.status_code == 404


async def test_a_private_playlist_is_an_explained_refusal(api):
    answer = await api.post(IMPORTS, json={"url": link("playlist", fake.PLAYLIST_PRIVATE)})

    assert answer.status_code == 403
    assert answer.json()["next_step"]


@pytest.mark.parametrize("body", hostile.NOT_AN_OBJECT.values(), ids=hostile.NOT_AN_OBJECT)
async def test_a_body_that_is_no_object_is_refused(api, body):
    answer = await api.post(IMPORTS, content=body, headers=hostile.JSON)

    assert answer.status_code == 422
    assert answer.json()["code"] in ("json_invalid", "validation_failed")
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("value", hostile.NOT_A_TEXT.values(), ids=hostile.NOT_A_TEXT)
async def test_a_link_that_is_no_text_is_refused(api, value):
    answer = await api.post(IMPORTS, content=hostile.with_field("url", value), headers=hostile.JSON)

    assert answer.status_code == 422
    assert answer.json()["code"] == "validation_failed"
    assert answer.json()["errors"][0]["field"] == "body.url"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stages", "download"),
        ("stages", ["upload"]),
        ("stages", ["download"] * 4),
        ("stages", [None]),
        ("stages", {"download": True}),
        ("model", 7),
        ("model", "m" * 65),
        ("model", "a\x00b"),
        ("url", "x" * 4097),
    ],
)
async def test_a_field_of_the_wrong_shape_is_refused(api, field, value):
    answer = await api.post(IMPORTS, json={"url": link("track", fake.TRACK), field: value})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(f"body.{field}")


async def test_a_model_that_does_not_exist_is_refused_and_nothing_is_added(api):
    body = {"url": link("track", fake.TRACK), "model": "nonesuch"}

    answer = await api.post(IMPORTS, json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "model_unknown")
    assert (await api.get("/api/v1/tracks")).json()["data"] == []


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_json_must_say_that_it_is_json(api, kind):
    headers = {"Content-Type": kind} if kind else {}

    answer = await api.post(IMPORTS, content=b'{"url": "x"}', headers=headers)

    assert answer.status_code == 422


async def test_without_credentials_the_answer_says_how_to_get_them(node):
    from soundforge.providers.spotify.client import SpotifyClient
    from soundforge.providers.spotify.provider import SpotifyProvider
    from soundforge.providers.spotify.short_links import ShortLinks
    from tests.plugins.app import client_of, services_of, tools_of

    nobody = SpotifyClient(api_url="", accounts_url="", client_id="", client_secret="")
    tools = tools_of(node, providers=(SpotifyProvider(nobody, ShortLinks()),))
    async with client_of(services_of(node, tools=tools)) as api:
        answer = await api.post(IMPORTS, json={"url": link("track", fake.TRACK)})

    assert answer.json()["code"] == "spotify_not_configured"
    assert answer.json()["next_step"]


async def test_a_title_that_is_no_unicode_breaks_nothing(api, spotify):
    odd = fake.make_id("odd")
    spotify.tracks[odd] = fake.track(odd, "a\ud800b")

    answers = [
        await api.post(path, json={"url": link("track", odd)})
        for path in (IMPORTS, "/api/spotify/fetch", "/api/download/track")
    ]

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
