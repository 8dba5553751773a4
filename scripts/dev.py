"""Run the server, and start it again whenever a source file changes.

Open pages come back by themselves, so a reload by hand is not needed. What is running when a
file changes is put back into the queue, as at every stop of the server.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (ROOT / "src" / "soundforge", ROOT / "assets")
# Built from the others: watching it would start the server twice.
BUILT = ROOT / "src" / "soundforge" / "web" / "static"
SUFFIXES = {".py", ".html", ".css", ".js", ".mjs", ".svg", ".sql"}
LOOK_EVERY_S = 0.5
STOP_WAIT_S = 30.0


def newest_change() -> float:
    """Return the time of the newest source file, in seconds since 1970."""
    return max(
        (
            path.stat().st_mtime
            for source in SOURCES
            for path in source.rglob("*")
            if path.suffix in SUFFIXES and BUILT not in path.parents and path.is_file()
        ),
        default=0.0,
    )


def start() -> subprocess.Popen[bytes]:
    """Build the assets and start the server."""
    build = ROOT / "scripts" / "build_assets.py"
    if build.is_file():
        subprocess.run([sys.executable, str(build)], check=False)
    environment = {"SFA_LOG_LEVEL": "debug", **os.environ}
    return subprocess.Popen([sys.executable, "-m", "soundforge", "serve"], env=environment)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Let the server end by itself, but not for ever."""
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOP_WAIT_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main() -> int:
    """Serve until interrupted; a server that broke waits for the next change."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seen, server = newest_change(), start()
    try:
        while True:
            time.sleep(LOOK_EVERY_S)
            if (now := newest_change()) > seen:
                seen = now
                print("A source file changed: starting again ...")
                stop(server)
                server = start()
    except KeyboardInterrupt:
        stop(server)
        return 0


if __name__ == "__main__":
    sys.exit(main())
