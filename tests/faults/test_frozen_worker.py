"""A worker process is frozen, its job given away, and then it wakes up."""

import os
import signal
import subprocess
import sys

import psycopg
import pytest

from tests.faults.server import Server, wait_until
from tests.fixtures import audio

PROGRAM = ("tests/faults/echo_node.py",)


@pytest.fixture
def server(postgres_url, tmp_path):
    running = Server(
        tmp_path / "data",
        program=PROGRAM,
        SFA_DATABASE__URL=postgres_url,
        SFA_ROLE="web",
        SFA_JOBS__RESCUE_AFTER_S="3",
        ECHO_SECONDS="4",
    )
    yield running.start()
    running.stop()
    running.close()


@pytest.fixture
def start_worker(server):
    """Start worker processes on the server's database and data folder."""
    workers = []

    def start():
        with server.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, *PROGRAM],
                env={**server.environment, "SFA_ROLE": "worker"},
                stdout=log,
                stderr=log,
            )
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.send_signal(signal.SIGCONT)
        worker.kill()
        worker.wait()


def test_its_late_save_is_refused_and_the_job_is_done_once(
    server, start_worker, postgres_url, tmp_path
):
    song = audio.write(tmp_path / "song.wav", audio.tone(0.5))
    first = start_worker()
    track_id = server.upload(song, stages="separate")["id"]

    def is_at_work():
        job = server.job(track_id, "separate")
        return job if job["status"] == "processing" and job["progress"] else None

    wait_until(is_at_work, timeout_s=30, what="a job at work")
    os.kill(first.pid, signal.SIGSTOP)
    start_worker()
    wait_until(
        lambda: server.job(track_id, "separate")["attempt"] == 2, timeout_s=30, what="rescue"
    )
    wait_until(is_at_work, timeout_s=30, what="the second attempt at work")
    os.kill(first.pid, signal.SIGCONT)

    wait_until(lambda: "stage given up" in server.log.read_text(), timeout_s=30, what="refusal")
    track = server.wait_ended(track_id)
    (job,) = track["jobs"]
    assert (job["status"], job["attempt"]) == ("completed", 2)
    assert len(track["stems"]) == 1
    folders = {folder.name for folder in (server.data_dir / "stems").iterdir()}
    assert folders == {job["id"]}

    def queue_statuses():
        with psycopg.connect(postgres_url) as connection:
            rows = connection.execute("SELECT status FROM procrastinate_jobs ORDER BY id")
            return [row[0] for row in rows] == ["aborted", "succeeded"]

    wait_until(queue_statuses, timeout_s=20, what="a queue that agrees")
    # Written after the commit that the interface tells of: the queue agrees later still.
    assert server.log.read_text().count('"stage finished"') == 1
