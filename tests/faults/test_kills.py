"""Each part is killed in the middle of a real separation; the job completes once all the same."""

import signal
import subprocess
import sys

import psutil
import pytest

from tests.faults.server import Server, wait_until
from tests.fixtures import audio

SONG_S = 60


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    path = tmp_path_factory.mktemp("song") / "song.flac"
    return audio.write(path, audio.chord(SONG_S))


@pytest.fixture
def start(tmp_path, models_dir):
    tmp_path.chmod(0o755)
    running = []

    def start(**settings):
        settings = {"SFA_JOBS__RESCUE_AFTER_S": "5", "SFA_MODELS_DIR": str(models_dir), **settings}
        server = Server(tmp_path / "data", **settings)
        running.append(server)
        return server.start()

    yield start
    for server in running:
        server.close()


def wait_in_the_middle(server, track_id):
    """Wait until the separation has really begun, and return its job."""

    def look():
        job = server.job(track_id, "separate")
        return job if job["status"] == "processing" and 0 < job["progress"] < 90 else None

    return wait_until(look, timeout_s=60, what="a separation at work")


def kill_engine(server):
    server.children("engines.separate")[0].kill()


def kill_postgres(server):
    server.postgres().kill()
    server.wait_healthy()


def kill_server(server):
    server.kill()
    server.start()


@pytest.mark.parametrize("kill", [kill_engine, kill_postgres, kill_server])
def test_the_job_completes_once(start, song, kill):
    server = start()
    track_id = server.upload(song, stages="separate")["id"]
    wait_in_the_middle(server, track_id)

    kill(server)

    check_completed_once(server, server.wait_ended(track_id))


def test_a_killed_worker_process_is_noticed_and_its_job_runs_again(start, song):
    server = start(SFA_ROLE="web")
    worker = start_worker(server)
    track_id = server.upload(song, stages="separate")["id"]
    wait_in_the_middle(server, track_id)
    engines = psutil.Process(worker.pid).children(recursive=True)

    worker.kill()
    worker.wait()
    assert not psutil.wait_procs(engines, timeout=10)[1]
    worker = start_worker(server)

    try:
        track = server.wait_ended(track_id)
    finally:
        worker.send_signal(signal.SIGTERM)
        status = worker.wait(40)
    assert status == 0
    check_completed_once(server, track)


def test_cancel_ends_the_engine_and_retry_completes(start, song):
    server = start()
    track_id = server.upload(song, stages="separate")["id"]
    job = wait_in_the_middle(server, track_id)

    cancelled = server.api.post(f"/jobs/{job['id']}/cancel").json()["data"]

    assert cancelled["status"] == "cancelled"
    wait_until(lambda: not server.children("engines.separate"), timeout_s=5, what="no engine")
    wait_until(
        lambda: not list((server.data_dir / "stems").iterdir()), timeout_s=5, what="no files"
    )
    assert server.api.post(f"/jobs/{job['id']}/retry").json()["data"]["attempt"] == 2
    check_completed_once(server, server.wait_ended(track_id))


def test_a_stop_puts_the_job_back_and_the_next_start_completes_it(start, song):
    server = start(SFA_JOBS__STOP_GRACE_S="0.5")
    track_id = server.upload(song, stages="separate")["id"]
    wait_in_the_middle(server, track_id)

    assert server.stop() == 0
    server.start()

    track = server.wait_ended(track_id)
    check_completed_once(server, track)
    assert track["jobs"][-1]["attempt"] == 2


def test_a_worker_beside_the_server_goes_on_after_the_server_was_killed(start, song):
    server = start(SFA_ROLE="web")
    worker = start_worker(server)
    wait_until(lambda: server.tail().count('"child": "jobs"'), timeout_s=60, what="a worker")

    server.kill()
    server.start()
    track_id = server.upload(song, stages="analyze")["id"]
    assert server.wait_ended(track_id)["jobs"][0]["status"] == "completed"

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(40) == 0


def start_worker(server):
    with server.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "soundforge", "worker", "--queues", "processing=1,analysis=1"],
            env={**server.environment, "SFA_ROLE": "worker"},
            stdout=log,
            stderr=log,
        )


def check_completed_once(server, track):
    (job,) = track["jobs"]
    assert job["status"] == "completed", (job, server.tail())
    assert {stem["stem_type"] for stem in track["stems"]} == {"vocals", "accompaniment"}
    for stem in track["stems"]:
        response = server.api.get(f"/stems/{stem['id']}/file")
        assert response.status_code == 200
        assert len(response.content) == stem["file_size"]
    # No row without a file (above), no file without a row: also after a power cut.
    server.stop()
    server.start()
    folders = {folder.name for folder in (server.data_dir / "stems").iterdir()}
    assert folders == {job["id"]}
    assert not list((server.data_dir / "tmp").iterdir())
