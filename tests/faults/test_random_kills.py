"""Server and database are killed at random; every job still ends, exactly once."""

import random
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.server import Server, wait_until
from tests.fixtures import audio

JOBS = 20
KILLS = 6
SEED = 20260


@pytest.fixture
def server(tmp_path):
    tmp_path.chmod(0o755)
    running = Server(
        tmp_path / "data",
        program=(str(Path(__file__).with_name("echo_node.py")),),
        ECHO_SECONDS="1.5",
        SFA_QUEUES__PROCESSING="4",
        SFA_JOBS__MAX_RUNS="10",
        SFA_JOBS__RESCUE_AFTER_S="5",
    )
    yield running.start()
    running.close()


def test_twenty_jobs_each_finish_exactly_once_while_everything_is_killed(server, tmp_path):
    song = audio.write(tmp_path / "song.wav", audio.tone(0.5))
    ids = [server.upload(song, stages="separate")["id"] for _ in range(JOBS)]

    chance = random.Random(SEED)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.3, 1.5))
        kill_something(server, chance)

    tracks = [server.wait_ended(track_id, timeout_s=120) for track_id in ids]
    for track in tracks:
        (job,) = track["jobs"]
        assert job["status"] == "completed", job
        (stem,) = track["stems"]
        assert stem["job_id"] == job["id"]
    server.stop()
    server.start()  # the sweep of a start
    wait_until(lambda: files(server) == {t["jobs"][0]["id"] for t in tracks}, timeout_s=20, what="")


def kill_something(server, chance):
    if chance.random() < 0.5:
        server.kill()
        server.start()
        return
    try:
        server.postgres().kill()
    except (StopIteration, psutil.Error):
        return
    server.wait_healthy()


def files(server) -> set[str]:
    """Return the folders below stems/, partial ones included."""
    return {folder.name for folder in (server.data_dir / "stems").iterdir()}
