"""What is written about the live layer is what the code does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from soundforge.live import Limits
from soundforge.live.view import CLIENT_VERSION

ROOT = Path(__file__).resolve().parents[3]
CHANNELS = (ROOT / "docs/reference/channels.md").read_text()


def test_the_limits_are_those_of_the_reference():
    limits = Limits()
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]*?) \|", CHANNELS, re.MULTILINE))

    assert rows["frame from a client"] == f"{limits.max_frame_bytes // 1024} KiB"
    assert rows["nesting of its JSON"] == str(limits.max_json_depth)
    assert rows["frames of one socket"] == (
        f"{limits.frames_burst} at once, {limits.frames_per_s:.0f} a second"
    )
    assert rows["topics of one socket"] == str(limits.max_topics)
    assert rows["sockets"] == str(limits.max_sockets)
    assert rows["messages waiting for a channel"] == str(limits.mailbox_size)
    assert rows["frames waiting for a slow client"] == (
        f"{limits.send_queue_frames} or {limits.send_queue_bytes // 1024**2} MiB, "
        f"{limits.send_timeout_s:.0f} s each"
    )
    assert rows["silence"] == f"{limits.idle_timeout_s:.0f} s"
    assert rows["handling of one event"] == f"{limits.callback_timeout_s:.0f} s"
    assert f"waits up to {limits.longpoll_window_s:.0f} s" in CHANNELS
    assert f"after {limits.refusals_before_close} in a row" in CHANNELS


def test_the_vendored_clients_are_those_of_the_lock():
    command = [sys.executable, str(ROOT / "scripts/refresh_vendor.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "")


def test_we_name_the_client_that_we_vendor():
    lock = json.loads((ROOT / "assets/vendor/lock.json").read_text())

    assert lock["phoenix_live_view"]["version"] == CLIENT_VERSION
