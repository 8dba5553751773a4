"""What a link leads to becomes tracks, each song once."""

import asyncio
from dataclasses import replace

import pytest

from soundforge.library import jobs, tracks
from soundforge.pipeline import actions, ingest, paste
from soundforge.pipeline.start import BATCH, WAITED_FOR
from soundforge.providers.spotify.client import SpotifyClient
from soundforge.providers.spotify.provider import SpotifyProvider
from soundforge.providers.spotify.short_links import ShortLinks
from tests.fakes import spotify as fake
from tests.fakes.spotify import FakeSpotify

ALBUM = f"spotify:album:{fake.ALBUM}"
TRACK = f"spotify:track:{fake.TRACK}"


@pytest.fixture
async def doors(tools):
    with FakeSpotify() as service:
        client = SpotifyClient(**service.settings())
        yield replace(tools, providers=(SpotifyProvider(client, ShortLinks()),))
        await client.aclose()


async def library(doors, owner_id):
    async with doors.database.transaction() as session:
        page = await tracks.page(session, owner_id, limit=1000)
        return page.tracks


async def test_two_imports_of_an_album_at_once_give_each_song_once(doors, owner_id):
    both = await asyncio.gather(*(ingest.link(doors, owner_id, ALBUM) for _ in range(2)))

    assert sorted(len(one.added) for one in both) == [0, 12]
    assert sorted(len(one.existing) for one in both) == [0, 12]
    found = await library(doors, owner_id)
    assert [track.title for track in found] == [f"Song {n}" for n in range(1, 13)]
    assert [len(track.jobs) for track in found] == [1] * 12


async def test_a_single_song_goes_before_an_albums(doors, owner_id):
    album = await ingest.link(doors, owner_id, ALBUM, stages=["download"])
    song = await ingest.link(doors, owner_id, TRACK, stages=["download"])

    priorities = {track.id: track.jobs[0].priority for track in await library(doors, owner_id)}
    assert {priorities[track.id] for track in album.added} == {BATCH}
    assert priorities[song.added[0].id] == WAITED_FOR


async def test_a_song_in_the_bin_is_imported_anew(doors, owner_id):
    (first,) = (await ingest.link(doors, owner_id, TRACK)).added
    await actions.delete(doors, owner_id, first.id)

    again = await ingest.link(doors, owner_id, TRACK)

    assert [track.id for track in again.added] != [first.id]
    assert again.existing == ()


async def test_one_bad_link_of_a_paste_stops_no_other(doors, owner_id):
    text = f"{ALBUM}\nhttps://evil.example/x {TRACK} {ALBUM}"

    imported, refused = await paste.links(doors, owner_id, text)

    assert [(one.kind, len(one.added)) for one in imported] == [("album", 12), ("track", 1)]
    assert [(one.text, one.error.code) for one in refused] == [
        ("https://evil.example/x", "link_not_supported")
    ]


async def test_what_follows_the_download_starts_with_its_end(doors, owner_id):
    (track,) = (await ingest.link(doors, owner_id, TRACK)).added
    (job,) = (await library(doors, owner_id))[0].jobs

    assert [plan["stage"] for plan in job.then] == ["separate", "analyze"]
    async with doors.database.transaction() as session:
        assert [one.stage for one in await jobs.unfinished(session, track.id)] == ["download"]
