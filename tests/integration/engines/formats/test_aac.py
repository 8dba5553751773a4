"""AAC and ALAC files as other programs write them; ffmpeg makes them here."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from soundforge.engines import decode
from soundforge.engines.formats import aac
from soundforge.engines.runtime import EngineError
from tests.fixtures import audio

pytestmark = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="needs the ffmpeg program to write AAC"
)

RATE_HZ = 44100


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """Return a minute and a half of coloured noise and tones: longer than one part."""
    path = tmp_path_factory.mktemp("song") / "song.wav"
    frames = 90 * RATE_HZ + 123
    t_s = np.arange(frames) / RATE_HZ
    rng = np.random.default_rng(5)
    noise = np.convolve(rng.standard_normal(frames), np.ones(16) / 16, "same") * 0.2
    samples = np.stack(
        [noise + 0.3 * np.sin(2765 * t_s), noise * 0.5 + 0.3 * np.sin(3691 * t_s)], 1
    )
    soundfile.write(path, samples, RATE_HZ, "PCM_16")
    return path


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def encoded(song, path, *arguments):
    # Without noise substitution: what it puts in is random, and every decoder's own.
    pns = ["-aac_pns", "0"] if "aac" in arguments else []
    ffmpeg("-i", song, *arguments, *pns, path)
    return path


def by_ffmpeg(path):
    ffmpeg("-i", path, "-c:a", "pcm_f32le", wav := path.with_suffix(".decoded.wav"))
    return soundfile.read(wav, dtype="float32", always_2d=True)[0]


def agreement_db(reference, found):
    rest = np.sum((reference.astype(np.float64) - found) ** 2)
    return 10 * np.log10(np.sum(reference.astype(np.float64) ** 2) / max(rest, 1e-30))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("plain.m4a", ["-c:a", "aac", "-b:a", "128k"]),
        ("fast.m4a", ["-c:a", "aac", "-movflags", "+faststart"]),
        ("mono.m4a", ["-c:a", "aac", "-ac", "1", "-ar", "22050"]),
        ("high.m4a", ["-c:a", "aac", "-ar", "96000"]),
        ("lossless.m4a", ["-c:a", "alac"]),
        ("deep.m4a", ["-c:a", "alac", "-sample_fmt", "s32p"]),
        (
            "video.mp4",
            ["-f", "lavfi", "-i", "color=s=16x16:r=1:d=90", "-c:a", "aac", "-c:v", "mpeg4"],
        ),
    ],
)
def test_an_m4a_gives_what_ffmpeg_gives_without_the_padding(song, name, arguments, tmp_path):
    path = encoded(song, tmp_path / name, *arguments)
    expected = by_ffmpeg(path)

    found, sample_rate_hz = audio.read_all(path)

    source_frames = soundfile.info(song).frames
    assert len(found) == pytest.approx(source_frames * sample_rate_hz / RATE_HZ, abs=50)
    assert agreement_db(expected[: len(found)], found[: len(expected)]) > 60


def test_lossless_comes_back_bit_by_bit(song, tmp_path):
    path = encoded(song, tmp_path / "lossless.m4a", "-c:a", "alac")

    np.testing.assert_array_equal(audio.read_all(path)[0], audio.read_all(song)[0])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("stream.aac", ["-c:a", "aac"]),
        ("fragments.m4a", ["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"]),
    ],
)
def test_a_stream_gives_all_its_packets(song, name, arguments, tmp_path):
    path = encoded(song, tmp_path / name, *arguments)
    expected = by_ffmpeg(path)

    found, _ = audio.read_all(path)

    assert len(found) == len(expected)
    assert agreement_db(expected, found) > 60


def test_parts_join_without_a_seam(song, tmp_path):
    path = encoded(song, tmp_path / "stream.aac", "-c:a", "aac")
    with decode.open_audio(path) as reader:
        in_parts = np.concatenate(list(reader.blocks()))

    at_once = aac.decode_adts(path.read_bytes())

    assert reader.frames > 2 * 1024 * 1024  # more than one part
    np.testing.assert_array_equal(in_parts, at_once)


def test_what_only_ffmpeg_can_decode_is_left_to_it(song, tmp_path):
    path = encoded(song, tmp_path / "six.m4a", "-c:a", "aac", "-ac", "6")

    found, _ = audio.read_all(path)

    assert found.shape[1] == 6
    assert agreement_db(by_ffmpeg(path), found) > 100


def test_without_ffmpeg_the_next_step_is_said(song, tmp_path, monkeypatch):
    path = encoded(song, tmp_path / "six.m4a", "-c:a", "aac", "-ac", "6")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineError) as refusal:
        decode.open_audio(path)

    assert refusal.value.code == "codec_unsupported"
    assert "ffmpeg" in refusal.value.next_step


@pytest.mark.parametrize("name", ["plain.m4a", "fast.m4a", "stream.aac"])
@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_file_whose_end_is_missing_is_refused(song, name, share, tmp_path):
    flags = ["-movflags", "+faststart"] if name == "fast.m4a" else []
    whole = encoded(song, tmp_path / name, "-c:a", "aac", "-t", "5", *flags).read_bytes()
    path = tmp_path / f"part-{name}"
    path.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(EngineError) as refusal:
        audio.read_all(path)

    assert refusal.value.code == "file_truncated"


def test_damage_in_the_packets_never_crashes(song, tmp_path):
    rng = np.random.default_rng(9)
    for name in ("stream.aac", "plain.m4a", "lossless.m4a"):
        codec = "alac" if name == "lossless.m4a" else "aac"
        whole = encoded(song, tmp_path / name, "-c:a", codec, "-t", "5").read_bytes()
        for case in range(15):
            damaged = bytearray(whole)
            at = int(rng.integers(32, len(whole) - 64))
            damaged[at : at + 32] = rng.bytes(32)
            path = tmp_path / f"{case}-{name}"
            path.write_bytes(damaged)
            try:
                audio.read_all(path)
            except EngineError as error:
                assert error.code in {"decode_failed", "file_truncated", "codec_unsupported"}  # noqa: PT017 -- any is right
