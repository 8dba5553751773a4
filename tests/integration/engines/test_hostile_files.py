"""Broken, hostile and odd files through the real engine process."""

from __future__ import annotations

import contextlib
import os
import struct
import time
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundforge import errors
from soundforge.audio import media
from soundforge.audio.engine import Engine
from soundforge.engines import media as media_engine
from soundforge.engines.mix import Mix
from soundforge.engines.runtime import EngineError
from tests.fixtures import audio
from tests.fixtures.probing import LIMITS, check


def cut(kind: str, share: float, **more: Any):
    def make(folder: Path) -> Path:
        path = audio.write(folder / "whole", audio.chord(5.0, **more), kind)
        os.truncate(path, int(path.stat().st_size * share))
        return path

    return make


def content(data: bytes):
    def make(folder: Path) -> Path:
        (folder / "0c7d41").write_bytes(data)
        return folder / "0c7d41"

    return make


def signal(made: audio.Signal, rate_hz: int = audio.RATE_HZ, subtype: str = "PCM_16"):
    def make(folder: Path) -> Path:
        return audio.write(folder / "0c7d41", made, "wav", rate_hz=rate_hz, subtype=subtype)

    return make


def zipped(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "0c7d41.wav", "w") as file:
        file.writestr("song.wav", "RIFF")
    return folder / "0c7d41.wav"


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "fifo")
    return folder / "fifo"


def patched(kind: str, offset: int, data: bytes, duration_s: float = 2.0):
    def make(folder: Path) -> Path:
        path = audio.write(folder / "0c7d41", audio.tone(duration_s), kind)
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(data)
        return path

    return make


def only_a_header(folder: Path) -> Path:
    return audio.write(folder / "0c7d41", audio.silence(0), "wav")


def low_rate(folder: Path) -> Path:
    return audio.write(folder / "0c7d41", audio.tone(100, 1, rate_hz=10), "wav", rate_hz=10)


def lossy_m4a_without_its_end(folder: Path) -> Path:
    return cut("m4a", 0.5)(folder)


def adts_of_noise(folder: Path) -> Path:
    head = b"\xff\xf1\x50\x80\x20\x1f\xfc"  # a valid header of a 256-byte packet
    noise = np.random.default_rng(0).bytes(249)
    (folder / "0c7d41").write_bytes((head + noise) * 50)
    return folder / "0c7d41"


REFUSED = {
    "empty": (content(b""), "file_empty"),
    "one byte": (content(b"\xff"), "not_audio"),
    "text renamed": (content(b"I am a song, believe me.\n" * 100), "not_audio"),
    "zip renamed": (zipped, "not_audio"),
    "missing": (lambda folder: folder / "nothing", "file_missing"),
    "folder": (lambda folder: folder, "not_a_file"),
    "device": (lambda folder: Path("/dev/zero"), "not_a_file"),
    "pipe that nobody writes to": (fifo, "not_a_file"),
    "name of 300 characters": (lambda folder: folder / ("x" * 300), "file_missing"),
    "wav of 32 channels": (signal(audio.tone(channels=32)), "too_many_channels"),
    "wav of 384 kHz": (signal(audio.tone(rate_hz=384_000), 384_000), "sample_rate_unsupported"),
    "wav of 10 Hz": (low_rate, "sample_rate_unsupported"),
    "wav of one sample": (signal(audio.tone(1 / 44_100)), "file_too_short"),
    "wav without samples": (only_a_header, "file_empty"),
    "wav cut in its header": (cut("wav", 0.00003), "file_truncated"),
    "wav of nothing but NaN": (
        signal(np.full((44_100, 2), np.nan, np.float32), subtype="FLOAT"),
        "decode_failed",
    ),
    "flac cut in its header": (content(b"fLaC" + bytes(20)), "decode_failed"),
    "flac cut before its audio": (cut("flac", 0.001), "decode_failed"),
    "m4a without its end": (lossy_m4a_without_its_end, "file_truncated"),
    "an hour of silence": (
        lambda folder: audio.long_silence(folder / "0c7d41", 3600),
        "file_too_long",
    ),
    "flac that claims a day": (
        patched("flac", 22, struct.pack(">I", 86_400 * 44_100)), "file_too_long",
    ),
    "flac head, random rest": (content(b"fLaC" + np.random.default_rng(1).bytes(5000)), "decode_failed"),
    "ogg head, random rest": (
        content(b"OggS\0\x02" + bytes(20) + b"\x01\x1e\x01vorbis" + os.urandom(500)), None,
    ),
    "adts of noise": (adts_of_noise, None),
    "m4a head, random rest": (content(b"\0\0\0\x20ftypM4A " + np.random.default_rng(1).bytes(5000)), None),
    "a tag of 5 MB and nothing": (content(audio.id3(bytes(5_000_000))), "not_audio"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_a_hostile_file_is_refused_with_its_code_and_leaves_nothing(
    case: str, tmp_path: Path
):
    make, code = REFUSED[case]
    path = make(tmp_path)
    out = tmp_path / "out"
    out.mkdir()

    with pytest.raises(errors.Invalid) as caught:
        await check(path, peaks_path=out / "mix.peaks", cover_path=out / "cover")

    assert code in (None, caught.value.code)
    assert caught.value.code
    assert caught.value.next_step
    assert path.name not in caught.value.message or len(path.name) < 2
    assert list(out.iterdir()) == []


def streamed(folder: Path) -> Path:
    """What ``ffmpeg … pipe:`` writes: the sizes are not known yet."""
    path = audio.write(folder / "0c7d41", audio.tone(2.0), "wav")
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    return path


def big_tag(folder: Path) -> Path:
    path = audio.write(folder / "0c7d41", audio.tone(2.0), "mp3")
    garbage = np.random.default_rng(0).bytes(5_000_000)
    path.write_bytes(audio.id3(garbage) + path.read_bytes())
    return path


def not_numbers(folder: Path) -> Path:
    made = audio.tone(2.0)
    made[1000:1010] = np.nan
    made[2000:2010] = np.inf
    return audio.write(folder / "0c7d41", made, "wav", subtype="FLOAT")


def renamed(name: str):
    return lambda folder: audio.write(folder / name, audio.tone(2.0), "flac")


ACCEPTED = {
    "wav of unknown size": (streamed, 2.0, []),
    "wav of 8 bits": (signal(audio.tone(2.0), subtype="PCM_U8"), 2.0, []),
    "wav of floats over full scale": (signal(4 * audio.tone(2.0), subtype="FLOAT"), 2.0, []),
    "wav with some NaN and infinity": (not_numbers, 2.0, ["samples_damaged"]),
    "flac of unknown length": (patched("flac", 22, bytes(4)), 2.0, []),
    "mp3 behind 5 MB of garbage": (big_tag, 2.0, None),
    "flac named mp3": (renamed("a.mp3"), 2.0, []),
    "no suffix": (renamed("a"), 2.0, []),
    "name not ASCII": (renamed("ðéjà vu 音楽 🎵.flac"), 2.0, []),
    "name like an option": (renamed("-i"), 2.0, []),
    "longest name": (renamed("x" * 250), 2.0, []),
    "mono": (signal(audio.tone(2.0, channels=1)), 2.0, []),
    "8 channels at 192 kHz": (signal(audio.tone(0.5, rate_hz=192_000, channels=8), 192_000),
                              0.5, []),
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
async def test_an_odd_file_that_holds_audio_is_accepted(case: str, tmp_path: Path):
    make, duration_s, warnings = ACCEPTED[case]

    recording = await check(make(tmp_path), peaks_path=tmp_path / "mix.peaks")

    assert recording.duration_s == pytest.approx(duration_s, abs=0.06)
    assert warnings is None or [w.code for w in recording.warnings] == warnings
    assert (tmp_path / "mix.peaks").stat().st_size == pytest.approx(duration_s * 100, abs=6)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg", "aiff"])
async def test_a_cut_tail_is_a_warning_and_what_is_there_counts(kind: str, tmp_path: Path):
    recording = await check(cut(kind, 0.6)(tmp_path))

    assert [warning.code for warning in recording.warnings] == ["file_truncated"]
    # Three fifths of the bytes are not three fifths of the time in all formats.
    assert 1.0 < recording.duration_s < 3.5


async def test_a_long_silence_is_refused_at_once_without_decoding_it(tmp_path: Path):
    path = audio.long_silence(tmp_path / "a.flac", 3600)
    assert path.stat().st_size < 200_000

    began_s = time.monotonic()
    with pytest.raises(errors.Invalid, match=r"1:00:00 of audio; the limit is 0:30:00") as caught:
        await check(path)

    assert caught.value.code == "file_too_long"
    assert time.monotonic() - began_s < 5  # the start of a process and no more


async def test_a_file_that_hides_its_length_is_stopped_at_the_limit(tmp_path: Path):
    path = audio.long_silence(tmp_path / "a.flac", 3600)
    with path.open("r+b") as file:
        file.seek(22)
        file.write(bytes(4))  # total samples: unknown

    with pytest.raises(errors.Invalid, match="more than 0:30:00") as caught:
        await check(path)

    assert caught.value.code == "file_too_long"


async def test_a_tiny_file_that_expands_is_refused_even_below_the_length_limit(tmp_path: Path):
    path = audio.long_silence(tmp_path / "a.flac", 3600)

    with pytest.raises(errors.Invalid, match=r"times its size") as caught:
        await check(path, media.Limits(10_800, 8, 192_000))

    assert caught.value.code == "file_too_long"


def million_packets(folder: Path) -> Path:
    """An M4A that claims four million packets of one byte: its table would fill the memory."""
    path = audio.write(folder / "0c7d41", audio.tone(5.0), "m4a")
    data = bytearray(path.read_bytes())
    sizes, chunks = data.rindex(b"stsz"), data.rindex(b"stsc")
    data[sizes + 8 : sizes + 16] = struct.pack(">II", 1, 1 << 22)
    data[chunks + 16 : chunks + 20] = struct.pack(">I", 1 << 22)
    path.write_bytes(data)
    return path


async def test_a_hungry_file_ends_with_a_clear_error(tmp_path: Path):
    path = million_packets(tmp_path)

    with pytest.raises(errors.Invalid, match="more than 500 MB of memory") as caught:
        await Engine().run(
            "media",
            {"path": str(path), "limits": asdict(LIMITS), "memory_bytes": 500_000_000},
            job="test",
            timeout_s=60,
        )

    assert caught.value.code == "out_of_memory"
    assert not caught.value.is_retryable


def probe_here(path: Path) -> dict[str, Any] | None:
    params = {"path": str(path), "limits": asdict(LIMITS)}
    with contextlib.suppress(EngineError):
        return media_engine.probe(params, lambda fraction, message, **detail: None)
    return None


HEADS = [
    b"", b"RIFF\xff\xff\xff\xffWAVE", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0", b"fLaC",
    b"fLaC\0\0\0\x22", b"OggS\0\x02", b"\xff\xfb\x90\x00", b"ID3\x03\0\0\0\0\x01\0", b"FORM....AIFF",
    b"\0\0\0\x20ftypM4A ", b"\xff\xf1\x50\x80", b"RF64\xff\xff\xff\xffWAVEds64",
]  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(HEADS), st.binary(max_size=600))
def test_no_bytes_break_the_probe(tmp_path: Path, head: bytes, tail: bytes):
    path = tmp_path / "file"
    path.write_bytes(head + tail)

    found = probe_here(path)

    assert found is None or found["frames"] > 0


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["wav", "flac", "mp3", "ogg", "aiff", "m4a"]),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=8),
    st.floats(0, 1),
)
def test_no_damage_to_a_real_file_breaks_the_probe(
    tmp_path_factory: pytest.TempPathFactory, kind: str, wounds: list[Any], share: float
):
    folder = tmp_path_factory.getbasetemp()
    whole = folder / f"whole.{kind}"
    if not whole.exists():
        audio.write(whole, audio.chord(0.5))
    data = bytearray(whole.read_bytes())
    for where, wound in wounds:
        at = int(where * (len(data) - 1))
        data[at : at + len(wound)] = wound
    path = folder / "wounded"
    path.write_bytes(data[: int(len(data) * share)])

    found = probe_here(path)

    assert found is None or found["frames"] > 0


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg"])
async def test_what_the_check_accepts_without_its_end_the_other_engines_read(
    kind: str, tmp_path: Path
):
    path = cut(kind, 0.6)(tmp_path)
    recording = await check(path)

    mix = Mix(path, recording.sample_rate_hz)
    heard = sum(len(block) for block in mix.blocks())

    assert heard == recording.frames
