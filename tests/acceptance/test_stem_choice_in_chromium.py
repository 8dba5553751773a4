"""Choosing stems in a real browser: what is unchecked stays so, and is not asked for."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.asyncio(loop_scope="module")


def stem(page, name):
    return page.get_by_role("group", name="Stems to make").get_by_label(name)


async def asked(site):
    """Return what the page asked for, once it did."""
    async with asyncio.timeout(5):
        while not site.studio.calls:
            await asyncio.sleep(0.02)
    return site.studio.calls[-1]


async def test_only_the_checked_stems_are_asked_for(open_page, site):
    page = await open_page("/tracks/salt")
    again = page.get_by_role("button", name="Separate again")

    await stem(page, "Accompaniment").uncheck()
    await stem(page, "Vocals").uncheck()

    await expect(again).to_be_disabled()
    await expect(page.locator("#again")).to_contain_text("Check at least one stem.")
    await stem(page, "Vocals").check()
    await expect(again).to_be_enabled()
    site.studio.put(dataclasses.replace(site.studio.all["salt"], title="Salt, told anew"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Salt, told anew")
    await expect(stem(page, "Accompaniment")).not_to_be_checked()
    await again.click()

    assert await asked(site) == ("separate", "salt", "spleeter_2stems", "vocals")


async def test_another_model_is_offered_with_all_of_its_stems_at_both_rates(open_page, site):
    salt = dataclasses.replace(site.studio.all["salt"], sample_rate_hz=48_000)
    site.studio.put(salt)
    page = await open_page("/tracks/salt")
    await stem(page, "Accompaniment").uncheck()
    await page.get_by_label("Files at the recording's own rate").check()

    await page.get_by_label("Separate with").select_option("best")

    await expect(stem(page, "Accompaniment")).to_be_checked()
    await expect(page.get_by_label("Files at the recording's own rate")).to_be_checked()
    await page.get_by_role("button", name="Separate again").click()

    _, _, model, *stems, rate = await asked(site)
    assert (model, sorted(stems), rate) == ("best", ["accompaniment", "vocals"], "source")
