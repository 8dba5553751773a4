"""Parts, cue points and loops over HTTP: for programs, as tables, as labels for editors."""

from __future__ import annotations

import uuid
from urllib.parse import unquote

import pytest
import pytest_asyncio

from soundforge.library import jobs
from soundforge.web.services import LOCAL_USER
from tests.fixtures import audio, songs

TEXTS = {
    ("sections", "csv"): [
        "start_s,end_s,label,name",
        "0.000,1.000,A,intro",
        "1.000,2.000,B,",
    ],
    ("sections", "labels"): ["0.000000\t1.000000\tA intro", "1.000000\t2.000000\tB"],
    ("cues", "csv"): [
        "time_s,kind,label,colour",
        "0.000,start,Start,#3ddc84",
        "1.000,drop,Drop,#ff5252",
        "2.000,end,End,#adb5bd",
    ],
    ("cues", "labels"): [
        "0.000000\t0.000000\tStart",
        "1.000000\t1.000000\tDrop",
        "2.000000\t2.000000\tEnd",
    ],
    ("loops", "csv"): ["start_s,end_s,bars,beats,score", "0.500,1.500,1,2,0.750"],
    ("loops", "labels"): ["0.500000\t1.500000\tLoop, 1 bar"],
}
NAMES = {
    ("sections", "csv"): "sections.csv",
    ("sections", "labels"): "section labels.txt",
    ("cues", "csv"): "cue points.csv",
    ("cues", "labels"): "cue point labels.txt",
    ("loops", "csv"): "loops.csv",
    ("loops", "labels"): "loop labels.txt",
}


@pytest_asyncio.fixture(loop_scope="session")
async def track_id(node):
    return await songs.ready(node.tools, LOCAL_USER, {"bass": audio.silence()})


async def slower(node, track_id):
    """Return a version of half the tempo."""
    options = {"rate": 0.5, "semitones": 0.0, "steady": False}
    async with node.database.transaction() as session:
        row = {"track_id": track_id, "stage": "warp", "options": options}
        (job,) = await jobs.add_many(session, [row])
        await jobs.begin(session, job.id, queue_job_id=None, node="here", max_runs=3)
    async with node.database.transaction() as session:
        await jobs.complete(session, await jobs.take_to_complete(session, job.id, 1))
    return job.id


@pytest.mark.parametrize(("what", "kind"), TEXTS)
async def test_they_are_files_to_keep(api, track_id, what, kind):
    answer = await api.get(f"/api/v1/tracks/{track_id}/{what}?format={kind}")

    assert answer.status_code == 200, answer.text
    assert answer.text.splitlines() == TEXTS[what, kind]
    name = unquote(answer.headers["content-disposition"])
    assert f"Somebody - Song_One - {NAMES[what, kind]}" in name


async def test_programs_get_what_the_timeline_has(api, track_id):
    where = f"/api/v1/tracks/{track_id}"
    timeline = (await api.get(f"{where}/timeline")).json()["data"]

    cues = (await api.get(f"{where}/cues")).json()["data"]
    sections = (await api.get(f"{where}/sections")).json()["data"]
    loops = (await api.get(f"{where}/loops")).json()["data"]

    assert cues == {"cue_points": timeline["cue_points"], "markers": timeline["markers"]}
    assert (sections, loops) == (timeline["sections"], timeline["loops"])
    assert cues["markers"]


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("sections", "2.000000\t4.000000\tB"),
        ("cues", "2.000000\t2.000000\tDrop"),
        ("loops", "1.000000\t3.000000\tLoop, 1 bar"),
    ],
)
async def test_in_a_version_they_lie_as_it_sounds(api, node, track_id, what, line):
    job_id = await slower(node, track_id)

    answer = await api.get(f"/api/v1/tracks/{track_id}/{what}?format=labels&version={job_id}")

    assert line in answer.text.splitlines()
    assert "50%, +0 st" in unquote(answer.headers["content-disposition"])


async def test_a_loop_of_beats_alone_is_told_in_beats(api, node):
    loop = {**songs.LOOPS["loops"][0], "bars": None, "beats": 8}
    track_id = await songs.ready(
        node.tools,
        LOCAL_USER,
        {"bass": audio.silence()},
        features={"loops": {"loops": [loop], "grid": "beats"}},
    )

    answer = await api.get(f"/api/v1/tracks/{track_id}/loops?format=labels")

    assert answer.text.endswith("\tLoop, 8 beats\n")


@pytest.mark.parametrize("what", ["sections", "cues", "loops"])
async def test_what_was_not_looked_for_and_what_makes_no_sense_is_refused(
    api, node, track_id, what
):
    bare = await songs.add(node.tools, LOCAL_USER)
    for where, status, code in (
        (f"{bare}/{what}", 404, "feature_not_found"),
        (f"{track_id}/{what}?format=txt", 422, "validation_failed"),
        (f"{track_id}/{what}?version={uuid.uuid4()}", 404, "version_not_found"),
        (f"{uuid.uuid4()}/{what}", 404, "track_not_found"),
    ):
        answer = await api.get(f"/api/v1/tracks/{where}")

        assert (answer.status_code, answer.json()["code"]) == (status, code)
