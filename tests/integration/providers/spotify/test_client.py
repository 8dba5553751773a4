"""The client against a Spotify that speaks real HTTP: what it asks, waits for and refuses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from soundforge import errors
from soundforge.providers.spotify import ShortLinks, SpotifyClient, SpotifyProvider
from soundforge.providers.spotify.throttle import Clock
from soundforge.providers.spotify.transport import MAX_ANSWER_BYTES, Transport
from tests.fakes import spotify as fakes
from tests.fakes.spotify import FakeSpotify, Reply
from tests.fakes.spotify_objects import TRACK_MS

TRACK_PATH = f"/v1/tracks/{fakes.TRACK}"


class HandClock:
    """Time that passes only when somebody sleeps, or when a test says so."""

    def __init__(self) -> None:
        self.at_s = 1000.0
        self.slept: list[float] = []

    def clock(self) -> Clock:
        return Clock(lambda: self.at_s, self._wall, self._sleep, lambda: 0.5)

    def _wall(self) -> datetime:
        return datetime(2026, 11, 20, 14, 0, tzinfo=UTC) + timedelta(seconds=self.at_s - 1000)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at_s += seconds


@pytest.fixture
def spotify() -> Iterator[FakeSpotify]:
    with FakeSpotify() as fake:
        yield fake


@pytest.fixture
def time() -> HandClock:
    return HandClock()


@pytest.fixture
async def client(spotify: FakeSpotify, time: HandClock) -> AsyncIterator[SpotifyClient]:
    transport = Transport(timeout_s=20.0, clock=time.clock())
    client = SpotifyClient(**spotify.settings(market="DE"), transport=transport)
    yield client
    await client.aclose()


@pytest.fixture
def provider(client: SpotifyClient) -> SpotifyProvider:
    return SpotifyProvider(client, ShortLinks())


def link(kind: str, spotify_id: str) -> str:
    return f"https://open.spotify.com/{kind}/{spotify_id}"


async def test_a_track_comes_with_all_that_the_library_keeps(
    provider: SpotifyProvider, spotify: FakeSpotify
):
    found = await provider.resolve(link("track", fakes.TRACK))

    assert (found.kind, found.title, found.total, found.skipped) == ("track", "Ground Loop", 1, ())
    assert found.raw == spotify.tracks[fakes.TRACK]
    track = found.tracks[0]
    assert track.spotify_url == link("track", fakes.TRACK)
    assert (track.artist, track.album) == ("The Loopbacks", "A Single")
    assert track.album_art_url is not None
    assert track.album_art_url.endswith("-640")
    assert track.duration_ms == TRACK_MS
    assert track.isrc is not None
    assert spotify.seen[-1].query == {"market": "DE"}


async def test_tracks_of_an_album_get_what_only_the_album_says(provider: SpotifyProvider):
    found = await provider.resolve(link("album", fakes.ALBUM))

    assert len(found.tracks) == found.total == 12
    assert [track.track_number for track in found.tracks] == list(range(1, 13))
    assert {track.album for track in found.tracks} == {"Twelve"}
    assert all(track.album_art_url for track in found.tracks)
    assert all(track.release_date == "2026-02-11" for track in found.tracks)
    assert all(track.isrc is None for track in found.tracks)


async def test_an_album_of_several_pages_is_read_to_its_end(
    provider: SpotifyProvider, spotify: FakeSpotify
):
    spotify.add_album(fakes.make_id("long"), "Long", 120)

    found = await provider.resolve(link("album", fakes.make_id("long")))

    assert len(found.tracks) == 120
    assert len(found.raw["tracks"]["items"]) == 120
    assert found.raw["tracks"]["next"] is None


@pytest.mark.parametrize("spotify_id", [fakes.PLAYLIST, fakes.PLAYLIST_NEW])
async def test_a_playlist_of_250_is_read_whole_in_both_shapes(
    provider: SpotifyProvider, spotify: FakeSpotify, spotify_id: str
):
    found = await provider.resolve(link("playlist", spotify_id))

    assert len(found.tracks) == found.total == 250
    assert found.tracks[249].title == "Listed 250"
    assert spotify.count("/v1/") == 3


async def test_entries_that_are_no_tracks_are_skipped_and_named(provider: SpotifyProvider):
    found = await provider.resolve(link("playlist", fakes.PLAYLIST_MIXED))

    assert [track.title for track in found.tracks] == ["Listed 1", "Listed 2"]
    assert [(skipped.reason, skipped.title) for skipped in found.skipped] == [
        ("missing", None),
        ("local_file", "My Demo"),
        ("episode", "A Podcast"),
        ("duplicate", "Listed 1"),
    ]
    assert found.total == len(found.tracks) + len(found.skipped)


async def test_a_playlist_that_is_not_ours_is_explained(provider: SpotifyProvider):
    with pytest.raises(errors.Denied) as refusal:
        await provider.resolve(link("playlist", fakes.PLAYLIST_PRIVATE))

    assert refusal.value.code == "spotify_playlist_private"
    assert "own file" in refusal.value.next_step


async def test_contents_left_out_of_a_playlist_are_asked_for(
    provider: SpotifyProvider, spotify: FakeSpotify
):
    head = {"id": fakes.PLAYLIST_NEW, "name": "Head only"}
    spotify.script(f"/v1/playlists/{fakes.PLAYLIST_NEW}", Reply(body=head))

    found = await provider.resolve(link("playlist", fakes.PLAYLIST_NEW))

    assert (found.title, len(found.tracks)) == ("Head only", 250)
    assert len(found.raw["items"]["items"]) == 250


async def test_one_token_serves_many_questions_at_once(client: SpotifyClient, spotify: FakeSpotify):
    await asyncio.gather(*(client.fetch_track(fakes.TRACK) for _ in range(12)))

    assert spotify.count("/api/token") == 1


async def test_a_token_is_kept_for_3500_seconds(
    client: SpotifyClient, spotify: FakeSpotify, time: HandClock
):
    await client.fetch_track(fakes.TRACK)
    time.at_s += 3499
    await client.fetch_track(fakes.TRACK)
    assert spotify.count("/api/token") == 1

    time.at_s += 2
    await client.fetch_track(fakes.TRACK)

    assert spotify.count("/api/token") == 2


async def test_a_token_that_lives_shorter_is_kept_shorter(spotify: FakeSpotify, time: HandClock):
    spotify.expires_in = 300
    client = SpotifyClient(**spotify.settings(), transport=Transport(clock=time.clock()))
    await client.fetch_track(fakes.TRACK)
    time.at_s += 201

    await client.fetch_track(fakes.TRACK)

    assert spotify.count("/api/token") == 2
    await client.aclose()


async def test_a_token_refused_once_is_replaced_and_the_question_asked_again(
    client: SpotifyClient, spotify: FakeSpotify
):
    await client.fetch_track(fakes.TRACK)
    spotify.forget_tokens()

    track = await client.fetch_track(fakes.TRACK)

    assert track["name"] == "Ground Loop"
    assert spotify.count("/api/token") == 2


async def test_a_token_refused_twice_is_a_refusal_of_the_credentials(
    client: SpotifyClient, spotify: FakeSpotify
):
    spotify.script(TRACK_PATH, Reply(401), Reply(401))

    with pytest.raises(errors.Conflict) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_credentials_refused"
    assert spotify.count(TRACK_PATH) == 2


async def test_wrong_credentials_are_said_without_showing_them(spotify: FakeSpotify):
    settings = {**spotify.settings(), "client_secret": "wrong-and-private"}
    client = SpotifyClient(**settings)

    with pytest.raises(errors.Conflict) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_credentials_refused"
    assert "private" not in refusal.value.message + refusal.value.next_step + repr(client)
    await client.aclose()


async def test_without_credentials_nobody_is_asked(spotify: FakeSpotify):
    client = SpotifyClient(**{**spotify.settings(), "client_id": ""})

    with pytest.raises(errors.Conflict) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_not_configured"
    assert "SFA_SPOTIFY__CLIENT_ID" in refusal.value.next_step
    assert spotify.seen == []


async def test_a_short_limit_is_waited_out_with_some_spread(
    client: SpotifyClient, spotify: FakeSpotify, time: HandClock
):
    spotify.script(TRACK_PATH, Reply(429, headers={"Retry-After": "7"}))

    await client.fetch_track(fakes.TRACK)

    assert time.slept == [pytest.approx(7.35)]
    assert spotify.count(TRACK_PATH) == 2


async def test_a_short_limit_holds_back_the_other_questions_too(
    client: SpotifyClient, spotify: FakeSpotify, time: HandClock
):
    await client.fetch_album(fakes.ALBUM)
    spotify.script(TRACK_PATH, Reply(429, headers={"Retry-After": "20"}))
    await client.fetch_track(fakes.TRACK)
    before_s = time.at_s

    await client.fetch_album(fakes.ALBUM)

    assert time.at_s == before_s  # the wait of the first was the wait of all


async def test_a_limit_without_a_time_counts_as_30_seconds_three_times_at_most(
    client: SpotifyClient, spotify: FakeSpotify, time: HandClock
):
    spotify.script(TRACK_PATH, Reply(429), Reply(429, headers={"Retry-After": "soon"}), Reply(429))

    with pytest.raises(errors.Limited) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_rate_limited"
    assert refusal.value.retry_after_s == pytest.approx(30)
    assert len(time.slept) == 2
    assert spotify.count(TRACK_PATH) == 3


@pytest.mark.parametrize("retry_after", ["301", "Fri, 20 Nov 2026 14:05:01 GMT"])
async def test_a_long_limit_is_told_with_the_time_and_nobody_asks_until_then(
    client: SpotifyClient, spotify: FakeSpotify, time: HandClock, retry_after: str
):
    await client.fetch_album(fakes.ALBUM)
    spotify.script(TRACK_PATH, Reply(429, headers={"Retry-After": retry_after}))

    with pytest.raises(errors.Limited) as refusal:
        await client.fetch_track(fakes.TRACK)
    with pytest.raises(errors.Limited):
        await client.fetch_track(fakes.TRACK)
    with pytest.raises(errors.Limited):
        await client.fetch_album(fakes.ALBUM)

    local = datetime(2026, 11, 20, 14, 6, tzinfo=UTC).astimezone()
    assert f"until {local:%H:%M}" in refusal.value.message
    assert refusal.value.retry_after_s == pytest.approx(301)
    assert time.slept == []
    assert spotify.count(TRACK_PATH) == 1

    time.at_s += 302
    assert (await client.fetch_track(fakes.TRACK))["id"] == fakes.TRACK


async def test_a_used_up_quota_is_its_own_refusal_however_short_its_time(
    client: SpotifyClient, spotify: FakeSpotify
):
    body = {"error": {"status": 429, "message": "…", "reason": "QUOTA_EXCEEDED"}}
    spotify.script(TRACK_PATH, Reply(429, body, {"Retry-After": "5"}))

    with pytest.raises(errors.Limited) as refusal:
        await client.fetch_track(fakes.TRACK)
    with pytest.raises(errors.Limited):
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_quota_exceeded"
    assert spotify.count(TRACK_PATH) == 1


async def test_a_limit_on_tokens_counts_as_well(client: SpotifyClient, spotify: FakeSpotify):
    spotify.script("/api/token", Reply(429, headers={"Retry-After": "86400"}))

    with pytest.raises(errors.Limited) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_rate_limited"
    assert "2026-11-21" in refusal.value.next_step


async def test_a_passing_failure_is_tried_again(
    client: SpotifyClient, spotify: FakeSpotify, time: HandClock
):
    spotify.script(TRACK_PATH, Reply(502, b"<html>"), Reply(503))

    track = await client.fetch_track(fakes.TRACK)

    assert track["id"] == fakes.TRACK
    assert time.slept == [pytest.approx(0.75), pytest.approx(1.5)]


async def test_a_lasting_failure_is_told_after_three_tries(
    client: SpotifyClient, spotify: FakeSpotify
):
    spotify.script(TRACK_PATH, *[Reply(500)] * 5)

    with pytest.raises(errors.Unavailable) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_unreachable"
    assert spotify.count(TRACK_PATH) == 3


@pytest.mark.parametrize("reply", [Reply(delay_s=1.0), Reply(body=b"{}" * 50, drip_s=0.05)])
async def test_a_slow_answer_is_not_waited_for(spotify: FakeSpotify, time: HandClock, reply: Reply):
    transport = Transport(timeout_s=0.2, clock=time.clock())
    client = SpotifyClient(**spotify.settings(), transport=transport)
    spotify.script(TRACK_PATH, reply, reply, reply)

    with pytest.raises(errors.Unavailable) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_unreachable"
    await client.aclose()


async def test_nobody_listening_is_unreachable(time: HandClock):
    with FakeSpotify() as gone:
        settings = gone.settings()
    client = SpotifyClient(**settings, transport=Transport(clock=time.clock()))

    with pytest.raises(errors.Unavailable) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_unreachable"
    await client.aclose()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html><body>Sign in</body></html>"),
        Reply(body=b""),
        Reply(body=b"[]"),
        Reply(body=b"null"),
        Reply(body=b'{"id": '),
        Reply(body=b"\xff\xfe{}"),
        Reply(body=b"[" * 100_000),
        Reply(body=b'{"x": ' + b"9" * 5000 + b"}"),
        Reply(body=b'{"pad": "' + b"x" * MAX_ANSWER_BYTES + b'"}'),
        Reply(302, headers={"Location": "http://169.254.169.254/"}),
        Reply(418),
        Reply(204, b""),
    ],
    ids=lambda reply: f"{reply.status}-{reply.body[:12]!r}",
)
async def test_an_answer_that_makes_no_sense_is_said_to(
    client: SpotifyClient, spotify: FakeSpotify, reply: Reply
):
    spotify.script(TRACK_PATH, reply)

    with pytest.raises(errors.Unavailable) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_answer_invalid"
    assert spotify.count(TRACK_PATH) == 1


@pytest.mark.parametrize("status", [400, 404])
async def test_an_unknown_id_is_not_found(client: SpotifyClient, spotify: FakeSpotify, status: int):
    spotify.script(TRACK_PATH, Reply(status, {"error": {"status": status, "message": "…"}}))

    with pytest.raises(errors.NotFound) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_not_found"


async def test_a_track_this_app_may_not_read_is_denied(client: SpotifyClient, spotify: FakeSpotify):
    spotify.script(TRACK_PATH, Reply(403))

    with pytest.raises(errors.Denied) as refusal:
        await client.fetch_track(fakes.TRACK)

    assert refusal.value.code == "spotify_denied"


@pytest.mark.parametrize(
    "next_url",
    [
        "https://evil.example/v1/steal",
        "http://127.0.0.1:1/v1/x",
        "{api}.evil.example/",
        "{api}@evil.example/",
        "file:///etc/passwd",
        "{api}/albums/loop/tracks",
    ],
)
async def test_a_next_page_elsewhere_or_in_circles_is_never_followed(
    client: SpotifyClient, spotify: FakeSpotify, next_url: str
):
    page = {"items": [], "total": 1, "next": next_url.format(api=spotify.api_url)}
    spotify.script(f"/v1/albums/{fakes.ALBUM}", Reply(body={"name": "Loop", "tracks": page}))
    spotify.script("/v1/albums/loop/tracks", *[Reply(body=page)] * 3)

    with pytest.raises(errors.Unavailable) as refusal:
        await client.fetch_album(fakes.ALBUM)

    assert refusal.value.code == "spotify_answer_invalid"
    assert spotify.count("/v1/") <= 2


async def test_half_characters_and_nul_never_reach_the_library(
    provider: SpotifyProvider, spotify: FakeSpotify
):
    body = b'{"id": "%s", "name": "a\\u0000b\\ud800c"}' % fakes.TRACK.encode()
    spotify.script(TRACK_PATH, Reply(body=body))

    found = await provider.resolve(link("track", fakes.TRACK))

    assert found.title == "a\ufffdb\ufffdc"
    assert found.raw["name"].encode()


async def test_secrets_stay_out_of_the_log(
    client: SpotifyClient, spotify: FakeSpotify, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    spotify.script(TRACK_PATH, Reply(429, headers={"Retry-After": "1"}), Reply(500))

    await client.fetch_track(fakes.TRACK)

    assert fakes.CLIENT_SECRET not in caplog.text
    assert "token-1" not in caplog.text
