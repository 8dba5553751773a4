"""A request that a dying server left behind can be sent again."""

import uuid

import psycopg
import pytest

from soundforge.web.services import LOCAL_USER
from tests.faults.server import Server

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
    with song.open("rb") as file:
        answer = server.api.post(
            "/uploads",
            data={"stages": "download"},
            files={"file": ("song.wav", file)},
            headers={"Idempotency-Key": key},
        )

    assert answer.status_code == 201, answer.text
    assert server.stop() == 0
