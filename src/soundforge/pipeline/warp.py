"""By request: stems become stems of another tempo, another key, or an even pulse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.audio import keys, pulse, warper
from soundforge.library import tracks, versions
from soundforge.pipeline import made_stems, patience, reuse
from soundforge.pipeline.made_stems import Made
from soundforge.pipeline.stage import Stage, folder_of
from soundforge.storage import layout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soundforge.audio.warper import Grid, WarpedStems
    from soundforge.db.session import Session
    from soundforge.library import Job, Stem, Track
    from soundforge.pipeline.reporter import Reporter
    from soundforge.pipeline.tools import Tools

KEPT: Final = 4
"""How many versions of a track there are at most; an older one goes when a new one is made."""

# Float stems while it runs and their sum, then the masters and the chunks.
_BYTES_PER_S: Final = 44_100 * 2 * 4 * 4


def prepare(track: Track, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``options`` with the ``rate`` and the ``semitones`` that they come to.

    Raises:
        errors.Conflict: The track has no stems yet (``no_stems``).
        errors.Invalid: The song's tempo or key is not known (``tempo_unknown``,
            ``key_unknown``), it has no bars (``downbeats_needed``), or what is asked for is out
            of range (``rate_out_of_range``, ``shift_out_of_range``) or no change
            (``warp_unclear``).
    """
    if not tracks.newest_stems(track):
        raise errors.Conflict(
            "no_stems", "This track has no stems yet.", "Separate it first, then ask again."
        )
    rate, semitones = _rate(track, options), _semitones(track, options)
    warper.check(rate, semitones)
    if options.get("steady"):
        _require_sure_bars(track)
        grid_of(track, {**options, "rate": rate})
    elif not warper.is_change(rate, semitones):
        raise errors.Invalid(
            "warp_unclear", "That is how the song is already.", "Choose another tempo or pitch."
        )
    return {**options, "rate": rate, "semitones": semitones}


def grid_of(track: Track, options: Mapping[str, Any]) -> Grid | None:
    """Return the even bars that ``options``, as `prepare` gives them, ask for; None for none.

    Raises:
        errors.Invalid: There are no bars (``downbeats_needed``).
    """
    if not options.get("steady"):
        return None
    bars_s = (tracks.newest_feature(track, "beats") or {}).get("downbeats_s") or ()
    grid = warper.even_bars(bars_s, float(options["rate"]), options.get("bpm"))
    if grid is None:
        raise errors.Invalid(
            "downbeats_needed",
            "No bars were found in this song, so its tempo cannot be evened out.",
            "Analyse it, or change the tempo as a whole.",
        )
    return grid


async def work(tools: Tools, job: Job, track: Track, report: Reporter) -> Made:
    """Warp the track's newest stems; what was made before is taken as it is."""
    track = await patience.transact(
        tools.database, lambda session: tracks.get(session, track.owner_id, track.id)
    )
    stems, grid = tracks.newest_stems(track), grid_of(track, job.options)
    if not stems:
        raise errors.Conflict("no_stems", "The stems are gone.", "Separate the track again.")
    longest_s = stems[0].duration_s / min(1.0, float(job.options["rate"]))
    needed_bytes = int(longest_s * (len(stems) + 1) * _BYTES_PER_S)
    await tools.storage.require_free(tools.free_disk_bytes + needed_bytes)
    out_dir = folder_of(tools, job)
    key = _content_key(track, stems, job.options, grid)
    if key and (found := await reuse.take(tools, key, out_dir)):
        made = made_stems.before(key, *found)
    else:
        warped = await warper.warp_stems(
            tools.engine,
            sources={stem.stem_type: tools.storage.path(stem.file_path) for stem in stems},
            out_dir=out_dir,
            job=str(job.id),
            duration_s=stems[0].duration_s,
            chunk_s=job.chunk_s,
            report=report,
            rate=float(job.options["rate"]),
            semitones=float(job.options["semitones"]),
            grid=grid,
            threads=tools.threads,
        )
        made = _made(key, job.chunk_s, warped, track)
    await report.confirm()
    await tools.storage.commit_dir(out_dir, layout.stems_dir(job.id))
    return made


async def save(session: Session, job: Job, made: Made) -> None:
    """Record the stems; versions beyond `KEPT` are forgotten."""
    await made_stems.save(session, job, made)
    await versions.keep_newest(session, job.track_id, keep=KEPT - 1)


def _require_sure_bars(track: Track) -> None:
    if len(pulse.read(tracks.newest_feature(track, "beats")).downbeats_s) < 2:
        raise errors.Invalid(
            "downbeats_needed",
            "No bars were found in this song that are sure enough to even out.",
            "Analyse it, or change the tempo as a whole.",
        )


def _rate(track: Track, options: Mapping[str, Any]) -> float:
    if "bpm" not in options:
        return float(options.get("rate", 1.0))
    tempo_bpm = (tracks.newest_feature(track, "tempo") or {}).get("bpm")
    if tempo_bpm is None:
        raise errors.Invalid(
            "tempo_unknown",
            "The tempo of this song is not known.",
            "Analyse it, or change the tempo by a rate.",
        )
    return warper.rate_between(tempo_bpm, float(options["bpm"]))


def _semitones(track: Track, options: Mapping[str, Any]) -> float:
    if "key" not in options:
        return float(options.get("semitones", 0.0))
    name = (tracks.newest_feature(track, "key") or {}).get("name")
    if name is None:
        raise errors.Invalid(
            "key_unknown",
            "The key of this song is not known.",
            "Analyse it, or change the pitch by semitones.",
        )
    return keys.semitones_between(name, options["key"])


def _content_key(
    track: Track, stems: Sequence[Stem], options: Mapping[str, Any], grid: Grid | None
) -> str | None:
    of_stems = next((job.content_key for job in track.jobs if job.id == stems[0].job_id), None)
    if of_stems is None:
        return None
    how = [options["rate"], options["semitones"]]
    bars = [list(grid.downbeats_s), grid.bar_s] if grid else None
    return reuse.digest(["warp", of_stems, how, bars])


def _made(key: str | None, chunk_s: int, warped: WarpedStems, track: Track) -> Made:
    results: dict[str, Any] = {"took_s": warped.took_s, "gain_db": warped.gain_db}
    if warped.took_s > 0 and track.duration_ms:
        results["realtime_factor"] = track.duration_ms / 1000 / warped.took_s
    return Made(
        key,
        chunk_s,
        tuple(
            {
                "stem_type": stem.stem_type,
                "file_path": stem.file_name,
                "file_size": stem.size_bytes,
                "sample_rate_hz": warped.sample_rate_hz,
                "duration_s": warped.duration_s,
            }
            for stem in warped.stems
        ),
        results,
    )


STAGE = Stage("warp", "analysis", work, save)
