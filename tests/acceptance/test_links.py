"""A Spotify link goes in: the real program, a fake Spotify, a stand-in for the downloader."""

import pytest

from soundforge.settings import Settings
from tests.fakes import spotify as fake
from tests.fakes.spotify import Reply
from tests.fakes.spotify_objects import TRACK_MS, make_id
from tests.faults.server import Server, wait_until
from tests.plugins.app import SPOTDL, client_of, fresh_database, opened, services_of

LINK = "https://open.spotify.com"
SONG_S = TRACK_MS / 1000
FEATURES = {"tempo", "key", "energy", "spectral", "mfcc", "chroma"}


@pytest.fixture(scope="module")
def server(postgres_server, postgres_template, spotify, models_dir, tmp_path_factory):
    """The program with workers; songs are as long as the fake Spotify says."""
    of_spotify = {f"SFA_SPOTIFY__{key.upper()}": v for key, v in spotify.settings().items()}
    with fresh_database(postgres_server, postgres_template) as url:
        running = Server(
            tmp_path_factory.mktemp("links") / "data",
            SFA_DATABASE__URL=url,
            SFA_DOWNLOAD__PROGRAM=str(SPOTDL),
            SFA_MODELS_DIR=str(models_dir),
            SPOTDL_STANDIN_SECONDS=str(SONG_S),
            **of_spotify,
        )
        try:
            yield running.start()
        finally:
            running.stop()
            running.close()


@pytest.fixture
def in_the_catalogue(spotify):
    """Put songs of these ids in an album of their own; return its link."""

    def add(name, *ids):
        album_id = make_id(name)
        songs = [fake.track(one, f"Song {one}") for one in ids]
        head = {**fake.album_head(album_id, name), "total_tracks": len(songs)}
        spotify.tracks.update({song["id"]: song for song in songs})
        spotify.albums[album_id] = (head, [fake.simplified(song) for song in songs])
        return f"{LINK}/album/{album_id}"

    return add


def import_link(server, link, *stages):
    response = server.api.post("/imports", json={"url": link, "stages": list(stages)})
    assert response.status_code == 201, response.text
    return response.json()["data"]


def test_the_link_of_a_track_goes_the_whole_way(server):
    found = import_link(server, f"{LINK}/intl-de/track/{fake.TRACK}?si=abc")

    (added,) = found["added"]
    assert (found["kind"], added["title"], added["artist"]) == (
        "track",
        "Ground Loop",
        "The Loopbacks",
    )
    track = server.wait_ended(added["id"])
    assert {job["stage"]: job["status"] for job in track["jobs"]} == {
        "download": "completed",
        "separate": "completed",
        "analyze": "completed",
    }
    assert track["recording_format"] == "opus"
    assert track["duration_s"] == pytest.approx(SONG_S, abs=0.1)
    assert {stem["stem_type"] for stem in track["stems"]} == {"vocals", "accompaniment"}
    for stem in track["stems"]:
        file = server.api.get(f"/stems/{stem['id']}/file")
        assert file.status_code == 200
        assert len(file.content) == stem["file_size"] > 0
    assert track["analysis"]["tempo"] == pytest.approx(120, abs=2)
    assert track["analysis"]["key"] == "A minor"
    assert set(track["analysis"]["features"]) >= FEATURES - {"tempo", "energy"}


def test_importing_it_again_gives_the_track_that_is_there(server):
    first = import_link(server, f"spotify:track:{fake.TRACK}")
    again = import_link(server, f"{LINK}/track/{fake.TRACK}")

    assert again["added"] == []
    (known,) = again["existing"]
    assert known["id"] in {track["id"] for track in first["added"] + first["existing"]}
    jobs = server.track(known["id"])["jobs"]
    assert len(jobs) == len({job["stage"] for job in jobs})


def test_an_album_of_twelve_becomes_twelve_tracks_in_its_order(server):
    found = import_link(server, f"{LINK}/album/{fake.ALBUM}", "download")

    assert (found["kind"], found["title"], found["total"]) == ("album", "Twelve", 12)
    titles = [track["title"] for track in found["added"]]
    assert titles == [f"Song {n}" for n in range(1, 13)]
    page = server.api.get("/tracks", params={"limit": 12}).json()["data"]
    assert [track["title"] for track in page] == titles
    for track in found["added"]:
        ended = server.wait_ended(track["id"])
        assert [job["status"] for job in ended["jobs"]] == ["completed"], ended["jobs"]


def test_what_cannot_become_a_track_is_reported_with_the_reason(server):
    found = import_link(server, f"{LINK}/playlist/{fake.PLAYLIST_MIXED}", "download")

    assert (len(found["added"]) + len(found["existing"]), found["total"]) == (2, 6)
    assert [(entry["reason"], entry["title"]) for entry in found["skipped"]] == [
        ("missing", None),
        ("local_file", "My Demo"),
        ("episode", "A Podcast"),
        ("duplicate", "Listed 1"),
    ]


@pytest.mark.parametrize(
    ("word", "code"),
    [("nomatch", "download_no_match"), ("text", "not_audio"), ("ffmpeg", "ffmpeg_missing")],
)
def test_one_bad_download_of_an_album_fails_alone_and_says_what_to_do(
    server, in_the_catalogue, word, code
):
    link = in_the_catalogue(f"bad{word}", make_id("before" + word), make_id(f"x{word}"),
                            make_id("behind" + word))  # fmt: skip

    found = import_link(server, link, "download")

    ended = [server.wait_ended(track["id"])["jobs"][0] for track in found["added"]]
    assert [job["status"] for job in ended] == ["completed", "failed", "completed"]
    assert ended[1]["error"]["code"] == code
    assert "pload your own file" in ended[1]["error"]["next_step"]
    assert ended[1]["attempt"] == 1  # it can never succeed: not tried again


def test_a_recording_of_half_the_length_is_refused_and_nothing_of_it_kept(
    server, in_the_catalogue, spotify
):
    link = in_the_catalogue("toolong", make_id("twiceaslong"))
    for song in spotify.albums[make_id("toolong")][1]:
        song["duration_ms"] = TRACK_MS * 2

    (added,) = import_link(server, link, "download")["added"]

    job = server.wait_ended(added["id"])["jobs"][0]
    assert (job["status"], job["error"]["code"]) == ("failed", "download_wrong_recording")
    assert "12 s long; the song is 24 s" in job["error"]["message"]
    assert not (server.data_dir / "downloads" / added["id"]).exists()


def test_a_download_without_its_end_is_refused_or_tried_again(server, in_the_catalogue):
    link = in_the_catalogue("cutoff", make_id("xtruncated"))

    (added,) = import_link(server, link, "download")["added"]

    def first_failure():
        job = server.job(added["id"], "download")
        return job["error"] and job["error"]["code"]

    code = wait_until(first_failure, timeout_s=30, what="a refused download")
    assert code in {"download_truncated", "download_wrong_recording"}
    assert not (server.data_dir / "downloads" / added["id"]).exists()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"playlist/{fake.PLAYLIST_PRIVATE}", 403, "spotify_playlist_private"),
        (f"track/{make_id('nowhere')}", 404, "spotify_not_found"),
        (f"artist/{make_id('artist')}", 422, "spotify_kind_unsupported"),
        ("track/short", 422, "spotify_id_invalid"),
    ],
)
def test_a_link_that_leads_nowhere_is_explained(server, path, status, code):
    response = server.api.post("/imports", json={"url": f"{LINK}/{path}"})

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["next_step"]


def test_a_song_that_a_person_waits_for_overtakes_a_playlist_of_250(server, in_the_catalogue):
    found = import_link(server, f"{LINK}/playlist/{fake.PLAYLIST}", "download")
    assert len(found["added"]) + len(found["existing"]) == found["total"] == 250

    spotify_id = make_id("waitedfor")
    in_the_catalogue("single", spotify_id)
    (waited_for,) = import_link(server, f"{LINK}/track/{spotify_id}", "download")["added"]

    assert server.wait_ended(waited_for["id"])["jobs"][0]["status"] == "completed"
    waiting = server.api.get("/tracks", params={"state": "working", "limit": 200}).json()["data"]
    assert len(waiting) > 100


class TestWithoutAnAnswer:
    """The program without workers, in this process."""

    @pytest.fixture
    async def api(self, request, postgres_url, tmp_path, spotify):
        changes = getattr(request, "param", {})
        settings = Settings(
            data_dir=tmp_path / "data",
            role="web",
            database={"url": postgres_url},
            spotify={**spotify.settings(), **changes},
        )
        async with opened(settings) as node, client_of(services_of(node)) as client:
            yield client

    @pytest.mark.parametrize("api", [{"client_id": "", "client_secret": ""}], indirect=True)
    async def test_without_credentials_it_says_how_to_get_them(self, api):
        response = await api.post("/api/v1/imports", json={"url": f"spotify:track:{fake.TRACK}"})

        assert (response.status_code, response.json()["code"]) == (409, "spotify_not_configured")
        assert "SFA_SPOTIFY__CLIENT_ID" in response.json()["next_step"]

    async def test_a_limit_is_told_with_the_time_of_day(self, api, spotify):
        limited = Reply(429, headers={"Retry-After": "1800"})
        spotify.script(f"/v1/tracks/{fake.TRACK}", limited)

        response = await api.post("/api/v1/imports", json={"url": f"spotify:track:{fake.TRACK}"})

        assert (response.status_code, response.json()["code"]) == (429, "spotify_rate_limited")
        assert 1700 < int(response.headers["Retry-After"]) <= 1800
        assert response.json()["detail"].split("until ")[1][2] == ":"  # 14:05 UTC
