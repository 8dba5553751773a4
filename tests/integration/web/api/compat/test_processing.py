"""The three routes below /api/processing as the original answers."""

from __future__ import annotations

import uuid

import pytest
import pytest_asyncio

from soundforge.library import tracks
from soundforge.web.services import LOCAL_USER
from tests.fixtures import hostile

SEPARATE = "/api/processing/separate"
MODEL = "spleeter_2stems"


@pytest_asyncio.fixture(loop_scope="session")
async def recording(node):
    """Return the track of a recording and the recording's path."""
    return await record(node, LOCAL_USER)


async def record(node, owner):
    track_id = uuid.uuid4()
    path = f"downloads/{track_id}/audio.flac"
    async with node.database.transaction() as session:
        await tracks.add(
            session, owner, id=track_id, title="Song", source="upload", recording_path=path
        )
    return str(track_id), path


@pytest.mark.parametrize("by", ["relative path", "absolute path", "track_id"])
async def test_a_separation_is_queued(api, node, recording, by):
    track_id, path = recording
    meant = {
        "relative path": {"file_path": path},
        "absolute path": {"file_path": str(node.data_dir / path)},
        "track_id": {"track_id": track_id},
    }[by]

    answer = await api.post(SEPARATE, json={**meant, "model": MODEL})

    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert set(body) == {"success", "job_id", "status", "model"}
    assert (body["success"], body["status"], body["model"]) == (True, "queued", MODEL)
    track = (await api.get(f"/api/v1/tracks/{track_id}")).json()["data"]
    assert [job["stage"] for job in track["jobs"]] == ["separate"]


@pytest.mark.parametrize("model", [{}, {"model": None}, {"model": "htdemucs"}])
async def test_the_default_is_htdemucs_and_says_what_to_do_when_it_is_not_there(
    api, recording, model
):
    answer = await api.post(SEPARATE, json={"file_path": recording[1], **model})

    assert answer.status_code == 400
    assert answer.json()["code"] == "model_not_installed"
    assert answer.json()["next_step"]


@pytest.mark.parametrize("body", hostile.NOT_AN_OBJECT.values(), ids=hostile.NOT_AN_OBJECT)
async def test_a_body_that_is_no_object_has_no_path(api, body):
    answer = await api.post(SEPARATE, content=body, headers=hostile.JSON)

    assert answer.status_code == 400
    assert answer.json()["error"] == "file_path parameter is required"


@pytest.mark.parametrize("value", hostile.NOT_A_TEXT.values(), ids=hostile.NOT_A_TEXT)
async def test_a_path_that_is_no_text_is_missing(api, value):
    body = hostile.with_field("file_path", value)

    answer = await api.post(SEPARATE, content=body, headers=hostile.JSON)

    assert answer.status_code == 400
    assert answer.json()["error"] == "file_path parameter is required"


@pytest.mark.parametrize(
    "model",
    [
        b'"nonesuch"',
        b"7",
        b'["htdemucs"]',
        b'{"a": 1}',
        b'""',
        b'"\\ud800"',
        b'"a\\u0000"',
        b"1e999",
    ],
)
async def test_a_model_that_there_is_not_is_invalid(api, recording, model):
    body = b'{"file_path": "%s", "model": %s}' % (recording[1].encode(), model)

    answer = await api.post(SEPARATE, content=body, headers=hostile.JSON)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Invalid model: ")


async def test_a_separation_that_waits_is_not_begun_twice(api, recording):
    body = {"file_path": recording[1], "model": MODEL}
    await api.post(SEPARATE, json=body)

    again = await api.post(SEPARATE, json=body)

    assert (again.status_code, again.json()["code"]) == (400, "stage_running")


async def test_a_job_says_how_far_it_is(api, recording):
    job_id = (await api.post(SEPARATE, json={"file_path": recording[1], "model": MODEL})).json()[
        "job_id"
    ]

    body = (await api.get(f"/api/processing/job/{job_id}")).json()

    assert body == {
        "success": True,
        "job_id": job_id,
        "status": "queued",
        "progress": 0,
        "model": MODEL,
        "result": {},
        "stems": [],
        "error": None,
    }


async def test_a_job_of_another_kind_is_not_found(api, recording):
    job_id = (await api.post(SEPARATE, json={"file_path": recording[1], "model": MODEL})).json()[
        "job_id"
    ]

    for kind in ("download", "analysis"):
        answer = await api.get(f"/api/{kind}/job/{job_id}")
        assert (answer.status_code, answer.json()["error"]) == (404, "Job not found")


async def test_the_models_are_listed(api):
    body = (await api.get("/api/processing/models")).json()

    assert body["success"] is True
    models = {model["name"]: model for model in body["models"]}
    assert {"htdemucs", MODEL} <= set(models)
    assert models["htdemucs"]["stems"] == 4
    assert all(model["description"] for model in models.values())
