"""Downloads over HTTP: resumed, told, refused; against a server of our own."""

from __future__ import annotations

import errno
import http.server
import threading
from pathlib import Path

import pytest

from soundforge.engines import file_download
from soundforge.engines.runtime import EngineError

CONTENT = bytes(range(256)) * 3000


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `CONTENT` in the ways that servers do."""

    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        how = self.path.strip("/")
        if how.isdigit():
            self.send_error(int(how))
            return
        start = 0
        if (wanted := self.headers.get("Range")) and how != "no-ranges":
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(CONTENT):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.send_response(200)
        kind = "text/html; charset=utf-8" if how == "page" else "application/octet-stream"
        self.send_header("Content-Type", kind)
        body = CONTENT[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if how == "cut" else body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def server():
    """A server on this machine; `asked` are the ranges that were asked for."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def download(url, part):
    told = []
    file_download.download(url, part, told.append, how="Do this.")
    return told


def test_a_file_comes_whole_and_is_told(server, tmp_path):
    told = download(f"{server.url}/file", tmp_path / "part")

    assert (tmp_path / "part").read_bytes() == CONTENT
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)


def test_it_goes_on_where_it_was_cut(server, tmp_path):
    part = tmp_path / "part"
    with pytest.raises(EngineError) as refusal:
        download(f"{server.url}/cut", part)
    assert (refusal.value.code, refusal.value.retryable) == ("weights_unreachable", True)
    assert "broke off after 0 MB" in refusal.value.message
    assert refusal.value.next_step == "Try again: it goes on from there. Do this."
    have = part.stat().st_size
    assert 0 < have < len(CONTENT)

    download(f"{server.url}/file", part)

    assert part.read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={have}-"]


def test_a_full_disk_is_not_taken_for_a_lost_connection(server):
    with pytest.raises(OSError, match="No space left") as refusal:
        download(f"{server.url}/file", Path("/dev/full"))

    assert refusal.value.errno == errno.ENOSPC


def test_a_server_without_ranges_sends_it_all_again(server, tmp_path):
    part = tmp_path / "part"
    part.write_bytes(b"x" * 1000)

    download(f"{server.url}/no-ranges", part)

    assert part.read_bytes() == CONTENT


def test_what_is_already_whole_is_left(server, tmp_path):
    part = tmp_path / "part"
    part.write_bytes(CONTENT)

    download(f"{server.url}/file", part)

    assert part.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "sentence", "is_retryable"),
    [
        ("404", "answered 404", False),
        ("403", "answered 403", False),
        ("503", "answered 503", True),
        ("page", "a web page instead", False),
    ],
)
def test_another_answer_is_refused_with_the_next_step(
    server, path, sentence, is_retryable, tmp_path
):
    with pytest.raises(EngineError, match=sentence) as refusal:
        download(f"{server.url}/{path}", tmp_path / "part")

    error = refusal.value
    assert (error.code, error.retryable) == ("weights_unreachable", is_retryable)
    assert error.next_step == "Do this."


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://nowhere.invalid/x"])
def test_no_host_is_retryable(url, tmp_path):
    with pytest.raises(EngineError) as refusal:
        download(url, tmp_path / "part")

    assert (refusal.value.code, refusal.value.retryable) == ("weights_unreachable", True)


@pytest.mark.parametrize(
    "url", ["", "x", "file:///etc/passwd", "ftp://a/b", "http://", "http://[x"]
)
def test_an_address_that_is_none_is_refused(url, tmp_path):
    with pytest.raises(EngineError) as refusal:
        download(url, tmp_path / "part")

    assert (refusal.value.code, refusal.value.retryable) == ("weights_unreachable", False)
