"""The whole program on a machine with little memory, of which every separation needs most.

Everything else is real: database, ledger, queue, workers, upkeep, engine process, web.
"""

import asyncio
import os
from dataclasses import replace

from soundforge import app
from soundforge.pipeline.admission import Admission, Asker
from soundforge.pipeline.stage import Stage
from soundforge.settings import Settings

FREE_BYTES = 4 * 10**9
NEEDED_BYTES = 3 * 10**9
ADMISSION = Admission(
    available=lambda: FREE_BYTES, total=lambda: FREE_BYTES, machine="this narrow one"
)


async def no_room():
    return False


async def work(tools, job, track, report):
    del track
    asker = Asker.of(job, held=lambda: 0, make_room=no_room)
    async with ADMISSION.admitted(tools.database, asker, [NEEDED_BYTES]):
        await tools.engine.run(
            "_echo",
            {"do": "hang", "seconds": float(os.environ["ECHO_SECONDS"])},
            job=str(job.id),
            timeout_s=60,
            on_progress=lambda progress: report(max(0.01, progress.fraction), progress.message),
        )


async def save(session, job, made):
    del session, job, made


if __name__ == "__main__":
    app.STAGES = (Stage("separate", "processing", work, save),)
    make_tools = app.Node._tools
    app.Node._tools = lambda node: replace(make_tools(node), admission=ADMISSION)
    raise SystemExit(asyncio.run(app.run(Settings())))
