"""Cue points and loops on the desk and in their list: by mouse, by keyboard, in a version."""

from __future__ import annotations

from itertools import pairwise

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.acceptance.listening import STATE, becomes_true, position_s, state_is
from tests.fakes import song

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOP = "[data-act=loop]"
SHIFTS = """window.shifts = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => (window.shifts += entry.value)))
  .observe({ type: "layout-shift", buffered: true });"""


@pytest_asyncio.fixture(loop_scope="module")
async def player(open_page):
    page = await open_page("/tracks/salt")
    await expect(page.locator(".flag")).to_have_count(5)
    return page


async def loop_of(page):
    return await page.eval_on_selector(STATE, "e => e.engine.loop")


async def drag(page, from_s, to_s, where=".lane[data-stem=other] .bd", **options):
    """Drag the mouse along a lane of the song's 25 s."""
    box = await page.locator(where).bounding_box()
    x = [box["x"] + box["width"] * at / 25 for at in (from_s, to_s)]
    y = box["y"] + box["height"] / 2
    await page.mouse.move(x[0], y)
    await page.mouse.down()
    await page.mouse.move((x[0] + x[1]) / 2, y, steps=3)
    await page.mouse.move(x[1], y, steps=3)
    if not options.get("hold"):
        await page.mouse.up()


async def test_cue_points_are_gone_to_by_flag_by_list_and_by_number(player):
    await player.get_by_role("button", name="Cue 3: Drop, 0:12").click()
    assert await position_s(player) == 12
    await expect(player.locator(".flag[aria-current]")).to_have_text("3")

    await player.get_by_role("button", name="2 Verse 0:04").click()
    assert await position_s(player) == 4

    await player.keyboard.press("4")
    assert await position_s(player) == 20
    await player.keyboard.press("9")
    assert await position_s(player) == 20


async def test_the_keyboard_goes_from_one_cue_point_to_the_next(player):
    for key, at_s in ((".", 4), (".", 12), (",", 4), (",", 0), (",", 0)):
        await player.keyboard.press(key)
        assert await position_s(player) == at_s


@pytest.fixture
def crowded(monkeypatch):
    """Give the song cue points of which some are nearer to each other than their labels are wide."""
    at_s = (0.0, 4.0, 4.2, 4.4, 12.0, 24.9, 25.0)
    monkeypatch.setattr(song, "_CUES", tuple((at, "section", "Verse") for at in at_s))


async def labels_of(page):
    """Return where the labels of the cue points begin and end, and how far each was moved."""
    return await page.eval_on_selector_all(
        ".flag",
        """flags => flags.map(flag => {
          const { left, right } = flag.firstElementChild.getBoundingClientRect();
          return [left, right, parseFloat(flag.style.getPropertyValue("--nudge"))];
        })""",
    )


@pytest.mark.parametrize("width_px", [390, 1280])
@pytest.mark.usefixtures("crowded")
async def test_cue_points_that_lie_close_together_can_be_read_and_pressed(open_page, width_px):
    page = await open_page("/tracks/salt", width=width_px)
    await expect(page.locator(".flag")).to_have_count(7)
    lane = await page.locator("[data-lane=cues] .bd").bounding_box()

    labels = await labels_of(page)

    assert all(right <= left for (_, right, _), (left, _, _) in pairwise(labels))
    assert labels[0][0] >= lane["x"]
    assert labels[-1][1] <= lane["x"] + lane["width"]
    for index, at_s in ((1, 4.0), (2, 4.2), (3, 4.4), (5, 24.9)):
        await page.locator(".flag span").nth(index).click()
        assert await position_s(page) == at_s


@pytest.mark.usefixtures("crowded")
async def test_from_near_every_cue_point_has_its_label_at_its_line(open_page):
    page = await open_page("/tracks/salt")
    await expect(page.locator(".flag")).to_have_count(7)
    moved = [nudge for _, _, nudge in await labels_of(page)]

    await page.evaluate("document.querySelector('.player').view.show(3, 8)")

    assert any(moved[:5])
    assert [nudge for _, _, nudge in await labels_of(page)][:5] == [0] * 5


async def test_numbers_that_are_typed_are_no_cue_points(player):
    await player.fill("#warp-bpm", "")
    await player.locator("#warp-bpm").press_sequentially("3")

    assert await position_s(player) == 0


async def test_a_found_loop_is_repeated_from_the_lane_and_from_the_list(player):
    on_lane = player.locator("[data-lane=loops]").get_by_role(
        "button", name="Loop 2 bars from 0:12"
    )
    in_list = player.locator("[data-landmarks]").get_by_role("button", name="Loop 2 bars from 0:12")

    await in_list.click()

    assert await loop_of(player) == {"start": 12, "end": 16}
    assert await position_s(player) == 12
    await expect(player.locator(LOOP)).to_have_text("Loop bars 7 to 8")
    for button in (on_lane, in_list):
        await expect(button).to_have_attribute("aria-pressed", "true")
    await on_lane.click()
    assert await loop_of(player) is None
    await expect(in_list).to_have_attribute("aria-pressed", "false")


async def test_a_jump_out_of_a_loop_ends_it(player):
    await player.get_by_role("button", name="Go to the loop at 0:04").click()
    await player.keyboard.press("l")
    assert await loop_of(player) == {"start": 4, "end": 12}

    await player.keyboard.press("3")

    assert await loop_of(player) is None
    assert await position_s(player) == 12


async def test_a_drag_over_the_waves_repeats_from_beat_to_beat(player):
    await drag(player, 6.1, 8.9)

    assert await loop_of(player) == {"start": 6, "end": 9}
    await expect(player.locator("[data-looped]")).to_be_visible()
    await expect(player.locator(LOOP)).to_have_attribute("aria-pressed", "true")
    await drag(player, 9, 9.9)
    assert await loop_of(player) == {"start": 6, "end": 10}
    await expect(player.locator(LOOP)).to_have_text("Loop bars 4 to 5")
    assert await position_s(player) == 0


async def test_what_is_being_marked_is_seen_and_a_slip_marks_nothing(player):
    await drag(player, 6.1, 8.9, hold=True)
    await expect(player.locator("[data-looped]")).to_be_visible()
    assert await loop_of(player) is None
    await player.mouse.up()
    await player.click(LOOP)

    box = await player.locator(".ruler .bd").bounding_box()
    await player.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + 5)

    assert await loop_of(player) is None
    assert await position_s(player) == pytest.approx(20, abs=0.05)


async def test_a_loop_is_marked_by_keyboard_at_the_playhead(player):
    await player.keyboard.press("2")
    await player.keyboard.press("i")
    await player.keyboard.press("3")
    await player.keyboard.press("o")

    assert await loop_of(player) == {"start": 4, "end": 12}
    await player.keyboard.press("l")
    assert await loop_of(player) is None


async def test_a_loop_plays_round(player):
    await drag(player, 2, 3, where=".ruler .bd")
    await player.evaluate("document.querySelector('.player').engine.seek(2.6)")

    await player.click("[data-act=play]")

    await becomes_true(player, "document.querySelector('.player').engine.position < 2.5")
    await state_is(player, "playing")


async def test_in_a_version_cue_points_lie_where_they_sound(player):
    await player.get_by_role("button", name="80%, down 2").click()
    await expect(player.locator("#player-job-slow")).to_be_visible()

    await player.get_by_role("button", name="3 Drop 0:15").click()

    assert await position_s(player) == 15
    await expect(player.locator(".flag[aria-current]")).to_have_text("3")


async def test_a_song_without_cue_points_has_no_room_for_them(open_page):
    page = await open_page("/tracks/ready-1")

    await expect(page.locator("[data-lane=cues]")).to_be_hidden()
    await expect(page.locator("[data-lane=loops]")).to_be_hidden()
    await expect(page.locator("[data-landmarks]")).to_have_count(0)


async def test_nothing_moves_when_the_timeline_arrives(browser, site):
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.add_init_script(SHIFTS)
    await page.goto(f"{site.url}/tracks/salt")
    await expect(page.locator(".flag")).to_have_count(5)
    await becomes_true(page, "document.fonts.status === 'loaded'")

    assert await page.evaluate("window.shifts") < 0.01
    await page.close()
