"""A recording of three hours through everything, in the real program.

    python -m bench.hours [--minutes 179] [--file SONG] [--models-dir DIR] [--json FILE]

An MP3 is uploaded, separated with Spleeter and analysed; then the notes of the accompaniment are
written down and a version of another tempo is made. For each job how long it took and the peak
memory of its engine, then how long the answers are waited for that hold all of it. The length is
just below the limit of three hours, since an MP3 is a little longer than what was put in.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx
import psutil
import soundfile

from bench.analysis import make_song
from tests.faults.server import Server

PATIENCE_S = 4 * 3600.0


def main() -> int:
    """Measure; print a line for each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=179)
    parser.add_argument("--file", type=Path, help="a recording of yours instead of the made one")
    parser.add_argument("--models-dir", type=Path, help="weights that are there already")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database runs as another user when we are root
        song = asked.file or write_hours(folder, asked.minutes)
        print(f"{song.stat().st_size / 1e6:.0f} MB", flush=True)
        more = {"SFA_MODELS_DIR": str(asked.models_dir)} if asked.models_dir else {}
        server = Server(folder / "data", **more).start()
        try:
            figures = measure(server, song)
        finally:
            server.stop()
            server.close()
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def write_hours(folder: Path, minutes: int) -> Path:
    """Write one minute of drums, bass and chords so many times; 124 BPM go on over the seams."""
    samples, rate_hz = soundfile.read(make_song(folder / "minute.wav", 60), dtype="float32")
    path = folder / "hours.mp3"
    with soundfile.SoundFile(path, "w", rate_hz, 2, "MPEG_LAYER_III", format="MP3") as file:
        for _ in range(minutes):
            file.write(samples)
    return path


def measure(server: Server, song: Path) -> dict[str, Any]:
    """Let the program do all of it; return the figures."""
    assert server.process is not None
    with Peaks(server.process.pid) as peaks:
        began = time.monotonic()
        with song.open("rb") as file:
            answer = server.api.post("/uploads", files={"file": file}, timeout=PATIENCE_S)
        answer.raise_for_status()
        track_id = answer.json()["data"]["id"]
        uploaded_s = time.monotonic() - began
        print(f"upload, decoded to its end: {uploaded_s:.0f} s", flush=True)
        wait_ended(server, track_id)
        for body in (
            {"stage": "transcribe", "stems": ["accompaniment"]},
            {"stage": "warp", "rate": 0.9},
        ):
            server.api.post(f"/tracks/{track_id}/jobs", json=body).raise_for_status()
            wait_ended(server, track_id)
        track = server.track(track_id)
        took = [report(job, peaks.mb, track["duration_s"]) for job in track["jobs"]]
        answers = {path: timed_get(server, path) for path in addresses(track_id)}
    print(f"the server itself: {peaks.mb['server']:.0f} MB; load {os.getloadavg()[0]:.1f}")
    return {"uploaded_s": uploaded_s, "jobs": took, "answers": answers, "peak_mb": dict(peaks.mb)}


def wait_ended(server: Server, track_id: str) -> None:
    """Wait until nothing of the track waits or runs; ask seldom, an answer holds all of it."""
    ended = {"completed", "failed", "cancelled"}
    while not all(job["status"] in ended for job in server.track(track_id)["jobs"]):
        time.sleep(5)


def report(job: dict[str, Any], peaks_mb: dict[str, float], duration_s: float) -> dict[str, Any]:
    """Print what a job took, and return it.

    Raises:
        SystemExit: It did not complete.
    """
    if job["status"] != "completed":
        raise SystemExit(f"{job['stage']} is {job['status']}: {job['error']}")
    began, ended = (datetime.fromisoformat(job[name]) for name in ("started_at", "finished_at"))
    took_s = (ended - began).total_seconds()
    engine = {"warp": "warp_stems"}.get(job["stage"], job["stage"])
    peak_mb = peaks_mb[engine]
    speed = duration_s / took_s
    print(
        f"{job['stage']:12} {took_s:6.0f} s, {speed:5.1f} x real time, {peak_mb:5.0f} MB",
        flush=True,
    )
    return {"stage": job["stage"], "took_s": took_s, "peak_mb": peak_mb}


def addresses(track_id: str) -> tuple[str, ...]:
    """Return what a page and a program ask of a track."""
    api = f"/api/v1/tracks/{track_id}"
    return (
        "/",
        f"/tracks/{track_id}",
        api,
        *(f"{api}/{what}" for what in ("timeline", "chords", "beats", "midi", "peaks")),
    )


def timed_get(server: Server, path: str) -> dict[str, float]:
    """Ask once to warm up and once more; print and return how long that took and what came."""
    address = f"http://127.0.0.1:{server.port}{path}"
    httpx.get(address, timeout=60).raise_for_status()
    began = time.monotonic()
    answer = httpx.get(address, timeout=60)
    took_ms = (time.monotonic() - began) * 1000
    print(f"{path:60} {took_ms:6.0f} ms {len(answer.content) / 1000:8.0f} kB", flush=True)
    return {"took_ms": took_ms, "kb": len(answer.content) / 1000}


class Peaks:
    """The peak memory of a server and of each engine below it, looked at twice a second.

    Attributes:
        mb: By the engine's name, or ``server``.
    """

    def __init__(self, pid: int) -> None:
        self.mb: dict[str, float] = defaultdict(float)
        self._server = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            self._note("server", self._server)
            for child in self._server.children(recursive=True):
                try:
                    words = child.cmdline()
                except psutil.Error:
                    continue
                engine = next(
                    (word for word in words if word.startswith("soundforge.engines.")), ""
                )
                if engine:
                    self._note(engine.rpartition(".")[2], child)

    def _note(self, name: str, process: psutil.Process) -> None:
        try:
            rss_mb = process.memory_info().rss / 1e6
        except psutil.Error:
            return
        self.mb[name] = max(self.mb[name], rss_mb)


if __name__ == "__main__":
    sys.exit(main())
