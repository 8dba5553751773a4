"""Songs one after the other: the second finds the process of the first; a cancel ends it."""

import uuid

import psutil
import pytest

from soundforge.audio import separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.audio.warm import WarmEngines
from soundforge.library import Status, stems
from soundforge.pipeline import actions, separate
from soundforge.storage import layout
from tests.fixtures import audio
from tests.plugins.pipeline import add_track, begin, ended, eventually, read_job

MODEL = "spleeter_2stems"
KIND = (separator.ENGINE, MODEL)


@pytest.fixture
async def warm():
    made = WarmEngines(idle_s=60, max_runs=10)
    yield made
    await made.close()


@pytest.fixture
async def node(make_node, models_dir, warm):
    engine = Engine(warm=warm)
    made = await make_node(separate.STAGE, engine=engine, models=Models(models_dir, engine))
    async with made.working():
        yield made


@pytest.fixture
def separated(node, owner_id):
    """Queue the separation of a song of its own; return the job."""

    async def begin_one(duration_s=1.0):
        track_id = uuid.uuid4()
        place = layout.recording(track_id, "wav")
        path = node.tools.storage.path(place)
        path.parent.mkdir(parents=True)
        audio.write(path, audio.chord(duration_s))
        track = await add_track(
            node.tools,
            owner_id,
            id=track_id,
            recording_path=place,
            duration_ms=round(duration_s * 1000),
        )
        (job,) = await begin(node.tools, track.id, "separate", model=MODEL)
        return job

    return begin_one


@pytest.fixture
def engines():
    """Return what lists the engines of this test: others of this process may be ending still."""
    others = all_engines()
    return lambda: all_engines() - others


def all_engines():
    return {
        child.pid
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE
        and "soundforge.engines.separate" in child.cmdline()
    }


async def test_the_second_song_is_made_by_the_process_of_the_first(node, separated, warm, engines):
    pids, hashes = set(), set()
    for _ in range(2):
        job = await ended(node.tools, (await separated()).id, timeout_s=60)
        assert job.status == "completed", job.error_message
        pids |= engines()
        async with node.tools.database.transaction() as session:
            made = await stems.of_job(session, job.id)
        hashes.add(tuple(node.tools.storage.path(s.file_path).read_bytes() for s in made))

    assert len(pids) == 1
    assert len(hashes) == 1
    assert warm.held_bytes(KIND) > 10_000_000


async def test_cancel_ends_the_process_that_had_waited_and_leaves_nothing_warm(
    node, owner_id, separated, warm, engines
):
    await ended(node.tools, (await separated()).id, timeout_s=60)
    (pid,) = engines()
    job = await separated(duration_s=120)

    async def has_sound():
        return (await read_job(node.tools, job.id)).ready_s > 0

    await eventually(has_sound, timeout_s=60)
    await actions.cancel(node.tools, owner_id, job.id)

    async def is_gone():
        return pid not in engines()

    await eventually(is_gone)
    assert (await read_job(node.tools, job.id)).status == Status.CANCELLED
    assert warm.held_bytes(KIND) == 0
