"""A separation that is interrupted goes on from the last finished segment, to the same bits."""

import hashlib
import os
import subprocess
import sys

import pytest

from tests.faults.server import Server, wait_until
from tests.fixtures import audio

SONG_S = 14  # three segments


@pytest.fixture(scope="module")
def settings(random_htdemucs):
    return {"SFA_MODELS_DIR": str(random_htdemucs), "SFA_PRECISION": "f32"}


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    path = tmp_path_factory.mktemp("song") / "song.flac"
    return audio.write(path, audio.chord(SONG_S))


@pytest.fixture(scope="module")
def undisturbed(song, settings):
    """Return the hash of each stem of a run that nothing interrupts."""
    out_dir = song.parent / "stems"
    options = ("--model", "htdemucs", "--out", str(out_dir))
    subprocess.run(
        [sys.executable, "-m", "soundforge", "separate", str(song), *options],
        env={**os.environ, **settings},
        check=True,
        capture_output=True,
    )
    return hashes(out_dir)


def hashes(folder):
    found = sorted(folder.glob("*.flac"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture
def server(tmp_path, settings):
    tmp_path.chmod(0o755)
    # No grace: else a stop lets the rest of so short a song be made.
    quick = {"SFA_JOBS__RESCUE_AFTER_S": "5", "SFA_JOBS__STOP_GRACE_S": "0"}
    server = Server(tmp_path / "data", **quick, **settings).start()
    yield server
    server.close()


def kill_engine(server):
    server.children("engines.separate")[0].kill()


def kill_server(server):
    server.kill()
    server.start()


def restart_server(server):
    assert server.stop() == 0
    server.start()


@pytest.mark.parametrize("interrupt", [kill_engine, kill_server, restart_server])
def test_the_next_attempt_goes_on_from_the_last_segment(server, song, undisturbed, interrupt):
    track_id = server.upload(song, stages="separate")["id"]
    stems = server.data_dir / "stems"
    wait_until(
        lambda: list(stems.glob("*.partial-1/.checkpoint")), timeout_s=240, what="a checkpoint"
    )

    interrupt(server)

    track = server.wait_ended(track_id, timeout_s=300)
    (job,) = track["jobs"]
    assert job["status"] == "completed", (job, server.tail())
    assert (job["model"], job["attempt"]) == ("htdemucs", 2)
    assert "going on from segment" in server.log.read_text(errors="replace")
    assert [folder.name for folder in stems.iterdir()] == [job["id"]]
    assert len(undisturbed) == 4
    assert hashes(stems / job["id"]) == undisturbed
