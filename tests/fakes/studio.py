"""A studio in memory, over the tracks that a test gives it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from soundforge import errors, events
from soundforge.library.states import FILTERS
from soundforge.live.testing import MemoryBus
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
    StageView,
    TrackPage,
    TrackView,
)
from tests.fakes.models import MODELS, PRESETS
from tests.fakes.tracks import NOW, a_track

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from soundforge.audio.chords import ChordEngine


def _is_found(track: TrackView, search: str, state: Filter) -> bool:
    """Say whether the real studio would find it: every word in title, artist or album."""
    text = f"{track.title} {track.artist} {track.album}".casefold()
    return track.state in FILTERS[state] and all(word in text for word in search.casefold().split())


class FakeStudio:
    """See `soundforge.web.studio.Studio`; `publish` is what the pipeline would do."""

    def __init__(self, tracks: Iterable[TrackView] = (), *, bus: MemoryBus | None = None) -> None:
        self.bus = bus or MemoryBus()
        self.all = {track.id: track for track in tracks}
        self.bin: dict[str, TrackView] = {}
        self.calls: list[tuple[str, ...]] = []
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
        self.calls.append(("separate_all", *track_ids, model or ""))
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
            return sum(track.state in FILTERS[state] for track in self.all.values())

        return Counts(
            all=count("all"),
            ready=count("ready"),
            working=count("working"),
            attention=count("attention"),
            duration_s=sum(track.duration_s or 0 for track in self.all.values()),
        )

    async def import_links(self, text: str) -> ImportOutcome:
        self.calls.append(("import", text))
        if not text.startswith("https://open.spotify.com/track/"):
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

    async def separate(
        self,
        track_id: str,
        *,
        model: str | None = None,
        stems: Sequence[str] = (),
        sample_rate: str = "model",
    ) -> None:
        at_source = ("source",) if sample_rate == "source" else ()
        self.calls.append(("separate", track_id, model or "", *stems, *at_source))

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
