"""The whole program, with one stage whose engine has no model: for faults, many and fast.

Everything else is real: database, queue, workers, upkeep, storage, engine process, web.
"""

import asyncio
import os

from soundforge import app
from soundforge.library import stems
from soundforge.pipeline.stage import Stage, folder_of
from soundforge.settings import Settings
from soundforge.storage import layout


async def work(tools, job, track, report):
    partial = folder_of(tools, job)
    params = {"do": "hang", "seconds": float(os.environ.get("ECHO_SECONDS", "1"))}
    await tools.engine.run(
        "_echo",
        params,
        job=str(job.id),
        timeout_s=60,
        on_progress=lambda progress: report(progress.fraction, progress.message),
    )
    (partial / "vocals.flac").write_bytes(b"echo")
    await tools.storage.commit_dir(partial, layout.stems_dir(job.id))
    return


async def save(session, job, made):
    job.output_path = layout.stems_dir(job.id)
    row = {
        "stem_type": "vocals",
        "file_path": f"{layout.stems_dir(job.id)}/vocals.flac",
        "file_size": 4,
        "sample_rate_hz": 44_100,
        "duration_s": 1.0,
    }
    await stems.record(session, job, [row])


if __name__ == "__main__":
    app.STAGES = (Stage("separate", "processing", work, save),)
    raise SystemExit(asyncio.run(app.run(Settings())))
