"""Energy and tempo over HTTP: as they go through a track, for programs and as tables."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
import pytest_asyncio

from soundforge.library import jobs
from soundforge.web.services import LOCAL_USER
from tests.fixtures import audio, songs

TEMPO = {
    "bpm": 120.0,
    "confidence": 0.7,
    "curve": [{"at_s": 0.5, "bpm": 118.0}, {"at_s": 1.5, "bpm": 122.0}],
}


@pytest_asyncio.fixture(loop_scope="session")
async def track_id(node):
    features = {**songs.FEATURES, "tempo": TEMPO}
    return await songs.ready(node.tools, LOCAL_USER, {"bass": audio.silence()}, features=features)


async def version(node, track_id, **options):
    """Return a version of half the tempo."""
    options = {"rate": 0.5, "semitones": 0.0, "steady": False, **options}
    async with node.database.transaction() as session:
        row = {"track_id": track_id, "stage": "warp", "options": options}
        (job,) = await jobs.add_many(session, [row])
        await jobs.begin(session, job.id, queue_job_id=None, node="here", max_runs=3)
    async with node.database.transaction() as session:
        await jobs.complete(session, await jobs.take_to_complete(session, job.id, 1))
    return job.id


async def data(api, where):
    answer = await api.get(f"/api/v1/tracks/{where}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_the_energy_has_a_value_for_the_time_around_each_moment(api, track_id):
    found = await data(api, f"{track_id}/energy")

    assert found == {"times_s": [0.25, 0.75, 1.25, 1.75], "values": [0.25, 0.5, 1.0, 0.75]}


async def test_the_tempo_is_told_with_its_curve(api, track_id):
    assert await data(api, f"{track_id}/tempo") == TEMPO


async def test_in_a_version_both_are_as_it_sounds(api, node, track_id):
    job_id = await version(node, track_id)

    energy = await data(api, f"{track_id}/energy?version={job_id}")
    tempo = await data(api, f"{track_id}/tempo?version={job_id}")

    assert energy["times_s"] == [0.5, 1.5, 2.5, 3.5]
    assert (tempo["bpm"], tempo["curve"]) == (
        60.0,
        [{"at_s": 1.0, "bpm": 59.0}, {"at_s": 3.0, "bpm": 61.0}],
    )


async def test_a_tempo_that_was_evened_out_has_no_curve(api, node, track_id):
    job_id = await version(node, track_id, steady=True)

    tempo = await data(api, f"{track_id}/tempo?version={job_id}")

    assert (tempo["bpm"], tempo["curve"]) == (60.0, [])


@pytest.mark.parametrize(
    ("what", "lines"),
    [
        ("energy", ["time_s,energy", "0.250,0.250", "0.750,0.500", "1.250,1.000", "1.750,0.750"]),
        ("tempo", ["at_s,bpm", "0.500,118.000", "1.500,122.000"]),
    ],
)
async def test_they_are_tables_to_keep(api, track_id, what, lines):
    answer = await api.get(f"/api/v1/tracks/{track_id}/{what}?format=csv")

    assert answer.text.splitlines() == lines
    name = unquote(answer.headers["content-disposition"])
    assert f"Somebody - Song_One - {what}.csv" in name


async def test_no_pulse_is_no_tempo(api, node):
    nothing = {"bpm": None, "confidence": 0.0, "curve": []}
    track_id = await songs.ready(
        node.tools, LOCAL_USER, {"bass": audio.silence()}, features={"tempo": nothing}
    )

    assert await data(api, f"{track_id}/tempo") == nothing
    refused = await api.get(f"/api/v1/tracks/{track_id}/energy")
    assert (refused.status_code, refused.json()["code"]) == (404, "feature_not_found")
