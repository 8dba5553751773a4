"""A full disk fails the one job that met it, says so, and leaves no half file."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from soundforge.jobs import Failed, Run
from soundforge.library import tracks
from soundforge.pipeline import STAGES, recordings, stage
from soundforge.storage import layout
from soundforge.storage.local import Storage
from tests.fixtures import audio
from tests.plugins.pipeline import add_track, begin, read_job

STAGE = {one.name: one for one in STAGES}
SMALL_BYTES = 2_000_000
MODEL = "spleeter_2stems"


@pytest.fixture
async def with_recording(tools, owner_id, tmp_path):
    """Return a track whose recording lies in the storage of `tools`."""
    track = await add_track(
        tools, owner_id, spotify_url=f"https://open.spotify.com/track/{'a' * 22}"
    )
    song = audio.write(tmp_path / "song.flac", audio.chord(12.0))
    folder = tools.storage.path(layout.scratch("making"))
    folder.mkdir()
    kept = await recordings.keep(tools, track.id, song, job="test", folder=folder)
    folder.joinpath("cover").unlink(missing_ok=True)
    folder.rmdir()
    async with tools.database.transaction() as session:
        await tracks.set_recording(session, track.id, **kept.columns())
    return track


@pytest.mark.parametrize("name", STAGE)
async def test_work_does_not_begin_where_there_is_no_room(tools, with_recording, name):
    (job,) = await begin(tools, with_recording.id, name, model=MODEL)
    before = files(tools.storage.root)

    outcome = await run(replace(tools, free_disk_bytes=2**62), job)

    assert outcome == Failed("disk_full")
    failed = await read_job(tools, job.id)
    assert (failed.status, failed.runs) == ("failed", 1)
    assert "free" in failed.error_next_step.lower()
    assert files(tools.storage.root) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize("name", ["analyze", "download"])
async def test_a_disk_that_fills_up_in_the_middle_leaves_no_half_file(
    tools, with_recording, small_disk, name
):
    storage = Storage(small_disk)
    storage.prepare()
    recording = tools.storage.path(layout.recording_dir(with_recording.id))
    target = storage.path(layout.recording_dir(with_recording.id))
    target.mkdir()
    for file in recording.iterdir():
        target.joinpath(file.name).write_bytes(file.read_bytes())
    fill(small_disk, leave_bytes=8_192)
    (job,) = await begin(tools, with_recording.id, name, model=MODEL)
    before = files(small_disk)

    outcome = await run(replace(tools, storage=storage), job)

    assert outcome == Failed("disk_full")
    assert (await read_job(tools, job.id)).error_code == "disk_full"
    assert files(small_disk) == before


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_BYTES}", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path, *, leave_bytes: int):
    free_bytes = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    disk.joinpath("ballast").write_bytes(b"\0" * (free_bytes - leave_bytes))


def files(root: Path):
    return {path: path.stat().st_size for path in root.rglob("*") if path.is_file()}


async def run(tools, job):
    queue_run = Run(job.queue_job_id, job.stage, {"job_id": str(job.id)})
    return await stage.run(STAGE[job.stage], queue_run, tools)
