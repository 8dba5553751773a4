"""Notes by request: a MIDI file once, whatever its job's end; the same again costs nothing."""

import mido
import pytest

from soundforge import errors
from soundforge.audio import transcriber
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.library import tracks
from soundforge.pipeline import actions, plans, transcribe
from soundforge.storage import layout
from tests.fixtures import audio, songs, tunes
from tests.plugins.pipeline import ended

KEY = "ef" * 32


class CountingEngine:
    """The real one; it says what it ran."""

    def __init__(self):
        self.real = Engine()
        self.ran = []

    async def run(self, name, *args, **more):
        self.ran.append(name)
        return await self.real.run(name, *args, **more)


@pytest.fixture
def engine():
    return CountingEngine()


@pytest.fixture
async def node(make_node, models_dir, engine):
    made = await make_node(transcribe.STAGE, engine=engine, models=Models(models_dir, engine))
    async with made.working():
        yield made


@pytest.fixture
def line():
    return tunes.line([28, 31, 33, 35], each_s=0.5)


@pytest.fixture
async def track_id(node, owner_id, line):
    signals = {"bass": tunes.plucked(line), "drums": audio.clicks(2.0)}
    return await songs.ready(node.tools, owner_id, signals, content_key=KEY)


@pytest.fixture
def write(node, owner_id, track_id):
    async def run(**wanted):
        plan = plans.transcribe(**wanted)
        job = await actions.run_stage(node.tools, owner_id, track_id, plan)
        return await ended(node.tools, job.id, timeout_s=60)

    return run


def midi(node, job):
    return mido.MidiFile(node.tools.storage.path(job.output_path))


async def test_the_stems_become_tracks_of_one_file_with_the_beats_as_its_tempo(node, write, line):
    job = await write()

    assert (job.status, job.error_code, job.output_path) == (
        "completed",
        None,
        layout.notes(job.id),
    )
    file = midi(node, job)
    assert [track.name for track in file.tracks] == ["Tempo", "bass", "drums"]
    heard = [m.note for m in file.tracks[1] if m.type == "note_on" and m.velocity]
    assert heard == [note.pitch for note in line]
    kept = transcriber.read(node.tools.storage.path(layout.note_list(job.id)))
    assert [note.pitch for note in kept["bass"]] == [note.pitch for note in line]
    assert len(kept["drums"]) == job.results["counts"]["drums"]
    assert job.results["counts"]["bass"] == len(line)
    assert job.results["tempo_bpm"] == pytest.approx(120)
    assert job.file_size == node.tools.storage.path(job.output_path).stat().st_size


def signatures(file):
    return [m.numerator for m in file.tracks[0] if m.type == "time_signature"]


async def test_bars_and_key_of_the_song_are_in_the_file(node, owner_id, write, track_id):
    await songs.analyze(node.tools, track_id, {"key": {"name": "A# major", "segments": []}})

    file = midi(node, await write())

    assert signatures(file) == [1, 2]  # a beat before the first bar, then bars of two
    assert [m.key for m in file.tracks[0] if m.type == "key_signature"] == ["Bb"]


async def test_of_bars_that_are_not_sure_the_file_says_nothing(node, write, track_id):
    sure = midi(node, await write())
    doubted = {**songs.BEATS, "bar_confidence": 0.1}
    await songs.analyze(node.tools, track_id, {"beats": doubted})

    job = await write()

    assert signatures(sure)
    assert signatures(midi(node, job)) == []
    assert "reused_from" not in job.results


async def test_one_stem_on_a_grid(node, write):
    job = await write(quantise="1/8", stems=["bass"])

    file = midi(node, job)
    assert [track.name for track in file.tracks] == ["Tempo", "bass"]
    now, starts = 0, []
    for message in file.tracks[1]:
        now += message.time
        if message.type == "note_on" and message.velocity:
            starts.append(now)
    assert starts
    assert all(start % 240 == 0 for start in starts)


async def test_the_same_notes_are_written_down_once(node, engine, write):
    first, again = await write(), await write()
    other = await write(quantise="1/4")

    assert engine.ran == ["transcribe", "transcribe"]
    for job in (first, again):
        assert node.tools.storage.path(layout.note_list(job.id)).is_file()
    assert again.results["reused_from"] == str(first.id)
    assert again.results["counts"] == first.results["counts"]
    assert "realtime_factor" not in again.results
    assert "reused_from" not in other.results


async def test_notes_do_not_change_what_the_track_is(node, owner_id, track_id, write):
    await write()

    async with node.tools.database.transaction() as session:
        counts = await tracks.counts(session, owner_id)
    assert (counts["ready"], counts["attention"]) == (1, 0)


async def test_a_stem_whose_file_is_gone_ends_the_job_with_a_reason(
    node, owner_id, track_id, write
):
    async with node.tools.database.transaction() as session:
        found = tracks.newest_stems(await tracks.get(session, owner_id, track_id))
    node.tools.storage.path(found[0].file_path).unlink()

    job = await write()

    assert job.status == "failed"
    assert job.error_code
    assert not node.tools.storage.path(layout.analysis_partial(job.id, job.attempt)).exists()


async def test_without_stems_without_beats_and_without_that_stem_it_is_refused(node, owner_id):
    bare = await songs.add(node.tools, owner_id)
    still = await songs.ready(
        node.tools, owner_id, {"bass": audio.silence()}, features={"beats": {"beats_s": []}}
    )
    refused = {}
    for track_id, plan in (
        (bare, plans.transcribe()),
        (still, plans.transcribe("1/8")),
        (still, plans.transcribe("1/7")),
        (still, plans.transcribe(stems=["piano"])),
    ):
        with pytest.raises(errors.SoundForgeError) as refusal:
            await actions.run_stage(node.tools, owner_id, track_id, plan)
        refused[refusal.value.code] = type(refusal.value)

    assert refused == {
        "no_stems": errors.Conflict,
        "beats_needed": errors.Invalid,
        "grid_unknown": errors.Invalid,
        "stem_not_found": errors.NotFound,
    }
