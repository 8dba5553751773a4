"""Who waits for another job leaves its place to others, and survives the death of the server."""

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
