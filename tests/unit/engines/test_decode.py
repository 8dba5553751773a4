"""Opening audio: every format we promise, and a clear refusal for everything else."""

from __future__ import annotations

import io
import struct
import wave
import zipfile

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from soundforge.engines import decode
from soundforge.engines.formats import containers
from soundforge.engines.runtime import EngineError
from tests.fixtures import audio

RATE_HZ = 44100
FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "aiff": ("AIFF", "PCM_24"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}


def tone(frames=RATE_HZ, channels=2):
    t_s = np.arange(frames) / RATE_HZ
    sides = [np.sin(2 * np.pi * 440 * (1 + side) * t_s) * 0.5 for side in range(channels)]
    return np.stack(sides, axis=1).astype(np.float32)


def written(path, form, samples=None):
    kind, subtype = FORMATS[form]
    soundfile.write(path, tone() if samples is None else samples, RATE_HZ, subtype, format=kind)
    return path


def refusal_of(path):
    with pytest.raises(EngineError) as refusal, decode.open_audio(path) as reader:
        for _ in reader.blocks():
            pass
    return refusal.value


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_gives_its_samples(form, tmp_path):
    path = written(tmp_path / f"song.{form}", form)

    with decode.open_audio(path) as reader:
        found = np.concatenate(list(reader.blocks(1000)))
        described = (reader.sample_rate_hz, reader.channels, reader.frames, reader.format)

    assert described == (RATE_HZ, 2, RATE_HZ, FORMATS[form][0])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, tone(), atol=0.05)  # lossy formats are near enough


def test_blocks_are_never_larger_than_asked_and_never_empty(tmp_path):
    path = written(tmp_path / "a.wav", "wav", tone(2500))

    with decode.open_audio(path) as reader:
        sizes = [len(block) for block in reader.blocks(1000)]

    assert sizes == [1000, 1000, 500]


@pytest.mark.parametrize("name", ["song.raw", "song", "песня 🎵.txt", f"{'x' * 200}.exe", "-i.wav"])
def test_the_name_of_a_file_does_not_matter(name, tmp_path):
    path = written(tmp_path / name, "flac")

    assert audio.read_all(path)[0].shape == (RATE_HZ, 2)


def zip_file() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("song.mp3", b"x" * 1000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\0" * 10_000,
        b"This is a text with the suffix of a song.\n" * 100,
        b"<!doctype html><title>404</title>",
        zip_file(),
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"%PDF-1.7\n",
        b"\x7fELF" + b"\0" * 100,
        b"ID3\x04\0\0\0\0\0\x0a" + b"\0" * 10,
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
        b"#!/bin/sh\nrm -rf /\n",
    ],
)
def test_what_is_not_audio_is_refused(content, tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(content)

    error = refusal_of(path)

    assert error.code == "not_audio"
    assert "song.mp3" in error.message
    assert error.next_step


@pytest.mark.parametrize(
    "content",
    [
        b"RIFF\xff\0\0\0WAVE",
        b"RIFF\xff\0\0\0WAVEfmt \x10\0\0\0" + b"\0" * 16,
        b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + b"\0" * 16 + b"data\0\0\0\0",
        b"fLaC",
        b"fLaC" + b"\xff" * 1000,
        b"OggS",
        b"OggS" + b"\0" * 1000,
        b"FORM\0\0\0\x04AIFF",
        b"\0\0\0\x18ftypM4A " + b"\0" * 12,
        b"\0\0\0\x10ftypM4A \0\0\0\0\0\0\0\x08moov",
        b"\xff\xf1" + b"\xff" * 1000,
        b"\xff\xfb\x90\x64" + b"\0" * 1000,
    ],
)
def test_a_broken_file_of_a_known_kind_is_refused(content, tmp_path):
    path = tmp_path / "song"
    path.write_bytes(content)

    assert refusal_of(path).code in {"decode_failed", "file_truncated"}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_whose_end_is_missing_is_refused(form, share, tmp_path):
    whole = written(tmp_path / "whole", form, tone(10 * RATE_HZ)).read_bytes()
    path = tmp_path / f"part.{form}"
    path.write_bytes(whole[: int(len(whole) * share)])

    assert refusal_of(path).code == "file_truncated"


def test_a_wav_written_as_a_stream_is_not_called_truncated(tmp_path):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"\1\0" * 1000)
    content = bytearray(buffer.getvalue())
    struct.pack_into("<I", content, 4, 0xFFFFFFFF)
    struct.pack_into("<I", content, 40, 0xFFFFFFFF)
    path = tmp_path / "stream.wav"
    path.write_bytes(content)

    assert len(audio.read_all(path)[0]) == 1000


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert refusal_of(tmp_path / "none.mp3").code == "file_missing"
    assert refusal_of(tmp_path).code == "file_missing"


@pytest.mark.parametrize("form", FORMATS)
def test_damage_in_the_middle_never_crashes(form, tmp_path):
    content = bytearray(written(tmp_path / "whole", form).read_bytes())
    rng = np.random.default_rng(3)
    for case in range(20):
        damaged = bytearray(content)
        at = int(rng.integers(16, len(content) - 64))
        damaged[at : at + 64] = rng.bytes(64)
        path = tmp_path / f"{case}.{form}"
        path.write_bytes(damaged)
        try:
            audio.read_all(path)
        except EngineError as error:
            assert error.code in {"decode_failed", "file_truncated"}  # noqa: PT017 -- either is right


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_noise_after_any_magic_is_refused_or_decoded(tmp_path_factory, noise):
    folder = tmp_path_factory.mktemp("noise")
    heads = (b"RIFF\0\0\0\0WAVE", b"fLaC", b"OggS", b"\0\0\0\x10ftypM4A \0\0\0\0", b"\xff\xf1")
    for number, head in enumerate(heads):
        path = folder / str(number)
        path.write_bytes(head + noise)
        assert refusal_of(path).code in {"decode_failed", "file_truncated"}


@given(st.integers(0, 5000), st.integers(1, 700), st.sampled_from([8000, 22050, 48000, 96000]))
@settings(deadline=None)
def test_resampling_gives_the_exact_count_whatever_the_blocks(frames, block, from_hz):
    samples = np.zeros((frames, 2), np.float32)
    blocks = [samples[at : at + block] for at in range(0, frames, block)]

    made = list(decode.resample(blocks, from_hz, RATE_HZ))

    assert sum(len(block) for block in made) == -(-frames * RATE_HZ // from_hz)
    assert all(len(block) for block in made)


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"RIFF\0\0\0\0WAVE", "WAV"),
        (b"RF64\0\0\0\0WAVE", "WAV"),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"FORM\0\0\0\0AIFC", "AIFF"),
        (b"fLaC\0\0\0\x22", "FLAC"),
        (b"ID3\x04\0\0\0\0\0\x04\0\0\0\0fLaC", "FLAC"),
        (b"ID3\x03\0\0\0\0\0\x04\0\0\0\0\xff\xfb\x90\x00", "MP3"),
        (b"ID3\x03\0\0\0\0\0\x04\0\0\0\0" + b"\0" * 300 + b"\xff\xfb\x90\x00", "MP3"),
        (b"\xff\xfb\x90\x00", "MP3"),
        (b"\xff\xf3\x90\x00", "MP3"),
        (b"\xff\xff\xff\xff", None),
        (b"\xff\xf1\x50\x80\x00\x00\x00", "AAC"),
        (b"\0\0\0\x20ftypM4A ", "M4A"),
        (b"\0\0\0\x20ftypisom", "M4A"),
    ],
)
def test_the_first_bytes_tell_the_container(head, container, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(head)

    assert containers.sniff(path) == container
