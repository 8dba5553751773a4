"""A request that a dying server left behind can be sent again, and is done once."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from soundforge.web.services import LOCAL_USER
from tests.faults.server import Server, wait_until

LEFT_BEHIND = (
    "INSERT INTO idempotent_requests (id, owner_id, key, fingerprint)"
    " VALUES (gen_random_uuid(), %s, %s, 'of the request that was cut off')"
)


@pytest.fixture
def server(tmp_path, postgres_url):
    server = Server(tmp_path / "data", SFA_DATABASE__URL=postgres_url, SFA_ROLE="web")
    yield server
    server.close()


def test_its_key_is_free_once_the_server_is_back(server, postgres_url, song):
    key = uuid.uuid4().hex
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(LEFT_BEHIND, (LOCAL_USER, key))

    server.start()
    answer = upload(server, song, key)

    assert answer.status_code == 201, answer.text
    assert server.stop() == 0


def test_one_that_was_cut_off_before_its_answer_was_kept_is_done_once(server, postgres_url, song):
    """The work and its answer are kept together: there is no moment in between to die in."""
    key = uuid.uuid4().hex
    server.start()
    with psycopg.connect(postgres_url) as holder, ThreadPoolExecutor(1) as threads:
        sent = threads.submit(upload, server, song, key)
        row = "SELECT 1 FROM idempotent_requests WHERE key = %s FOR UPDATE"
        wait_until(
            lambda: holder.execute(row, (key,)).fetchone(), timeout_s=20, what="the key is taken"
        )
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"
        wait_until(
            lambda: holder.execute(waits, (holder.info.dbname,)).fetchone(),
            timeout_s=20,
            what="the answer is about to be kept",
        )
        server.kill()
        assert sent.exception() is not None

    server.start()
    answer = upload(server, song, key)
    again = upload(server, song, key)

    assert answer.status_code == 201, answer.text
    tracks = server.api.get("/tracks").json()["data"]
    assert [track["id"] for track in tracks] == [answer.json()["data"]["id"]]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == answer.json()
    assert server.stop() == 0


def upload(server, song, key):
    with song.open("rb") as file:
        return server.api.post(
            "/uploads",
            data={"stages": "download"},
            files={"file": ("song.wav", file)},
            headers={"Idempotency-Key": key},
        )
