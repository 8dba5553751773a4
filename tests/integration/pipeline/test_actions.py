"""What the user asks of a track is refused while something is in its way."""

import pytest

from soundforge import errors
from soundforge.library import jobs
from soundforge.pipeline import actions
from soundforge.pipeline.start import Plan
from tests.plugins.pipeline import add_track, begin, read_job

LINK = f"https://open.spotify.com/track/{'a' * 22}"


@pytest.fixture
async def track(tools, owner_id):
    """Return a track that was fetched."""
    return await add_track(
        tools, owner_id, spotify_url=LINK, recording_path="downloads/x/recording.mp3"
    )


@pytest.mark.parametrize(
    ("at_work", "asked", "code"),
    [
        ("separate", "separate", "stage_running"),
        ("separate", "download", "recording_busy"),
        ("analyze", "download", "recording_busy"),
        ("download", "separate", "recording_busy"),
        ("download", "analyze", "recording_busy"),
    ],
)
async def test_a_recording_is_not_replaced_while_it_is_worked_on(
    tools, owner_id, track, at_work, asked, code
):
    await begin(tools, track.id, at_work)

    with pytest.raises(errors.Conflict) as refusal:
        await actions.run_stage(tools, owner_id, track.id, Plan(asked))

    assert refusal.value.code == code
    async with tools.database.transaction() as session:
        assert [job.stage for job in await jobs.unfinished(session, track.id)] == [at_work]


@pytest.mark.parametrize(("at_work", "asked"), [("separate", "analyze"), ("analyze", "separate")])
async def test_what_only_reads_the_recording_runs_side_by_side(
    tools, owner_id, track, at_work, asked
):
    await begin(tools, track.id, at_work)

    job = await actions.run_stage(tools, owner_id, track.id, Plan(asked))

    assert (await read_job(tools, job.id)).status == "queued"


async def test_a_download_is_not_retried_while_the_recording_is_worked_on(tools, owner_id, track):
    (download,) = await begin(tools, track.id, "download")
    await actions.cancel(tools, owner_id, download.id)
    await begin(tools, track.id, "separate")

    with pytest.raises(errors.Conflict) as refusal:
        await actions.retry(tools, owner_id, download.id)

    assert refusal.value.code == "recording_busy"
    assert (await read_job(tools, download.id)).status == "cancelled"
