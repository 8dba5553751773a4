"""A separation through the door, in an engine process, with the real weights."""

from __future__ import annotations

import asyncio

import pytest
import soundfile

from soundforge import errors
from soundforge.audio import separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.audio.warm import WarmEngines
from tests.fixtures import audio

KIND = (separator.ENGINE, "spleeter_2stems")


@pytest.fixture
def models(models_dir):
    return Models(models_dir, Engine())


async def separate(models, source, out_dir, *, engine=None, **more):
    options = {"model": "spleeter_2stems", "job": "1", "report": lambda *_: None, **more}
    return await separator.separate(
        engine or Engine(), models, source=source, out_dir=out_dir, duration_s=11.0, **options
    )


async def test_a_song_becomes_stem_files(models, example_song, tmp_path):
    told = []

    made = await separate(
        models, example_song, tmp_path, chunk_s=4, report=lambda *call: told.append(call)
    )

    assert [stem.stem_type for stem in made.stems] == ["vocals", "accompaniment"]
    assert (made.sample_rate_hz, made.channels, made.model) == (44100, 2, "spleeter_2stems")
    for stem in made.stems:
        info = soundfile.info(tmp_path / stem.file_name)
        assert info.frames == made.frames == soundfile.info(example_song).frames
        assert (tmp_path / stem.file_name).stat().st_size == stem.size_bytes
        assert (tmp_path / stem.peaks_name).stat().st_size == -(-made.frames // 441)
        assert len(list((tmp_path / stem.stem_type).iterdir())) == stem.chunks == 3
    assert made.null_test_db > 120
    assert made.gain_db <= 0
    assert made.realtime_factor == pytest.approx(made.duration_s / made.took_s)
    assert told[0][0] == 0
    assert any("ready_s" in detail for _, _, detail in told)


async def test_a_process_that_has_separated_makes_the_same_stems_bit_by_bit(models, tmp_path):
    other = audio.write(tmp_path / "other.wav", audio.chord(1.0))
    song = audio.write(tmp_path / "song.wav", audio.chord(3.0))
    warm = WarmEngines(idle_s=60, max_runs=9)

    async def stems_of(source, engine):
        out_dir = tmp_path / f"stems {len(list(tmp_path.iterdir()))}"
        out_dir.mkdir()
        made = await separate(models, source, out_dir, engine=engine)
        return [stem.sha256 for stem in made.stems]

    try:
        await stems_of(other, Engine(warm=warm))
        process = warm.take(KIND)
        warm.put(KIND, process)
        after_another = await stems_of(song, Engine(warm=warm))
        assert process.asked == 2
        assert 0 < warm.held_bytes(KIND) < 1_000_000_000
    finally:
        await warm.close()
    assert after_another == await stems_of(song, Engine())


async def test_a_file_that_is_no_audio_is_invalid(models, tmp_path):
    path = tmp_path / "song.mp3"
    path.write_text("not a song")

    with pytest.raises(errors.Invalid) as refusal:
        await separate(models, path, tmp_path)

    assert refusal.value.code == "not_audio"


async def test_cancelling_ends_the_engine(models, example_song, tmp_path):
    started = asyncio.Event()
    running = asyncio.create_task(
        separate(models, example_song, tmp_path, report=lambda *_: started.set())
    )
    await asyncio.wait_for(started.wait(), 60)

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 15)
