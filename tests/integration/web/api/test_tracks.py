"""The library over HTTP: pages, searches, one track, the bin."""

from __future__ import annotations

import uuid

import pytest

from soundforge.library import tracks
from soundforge.web.services import LOCAL_USER
from tests.fixtures import songs


async def fill(node, *titles, **fields):
    async with node.database.transaction() as session:
        return [
            await tracks.add(session, LOCAL_USER, title=title, source="upload", **fields)
            for title in titles
        ]


async def titles(api, **query):
    answer = await api.get("/api/v1/tracks", params=query)
    assert answer.status_code == 200, answer.text
    return [track["title"] for track in answer.json()["data"]]


async def test_paging_visits_each_of_sixty_tracks_once_newest_first(api, node):
    added = [f"Track {number}" for number in range(60)]
    await fill(node, *added)

    seen, cursor = [], None
    while True:
        query = {"limit": 7, **({"cursor": cursor} if cursor else {})}
        page = (await api.get("/api/v1/tracks", params=query)).json()
        seen += [track["title"] for track in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    # One transaction added them, so their times are equal and the ids decide.
    assert sorted(seen) == sorted(added)


async def test_a_track_added_meanwhile_does_not_shift_the_pages(api, node):
    for title in "abcd":
        await fill(node, title)
    page = (await api.get("/api/v1/tracks?limit=2")).json()
    await fill(node, "new")

    rest = await titles(api, cursor=page["next_cursor"])

    assert [track["title"] for track in page["data"]] == ["d", "c"]
    assert rest == ["b", "a"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "W10",  # []
        "bnVsbA",  # null
        "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgIjAwMCJd",
        "eyJhIjoxLCJiIjoyfQ",
        "WzEsMl0",
        "a" * 200,
        "%00",
        "\u00fc\u00fc",
        "../../x",
    ],
)
async def test_a_forged_cursor_is_refused(api, cursor):
    answer = await api.get("/api/v1/tracks", params={"cursor": cursor})

    assert answer.status_code == 422
    assert answer.json()["code"] in ("cursor_invalid", "validation_failed")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("%", ["100 % pure"]),
        ("_", ["snake_case"]),
        ("\\", ["back\\slash"]),
        ("pure %", ["100 % pure"]),
        ("SNAKE", ["snake_case"]),
        ("'; drop table", []),
        ("stra\u00dfe", ["Stra\u00dfe"]),
        ("\U0001f3b5", ["\U0001f3b5"]),
    ],
)
async def test_a_search_takes_every_character_as_it_is(api, node, query, found):
    await fill(node, "100 % pure", "snake_case", "back\\slash", "Stra\u00dfe", "\U0001f3b5")

    assert await titles(api, search=query) == found


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1e3",
        "limit=" + "9" * 5000,
        "limit=abc",
        "state=lost",
        "search=%00",
        "search=" + "a" * 201,
        "cursor=" + "a" * 201,
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(api, query):
    answer = await api.get(f"/api/v1/tracks?{query}")

    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "validation_failed"
    assert problem["errors"][0]["field"].startswith("query.")


@pytest.mark.parametrize("state", ["all", "ready", "working", "attention"])
async def test_each_state_can_be_asked_for(api, state):
    assert await titles(api, state=state) == []


async def test_a_track_is_shown_without_any_path_of_the_server(api, node):
    (track,) = await fill(node, "One", artist="Ann")

    shown = (await api.get(f"/api/v1/tracks/{track.id}")).json()["data"]

    assert (shown["id"], shown["title"], shown["artist"]) == (str(track.id), "One", "Ann")
    assert shown["jobs"] == shown["stems"] == []
    assert not [name for name in shown if name.endswith("_path")]


async def test_an_analysis_of_one_thing_hides_nothing_that_is_known(api, node):
    (track,) = await fill(node, "One")
    whole = {"tempo": {"bpm": 120.0}, "key": {"name": "A minor"}}
    await songs.analyze(node.tools, track.id, whole, tempo=120.0, key="A minor")
    await songs.analyze(node.tools, track.id, {"key": {"name": "C major"}}, key="C major")

    (listed,) = (await api.get("/api/v1/tracks")).json()["data"]
    shown = (await api.get(f"/api/v1/tracks/{track.id}")).json()["data"]["analysis"]
    every = (await api.get(f"/api/v1/tracks/{track.id}/analyses")).json()["data"]

    assert (shown["tempo"], shown["key"]) == (120.0, "C major")
    assert shown["features"] == {**whole, "key": {"name": "C major"}}
    assert shown["id"] == every[-1]["id"]
    assert [one["tempo"] for one in every] == [120.0, None]
    assert listed["analysis"] == shown


async def test_a_key_is_written_with_its_accidentals_even_if_it_was_stored_with_others(api, node):
    (track,) = await fill(node, "One")
    await songs.analyze(node.tools, track.id, {"key": {"name": "A# major"}}, key="A# major")

    shown = (await api.get(f"/api/v1/tracks/{track.id}")).json()["data"]["analysis"]

    assert shown["key"] == "Bb major"


ONE_TRACK = [
    ("GET", ""),
    ("DELETE", ""),
    ("POST", "/restore"),
    ("GET", "/stems"),
    ("GET", "/analyses"),
    ("GET", "/recording"),
    ("GET", "/cover"),
    ("GET", "/peaks"),
]


@pytest.mark.parametrize(("method", "rest"), ONE_TRACK)
async def test_an_unknown_track_is_not_found(api, method, rest):
    answer = await api.request(method, f"/api/v1/tracks/{uuid.uuid4()}{rest}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "track_not_found"


@pytest.mark.parametrize(("method", "rest"), ONE_TRACK)
async def test_somebody_elses_track_is_not_found(api, node, method, rest):
    async with node.database.transaction() as session:
        track = await tracks.add(session, uuid.uuid4(), title="Secret", source="upload")

    answer = await api.request(method, f"/api/v1/tracks/{track.id}{rest}")

    assert answer.status_code == 404
    assert "Secret" not in answer.text


@pytest.mark.parametrize("track_id", ["1", "x", "%00", "..%2f..%2fetc", "\u00fc", "a" * 3000])
@pytest.mark.parametrize(("method", "rest"), ONE_TRACK)
async def test_a_malformed_id_is_refused(api, method, rest, track_id):
    answer = await api.request(method, f"/api/v1/tracks/{track_id}{rest}")

    # A slash in an id makes another address, which does not exist.
    assert answer.status_code in (422, 404)
    assert answer.json()["code"] in ("validation_failed", "not_found")


@pytest.mark.parametrize("what", ["recording", "peaks", "cover"])
async def test_a_file_that_the_track_does_not_have_is_not_found(api, node, what):
    (track,) = await fill(node, "Bare")

    answer = await api.get(f"/api/v1/tracks/{track.id}/{what}")

    assert answer.status_code == 404
    assert answer.json()["code"] in ("no_recording", "no_cover")


async def test_a_file_that_is_gone_from_disk_is_not_found(api, node):
    (track,) = await fill(node, "Gone", recording_path=f"downloads/{uuid.uuid4()}/audio.flac")

    answer = await api.get(f"/api/v1/tracks/{track.id}/recording")

    assert answer.status_code == 404
    assert answer.json()["code"] == "file_gone"


@pytest.mark.parametrize("what", ["cover", "peaks"])
async def test_a_file_that_was_replaced_is_not_taken_from_the_cache(api, node, what):
    track_id = uuid.uuid4()
    place = f"downloads/{track_id}/{what}.jpg"
    path = node.tools.storage.path(place)
    path.parent.mkdir()
    path.write_bytes(b"old")
    await fill(node, "Fetched again", id=track_id, **{f"{what}_path": place})
    where = f"/api/v1/tracks/{track_id}/{what}"

    first = await api.get(where)
    known = {"If-None-Match": first.headers["etag"]}
    same = await api.get(where, headers=known)
    path.write_bytes(b"another")
    other = await api.get(where, headers=known)

    assert first.headers["cache-control"] == "private, no-cache"
    assert (first.content, same.status_code) == (b"old", 304)
    assert (other.status_code, other.content) == (200, b"another")


async def test_a_deleted_track_comes_back_from_the_bin(api, node):
    (track,) = await fill(node, "Back")
    where = f"/api/v1/tracks/{track.id}"

    assert (await api.delete(where)).status_code == 204
    assert (await api.get(where)).status_code == 404
    assert await titles(api) == []
    assert (await api.delete(where)).status_code == 404

    assert (await api.post(f"{where}/restore")).json()["data"]["title"] == "Back"
    assert await titles(api) == ["Back"]
    assert (await api.post(f"{where}/restore")).status_code == 404


async def test_a_song_that_is_in_the_library_again_is_not_restored(api, node):
    (old,) = await fill(node, "Old", spotify_id="s" * 22)
    await api.delete(f"/api/v1/tracks/{old.id}")
    await fill(node, "New", spotify_id="s" * 22)

    answer = await api.post(f"/api/v1/tracks/{old.id}/restore")

    assert answer.status_code == 409
    assert answer.json()["code"] == "track_exists"
