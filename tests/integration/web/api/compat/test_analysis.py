"""The two routes below /api/analysis as the original answers."""

from __future__ import annotations

import uuid

import pytest
import pytest_asyncio

from soundforge.library import tracks
from soundforge.web.services import LOCAL_USER
from tests.fixtures import hostile

ANALYZE = "/api/analysis/analyze"
TYPES = ("full", "tempo", "key", "spectral", "energy", "structure", "loops", "arrangement")


@pytest_asyncio.fixture(loop_scope="session")
async def path(node):
    """Return the path of a recording."""
    track_id = uuid.uuid4()
    relative = f"downloads/{track_id}/audio.flac"
    async with node.database.transaction() as session:
        await tracks.add(
            session, LOCAL_USER, id=track_id, title="Song", source="upload", recording_path=relative
        )
    return relative


@pytest.mark.parametrize("kind", [None, *TYPES])
async def test_an_analysis_is_queued(api, path, kind):
    answer = await api.post(ANALYZE, json={"file_path": path, **({"type": kind} if kind else {})})

    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert set(body) == {"success", "job_id", "status", "type"}
    assert (body["success"], body["status"], body["type"]) == (True, "queued", kind or "full")

    shown = (await api.get(f"/api/analysis/job/{body['job_id']}")).json()
    assert shown == {
        "success": True,
        "job_id": body["job_id"],
        "status": "queued",
        "progress": 0,
        "type": kind or "full",
        "result": None,
        "error": None,
    }


@pytest.mark.parametrize(
    "kind",
    [b'"taste"', b"7", b'["key"]', b'{"a": 1}', b'""', b'"\\ud800"', b'"a\\u0000"', b"1e999"],
)
async def test_a_type_that_there_is_not_is_invalid(api, path, kind):
    body = b'{"file_path": "%s", "type": %s}' % (path.encode(), kind)

    answer = await api.post(ANALYZE, content=body, headers=hostile.JSON)

    assert answer.status_code == 400
    sentence = answer.json()["error"]
    assert sentence.startswith("Invalid analysis type: ")
    assert sentence.endswith(f". Valid types: {', '.join(TYPES)}")


@pytest.mark.parametrize("body", hostile.NOT_AN_OBJECT.values(), ids=hostile.NOT_AN_OBJECT)
async def test_a_body_that_is_no_object_has_no_path(api, body):
    answer = await api.post(ANALYZE, content=body, headers=hostile.JSON)

    assert answer.status_code == 400
    assert answer.json()["error"] == "file_path parameter is required"


@pytest.mark.parametrize("job_id", [str(uuid.UUID(int=7)), "1", "%00"])
async def test_an_unknown_or_malformed_job_is_not_found(api, job_id):
    answer = await api.get(f"/api/analysis/job/{job_id}")

    assert (answer.status_code, answer.json()["error"]) == (404, "Job not found")
