"""The lanes seen from nearer: by buttons, keys, wheel and two fingers; the playhead stays in view."""

from __future__ import annotations

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.acceptance.listening import STATE, becomes_true, position_s, reaches

pytestmark = pytest.mark.asyncio(loop_scope="module")

LANE = ".lane[data-stem=other] .bd"
TOUCH = """([kind, points]) => {
  const lane = document.querySelector(".lane[data-stem=other] .bd"), box = lane.getBoundingClientRect();
  points.forEach((x, id) => lane.dispatchEvent(new PointerEvent(kind, { bubbles: true, pointerId: 50 + id,
    pointerType: "touch", button: 0, isPrimary: id === 0, clientX: box.left + x, clientY: box.top + 20 })));
}"""


@pytest_asyncio.fixture(loop_scope="module")
async def player(open_page):
    page = await open_page("/tracks/salt")
    await expect(page.locator(".flag")).to_have_count(5)
    # Fingers that a test makes up cannot be captured.
    await page.evaluate("Element.prototype.setPointerCapture = () => {}")
    return page


async def view_of(page):
    return await page.eval_on_selector(STATE, "e => [e.view.from, e.view.until]")


async def seek(page, to_s):
    await page.evaluate(f"document.querySelector('.player').engine.seek({to_s})")


async def wheel(page, at, x, y, *, key=None):
    """Turn the wheel at a share of the lane's width."""
    box = await page.locator(LANE).bounding_box()
    await page.mouse.move(box["x"] + box["width"] * at, box["y"] + 20)
    if key:
        await page.keyboard.down(key)
    await page.mouse.wheel(x, y)
    if key:
        await page.keyboard.up(key)


async def test_the_whole_song_is_seen_first(player):
    assert await view_of(player) == [0, 25]
    await expect(player.get_by_role("button", name="Zoom out")).to_be_disabled()


async def test_buttons_zoom_around_the_playhead(player):
    await seek(player, 10)

    await player.get_by_role("button", name="Zoom in").click()

    begins, ends = await view_of(player)
    assert ends - begins == pytest.approx(25 * 0.625)
    assert (10 - begins) / (ends - begins) == pytest.approx(10 / 25)
    await player.get_by_role("button", name="Zoom out").click()
    assert await view_of(player) == [0, 25]


async def test_keys_zoom_in_out_and_to_the_whole(player):
    await player.keyboard.press("+")
    await player.keyboard.press("+")
    begins, ends = await view_of(player)
    assert ends - begins == pytest.approx(25 / 1.6**2)
    await player.keyboard.press("-")
    assert (await view_of(player))[1] == pytest.approx(25 / 1.6)
    await player.keyboard.press("0")
    assert await view_of(player) == [0, 25]


async def test_the_wheel_with_ctrl_zooms_where_the_pointer_is(player):
    await wheel(player, 0.5, 0, -300, key="Control")

    await becomes_true(player, f"document.querySelector('{STATE}').view.span < 20")
    begins, ends = await view_of(player)
    assert (begins + ends) / 2 == pytest.approx(12.5, abs=0.1)
    assert await player.evaluate("window.visualViewport.scale") == 1


async def test_the_wheel_with_shift_moves_along_and_alone_it_scrolls_the_page(player):
    await player.keyboard.press("+")
    before = await view_of(player)

    await wheel(player, 0.5, 0, 200, key="Shift")
    await becomes_true(player, f"document.querySelector('{STATE}').view.from > 1")
    moved = await view_of(player)
    await wheel(player, 0.5, 0, 200)
    await becomes_true(player, "window.scrollY > 0")

    assert moved[1] - moved[0] == pytest.approx(before[1] - before[0])
    assert await view_of(player) == moved


async def test_zooming_ends_where_the_waves_would_not_be_sharper(player):
    for _ in range(12):
        await player.keyboard.press("+")

    begins, ends = await view_of(player)
    width = await player.eval_on_selector(".over", "e => e.clientWidth")
    assert width / (ends - begins) == pytest.approx(125)
    await expect(player.get_by_role("button", name="Zoom in")).to_be_disabled()


async def test_a_press_and_a_flag_mean_the_same_moment_at_any_zoom(player):
    await seek(player, 12)
    await player.keyboard.press("+")
    await player.keyboard.press("+")
    begins, ends = await view_of(player)
    box = await player.locator(LANE).bounding_box()

    flag = await player.get_by_role("button", name="Cue 3: Drop, 0:12").bounding_box()
    await player.mouse.click(
        box["x"] + box["width"] * (14 - begins) / (ends - begins), box["y"] + 9
    )

    assert flag["x"] - box["x"] == pytest.approx(
        box["width"] * (12 - begins) / (ends - begins), abs=2
    )
    assert await position_s(player) == pytest.approx(14, abs=0.05)


async def test_the_playhead_stays_in_view_while_the_music_plays(player):
    for _ in range(4):
        await player.keyboard.press("+")
    begins, ends = await view_of(player)
    await seek(player, ends - 0.6)

    await player.click("[data-act=play]")
    await reaches(player, ends + 0.3)

    begins, ends = await view_of(player)
    assert begins < await position_s(player) < ends


async def test_a_jump_takes_the_view_along(player):
    for _ in range(4):
        await player.keyboard.press("+")

    await player.keyboard.press("4")

    begins, ends = await view_of(player)
    assert begins < 20 < ends


async def test_who_looks_elsewhere_is_left_there(player):
    for _ in range(5):
        await player.keyboard.press("+")
    await player.click("[data-act=play]")
    await reaches(player, 0.3)
    mini = await player.locator("[data-mini]").bounding_box()
    y = mini["y"] + 10
    await player.mouse.move(mini["x"] + mini["width"] * 0.02, y)
    await player.mouse.down()
    await player.mouse.move(mini["x"] + mini["width"] * 0.8, y, steps=4)
    await player.mouse.up()
    there = await view_of(player)

    await reaches(player, 1)

    assert there[0] > 10
    assert await view_of(player) == there


async def test_the_whole_song_is_gone_through_by_a_press_above_the_lanes(player):
    mini = await player.locator("[data-mini]").bounding_box()

    await player.mouse.click(mini["x"] + mini["width"] * 0.6, mini["y"] + 10)

    assert await position_s(player) == pytest.approx(15, abs=0.1)


async def test_two_fingers_zoom_and_one_moves_along(player):
    await player.evaluate(TOUCH, ["pointerdown", [300, 500]])
    await player.evaluate(TOUCH, ["pointermove", [200, 600]])
    begins, ends = await view_of(player)
    await player.evaluate(TOUCH, ["pointerup", [200, 600]])

    assert ends - begins == pytest.approx(12.5, rel=0.05)
    await player.evaluate(TOUCH, ["pointerdown", [600]])
    await player.evaluate(TOUCH, ["pointermove", [400]])
    await player.evaluate(TOUCH, ["pointerup", [400]])
    assert (await view_of(player))[0] > begins
    assert await position_s(player) == 0


async def test_a_finger_that_rests_puts_the_playhead_there(player):
    await player.evaluate(TOUCH, ["pointerdown", [400]])
    await player.evaluate(TOUCH, ["pointerup", [400]])

    width = await player.eval_on_selector(".over", "e => e.clientWidth")
    assert await position_s(player) == pytest.approx(25 * 400 / width, abs=0.05)


async def test_the_ruler_counts_minutes_or_bars(player):
    await expect(player.locator(".ruler .t").nth(1)).to_have_text("0:02")

    await player.get_by_role("button", name="Bars", exact=True).click()

    await expect(player.locator(".ruler .t").first).to_have_text("1")
    await expect(player.get_by_role("button", name="Bars", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


async def test_without_bars_only_minutes_are_counted(open_page):
    page = await open_page("/tracks/ready-1")

    await expect(page.get_by_role("button", name="Bars", exact=True)).to_be_disabled()
    await expect(page.locator(".ruler .t").first).to_have_text("0:00")


async def test_from_nearer_the_waves_are_drawn_as_sharp_as_the_screen(player):
    for _ in range(12):
        await player.keyboard.press("+")

    await becomes_true(
        player,
        "[...document.querySelectorAll('.lane canvas')].every(c => c.width === "
        "Math.round(c.clientWidth * Math.min(2, devicePixelRatio)) && "
        "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0))",
    )
