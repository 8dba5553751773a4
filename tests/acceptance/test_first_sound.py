"""The real program, a song of three minutes: the first stems are heard before the last are made.

The times are printed (`pytest -s`), not asserted: they are the machine's, see docs/benchmarks.md.
"""

import time

import pytest
from playwright.async_api import expect

from tests.acceptance.listening import reaches, state_is
from tests.faults.server import wait_until
from tests.fixtures import audio

SONG_S = 180.0

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def long_song(tmp_path):
    return audio.write(tmp_path / "long.flac", audio.chord(SONG_S))


async def test_the_first_stems_are_heard_while_the_rest_is_made(app_server, long_song, browser):
    track = app_server.upload(long_song, model="spleeter_2stems")
    began_s = time.monotonic()

    def first_piece():
        job = app_server.job(track["id"], "separate")
        piece = app_server.api.get(f"/jobs/{job['id']}/stems/vocals/chunks/0")
        return job if job["ready_s"] and piece.status_code == 200 else None

    job = wait_until(first_piece, timeout_s=60, what="the first seconds")
    took_s = time.monotonic() - began_s
    print(f"first sound after {took_s:.1f} s")
    page = await browser.new_page()
    await page.goto(f"http://127.0.0.1:{app_server.port}/tracks/{track['id']}")
    await page.click(".player [data-act=play]")
    await state_is(page, "playing")
    await reaches(page, 1)
    await page.evaluate("document.querySelector('.player').engine.seek(175)")
    ended = app_server.wait_ended(track["id"])

    await reaches(page, 176)
    await expect(page.locator("[data-length]")).to_have_text("of 3:00")
    assert [one["status"] for one in ended["jobs"]] == ["completed"] * 2
    assert job["attempt"] == 1
    await page.close()


async def test_the_same_song_again_is_there_at_once_and_so_is_its_mix(app_server, long_song):
    first = app_server.wait_ended(app_server.upload(long_song, stages="separate")["id"])
    began_s = time.monotonic()
    again = app_server.wait_ended(app_server.upload(long_song, stages="separate")["id"])
    took_s = time.monotonic() - began_s
    job = again["jobs"][-1]
    began_s = time.monotonic()
    mix = app_server.api.get(f"/jobs/{job['id']}/mix?without=vocals")
    mixed_s = time.monotonic() - began_s

    print(f"uploaded and there again after {took_s:.1f} s, mixed in {mixed_s:.1f} s")
    assert first["jobs"][-1]["status"] == job["status"] == "completed"
    assert job["results"]["reused_from"]
    assert len(job["stems"]) == 2
    assert mix.status_code == 200
