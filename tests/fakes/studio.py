"""A studio in memory: tracks in every state, and stems of clicks that a test can measure.

Every stem has a click at the same sample every half second, so that the offset between stems can
be counted in samples. Chunks are real FLAC, cut as the product cuts them.
"""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from soundforge import errors, events
from soundforge.live.testing import MemoryBus
from soundforge.web.song_view import KeyView, PartView
from soundforge.web.studio import (
    BatchView,
    Counts,
    ErrorView,
    Filter,
    ImportOutcome,
    Limits,
    ModelView,
    NetworkView,
    NotesView,
    PresetView,
    SeparationView,
    SongUrls,
    SoundView,
    StageName,
    StageView,
    StemView,
    TrackPage,
    TrackView,
    VersionView,
)
from tests.fakes import song

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from soundforge.audio.chords import ChordEngine

RATE_HZ = 44_100
CHUNK_S = 10
STEMS = ("vocals", "drums", "bass", "other")
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
_STATES: dict[Filter, set[str]] = {
    "all": {"ready", "working", "queued", "failed", "cancelled", "empty"},
    "ready": {"ready"},
    "working": {"working", "queued"},
    "attention": {"failed", "cancelled"},
}


def _is_found(track: TrackView, search: str, state: Filter) -> bool:
    """Say whether the real studio would find it: every word in title, artist or album."""
    text = f"{track.title} {track.artist} {track.album}".casefold()
    return track.state in _STATES[state] and all(word in text for word in search.casefold().split())


class FakeStudio:
    """See `soundforge.web.studio.Studio`; `publish` is what the pipeline would do."""

    def __init__(self, tracks: Iterable[TrackView] = (), *, bus: MemoryBus | None = None) -> None:
        self.bus = bus or MemoryBus()
        self.all = {track.id: track for track in tracks}
        self.bin: dict[str, TrackView] = {}
        self.calls: list[tuple[str, ...]] = []
        self.outcome = ImportOutcome()
        self.is_spotify_configured = True
        self.all_batches: dict[str, BatchView] = {}
        self.reads: list[int] = []
        # What each look at a fetch finds of its 84 MB; and what is left to be found.
        self.fetch_steps = [0, 84_000_000]
        self.fetch: list[int] = []

    async def tracks(
        self,
        *,
        limit: int = 24,
        cursor: str | None = None,
        search: str = "",
        state: Filter = "all",
    ) -> TrackPage:
        found = [
            track
            for track in sorted(self.all.values(), key=lambda track: track.inserted_at)[::-1]
            if _is_found(track, search, state)
        ]
        first = int(cursor or 0)
        more = str(first + limit) if len(found) > first + limit else None
        return TrackPage(tuple(found[first : first + limit]), more)

    async def track(self, track_id: str) -> TrackView:
        if track_id not in self.all:
            raise errors.NotFound("track_not_found", "There is no such track.")
        return self.all[track_id]

    async def some(
        self, track_ids: Collection[str], *, search: str = "", state: Filter = "all"
    ) -> tuple[TrackView, ...]:
        self.reads.append(len(track_ids))
        known = [self.all[track_id] for track_id in track_ids if track_id in self.all]
        return tuple(track for track in known if _is_found(track, search, state))

    async def batches(self, seen: Collection[str] = ()) -> tuple[BatchView, ...]:
        newest_first = reversed(self.all_batches.values())
        return tuple(
            one for one in newest_first if not one.is_ended or one.failed or one.id in seen
        )

    async def separate_all(self, track_ids: Sequence[str], *, model: str | None = None) -> None:
        self.calls.append(("separate", *track_ids, model or ""))
        if not any(track_id in self.all for track_id in track_ids):
            raise errors.NotFound("track_not_found", "There are no such tracks.")
        n = len(track_ids)
        self.put_batch(BatchView("new", f"{n} tracks", n, 0, waiting=n))

    async def cancel_batch(self, batch_id: str) -> None:
        batch = self._batch(batch_id)
        ended = {"waiting": 0, "running": 0, "cancelled": batch.waiting + batch.running}
        self.put_batch(dataclasses.replace(batch, percent=100, **ended))

    async def retry_batch(self, batch_id: str) -> None:
        batch = self._batch(batch_id)
        self.put_batch(dataclasses.replace(batch, failed=0, waiting=batch.waiting + batch.failed))

    async def close_batch(self, batch_id: str) -> None:
        self._batch(batch_id)
        del self.all_batches[batch_id]

    def put_batch(self, batch: BatchView) -> None:
        """Add or change a batch, and announce it."""
        self.all_batches[batch.id] = batch
        self.bus.publish(events.BATCHES, events.BATCH_CHANGED, {"id": batch.id})

    def _batch(self, batch_id: str) -> BatchView:
        if batch_id not in self.all_batches:
            raise errors.NotFound("batch_not_found", "There is no such batch.")
        return self.all_batches[batch_id]

    async def counts(self) -> Counts:
        def count(state: Filter) -> int:
            return sum(track.state in _STATES[state] for track in self.all.values())

        return Counts(
            all=count("all"),
            ready=count("ready"),
            working=count("working"),
            attention=count("attention"),
            duration_s=sum(track.duration_s or 0 for track in self.all.values()),
        )

    async def import_links(self, text: str) -> ImportOutcome:
        self.calls.append(("import", text))
        if "open.spotify.com/track/" not in text or not text.startswith("https://"):
            error = ErrorView(
                "link_not_supported",
                "This is not a Spotify link to a track, an album or a playlist.",
                "Copy the link in Spotify with Share, or choose a file.",
            )
            return ImportOutcome(errors=(error,))
        track = a_track("new", "Newly Pasted", state="queued", inserted_at=NOW + timedelta(hours=1))
        self.put(track)
        return ImportOutcome(added=(track.id,))

    async def cancel(self, job_id: str) -> None:
        self.calls.append(("cancel", job_id))
        self._move(job_id, "cancelled")

    async def retry(self, job_id: str) -> None:
        self.calls.append(("retry", job_id))
        self._move(job_id, "queued")

    async def run_stage(
        self,
        track_id: str,
        stage: StageName,
        *,
        model: str | None = None,
        stems: Sequence[str] = (),
        sample_rate: str = "model",
    ) -> None:
        at_source = ("source",) if sample_rate == "source" else ()
        self.calls.append(("run", track_id, stage, model or "", *stems, *at_source))

    async def analyze(self, track_id: str, *, chord_engine: ChordEngine) -> None:
        self.calls.append(("analyze", track_id, chord_engine))

    async def write_notes(
        self, track_id: str, *, quantise: str | None = None, stems: Sequence[str] = ()
    ) -> None:
        self.calls.append(("notes", track_id, quantise or "", *stems))
        track = self.all[track_id]
        stage = StageView(
            "transcribe", "processing", "job-notes", 40, message="Listening to the bass"
        )
        self.put(dataclasses.replace(track, notes=NotesView(stage)))

    async def warp(self, track_id: str, *, rate: float, semitones: float, is_steady: bool) -> None:
        self.calls.append(("warp", track_id, f"{rate:g}", f"{semitones:g}", str(is_steady)))
        stage = StageView("warp", "processing", "job-warp", 25, message="Stretching the bass")
        self.put(dataclasses.replace(self.all[track_id], warp=stage))

    async def delete_track(self, track_id: str) -> None:
        self.bin[track_id] = self.all.pop(track_id)
        self.publish(track_id)

    async def undo_delete(self, track_id: str) -> None:
        if track_id not in self.bin:
            raise errors.NotFound("track_not_found", "The track is past coming back.")
        self.put(self.bin.pop(track_id))

    async def models(self) -> tuple[ModelView, ...]:
        return MODELS

    def networks(self) -> tuple[NetworkView, ...]:
        return (
            NetworkView(
                "BeatNet", ("beats", "tempo"), "By its authors, CC BY 4.0.", "https://example.org"
            ),
        )

    def presets(self) -> tuple[PresetView, ...]:
        return PRESETS

    def limits(self) -> Limits:
        return Limits(500_000_000, 3600.0, self.is_spotify_configured)

    def put(self, track: TrackView) -> None:
        """Add or change a track, and announce it."""
        self.all[track.id] = track
        self.publish(track.id)

    def publish(self, track_id: str) -> None:
        """Announce that a track changed."""
        for topic in (events.TRACKS, events.track_topic(track_id)):
            self.bus.publish(topic, events.TRACK_CHANGED, {"id": track_id})

    def _move(self, job_id: str, status: Any) -> None:
        for track in list(self.all.values()):
            if any(stage.job_id == job_id for stage in track.stages):
                stages = tuple(
                    dataclasses.replace(stage, status=status, progress=0, error=None)
                    if stage.job_id == job_id
                    else stage
                    for stage in track.stages
                )
                self.put(dataclasses.replace(track, stages=stages, state=status, error=None))
                return
        raise errors.NotFound("job_not_found", "There is no such job.")


@dataclass
class ClickStems:
    """Audio of the fake's stems, by stem and chunk number; made on first use.

    Args:
        duration_s: Length of every stem.
        made_s: How much of them there is.
    """

    duration_s: float = 25.0
    made_s: float = 1e9
    _signals: dict[str, Any] = field(default_factory=dict)

    def chunk(self, stem: str, number: int) -> bytes | None:
        """Return ten seconds as FLAC, or None past the end."""
        samples = self.signal(stem)[number * CHUNK_S * RATE_HZ : (number + 1) * CHUNK_S * RATE_HZ]
        if not len(samples) or min(self.duration_s, (number + 1) * CHUNK_S) > self.made_s:
            return None
        out = io.BytesIO()
        soundfile.write(out, samples, RATE_HZ, format="FLAC", subtype="PCM_16")
        return out.getvalue()

    def peaks(self, stem: str) -> bytes:
        """Return one byte per 10 ms."""
        mono = np.abs(self.signal(stem)[:, 0])
        whole = mono[: len(mono) // 441 * 441].reshape(-1, 441).max(axis=1)
        return bytes((whole * 255).astype(np.uint8))[: round(min(self.made_s, 1e6) * 100)]

    def signal(self, stem: str) -> Any:
        """Return the samples, ``(n, 2)``: a tone that swells, and the clicks."""
        if stem not in self._signals:
            t = np.arange(int(self.duration_s * RATE_HZ)) / RATE_HZ
            k = STEMS.index(stem) + 1
            x = 0.3 * np.sin(2 * np.pi * 110 * k * t) * np.abs(np.sin(2 * np.pi * 0.07 * k * t))
            for at in range(0, len(x), RATE_HZ // 2):
                x[max(0, at - 64) : at + 64] = 0
                x[at] = 0.95
            self._signals[stem] = np.stack([x, x * 0.9], axis=1).astype(np.float32)
        return self._signals[stem]


def stems(duration_s: float = 25.0) -> tuple[StemView, ...]:
    """Return the views of `ClickStems`."""
    return tuple(
        StemView(
            id=name,
            job_id="job-separate",
            stem_type=name,
            label=name.capitalize(),
            chunks_url=f"/fake/stems/{name}/chunks",
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
            stems=tuple(
                dataclasses.replace(stem, job_id=job_id, duration_s=stem.duration_s / rate)
                for stem in stems()
            ),
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


MODELS = (
    ModelView(
        "spleeter_2stems",
        "Spleeter, 2 stems",
        "Voice and accompaniment; quick on any machine.",
        ("vocals", "accompaniment"),
        is_installed=True,
    ),
    ModelView(
        "htdemucs",
        "HT Demucs, 4 stems",
        "Voice, drums, bass and the rest.",
        ("vocals", "drums", "bass", "other"),
        is_installed=False,
        size_bytes=84_000_000,
        licence="Its author says that the weights are for scientific purposes only.",
        licence_url="https://example.org/licence",
        needs_consent=True,
    ),
)

PRESETS = (
    PresetView("instant", "Instant preview", "spleeter_2stems"),
    PresetView(
        "best", "Best", "spleeter_2stems", "HT Demucs is not installed; Spleeter stands in."
    ),
)

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
            separation=SeparationView("/fake/mix", null_test_db=134.2, zip_url="/fake/stems.zip"),
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
