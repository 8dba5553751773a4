"""Parts, chords and bars on the desk: seen, heard, reached by keyboard."""

from __future__ import annotations

import dataclasses

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.acceptance.listening import STATE, becomes_true, listen, position_s, reaches, state_is

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRID = """e => { const c = e.getContext('2d'), at = s => Math.round(s / 25 * e.clientWidth);
  return [at(6), at(7)].map(x => c.getImageData(x * (e.width / e.clientWidth), 1, 1, 1).data[3]); }"""


@pytest_asyncio.fixture(loop_scope="module")
async def player(open_page):
    page = await open_page("/tracks/salt")
    await expect(page.get_by_role("button", name="Chorus, 0:12", exact=True)).to_be_visible()
    return page


async def seek(page, to_s):
    await page.evaluate(f"document.querySelector('.player').engine.seek({to_s})")


async def test_a_part_is_jumped_to_and_marked(player):
    chorus = player.get_by_role("button", name="Chorus, 0:12", exact=True)

    await chorus.click()

    assert await position_s(player) == 12
    await expect(chorus).to_have_attribute("aria-current", "true")
    await expect(player.locator(".sec[aria-current]")).to_have_count(1)
    await expect(player.locator("[data-bar]")).to_have_text("bar 7.1")


async def test_the_chord_that_sounds_is_marked_and_stands_under_the_mark(player):
    await seek(player, 9)

    await expect(player.locator(".chord.now")).to_have_text("Am")
    await expect(player.locator("[data-strip] [aria-selected=true]")).to_have_count(1)
    now, mark = [
        await player.locator(name).bounding_box() for name in (".chord.now", ".chords .mark")
    ]
    assert now["x"] <= mark["x"] + mark["width"] / 2 <= now["x"] + now["width"]


async def test_from_afar_chords_run_while_the_music_plays(open_page):
    player = await open_page("/tracks/salt", width=600)
    await expect(player.locator(".flag")).to_have_count(5)
    await seek(player, 3.6)
    before = await player.locator("[data-strip]").get_attribute("style")

    await player.click("[data-act=play]")
    await reaches(player, 4.2)

    await expect(player.locator(".chord.now")).to_have_text("C")
    assert await player.locator("[data-strip]").get_attribute("style") != before
    mark, box = [
        await player.locator(name).bounding_box() for name in (".chords .mark", ".chords > .bd")
    ]
    assert (mark["x"] + mark["width"] / 2 - box["x"]) / box["width"] == pytest.approx(0.3, abs=0.01)


async def test_from_near_chords_stand_where_the_waves_do(player):
    await seek(player, 9)
    await player.keyboard.press("+")
    begins, ends = await player.eval_on_selector(STATE, "e => [e.view.from, e.view.until]")

    now, lane = [
        await player.locator(name).bounding_box()
        for name in (".chord.now", ".lane[data-stem=other] .bd")
    ]

    expected = lane["width"] * (8 - begins) / (ends - begins)
    assert now["x"] - lane["x"] == pytest.approx(expected, abs=2)


async def test_names_are_simple_or_full_and_moved_by_semitones(player):
    await player.get_by_role("button", name="Full").click()
    await expect(player.locator(".chord.now")).to_have_text("Am7")

    await player.get_by_role("button", name="Names a semitone higher").click()
    await player.get_by_role("button", name="Names a semitone higher").click()

    await expect(player.locator(".chord.now")).to_have_text("Bm7")
    await expect(player.locator("[data-shift]")).to_have_text("+2")
    await expect(player.get_by_role("button", name="Full")).to_have_attribute(
        "aria-pressed", "true"
    )


async def test_the_keyboard_goes_from_chord_to_chord_and_through_the_parts(player):
    await player.focus("[data-strip]")

    for _ in range(3):
        await player.keyboard.press("ArrowRight")
    assert await position_s(player) == 6
    await player.keyboard.press("ArrowLeft")
    assert await position_s(player) == 4
    active = await player.get_attribute("[data-strip]", "aria-activedescendant")
    await expect(player.locator(f"#{active}")).to_have_text("C")
    await player.get_by_role("button", name="A, 0:20", exact=True).focus()
    await player.keyboard.press("Enter")
    assert await position_s(player) == 20


async def test_a_part_is_repeated_without_a_sample_too_many(player):
    await listen(player)
    await player.get_by_role("button", name="Verse, 0:04", exact=True).click()
    await player.click("[data-act=loop]")
    await expect(player.locator("[data-act=loop]")).to_have_text("Loop Verse")
    await seek(player, 10.6)

    await player.click("[data-act=play]")
    await becomes_true(player, "document.querySelector('.player').engine.position < 8")
    await reaches(player, 5.2)

    heard = await player.evaluate("window.heard")
    assert heard[0] == heard[1] == heard[2] == heard[3]
    assert {b - a for a, b in zip(heard[0], heard[0][1:], strict=False)} == {22_050}
    await state_is(player, "playing")


async def test_what_is_repeated_moves_to_the_part_that_is_chosen_and_ends_on_demand(player):
    await player.locator("body").click(position={"x": 700, "y": 20})
    await player.keyboard.press("l")
    await expect(player.locator("[data-act=loop]")).to_have_text("Loop Intro")
    await expect(player.locator("[data-looped]")).to_be_visible()

    await player.get_by_role("button", name="Chorus, 0:12", exact=True).click()

    await expect(player.locator("[data-act=loop]")).to_have_text("Loop Chorus")
    loop = await player.eval_on_selector(STATE, "e => e.engine.loop")
    assert loop == {"start": 12, "end": 20}
    await player.keyboard.press("Enter")
    await player.click("[data-act=loop]")
    await expect(player.locator("[data-looped]")).to_be_hidden()
    assert await player.eval_on_selector(STATE, "e => e.engine.loop") is None


async def test_the_last_part_is_repeated_too_instead_of_ending(player):
    await player.get_by_role("button", name="A, 0:20", exact=True).click()
    await player.click("[data-act=loop]")
    await seek(player, 24.5)

    await player.click("[data-act=play]")

    await becomes_true(player, "document.querySelector('.player').engine.position < 22")
    await state_is(player, "playing")


async def test_half_the_speed_is_half_the_clicks(player):
    await listen(player)
    await player.evaluate("document.querySelector('.player').engine.setRate(0.5)")

    await player.click("[data-act=play]")
    await reaches(player, 1.3)

    heard = await player.evaluate("window.heard")
    assert {b - a for a, b in zip(heard[0], heard[0][1:], strict=False)} == {44_100}
    assert heard[0] == heard[1]


async def test_bars_are_drawn_behind_the_waves(player):
    bar, between = await player.locator(".lane canvas").first.evaluate(GRID)

    assert bar > 0
    assert between != bar


async def test_a_desk_without_an_analysis_is_whole_without_it(open_page):
    page = await open_page("/tracks/ready-1")

    await page.click("[data-act=play]")
    await state_is(page, "playing")

    await expect(page.locator("[data-chords]")).to_be_hidden()
    await expect(page.locator("[data-lane=parts]")).to_be_hidden()
    await expect(page.locator("[data-act=loop]")).to_be_disabled()


async def test_an_analysis_that_comes_later_is_drawn_when_it_comes(open_page, site):
    page = await open_page("/tracks/ready-1")
    track = site.studio.all["ready-1"]

    site.studio.put(dataclasses.replace(track, urls=site.studio.all["salt"].urls))

    await expect(page.locator("[data-lane=parts] .sec")).to_have_count(4)


async def test_a_timeline_that_cannot_be_had_takes_nothing_away(open_page):
    page = await open_page("/tracks/kettle", allow=("Failed to load resource",))
    await page.route("**/fake/song/timeline*", lambda route: route.fulfill(status=503))
    await page.get_by_role("link", name="Back to the library").click()
    await page.get_by_role("link", name="Salt on the Wire").click()

    await page.click("[data-act=play]")

    await state_is(page, "playing")
    await expect(page.locator("[data-lane=parts]")).to_be_hidden()
