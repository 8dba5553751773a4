"""Which recording a compatibility route means; no other path of the server is looked at."""

from __future__ import annotations

import uuid

import pytest
import pytest_asyncio

from soundforge.library import tracks
from soundforge.web.services import LOCAL_USER

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


PATHS = [
    "/etc/passwd",
    "/etc/shadow",
    "/nowhere/at/all.flac",
    "/",
    ".",
    "..",
    "downloads",
    "downloads/",
    "downloads/../../../../etc/passwd",
    "../downloads/x/audio.flac",
    "stems/x/vocals.flac",
    "postgres/PG_VERSION",
    "secret",
    "~/.ssh/id_rsa",
    "file:///etc/passwd",
    "\\\\host\\share",
    "a" * 5000,
    "downloads/" + "a/" * 500,
    "\u202edownloads",
    f"downloads/{uuid.UUID(int=7)}/audio.flac",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("route", "more"), [(SEPARATE, {"model": MODEL}), ("/api/analysis/analyze", {})]
)
async def test_no_other_path_is_looked_at(api, route, more, path):
    answer = await api.post(route, json={"file_path": path, **more})

    # A file that exists and one that does not are answered alike: nothing can be learned.
    assert answer.status_code == 400
    assert answer.json()["code"] == "file_not_found"
    assert answer.json()["error"].startswith("Audio file not found: ")
    assert "/" not in answer.json()["error"].removeprefix("Audio file not found: ")


async def test_a_way_round_to_our_own_recording_is_not_taken(api, node, recording):
    relative = recording[1]
    for path in (f"downloads/../{relative}", f"stems/../{relative}"):
        answer = await api.post(SEPARATE, json={"file_path": path, "model": MODEL})
        assert answer.status_code in (201, 400)
        assert "Traceback" not in answer.text


async def test_somebody_elses_recording_is_not_found(api, node):
    track_id, path = await record(node, uuid.uuid4())

    for body in ({"file_path": path}, {"track_id": track_id}):
        answer = await api.post(SEPARATE, json={**body, "model": MODEL})
        assert (answer.status_code, answer.json()["code"]) == (400, "file_not_found")


@pytest.mark.parametrize("track_id", ["1", str(uuid.UUID(int=7)), "x" * 500])
async def test_an_unknown_track_has_no_recording(api, track_id):
    answer = await api.post(SEPARATE, json={"track_id": track_id, "model": MODEL})

    assert (answer.status_code, answer.json()["code"]) == (400, "file_not_found")
