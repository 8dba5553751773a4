"""A recording takes its place, and the older one leaves it."""

import uuid
from dataclasses import replace

import pytest

from soundforge import errors
from soundforge.library import tracks
from soundforge.pipeline import analyze, recordings, separate
from soundforge.storage import layout
from tests.fixtures import audio
from tests.plugins.pipeline import add_job, read_job

TRACK_ID = uuid.UUID(int=7)


@pytest.fixture
def place(tools, tmp_path):
    """Place a song in a format, with a cover if its type is given; return what lies there now."""

    async def run(form, cover_mime=None):
        song = audio.write(tmp_path / f"song.{form}", audio.chord(1.0))
        folder = tools.storage.path(layout.scratch(f"making-{form}"))
        folder.mkdir()
        checked = await recordings.check(tools, song, job="test", folder=folder)
        if cover_mime:
            checked.cover.write_bytes(b"a picture")
        recording = replace(checked.recording, cover_mime=cover_mime)
        kept = await recordings.place(tools, TRACK_ID, replace(checked, recording=recording))
        assert tools.storage.path(kept.recording_path).is_file()
        return {path.name for path in tools.storage.path(layout.recording_dir(TRACK_ID)).iterdir()}

    return run


async def test_of_two_recordings_and_their_covers_the_newer_ones_stay(place):
    assert await place("wav", "image/png") == {"recording.wav", "mix.peaks", "cover.png"}
    assert await place("flac", "image/jpeg") == {"recording.flac", "mix.peaks", "cover.jpg"}


async def test_a_cover_stays_when_the_new_recording_has_none(place):
    await place("wav", "image/png")

    assert await place("flac") == {"recording.flac", "mix.peaks", "cover.png"}


@pytest.mark.parametrize(
    ("path", "code"), [(None, "no_recording"), ("downloads/gone.wav", "recording_missing")]
)
@pytest.mark.parametrize("stage", [analyze, separate])
async def test_no_stage_works_on_a_recording_that_is_not_there(tools, owner_id, stage, path, code):
    job = await add_job(tools, owner_id, stage.STAGE.name, model="spleeter_2stems")
    async with tools.database.transaction() as session:
        await tracks.set_recording(session, job.track_id, recording_path=path)
    job = await read_job(tools, job.id)

    with pytest.raises(errors.Conflict) as refusal:
        await stage.work(tools, job, job.track, lambda *_: None)

    assert refusal.value.code == code
