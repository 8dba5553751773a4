"""Jobs over HTTP: shown, cancelled, tried again, run anew."""

from __future__ import annotations

import uuid

import pytest
import pytest_asyncio

from soundforge import errors
from soundforge.library import jobs, tracks
from soundforge.web.services import LOCAL_USER
from tests.fakes import spotify as fake
from tests.fixtures import hostile


@pytest_asyncio.fixture(loop_scope="session")
async def waiting(api):
    """Return a download that waits."""
    url = f"https://open.spotify.com/track/{fake.TRACK}"
    answer = await api.post("/api/v1/imports", json={"url": url})
    return answer.json()["data"]["added"][0]["jobs"][0]


@pytest_asyncio.fixture(loop_scope="session")
async def recorded(node):
    """Return the id of a track with a recording."""
    async with node.database.transaction() as session:
        track = await tracks.add(
            session,
            LOCAL_USER,
            title="Recorded",
            source="upload",
            recording_path=f"downloads/{uuid.uuid4()}/audio.flac",
        )
        return track.id


async def post(api, job, verb):
    return await api.post(f"/api/v1/jobs/{job['id']}/{verb}")


async def test_a_job_is_shown(api, waiting):
    shown = (await api.get(f"/api/v1/jobs/{waiting['id']}")).json()["data"]

    assert shown == waiting


async def test_a_waiting_job_is_cancelled_once(api, waiting):
    cancelled = await post(api, waiting, "cancel")
    again = await post(api, waiting, "cancel")

    assert (cancelled.status_code, cancelled.json()["data"]["status"]) == (200, "cancelled")
    assert (again.status_code, again.json()["code"]) == (409, "job_state")


async def test_a_cancelled_job_is_tried_again_as_a_new_attempt(api, waiting):
    await post(api, waiting, "cancel")

    again = await post(api, waiting, "retry")

    job = again.json()["data"]
    assert (again.status_code, job["status"], job["attempt"]) == (200, "queued", 2)
    assert job["finished_at"] is None


async def test_a_waiting_job_is_not_tried_again(api, waiting):
    answer = await post(api, waiting, "retry")

    assert (answer.status_code, answer.json()["code"]) == (409, "job_state")


async def test_a_failed_job_says_why_and_what_to_do(api, node, waiting):
    sad = errors.Unavailable("offline", "There is no network.", "Connect, then retry.")
    async with node.database.transaction() as session:
        assert await jobs.fail(session, uuid.UUID(waiting["id"]), 1, sad)

    job = (await api.get(f"/api/v1/jobs/{waiting['id']}")).json()["data"]

    assert job["status"] == "failed"
    assert job["error"] == {
        "code": "offline",
        "message": "There is no network.",
        "next_step": "Connect, then retry.",
    }


async def test_a_job_of_a_deleted_track_is_not_found(api, waiting):
    await api.delete(f"/api/v1/tracks/{waiting['track_id']}")

    assert (await api.get(f"/api/v1/jobs/{waiting['id']}")).status_code == 404
    assert (await post(api, waiting, "retry")).status_code == 404


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/cancel"), ("POST", "/retry")])
@pytest.mark.parametrize(
    ("job_id", "status", "code"),
    [
        (str(uuid.UUID(int=7)), 404, "job_not_found"),
        ("1", 422, "validation_failed"),
        ("%00", 422, "validation_failed"),
        ("'%20or%201=1", 422, "validation_failed"),
    ],
)
async def test_a_job_that_is_not_there_is_refused(api, method, rest, job_id, status, code):
    answer = await api.request(method, f"/api/v1/jobs/{job_id}{rest}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "model", "options"),
    [
        ({"stage": "analyze", "features": ["key"]}, None, {"features": ["key"]}),
        ({"stage": "analyze", "features": ["tempo", "key"]}, None, {"features": ["key", "tempo"]}),
        ({"stage": "separate", "model": "spleeter_2stems"}, "spleeter_2stems", {}),
        ({"stage": "separate"}, "spleeter_2stems", {}),
        ({"stage": "separate", "stems": ["vocals"]}, None, {"stems": ["vocals"]}),
        ({"stage": "separate", "stems": ["accompaniment", "vocals"]}, None, {}),
        ({"stage": "separate", "sample_rate": "source"}, None, {"sample_rate": "source"}),
        ({"stage": "separate", "sample_rate": "model"}, None, {}),
    ],
)
async def test_a_stage_is_run_anew(api, recorded, body, model, options):
    answer = await api.post(f"/api/v1/tracks/{recorded}/jobs", json=body)

    assert answer.status_code == 201, answer.text
    job = answer.json()["data"]
    assert (job["stage"], job["status"]) == (body["stage"], "queued")
    assert job["options"] == options
    assert model is None or job["model"]


async def test_a_stage_that_waits_is_not_run_twice(api, recorded):
    where = f"/api/v1/tracks/{recorded}/jobs"
    await api.post(where, json={"stage": "analyze"})

    again = await api.post(where, json={"stage": "analyze"})

    assert (again.status_code, again.json()["code"]) == (409, "stage_running")


async def test_an_upload_has_nothing_to_download(api, recorded):
    answer = await api.post(f"/api/v1/tracks/{recorded}/jobs", json={"stage": "download"})

    assert (answer.status_code, answer.json()["code"]) == (409, "no_link")


async def test_a_track_without_a_recording_has_nothing_to_separate(api, waiting):
    answer = await api.post(
        f"/api/v1/tracks/{waiting['track_id']}/jobs", json={"stage": "separate"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "no_recording")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "validation_failed"),
        ({"stage": "sing"}, "validation_failed"),
        ({"stage": ["separate"]}, "validation_failed"),
        ({"stage": "separate", "model": "nonesuch"}, "model_unknown"),
        ({"stage": "separate", "model": "../x"}, "model_unknown"),
        ({"stage": "separate", "model": "a\x00"}, "validation_failed"),
        ({"stage": "separate", "stems": ["drums"]}, "stem_unknown"),
        ({"stage": "separate", "stems": ["../vocals"]}, "validation_failed"),
        ({"stage": "separate", "stems": "vocals"}, "validation_failed"),
        ({"stage": "separate", "sample_rate": 48000}, "validation_failed"),
        ({"stage": "analyze", "features": "all"}, "validation_failed"),
        ({"stage": "analyze", "features": ["x"] * 21}, "validation_failed"),
        ({"stage": "analyze", "features": ["taste"]}, None),
    ],
)
async def test_a_run_that_makes_no_sense_is_refused(api, recorded, body, code):
    answer = await api.post(f"/api/v1/tracks/{recorded}/jobs", json=body)

    assert answer.status_code == 422
    assert code is None or answer.json()["code"] == code


@pytest.mark.parametrize("body", hostile.NOT_AN_OBJECT.values(), ids=hostile.NOT_AN_OBJECT)
async def test_a_body_that_is_no_object_is_refused(api, recorded, body):
    where = f"/api/v1/tracks/{recorded}/jobs"

    answer = await api.post(where, content=body, headers=hostile.JSON)

    assert answer.status_code == 422
