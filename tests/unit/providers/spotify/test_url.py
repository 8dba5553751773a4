"""Every form of a Spotify link, and everything that only looks like one."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge import errors
from soundforge.providers.spotify import url
from soundforge.providers.spotify.url import ShortLink, SpotifyRef

ID = "4iV5W9uYEdYUVa79Axb7Rh"
OTHER = "0000000000000000000000"

TRACK_FORMS = [
    f"https://open.spotify.com/track/{ID}",
    f"https://open.spotify.com/track/{ID}?si=0123456789abcdef",
    f"https://open.spotify.com/track/{ID}/",
    f"https://open.spotify.com/track/{ID}#0:42",
    f"http://open.spotify.com/track/{ID}",
    f"HTTPS://OPEN.SPOTIFY.COM/track/{ID}",
    f"open.spotify.com/track/{ID}",
    f"https://play.spotify.com/track/{ID}",
    f"https://open.spotify.com/intl-de/track/{ID}",
    f"https://open.spotify.com/intl-pt-BR/track/{ID}?si=1",
    f"https://open.spotify.com/embed/track/{ID}?utm_source=generator",
    f"https://open.spotify.com/intl-fr/embed/track/{ID}",
    f"spotify:track:{ID}",
    f"SPOTIFY:track:{ID}",
    f"spotify:track:{ID}?si=1",
    f"https://open.spotify.com/album/{OTHER}?highlight=spotify:track:{ID}",
    f"https://open.spotify.com/album/{OTHER}?si=1&highlight=spotify%3Atrack%3A{ID}",
    f"  <https://open.spotify.com/track/{ID}>\n",
    f"\thttps://open.spotify.com/track/{ID}  ",
]


@pytest.mark.parametrize("text", TRACK_FORMS)
def test_every_form_of_a_track_link_is_the_same_track(text: str):
    assert url.parse(text) == SpotifyRef("track", ID)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"https://open.spotify.com/album/{ID}", "album"),
        (f"https://open.spotify.com/embed/album/{ID}", "album"),
        (f"https://open.spotify.com/album/{ID}?highlight=spotify:episode:{ID}", "album"),
        (f"https://open.spotify.com/album/{ID}?highlight=spotify:track:short", "album"),
        (f"spotify:album:{ID}", "album"),
        (f"https://open.spotify.com/playlist/{ID}", "playlist"),
        (f"https://open.spotify.com/embed/playlist/{ID}", "playlist"),
        (f"https://open.spotify.com/user/some.body/playlist/{ID}", "playlist"),
        (f"https://play.spotify.com/user/somebody/playlist/{ID}", "playlist"),
        (f"spotify:user:somebody:playlist:{ID}", "playlist"),
        (f"spotify:playlist:{ID}", "playlist"),
    ],
)
def test_albums_and_playlists_are_told_apart(text: str, kind: str):
    ref = url.parse(text)

    assert ref == SpotifyRef(kind, ID)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("https://spotify.link/AbC_d-9", "https://spotify.link/AbC_d-9"),
        ("http://spotify.link/AbC?x=1#y", "https://spotify.link/AbC"),
        ("spotify.link/AbC/", "https://spotify.link/AbC"),
        ("https://spotify.app.link/xyz?_p=abc", "https://spotify.app.link/xyz"),
    ],
)
def test_a_short_link_is_rebuilt_from_its_code(text: str, rebuilt: str):
    assert url.parse(text) == ShortLink(rebuilt)


HOSTILE = [
    # no link at all
    ("", "spotify_url_invalid"),
    ("   ", "spotify_url_invalid"),
    ("<>", "spotify_url_invalid"),
    ("hello", "spotify_url_invalid"),
    (f"track/{ID}", "spotify_url_invalid"),
    (ID, "spotify_url_invalid"),
    ("x" * 1_000_000, "spotify_url_invalid"),
    (f"https://open.spotify.com/track/{ID}?" + "a" * 1_000_000, "spotify_url_invalid"),
    ("https://[", "spotify_url_invalid"),
    ("https://open.spotify.com/", "spotify_url_invalid"),
    ("https://open.spotify.com", "spotify_url_invalid"),
    ("spotify:", "spotify_url_invalid"),
    # pieces that mean something to the programs behind us
    (f"--proxy=https://open.spotify.com/track/{ID}", "spotify_url_invalid"),
    ("-v", "spotify_url_invalid"),
    (f"https://open.spotify.com/track/{ID}\n--exec rm", "spotify_url_invalid"),
    (f"https://open.spotify.com/track/{ID}\r\nHost: evil.example", "spotify_url_invalid"),
    (f"https://open.spotify.com/track/{ID} --exec", "spotify_url_invalid"),
    (f"https://open.spotify.com/track/{ID}\x00", "spotify_url_invalid"),
    (f"https://open.spotify.com/tr\tack/{ID}", "spotify_url_invalid"),
    (f"https://youtu.be/x|https://open.spotify.com/track/{ID}", "link_not_supported"),
    (f"https://open.spotify.com/track/{ID}|https://youtu.be/x", "spotify_url_invalid"),
    (f"https://open.spotify.com/track/{ID}.spotdl", "spotify_id_invalid"),
    ("songs.spotdl", "link_not_supported"),
    # other hosts, in disguise and not
    (f"https://evil.example/?x=spotify.com/track/{ID}", "link_not_supported"),
    (f"https://evil.example/open.spotify.com/track/{ID}", "link_not_supported"),
    (f"https://open.spotify.com.evil.example/track/{ID}", "link_not_supported"),
    (f"open.spotify.com.evil.example/track/{ID}", "link_not_supported"),
    (f"https://open.spotify.com@evil.example/track/{ID}", "link_not_supported"),
    (f"https://evil.example\\@open.spotify.com/track/{ID}", "spotify_url_invalid"),
    (f"https://evil.example#@open.spotify.com/track/{ID}", "link_not_supported"),
    (f"https://user:secret@open.spotify.com/track/{ID}", "spotify_url_invalid"),
    (f"https://open.spotify.com:443/track/{ID}", "spotify_url_invalid"),
    (f"https://open.spotify.com:/track/{ID}", "spotify_url_invalid"),
    (f"open.spotify.com:22/track/{ID}", "spotify_url_invalid"),
    (f"https://open.spotify.com./track/{ID}", "link_not_supported"),
    (f"https://spotify.com/track/{ID}", "link_not_supported"),
    (f"https://xopen.spotify.com/track/{ID}", "link_not_supported"),
    (f"https://оpen.spotify.com/track/{ID}", "link_not_supported"),  # noqa: RUF001 -- Cyrillic o
    (f"https://open.spotify.com／track/{ID}", "spotify_url_invalid"),  # noqa: RUF001 -- wide slash
    (f"https://spotify.lin\N{KELVIN SIGN}/{ID}", "link_not_supported"),
    ("https://xn--pen-emb.spotify.com/track/x", "link_not_supported"),
    ("https://169.254.169.254/latest/meta-data", "link_not_supported"),
    ("https://[::1]/track/x", "link_not_supported"),
    ("http://localhost:4000/", "link_not_supported"),
    ("https://spotify.link.evil.example/abc", "link_not_supported"),
    ("https://music.apple.com/album/1", "link_not_supported"),
    ("https://www.youtube.com/watch?v=1", "link_not_supported"),
    # other schemes
    ("file:///etc/passwd", "link_not_supported"),
    (f"ftp://open.spotify.com/track/{ID}", "link_not_supported"),
    ("javascript:alert(1)", "link_not_supported"),
    (f"data:text/plain,spotify:track:{ID}", "link_not_supported"),
    # short links that are not one code
    ("https://spotify.link/", "spotify_url_invalid"),
    ("https://spotify.link/a/b", "spotify_url_invalid"),
    ("https://spotify.link/..%2f..", "spotify_url_invalid"),
    ("https://spotify.link@evil.example/abc", "link_not_supported"),
    # kinds we do not import
    (f"https://open.spotify.com/artist/{ID}", "spotify_kind_unsupported"),
    (f"https://open.spotify.com/intl-de/artist/{ID}", "spotify_kind_unsupported"),
    (f"https://open.spotify.com/show/{ID}", "spotify_kind_unsupported"),
    (f"https://open.spotify.com/embed/episode/{ID}", "spotify_kind_unsupported"),
    (f"https://open.spotify.com/audiobook/{ID}", "spotify_kind_unsupported"),
    ("https://open.spotify.com/user/somebody", "spotify_kind_unsupported"),
    ("https://open.spotify.com/collection/tracks", "spotify_kind_unsupported"),
    (f"spotify:artist:{ID}", "spotify_kind_unsupported"),
    ("spotify:local:Artist:Album:Title:100", "spotify_kind_unsupported"),
    (f"https://open.spotify.com/nonsense/{ID}", "spotify_url_invalid"),
    (f"https://open.spotify.com/Track/{ID}", "spotify_url_invalid"),
    (f"https://open.spotify.com//track/{ID}", "spotify_url_invalid"),
    (f"https://open.spotify.com/track/../track/{ID}", "spotify_url_invalid"),
    (f"https://open.spotify.com/track/{ID}/more", "spotify_url_invalid"),
    ("https://open.spotify.com/track", "spotify_url_invalid"),
    # ids that are none
    ("https://open.spotify.com/track/", "spotify_url_invalid"),
    (f"https://open.spotify.com/track/{ID[:-1]}", "spotify_id_invalid"),
    (f"https://open.spotify.com/track/{ID}x", "spotify_id_invalid"),
    (f"https://open.spotify.com/track/{ID[:-1]}-", "spotify_id_invalid"),
    (f"https://open.spotify.com/track/{ID[:-3]}%41", "spotify_id_invalid"),
    (f"https://open.spotify.com/track/{ID[:-1]}\N{ARABIC-INDIC DIGIT ONE}", "spotify_id_invalid"),
    (f"spotify:track:{ID[:-1]}", "spotify_id_invalid"),
    (f"spotify:track:{ID}:x", "spotify_url_invalid"),
]


@pytest.mark.parametrize(("text", "code"), HOSTILE, ids=lambda value: repr(value)[:60])
def test_anything_else_is_refused_with_its_code(text: str, code: str):
    with pytest.raises(errors.Invalid) as refusal:
        url.parse(text)

    assert refusal.value.code == code
    assert refusal.value.next_step


def test_a_refusal_does_not_repeat_what_was_pasted():
    with pytest.raises(errors.Invalid) as refusal:
        url.parse("https://user:secret@open.spotify.com/track/x")

    assert "secret" not in refusal.value.message


BASE62 = st.text(string.ascii_letters + string.digits, min_size=22, max_size=22)
REFS = st.builds(SpotifyRef, st.sampled_from(["track", "album", "playlist"]), BASE62)


@given(REFS)
def test_the_canonical_forms_are_read_back(ref: SpotifyRef):
    assert url.parse(ref.url) == ref
    assert url.parse(ref.uri) == ref


@given(st.text(max_size=200))
def test_any_text_is_a_link_or_refused(text: str):
    try:
        link = url.parse(text)
    except errors.Invalid:
        return

    assert link.url.startswith("https://")


@given(REFS, st.text(max_size=40))
def test_what_follows_never_changes_a_reference_silently(ref: SpotifyRef, tail: str):
    try:
        link = url.parse(ref.url + tail)
    except errors.Invalid:
        return

    assert isinstance(link, SpotifyRef)
    assert link == ref or "highlight=" in tail


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        (f"spotify:track:{ID}", True),
        ("https://spotify.link/abc", True),
        (f"https://open.spotify.com/artist/{ID}", True),
        ("https://open.spotify.com/track/short", True),
        ("https://open.spotify.com/", True),
        ("hello", False),
        (f"https://evil.example/?x=spotify.com/track/{ID}", False),
    ],
)
def test_a_link_meant_for_spotify_is_ours_even_if_refused(text: str, is_ours: bool):
    assert url.is_spotify(text) is is_ours
