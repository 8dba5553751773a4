"""A separation that is killed goes on from the last finished segment."""

import pytest

from tests.faults.server import Server, wait_until
from tests.fixtures import audio

SONG_S = 14  # three segments


@pytest.fixture
def server(tmp_path, random_htdemucs):
    tmp_path.chmod(0o755)
    settings = {"SFA_MODELS_DIR": str(random_htdemucs), "SFA_PRECISION": "f32"}
    server = Server(tmp_path / "data", SFA_JOBS__RESCUE_AFTER_S="5", **settings).start()
    yield server
    server.close()


def kill_engine(server):
    server.children("engines.separate")[0].kill()


def kill_server(server):
    server.kill()
    server.start()


@pytest.mark.parametrize("kill", [kill_engine, kill_server])
def test_the_next_attempt_goes_on_from_the_last_segment(server, kill, tmp_path):
    song = audio.write(tmp_path / "song.flac", audio.chord(SONG_S))
    track_id = server.upload(song, stages="separate")["id"]
    stems = server.data_dir / "stems"
    wait_until(
        lambda: list(stems.glob("*.partial-1/.checkpoint")), timeout_s=240, what="a checkpoint"
    )

    kill(server)

    track = server.wait_ended(track_id, timeout_s=300)
    (job,) = track["jobs"]
    assert job["status"] == "completed", (job, server.tail())
    assert (job["model"], job["attempt"]) == ("htdemucs", 2)
    assert len(track["stems"]) == 4
    assert "going on from segment" in server.log.read_text(errors="replace")
    assert [folder.name for folder in stems.iterdir()] == [job["id"]]
