"""Stage 2: a recording becomes its stems."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.audio import separator
from soundforge.library import stems
from soundforge.pipeline.stage import Stage
from soundforge.storage import layout

if TYPE_CHECKING:
    import uuid
    from pathlib import Path

    from soundforge.audio.separator import Separated
    from soundforge.db.session import Session
    from soundforge.library import Job, Track
    from soundforge.pipeline.reporter import Reporter
    from soundforge.pipeline.tools import Tools

# Two float stems while it runs, then the masters, the chunks: about four times the decoded mix.
_BYTES_PER_S: Final = 44_100 * 2 * 4 * 4
_FETCH_SHARE: Final = 0.3


async def work(tools: Tools, job: Job, track: Track, report: Reporter) -> Separated:
    """Separate the track's recording with the job's model, fetching the model if need be."""
    source = _recording(tools, track)
    assert job.model is not None
    duration_s = (track.duration_ms or 0) / 1000
    await tools.storage.require_free(tools.free_disk_bytes + int(duration_s * _BYTES_PER_S))
    share = 0.0
    if not tools.models.installed(job.model):
        share = _FETCH_SHARE
        await tools.models.pull(
            job.model,
            report=lambda fraction, message, detail: report(fraction * share, message, detail),
        )
    out_dir = _partial(tools, job.id, job.attempt)
    shutil.rmtree(out_dir, ignore_errors=True)
    out_dir.mkdir(parents=True)
    made = await separator.separate(
        tools.engine,
        tools.models,
        source=source,
        out_dir=out_dir,
        model=job.model,
        stems=tuple(job.options["stems"]) if job.options.get("stems") else None,
        job=str(job.id),
        duration_s=duration_s,
        has_chunks=True,
        threads=tools.threads,
        report=lambda fraction, message, detail: report(
            share + fraction * (1 - share), message, detail
        ),
    )
    await report.confirm()
    await tools.storage.commit_dir(out_dir, layout.stems_dir(job.id))
    return made


async def save(session: Session, job: Job, made: Separated) -> None:
    """Record the stems, how long it took and how well they add up."""
    job.output_path = layout.stems_dir(job.id)
    job.results = {
        "took_s": made.took_s,
        "realtime_factor": made.realtime_factor,
        "null_test_db": made.null_test_db,
        "gain_db": made.gain_db,
        "weights_hash": made.weights_hash,
    }
    rows = [
        {
            "stem_type": stem.stem_type,
            "file_path": f"{layout.stems_dir(job.id)}/{stem.file_name}",
            "file_size": stem.size_bytes,
            "sample_rate_hz": made.sample_rate_hz,
            "duration_s": made.duration_s,
        }
        for stem in made.stems
    ]
    await stems.record(session, job, rows)


def clean(tools: Tools, job_id: uuid.UUID, attempt: int) -> None:
    """Remove what the attempt wrote so far."""
    shutil.rmtree(_partial(tools, job_id, attempt), ignore_errors=True)


def _partial(tools: Tools, job_id: uuid.UUID, attempt: int) -> Path:
    return tools.storage.path(layout.stems_partial(job_id, attempt))


def _recording(tools: Tools, track: Track) -> Path:
    if track.recording_path is None:
        raise errors.Conflict(
            "no_recording", "This track has no recording yet.", "Fetch it, or upload the file."
        )
    path = tools.storage.path(track.recording_path)
    if not path.is_file():
        raise errors.Conflict(
            "recording_missing",
            "The recording is no longer on disk.",
            "Fetch it again, or upload the file.",
        )
    return path


STAGE = Stage("separate", "processing", work, save, clean)
