"""Good and hostile files through the real engine process."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import time
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundforge import errors
from soundforge.audio import media
from soundforge.audio.engine import Engine
from soundforge.engines import media as media_engine
from soundforge.engines import peaks
from soundforge.engines.mix import Mix
from soundforge.engines.runtime import EngineError
from tests.fixtures import audio

LIMITS = media.Limits(max_duration_s=1800, max_channels=8, max_sample_rate_hz=192_000)


async def check(path: Path, limits: media.Limits = LIMITS, **more: Any) -> media.Recording:
    return await media.probe(Engine(), path, limits=limits, job="test", **more)


# What every format answers


@pytest.mark.parametrize("kind", audio.FORMATS)
async def test_every_format_is_decoded_to_its_end(kind: str, tmp_path: Path):
    rate_hz = 48_000
    path = audio.write(tmp_path / "song", audio.tone(2.0, rate_hz=rate_hz), kind, rate_hz=rate_hz)

    recording = await check(path)

    assert recording.format == {"alac": "m4a"}.get(kind, kind)
    assert (recording.sample_rate_hz, recording.channels) == (rate_hz, 2)
    # Raw AAC has no way to say that its first and last packets are padded.
    assert recording.duration_s == pytest.approx(2.0, abs=0.06 if kind == "aac" else 0.001)
    assert recording.rms == pytest.approx(0.5 / 2**0.5, rel=0.03)
    # Lossy codecs ring a little where the tone starts and stops; Opus the most.
    assert 0.45 < recording.peak < 0.65
    assert not recording.is_silent
    assert recording.warnings == ()


async def test_lossless_copies_of_one_recording_have_one_hash(tmp_path: Path):
    tone = audio.tone()
    kinds = ("wav", "flac", "aiff", "alac")
    hashes = {
        (await check(audio.write(tmp_path / kind, tone, kind))).audio_sha256 for kind in kinds
    }
    other = await check(audio.write(tmp_path / "other", -tone, "wav"))

    assert len(hashes) == 1
    assert other.audio_sha256 not in hashes


async def test_peaks_are_a_hundred_bytes_a_second_of_the_louder_channel(tmp_path: Path):
    signal = audio.silence(1.0)
    signal[:, 1] = 0.0
    signal[4410:8820, 1] = -1.0

    path = audio.write(tmp_path / "a.wav", signal)
    await check(path, peaks_path=tmp_path / "mix.peaks")

    drawn = np.frombuffer((tmp_path / "mix.peaks").read_bytes(), np.uint8)
    assert drawn.tolist() == [0] * 10 + [255] * 10 + [0] * 80


@given(
    st.integers(100, 4000), st.lists(st.integers(1, 500), min_size=1, max_size=12), st.integers(0)
)
def test_peaks_do_not_depend_on_how_the_stream_is_cut(rate_hz: int, cuts: list[int], seed: int):
    frames = sum(cuts)
    signal = np.random.default_rng(seed).uniform(-1, 1, (frames, 2)).astype(np.float32)

    bins = peaks.PeakBins(rate_hz)
    for block in np.split(signal, np.cumsum(cuts)[:-1]):
        bins.add(block)

    loudness = np.abs(signal).max(axis=1)
    count = -(-frames * 100 // rate_hz)
    expected = []
    for i in range(count):
        part = loudness[i * rate_hz // 100 : (i + 1) * rate_hz // 100]
        expected.append(round(float(part.max()) * 255))
    assert np.abs(np.frombuffer(bins.to_bytes(), np.uint8) - np.array(expected)).max() <= 1
    assert len(bins.to_bytes()) in (count, count + 1)


async def test_silence_is_accepted_and_said_to_be_silent(tmp_path: Path):
    recording = await check(audio.write(tmp_path / "a.flac", audio.silence(2.0)))

    assert recording.is_silent
    assert recording.rms == 0.0


async def test_progress_is_reported(tmp_path: Path):
    told: list[tuple[float, str]] = []

    path = audio.write(tmp_path / "a.wav", audio.tone(5.0))
    await check(path, report=lambda fraction, message, detail: told.append((fraction, message)))

    assert told
    assert all(0 <= fraction <= 1 for fraction, _ in told)


# Tags


def tagged(tmp_path: Path, *arguments: str, kind: str = "mp3") -> Path:
    plain = audio.write(tmp_path / "plain.wav", audio.tone(1.0))
    path = tmp_path / f"tagged.{kind}"
    subprocess.run(
        [audio.require_ffmpeg(), "-v", "error", "-y", "-i", str(plain), *arguments, str(path)],
        check=True,
    )
    return path


def cover(tmp_path: Path) -> Path:
    picture = tmp_path / "picture.jpg"
    subprocess.run(
        [audio.require_ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", "color=red:s=64x64",
         "-frames:v", "1", str(picture)],
        check=True,
    )  # fmt: skip
    return picture


async def test_tags_and_cover_are_read(tmp_path: Path):
    picture = cover(tmp_path)
    path = tagged(
        tmp_path, "-i", str(picture), "-map", "0:a", "-map", "1:v", "-c:v", "copy",
        "-disposition:v", "attached_pic",
        "-metadata", "title=Señorita \u202eevil\x07 song", "-metadata", "artist=Sigur Rós",
        "-metadata", "album=( )", "-metadata", "track=3/9", "-metadata", "date=2002-10-28",
        "-metadata", "TSRC=gb-ayE-02-00001",
    )  # fmt: skip

    recording = await check(path, cover_path=tmp_path / "cover")

    assert recording.tags == media.Tags(
        title="Señorita evil song", artist="Sigur Rós", album="( )", track=3, year=2002,
        isrc="GBAYE0200001",
    )  # fmt: skip
    assert recording.cover_mime == "image/jpeg"
    assert (tmp_path / "cover").read_bytes() == picture.read_bytes()


@pytest.mark.parametrize("kind", ["flac", "ogg", "opus", "m4a", "aiff"])
async def test_titles_are_read_from_every_kind_of_file(kind: str, tmp_path: Path):
    more = ["-write_id3v2", "1"] if kind == "aiff" else []
    path = tagged(tmp_path, "-metadata", "title=Ágætis byrjun", *more, kind=kind)

    recording = await check(path)

    assert recording.tags.title == "Ágætis byrjun"


async def test_a_file_without_tags_has_none(tmp_path: Path):
    recording = await check(audio.write(tmp_path / "a.wav", audio.tone()))

    assert recording.tags == media.Tags()
    assert recording.cover_mime is None


def id3(*frames: bytes) -> bytes:
    body = b"".join(frames)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + body


def id3_frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">I", len(body)) + b"\0\0" + body


async def test_long_and_hostile_text_is_cut_and_cleaned(tmp_path: Path):
    path = audio.write(tmp_path / "a.mp3", audio.tone())
    title = id3_frame(b"TIT2", b"\x00" + b"<script>alert(1)</script>\r\n" * 10_000)
    artist = id3_frame(b"TPE1", b"\x01\xff\xfe" + b"\x00\xd8A\x00")  # a lone surrogate
    path.write_bytes(id3(title, artist) + path.read_bytes())

    tags = (await check(path)).tags

    assert tags.title is not None
    assert len(tags.title) <= 300
    assert tags.title.isprintable()
    assert tags.artist is None or tags.artist.encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"<svg onload=alert(1)>", "is not a JPEG"), (b"\xff\xd8\xff" + bytes(10**7), "larger than")],
)
async def test_a_bad_cover_is_left_out_with_a_warning(
    content: bytes, sentence: str, tmp_path: Path
):
    path = audio.write(tmp_path / "a.mp3", audio.tone())
    picture = id3_frame(b"APIC", b"\0image/jpeg\0\x03\0" + content)
    path.write_bytes(id3(picture) + path.read_bytes())

    recording = await check(path, cover_path=tmp_path / "cover")

    assert [warning.code for warning in recording.warnings] == ["cover_ignored"]
    assert sentence in recording.warnings[0].message
    assert recording.cover_mime is None
    assert not (tmp_path / "cover").exists()


# Hostile files


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
    "flac head, random rest": (content(b"fLaC" + os.urandom(5000)), "decode_failed"),
    "ogg head, random rest": (
        content(b"OggS\0\x02" + bytes(20) + b"\x01\x1e\x01vorbis" + os.urandom(500)), None,
    ),
    "adts of noise": (adts_of_noise, None),
    "m4a head, random rest": (content(b"\0\0\0\x20ftypM4A " + os.urandom(5000)), None),
    "a tag of 5 MB and nothing": (content(id3(bytes(5_000_000))), "not_audio"),
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
    path.write_bytes(id3(garbage) + path.read_bytes())
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

    probe_here(path)


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

    probe_here(path)


def test_memory_stays_flat(tmp_path: Path):
    """Two minutes take no more memory than ten seconds, but for a few bytes of peaks."""

    def peak_kb(duration_s: float) -> int:
        path = tmp_path / f"{duration_s}.wav"
        with soundfile.SoundFile(path, "w", 44_100, 2, "PCM_16") as file:
            for _ in range(int(duration_s / 10)):
                file.write(audio.tone(10.0))
        program = (
            "import resource, sys; from soundforge.engines import media; "
            f"media.probe({{'path': {str(path)!r}, 'limits': {asdict(LIMITS)!r}}}, "
            "lambda *a, **k: None); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
        return int(done.stdout)

    assert peak_kb(120) - peak_kb(10) < 10_000


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg"])
async def test_what_the_check_accepts_without_its_end_the_other_engines_read(
    kind: str, tmp_path: Path
):
    path = cut(kind, 0.6)(tmp_path)
    recording = await check(path)

    mix = Mix(path, recording.sample_rate_hz)
    heard = sum(len(block) for block in mix.blocks())

    assert heard == recording.frames
