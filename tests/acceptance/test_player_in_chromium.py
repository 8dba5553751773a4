"""The player, measured: clicks that lie at the same sample of every stem must be heard so."""

from __future__ import annotations

import asyncio
import dataclasses
import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.acceptance.listening import (
    STATE,
    becomes_true,
    listen,
    position_s,
    reaches,
    state_is,
)
from tests.fakes.tracks import stems

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def player(open_page):
    return await open_page("/tracks/salt")


@pytest.mark.parametrize("chunk_s", [4, 10], ids=lambda length_s: f"{length_s} s")
async def test_stems_play_without_a_sample_between_them_and_chunks_join_without_a_gap(
    studio, open_page, chunk_s
):
    track = await studio.track("salt")
    studio.put(dataclasses.replace(track, stems=stems(chunk_s=chunk_s)))
    player = await open_page("/tracks/salt")
    await listen(player)
    await player.evaluate("document.querySelector('.player').engine.seek(6)")

    await player.click("[data-act=play]")
    # Over the seams at 8 and 12 s, or at 10.
    await reaches(player, 13)

    heard = await player.evaluate("window.heard")
    assert len(heard[0]) >= 12
    assert heard[1] == heard[0]
    assert heard[2] == heard[0]
    assert heard[3] == heard[0]
    gaps = {b - a for a, b in zip(heard[0], heard[0][1:], strict=False)}
    assert gaps == {22_050}


async def test_play_and_pause_say_what_they_do(player):
    await player.click("[data-act=play]")
    await state_is(player, "playing")
    await expect(player.get_by_role("button", name="Pause")).to_be_visible()
    await reaches(player, 0.5)

    await player.click("[data-act=play]")
    await state_is(player, "paused")

    stopped_s = await position_s(player)
    await asyncio.sleep(0.3)
    assert await position_s(player) == stopped_s
    await expect(player.get_by_role("button", name="Play")).to_be_visible()


async def test_a_muted_stem_is_silent_and_looks_so(player):
    await player.click("[data-act=play]")
    await state_is(player, "playing")

    await player.get_by_role("button", name="M, mute drums").click()
    await becomes_true(
        player, "document.querySelector('.player').engine.channels[1].gain.gain.value === 0"
    )

    gains = await player.eval_on_selector(
        STATE, "e => e.engine.channels.map(c => c.gain.gain.value)"
    )
    assert gains == [1, 0, 1, 1]
    await expect(player.locator("[data-stem=drums].lane")).to_have_attribute("data-silent", "")
    await expect(player.get_by_role("button", name="M, mute drums")).to_have_attribute(
        "aria-pressed", "true"
    )


async def test_a_soloed_stem_is_heard_alone_even_when_it_is_muted(player):
    await player.get_by_role("button", name="M, mute bass").click()
    await player.get_by_role("button", name="S, solo bass").click()
    await player.click("[data-act=play]")
    await state_is(player, "playing")

    gains = await player.eval_on_selector(
        STATE, "e => e.engine.channels.map(c => c.gain.gain.value)"
    )

    assert gains == [0, 0, 1, 0]


async def test_faders_speak_in_decibels(player):
    await player.get_by_role("slider", name="Vocals level").fill("60")

    await expect(player.get_by_role("slider", name="Vocals level")).to_have_attribute(
        "aria-valuetext", "\N{MINUS SIGN}12.0 dB"
    )
    level = await player.eval_on_selector(STATE, "e => e.engine.channels[0].level")
    assert level == pytest.approx(10 ** (-12 / 20))


async def test_a_click_on_a_wave_seeks_there(player):
    box = await player.locator(".lane[data-stem=other] .bd").bounding_box()

    await player.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + 20)

    assert await position_s(player) == pytest.approx(15.0, abs=0.05)
    await expect(player.locator("[data-clock]")).to_have_text(re.compile(r"0:1(4\.9|5\.0)"))


async def test_seeking_while_playing_goes_on_from_there(player):
    await player.click("[data-act=play]")
    await state_is(player, "playing")
    box = await player.locator(".ruler .bd").bounding_box()

    await player.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + 5)

    await reaches(player, 20.3)
    await state_is(player, "playing")


async def test_the_keyboard_plays_and_seeks(player):
    await player.locator("body").click(position={"x": 700, "y": 20})

    await player.keyboard.press("ArrowRight")
    await player.keyboard.press("ArrowRight")
    assert await position_s(player) == pytest.approx(10)
    await player.keyboard.press("ArrowLeft")
    assert await position_s(player) == pytest.approx(5)
    await player.keyboard.press("Space")
    await state_is(player, "playing")
    await player.keyboard.press("Space")
    await state_is(player, "paused")
    await player.focus("[data-seek]")
    await player.keyboard.press("Home")
    assert await position_s(player) == 0


async def test_the_end_is_the_end_and_play_begins_anew(player):
    await player.evaluate("document.querySelector('.player').engine.seek(24.4)")

    await player.click("[data-act=play]")
    await state_is(player, "ended")
    assert await position_s(player) == pytest.approx(25, abs=0.05)

    await player.click("[data-act=play]")
    await state_is(player, "playing")
    assert await position_s(player) < 2


async def test_a_late_piece_is_waited_for_and_all_stems_wait_together(player):
    release = asyncio.Event()

    async def late(route):
        await release.wait()
        await route.continue_()

    await player.route("**/stems/drums/chunks/3", late)
    await listen(player)
    await player.evaluate("document.querySelector('.player').engine.seek(10.6)")

    await player.click("[data-act=play]")
    await state_is(player, "buffering")
    await expect(player.locator("[data-said]")).to_have_text("Waiting for the next seconds…")
    assert await position_s(player) == 12
    release.set()

    await state_is(player, "playing")
    await reaches(player, 13.6)
    heard = await player.evaluate("window.heard")
    assert heard[0] == heard[1] == heard[2] == heard[3]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 404}, "The Drums stem is no longer there. Reload the page."),
        ({"status": 401}, "The server no longer lets this page play. Reload it."),
        ({"status": 200, "body": "not sound"}, "This browser could not decode the Drums stem."),
    ],
)
async def test_what_cannot_be_played_is_said_and_nothing_plays(open_page, answer, said):
    page = await open_page("/tracks/salt", allow=("Failed to load resource",))
    await page.route("**/stems/drums/chunks/0", lambda route: route.fulfill(**answer))

    await page.click("[data-act=play]")

    await state_is(page, "error")
    await expect(page.locator("[data-said]")).to_have_text(said)
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


async def test_a_server_that_fails_once_is_asked_again(open_page):
    page = await open_page("/tracks/salt", allow=("Failed to load resource",))
    answers = iter([503])

    async def flaky(route):
        status = next(answers, None)
        await (route.fulfill(status=status) if status else route.continue_())

    await page.route("**/stems/vocals/chunks/0", flaky)

    await page.click("[data-act=play]")

    await state_is(page, "playing")


async def test_only_the_pieces_near_the_ear_are_kept(player):
    await player.click("[data-act=play]")
    await reaches(player, 0.3)
    await player.evaluate("document.querySelector('.player').engine.seek(24.2)")
    await reaches(player, 24.4)

    kept = await player.eval_on_selector(STATE, "e => [...e.engine.store.pieces.keys()]")

    # Not the first four seconds, which end more than twenty before the last piece.
    assert {key.partition(":")[0] for key in kept} == {"1", "2", "3", "4", "5", "6"}


async def test_the_next_piece_is_asked_for_before_this_one_has_come(player):
    is_asked = asyncio.Event()

    async def next_one(route):
        is_asked.set()
        await route.continue_()

    async def this_one(route):
        await is_asked.wait()
        await route.continue_()

    await player.route("**/stems/bass/chunks/2", next_one)
    await player.route("**/stems/bass/chunks/1", this_one)
    # Who begins just before a seam would hear it otherwise.
    await player.evaluate("document.querySelector('.player').engine.seek(7.9)")

    await player.click("[data-act=play]")

    await reaches(player, 8.5)


async def test_news_of_the_track_does_not_disturb_the_player(player, site):
    await player.click("[data-act=play]")
    await state_is(player, "playing")

    site.studio.publish("salt")
    await reaches(player, 1.0)

    await state_is(player, "playing")


async def test_leaving_the_page_ends_the_sound(player):
    await player.click("[data-act=play]")
    await state_is(player, "playing")
    await player.evaluate("window.context = document.querySelector('.player').engine.context")

    await player.get_by_role("link", name="Back to the library").click()

    await expect(player.locator("#tracks")).to_be_visible()
    await becomes_true(player, "window.context.state === 'closed'")


async def test_the_waves_are_drawn(player):
    await becomes_true(
        player,
        "[...document.querySelectorAll('.lane canvas')].every(c => c.width > 300 && "
        "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0))",
    )
