"""Stage 3: a recording becomes numbers. Runs beside the separation, not after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundforge.audio import analyzer, chords, networks
from soundforge.library import analyses
from soundforge.pipeline import recordings
from soundforge.pipeline.stage import Stage, folder_of
from soundforge.storage import layout

if TYPE_CHECKING:
    from soundforge.audio.analyzer import Analysis
    from soundforge.db.session import Session
    from soundforge.library import Job, Track
    from soundforge.pipeline.reporter import Reporter
    from soundforge.pipeline.tools import Tools


async def work(tools: Tools, job: Job, track: Track, report: Reporter) -> Analysis:
    """Analyse the track's recording for the features that the job asks for."""
    source = recordings.require(tools, track)
    await tools.storage.require_free(tools.free_disk_bytes)
    out_dir = folder_of(tools, job)
    features = analyzer.select(job.options.get("features") or ["all"])
    best = chords.best(job.options.get("chord_engine") or tools.chord_engine)
    models_dir = tools.models.models_dir
    await networks.fetch(
        tools.engine,
        models_dir,
        features,
        job=str(job.id),
        # At 0: fetching is no part of the analysis, nor of how long it takes.
        report=lambda _, message, detail: report(0.0, message, detail),
        best=best,
        mirror=tools.models.mirror,
    )
    made = await analyzer.analyze(
        tools.engine,
        source=source,
        out_dir=out_dir,
        features=features,
        job=str(job.id),
        duration_s=(track.duration_ms or 0) / 1000,
        report=report,
        models_dir=models_dir,
        best=best,
    )
    await report.confirm()
    await tools.storage.commit_dir(out_dir, layout.analysis_dir(job.id))
    return made


async def save(session: Session, job: Job, made: Analysis) -> None:
    """Record the numbers; the matrices lie in files."""
    job.output_path = layout.analysis_dir(job.id)
    job.results = {"took_s": made.took_s}
    if made.took_s > 0 and made.duration_s:
        job.results["realtime_factor"] = made.duration_s / made.took_s
    await analyses.record(
        session,
        job,
        tempo=made.tempo_bpm,
        key=made.key,
        energy=made.energy,
        spectral_centroid=made.spectral_centroid_hz,
        spectral_rolloff=made.spectral_rolloff_hz,
        zero_crossing_rate=made.zero_crossing_rate,
        features=made.features,
    )


STAGE = Stage("analyze", "analysis", work, save)
