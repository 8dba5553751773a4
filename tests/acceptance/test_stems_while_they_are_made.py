"""A separation that runs is heard: the page plays what is made, and waits for the rest."""

import asyncio

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.acceptance.listening import listen, position_s, reaches, state_is
from tests.fakes.studio import FakeStudio
from tests.fakes.tracks import being_separated, separated

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def studio():
    return FakeStudio([being_separated(8)])


@pytest_asyncio.fixture(loop_scope="module")
async def page(open_page, site):
    site.clicks.made_s = 8
    return await open_page("/tracks/rising")


@pytest.fixture
def make(site, studio):
    """Let so much be made."""

    def made(ready_s):
        site.clicks.made_s = ready_s
        studio.put(being_separated(ready_s) if ready_s < 25 else separated())

    return made


async def test_what_is_ready_is_said_and_drawn(page):
    await expect(page.locator("#ready-so-far")).to_contain_text("The first 0:08 is ready.")
    await expect(page.locator("[data-length]")).to_have_text("0:08 playable")
    assert (
        await page.locator("[data-front]").evaluate("e => e.style.getPropertyValue('--at')") == "8"
    )


async def test_more_joins_without_a_gap_and_the_finished_stems_take_over_unheard(page, make):
    await listen(page)
    await page.evaluate("document.querySelector('.player').engine.seek(5)")
    await page.click("[data-act=play]")
    await reaches(page, 6)

    make(20)
    await reaches(page, 12)
    make(25)
    await expect(page.locator("#ready-so-far")).to_have_count(0)
    await reaches(page, 22)

    heard = await page.evaluate("window.heard")
    assert heard[0] == heard[1] == heard[2] == heard[3]
    assert {b - a for a, b in zip(heard[0], heard[0][1:], strict=False)} == {22_050}
    await expect(page.locator("[data-length]")).to_have_text("of 0:25")
    await expect(page.locator("[data-front]")).to_be_hidden()


async def test_where_nothing_is_made_yet_the_player_waits(page, make):
    await page.evaluate("document.querySelector('.player').engine.seek(7)")
    await page.click("[data-act=play]")

    await state_is(page, "buffering")
    assert await position_s(page) == 8
    make(20)

    await state_is(page, "playing")
    await reaches(page, 8.5)


async def test_the_player_may_be_set_where_nothing_is_made_yet(page, make):
    await page.evaluate("document.querySelector('.player').engine.seek(15)")
    await page.click("[data-act=play]")
    await state_is(page, "buffering")
    await expect(page.locator("[data-said]")).to_have_text("Waiting for the next seconds…")

    make(25)

    await state_is(page, "playing")
    assert await position_s(page) >= 15


async def test_the_page_is_accessible_while_stems_come(page, violations):
    assert await violations(page) == []


async def test_the_waves_grow(page, make):
    inked = """() => {
      const canvas = document.querySelector(".lane canvas");
      const at = Math.round(canvas.width * 0.65);
      const column = canvas.getContext("2d").getImageData(at, 0, 20, canvas.height).data;
      return column.filter((v, i) => i % 4 === 3 && v > 0).length;
    }"""
    before = await page.evaluate(inked)

    make(20)

    async with asyncio.timeout(10):
        while await page.evaluate(inked) <= 2 * before:
            await asyncio.sleep(0.05)
