"""Who waits leaves its place to others, and survives the death of whoever it waits for."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.faults.server import Server, wait_until
from tests.fixtures import audio

SONG_S = 25


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Two songs of which none is like the other."""
    folder = tmp_path_factory.mktemp("songs")
    return [
        audio.write(folder / f"{n}.flac", audio.chord(SONG_S + n) * (1 - 0.1 * n)) for n in (0, 1)
    ]


@pytest.fixture
def server(tmp_path, models_dir, postgres_url):
    tmp_path.chmod(0o755)
    server = Server(
        tmp_path / "data",
        SFA_MODELS_DIR=str(models_dir),
        SFA_DATABASE__URL=postgres_url,
        SFA_JOBS__RESCUE_AFTER_S="5",
    )
    yield server.start()
    server.close()


def test_who_waits_for_the_same_stems_leaves_a_place_and_survives_a_kill(server, songs):
    song, other = songs
    same = [server.upload(song, stages="separate")["id"] for _ in range(2)]
    wait_until(
        lambda: server.job(same[0], "separate")["progress"] > 0,
        timeout_s=60,
        what="a separation at work",
    )
    another = server.upload(other, stages="separate")["id"]

    def runs_beside():
        first, beside = server.job(same[0], "separate"), server.job(another, "separate")
        assert first["status"] == "processing"
        return beside["status"] == "processing"

    wait_until(runs_beside, timeout_s=60, what="another song at work beside the first")
    waiting = server.job(same[1], "separate")
    assert waiting["status"] == "queued"
    assert waiting["queue_position"] == 1
    assert "same audio is being separated" in waiting["message"]

    server.kill()
    server.start()

    ended = [server.wait_ended(track_id)["jobs"][-1] for track_id in (*same, another)]
    assert [job["status"] for job in ended] == ["completed"] * 3
    assert ended[1]["attempt"] == 1
    assert ended[1]["results"]["reused_from"] == ended[0]["id"]


def test_two_processes_share_the_memory_of_a_machine_and_one_that_is_killed_gives_it_back(
    tmp_path, postgres_url, song
):
    """Each has a place free, and there is memory for one separation."""
    program = str(Path(__file__).with_name("narrow_node.py"))
    server = Server(
        tmp_path / "data",
        program=(program,),
        ECHO_SECONDS="2",
        SFA_DATABASE__URL=postgres_url,
        SFA_ROLE="web",
        SFA_JOBS__RESCUE_AFTER_S="2",
        SFA_QUEUES__PROCESSING="1",
    )
    workers = []
    try:
        server.start()
        workers += [start_worker(server, program) for _ in range(2)]
        songs = [server.upload(song, stages="separate")["id"] for _ in range(2)]

        def one_waits_for_the_other():
            found = [server.job(track_id, "separate") for track_id in songs]
            assert [job["status"] for job in found] != ["processing"] * 2
            return (
                sorted(job["status"] for job in found) == ["processing", "queued"]
                and "beside what other jobs were promised" in str(found)
                and at_work(workers)
            )

        (busy,) = wait_until(one_waits_for_the_other, timeout_s=30, what="one at work, one waits")
        busy.kill()
        busy.wait()

        most = []

        def all_completed():
            most.append(len(at_work(workers)))
            jobs = [server.job(track_id, "separate") for track_id in songs]
            return all(job["status"] == "completed" for job in jobs)

        wait_until(all_completed, timeout_s=40, what="both songs")
        assert max(most) == 1
        # The killed one was counted, to wait was not.
        assert {server.job(track_id, "separate")["attempt"] for track_id in songs} == {1, 2}
        (alive,) = [worker for worker in workers if worker.poll() is None]
        alive.send_signal(signal.SIGTERM)
        assert alive.wait(40) == 0
    finally:
        for worker in workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()
        server.close()


def at_work(workers):
    """Return the workers that have an engine."""
    return [
        worker
        for worker in workers
        if worker.poll() is None and any("_echo" in words for words in commands_below(worker))
    ]


def commands_below(worker):
    found = []
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(worker.pid).children():
            with contextlib.suppress(psutil.Error):
                found.append(" ".join(child.cmdline()))
    return found


def start_worker(server, program):
    with server.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, program],
            env={**server.environment, "SFA_ROLE": "worker"},
            stdout=log,
            stderr=log,
        )
