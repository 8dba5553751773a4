"""Read what people paste: every form of a Spotify link becomes one canonical reference.

Pure: no network, no files. Links are parsed and their host compared as a whole, never
searched for with a pattern, so ``evil.example/?x=spotify.com/track/…`` is just another host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, TypeAlias, cast
from urllib.parse import SplitResult, parse_qs, urlsplit

from soundforge import errors

Kind: TypeAlias = Literal["track", "album", "playlist"]

MAX_LINK_CHARS: Final = 2048

_WEB_HOSTS: Final = frozenset({"open.spotify.com", "play.spotify.com"})
_SHORT_HOSTS: Final = frozenset({"spotify.link", "spotify.app.link"})
_KINDS: Final = frozenset({"track", "album", "playlist"})
_OTHER_KINDS: Final = frozenset(
    {"artist", "show", "episode", "audiobook", "chapter", "user", "collection", "genre", "concert"}
    | {"section", "search", "local", "station", "radio", "prerelease", "blend", "video", "lyrics"}
)
_ID: Final = re.compile(r"[0-9A-Za-z]{22}")
_LOCALE: Final = re.compile(r"intl-[A-Za-z-]{2,16}")
_SHORT_CODE: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_UNSPEAKABLE: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")

_PASTE_NEXT: Final = "Copy the link again with Share, then Copy link, in Spotify."
_KINDS_NEXT: Final = "Paste the link of a track, an album or a playlist."


@dataclass(frozen=True, slots=True)
class SpotifyRef:
    """One thing on Spotify: its kind and its 22 base-62 characters."""

    kind: Kind
    id: str

    @property
    def url(self) -> str:
        """The canonical web link."""
        return f"https://open.spotify.com/{self.kind}/{self.id}"

    @property
    def uri(self) -> str:
        """The form Spotify's programs use among themselves."""
        return f"spotify:{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class ShortLink:
    """A link that only Spotify can resolve, rebuilt by us: ``https://spotify.link/<code>``."""

    url: str


Link: TypeAlias = SpotifyRef | ShortLink


def is_spotify(text: str) -> bool:
    """Return whether ``text`` is meant for Spotify, even if it is one we must refuse."""
    try:
        parse(text)
    except errors.Invalid as error:
        return error.code != "link_not_supported" and "spotify" in text[:100].lower()
    return True


def parse(text: str) -> Link:
    """Read one link or URI; white space and ``<…>`` around it are dropped.

    Raises:
        errors.Invalid: ``spotify_url_invalid`` (no link, or a damaged one),
            ``link_not_supported`` (another host), ``spotify_kind_unsupported`` (an artist,
            a podcast …) or ``spotify_id_invalid`` (not 22 base-62 characters).
    """
    if len(text) > MAX_LINK_CHARS:
        _refuse_text(f"The link is too long: {len(text)} characters.")
    link = text.strip()
    if link.startswith("<") and link.endswith(">"):
        link = link[1:-1].strip()
    if not link or link.startswith("-") or _UNSPEAKABLE.search(link):
        _refuse_text("This is not a link.")
    if link[:8].lower() == "spotify:":
        return _from_uri(link)
    return _from_web(_split(link))


def _from_uri(uri: str) -> SpotifyRef:
    parts = uri.partition("?")[0].split(":")[1:]
    if len(parts) == 4 and parts[0] == "user" and parts[2] == "playlist":
        parts = parts[2:]
    return _ref(parts)


def _split(link: str) -> SplitResult:
    """Take the link apart; other schemes than the web's are other services."""
    head = link.lower()
    if not head.startswith(("http://", "https://")):
        # "open.spotify.com:80/…" looks like a scheme; the check of its port refuses it below.
        is_ours = head.startswith(tuple(_WEB_HOSTS | _SHORT_HOSTS))
        if _SCHEME.match(link) and not is_ours:
            _refuse_service()
        if "." not in head.partition("/")[0]:
            _refuse_text("This is not a link.")
        link = f"https://{link}"
    try:
        return urlsplit(link)
    except ValueError:  # brackets that do not match, or letters that only look like others
        _refuse_text("This is not a link.")


def _from_web(link: SplitResult) -> Link:
    # Lower case could turn a look-alike into the real host: the Kelvin sign becomes "k".
    if not link.netloc.isascii():
        _refuse_service()
    host = link.netloc.rpartition("@")[2].partition(":")[0].lower()
    if host not in _WEB_HOSTS | _SHORT_HOSTS:
        _refuse_service()
    if link.netloc.lower() != host:
        _refuse_text("A Spotify link holds no user name and no port.")
    parts = link.path.removesuffix("/").split("/")[1:]
    if host in _SHORT_HOSTS:
        return _short(host, parts)
    highlight = _highlighted(link.query) if parts[-2:-1] == ["album"] else None
    return highlight or _ref(_trimmed(parts))


def _short(host: str, parts: list[str]) -> ShortLink:
    if len(parts) != 1 or not _SHORT_CODE.fullmatch(parts[0]):
        _refuse_text("This short Spotify link is damaged.")
    return ShortLink(f"https://{host}/{parts[0]}")


def _highlighted(query: str) -> SpotifyRef | None:
    """Return the track that an album's link points at, if it points at one."""
    try:
        values = parse_qs(query, max_num_fields=50).get("highlight", [])
    except ValueError:
        return None
    uri = values[0].split(":") if values else []
    is_track = len(uri) == 3 and uri[:2] == ["spotify", "track"] and _ID.fullmatch(uri[2])
    return SpotifyRef("track", uri[2]) if is_track else None


def _trimmed(parts: list[str]) -> list[str]:
    """Drop what stands before the kind: a locale, the player's frame, the owner."""
    if parts and _LOCALE.fullmatch(parts[0]):
        parts = parts[1:]
    if parts and parts[0] == "embed":
        parts = parts[1:]
    if len(parts) == 4 and parts[0] == "user" and parts[2] == "playlist":
        parts = parts[2:]
    return parts


def _ref(parts: list[str]) -> SpotifyRef:
    kind = parts[0] if parts else ""
    if kind in _OTHER_KINDS:
        raise errors.Invalid(
            "spotify_kind_unsupported", f"A Spotify {kind} cannot be imported.", _KINDS_NEXT
        )
    if kind not in _KINDS or len(parts) != 2:
        _refuse_text("This Spotify link names no track, album or playlist.")
    if not _ID.fullmatch(parts[1]):
        raise errors.Invalid(
            "spotify_id_invalid", f"This Spotify link holds no valid {kind} id.", _PASTE_NEXT
        )
    return SpotifyRef(cast("Kind", kind), parts[1])


def _refuse_text(sentence: str) -> NoReturn:
    raise errors.Invalid("spotify_url_invalid", sentence, _PASTE_NEXT)


def _refuse_service() -> NoReturn:
    raise errors.Invalid(
        "link_not_supported",
        "This link leads to a service that cannot be imported from.",
        "Paste a Spotify link, or upload your own file.",
    )
