"""What a link leads to becomes tracks, each song once."""

import asyncio
import time
from dataclasses import replace

import pytest

from soundforge.library import jobs, tracks
from soundforge.pipeline import actions, links, paste
from soundforge.pipeline.start import BATCH, WAITED_FOR
from soundforge.providers.spotify.client import SpotifyClient
from soundforge.providers.spotify.provider import SpotifyProvider
from soundforge.providers.spotify.short_links import ShortLinks
from tests.fakes import spotify as fake
from tests.fakes.spotify import FakeSpotify, Reply

ALBUM = f"spotify:album:{fake.ALBUM}"
TRACK = f"spotify:track:{fake.TRACK}"


@pytest.fixture
def service():
    with FakeSpotify() as running:
        yield running


@pytest.fixture
async def doors(tools, service):
    client = SpotifyClient(**service.settings())
    yield replace(tools, providers=(SpotifyProvider(client, ShortLinks()),))
    await client.aclose()


async def library(doors, owner_id):
    async with doors.database.transaction() as session:
        page = await tracks.page(session, owner_id, limit=1000)
        return page.tracks


async def test_two_imports_of_an_album_at_once_give_each_song_once(doors, owner_id):
    both = await asyncio.gather(*(links.link(doors, owner_id, ALBUM) for _ in range(2)))

    assert sorted(len(one.added) for one in both) == [0, 12]
    assert sorted(len(one.existing) for one in both) == [0, 12]
    found = await library(doors, owner_id)
    assert [track.title for track in found] == [f"Song {n}" for n in range(1, 13)]
    assert [len(track.jobs) for track in found] == [1] * 12


async def test_a_single_song_goes_before_an_albums(doors, owner_id):
    album = await links.link(doors, owner_id, ALBUM, stages=["download"])
    song = await links.link(doors, owner_id, TRACK, stages=["download"])

    priorities = {track.id: track.jobs[0].priority for track in await library(doors, owner_id)}
    assert {priorities[track.id] for track in album.added} == {BATCH}
    assert priorities[song.added[0].id] == WAITED_FOR


async def test_a_song_in_the_bin_is_imported_anew(doors, owner_id):
    (first,) = (await links.link(doors, owner_id, TRACK)).added
    await actions.delete(doors, owner_id, first.id)

    again = await links.link(doors, owner_id, TRACK)

    assert [track.id for track in again.added] != [first.id]
    assert again.existing == ()


async def test_one_bad_link_of_a_paste_stops_no_other(doors, owner_id):
    text = f"{ALBUM}\nhttps://evil.example/x {TRACK} {ALBUM}"

    imported, refused = await paste.links(doors, owner_id, text)

    assert [(one.kind, len(one.added)) for one in imported] == [("album", 12), ("track", 1)]
    assert [(one.text, one.error.code) for one in refused] == [
        ("https://evil.example/x", "link_not_supported")
    ]


@pytest.fixture
def hundred(service):
    """Return a paste of a hundred links of songs, and their titles."""
    many = [fake.track(fake.make_id("many", n), f"Many {n}") for n in range(100)]
    service.tracks.update({song["id"]: song for song in many})
    return "\n".join(f"spotify:track:{song['id']}" for song in many), [s["name"] for s in many]


async def test_a_hundred_links_are_asked_for_a_few_at_once_and_stand_as_they_were_pasted(
    doors, service, owner_id, hundred
):
    text, titles = hundred
    service.latency_s = 0.1
    began_s = time.monotonic()

    imported, refused = await paste.links(doors, owner_id, text)

    took_s = time.monotonic() - began_s
    assert refused == []
    assert [one.title for one in imported] == titles
    found = await library(doors, owner_id)
    assert [track.title for track in found] == titles
    in_line = sorted(found, key=lambda track: track.jobs[0].queue_job_id)
    assert [track.title for track in in_line] == titles
    assert 1 < service.most_at_once <= 8
    assert took_s < 10, "a hundred times a tenth of a second"


async def test_a_short_limit_that_hits_many_questions_at_once_is_waited_out_by_all(
    doors, service, owner_id, hundred
):
    text, _ = hundred
    limit = Reply(429, headers={"Retry-After": "1"})
    for link in text.split()[:8]:
        service.script(f"/v1/tracks/{link.rpartition(':')[2]}", limit)
    began = len(service.seen)

    imported, refused = await paste.links(doors, owner_id, text)

    assert (len(imported), refused) == (100, [])
    # Nobody asks on while Spotify wants to be left alone: eight refusals, then all once.
    assert len(service.seen) - began == 8 + 100 + 1


async def test_a_long_limit_refuses_what_is_left_at_once_and_keeps_what_was_found(
    doors, service, owner_id, hundred
):
    text, _ = hundred
    stopped_at = text.split()[50].rpartition(":")[2]
    service.script(f"/v1/tracks/{stopped_at}", Reply(429, headers={"Retry-After": "900"}))

    imported, refused = await paste.links(doors, owner_id, text)

    assert {one.error.code for one in refused} == {"spotify_rate_limited"}
    assert len(imported) + len(refused) == 100
    assert 43 <= len(imported) <= 57
    assert [track.title for track in await library(doors, owner_id)] == [
        one.title for one in imported
    ]


async def test_a_paste_that_is_cancelled_asks_no_more_and_adds_nothing(
    doors, service, owner_id, hundred
):
    service.latency_s = 0.1
    pasting = asyncio.create_task(paste.links(doors, owner_id, hundred[0]))
    await asyncio.sleep(0.3)

    pasting.cancel()
    await asyncio.gather(pasting, return_exceptions=True)
    asked = len(service.seen)
    await asyncio.sleep(0.3)

    assert len(service.seen) == asked < 60
    assert await library(doors, owner_id) == []


async def test_a_song_behind_two_links_of_a_paste_belongs_to_the_first(doors, owner_id, service):
    song = f"spotify:track:{service.albums[fake.ALBUM][1][2]['id']}"

    imported, _ = await paste.links(doors, owner_id, f"{song} {ALBUM} {TRACK}")

    assert [(len(one.added), len(one.existing)) for one in imported] == [(1, 0), (11, 1), (1, 0)]
    assert [track.title for track in await library(doors, owner_id)] == [
        "Song 3",
        *(f"Song {n}" for n in range(1, 13) if n != 3),
        "Ground Loop",
    ]


async def test_what_follows_the_download_starts_with_its_end(doors, owner_id):
    (track,) = (await links.link(doors, owner_id, TRACK)).added
    (job,) = (await library(doors, owner_id))[0].jobs

    assert [plan["stage"] for plan in job.then] == ["separate", "analyze"]
    async with doors.database.transaction() as session:
        assert [one.stage for one in await jobs.unfinished(session, track.id)] == ["download"]
