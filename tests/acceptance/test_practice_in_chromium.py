"""Tempo, pitch and versions on a track's page, in a real browser."""

from __future__ import annotations

import dataclasses

import pytest
import pytest_asyncio
from playwright.async_api import expect

from soundforge.web.studio import NotesView, StageView
from tests.acceptance.listening import STATE, becomes_true, position_s, reaches, state_is
from tests.fakes.tracks import versions

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def page(open_page):
    return await open_page("/tracks/salt")


async def test_tempo_and_pitch_are_told_in_the_musicians_words(page, site):
    await page.fill("#warp-bpm", "97.6")
    await expect(page.locator("#warp output")).to_have_text("80%")
    await page.select_option("#warp-pitch", "-2")
    await expect(page.locator("#warp-pitch")).to_have_value("-2")
    await page.locator("#warp-percent").fill("75")
    await expect(page.locator("#warp-bpm")).to_have_value("91.5")

    await page.get_by_role("button", name="Make this version").click()

    await expect(page.locator("#practice")).to_contain_text("Changing tempo and pitch, 25%.")
    assert site.studio.calls == [("warp", "salt", "0.75", "-2", "False")]
    await page.get_by_role("button", name="Cancel changing tempo and pitch").click()


async def test_a_version_that_was_asked_for_comes_onto_the_desk_by_itself(page, site):
    await page.locator("#warp-percent").fill("75")
    await page.get_by_role("button", name="Make this version").click()
    await expect(page.locator("#practice")).to_contain_text("25%")
    track = site.studio.all["salt"]
    made = dataclasses.replace(
        versions()[0], job_id="job-new", stems=tuple(
            dataclasses.replace(stem, job_id="job-new") for stem in track.stems
        )
    )  # fmt: skip

    site.studio.put(dataclasses.replace(track, warp=None, versions=(made, *track.versions)))

    await expect(page.locator("#player-job-new")).to_be_visible()
    await page.click("[data-act=play]")
    await state_is(page, "playing")


async def test_versions_are_chosen_played_and_left(page):
    await page.get_by_role("button", name="80%, down 2").click()
    await expect(page.locator("#player-job-slow")).to_be_visible()
    await expect(page.locator("#on-desk")).to_contain_text("in G minor, at 97.6 BPM")
    await expect(page.locator(".sec")).to_have_count(4)
    await page.click("[data-act=play]")
    await state_is(page, "playing")

    await page.locator("#on-desk").get_by_role("button", name="As recorded").click()

    await expect(page.locator("#player-job-separate")).to_be_visible()
    await expect(page.locator("#on-desk")).to_have_count(0)


async def on_desk(page, version):
    await page.locator("#practice").get_by_role("button", name=version).click()


async def test_another_version_goes_on_where_the_song_was(page):
    await expect(page.locator(".flag")).to_have_count(5)
    await page.evaluate("document.querySelector('.player').engine.seek(12)")
    await page.get_by_role("button", name="M, mute drums").click()
    await page.get_by_role("slider", name="Bass level").fill("60")

    await on_desk(page, "80%, down 2")
    await expect(page.locator("#player-job-slow")).to_be_visible()

    # The drop is at 12 s of the song, at 15 s where it runs at 80 %.
    await becomes_true(page, "document.querySelector('.player').engine.position === 15")
    await expect(page.locator(".sec[aria-current]")).to_have_text("Chorus")
    await expect(page.get_by_role("button", name="M, mute drums")).to_have_attribute(
        "aria-pressed", "true"
    )
    await expect(page.get_by_role("slider", name="Bass level")).to_have_value("60")
    await on_desk(page, "As recorded")
    await becomes_true(page, "document.querySelector('.player').engine.position === 12")


async def test_what_plays_goes_on_playing_in_another_version(page):
    await expect(page.locator(".flag")).to_have_count(5)
    await page.evaluate("document.querySelector('.player').engine.seek(8)")
    await page.click("[data-act=play]")
    await state_is(page, "playing")

    await on_desk(page, "80%, down 2")
    await expect(page.locator("#player-job-slow")).to_be_visible()

    await state_is(page, "playing")
    assert 10 <= await position_s(page) < 13


async def test_what_is_repeated_and_how_near_it_is_seen_stay_too(page):
    await expect(page.locator(".flag")).to_have_count(5)
    await page.get_by_role("button", name="Loop 2 bars from 0:12").first.click()
    await page.keyboard.press("+")
    before = await page.eval_on_selector(STATE, "e => e.view.span")

    await on_desk(page, "80%, down 2")
    await expect(page.locator("#player-job-slow")).to_be_visible()

    await expect(page.locator("[data-act=loop]")).to_have_text("Loop bars 7 to 8")
    loop = await page.eval_on_selector(STATE, "e => e.engine.loop")
    assert loop == {"start": 15, "end": 20}
    span = await page.eval_on_selector(STATE, "e => e.view.span")
    assert span == pytest.approx(before / 0.8)


async def test_who_comes_back_to_the_page_begins_at_the_start(page):
    await page.click("[data-act=play]")
    await reaches(page, 0.5)

    await page.get_by_role("link", name="Back to the library").click()
    await page.get_by_role("link", name="Salt on the Wire").click()
    await expect(page.locator(".flag")).to_have_count(5)

    await state_is(page, "idle")
    assert await position_s(page) == 0


async def test_the_tempo_is_tried_as_on_a_tape(page):
    await page.locator("#warp-percent").fill("80")
    await expect(page.locator("#warp output")).to_have_text("80%")
    tape = page.locator("#tape")

    await tape.click()
    await expect(tape).to_have_text("Back to the recorded tempo")
    assert await page.eval_on_selector(STATE, "e => e.engine.rate") == 0.8
    await page.locator("#warp-percent").fill("90")
    await becomes_true(page, "document.querySelector('.player').engine.rate === 0.9")
    await tape.click()

    assert await page.eval_on_selector(STATE, "e => e.engine.rate") == 1


async def test_notes_are_written_down_on_demand_and_downloaded(page, site):
    await page.select_option("#notes-grid", "1/8")
    await page.get_by_role("button", name="Write them down").click()
    await expect(page.locator("#export")).to_contain_text("Writing notes, 40%.")

    done = NotesView(StageView("transcribe", "completed"), "/fake/midi", (("Bass", 7),), "1/8")
    site.studio.put(dataclasses.replace(site.studio.all["salt"], notes=done))

    await expect(page.get_by_role("link", name="Download MIDI")).to_have_attribute(
        "href", "/fake/midi"
    )
    await expect(page.locator("#export")).to_contain_text("Bass 7 notes, on eighths.")
    assert site.studio.calls == [("notes", "salt", "1/8")]


async def test_notes_of_a_single_stem_are_asked_for(page, site):
    stems = page.get_by_role("group", name="Stems to write down")
    for label in ("Vocals", "Drums", "Other"):
        await stems.get_by_label(label).uncheck()
    await stems.get_by_label("Bass").uncheck()
    await expect(page.get_by_role("button", name="Write them down")).to_be_disabled()
    await stems.get_by_label("Bass").check()

    await page.get_by_role("button", name="Write them down").click()

    await expect(page.locator("#export")).to_contain_text("Writing notes, 40%.")
    assert site.studio.calls == [("notes", "salt", "", "bass")]


async def test_better_chords_are_asked_for_once_their_cost_is_told(page, site):
    await page.select_option("#analyse-chords", "best")
    await expect(page.locator(".studio")).to_contain_text("a download of 27 MB the first time")

    await page.get_by_role("button", name="Analyse again").click()

    await expect(page.locator("#analyse-chords")).to_have_value("best")
    assert site.studio.calls == [("analyze", "salt", "best")]
