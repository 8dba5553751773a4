"""A server of our own in a process of its own, that tests can kill and start again."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil

START_TIMEOUT_S = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(check, *, timeout_s: float, what: str):
    """Call `check` until it returns something true; it may raise while things come up."""
    deadline_s = time.monotonic() + timeout_s
    last = None
    while time.monotonic() < deadline_s:
        try:
            if found := check():
                return found
        except (httpx.HTTPError, psutil.Error, OSError, LookupError, AssertionError) as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"not within {timeout_s} s: {what}") from last


class Server:
    """`sfa serve` (or another program with the same settings) on a data folder."""

    def __init__(self, data_dir: Path, *, program=("-m", "soundforge", "serve"), **settings: str):
        self.data_dir = data_dir
        self.port = free_port()
        self.program = program
        self.environment = {
            **os.environ,
            "SFA_DATA_DIR": str(data_dir),
            "SFA_PORT": str(self.port),
            "SFA_LOG_FORMAT": "json",
            **settings,
        }
        self.process: subprocess.Popen | None = None
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.api = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=60)

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program], env=self.environment, stdout=log, stderr=log
            )
        self.wait_healthy()
        return self

    def wait_healthy(self):
        def is_healthy():
            assert self.process.poll() is None, self.tail()
            ready = f"http://127.0.0.1:{self.port}/health/ready"
            return httpx.get(ready, timeout=5).status_code == 200

        wait_until(is_healthy, timeout_s=START_TIMEOUT_S, what=f"healthy server\n{self.tail()}")

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """End the server as a power cut would, and see its children end too."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        _, alive = psutil.wait_procs(children, timeout=15)
        assert not alive, f"survived their server: {alive}"

    def stop(self, *, timeout_s: float = 40) -> int:
        if not self.is_running():
            return self.process.returncode if self.process else 0
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def close(self):
        if self.is_running():
            self.process.kill()
            self.process.wait()
        self.api.close()

    def children(self, word: str) -> list[psutil.Process]:
        """Return the processes below the server whose command line has `word` in it."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if word in " ".join(child.cmdline()):
                    found.append(child)
            except psutil.Error:
                continue
        return found

    def postgres(self) -> psutil.Process:
        return next(p for p in self.children("postgres") if "-D" in p.cmdline())

    # --- what a client does ---

    def upload(self, path: Path, **fields: str) -> dict:
        with path.open("rb") as file:
            response = self.api.post("/uploads", data=fields, files={"file": (path.name, file)})
        assert response.status_code == 201, response.text
        return response.json()["data"]

    def track(self, track_id: str) -> dict:
        response = self.api.get(f"/tracks/{track_id}")
        response.raise_for_status()
        return response.json()["data"]

    def job(self, track_id: str, stage: str) -> dict:
        return [job for job in self.track(track_id)["jobs"] if job["stage"] == stage][-1]

    def wait_ended(self, track_id: str, *, timeout_s: float = 120) -> dict:
        ended = {"completed", "failed", "cancelled"}

        def look():
            track = self.track(track_id)
            return track if all(job["status"] in ended for job in track["jobs"]) else None

        return wait_until(look, timeout_s=timeout_s, what=f"the end of {track_id}")
