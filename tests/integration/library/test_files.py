"""The sweep never removes a folder that a row needs, and finds all others."""

import itertools

import pytest

from soundforge.library import Status, jobs, tracks
from soundforge.library.lifecycle import UNFINISHED
from soundforge.pipeline import actions
from soundforge.pipeline.upkeep import Upkeep
from soundforge.storage import layout
from tests.plugins.pipeline import add_track

STAGES = ("download", "separate", "analyze")


@pytest.fixture
def upkeep(tools):
    return Upkeep(tools, workers=None, rescue_after_s=2, keep_days=7, trash_days=30)


def make(tools, *folders):
    for folder in folders:
        tools.storage.path(folder).mkdir(parents=True)


def on_disk(tools):
    return {
        f"{folder}/{entry.name}"
        for folder in layout.FOLDERS
        for entry in (tools.storage.root / folder).iterdir()
    }


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_a_sweep_keeps_what_rows_need_in_every_state_and_attempt(
    tools, owner_id, upkeep, is_deleted
):
    needed, other = set(), set()
    for stage, status, has_recording in itertools.product(STAGES, Status, [False, True]):
        track = await add_track(tools, owner_id)
        async with tools.database.transaction() as session:
            (job,) = await jobs.add_many(session, [{"track_id": track.id, "stage": stage}])
            job.status, job.attempt = status, 3
            if has_recording:
                path = layout.recording(track.id, "flac")
                await tracks.set_recording(session, track.id, recording_path=path)
        if is_deleted and status not in UNFINISHED:
            await actions.delete(tools, owner_id, track.id)
        is_at_work, is_done = status in UNFINISHED, status == Status.COMPLETED
        recording = layout.recording_dir(track.id)
        (needed if has_recording or is_at_work else other).add(recording)
        place, attempts = places(stage, job.id)
        if place:
            (needed if is_at_work or is_done else other).add(place)
        (needed if is_at_work else other).update(attempts)
    make(tools, *needed, *other)

    await upkeep.sweep(older_than_s=0)

    assert on_disk(tools) == needed


def places(stage, job_id):
    """Return the final folder of a job, and those of its first and third attempt."""
    match stage:
        case "separate":
            return layout.stems_dir(job_id), [layout.stems_partial(job_id, n) for n in (1, 3)]
        case "analyze":
            return layout.analysis_dir(job_id), [layout.analysis_partial(job_id, n) for n in (1, 3)]
        case _:
            return None, [layout.scratch(f"{job_id}-{n}") for n in (1, 3)]


async def test_what_is_young_is_left_alone(tools, upkeep):
    make(tools, layout.scratch("young"))

    await upkeep.sweep(older_than_s=60)

    assert on_disk(tools) == {layout.scratch("young")}


async def test_files_of_a_purged_track_go_with_the_next_sweep(tools, owner_id, upkeep):
    track = await add_track(tools, owner_id)
    async with tools.database.transaction() as session:
        path = layout.recording(track.id, "flac")
        await tracks.set_recording(session, track.id, recording_path=path)
    make(tools, layout.recording_dir(track.id))
    await actions.delete(tools, owner_id, track.id)
    async with tools.database.transaction() as session:
        await tracks.purge(session, older_than_days=-1)

    await upkeep.sweep(older_than_s=0)

    assert on_disk(tools) == set()
