"""A separation through the door, in an engine process, with the real weights."""

from __future__ import annotations

import asyncio

import pytest
import soundfile

from soundforge import errors
from soundforge.audio import separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models


@pytest.fixture
def models(models_dir):
    return Models(models_dir, Engine())


async def separate(models, source, out_dir, **more):
    options = {"model": "spleeter_2stems", "job": "1", "report": lambda *_: None, **more}
    return await separator.separate(
        Engine(), models, source=source, out_dir=out_dir, duration_s=11.0, **options
    )


async def test_a_song_becomes_stem_files(models, example_song, tmp_path):
    told = []

    made = await separate(
        models, example_song, tmp_path, has_chunks=True, report=lambda *call: told.append(call)
    )

    assert [stem.stem_type for stem in made.stems] == ["vocals", "accompaniment"]
    assert (made.sample_rate_hz, made.channels, made.model) == (44100, 2, "spleeter_2stems")
    for stem in made.stems:
        info = soundfile.info(tmp_path / stem.file_name)
        assert info.frames == made.frames == soundfile.info(example_song).frames
        assert (tmp_path / stem.file_name).stat().st_size == stem.size_bytes
        assert (tmp_path / stem.peaks_name).stat().st_size == -(-made.frames // 441)
        assert len(list((tmp_path / stem.stem_type).iterdir())) == stem.chunks == 2
    assert made.null_test_db > 120
    assert made.gain_db <= 0
    assert made.realtime_factor == pytest.approx(made.duration_s / made.took_s)
    assert told[0][0] == 0
    assert any("ready_s" in detail for _, _, detail in told)


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
