"""Stage 2: a recording becomes its stems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.audio import separator
from soundforge.pipeline import made_stems, preparing, recordings, reuse
from soundforge.pipeline.made_stems import Made
from soundforge.pipeline.stage import Stage, folder_of
from soundforge.storage import layout

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.audio.separator import Separated
    from soundforge.library import Job, Track
    from soundforge.pipeline.reporter import Reporter
    from soundforge.pipeline.tools import Tools

# Two float stems while it runs, then the masters, the chunks: about four times the decoded mix.
_BYTES_PER_S: Final = 44_100 * 2 * 4 * 4


async def work(tools: Tools, job: Job, track: Track, report: Reporter) -> Made:
    """Separate the track's recording with the job's model, fetching the model if need be.

    Stems that were made before, of the same audio, are taken as they are.
    """
    source = recordings.require(tools, track)
    assert job.model is not None
    duration_s = (track.duration_ms or 0) / 1000
    await tools.storage.require_free(tools.free_disk_bytes + int(duration_s * _BYTES_PER_S))

    def prepares(said: str) -> None:
        report(0.0, said)

    await preparing.fetch(tools, job.model, prepares)
    out_dir = folder_of(tools, job)
    key = reuse.content_key(tools, job, track)
    if key and (made := await _before(tools, job, key, out_dir, report)):
        return made
    async with preparing.memory_for(tools, job, job.model) as segment_s:
        if segment_s:  # other segments, other stems: these may have been made before, too
            key = reuse.content_key(tools, job, track, segment_s)
            if key and (made := await _before(tools, job, key, out_dir, report)):
                return made
        separated = await separator.separate(
            tools.engine,
            tools.models,
            source=source,
            out_dir=out_dir,
            model=job.model,
            stems=tuple(job.options["stems"]) if job.options.get("stems") else None,
            sample_rate=job.options.get("sample_rate", "model"),
            segment_s=segment_s,
            job=str(job.id),
            duration_s=duration_s,
            chunk_s=job.chunk_s,
            threads=tools.threads,
            earlier_dirs=_left_behind(tools, job),
            report=report,
        )
    await report.confirm()
    await tools.storage.commit_dir(out_dir, layout.stems_dir(job.id))
    return _made(key, job.chunk_s, separated, track)


async def _before(tools: Tools, job: Job, key: str, out_dir: Path, report: Reporter) -> Made | None:
    """Return the stems of ``key`` if they were made before, once nobody is making them any more."""
    await reuse.claim(tools, job, key)
    found = await reuse.take(tools, key, out_dir)
    if found is None:
        return None
    report(0.99, "These stems were made before")
    await report.confirm()
    await tools.storage.commit_dir(out_dir, layout.stems_dir(job.id))
    return made_stems.before(key, *found)


def _made(key: str | None, chunk_s: int, separated: Separated, track: Track) -> Made:
    results: dict[str, Any] = {
        "took_s": separated.took_s,
        "realtime_factor": separated.realtime_factor,
        "null_test_db": separated.null_test_db,
        "gain_db": separated.gain_db,
        "weights_hash": separated.weights_hash,
        "precision": separated.precision,
        "mended_segments": separated.mended_segments,
        "mended_samples": separated.mended_samples,
        "resumed_segments": separated.resumed_segments,
        "device": separated.device,
        "device_fallback": separated.device_fallback,
        "recording_sha256": track.recording_sha256,
    }
    if separated.segment_s:
        results["segment_s"] = separated.segment_s
    if separated.resumed_segments:  # what an earlier attempt did took no time of this one
        del results["realtime_factor"]
    return Made(
        key,
        chunk_s,
        tuple(
            {
                "stem_type": stem.stem_type,
                "file_path": stem.file_name,
                "file_size": stem.size_bytes,
                "sample_rate_hz": separated.sample_rate_hz,
                "duration_s": separated.duration_s,
            }
            for stem in separated.stems
        ),
        results,
    )


def _left_behind(tools: Tools, job: Job) -> tuple[Path, ...]:
    """Return the folders of earlier attempts, the last one last."""
    folders = (folder_of(tools, job, attempt) for attempt in range(1, job.attempt))
    return tuple(folder for folder in folders if folder.is_dir())


STAGE = Stage("separate", "processing", work, made_stems.save, goes_on=True)
