"""Rows to views: what the pages see of a track."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.audio import chords, pulse
from soundforge.library import Track, analyses, states, tracks
from soundforge.library.lifecycle import PIPELINE
from soundforge.web import by_request, landmarks
from soundforge.web.piece_views import stage_view, stem_view
from soundforge.web.sound_view import sound_view
from soundforge.web.studio import (
    SeparationView,
    StageView,
    StemView,
    TrackView,
)

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from soundforge.pipeline.outlook import Outlook

_RUNNING: Final = {"downloading", "processing"}
_MODELS_RATE_HZ: Final = 44_100  # of every model that there is; sets the clock of the player


def track_view(
    track: Track,
    looks: Mapping[uuid.UUID, Outlook],
    stems_of: Mapping[str, tuple[str, ...]] | None = None,
) -> TrackView:
    """Return ``track`` as a card or a page shows it.

    Args:
        track: The track with all that belongs to it.
        looks: What its jobs have before them.
        stems_of: What each model makes; without it, stems that are being made are not shown.
    """
    stages = _stages(track, looks)
    analysis = analyses.newest(track)
    features: dict[str, Any] = analysis.features if analysis else {}
    return TrackView(
        id=str(track.id),
        title=track.title,
        artist=track.artist,
        album=track.album,
        art_url=f"/api/v1/tracks/{track.id}/cover" if track.cover_path else track.album_art_url,
        duration_s=track.duration_ms / 1000 if track.duration_ms is not None else None,
        state=states.of(stage.status for stage in stages),
        stages=stages,
        inserted_at=track.inserted_at,
        key_name=chords.key_name(features) or (analysis.key if analysis else None),
        camelot=(features.get("key") or {}).get("camelot"),
        tempo_bpm=analysis.tempo if analysis else None,
        sound=sound_view(analysis) if analysis else None,
        stems=(stems := _stems(track)),
        sample_rate_hz=track.sample_rate_hz,
        coming=() if stems else _coming(track, stems_of or {}),
        separation=_separation(track, stems[0].job_id) if stems else None,
        urls=by_request.song_urls(track),
        notes=by_request.notes(track, looks),
        lanes=landmarks.lanes(track),
        landmarks=landmarks.landmarks(track),
        has_bars=len(pulse.read(tracks.newest_feature(track, "beats")).downbeats_s) > 1,
        versions=by_request.versions(track),
        warp=by_request.warp(track, looks),
        error=next((stage.error for stage in stages if stage.status == "failed"), None),
    )


def _stages(track: Track, looks: Mapping[uuid.UUID, Outlook]) -> tuple[StageView, ...]:
    """Return the newest job of each stage, and the stages that wait for the one before."""
    newest = {job.stage: job for job in track.jobs}
    planned = {plan["stage"] for job in newest.values() for plan in job.then}
    views = []
    for name in PIPELINE:
        if name in newest:
            views.append(stage_view(name, newest[name], looks.get(newest[name].id)))
        elif name in planned:
            views.append(StageView(name, "waiting"))
    return tuple(views)


def _stems(track: Track) -> tuple[StemView, ...]:
    job = tracks.newest_done(track, "separate")
    if job is None:
        return ()
    made = (stem for stem in track.stems if stem.job_id == job.id)
    return tuple(stem_view(stem, job, _MODELS_RATE_HZ) for stem in made)


def _separation(track: Track, job_id: str) -> SeparationView:
    made_by = next((job for job in track.jobs if str(job.id) == job_id), None)
    results = (made_by.results if made_by else None) or {}
    return SeparationView(
        model=(made_by.model if made_by else None) or "",
        gain_db=results.get("gain_db"),
        mix_url=f"/api/v1/jobs/{job_id}/mix",
        zip_url=f"/api/v1/jobs/{job_id}/stems.zip",
        null_test_db=results.get("null_test_db"),
        is_reused="reused_from" in results,
        has_card=results.get("device", "cpu") != "cpu",
        fallback=str(results.get("device_fallback") or ""),
        precision=str(results.get("precision") or ""),
        mended_samples=int(results.get("mended_samples") or 0),
        segment_s=int(results.get("segment_s") or 0),
    )


def _coming(track: Track, stems_of: Mapping[str, tuple[str, ...]]) -> tuple[StemView, ...]:
    """Return the stems of the separation that runs, once something of it can be played."""
    at_work = [job for job in track.jobs if job.stage == "separate" and job.status in _RUNNING]
    if not at_work or at_work[-1].ready_s <= 0 or track.duration_ms is None:
        return ()
    job = at_work[-1]
    made = stems_of.get(job.model or "", ())
    wanted = job.options.get("stems") or made
    base = f"/api/v1/jobs/{job.id}/stems"
    return tuple(
        StemView(
            id=f"{job.id}-{stem_type}",
            job_id=str(job.id),
            stem_type=stem_type,
            label=stem_type.capitalize(),
            chunks_url=f"{base}/{stem_type}/chunks",
            chunk_s=job.chunk_s,
            peaks_url=f"{base}/{stem_type}/peaks",
            file_url="",
            size_bytes=0,
            duration_s=track.duration_ms / 1000,
            sample_rate_hz=_MODELS_RATE_HZ,
        )
        for stem_type in made
        if stem_type in wanted
    )
