"""The page of a track without a browser."""

from __future__ import annotations

import dataclasses

import pytest

from soundforge import errors
from soundforge.live.bus import Notice
from soundforge.live.testing import PageDriver
from soundforge.web.pages.track import TrackPage
from soundforge.web.studio import ErrorView, NotesView, SeparationView, SongUrls, StageView
from tests.fakes.library import library
from tests.fakes.models import MODELS
from tests.fakes.studio import FakeStudio
from tests.fakes.tracks import SOUND, being_separated, separated


async def mounted(studio, track_id="salt"):
    return await PageDriver.mount(TrackPage(lambda _: studio), params={"track_id": track_id})


NEWS = Notice("tracks:salt", "track_changed", {"id": "salt"})


async def test_a_finished_track_has_its_desk_its_numbers_and_its_files():
    html = (await mounted(FakeStudio(library()))).html()

    for said in ("M, mute vocals", "S, solo bass", "A minor", "122.0", "2.4 kHz", "Strongest: A"):
        assert said in html
    for said in ("LUFS", "dBTP", "0:14 B, verse", "Am F C G"):
        assert said in html
    assert 'href="/fake/stems/drums/file" download' in html
    assert 'href="/fake/stems/drums/file?format=wav" download' in html
    assert 'href="/fake/stems.zip?format=wav" download' in html
    assert 'href="/fake/stems.zip" download' in html
    assert 'data-chunks-url="/fake/4/25.0/stems/vocals/chunks" data-peaks-url' in html
    assert 'data-chunk-s="4"' in html


async def test_the_mix_without_a_stem_is_offered_with_how_well_they_add_up():
    html = (await mounted(FakeStudio(library()))).html()

    assert 'href="/fake/mix?without=vocals" download aria-label="Without vocals"' in html
    assert "HT Demucs, 4 stems, " in html
    assert "all 1.3 dB quieter, so that none of them clips." in html
    assert "The stems add up to the mix: what none of them holds is 134 dB below it." in html
    assert "?without=vocals&amp;without=drums&amp;without=bass&amp;without=other" in html
    assert "made before" not in html


async def test_stems_that_were_made_before_are_said_to_be():
    studio = FakeStudio(library())
    of_before = SeparationView("/fake/mix", is_reused=True)
    studio.all["salt"] = dataclasses.replace(studio.all["salt"], separation=of_before)

    html = (await mounted(studio)).html()

    assert "They were made before, from the same audio." in html
    assert "add up" not in html


async def test_a_track_at_work_says_how_far_it_is():
    html = (await mounted(FakeStudio(library()), "kettle")).html()

    assert "Separating, 43%" in html
    assert "give or take 20 s" in html
    assert 'phx-value-id="job-kettle"' in html


async def test_without_a_recording_nothing_can_be_started():
    html = (await mounted(FakeStudio(library()), "lantern")).html()

    assert "Try again" in html
    assert "Only a live version was found" in html
    assert "Separate with" not in html


async def test_what_was_found_can_be_taken_along():
    html = (await mounted(FakeStudio(library()))).html()

    for href in (
        "chords?format=txt&amp;labels=full&amp;transpose=0",
        "chords?format=csv",
        "beats?format=csv",
        "sections?format=labels",
        "cues?format=csv",
        "loops?format=labels",
    ):
        assert f'href="/fake/song/{href}' in html
    for href in ("analysis", "curves"):
        assert f'href="/fake/song/{href}" download' in html
    assert 'href="/fake/song/loops?format=json" target="_blank"' in html
    assert "Write them down" in html
    assert "Download MIDI" not in html


async def test_chords_in_files_are_named_as_one_chooses():
    driver = await mounted(FakeStudio(library()))

    await driver.page.handle_event("names", {"labels": "simple", "transpose": "-2"})

    html = driver.html()
    assert "chords?format=csv&amp;labels=simple&amp;transpose=-2" in html
    assert '<option value="-2" selected>Down 2</option>' in html


async def test_files_are_of_the_version_on_the_desk():
    driver = await mounted(FakeStudio(library()))

    await driver.page.handle_event("version", {"id": "job-slow"})

    html = driver.html()
    assert 'href="/fake/song/beats?format=csv&amp;version=job-slow"' in html
    assert 'href="/fake/song/analysis" download' in html
    assert "the MIDI file and the whole analysis stay as recorded" in html


async def test_notes_are_asked_for_and_their_progress_is_told():
    studio = FakeStudio(library())
    driver = await mounted(studio)

    await driver.page.handle_event("notes", {"quantise": "1/16"})

    html = driver.html()
    assert studio.calls == [("notes", "salt", "1/16")]
    assert "Writing notes, 40%." in html
    assert 'phx-value-id="job-notes" aria-label="Cancel writing notes"' in html
    assert "Write them down" not in html


async def test_notes_of_chosen_stems_alone_are_asked_for():
    studio = FakeStudio(library())
    driver = await mounted(studio)

    await driver.page.handle_event("noting", {"stems": ["", "bass"], "quantise": "1/8"})
    html = driver.html()
    await driver.page.handle_event("notes", {"stems": ["", "bass"], "quantise": "1/8"})

    assert 'name="stems[]" value="bass" checked' in html
    assert 'name="stems[]" value="drums" checked' not in html.split('id="notes"')[1]
    assert '<option value="1/8" selected>' in html
    assert studio.calls == [("notes", "salt", "1/8", "bass")]


async def test_all_stems_are_as_good_as_none_named():
    studio = FakeStudio(library())
    driver = await mounted(studio)

    await driver.page.handle_event("notes", {"stems": ["", "vocals", "drums", "bass", "other"]})

    assert studio.calls == [("notes", "salt", "")]


async def test_notes_of_no_stem_are_refused_in_words():
    studio = FakeStudio(library())
    driver = await mounted(studio)

    await driver.page.handle_event("notes", {"stems": [""]})

    assert studio.calls == []
    assert driver.page.notices[0].code == "no_stem_chosen"


async def test_the_better_chords_say_what_they_cost_before_they_are_asked_for():
    studio = FakeStudio(library())
    driver = await mounted(studio, "ready-0")
    assert "Chords cost no time of their own this way." in driver.html()

    await driver.page.handle_event("analysing", {"chords": "best"})
    html = driver.html()
    await driver.page.handle_event("analyse", {"chords": "best"})

    assert "That takes about 15 s more, and a download of 27 MB the first time." in html
    assert '<option value="best" selected>' in html
    assert studio.calls == [("analyze", "ready-0", "best")]


@pytest.mark.parametrize("chords", ["", "perfect", None, ["best"]])
async def test_an_engine_that_nobody_knows_is_the_quick_one(chords):
    studio = FakeStudio(library())
    driver = await mounted(studio)

    await driver.page.handle_event("analyse", {"chords": chords})

    assert studio.calls == [("analyze", "salt", "fast")]


async def test_a_song_whose_chords_were_named_well_is_offered_that_again():
    studio = FakeStudio(library())
    sound = dataclasses.replace(SOUND, chord_engine="best", chord_confidence=0.912)
    studio.all["salt"] = dataclasses.replace(studio.all["salt"], sound=sound)

    html = (await mounted(studio)).html()

    assert '<option value="best" selected>' in html
    assert "by five networks, 91% sure" in html


async def test_figures_say_how_sure_they_are():
    html = (await mounted(FakeStudio(library()))).html()

    assert "122.0 BPM, 94% sure" in html
    assert "4 beats to the bar, 82% sure" in html
    assert "clear: 0.18 ahead of C major" in html
    assert "Open Key 1m. Mixes well with 7A, 9A and 8B." in html
    assert "unsure" not in html


async def test_what_is_not_sure_is_not_told_as_a_fact():
    studio = FakeStudio(library())
    doubted = dataclasses.replace(
        SOUND, tempo_confidence=0.1, beats_per_bar=None, key_margin=0.02, keys=()
    )
    studio.all["salt"] = dataclasses.replace(studio.all["salt"], sound=doubted)

    html = (await mounted(studio)).html()

    assert "about 122 BPM, a guess (10% sure)" in html
    assert "A minor, or C major" in html
    assert "beats to the bar" not in html
    assert "4/4" not in html


async def test_cue_points_and_loops_are_listed_with_what_they_are():
    html = (await mounted(FakeStudio(library()))).html()

    assert 'data-act="cue" data-start-s="12.0" data-kind="drop"' in html
    assert 'data-act="found" data-start-s="12.0" data-end-s="16.0"' in html
    assert "91% alike" in html


async def test_a_version_has_its_own_cue_points():
    driver = await mounted(FakeStudio(library()))
    before = driver.html()

    await driver.page.handle_event("version", {"id": "job-slow"})

    assert 'id="landmarks-analysis-recorded"' in before
    assert 'id="landmarks-analysis-job-slow"' in driver.html()
    assert 'data-act="cue" data-start-s="15.0" data-kind="drop"' in driver.html()


async def test_the_desk_has_room_for_its_lanes_before_they_are_drawn():
    html = (await mounted(FakeStudio(library()))).html()
    bare = (await mounted(FakeStudio(library()), "ready-1")).html()

    assert 'data-lane="cues" hidden' not in html
    assert 'data-lane="cues" hidden' in bare
    assert 'style="--from: 0; --span: 25.0"' in html


async def test_notes_that_are_there_are_a_file_with_what_is_in_it():
    studio = FakeStudio(library())
    notes = NotesView(StageView("transcribe", "completed"), "/fake/midi", (("Bass", 7),), "1/8")
    studio.all["salt"] = dataclasses.replace(studio.all["salt"], notes=notes)

    html = (await mounted(studio)).html()

    assert 'href="/fake/midi" download' in html
    assert "Bass 7 notes, on eighths." in html
    assert "Write them again" in html


async def test_notes_that_failed_say_why_and_can_be_asked_for_again():
    studio = FakeStudio(library())
    error = ErrorView("weights_unreachable", "The network could not be fetched.", "Retry.")
    notes = NotesView(StageView("transcribe", "failed", "job-notes", error=error))
    studio.all["salt"] = dataclasses.replace(studio.all["salt"], notes=notes)

    html = (await mounted(studio)).html()

    assert "The network could not be fetched." in html
    assert "weights_unreachable" in html
    assert "Write them down" in html


async def test_without_beats_there_is_no_grid():
    studio = FakeStudio(library())
    studio.all["salt"] = dataclasses.replace(studio.all["salt"], urls=SongUrls())

    html = (await mounted(studio)).html()

    assert "As they were played" in html
    assert "On eighths" not in html
    assert "Analyse the track to have a grid." in html


async def test_a_version_takes_the_desk_with_its_own_files():
    driver = await mounted(FakeStudio(library()))

    await driver.page.handle_event("version", {"id": "job-slow"})

    html = driver.html()
    assert 'id="player-job-slow"' in html
    assert 'data-timeline-url="/fake/song/timeline?version=job-slow"' in html
    assert "in G minor" in html
    assert "at 97.6 BPM" in html
    assert "The mix without" not in html


@pytest.mark.parametrize("version", ["", "job-gone", None, "x" * 9999])
async def test_without_such_a_version_the_song_as_recorded_is_on_the_desk(version):
    driver = await mounted(FakeStudio(library()))

    await driver.page.handle_event("version", {"id": version})

    assert 'id="player-job-separate"' in driver.html()


async def test_a_version_that_cannot_be_made_is_explained():
    studio = FakeStudio(library())
    driver = await mounted(studio)

    async def refuse(*_, **__):
        raise errors.Invalid("rate_out_of_range", "That is too fast.", "Choose a slower one.")

    studio.warp = refuse
    await driver.page.handle_event("warp", {"_target": "bpm", "bpm": "999"})

    assert driver.page.notices[0].code == "rate_out_of_range"
    assert "Choose a slower one." in driver.html()


async def test_the_controls_go_back_to_how_the_song_is():
    driver = await mounted(FakeStudio(library()))
    await driver.page.handle_event("warping", {"_target": "percent", "percent": "80"})
    assert "80%" in driver.html()

    await driver.page.handle_event("warp_reset", {})

    assert not driver.page.wanted.is_change
    assert "Reset" not in driver.html()


async def test_an_unknown_track_is_not_found():
    with pytest.raises(errors.NotFound):
        await mounted(FakeStudio(), "nope")


async def test_a_model_that_is_not_here_is_explained_and_can_be_fetched():
    html = (await mounted(FakeStudio(library()))).html()

    assert "Fetch HT Demucs, 4 stems" in html
    assert "84 MB to fetch" in html
    assert "for scientific purposes only" in html
    assert 'href="https://example.org/licence"' in html


async def test_a_preset_says_what_it_comes_to_here():
    driver = await mounted(FakeStudio(library()))

    await driver.page.handle_event("choose", {"model": "best"})

    html = driver.html()
    assert '<option value="best" selected>Best</option>' in html
    assert "HT Demucs is not installed; Spleeter stands in. Spleeter, 2 stems makes" in html


async def test_separating_again_takes_the_model():
    studio = FakeStudio(library())
    driver = await mounted(studio)

    await driver.page.handle_event("separate", {"model": MODELS[0].name})

    assert studio.calls == [("separate", "salt", "spleeter_2stems")]


def separate_form(driver):
    """Return the form that asks for a separation, and what follows it on the page."""
    return driver.html().split('id="again"')[1]


async def test_only_some_stems_are_asked_for():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    assert separate_form(driver).count('name="stems[]" value="vocals" checked') == 1
    form = {"model": "spleeter_2stems", "stems": ["", "vocals"]}

    await driver.page.handle_event("choose", {"_target": "stems[]", **form})

    html = separate_form(driver)
    assert 'value="vocals" checked' in html
    assert 'value="accompaniment" checked' not in html
    await driver.page.handle_event("separate", form)
    assert studio.calls == [("separate", "salt", "spleeter_2stems", "vocals")]


async def test_another_model_begins_with_all_of_its_stems():
    driver = await mounted(FakeStudio(library()))
    await driver.page.handle_event("choose", {"model": "best", "stems": [""], "_target": "stems[]"})
    assert "Check at least one stem." in separate_form(driver)

    await driver.page.handle_event(
        "choose", {"model": "instant", "stems": [""], "_target": "model"}
    )

    assert 'value="vocals" checked' in separate_form(driver)
    assert "Check at least one stem." not in separate_form(driver)


async def test_no_stem_at_all_is_not_separated():
    studio = FakeStudio(library())
    driver = await mounted(studio)

    await driver.page.handle_event("separate", {"model": "best", "stems": [""]})

    assert studio.calls == []
    assert driver.page.notices[0].code == "no_stem_chosen"


async def test_files_at_the_recordings_rate_are_offered_where_that_is_another():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    assert "own rate" not in driver.html()
    studio.put(dataclasses.replace(studio.all["salt"], sample_rate_hz=48_000))
    await driver.page.handle_info(NEWS)
    assert "48.0 kHz, not the model's 44.1 kHz" in driver.html().replace("&#39;", "'")

    await driver.page.handle_event("separate", {"sample_rate": "source"})

    assert studio.calls == [("separate", "salt", "", "source")]


async def test_news_is_read_again():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    studio.all["salt"] = dataclasses.replace(studio.all["salt"], title="Salt, mended")

    await driver.page.handle_info(NEWS)

    assert "Salt, mended" in driver.html()
    assert driver.page.title.startswith("Salt, mended")


async def test_when_the_track_is_deleted_elsewhere_the_page_goes_home():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    await studio.delete_track("salt")

    await driver.page.handle_info(NEWS)

    assert driver.page.live_state.navigation.to == "/"


async def test_deleting_leads_to_the_library_with_the_way_back():
    studio = FakeStudio(library())
    driver = await mounted(studio)

    await driver.page.handle_event("delete", {})

    assert "salt" in studio.bin
    assert driver.page.live_state.navigation.to == "/?deleted=salt"


async def test_another_set_of_stems_is_another_player():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    assert 'id="player-job-separate"' in driver.html()
    track = studio.all["salt"]
    stems = tuple(dataclasses.replace(stem, job_id="job-again") for stem in track.stems)
    studio.all["salt"] = dataclasses.replace(track, stems=stems)

    await driver.page.handle_info(NEWS)

    assert 'id="player-job-again"' in driver.html()


async def test_stems_can_be_played_before_they_are_finished():
    html = (await mounted(FakeStudio([being_separated(108, 252)]), "rising")).html()

    assert "The first 1:48 is ready." in html
    assert 'id="player-job-separate"' in html
    assert 'data-ready-s="108"' in html
    assert "Download vocals" not in html


async def test_before_anything_can_be_played_there_is_no_desk():
    html = (await mounted(FakeStudio([being_separated(0)]), "rising")).html()

    assert "is ready." not in html
    assert 'id="player-' not in html


async def test_finished_stems_take_their_place_in_the_same_player():
    studio = FakeStudio([being_separated(20)])
    driver = await mounted(studio, "rising")
    studio.put(separated())

    await driver.page.handle_info(Notice("tracks:rising", "track_changed", {"id": "rising"}))

    html = driver.html()
    assert "is ready." not in html
    assert 'id="player-job-separate"' in html
    assert 'data-ready-s="25.0"' in html


async def test_a_place_in_line_stays_true_while_the_track_waits():
    waits = StageView("separate", "queued", "job-1", queue_position=3)
    studio = FakeStudio(
        [dataclasses.replace(library()[0], id="t", state="queued", stages=(waits,))]
    )
    driver = await mounted(studio, "t")
    assert "3rd in line" in driver.html()

    studio.all["t"] = dataclasses.replace(
        studio.all["t"], stages=(dataclasses.replace(waits, queue_position=1),)
    )
    await driver.page.handle_info(Notice("queue", "queue_moved", {}))

    assert "next in line" in driver.html()


async def test_a_track_that_does_not_wait_is_not_read_for_the_queue():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    studio.all["salt"] = dataclasses.replace(studio.all["salt"], title="Not read")

    await driver.page.handle_info(Notice("queue", "queue_moved", {}))

    assert "Not read" not in driver.html()
    news = Notice("tracks:salt", "track_changed", {"id": "salt"})
    assert driver.page.merge_key(news) != driver.page.merge_key(Notice("queue", "queue_moved", {}))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"message": "Fetching Spleeter, 41 of 89 MB"}, "Fetching Spleeter, 41 of 89 MB."),
        ({"message": "Waits for memory: 5.9 GB needed"}, "Waits for memory: 5.9 GB needed."),
        ({"message": "separating", "eta_s": 33.0, "eta_error_s": 4.0}, "About 35 s left"),
        ({"message": "separating", "progress": 3}, "Measuring how long it takes"),
    ],
)
async def test_until_the_work_begins_the_page_says_what_is_done_instead(told, said):
    stage = StageView("separate", "processing", "job-1", **told)
    studio = FakeStudio(
        [dataclasses.replace(library()[0], id="t", state="working", stages=(stage,))]
    )

    assert said in (await mounted(studio, "t")).html()
