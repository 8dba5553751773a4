"""Several tracks at once in a real browser: mouse, keyboard, phone, axe."""

from __future__ import annotations

import dataclasses

import pytest
from playwright.async_api import expect

from soundforge.web.studio import BatchView
from tests.fakes.library import library

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUNNING = BatchView("b", "Bench Tests", 12, 7, 1, waiting=3, running=1, percent=66, left_s=245)
SHOWN = [track.id for track in sorted(library(), key=lambda track: track.inserted_at)[::-1]]


def checks(page):
    return page.locator("#tracks [data-pick]")


async def test_tracks_are_selected_and_separated_with_the_mouse(open_page, site):
    page = await open_page()
    bar = page.locator("#selection")
    await expect(bar).to_be_hidden()

    await checks(page).nth(1).check()
    await checks(page).nth(4).click(modifiers=["Shift"])
    await expect(bar).to_contain_text("4 selected")
    await checks(page).nth(2).uncheck()
    site.studio.put(dataclasses.replace(site.studio.all[SHOWN[3]], title="Renamed meanwhile"))
    await expect(page.locator("#tracks")).to_contain_text("Renamed meanwhile")
    await page.select_option("#selection-model", "instant")
    await page.get_by_role("button", name="Separate 3 tracks").click()

    await expect(page.locator("#batches")).to_contain_text("0 of 3 done")
    await expect(bar).to_be_hidden()
    wanted = [SHOWN[n] for n in (1, 3, 4)]
    assert site.studio.calls[-1] == ("separate_all", *wanted, "instant")
    await page.get_by_role("button", name="Cancel all").click()
    await expect(page.locator("#batches")).to_contain_text("0 of 3 done, 3 cancelled.")


async def test_the_keyboard_selects_all_a_range_and_nothing(open_page):
    page = await open_page()

    await page.get_by_role("button", name="Select all", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#selection")).to_contain_text(f"{len(SHOWN)} selected")
    await page.keyboard.press("Escape")
    await expect(page.locator("#selection")).to_be_hidden()

    await checks(page).nth(0).focus()
    await page.keyboard.press("Space")
    await checks(page).nth(2).focus()
    await page.keyboard.press("Shift+Space")
    await expect(page.locator("#selection")).to_contain_text("3 selected")
    await page.get_by_role("button", name="Select nothing").focus()
    await page.keyboard.press("Enter")
    await expect(checks(page).nth(0)).to_be_focused()


async def test_a_batch_goes_on_in_every_open_page_and_says_how_it_ended(open_page, site):
    page = await open_page()
    site.studio.put_batch(RUNNING)
    await expect(page.locator("#batches")).to_contain_text(
        "7 of 12 done, 1 failed, about 4 min left."
    )

    site.studio.put_batch(dataclasses.replace(RUNNING, done=11, waiting=0, running=0, percent=100))
    await expect(page.locator("#batches")).to_contain_text("11 tracks can be used now")
    await page.get_by_role("button", name="Retry failed").click()
    await expect(page.locator("#batches")).to_contain_text("11 of 12 done")


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 390)])
async def test_axe_finds_nothing_while_tracks_are_selected(
    open_page, violations, site, theme, width
):
    site.studio.put_batch(RUNNING)
    page = await open_page(theme=theme, width=width)
    await checks(page).first.check()
    await page.get_by_role("button", name="Select all shown").click()
    await expect(page.locator("#selection")).to_contain_text(f"{len(SHOWN)} selected")

    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
