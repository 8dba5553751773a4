"""Stems on disk: one gain, exact lengths, chunks and peaks that fit."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import null_test, stem_writer
from soundforge.engines.stem_writer import StemWriter, quantize

RATE_HZ = 1000
CHUNK_S = 4
CHUNK_FRAMES = CHUNK_S * RATE_HZ


def noise(frames, loudest=0.5, seed=0):
    samples = np.random.default_rng(seed).uniform(-1, 1, (frames, 2)).astype(np.float32)
    return samples * np.float32(loudest / np.abs(samples).max())


def write(out_dir, stems, block=777, **options):
    writer = StemWriter(out_dir, list(stems), RATE_HZ, **options)
    frames = len(next(iter(stems.values())))
    for at in range(0, frames, block):
        writer.write({name: samples[at : at + block] for name, samples in stems.items()})
    return writer, writer.finish(threads=2)


def test_quiet_stems_are_written_as_they_are(tmp_path):
    stems = {"vocals": noise(2500, seed=1), "accompaniment": noise(2500, seed=2)}

    writer, _ = write(tmp_path, stems)

    assert writer.gain == 1
    for name, samples in stems.items():
        found, rate_hz = soundfile.read(tmp_path / f"{name}.flac", dtype="float64")
        assert rate_hz == RATE_HZ
        np.testing.assert_allclose(found, samples, atol=2**-24)


def test_all_stems_get_the_gain_of_the_loudest(tmp_path):
    stems = {"vocals": noise(2500, 0.5, 1), "accompaniment": noise(2500, 2.0, 2)}

    writer, _ = write(tmp_path, stems)

    assert writer.gain == pytest.approx(0.5)
    for name, samples in stems.items():
        found, _ = soundfile.read(tmp_path / f"{name}.flac", dtype="float64")
        np.testing.assert_allclose(found, samples * 0.5, atol=2**-22)


def test_masters_are_24_bit_flac(tmp_path):
    write(tmp_path, {"vocals": noise(100)})

    info = soundfile.info(tmp_path / "vocals.flac")

    assert (info.format, info.subtype, info.channels) == ("FLAC", "PCM_24", 2)


def test_float_wav_keeps_what_is_above_full_scale(tmp_path):
    samples = noise(300, 3.0)

    writer, _ = write(tmp_path, {"vocals": samples}, form="wav")

    found, _ = soundfile.read(tmp_path / "vocals.wav", dtype="float32")
    np.testing.assert_array_equal(found, samples)
    assert writer.gain == 1


def test_a_wav_beyond_its_32_bit_sizes_is_rf64(tmp_path, monkeypatch):
    samples = noise(300)
    monkeypatch.setattr(stem_writer, "_WAV_LIMIT_BYTES", samples.nbytes - 1)

    write(tmp_path, {"vocals": samples}, form="wav")

    found, _ = soundfile.read(tmp_path / "vocals.wav", dtype="float32")
    np.testing.assert_array_equal(found, samples)
    assert soundfile.info(tmp_path / "vocals.wav").format == "RF64"


@pytest.mark.parametrize(
    ("frames", "lengths"),
    [
        (1, [1]),
        (CHUNK_FRAMES, [CHUNK_FRAMES]),
        (2 * CHUNK_FRAMES + 5, [CHUNK_FRAMES, CHUNK_FRAMES, 5]),
    ],
)
@pytest.mark.parametrize("loudest", [0.5, 1.5])
def test_chunks_are_as_long_as_asked_and_sound_like_the_master(tmp_path, frames, lengths, loudest):
    samples = noise(frames, loudest)

    writer, (stem,) = write(tmp_path, {"vocals": samples}, chunk_s=CHUNK_S)

    chunks = [soundfile.read(path)[0] for path in sorted((tmp_path / "vocals").glob("*.flac"))]
    assert [len(chunk) for chunk in chunks] == lengths
    assert stem.chunks == len(lengths)
    np.testing.assert_allclose(np.concatenate(chunks), samples * writer.gain, atol=2**-15)


def test_ready_seconds_count_whole_chunks_while_it_runs(tmp_path):
    writer = StemWriter(tmp_path, ["vocals"], RATE_HZ, chunk_s=CHUNK_S)

    writer.write({"vocals": noise(CHUNK_FRAMES - 1)})
    before = writer.ready_s
    writer.write({"vocals": noise(1)})

    assert (before, writer.ready_s) == (0, CHUNK_S)
    assert (tmp_path / "vocals" / "00000.flac").is_file()
    writer.finish()


def test_what_can_be_heard_while_it_runs_can_be_seen(tmp_path):
    writer = StemWriter(tmp_path, ["vocals"], RATE_HZ, chunk_s=CHUNK_S)
    shown = []
    for _ in range(3):
        writer.write({"vocals": noise(CHUNK_FRAMES)})
        shown.append((tmp_path / "vocals.peaks").read_bytes())
    writer.finish()

    whole = (tmp_path / "vocals.peaks").read_bytes()

    assert [len(peaks) for peaks in shown] == [400, 800, 1200]
    assert whole == shown[-1]


def test_a_chunk_that_is_too_loud_is_clipped_not_wrapped(tmp_path):
    writer = StemWriter(tmp_path, ["vocals"], RATE_HZ, chunk_s=CHUNK_S)
    writer.write({"vocals": np.full((CHUNK_FRAMES, 2), 1.5, np.float32)})

    live, _ = soundfile.read(tmp_path / "vocals" / "00000.flac")

    assert live.min() > 0.99
    writer.finish()


@pytest.mark.parametrize("block", [1, 7, 10, 1000])
def test_peaks_are_the_loudest_of_each_hundredth(tmp_path, block):
    samples = np.zeros((95, 2), np.float32)
    samples[4, 0], samples[10, 1], samples[94, 0] = 1.0, -0.5, 0.25

    write(tmp_path, {"vocals": samples}, block=block)

    peaks = list((tmp_path / "vocals.peaks").read_bytes())
    assert peaks == [255, 128, 0, 0, 0, 0, 0, 0, 0, 64]


@pytest.mark.parametrize("rate_hz", [11_025, 22_050, 44_100])
@pytest.mark.parametrize("block", [1, 441, 5000])
def test_peaks_come_a_hundred_a_second_at_any_rate(tmp_path, rate_hz, block):
    samples = np.zeros((rate_hz, 2), np.float32)
    loud = [0, 3, 50, 99]
    for n in loud:
        samples[-(-n * rate_hz // 100), 0] = 1.0  # the first frame of the n-th hundredth
    writer = StemWriter(tmp_path, ["vocals"], rate_hz)
    for at in range(0, rate_hz, block):
        writer.write({"vocals": samples[at : at + block]})
    writer.finish()

    peaks = (tmp_path / "vocals.peaks").read_bytes()

    assert (len(peaks), [n for n, peak in enumerate(peaks) if peak]) == (100, loud)


def test_what_is_said_of_a_file_is_true_and_nothing_else_is_left(tmp_path):
    _, (stem,) = write(tmp_path, {"vocals": noise(500)})

    content = (tmp_path / stem.file_name).read_bytes()
    assert stem.size_bytes == len(content)
    assert stem.sha256 == hashlib.sha256(content).hexdigest()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["vocals.flac", "vocals.peaks"]


@given(st.floats(-4, 4), st.sampled_from([16, 24]))
def test_quantizing_rounds_and_clips(value, bits):
    full = 1 << (bits - 1)

    (found,) = quantize(np.array([value], np.float32), bits)

    wanted = float(np.float32(value)) * full
    assert abs(found - min(max(wanted, -full), full - 1)) <= 0.5


def test_null_test_measures_what_is_missing(tmp_path):
    mix = noise(5000, 0.5)
    write(tmp_path, {"a": mix * np.float32(0.25), "b": mix * np.float32(0.75)})
    paths = [tmp_path / "a.flac", tmp_path / "b.flac"]

    whole = null_test.null_test_db([mix], 1.0, paths)
    part = null_test.null_test_db([mix[:2000], mix[2000:]], 1.0, paths[1:])

    assert whole > 120
    assert part == pytest.approx(12.04, abs=0.01)  # a quarter is missing


def test_null_test_of_silence_says_nothing(tmp_path):
    silence = np.zeros((100, 2), np.float32)
    write(tmp_path, {"a": silence})

    assert null_test.null_test_db([silence], 1.0, [tmp_path / "a.flac"]) is None


@pytest.mark.parametrize("frames", [99, 101])
def test_null_test_notices_a_wrong_length(tmp_path, frames):
    write(tmp_path, {"a": noise(100)})

    with pytest.raises(null_test.LengthError):
        null_test.null_test_db([noise(frames)], 1.0, [tmp_path / "a.flac"])
