"""Topic `jobs:<id>` of the real program, followed by the official npm client."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from soundforge import events
from soundforge.library import tracks
from soundforge.live.limits import Limits, TokenBucket
from soundforge.live.socket import Socket
from soundforge.live.testing import MemoryBus
from soundforge.pipeline import actions
from soundforge.web.channels.jobs import PATTERN, JobChannel
from soundforge.web.services import LOCAL_USER
from tests.fakes import spotify as fake
from tests.faults.server import Server
from tests.plugins.app import services_of
from tests.plugins.pipeline import add_track, begin

CLIENT = Path(__file__).with_name("job_client.mjs")
LIMIT_S = 90


def command(server, *words):
    node = shutil.which("node")
    assert node, "these tests need Node 20"
    return [node, str(CLIENT), f"http://127.0.0.1:{server.port}", *words]


@pytest.fixture
def client(app_server, node_modules):
    def run(*words):
        done = subprocess.run(
            command(app_server, *words), capture_output=True, text=True, timeout=LIMIT_S
        )
        assert done.returncode == 0, done.stderr + app_server.tail()
        return json.loads(done.stdout)

    return run


def test_a_job_is_followed_to_its_end(client, ready_track):
    said = client("watch", ready_track["id"], "analyze", "pipeline:complete")

    status, state = said["join"]
    assert status == "ok"
    assert state["track_id"] == ready_track["id"]
    assert state["stage"] == "analyze"
    assert said["ping"] == ["ok", {"pong": True}]
    assert said["unknown"][0] == "error"

    events = [event for event, _ in said["heard"]]
    assert events.count("job:completed") == 1
    assert events.count("pipeline:complete") == 1
    assert "job:failed" not in events
    own = [payload for event, payload in said["heard"] if event == "job:progress"]
    assert [payload["progress"] for payload in own] == sorted(p["progress"] for p in own)
    assert {payload["job_id"] for payload in own} <= {state["job_id"]}

    (completed,) = (payload for event, payload in said["heard"] if event == "job:completed")
    assert (completed["status"], completed["progress"]) == ("completed", 100)
    assert completed["error"] is None
    assert completed["results"]["took_s"] > 0
    (complete,) = (payload for event, payload in said["heard"] if event == "pipeline:complete")
    assert complete == {"track_id": ready_track["id"], "track_title": ready_track["title"]}


def test_the_way_of_the_whole_track_is_told_on_the_job(client, ready_track):
    # Not a separation: the same audio was separated before, and that would end before the join.
    said = client("watch", ready_track["id"], "analyze", "pipeline:complete")

    told = [payload for event, payload in said["heard"] if event == "pipeline:progress"]
    assert told
    assert {payload["track_title"] for payload in told} == {ready_track["title"]}
    assert {payload["stage"] for payload in told} == {"analyze"}
    assert told[-1]["status"] == "completed"


def test_a_job_that_failed_says_why(client, spotify):
    lost = fake.make_id("xnomatch")
    spotify.tracks[lost] = fake.track(lost, "Lost")

    said = client("import", f"https://open.spotify.com/track/{lost}", "job:failed")

    told = [payload for event, payload in said["heard"] if event == "job:failed"]
    state = told[0] if told else said["join"][1]
    assert state["status"] == "failed"
    assert state["error"]["code"]
    assert state["error"]["message"]
    assert state["error"]["next_step"]


def test_a_topic_that_is_no_job_of_ours_is_refused(client, ready_track):
    job_id = ready_track["jobs"][0]["id"]
    strange = [
        f"jobs:{uuid.uuid4()}",
        "jobs:1",
        "jobs:",
        f"jobs:{job_id.upper()}",
        f"jobs:{{{job_id}}}",
        f"jobs:{job_id.replace('-', '')}",
        f"jobs:{job_id}:x",
        f"tracks:{ready_track['id']}",
        "tracks",
    ]

    joins = client("joins", f"jobs:{job_id}", *strange)

    assert joins.pop(f"jobs:{job_id}")[0] == "ok"
    assert {topic: answer[0] for topic, answer in joins.items()} == dict.fromkeys(strange, "error")
    of_jobs = [answer[1] for topic, answer in joins.items() if topic.startswith("jobs:")]
    assert of_jobs == [{"reason": "job_not_found"}] * 7


class Follower:
    """Follows a job of the open program over a socket without a transport."""

    def __init__(self, node, job_id, bus):
        services = services_of(node)
        self.topic = f"jobs:{job_id}"
        self.socket = Socket(
            {PATTERN: lambda: JobChannel(services)},
            bus=bus,
            limits=Limits(),
            assigns={"user_id": LOCAL_USER},
            user_bucket=TokenBucket(1000, 1000),
        )

    async def join(self):
        await self.socket.receive(json.dumps(["1", "1", self.topic, "phx_join", {}]))
        assert (await self.read())[1]["status"] == "ok"

    async def read(self):
        said = await asyncio.wait_for(self.socket.next_message(), 10)
        _, _, _, event, payload = json.loads(said)
        return event, payload


@pytest_asyncio.fixture(loop_scope="session")
async def queued(node):
    """Return a track of the open program with a job that waits."""
    track = await add_track(node.tools, LOCAL_USER)
    (job,) = await begin(node.tools, track.id, "separate")
    return job


async def test_who_follows_a_job_hears_that_it_ended_with_its_track(node, queued):
    follower = Follower(node, queued.id, node.pubsub)
    await follower.join()

    await actions.delete(node.tools, LOCAL_USER, queued.track_id)

    event, payload = await follower.read()
    assert (event, payload["status"]) == ("job:failed", "cancelled")
    assert (payload["error"], payload["results"]) == (None, None)
    assert (await follower.read())[0] == "pipeline:progress"
    await follower.socket.stop_channels("closed")


async def test_after_a_gap_a_deleted_job_is_told_and_one_that_is_gone_is_not(node, queued):
    bus = MemoryBus()
    follower = Follower(node, queued.id, bus)
    await follower.join()
    topic = events.track_topic(queued.track_id)

    await actions.delete(node.tools, LOCAL_USER, queued.track_id)
    bus.publish(topic, events.RESYNC)
    assert (await follower.read())[0] == "job:failed"
    async with node.tools.database.transaction() as session:
        await tracks.purge(session, older_than_days=-1)
    bus.publish(topic, events.RESYNC)
    bus.publish(topic, events.PIPELINE_COMPLETE, {"track_id": str(queued.track_id)})

    assert (await follower.read())[0] == "pipeline:complete"
    await follower.socket.stop_channels("closed")


@pytest.fixture
def restartable(tmp_path, spotify):
    """Return a server of this test's own, with a database of its own."""
    tmp_path.chmod(0o755)
    server = Server(
        tmp_path / "data",
        SFA_QUEUES__DOWNLOAD="0",
        SFA_SPOTIFY__CLIENT_ID=fake.CLIENT_ID,
        SFA_SPOTIFY__CLIENT_SECRET=fake.CLIENT_SECRET,
        SFA_SPOTIFY__API_URL=spotify.api_url,
        SFA_SPOTIFY__ACCOUNTS_URL=spotify.url,
    )
    yield server.start()
    server.close()


def test_a_client_is_joined_again_after_the_server_restarted(restartable, node_modules):
    link = f"https://open.spotify.com/track/{fake.TRACK}"
    imported = restartable.api.post("/imports", json={"url": link}).json()["data"]
    job_id = imported["added"][0]["jobs"][0]["id"]
    with subprocess.Popen(
        command(restartable, "rejoin", job_id),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as client:
        assert client.stderr.readline() == "joined\n"

        assert restartable.stop() == 0
        restartable.start()
        out, problems = client.communicate(timeout=LIMIT_S)

    assert client.returncode == 0, problems
    assert json.loads(out) == {"code": 1012, "ping": ["ok", {"pong": True}]}


FOREIGN = {
    "another site": {"Origin": "https://evil.example"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "no site": {"Origin": "null"},
    "another host name": {"Host": "evil.example"},
    "a fetch from elsewhere": {"Sec-Fetch-Site": "cross-site"},
}


@pytest.mark.parametrize("path", ["/socket/websocket", "/live/websocket"])
@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_socket_from_another_site_is_refused(app_server, path, headers):
    address = f"ws://127.0.0.1:{app_server.port}{path}?vsn=2.0.0"

    with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers):
        pass

    assert refused.value.response.status_code == 403
