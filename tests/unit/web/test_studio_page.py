"""What all pages do alike."""

from __future__ import annotations

import pytest

from soundforge import errors
from soundforge.live.testing import PageDriver
from soundforge.web.pages.library import LibraryPage
from tests.fakes.library import library
from tests.fakes.studio import FakeStudio


@pytest.fixture
async def driver():
    studio = FakeStudio(library())
    return await PageDriver.mount(LibraryPage(lambda _: studio))


async def test_a_failure_becomes_a_notice_with_its_code(driver):
    await driver.page.handle_event("cancel", {"id": "job-of-nobody"})

    assert "There is no such job." in driver.html()
    assert "job_not_found" in driver.html()


async def test_a_notice_can_be_dismissed(driver):
    await driver.page.handle_event("cancel", {"id": "job-of-nobody"})

    await driver.page.handle_event("dismiss", {"id": driver.page.notices[0].id})

    assert "There is no such job." not in driver.html()


async def test_notices_do_not_pile_up(driver):
    for _ in range(9):
        await driver.page.handle_event("cancel", {})

    assert len(driver.page.notices) == 4


@pytest.mark.parametrize("event", ["", "mount", "__init__", "_cancel", "x" * 500])
async def test_an_unknown_event_is_refused(driver, event):
    with pytest.raises(errors.Invalid, match="knows no event"):
        await driver.page.handle_event(event, {})


@pytest.mark.parametrize("value", [{}, {"id": None}, {"id": ["a"]}, {"id": "x" * 10_000}])
async def test_hostile_ids_are_answered_like_unknown_ones(driver, value):
    await driver.page.handle_event("retry", value)

    assert driver.page.notices[0].code == "job_not_found"
