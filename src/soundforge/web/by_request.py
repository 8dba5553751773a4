"""Rows to views: what was made of a track by request, and what can be taken along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.library import Status, tracks
from soundforge.web import landmarks, song_version
from soundforge.web.piece_views import stage_view, stem_view
from soundforge.web.song_view import NO_LANDMARKS, LandmarksView
from soundforge.web.track_view import NotesView, SongUrls, StageView, VersionView

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from soundforge.library import Job, Track
    from soundforge.pipeline.outlook import Outlook

_FILES: Final = ("chords", "beats", "sections", "cues", "loops")
_TIMELINE: Final = (*_FILES, "key")


def song_urls(track: Track) -> SongUrls:
    """Return where to get what was found along the time of a track, and what a player draws."""
    if not track.analyses:
        return SongUrls()
    base, newest = f"/api/v1/tracks/{track.id}", track.analyses[-1].id
    has = {name: tracks.newest_feature(track, name) is not None for name in _TIMELINE}
    drifts = bool((tracks.newest_feature(track, "tempo") or {}).get("curve"))
    return SongUrls(
        timeline=f"{base}/timeline?analysis={newest}" if any(has.values()) else "",
        **{name: f"{base}/{name}" for name in _FILES if has[name]},
        energy=f"{base}/energy" if has["cues"] else "",
        tempo=f"{base}/tempo" if drifts else "",
        analysis=f"{base}/analysis.json",
        curves=f"/api/v1/analyses/{newest}/features.npz",
    )


def notes(track: Track, looks: Mapping[uuid.UUID, Outlook]) -> NotesView | None:
    """Return the notes as far as somebody asked for them; None if nobody did."""
    asked = [job for job in track.jobs if job.stage == "transcribe"]
    if not asked:
        return None
    stage = stage_view("transcribe", asked[-1], looks.get(asked[-1].id))
    done = tracks.newest_done(track, "transcribe")
    if done is None:
        return NotesView(stage)
    results = done.results or {}
    counts = results.get("counts") or {}
    return NotesView(
        stage,
        midi_url=f"/api/v1/tracks/{track.id}/midi",
        counts=tuple((name.capitalize(), counts[name]) for name in counts),
        quantise=results.get("quantise"),
        rows_url=f"/api/v1/tracks/{track.id}/notes",
    )


def versions(track: Track) -> tuple[VersionView, ...]:
    """Return the versions of the track that are there, the newest first."""
    done = [job for job in track.jobs if job.stage == "warp" and job.status == Status.COMPLETED]
    timeline = song_urls(track).timeline
    return tuple(
        VersionView(
            job_id=str(job.id),
            rate=float(job.options["rate"]),
            semitones=float(job.options["semitones"]),
            is_steady=bool(job.options.get("steady")),
            stems=tuple(stem_view(stem, job) for stem in track.stems if stem.job_id == job.id),
            mix_url=f"/api/v1/jobs/{job.id}/warped",
            zip_url=f"/api/v1/jobs/{job.id}/stems.zip",
            timeline_url=f"{timeline}&version={job.id}" if timeline else "",
            landmarks=_landmarks(track, job),
        )
        for job in reversed(done)
    )


def _landmarks(track: Track, job: Job) -> LandmarksView:
    try:
        heard_in = song_version.of(track, job.id)
    except errors.Invalid:  # an analysis since then found no bars any more to even out
        return NO_LANDMARKS
    return landmarks.landmarks(track, heard_in, str(job.id))


def warp(track: Track, looks: Mapping[uuid.UUID, Outlook]) -> StageView | None:
    """Return the newest job that makes a version; None when it completed or nobody asked."""
    asked = [job for job in track.jobs if job.stage == "warp"]
    if not asked or asked[-1].status == Status.COMPLETED:
        return None
    return stage_view("warp", asked[-1], looks.get(asked[-1].id))
