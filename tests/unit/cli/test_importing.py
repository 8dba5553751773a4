"""What `sfa import` waits for, and when it says that something failed."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from soundforge.cli.importing import import_

LINK = "https://open.spotify.com/track/4iV5W9uYEdYUVa79Axb7Rh"


def job(stage, status, error=None):
    problem = {"code": "x", "message": error, "next_step": ""} if error else None
    progress = 100 if status == "completed" else 40
    return {"stage": stage, "status": status, "progress": progress, "error": problem}


@pytest.fixture
def server():
    """A server whose library holds one track; tests say its jobs, state after state."""

    states = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer({"added": [], "existing": [self.track()]})

        def do_GET(self):
            if len(states) > 1:
                states.pop(0)
            self.answer(self.track())

        def track(self):
            return {"id": "1", "title": "A song", "jobs": states[0]}

        def answer(self, data):
            body = json.dumps({"data": data}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with serving(Handler) as address:

        def with_states(*wanted):
            states[:] = wanted
            return address

        yield with_states


@contextmanager
def serving(handler):
    """Serve on this computer; give the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def run(address, tmp_path):
    return CliRunner().invoke(
        import_, [LINK, "--wait", "--server", address], env={"SFA_DATA_DIR": str(tmp_path)}
    )


def test_what_was_asked_for_besides_is_not_waited_for(server, tmp_path):
    done = [job("download", "completed"), job("separate", "completed")]
    address = server([*done, job("warp", "processing"), job("transcribe", "queued")])

    result = run(address, tmp_path)

    assert result.exit_code == 0, result.output
    assert "A song" in result.output


def test_it_waits_for_the_newest_job_of_each_stage(server, tmp_path):
    failed = job("separate", "failed", "It went wrong.")
    address = server(
        [failed, job("separate", "processing")], [failed, job("separate", "completed")]
    )

    result = run(address, tmp_path)

    assert result.exit_code == 0, result.output
    assert "It went wrong." not in result.output


def test_a_stage_whose_newest_job_failed_fails_the_import(server, tmp_path):
    address = server(
        [
            job("separate", "failed", "The older one."),
            job("separate", "failed", "It went wrong [/] here."),
            job("warp", "failed", "The other tempo."),
        ]
    )

    result = run(address, tmp_path)

    assert result.exit_code == 1, result.output
    assert "It went wrong [/] here." in result.output
    assert "The older one." not in result.output
    assert "The other tempo." not in result.output


@pytest.mark.parametrize("body", [b"<h1>It works!</h1>", b"[]", b"{}", b"null"])
@pytest.mark.parametrize("status", [200, 502])
def test_another_program_at_the_address_is_told_from_the_server(status, body, tmp_path):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with serving(Handler) as address:
        result = run(address, tmp_path)

    assert result.exit_code == 1
    assert "is another program" in result.output
    assert "server_unreachable" in result.output
