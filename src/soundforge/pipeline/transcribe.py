"""By request: stems become notes, as rows and as a MIDI file with the song's tempo and bars."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from soundforge import errors
from soundforge.audio import keys, pulse, transcriber
from soundforge.library import tracks
from soundforge.pipeline import patience, reuse
from soundforge.pipeline.stage import Stage, folder_of
from soundforge.storage import layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soundforge.audio.pulse import Pulse
    from soundforge.db.session import Session
    from soundforge.library import Job, Stem, Track
    from soundforge.pipeline.reporter import Reporter
    from soundforge.pipeline.tools import Tools


@dataclass(frozen=True, slots=True)
class Made:
    """Notes in their place.

    Args:
        content_key: What they depend on, see `reuse`; None when that is not known.
        results: How many there are, and how it went, for the job.
        size_bytes: Size of the file.
    """

    content_key: str | None
    results: dict[str, Any]
    size_bytes: int


def prepare(track: Track, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``options`` when there is something to hear and, for a grid, beats to make it of.

    Raises:
        errors.Conflict: The track has no stems yet (``no_stems``).
        errors.NotFound: One of the stems does not exist (``stem_not_found``).
        errors.Invalid: A grid without beats (``beats_needed``).
    """
    _chosen(tracks.newest_stems(track), options)
    transcriber.check_grid(options.get("quantise"), _pulse(track).beats_s)
    return dict(options)


async def work(tools: Tools, job: Job, track: Track, report: Reporter) -> Made:
    """Listen to the track's newest stems; what was heard before is taken as it is."""
    await tools.storage.require_free(tools.free_disk_bytes)
    track = await patience.transact(
        tools.database, lambda session: tracks.get(session, track.owner_id, track.id)
    )
    chosen = _chosen(tracks.newest_stems(track), job.options)
    out_dir = folder_of(tools, job)
    key = _content_key(track, chosen, job.options)
    if key and (found := await reuse.take(tools, key, out_dir, folder_of=layout.analysis_dir)):
        results = reuse.without_speed(found[0])
    else:
        results = await _listen(tools, job, (track, chosen), report)
    await report.confirm()
    await tools.storage.commit_dir(out_dir, layout.analysis_dir(job.id))
    size_bytes = tools.storage.path(layout.notes(job.id)).stat().st_size
    return Made(key, results, size_bytes)


async def save(session: Session, job: Job, made: Made) -> None:
    """Record where the file is and what is in it."""
    del session
    job.output_path = layout.notes(job.id)
    job.file_size = made.size_bytes
    job.content_key = made.content_key
    job.results = made.results


async def _listen(
    tools: Tools,
    job: Job,
    heard: tuple[Track, Sequence[Stem]],
    report: Reporter,
) -> dict[str, Any]:
    track, chosen = heard
    out_dir = folder_of(tools, job)
    made = await transcriber.transcribe(
        tools.engine,
        sources={stem.stem_type: tools.storage.path(stem.file_path) for stem in chosen},
        out_path=out_dir / layout.name_of(layout.notes(job.id)),
        models_dir=tools.models.models_dir,
        job=str(job.id),
        duration_s=chosen[0].duration_s,
        report=report,
        pulse=_pulse(track),
        keys=_keys(track),
        quantise=job.options.get("quantise"),
        threads=tools.threads,
        notes_path=out_dir / layout.name_of(layout.note_list(job.id)),
        mirror=tools.models.mirror,
    )
    results: dict[str, Any] = {
        "counts": {name: len(notes) for name, notes in made.notes.items()},
        "tempo_bpm": made.tempo_bpm,
        "quantise": made.grid,
        "took_s": made.took_s,
    }
    if made.took_s > 0 and track.duration_ms:
        results["realtime_factor"] = track.duration_ms / 1000 / made.took_s
    return results


def _chosen(made: Sequence[Stem], options: Mapping[str, Any]) -> list[Stem]:
    """Return the stems to hear: those that are named, or all."""
    if not made:
        raise errors.Conflict(
            "no_stems", "This track has no stems yet.", "Separate it first, then ask again."
        )
    by_type = {stem.stem_type: stem for stem in made}
    wanted = options.get("stems") or list(by_type)
    for name in wanted:
        if name not in by_type:
            raise errors.NotFound(
                "stem_not_found",
                f"This track has no stem called {name[:40]}.",
                f"It has {', '.join(sorted(by_type))}.",
            )
    return [by_type[name] for name in dict.fromkeys(wanted)]


def _pulse(track: Track) -> Pulse:
    """Return the beats that were found, and the bars where they can be trusted."""
    return pulse.read(tracks.newest_feature(track, "beats"))


def _keys(track: Track) -> tuple[tuple[float, str], ...]:
    return keys.course(tracks.newest_feature(track, "key"))


def _content_key(track: Track, chosen: Sequence[Stem], options: Mapping[str, Any]) -> str | None:
    of_stems = next((job.content_key for job in track.jobs if job.id == chosen[0].job_id), None)
    if of_stems is None:
        return None
    names = sorted(stem.stem_type for stem in chosen)
    song = [astuple(_pulse(track)), _keys(track)]
    return reuse.digest(["notes as rows", of_stems, names, options.get("quantise"), song])


STAGE = Stage("transcribe", "analysis", work, save)
