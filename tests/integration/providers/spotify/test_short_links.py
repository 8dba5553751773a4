"""Short links against real HTTP: only Spotify's short hosts are asked, and never for long."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from soundforge import errors
from soundforge.providers.spotify import ShortLinks, SpotifyClient, SpotifyProvider
from soundforge.providers.spotify.url import ShortLink, SpotifyRef
from tests.fakes import spotify as fakes
from tests.fakes.spotify import FakeSpotify, Reply

LINK = ShortLink("https://spotify.link/abc")
TRACK_URL = f"https://open.spotify.com/track/{fakes.TRACK}?si=1"


class ToLoopback(httpx.AsyncHTTPTransport):
    """Send every request to the fake, and remember where it was meant to go."""

    def __init__(self, fake: FakeSpotify) -> None:
        super().__init__()
        self._fake = httpx.URL(fake.url)
        self.meant: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.meant.append(str(request.url))
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._fake.port)
        return await super().handle_async_request(request)


@pytest.fixture
def spotify() -> Iterator[FakeSpotify]:
    with FakeSpotify() as fake:
        yield fake


@pytest.fixture
def wire(spotify: FakeSpotify) -> ToLoopback:
    return ToLoopback(spotify)


def to(location: str, **more: str) -> Reply:
    return Reply(302, b"", {"Location": location, **more})


async def test_a_short_link_leads_to_its_track(spotify: FakeSpotify, wire: ToLoopback):
    spotify.script("/abc", to(TRACK_URL))

    assert await ShortLinks(base=wire).resolve(LINK) == SpotifyRef("track", fakes.TRACK)
    assert wire.meant == ["https://spotify.link/abc"]


async def test_hops_among_the_short_hosts_are_followed_without_cookies(
    spotify: FakeSpotify, wire: ToLoopback
):
    spotify.script("/abc", to("https://spotify.app.link/def?x=1", **{"Set-Cookie": "a=b"}))
    spotify.script("/def", to("/ghi", **{"Set-Cookie": "c=d; Domain=spotify.app.link"}))
    spotify.script("/ghi", to(TRACK_URL))

    assert (await ShortLinks(base=wire).resolve(LINK)).id == fakes.TRACK
    assert wire.meant[1:] == ["https://spotify.app.link/def", "https://spotify.app.link/ghi"]
    assert not any("cookie" in seen.headers for seen in spotify.seen)


@pytest.mark.parametrize(
    "reply",
    [
        to("https://evil.example/track"),
        to("http://169.254.169.254/latest"),
        to("http://127.0.0.1:4000/"),
        to("//evil.example/x"),
        to("file:///etc/passwd"),
        to(f"https://open.spotify.com@evil.example/track/{fakes.TRACK}"),
        to("https://open.spotify.com/artist/" + fakes.TRACK),
        to("https://open.spotify.com/"),
        to("https://["),
        to(""),
        Reply(302, b""),
        Reply(200, b"<html>location.href='https://evil.example'</html>"),
        Reply(404, b""),
        to("https://spotify.link/abc"),
    ],
    ids=lambda reply: reply.headers.get("Location", str(reply.status))[:40],
)
async def test_any_other_end_is_refused_and_not_visited(
    spotify: FakeSpotify, wire: ToLoopback, reply: Reply
):
    spotify.script("/abc", *[reply] * 5)

    with pytest.raises(errors.Invalid) as refusal:
        await ShortLinks(base=wire).resolve(LINK)

    assert refusal.value.code == "spotify_short_link_invalid"
    assert set(wire.meant) == {"https://spotify.link/abc"}
    assert len(wire.meant) <= 3


async def test_a_slow_host_is_not_waited_for(spotify: FakeSpotify, wire: ToLoopback):
    spotify.script("/abc", Reply(delay_s=1.0))

    with pytest.raises(errors.Unavailable) as refusal:
        await ShortLinks(base=wire, timeout_s=0.2).resolve(LINK)

    assert refusal.value.code == "spotify_unreachable"


async def test_the_provider_takes_a_short_link_like_any_other(
    spotify: FakeSpotify, wire: ToLoopback
):
    spotify.script("/abc", to(TRACK_URL))
    client = SpotifyClient(**spotify.settings())

    found = await SpotifyProvider(client, ShortLinks(base=wire)).resolve(" spotify.link/abc ")

    assert found.tracks[0].title == "Ground Loop"
    await client.aclose()
