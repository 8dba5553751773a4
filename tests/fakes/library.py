"""The fake studio's library: a track in every state, and what a whole one has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from soundforge.web.studio import ErrorView, SeparationView, SongUrls, StageView, TrackView
from tests.fakes import song
from tests.fakes.tracks import NOW, SOUND, a_track, stages, stems, versions


def library() -> list[TrackView]:
    """Return one track in every state, and some more that are ready."""
    keys = (("F♯ minor", "11A", 128.0), ("D minor", "7A", 104.2), ("C major", "8B", 112.0))
    ready = [
        a_track(
            f"ready-{i}",
            title,
            artist=artist,
            state="ready",
            key_name=key,
            camelot=camelot,
            tempo_bpm=tempo_bpm,
            sound=SOUND,
            stems=stems(),
            duration_s=180.0 + 37 * i,
            inserted_at=NOW - timedelta(hours=i),
        )
        for i, (title, artist, (key, camelot, tempo_bpm)) in enumerate(
            (
                ("Neon Orchard", "Pallas Quay", keys[0]),
                ("Ferry to Nowhere", "Saint Ambergris", keys[1]),
                ("Half-Light Parade", "Nine Mile Choir", keys[2]),
                ("Copper Moth", "Wren Abbado", keys[0]),
            )
        )
    ]
    return [
        a_track(
            "salt",
            "Salt on the Wire",
            artist="Marrow & Vane",
            album="Low Tide Radio",
            key_name="A minor",
            camelot="8A",
            tempo_bpm=122.0,
            sound=SOUND,
            stems=stems(),
            separation=SeparationView(
                "/fake/mix",
                null_test_db=134.2,
                zip_url="/fake/stems.zip",
                model="htdemucs",
                gain_db=-1.3,
            ),
            has_bars=True,
            versions=versions(),
            urls=SongUrls(
                *(f"/fake/song/{name}" for name in ("timeline", "chords", "beats", "sections")),
                *(f"/fake/song/{name}" for name in ("cues", "loops", "energy", "tempo")),
                *(f"/fake/song/{name}" for name in ("analysis", "curves")),
            ),
            lanes=frozenset({"chords", "parts", "keys", "cues", "loops", "energy", "tempo"}),
            landmarks=song.landmarks(),
            duration_s=25.0,
            inserted_at=NOW + timedelta(minutes=5),
        ),
        a_track(
            "kettle",
            "Kettle Drum Weather",
            album="Weather for Six",
            state="working",
            duration_s=252.0,
            stages=stages(
                StageView(
                    "separate",
                    "processing",
                    "job-kettle",
                    43,
                    started_at=datetime.now(UTC) - timedelta(seconds=83),
                    eta_s=112,
                    eta_error_s=19,
                    model="spleeter_2stems",
                ),
                StageView("analyze", "completed", "job-kettle-a", 100),
            ),
            key_name="E minor",
            camelot="9A",
            tempo_bpm=96.0,
            inserted_at=NOW + timedelta(minutes=4),
        ),
        a_track(
            "lantern",
            "Paper Lanterns at Noon",
            artist="Ilo Teresse",
            state="failed",
            stages=(
                StageView(
                    "download",
                    "failed",
                    "job-lantern",
                    31,
                    error=(error := ErrorView(
                        "download_no_match",
                        "Only a live version was found; it runs 48 s longer than the album track.",
                        "Use a file of your own.",
                    )),
                ),
                StageView("separate", "waiting"),
                StageView("analyze", "waiting"),
            ),
            error=error,
            inserted_at=NOW + timedelta(minutes=3),
        ),
        a_track(
            "glass",
            "Glass Mile",
            artist="Hexa Fennimore",
            state="queued",
            stages=stages(StageView("separate", "queued", "job-glass", queue_position=2)),
            inserted_at=NOW + timedelta(minutes=2),
        ),
        a_track(
            "sleep",
            "Second Sleep",
            artist="Mirabel Okono",
            state="working",
            stages=(
                StageView("download", "downloading", "job-sleep", 71, started_at=datetime.now(UTC)),
                StageView("separate", "waiting"),
                StageView("analyze", "waiting"),
            ),
            inserted_at=NOW + timedelta(minutes=1),
        ),
        *ready,
    ]  # fmt: skip
