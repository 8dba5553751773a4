"""Good files of every format through the real engine process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import peaks
from tests.fixtures import audio
from tests.fixtures.probing import LIMITS, check


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
