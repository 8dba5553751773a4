"""Tracks as a test needs them, at any point of their way."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from soundforge.storage.layout import CHUNK_S
from soundforge.web.song_view import KeyView, PartView, SoundView
from soundforge.web.studio import StageView, StemView, TrackView, VersionView
from tests.fakes import song
from tests.fakes.clicks import RATE_HZ, STEMS

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SOUND = SoundView(
    energy=0.21,
    spectral_centroid_hz=2410.0,
    spectral_rolloff_hz=5120.0,
    spectral_bandwidth_hz=2290.0,
    spectral_flatness=0.021,
    zero_crossing_rate=0.068,
    chroma=(0.71, 0.22, 0.41, 0.19, 0.62, 0.58, 0.2, 0.44, 0.3, 0.93, 0.24, 0.33),
    tempo_confidence=0.94,
    other_tempi_bpm=(61.0,),
    beats_per_bar=4,
    bar_confidence=0.82,
    key_margin=0.18,
    key_rival="C major",
    open_key="1m",
    keys=(KeyView(0.0, "A minor", "8A", "1m"), KeyView(12.0, "C major", "8B", "1d")),
    tempo_drift=0.05,
    tempo_range_bpm=(120.0, 126.0),
    tuning_cents=4,
    onsets_per_second=3.2,
    loudness_lufs=-9.8,
    loudness_range_lu=6.1,
    true_peak_dbtp=-0.4,
    parts=(
        PartView(0.0, "A, intro", ("Am", "F")),
        PartView(14.8, "B, verse", ("Am", "F", "C", "G")),
    ),
)


def stems(duration_s: float = 25.0, chunk_s: int = CHUNK_S) -> tuple[StemView, ...]:
    """Return the views of `ClickStems`, cut into pieces of ``chunk_s``."""
    return tuple(
        StemView(
            id=name,
            job_id="job-separate",
            stem_type=name,
            label=name.capitalize(),
            chunks_url=f"/fake/{chunk_s}/{duration_s}/stems/{name}/chunks",
            chunk_s=chunk_s,
            peaks_url=f"/fake/stems/{name}/peaks",
            file_url=f"/fake/stems/{name}/file",
            size_bytes=21_400_000 + 1_300_000 * i,
            duration_s=duration_s,
            sample_rate_hz=RATE_HZ,
        )
        for i, name in enumerate(STEMS)
    )


def versions() -> tuple[VersionView, ...]:
    """Return two versions, of the same sound."""
    return tuple(
        VersionView(
            job_id=job_id,
            rate=rate,
            semitones=semitones,
            is_steady=is_steady,
            stems=tuple(dataclasses.replace(stem, job_id=job_id) for stem in stems(25.0 / rate)),
            mix_url=f"/fake/{job_id}/warped",
            timeline_url=f"/fake/song/timeline?version={job_id}",
            landmarks=song.landmarks(rate, job_id),
        )
        for job_id, rate, semitones, is_steady in (
            ("job-slow", 0.8, -2.0, False),
            ("job-even", 1.0, 0.0, True),
        )
    )


def a_track(track_id: str, title: str, **given: Any) -> TrackView:
    """Return a track; by default ready, with an artist and without stems."""
    values: dict[str, Any] = {
        "artist": "The Odd Hours Union",
        "album": None,
        "art_url": None,
        "duration_s": 220.0,
        "state": "ready",
        "stages": done(),
        "inserted_at": NOW,
    }
    return TrackView(id=track_id, title=title, **{**values, **given})


def being_separated(ready_s: float, duration_s: float = 25.0) -> TrackView:
    """Return a track whose stems are being made; the first ``ready_s`` of them can be played."""
    at_work = StageView("separate", "processing", "job-separate", 50, ready_s=ready_s)
    return a_track(
        "rising",
        "Rising Bread",
        state="working",
        duration_s=duration_s,
        stages=stages(at_work),
        coming=stems(duration_s) if ready_s else (),
    )


def separated(duration_s: float = 25.0) -> TrackView:
    """Return the track of `being_separated` when that has ended."""
    return a_track("rising", "Rising Bread", duration_s=duration_s, stems=stems(duration_s))


def done() -> tuple[StageView, ...]:
    """Return three finished stages."""
    at = NOW
    return tuple(
        StageView(name, "completed", f"job-{name}", 100, started_at=at, finished_at=at + took)
        for name, took in (
            ("download", timedelta(seconds=6)),
            ("separate", timedelta(seconds=71)),
            ("analyze", timedelta(seconds=3)),
        )
    )


def stages(separate: StageView, analyze: StageView | None = None) -> tuple[StageView, ...]:
    """Return a download that is done, and what follows."""
    return (done()[0], separate, analyze or StageView("analyze", "waiting"))
