"""A Spotify of our own: real HTTP on a loopback socket, honest by default, cruel by script.

In a test:

    with FakeSpotify() as spotify:
        client = SpotifyClient(**spotify.settings())

By hand: ``python -m tests.fakes.spotify 4100`` and then ``SFA_SPOTIFY__API_URL`` and its
brothers as printed.
"""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.fakes.spotify_objects import (
    ALBUM,
    PLAYLIST,
    PLAYLIST_MIXED,
    PLAYLIST_NEW,
    PLAYLIST_PRIVATE,
    TRACK,
    album_head,
    make_id,
    simplified,
    track,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT_ID = "fake-client"
CLIENT_SECRET = "fake-secret"


@dataclass
class Reply:
    """One scripted answer, given instead of the honest one."""

    status: int = 200
    body: bytes | dict[str, Any] = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0


@dataclass(frozen=True)
class Seen:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


class FakeSpotify:
    """The catalogue, the tokens and the script of one fake Spotify."""

    def __init__(self, port: int = 0, *, expires_in: int = 3600, latency_s: float = 0.0) -> None:
        self.expires_in = expires_in
        self.latency_s = latency_s
        self.at_once = self.most_at_once = 0
        self.seen: list[Seen] = []
        self.tracks: dict[str, dict[str, Any]] = {}
        self.albums: dict[str, tuple[dict[str, Any], list[Any]]] = {}
        self.playlists: dict[str, tuple[str, list[Any]]] = {}
        self._scripts: dict[str, deque[Reply]] = defaultdict(deque)
        self._good_tokens: set[str] = set()
        self._issued = 0
        self._lock = threading.Lock()
        fake = self

        class Handler(_Handler):
            spotify = fake

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._fill()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/v1"

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return the arguments a client needs to talk to this fake."""
        return {
            "api_url": self.api_url,
            "accounts_url": self.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            **more,
        }

    def script(self, path: str, *replies: Reply) -> None:
        """Answer the next requests for ``path`` (``/v1/tracks/…``) with ``replies``."""
        self._scripts[path].extend(replies)

    def forget_tokens(self) -> None:
        """Make every token issued so far one that gets 401."""
        self._good_tokens.clear()

    def count(self, start: str) -> int:
        """Return how many requests for paths that begin with ``start`` came in."""
        return sum(seen.path.startswith(start) for seen in self.seen)

    def add_album(self, spotify_id: str, name: str, length: int) -> None:
        head = {**album_head(spotify_id, name), "total_tracks": length}
        songs = [
            track(make_id(f"{spotify_id[:6]}song", n), f"Song {n}", album=head, track_number=n)
            for n in range(1, length + 1)
        ]
        self.tracks.update({song["id"]: song for song in songs})
        self.albums[spotify_id] = (head, [simplified(song) for song in songs])

    def add_playlist(self, spotify_id: str, songs: list[Any], *, shape: str = "old") -> None:
        """Add a playlist; ``shape`` is ``old``, ``new``, or ``private`` (contents refused)."""
        self.tracks.update({song["id"]: song for song in songs if song and song.get("id")})
        self.playlists[spotify_id] = (shape, songs)

    def _fill(self) -> None:
        self.tracks[TRACK] = track(TRACK, "Ground Loop")
        self.add_album(ALBUM, "Twelve", 12)
        many = [track(make_id("listed", n), f"Listed {n}") for n in range(1, 251)]
        self.add_playlist(PLAYLIST, many)
        self.add_playlist(PLAYLIST_NEW, many, shape="new")
        self.add_playlist(PLAYLIST_PRIVATE, many, shape="private")
        episode = track(make_id("episode"), "A Podcast", type="episode")
        local = {**track("", "My Demo"), "id": None, "is_local": True}
        self.add_playlist(PLAYLIST_MIXED, [many[0], None, local, episode, many[1], many[0]])

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count the requests that are being answered at the same time."""
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            yield
        finally:
            with self._lock:
                self.at_once -= 1

    def answer(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            if self._scripts[seen.path]:
                return self._scripts[seen.path].popleft()
        if seen.path == "/api/token":
            return self._token(seen)
        if seen.headers.get("authorization", "").removeprefix("Bearer ") not in self._good_tokens:
            return _error(401, "The access token expired")
        return self._catalogue(seen) or _error(404, "Resource not found")

    def _catalogue(self, seen: Seen) -> Reply | None:
        match seen.path.split("/")[1:]:
            case ["v1", "tracks", spotify_id] if spotify_id in self.tracks:
                return Reply(body=self.tracks[spotify_id])
            case ["v1", "albums", spotify_id] if spotify_id in self.albums:
                head, songs = self.albums[spotify_id]
                return Reply(body={**head, "tracks": self._page(f"{seen.path}/tracks", songs, {})})
            case ["v1", "albums", spotify_id, "tracks"] if spotify_id in self.albums:
                return Reply(body=self._page(seen.path, self.albums[spotify_id][1], seen.query))
            case ["v1", "playlists", spotify_id, *rest] if spotify_id in self.playlists:
                return self._playlist(spotify_id, rest, seen.query)
        return None

    def _token(self, seen: Seen) -> Reply:
        pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if seen.headers.get("authorization") != f"Basic {pair}":
            return Reply(400, {"error": "invalid_client"})
        with self._lock:
            self._issued += 1
            token = f"token-{self._issued}"
            self._good_tokens.add(token)
        return Reply(
            body={"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
        )

    def _playlist(self, spotify_id: str, rest: list[str], query: dict[str, str]) -> Reply:
        shape, songs = self.playlists[spotify_id]
        field_name, wrapper = ("tracks", "track") if shape == "old" else ("items", "item")
        path = f"/v1/playlists/{spotify_id}/{field_name}"
        entries = [
            {
                "added_at": "2026-03-01T00:00:00Z",
                "is_local": bool(song and song.get("is_local")),
                wrapper: song,
            }
            for song in songs
        ]
        if rest == [field_name] and shape != "private":
            return Reply(body=self._page(path, entries, query))
        if rest:
            return _error(403, "Forbidden")
        head = {
            "id": spotify_id,
            "type": "playlist",
            "name": f"Playlist {spotify_id[:7]}",
            "owner": {"display_name": "Somebody"},
            "images": [],
            "snapshot_id": "snapshot-1",
        }
        if shape == "private":  # the field is absent, not empty
            return Reply(body=head)
        return Reply(body={**head, field_name: self._page(path, entries, {"limit": "100"})})

    def _page(self, path: str, items: list[Any], query: dict[str, str]) -> dict[str, Any]:
        limit, offset = min(int(query.get("limit", 50)), 100), int(query.get("offset", 0))
        after = offset + limit
        has_more = after < len(items)
        return {
            "href": f"{self.url}{path}",
            "items": items[offset:after],
            "limit": limit,
            "offset": offset,
            "total": len(items),
            "previous": None,
            "next": f"{self.url}{path}?offset={after}&limit={limit}" if has_more else None,
        }


def _error(status: int, message: str) -> Reply:
    return Reply(status, {"error": {"status": status, "message": message}})


class _Handler(BaseHTTPRequestHandler):
    """One connection; keeps it open between requests, as the real one does."""

    protocol_version = "HTTP/1.1"
    spotify: FakeSpotify

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._serve()

    def _serve(self) -> None:
        link = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(link.query).items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        with self.spotify.under_way():
            reply = self.spotify.answer(Seen(self.command, link.path, query, headers))
            time.sleep(reply.delay_s or self.spotify.latency_s)
        is_json = isinstance(reply.body, dict)
        body = json.dumps(reply.body).encode() if isinstance(reply.body, dict) else reply.body
        try:
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json" if is_json else "text/html")
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self._write(body, reply.drip_s)
        except OSError:  # the client had enough
            self.close_connection = True

    def _write(self, body: bytes, drip_s: float) -> None:
        if not drip_s:
            self.wfile.write(body)
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            time.sleep(drip_s)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


if __name__ == "__main__":
    with FakeSpotify(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as running:
        print(f"SFA_SPOTIFY__API_URL={running.api_url}")
        print(f"SFA_SPOTIFY__ACCOUNTS_URL={running.url}")
        print(f"SFA_SPOTIFY__CLIENT_ID={CLIENT_ID}")
        print(f"SFA_SPOTIFY__CLIENT_SECRET={CLIENT_SECRET}")
        for kind, spotify_id in (
            ("track", TRACK),
            ("album", ALBUM),
            ("playlist", PLAYLIST),
            ("playlist", PLAYLIST_NEW),
            ("playlist", PLAYLIST_MIXED),
            ("playlist", PLAYLIST_PRIVATE),
        ):
            print(f"https://open.spotify.com/{kind}/{spotify_id}", flush=True)
        threading.Event().wait()
