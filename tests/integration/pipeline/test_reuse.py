"""Stems that were made before are taken, not made again; each job's are its own to delete."""

import asyncio
import shutil
import uuid

import pytest
import soundfile

from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.library import jobs, stems, tracks
from soundforge.pipeline import separate, start
from soundforge.pipeline.start import Plan
from soundforge.storage import layout
from soundforge.web.views import track_view
from tests.fixtures import audio
from tests.plugins.pipeline import add_track, ended

MODEL = "spleeter_2stems"
SHA = "ab" * 32


class CountingEngine:
    """The real one; it says what it ran."""

    def __init__(self):
        self.real = Engine()
        self.ran = []

    async def run(self, name, *args, **more):
        self.ran.append(name)
        return await self.real.run(name, *args, **more)

    def __getattr__(self, name):
        return getattr(self.real, name)


@pytest.fixture
def engine():
    return CountingEngine()


@pytest.fixture
async def node(make_node, models_dir, engine):
    made = await make_node(separate.STAGE, engine=engine, models=Models(models_dir, engine))
    async with made.working():
        yield made


@pytest.fixture
def add_song(node, tmp_path):
    """Add a song of somebody's, of which the audio is all the same unless said otherwise."""

    async def add(*, sha256=SHA, owner_id=None, rate_hz=44_100):
        track_id = uuid.uuid4()
        place = layout.recording(track_id, "wav")
        path = node.tools.storage.path(place)
        path.parent.mkdir(parents=True)
        audio.write(path, audio.chord(2.0, rate_hz=rate_hz), rate_hz=rate_hz)
        return await add_track(
            node.tools,
            owner_id or uuid.uuid4(),
            id=track_id,
            recording_path=place,
            recording_sha256=sha256,
            duration_ms=2000,
            sample_rate_hz=rate_hz,
        )

    return add


@pytest.fixture
def separated(node):
    """Separate a track; return the job and its stems' paths."""

    async def run(track, **options):
        async with node.tools.database.transaction() as session:
            plan = Plan("separate", model=MODEL, options=options)
            (job,) = await start.begin(session, node.tools.queue, [(track.id, plan)])
        done = await ended(node.tools, job.id, timeout_s=60)
        assert done.status == "completed", done.error_message
        async with node.tools.database.transaction() as session:
            made = await stems.of_job(session, job.id)
        return done, {stem.stem_type: node.tools.storage.path(stem.file_path) for stem in made}

    return run


async def test_the_same_audio_is_separated_once_whoever_asks(engine, add_song, separated):
    first, of_first = await separated(await add_song())
    second, of_second = await separated(await add_song())

    assert engine.ran == ["separate"]
    assert second.results["reused_from"] == str(first.id)
    assert second.results["null_test_db"] == first.results["null_test_db"]
    assert "realtime_factor" not in second.results
    assert set(of_second) == {"vocals", "accompaniment"}
    for stem, path in of_second.items():
        assert path.stat().st_ino == of_first[stem].stat().st_ino
        assert path != of_first[stem]
        assert (path.parent / stem / "00000.flac").is_file()
        assert path.with_suffix(".peaks").is_file()


async def test_stems_of_before_the_update_are_taken_and_played_as_they_were_cut(
    node, engine, add_song, separated
):
    first, _ = await separated(await add_song())
    async with node.tools.database.transaction() as session:
        (await jobs.find(session, first.id)).chunk_s = 10

    second, _ = await separated(await add_song())

    assert engine.ran == ["separate"]
    assert second.chunk_s == 10


async def test_the_same_audio_twice_at_once_is_separated_once(engine, add_song, separated):
    (one, _), (other, _) = await asyncio.gather(
        separated(await add_song()), separated(await add_song())
    )

    assert engine.ran == ["separate"]
    reused = [job.results.get("reused_from") for job in (one, other)]
    assert reused in ([None, str(one.id)], [str(other.id), None])


async def test_deleting_one_leaves_the_other_whole(node, add_song, separated):
    first, of_first = await separated(await add_song())
    _, of_second = await separated(await add_song())
    whole = of_second["vocals"].read_bytes()

    await node.tools.storage.remove(layout.stems_dir(first.id))

    assert not of_first["vocals"].exists()
    assert of_second["vocals"].read_bytes() == whole
    assert of_second["vocals"].stat().st_nlink == 1


@pytest.mark.parametrize(
    ("song", "options"),
    [({"sha256": "cd" * 32}, {}), ({}, {"stems": ["vocals"]}), ({"sha256": None}, {})],
)
async def test_other_audio_other_options_and_unknown_audio_are_separated(
    engine, add_song, separated, song, options
):
    await separated(await add_song())

    job, _ = await separated(await add_song(**song), **options)

    assert engine.ran == ["separate", "separate"]
    assert "reused_from" not in job.results


async def test_some_stems_at_the_recordings_own_rate_play_at_the_models(
    node, engine, add_song, separated
):
    track = await add_song(owner_id=(owner_id := uuid.uuid4()), rate_hz=48_000)

    job, paths = await separated(track, stems=["vocals"], sample_rate="source")

    assert list(paths) == ["vocals"]
    assert (soundfile.info(paths["vocals"]).samplerate, job.results["null_test_db"]) == (
        48_000,
        None,
    )
    piece = soundfile.info(paths["vocals"].parent / "vocals" / "00000.flac")
    async with node.tools.database.transaction() as session:
        (shown,) = track_view(await tracks.get(session, owner_id, track.id), {}).stems
    assert (shown.sample_rate_hz, shown.duration_s) == (piece.samplerate, 2.0)
    assert "reused_from" not in (await separated(await add_song(rate_hz=48_000)))[0].results
    assert engine.ran == ["separate", "separate"]


async def test_stems_whose_files_are_gone_are_made_again(node, engine, add_song, separated):
    first, _ = await separated(await add_song())
    shutil.rmtree(node.tools.storage.path(layout.stems_dir(first.id)) / "vocals")
    node.tools.storage.path(
        layout.stems_dir(first.id),
    ).joinpath("vocals.flac").unlink()

    job, paths = await separated(await add_song())

    assert engine.ran == ["separate", "separate"]
    assert "reused_from" not in job.results
    assert paths["vocals"].is_file()
