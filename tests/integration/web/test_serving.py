"""The real program on a real socket: what only a connection can show."""

from __future__ import annotations

import json
import socket
import threading

import httpx
import pytest

from soundforge import errors
from soundforge.web.serving import WebServer
from tests.faults.server import wait_until

HEAD = (
    "POST /api/v1/uploads HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    "Content-Type: multipart/form-data; boundary=b\r\n{more}\r\n\r\n"
)
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="song.wav"\r\n\r\n'


def opened(server, more):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(HEAD.format(port=server.port, more=more).encode())
    return connection


def answered(connection):
    """Return the status and the JSON of the one answer on a connection."""
    received = b""
    while b"\r\n\r\n" not in received or len(received.partition(b"\r\n\r\n")[2]) < 20:
        received += connection.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def temporary(server):
    return [path for path in (server.data_dir / "tmp").rglob("*") if path.is_file()]


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(app_server):
    with opened(app_server, "Content-Length: 10000000000") as connection:
        connection.sendall(PART + b"x" * 1000)

        status, problem = answered(connection)

    assert (status, problem["code"]) == (413, "file_too_large")


def test_a_file_that_grows_too_large_is_refused_while_it_is_sent(app_server):
    with opened(app_server, "Transfer-Encoding: chunked") as connection:
        connection.sendall(b"%x\r\n%s\r\n" % (len(PART), PART))
        stop = threading.Event()

        def send():
            chunk = b"%x\r\n%s\r\n" % (100_000, b"x" * 100_000)
            while not stop.is_set():
                try:
                    connection.sendall(chunk)
                except OSError:
                    return

        sending = threading.Thread(target=send)
        sending.start()
        status, problem = answered(connection)
        stop.set()
        connection.shutdown(socket.SHUT_RDWR)
        sending.join()

    assert (status, problem["code"]) == (413, "file_too_large")


@pytest.mark.parametrize("after", [b"", PART[:30], PART, PART + b"x" * 300_000])
def test_a_client_that_goes_away_leaves_no_file(app_server, after):
    with opened(app_server, "Content-Length: 5000000") as connection:
        connection.sendall(after)

    wait_until(lambda: not temporary(app_server), timeout_s=15, what="an empty tmp folder")
    assert app_server.api.get("/tracks").status_code == 200
    assert "request failed" not in app_server.tail()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /api/v1/imports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_request_to_us_is_refused(app_server, sent):
    with socket.create_connection(("127.0.0.1", app_server.port), timeout=20) as connection:
        connection.sendall(sent)
        answer = connection.recv(65_536)

    assert answer.split()[1] in (b"400", b"421")
    assert b"Traceback" not in answer


def test_the_server_does_not_say_what_it_is_made_of(app_server):
    answer = httpx.get(f"http://127.0.0.1:{app_server.port}/health/live")

    assert "server" not in answer.headers


def test_a_port_in_use_is_said_with_the_next_step():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = WebServer(None, host="127.0.0.1", port=taken.getsockname()[1])

        with pytest.raises(errors.Conflict) as refused, server.listening():
            pass

    assert refused.value.code == "port_in_use"
    assert "--port" in refused.value.next_step
