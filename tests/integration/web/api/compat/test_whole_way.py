"""A client of the original: download, separate, analyse, by its routes alone."""

from __future__ import annotations

import httpx
import pytest

from tests.fakes import spotify as fake
from tests.faults.server import wait_until

LIMIT_S = 90


@pytest.fixture
def original(app_server):
    with httpx.Client(base_url=f"http://127.0.0.1:{app_server.port}", timeout=60) as client:
        yield client


def ended(client, kind, job_id):
    """Poll a job as clients of the original do, and return its last body."""

    def look():
        body = client.get(f"/api/{kind}/job/{job_id}").json()
        return body if body["status"] in ("completed", "failed") else None

    return wait_until(look, timeout_s=LIMIT_S, what=f"the end of {kind}")


def post(client, path, **body):
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_song_goes_the_whole_way(original, spotify):
    song = fake.make_id("wholeway")
    spotify.tracks[song] = fake.track(song, "Whole Way")

    begun = post(original, "/api/download/track", url=f"https://open.spotify.com/track/{song}")
    download = ended(original, "download", begun["job_id"])
    assert (download["status"], download["progress"]) == ("completed", 100), download
    path = download["result"]["file_path"]
    assert not path.startswith("/")

    separation = post(original, "/api/processing/separate", file_path=path, model="spleeter_2stems")
    analysis = post(original, "/api/analysis/analyze", file_path=path, type="full")
    separated = ended(original, "processing", separation["job_id"])
    analysed = ended(original, "analysis", analysis["job_id"])

    assert separated["status"] == "completed", separated
    assert {stem["stem_type"] for stem in separated["stems"]} == {"vocals", "accompaniment"}
    assert analysed["status"] == "completed", analysed
    assert analysed["result"]["tempo"]
    assert analysed["result"]["key"]
    # Each route ran its own stage only.
    track = original.get(f"/api/v1/tracks/{begun['track_id']}").json()["data"]
    assert sorted(job["stage"] for job in track["jobs"]) == ["analyze", "download", "separate"]


def test_a_download_that_fails_says_why(original, spotify):
    song = fake.make_id("xnomatch", 7)
    spotify.tracks[song] = fake.track(song, "Nowhere")

    begun = post(original, "/api/download/track", url=f"https://open.spotify.com/track/{song}")
    body = ended(original, "download", begun["job_id"])

    assert (body["status"], body["error"]["code"]) == ("failed", "download_no_match")
    assert body["result"] is None
