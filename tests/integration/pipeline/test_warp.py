"""Versions by request: other stems beside the old ones, made once, and only the newest few."""

import pytest
import soundfile

from soundforge import errors
from soundforge.library import jobs, stems, tracks, versions
from soundforge.pipeline import actions, plans, warp
from soundforge.storage import layout
from tests.fixtures import audio, songs
from tests.plugins.pipeline import ended

FEATURES = {**songs.FEATURES, "tempo": {"bpm": 120.0}, "key": {"name": "A minor"}}
KEY = "ab" * 32


@pytest.fixture
async def node(make_node):
    made = await make_node(warp.STAGE)
    async with made.working():
        yield made


@pytest.fixture
async def track_id(node, owner_id):
    signals = {"bass": audio.tone(2.0, 110.0), "drums": audio.clicks(2.0)}
    return await songs.ready(node.tools, owner_id, signals, features=FEATURES, content_key=KEY)


@pytest.fixture
def make(node, owner_id, track_id):
    async def run(**wanted):
        job = await actions.run_stage(node.tools, owner_id, track_id, plans.warp(**wanted))
        return await ended(node.tools, job.id, timeout_s=60)

    return run


async def stems_of(node, job):
    async with node.tools.database.transaction() as session:
        return {stem.stem_type: stem for stem in await stems.of_job(session, job.id)}


async def test_a_version_has_stems_of_its_own_and_the_track_keeps_its(
    node, owner_id, track_id, make
):
    job = await make(bpm=96, semitones=-2)

    assert (job.status, job.error_code) == ("completed", None)
    assert (job.options["rate"], job.options["semitones"]) == (0.8, -2.0)
    made = await stems_of(node, job)
    assert set(made) == {"bass", "drums"}
    for stem in made.values():
        assert stem.duration_s == 2.5
        path = node.tools.storage.path(stem.file_path)
        assert soundfile.info(path).frames == round(2.5 * audio.RATE_HZ)
        assert node.tools.storage.path(layout.stem_chunk(job.id, stem.stem_type, 0)).is_file()
    assert node.tools.storage.path(layout.warped_mix(job.id)).is_file()
    async with node.tools.database.transaction() as session:
        track = await tracks.get(session, owner_id, track_id)
        assert {stem.duration_s for stem in tracks.newest_stems(track)} == {2.0}
        assert (await tracks.counts(session, owner_id))["ready"] == 1


async def test_the_same_version_is_made_once(node, make):
    first, again = await make(rate=2), await make(rate=2)

    assert again.results["reused_from"] == str(first.id)
    ones, others = await stems_of(node, first), await stems_of(node, again)
    assert ones.keys() == others.keys()
    for name in ones:
        paths = [node.tools.storage.path(found[name].file_path) for found in (ones, others)]
        assert paths[0].stat().st_ino == paths[1].stat().st_ino


async def test_an_even_pulse_lies_on_the_bars(node, make):
    job = await make(rate=0.5, is_steady=True)

    made = await stems_of(node, job)
    assert made["drums"].duration_s == pytest.approx(4.0)


async def test_only_the_newest_few_are_kept(node, owner_id, track_id):
    async with node.tools.database.transaction() as session:
        rows = [{"track_id": track_id, "stage": "warp"}] * 6
        added = await jobs.add_many(session, rows)
        for job in added[:-1]:
            job.status = "completed"
        added[0].status = "failed"
    async with node.tools.database.transaction() as session:
        gone = await versions.keep_newest(session, track_id, keep=2)
    async with node.tools.database.transaction() as session:
        track = await tracks.get(session, owner_id, track_id)
        left = [job.status for job in track.jobs if job.stage == "warp"]

    assert gone == 3
    assert sorted(left) == ["completed", "completed", "queued"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"rate": 0.2}, "rate_out_of_range"),
        ({"bpm": 1000}, "rate_out_of_range"),
        ({"bpm": 0}, "tempo_invalid"),
        ({"bpm": -1}, "tempo_invalid"),
        ({"semitones": 25}, "shift_out_of_range"),
        ({"key": "H sharp"}, "key_unknown"),
        ({"rate": 1.0}, "warp_unclear"),
        ({"key": "C major"}, "warp_unclear"),
    ],
)
async def test_what_cannot_be_is_refused_before_it_is_begun(node, owner_id, track_id, wanted, code):
    with pytest.raises(errors.Invalid) as refusal:
        await actions.run_stage(node.tools, owner_id, track_id, plans.warp(**wanted))

    assert refusal.value.code == code
    assert refusal.value.next_step


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"bpm": 100}, "tempo_unknown"),
        ({"key": "A minor"}, "key_unknown"),
        ({"is_steady": True}, "downbeats_needed"),
    ],
)
async def test_what_is_not_known_of_the_song_cannot_be_started_from(node, owner_id, wanted, code):
    track_id = await songs.ready(node.tools, owner_id, {"bass": audio.silence()}, features={})

    with pytest.raises(errors.Invalid) as refusal:
        await actions.run_stage(node.tools, owner_id, track_id, plans.warp(**wanted))

    assert refusal.value.code == code


async def test_bars_that_are_not_sure_are_not_evened_out(node, owner_id):
    doubted = {"beats": {**songs.BEATS, "bar_confidence": 0.1}}
    track_id = await songs.ready(node.tools, owner_id, {"bass": audio.silence()}, features=doubted)

    with pytest.raises(errors.Invalid) as refusal:
        await actions.run_stage(node.tools, owner_id, track_id, plans.warp(is_steady=True))

    assert refusal.value.code == "downbeats_needed"


async def test_a_warp_needs_stems(node, owner_id):
    track_id = await songs.add(node.tools, owner_id)

    with pytest.raises(errors.Conflict) as refusal:
        await actions.run_stage(node.tools, owner_id, track_id, plans.warp(rate=2))

    assert refusal.value.code == "no_stems"
