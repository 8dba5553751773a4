"""The two routes below /api/analysis as the original answers."""

from __future__ import annotations

import uuid

import pytest
import pytest_asyncio

from soundforge.audio import analyzer
from soundforge.library import jobs, tracks
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


@pytest.mark.parametrize(
    ("asked", "kind", "features"),
    [
        ({"features": ["mfcc", "chroma"]}, "custom", ["chroma", "mfcc"]),
        ({"features": ["all"]}, "custom", list(analyzer.FEATURES)),
        ({"features": ["structure"]}, "custom", ["beats", "sections"]),
        ({"features": ["mfcc"], "type": "key"}, "key", ["key", "mfcc"]),
        ({"features": "mfcc"}, "custom", ["mfcc"]),
        ({"features": [], "type": "key"}, "key", ["key"]),
        ({"features": None}, "full", list(analyzer.FEATURES)),
    ],
)
async def test_features_select_too_alone_or_beside_a_type(api, node, path, asked, kind, features):
    answer = await api.post(ANALYZE, json={"file_path": path, **asked})

    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["type"] == kind
    shown = (await api.get(f"/api/analysis/job/{body['job_id']}")).json()
    assert shown["type"] == kind
    async with node.database.transaction() as session:
        job = await jobs.get(session, LOCAL_USER, uuid.UUID(body["job_id"]))
    assert job.options["features"] == features


@pytest.mark.parametrize(
    "features",
    [
        b'["taste"]',
        b'["tempo", 7]',
        b'"taste"',
        b"7",
        b'[["tempo"]]',
        b'{"tempo": true}',
        b'["\\ud800"]',
        b'["' + b"a" * 5000 + b'"]',
    ],
)
async def test_features_that_there_are_not_are_invalid(api, path, features):
    body = b'{"file_path": "%s", "features": %s}' % (path.encode(), features)

    answer = await api.post(ANALYZE, content=body, headers=hostile.JSON)

    assert answer.status_code == 400
    sentence = answer.json()["error"]
    assert sentence.startswith("Invalid features: ")
    assert sentence.endswith(f". Valid features: {', '.join(analyzer.NAMES)}")
    assert len(sentence) < 300


@pytest.mark.parametrize("body", hostile.NOT_AN_OBJECT.values(), ids=hostile.NOT_AN_OBJECT)
async def test_a_body_that_is_no_object_has_no_path(api, body):
    answer = await api.post(ANALYZE, content=body, headers=hostile.JSON)

    assert answer.status_code == 400
    assert answer.json()["error"] == "file_path parameter is required"


@pytest.mark.parametrize("job_id", [str(uuid.UUID(int=7)), "1", "%00"])
async def test_an_unknown_or_malformed_job_is_not_found(api, job_id):
    answer = await api.get(f"/api/analysis/job/{job_id}")

    assert (answer.status_code, answer.json()["error"]) == (404, "Job not found")
