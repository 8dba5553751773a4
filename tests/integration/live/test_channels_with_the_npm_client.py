"""Channels, driven by the official npm client `phoenix` in Node."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.integration.live.conftest import HERE

LIMIT_S = 60


@pytest.fixture
def client(shared_site, node_modules):
    def run(scenario: str):
        command = _command(shared_site.url, scenario)
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == 0, done.stderr + shared_site.log
        return json.loads(done.stdout)

    return run


def _command(url: str, scenario: str) -> list[str]:
    node = shutil.which("node")
    assert node, "these tests need Node 20"
    return [node, str(HERE / "channels_client.mjs"), url, scenario]


BINARY_OVER_WEBSOCKET = (["ok", [7, 0, 255]], [["raw", [0, 1, 255]]])
# The client reads nothing but text from a long poll.
BINARY_OVER_LONG_POLL = (["error", {"reason": "binary needs a websocket"}], [])


@pytest.mark.parametrize(
    ("transport", "binary"),
    [("conversation", BINARY_OVER_WEBSOCKET), ("longpoll", BINARY_OVER_LONG_POLL)],
)
def test_a_conversation_over_both_transports(client, transport, binary):
    said = client(transport)

    hello = {"hello": "wörld"}
    assert said["join"] == ["ok", {"job_id": "42", "user": "ann", "sent": hello}]
    assert said["ping"] == ["ok", {"pong": {"n": 1}}]
    assert said["unknown"] == ["error", {"reason": "unmatched event"}]
    assert said["refused"] == [
        "error",
        {
            "reason": "job_is_over",
            "message": "The job is over.",
            "next_step": "Start a new one.",
        },
    ]
    assert said["binarySize"] == ["ok", {"size": 3}]
    assert said["forbidden"] == ["error", {"reason": "job_not_found"}]
    assert said["stranger"] == ["error", {"reason": "unmatched topic"}]
    assert said["leave"] == ["ok", {}]
    assert said["closed"] >= 1
    assert said["binaryReply"] == binary[0]
    assert said["heard"] == [*binary[1], ["job:completed", {"job_id": "42"}]]


def test_a_burst_arrives_whole_and_in_order(client):
    assert client("burst") == {"inOrder": True}


def test_heartbeats_are_answered(client):
    assert client("heartbeat") == {"beats": True, "open": True}


def test_a_crash_ends_one_channel_and_the_client_rejoins(client, shared_site):
    assert client("crash") == {
        "otherErrors": 0,
        "otherPing": ["ok", {"pong": {}}],
        "ping": ["ok", {"pong": {"again": 1}}],
    }
    assert "RuntimeError: asked to" in shared_site.log


@pytest.mark.parametrize(("stop", "code"), [("terminate", 1012), ("kill", 1006)])
def test_a_client_rejoins_after_the_server_is_gone(quiet_site, node_modules, stop, code):
    command = _command(quiet_site.url, "rejoin")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as client:
        assert client.stderr is not None
        assert client.stderr.readline() == "joined\n"

        getattr(quiet_site, stop)()
        quiet_site.start()
        out, _ = client.communicate(timeout=LIMIT_S)

    assert json.loads(out) == {"code": code, "ping": ["ok", {"pong": {}}]}


def test_a_second_join_of_a_topic_closes_the_first(client):
    said = client("duplicate")

    assert said["frames"] == [["phx_close", said["oldRef"]], ["phx_reply", said["ref"]]]


def test_a_client_that_the_hook_refuses_never_opens(client):
    assert client("refused") == {"opened": 0}


def test_an_overflowing_channel_crashes_and_the_client_rejoins(client):
    assert client("overflow") == {"ping": ["ok", {"pong": {}}]}


def test_only_the_newest_progress_waits_for_a_busy_channel(client):
    assert client("merging") == {"seen": [99, "note"]}
