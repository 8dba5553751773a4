"""A real server process, and Node with the official client."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
START_LIMIT_S = 30.0


class Site:
    """The site under test, as its own process; may be killed and started again."""

    def __init__(self, state: Path, **environ: str) -> None:
        self.state = state
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **environ}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self.state.with_suffix(".log").read_text()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [
            sys.executable,
            str(HERE / "site_under_test.py"),
            str(self.port),
            str(self.state),
        ]
        with self.state.with_suffix(".log").open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environ, stderr=log)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            try:
                self.get("/truth")
            except OSError:
                assert self._process.poll() is None, self.log
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"the server did not start: {self.log}")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=20)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def get(self, path: str):
        with urllib.request.urlopen(self.url + path, timeout=5) as response:
            return json.load(response)

    def post(self, path: str, body: object = None):
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method="POST")
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.load(response)


@pytest.fixture
def site(tmp_path):
    running = Site(tmp_path / "rows.json")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def quiet_site(tmp_path):
    """The same without events of its own."""
    running = Site(tmp_path / "rows.json", EVENTS_PER_S="0")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory):
    """A quiet one that a whole file uses: for tests that leave nothing behind."""
    running = Site(tmp_path_factory.mktemp("site") / "rows.json", EVENTS_PER_S="0")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def node_modules():
    """The folder with `ws`, installed from the lock file when it is not there yet."""
    folder = HERE / "node_modules"
    if not (folder / "ws").exists():
        npm = shutil.which("npm")
        assert npm, "these tests need Node 20 with npm"
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
