"""The downloader against a real program that behaves, and misbehaves, like spotdl."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import soundfile

from soundforge import errors
from soundforge.audio.downloader import Downloader
from soundforge.audio.spotdl_environment import SpotdlEnvironment
from tests.fakes.spotify_objects import TRACK, make_id

STANDIN = Path(__file__).parents[2] / "fakes" / "spotdl"
URL = f"https://open.spotify.com/track/{TRACK}"


class Progress:
    """Remember what was reported."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, str]] = []

    def __call__(self, fraction: float, message: str, detail: dict[str, Any]) -> None:
        assert detail == {}
        self.seen.append((fraction, message))


@pytest.fixture(autouse=True)
def _short_tone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTDL_STANDIN_SECONDS", "0.5")


def downloader(tmp_path: Path, program: Path = STANDIN, **more: Any) -> Downloader:
    return Downloader(program, SpotdlEnvironment(tmp_path / "environments"), **more)


async def fetch(
    tmp_path: Path, *, url: str = URL, report: Progress | None = None, **more: Any
) -> Path:
    return await downloader(tmp_path, **more).download(
        track_url=url,
        out_dir=tmp_path / "out",
        job="job-1",
        expected_duration_s=0.5,
        report=report or Progress(),
    )


def misbehaving(word: str) -> str:
    return f"https://open.spotify.com/track/{make_id('x' + word)}"


@pytest.mark.parametrize("audio_format", ["opus", "flac", "wav"])
async def test_a_track_becomes_one_file_that_decodes(tmp_path: Path, audio_format: str):
    path = await fetch(tmp_path, audio_format=audio_format)

    assert path.suffix == f".{audio_format}"
    assert path.is_relative_to(tmp_path / "out")
    assert soundfile.info(path).duration == pytest.approx(0.5, abs=0.01)


async def test_progress_goes_forward_through_the_stages(tmp_path: Path):
    report = Progress()

    await fetch(tmp_path, report=report)

    assert [message for _, message in report.seen] == [
        "Starting",
        "Reading about the song",
        "Looking for a recording",
        "Choosing a recording",
        "Downloading",
        "Finishing",
        "Downloaded",
    ]
    fractions = [fraction for fraction, _ in report.seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


async def test_nothing_is_left_beside_the_recording_and_the_home_of_the_user_is_untouched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))

    path = await fetch(tmp_path)

    assert [file for file in (tmp_path / "out").rglob("*") if file.is_file()] == [path]
    assert list(home.iterdir()) == []


async def test_a_second_run_starts_afresh(tmp_path: Path):
    first = await fetch(tmp_path)
    first.with_name("left.opus").write_bytes(b"from a run that was killed")

    second = await fetch(tmp_path)

    assert second == first


@pytest.mark.parametrize(
    ("word", "code", "kind"),
    [
        ("nothing", "download_failed", errors.Unavailable),
        ("nomatch", "download_no_match", errors.Invalid),
        ("ytdlp", "download_failed", errors.Unavailable),
        ("blocked", "download_blocked", errors.Unavailable),
        ("ratelimit", "download_rate_limited", errors.Limited),
        ("offline", "download_unreachable", errors.Unavailable),
        ("ffmpeg", "ffmpeg_missing", errors.Conflict),
        ("diskfull", "disk_full", errors.Conflict),
        ("usage", "spotdl_missing", errors.Conflict),
        ("crash", "download_failed", errors.Unavailable),
        ("garbage", "download_failed", errors.Unavailable),
        ("longline", "download_failed", errors.Unavailable),
        ("empty", "download_failed", errors.Unavailable),
        ("twofiles", "download_failed", errors.Unavailable),
        ("link", "download_failed", errors.Unavailable),
        ("fileandfail", "download_failed", errors.Unavailable),
    ],
)
async def test_a_run_without_exactly_one_recording_has_failed_whatever_its_status(
    tmp_path: Path, word: str, code: str, kind: type[errors.SoundForgeError]
):
    with pytest.raises(kind) as failure:
        await fetch(tmp_path, url=misbehaving(word))

    assert failure.value.code == code
    assert failure.value.next_step


async def test_a_program_that_would_sleep_for_a_day_is_ended_at_once(tmp_path: Path):
    began_s = time.monotonic()

    with pytest.raises(errors.Limited) as failure:
        await fetch(tmp_path, url=misbehaving("ratelimit"))

    assert failure.value.retry_after_s == 86_400
    assert time.monotonic() - began_s < 60


async def test_a_program_that_hangs_is_ended_after_its_time(tmp_path: Path):
    with pytest.raises(errors.Unavailable) as failure:
        await fetch(tmp_path, url=misbehaving("hang"), timeout_s=1.0)

    assert failure.value.code == "download_timeout"


@pytest.mark.parametrize(
    ("text", "code"),
    [("#!/no/such/python\n", "spotdl_missing"), (None, "spotdl_missing")],
)
async def test_a_program_that_is_not_there_or_does_not_start_is_said_to(
    tmp_path: Path, text: str | None, code: str
):
    program = tmp_path / "broken"
    if text is not None:
        program.write_text(text)
        program.chmod(0o755)

    with pytest.raises(errors.Conflict) as failure:
        await fetch(tmp_path, program=program)

    assert failure.value.code == code


async def test_our_secrets_are_not_the_programs_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SFA_SPOTIFY__CLIENT_SECRET", "private")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    program = tmp_path / "spy"
    program.write_text("#!/bin/sh\nenv > spied.txt\n: > audio.opus\necho x > audio.opus\n")
    program.chmod(0o755)

    path = await fetch(tmp_path, program=program)

    spied = path.with_name("spied.txt").read_text()
    assert "private" not in spied
    assert "https_proxy=http://127.0.0.1:9" in spied


async def test_cancelling_ends_the_program_and_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pids = tmp_path / "pids"
    monkeypatch.setenv("SPOTDL_STANDIN_PIDS", str(pids))
    running = asyncio.create_task(fetch(tmp_path, url=misbehaving("children")))
    await until(pids.exists)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await until(lambda: all_gone(pids))


async def test_the_program_and_its_children_end_with_a_server_that_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pids = tmp_path / "pids"
    monkeypatch.setenv("SPOTDL_STANDIN_PIDS", str(pids))
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(STANDIN), str(tmp_path), misbehaving("children")]
    )
    await until(pids.exists)

    os.kill(owner.pid, signal.SIGKILL)
    owner.wait(60)

    await until(lambda: all_gone(pids))


OWNER = """
import asyncio, sys
from pathlib import Path
from soundforge.audio.downloader import Downloader
from soundforge.audio.spotdl_environment import SpotdlEnvironment

program, folder, url = sys.argv[1:]
asyncio.run(
    Downloader(Path(program), SpotdlEnvironment(Path(folder))).download(
        track_url=url, out_dir=Path(folder) / "out", job="1", expected_duration_s=None,
        report=lambda *_: None,
    )
)
"""


def all_gone(pids: Path) -> bool:
    return not any(is_alive(int(pid)) for pid in pids.read_text().split())


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def until(is_so: Any, within_s: float = 60.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline_s, "it took too long"
        await asyncio.sleep(0.02)
